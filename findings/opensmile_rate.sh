#!/usr/bin/env bash
# Guess: eGeMAPS are measures of a voice in hertz and seconds. A clip that is brought from 16 to 48 kHz without
# any new content has the same loudness and spectral flux, to 2%.
# What happens: loudness grows by about 80%, spectral flux doubles, and dozens of the 88 numbers move by more
# than 2%, because the frames are zero-padded to another power of two.
# Who meets it: who trains on a corpus of 16 kHz and applies the model to recordings of 44.1 or 48 kHz: resample
# first.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile opensmile==2.6.0 soxr==1.1.0 numpy==2.4.6
env/bin/python - <<'END'

import numpy as np, opensmile, soxr
rate = 16000
time = np.arange(3 * rate) / rate
pitch = 180 + 30 * np.sin(2 * np.pi * 1.5 * time)
phase = 2 * np.pi * np.cumsum(pitch) / rate
voice = 0.1 * sum(np.sin(k * phase) / k for k in range(1, 18)) * (1 + 0.3 * np.sin(2 * np.pi * 3 * time))
voice = (voice + np.random.default_rng(0).normal(0, 0.001, len(voice))).astype("f4")
smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
at_16 = smile.process_signal(voice, rate).iloc[0]
at_48 = smile.process_signal(soxr.resample(voice, rate, 48000), 48000).iloc[0]
ratio = at_48 / at_16
print("opensmile", opensmile.__version__, "- 48 kHz over 16 kHz, expected: 0.98 to 1.02. Seen:")
for name in ("loudness_sma3_amean", "spectralFlux_sma3_amean", "equivalentSoundLevel_dBp", "F0semitoneFrom27.5Hz_sma3nz_amean"):
    print(f"  {ratio[name]:.3f}  {name}")
moved = int(((ratio - 1).abs() > 0.02).sum())
print(f"{moved} of {len(ratio)} move by more than 2%")
assert ratio["loudness_sma3_amean"] > 1.5 and ratio["spectralFlux_sma3_amean"] > 2 and moved > 30
END
