#!/usr/bin/env bash
# Guess: pydub reads a WAV of 32-bit floats, or says that it cannot.
# What happens: if the header is WAVE_FORMAT_EXTENSIBLE, as FFmpeg writes it for -c:a pcm_f32le, pydub takes the
# bits of the floats for integers. What comes out is close to the logarithm of each sample: a voice at -50 dBFS
# has a peak of about 0.6 and sounds like a buzzing shout. A plain float header of the same samples is read right.
# Who meets it: soft recordings that passed through FFmpeg as floats, in every program that opens files with pydub.
set -euo pipefail
command -v ffmpeg >/dev/null || { echo "ffmpeg is missing: apt-get install ffmpeg"; exit 77; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile pydub==0.25.1 soundfile==0.14.0 numpy==2.4.6
env/bin/python - <<'END'
import numpy as np, soundfile as sf, subprocess, warnings
warnings.simplefilter("ignore")
from pydub import AudioSegment
rate = 16000
soft = (10 ** (-50 / 20) * np.sin(2 * np.pi * 220 * np.arange(rate) / rate)).astype("f4")
sf.write("plain.wav", soft, rate, subtype="FLOAT")
subprocess.run("ffmpeg -v error -i plain.wav -c:a pcm_f32le extensible.wav".split(), check=True)
peaks = {}
for name in ("plain.wav", "extensible.wav"):
    segment = AudioSegment.from_file(name)
    peaks[name] = np.abs(np.array(segment.get_array_of_samples(), float)).max() / segment.max_possible_amplitude
    tag = int.from_bytes(open(name, "rb").read()[20:22], "little")
    print(f"{name}: format {tag:#x}, expected a peak of {np.abs(soft).max():.4f}, seen {peaks[name]:.4f}")
print("soundfile", sf.__version__, "reads a peak of", np.abs(sf.read("extensible.wav")[0]).max().round(4))
assert peaks["extensible.wav"] > 0.5 and peaks["plain.wav"] < 0.01
END
