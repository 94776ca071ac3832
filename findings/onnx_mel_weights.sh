#!/usr/bin/env bash
# Guess: ONNX's MelWeightMatrix is librosa's filterbank with htk=True and norm=None, so a front end can move
# into the network's file.
# What happens: it rounds the corners of its triangles down to whole FFT bins. With 128 bands of 1024 points at
# 16 kHz, 18 of the lowest bands are a single bin each, and bands of white noise differ by up to 1.5 dB.
# Who meets it: who exports "the network with its features" to ONNX and finds other scores than in Python.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile onnx==1.23.2 onnxruntime==1.32.0 librosa==0.11.0 numpy==2.4.6
env/bin/python - <<'END'

import librosa, numpy as np, onnx, onnxruntime
from onnx import TensorProto as kind, helper
values = {"bands": (kind.INT64, 128), "points": (kind.INT64, 1024), "rate": (kind.INT64, 16000),
          "low": (kind.FLOAT, 0.0), "high": (kind.FLOAT, 8000.0)}
nodes = [helper.make_node("Constant", [], [name], value=helper.make_tensor(name, type_, [], [value]))
         for name, (type_, value) in values.items()]
nodes.append(helper.make_node("MelWeightMatrix", list(values), ["mel"]))
graph = helper.make_graph(nodes, "mel", [], [helper.make_tensor_value_info("mel", kind.FLOAT, None)])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
ours = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {})[0]
theirs = librosa.filters.mel(sr=16000, n_fft=1024, n_mels=128, htk=True, norm=None).T
noise = np.random.default_rng(0).chisquare(2, (4000, 513)).mean(0)
apart = np.abs(10 * np.log10((noise @ ours) / (noise @ theirs)))
single = int((np.count_nonzero(ours, axis=0) == 1).sum())
print("onnxruntime", onnxruntime.__version__, "librosa", librosa.__version__, "- expected: the same weights")
print(f"seen: largest difference of a weight {np.abs(ours - theirs).max():.2f}; {single} bands of a single bin;")
print(f"level of noise apart by up to {apart.max():.1f} dB, in the lowest 32 bands by {apart[:32].mean():.1f} dB on average")
assert np.abs(ours - theirs).max() > 0.9 and single == 18 and 1 < apart.max() < 2
END
