#!/usr/bin/env bash
# Guess: librosa.effects.trim of a silent clip returns nothing, and effects.split no interval.
# What happens: both return all of it. "Silent" means 60 dB under the loudest frame, and the loudest frame of
# silence is silence. The same holds for a noise floor of -100 dBFS.
# Who meets it: a voice finder made of trim or split calls a muted microphone three seconds of speech.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile librosa==0.11.0 numpy==2.4.6
env/bin/python - <<'END'

import librosa, numpy as np
print("librosa", librosa.__version__, "- expected: 0 samples, no interval")
seen = {}
for name, clip in {"silence": np.zeros(48000, "f4"), "-100 dBFS": np.full(48000, 1e-5, "f4")}.items():
    seen[name] = len(librosa.effects.trim(clip)[0]), librosa.effects.split(clip).tolist()
    print(f"{name}: trim leaves {seen[name][0]} of 48000 samples, split finds {seen[name][1]}")
assert all(answer == (48000, [[0, 48000]]) for answer in seen.values())
END
