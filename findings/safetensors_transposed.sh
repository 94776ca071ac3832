#!/usr/bin/env bash
# Guess: safetensors.numpy.save_file of a transposed array writes its values, or refuses, as the PyTorch side
# refuses.
# What happens: it writes the bytes of the memory below with the new shape. The file is well formed, the shape
# is right, and the values are in another order. No error, no warning. np.ascontiguousarray before it is the
# cure.
# Who meets it: a mel filterbank or a weight matrix that is transposed on the way from one framework to another.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile safetensors==0.8.0 numpy==2.4.6
env/bin/python - <<'END'

import numpy as np, safetensors
from safetensors.numpy import load_file, save_file
weights = np.arange(6, dtype="f4").reshape(2, 3)
arrays = {"transposed": weights.T, "copy": np.ascontiguousarray(weights.T)}
save_file(arrays, "weights.safetensors")
loaded = load_file("weights.safetensors")
print("safetensors", safetensors.__version__)
same = {}
for name, array in arrays.items():
    same[name] = bool(np.array_equal(loaded[name], array))
    print(f"{name}: expected {array.tolist()}, seen {loaded[name].tolist()}")
assert same == {"transposed": False, "copy": True}
END
