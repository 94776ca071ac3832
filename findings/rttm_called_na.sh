#!/usr/bin/env bash
# Guess: load_rttm of pyannote.database gives names as they are in the file, and the <NA> of the format is the
# only "nothing".
# What happens: pandas reads the file, so that the labels NA, None, null and nan become float("nan"), and all
# lines of a recording named NA are lost. "None" is a common label: none of the emotions.
# Who meets it: emotions or speakers as the names of an RTTM file, with "None" for "none of these".
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile pyannote.database==6.1.1 numpy==2.4.6
env/bin/python - <<'END'

import warnings
from importlib.metadata import version
from pathlib import Path
warnings.simplefilter("ignore")
from pyannote.database.util import load_rttm
lines = [("clip", "SAD"), ("clip", "None"), ("clip", "NA"), ("clip", "01"), ("NA", "ANG")]
Path("labels.rttm").write_text("".join(
    f"SPEAKER {file} 1 {start}.000 0.500 <NA> <NA> {label} <NA> <NA>\n" for start, (file, label) in enumerate(lines)
))
seen = {file: [label for _, _, label in found.itertracks(yield_label=True)] for file, found in load_rttm("labels.rttm").items()}
print("pyannote.database", version("pyannote.database"))
print("expected: {'clip': ['SAD', 'None', 'NA', '01'], 'NA': ['ANG']}")
print("seen:    ", seen)
assert list(seen) == ["clip"] and [str(label) for label in seen["clip"]] == ["SAD", "nan", "nan", "01"]
END
