#!/usr/bin/env bash
# Guess: whatever brings 48 kHz down to 16 kHz removes what lies above 8 kHz: a tone of 8.2 kHz is 60 dB softer
# afterwards, one of 10 kHz gone.
# What happens: FFmpeg's default resampler leaves the first at -15 dB, folded to 7.8 kHz,
# scipy.signal.resample_poly at -9 dB. pydub's set_frame_rate has no filter at all: 10 kHz comes out at 6 kHz as
# loud as before. soxr (and librosa, which uses it) does what was guessed.
# Who meets it: fricatives and breath of clips that were converted before they are scored; the top mel bands
# tell which tool did it, before they tell the emotion.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile soxr==1.1.0 scipy==1.17.1 pydub==0.25.1 av==18.1.0 numpy==2.4.6
env/bin/python - <<'END'

import av, numpy as np, soxr, warnings
from scipy.signal import resample_poly
warnings.simplefilter("ignore")
from pydub import AudioSegment

def by_pydub(samples):
    whole = AudioSegment((samples * 32767).astype("<i2").tobytes(), frame_rate=48000, sample_width=2, channels=1)
    return np.array(whole.set_frame_rate(16000).get_array_of_samples()) / 32767

def by_ffmpeg(samples):
    resampler = av.AudioResampler("flt", "mono", 16000)
    frame = av.AudioFrame.from_ndarray(samples[None].astype("f4"), format="flt", layout="mono")
    frame.sample_rate = 48000
    return np.concatenate([part.to_ndarray()[0] for part in resampler.resample(frame) + resampler.resample(None)])

def level(samples):  # dB, against the tone that went in
    return 10 * np.log10(np.mean(samples[1000:-1000] ** 2) / 0.125 + 1e-12)

ways = {
    "soxr 1.1.0": lambda samples: soxr.resample(samples, 48000, 16000),
    "FFmpeg of PyAV 18.1.0": by_ffmpeg,
    "scipy 1.17.1 resample_poly": lambda samples: resample_poly(samples, 1, 3),
    "pydub 0.25.1": by_pydub,
}
time = np.arange(96000) / 48000
seen = {}
for name, way in ways.items():
    seen[name] = [round(level(way(0.5 * np.sin(2 * np.pi * tone * time)))) for tone in (8200, 10000)]
    print(f"{name}: 8.2 kHz expected below -60 dB, seen {seen[name][0]}; 10 kHz seen {seen[name][1]}")
assert max(seen["soxr 1.1.0"]) < -100
assert seen["FFmpeg of PyAV 18.1.0"][0] > -20
assert seen["scipy 1.17.1 resample_poly"][0] > -12
assert seen["pydub 0.25.1"][1] > -1
END
