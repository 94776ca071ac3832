#!/usr/bin/env bash
# Guess: Vad.is_speech is a question about one frame: the same frames get the same answers.
# What happens: the object remembers its noise and speech levels. The second pass over one clip differs from the
# first, so the answers about a clip depend on the clips before it. There is no reset; a new Vad per clip is the
# cure.
# Who meets it: who trims a corpus with one Vad object and cannot repeat the result in another order or in
# parallel.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile webrtcvad-wheels==2.0.14.post1 numpy==2.4.6
env/bin/python - <<'END'

import numpy as np, webrtcvad
from importlib.metadata import version
rate = 16000
time = np.arange(2 * rate) / rate
noise = np.random.default_rng(0)
voice = 0.03 * sum(np.sin(2 * np.pi * 180 * k * time) / k for k in range(1, 19))
clip = np.concatenate([np.zeros(2 * rate), voice, np.zeros(2 * rate)]) + noise.normal(0, 0.003, 6 * rate)
clip = (clip * 32767).astype("<i2")
frames = [clip[start : start + 480].tobytes() for start in range(0, len(clip) - 479, 480)]
print("webrtcvad-wheels", version("webrtcvad-wheels"), "- expected: no frame differs in the second pass")
changed = {}
for mode in range(4):
    vad = webrtcvad.Vad(mode)
    first, second = ([vad.is_speech(frame, rate) for frame in frames] for _ in range(2))
    again = [fresh.is_speech(frame, rate) for fresh in [webrtcvad.Vad(mode)] for frame in frames]
    changed[mode] = sum(a != b for a, b in zip(first, second))
    print(f"mode {mode}: {sum(first)} of {len(frames)} frames are speech, {changed[mode]} differ in the second pass")
    assert again == first
assert sum(changed.values()) > 0
END
