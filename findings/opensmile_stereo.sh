#!/usr/bin/env bash
# Guess: opensmile.Smile.process_signal of a recording with two channels takes their mean.
# What happens: it takes the first channel, without a word, and mixdown=True changes nothing, as the first channel
# is chosen before the mean is taken. Of an interview with the second person on the right, or of a recorder whose
# left input was not used, the features are those of the other person or of silence: no pitch and a loudness near
# zero. channels=[0, 1], mixdown=True is what was expected.
# Who meets it: whoever compares eGeMAPS features with a network that averages the channels.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile opensmile==2.6.0 numpy==2.4.6
env/bin/python - <<'END'

import numpy as np, opensmile
rate = 16000
time = np.arange(3 * rate) / rate
voice = (0.2 * sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 15))).astype("f4")
sets = opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals
right_only = np.stack([np.zeros_like(voice), voice])
seen = {}
for options in {}, {"mixdown": True}, {"mixdown": True, "channels": [0, 1]}:
    row = opensmile.Smile(*sets, **options).process_signal(right_only, rate).iloc[0]
    seen[str(options)] = float(row["F0semitoneFrom27.5Hz_sma3nz_amean"]), float(row["loudness_sma3_amean"])
print("opensmile", opensmile.__version__, "- a voice of 220 Hz (36 semitones) on the right channel")
print("expected: about 36 semitones. Seen:")
for name, (pitch, loudness) in seen.items():
    print(f"  {name}: {pitch:.1f} semitones, loudness {loudness:.3f}")
first, mixed, right = seen.values()
assert first == mixed and first[0] == 0 and first[1] < 0.01
assert abs(right[0] - 36) < 1 and right[1] > 0.1
END
