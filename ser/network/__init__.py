"""The two networks, the folders they are released in, and the ways to run them.

Read `model` first: it holds the networks, in PyTorch, and nothing else. `checkpoint` opens a released folder and reads
its `card.json`, which `card` checks. `loading` reads the network itself, and `weights` guards against damaged or hostile
files. `inputs` turns sound into what a network reads, `runtime` computes logits from that with ONNX Runtime or PyTorch (`session`
opens the files), and `onnx_export` writes the file for ONNX Runtime. `batch_norm` measures how other recordings differ from those of training, and `scales` puts that into the weights.
`tensor_features` computes the features of
`ser.audio.features` in batches, for training.

The wide network listens with a speech model of others: `encoder` runs it, `encoder_files` fetches it and `encoder_graph`
cuts it to size. `wide_head` is our part, and `wide_runtime` runs both.

PyTorch is imported when a network itself is needed, in `loading`, `model`, `wide_head`, `weights` and `onnx_export`.
"""
