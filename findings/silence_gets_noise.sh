#!/usr/bin/env bash
# Guess: digital silence stays digital silence, whatever rate or gain it gets.
# What happens: sox and the 16-bit path of soxr add dither. Of a silent 16-bit clip at 48 kHz, about a quarter
# of the samples are 1 or -1 after "sox in.wav -r 16000 out.wav", and after a mere gain of -3 dB. FFmpeg leaves
# zeros, and so do sox -D and soxr with floats.
# Who meets it: checks such as "all samples are zero", which find a muted microphone or the silent clip of
# CREMA-D, miss it in a converted copy; a floor relative to the maximum then shows noise in full colour.
set -euo pipefail
command -v sox >/dev/null || { echo "sox is missing: apt-get install sox"; exit 77; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile soxr==1.1.0 soundfile==0.14.0 numpy==2.4.6
env/bin/python - <<'END'

import numpy as np, soundfile as sf, soxr, subprocess
print(subprocess.run(["sox", "--version"], capture_output=True, text=True).stdout.strip(), "soxr", soxr.__version__)
silence = np.zeros(48000, "i2")
sf.write("silence.wav", silence, 48000)
shares = {}
for name, command in {
    "sox -r 16000": "sox silence.wav -r 16000 out.wav",
    "sox gain -3": "sox silence.wav out.wav gain -3",
    "sox -D -r 16000": "sox -D silence.wav -r 16000 out.wav",
}.items():
    subprocess.run(command.split(), check=True)
    shares[name] = np.mean(sf.read("out.wav", dtype="int16")[0] != 0)
shares["soxr, int16"] = np.mean(soxr.resample(silence, 48000, 16000) != 0)
shares["soxr, float32"] = np.mean(soxr.resample(silence.astype("f4"), 48000, 16000) != 0)
for name, share in shares.items():
    print(f"{name}: expected 0% of the samples not zero, seen {share:.0%}")
assert shares["sox -r 16000"] > 0.1 and shares["sox gain -3"] > 0.1 and shares["soxr, int16"] > 0
assert shares["sox -D -r 16000"] == 0 and shares["soxr, float32"] == 0
END
