#!/usr/bin/env bash
# Guess: a FLAC that was written into a pipe lacks its length in the header, and readers find its end by
# reading.
# What happens: the same three seconds have 9,223,372,036,854,775,807 frames for soundfile.info; soundfile.read
# raises "array is too big" and soundfile.blocks a failed seek. Praat says "Audio file contains 0 samples" for
# FLAC and "Too few samples 0" for AIFF; libsndfile calls a CAF malformed. WAV is read by all, and FFmpeg reads
# all of them.
# Who meets it: recorders and servers that stream FFmpeg's output to disk or to a browser's download.
set -euo pipefail
command -v ffmpeg >/dev/null || { echo "ffmpeg is missing: apt-get install ffmpeg"; exit 77; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile soundfile==0.14.0 praat-parselmouth==0.4.7 numpy==2.4.6
env/bin/python - <<'END'

import numpy as np, parselmouth, soundfile as sf, subprocess
rate = 16000
sf.write("voice.wav", 0.3 * np.sin(2 * np.pi * 220 * np.arange(3 * rate) / rate), rate)
print("soundfile", sf.__version__, sf.__libsndfile_version__, "Praat", parselmouth.PRAAT_VERSION)
print(subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True).stdout.split(" Copyright")[0])
seen = {}
for ending in ("wav", "flac", "aiff", "caf"):
    command = ["ffmpeg", "-v", "error", "-i", "voice.wav", "-f", ending, "pipe:1"]
    with open(f"piped.{ending}", "wb") as file:
        file.write(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    try:
        by_soundfile = len(sf.read(f"piped.{ending}")[0])
    except Exception as error:
        by_soundfile = type(error).__name__
    try:
        by_praat = parselmouth.Sound(f"piped.{ending}").n_samples
    except Exception as error:
        by_praat = type(error).__name__
    seen[ending] = (by_soundfile, by_praat)
    print(f"{ending}: expected 48000 and 48000 frames, seen", *seen[ending])
try:
    list(sf.blocks("piped.flac", blocksize=4096))
    in_blocks = "reads it"
except sf.LibsndfileError as error:
    in_blocks = f"raises {error}"
print("FLAC with soundfile.blocks:", in_blocks)
assert seen == {
    "wav": (48000, 48000),
    "flac": ("ValueError", "PraatError"),
    "aiff": (48000, "PraatError"),
    "caf": ("LibsndfileError", "PraatError"),
}
assert in_blocks.startswith("raises")
END
