#!/usr/bin/env bash
# Guess: Eaf.shift_annotations(-37) moves every annotation 37 ms to the left and cuts those that begin before 37
# ms at zero, so that 0 to 1000 becomes 0 to 963.
# What happens: an annotation that would begin before zero gets the start 0 and keeps its old end. Everything
# else moves. So a label of the whole clip, or the first label, now overlaps the second one. It is reported as
# "squashed", at its old times.
# Who meets it: whoever corrects ELAN labels for the delay with which Praat or Audacity starts an MP3.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile pympi-ling==1.71
env/bin/python - <<'END'

from importlib.metadata import version
from pympi.Elan import Eaf
document = Eaf()
document.add_tier("emotion")
for start, end, emotion in ((0, 1000, "ANG"), (1000, 2000, "HAP"), (2000, 2500, "SAD")):
    document.add_annotation("emotion", start, end, emotion)
document.shift_annotations(-37)
seen = sorted(document.get_annotation_data_for_tier("emotion"))
print("pympi-ling", version("pympi-ling"))
print("expected: (0, 963, ANG), (963, 1963, HAP), (1963, 2463, SAD)")
print("seen:    ", seen)
assert seen == [(0, 1000, "ANG"), (963, 1963, "HAP"), (1963, 2463, "SAD")]
END
