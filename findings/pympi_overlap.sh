#!/usr/bin/env bash
# Guess: two annotations of one ELAN tier cannot overlap, so pympi's Eaf refuses the second, as its own TextGrid
# does.
# What happens: Eaf takes and saves both. Only to_textgrid() drops a part, without a word: the part of the
# second one that sticks out stays as an interval, but its label is empty.
# Who meets it: whoever collects the labels of several people or passes in one tier and hands TextGrids on.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile pympi-ling==1.71
env/bin/python - <<'END'

from importlib.metadata import version
from pympi.Elan import Eaf
from pympi.Praat import TextGrid
document = Eaf()
document.add_tier("emotion")
document.add_annotation("emotion", 0, 1000, "ANG")
document.add_annotation("emotion", 500, 1500, "HAP")
document.to_file("clip.eaf")
saved = sorted(Eaf("clip.eaf").get_annotation_data_for_tier("emotion"))
exported = list(document.to_textgrid().get_tier("emotion").get_all_intervals())
grid = TextGrid(xmax=2.0)
tier = grid.add_tier("emotion")
tier.add_interval(0.0, 1.0, "ANG")
try:
    tier.add_interval(0.5, 1.5, "HAP")
    refused = False
except Exception as error:
    refused = str(error)
print("pympi-ling", version("pympi-ling"))
print("TextGrid refuses the overlap:", refused)
print("expected: Eaf refuses it, too. Seen in the .eaf:", saved)
print("and after to_textgrid():", exported)
assert refused
assert saved == [(0, 1000, "ANG"), (500, 1500, "HAP")]
assert exported == [(0.0, 1.0, "ANG"), (1.0, 1.5, "")]
END
