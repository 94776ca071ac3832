#!/usr/bin/env bash
# Guess: reading a compressed file as 16-bit integers clips what the codec made louder than full scale, as the
# WAV it came from was clipped.
# What happens: Vorbis and Opus overshoot where a recording touches full scale, and libsndfile wraps those
# samples to the other sign when asked for int16 or int32: loud vowels turn into crackle. MP3 of the same sound
# is clipped. Reading as float and clipping is right.
# Who meets it: training code that reads int16 to save memory, on the loud angry clips of a corpus above all.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile soundfile==0.14.0 numpy==2.4.6
env/bin/python - <<'END'

import numpy as np, soundfile as sf
rate = 48000
time = np.arange(rate) / rate
hot = np.clip(2.0 * np.sin(2 * np.pi * 220 * time) + 0.7 * np.sin(2 * np.pi * 660 * time), -1, 1)
wrapped = {}
for name, options in {
    "x.mp3": {},
    "x.ogg": {"subtype": "VORBIS"},
    "x.opus": {"format": "OGG", "subtype": "OPUS"},
}.items():
    sf.write(name, hot, rate, **options)
    floats, _ = sf.read(name)
    whole, _ = sf.read(name, dtype="int16")
    wrapped[name] = int(np.sum((floats > 0.9) & (whole < 0) | (floats < -0.9) & (whole > 0)))
    print(f"{name}: peak as float {np.abs(floats).max():.2f}, int16 of the other sign: {wrapped[name]} of {len(whole)}")
print("soundfile", sf.__version__, sf.__libsndfile_version__, "- expected: none of the other sign")
assert wrapped["x.mp3"] == 0 and wrapped["x.ogg"] > 100 and wrapped["x.opus"] > 100
END
