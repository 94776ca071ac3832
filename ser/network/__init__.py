"""The two networks, the folders they are released in, and the ways to run them.

Read `model` first: the networks, in PyTorch, and nothing else. `checkpoint` opens a released folder and reads its
`card.json`, which `card` checks; `loading` reads the network out of the folder, and `weights` distrusts every byte of it.
`runtime` computes logits by ONNX Runtime or PyTorch, and `onnx_export` writes the file that ONNX Runtime needs.
`tensor_features` computes the features of `ser.audio.features` in batches, for training. Only `checkpoint`, `card` and
`runtime` can be imported without PyTorch.
"""
