#!/usr/bin/env bash
# Guess: power_to_db of a stack of spectrograms does to each what it does to that one alone: top_db=80 is 80 dB
# under its own maximum.
# What happens: the floor and ref=np.max come from the loudest clip of the stack. A soft clip beside a loud one
# is 60 dB lower with ref=np.max, and loses everything that lies under the common floor. librosa 0.11.0 takes
# stacks everywhere else.
# Who meets it: who computes log-mels in batches to train, and for one clip at a time to score: the soft, often
# sad clips differ.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile librosa==0.11.0 numpy==2.4.6
env/bin/python - <<'END'

import librosa, numpy as np
rate = 16000
time = np.arange(rate) / rate
loud = sum(np.sin(2 * np.pi * 180 * k * time) / k for k in range(1, 20)) * 0.3
stack = np.abs(librosa.stft(np.stack([loud, loud * 0.001]), n_fft=1024)) ** 2
alone = librosa.power_to_db(stack[1], ref=np.max)
beside = librosa.power_to_db(stack, ref=np.max)[1]
print("librosa", librosa.__version__)
print("soft clip alone: ", alone.max().round(1), "to", alone.min().round(1), "dB")
print("expected in a stack: the same. Seen:", beside.max().round(1), "to", beside.min().round(1), "dB")
lost = np.mean((beside == beside.min()) & (alone > alone.min()))
print(f"{lost:.0%} of its cells are lost in the common floor")
assert abs(alone.max()) < 0.1 and abs(beside.max() + 60) < 0.1 and lost > 0.1
END
