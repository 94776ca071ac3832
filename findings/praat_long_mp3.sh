#!/usr/bin/env bash
# Guess: a part of an MP3 is at the same time in Praat whether the file is read ("Read from file") or opened as a
# long sound ("Open long sound file", for recordings that do not fit into memory).
# What happens: a part of the long sound that does not begin near its start holds what is one or two MP3 frames
# later, 26 or 52 ms at 44.1 kHz: which of them depends on the encoder. Of a FLAC, the first sample is lost.
# Who meets it: annotators of long interviews; the well-known delay of MP3 in Praat differs by the menu command.
set -euo pipefail
command -v praat >/dev/null || { echo "praat is missing: apt-get install praat"; exit 77; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile soundfile==0.14.0 numpy==2.4.6
env/bin/python - <<'END'
import numpy as np, soundfile as sf, subprocess
print(subprocess.run(["praat", "--version"], capture_output=True, text=True).stdout.strip())

def off(rate, ending, start):  # ms by which a long sound's part is ahead of the same part of the whole
    sf.write(f"x.{ending}", np.random.default_rng(0).normal(0, 0.1, 4 * rate), rate)
    with open("cut.praat", "w") as script:
        script.write(f'Read from file: "x.{ending}"\nSave as WAV file: "whole.wav"\n')
        script.write(f'Open long sound file: "x.{ending}"\nExtract part: {start}, {start + 0.4}, "yes"\nSave as WAV file: "part.wav"\n')
    subprocess.run(["praat", "--run", "cut.praat"], check=True, capture_output=True)
    whole, part = sf.read("whole.wav")[0], sf.read("part.wav")[0]
    end = part[-2000:]
    found = np.correlate(whole, end, "valid").argmax()
    return (found - (round(start * rate) + len(part) - 2000)) / rate * 1000

seen = {}
for rate, ending in ((44100, "mp3"), (48000, "mp3"), (16000, "mp3"), (48000, "flac"), (48000, "wav")):
    seen[rate, ending] = [round(float(off(rate, ending, start)), 2) for start in (0.1, 1.0, 3.0)]
    print(f"{ending} of {rate} Hz: parts from 0.1, 1.0 and 3.0 s expected 0 ms apart, seen", *seen[rate, ending])
for rate, frame in ((44100, 1152), (48000, 1152), (16000, 576)):
    frames = seen[rate, "mp3"][2] * rate / 1000 / frame
    assert round(frames) in (1, 2) and abs(frames - round(frames)) < 0.01
assert seen[48000, "flac"] == [0.02] * 3 and seen[48000, "wav"] == [0] * 3
END
