#!/usr/bin/env bash
# Guess: an array of floats that is handed to gr.Audio is taken as it is: 1.0 is full scale.
# What happens: floats are divided by their own maximum, so every clip plays at full scale. A take at -40 dBFS
# sounds as loud as a shout, and two clips cannot be compared by ear. Integers keep their level: hand over
# int16.
# Who meets it: everybody who builds a listening test or a speech demo with gradio; loudness is a cue of
# emotion.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile gradio==6.31.0 soundfile==0.14.0 numpy==2.4.6
env/bin/python - <<'END'

import gradio, numpy as np, soundfile as sf, warnings
from gradio.processing_utils import audio_to_file
warnings.simplefilter("ignore")
rate = 16000
soft = (0.01 * np.sin(2 * np.pi * 220 * np.arange(rate) / rate)).astype("f4")
peaks = {}
for name, samples in {"float32": soft, "int16": (soft * 32767).astype("i2")}.items():
    audio_to_file(rate, samples, "out.wav", format="wav")
    peaks[name] = float(np.abs(sf.read("out.wav")[0]).max())
    print(f"{name}: expected a peak of 0.010, seen {peaks[name]:.3f}")
print("gradio", gradio.__version__)
assert peaks["float32"] > 0.99 and abs(peaks["int16"] - 0.01) < 0.001
END
