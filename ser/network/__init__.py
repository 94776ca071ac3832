"""The two networks, the folders they are released in, and the ways to run them.

Read `model` first: it holds the networks, in PyTorch, and nothing else. `checkpoint` opens a released folder and reads
its `card.json`, which `card` checks. `loading` reads the network itself, and `weights` guards against damaged or hostile
files. `inputs` turns sound into what a network reads, `runtime` computes logits from that with ONNX Runtime or PyTorch,
and `onnx_export` writes the file for ONNX Runtime. `encoder` listens with a speech model of others, which `encoder_files`
fetches and `encoder_graph` cuts to size. `tensor_features` computes the features of `ser.audio.features` in batches, for
training. `checkpoint`, `card`, `inputs`, `encoder` and `runtime` do not import PyTorch until it is needed.
"""
