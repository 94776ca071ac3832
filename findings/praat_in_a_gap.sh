#!/usr/bin/env bash
# Guess: a TextGrid whose unlabelled stretches are left out is refused by Praat, or a time in a gap has no
# label.
# What happens: Praat opens and saves it as it is, and between two labels "Get interval at time" names the next
# one: at 1.1 s it says SAD, which begins at 2.0 s. Before the first and after the last label it says 0. praatio
# writes such files with includeBlankSpaces=False; True is what Praat needs. Praat 6.1.38, inside parselmouth,
# does the same.
# Who meets it: whoever lets a Praat script look up the emotion at a time, in labels that came from Python.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile praatio==6.2.2 praat-parselmouth==0.4.7 numpy==2.4.6
env/bin/python - <<'END'

import parselmouth, shutil, subprocess
from praatio import textgrid
grid = textgrid.Textgrid()
grid.addTier(textgrid.IntervalTier("emotion", [(0.5, 1.0, "ANG"), (2.0, 2.5, "SAD")], 0, 3))
script = """Read from file: "{}"
for i to 6
    time = i * 0.5 - 0.4
    number = Get interval at time: 1, time
    label$ = ""
    if number > 0
        label$ = Get label of interval: 1, number
    endif
    appendInfo: fixed$ (time, 1), "=", label$, " "
endfor
"""
for blanks in (True, False):
    grid.save(f"{blanks}.TextGrid", "long_textgrid", includeBlankSpaces=blanks)
    with open("ask.praat", "w") as file:
        file.write(script.format(f"{blanks}.TextGrid"))
    print("blanks written" if blanks else "gaps left out", "- expected: only 0.6=ANG and 2.1=SAD")
    answers = {"Praat " + parselmouth.PRAAT_VERSION: parselmouth.praat.run(open("ask.praat").read(), capture_output=True)[1]}
    if shutil.which("praat"):
        name = subprocess.run(["praat", "--version"], capture_output=True, text=True).stdout.strip()
        answers[name] = subprocess.run(["praat", "--run", "ask.praat"], capture_output=True, text=True).stdout
    for name, answer in answers.items():
        print(f"  {name}: {answer}")
        assert answer.split() == (
            ["0.1=", "0.6=ANG", "1.1=", "1.6=", "2.1=SAD", "2.6="] if blanks
            else ["0.1=", "0.6=ANG", "1.1=SAD", "1.6=SAD", "2.1=SAD", "2.6="]
        )
END
