#!/usr/bin/env bash
# Guess: parselmouth.Sound takes the arrays that soundfile returns: int16 is scaled to -1 to 1, and an array of
# shape (samples, 2) is either turned round or refused.
# What happens: an integer counts as that many pascals, so the intensity is 90 dB too high; and (samples, 2)
# becomes a sound of 48,000 channels that lasts 0.1 ms. Neither raises.
# Who meets it: whoever measures intensity beside a network's answer, with arrays from another reader.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile praat-parselmouth==0.4.7 numpy==2.4.6
env/bin/python - <<'END'

import numpy as np, parselmouth
rate = 16000
voice = 0.3 * np.sin(2 * np.pi * 220 * np.arange(3 * rate) / rate)
floats = parselmouth.Sound(voice, rate).get_intensity()
integers = parselmouth.Sound((voice * 32768).astype("i2"), rate).get_intensity()
stereo = parselmouth.Sound(np.stack([voice, voice], axis=1), rate)
print("parselmouth", parselmouth.VERSION, "Praat", parselmouth.PRAAT_VERSION)
print(f"intensity of floats {floats:.1f} dB, of int16 expected the same, seen {integers:.1f} dB")
print(f"shape (48000, 2): expected 2 channels of 3 s, seen {stereo.n_channels} channels of {stereo.duration * 1000:.3f} ms")
assert abs(integers - floats - 90.3) < 0.1 and stereo.n_channels == 48000
END
