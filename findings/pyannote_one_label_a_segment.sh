#!/usr/bin/env bash
# Guess: pyannote.core's Annotation, made for people who talk at once, keeps two labels of the same segment.
# What happens: annotation[segment] = "HAP" replaces the "ANG" that was there, because both get the track "_".
# The second person's label takes the place of the first one's, and to_rttm() writes one line.
# annotation[segment, track] keeps both.
# Who meets it: two people who label whole clips, so that all their segments are the same.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile pyannote.core==6.1.0 numpy==2.4.6
env/bin/python - <<'END'

from importlib.metadata import version
from pyannote.core import Annotation, Segment
plain, tracks = Annotation(uri="clip"), Annotation(uri="clip")
for person, emotion in {"Ada": "ANG", "Ben": "HAP"}.items():
    plain[Segment(0, 2.5)] = emotion
    tracks[Segment(0, 2.5), person] = emotion
print("pyannote.core", version("pyannote.core"))
print("expected: ANG and HAP. Seen:", plain.labels(), "and with a track each:", tracks.labels())
print(plain.to_rttm())
assert plain.labels() == ["HAP"] and tracks.labels() == ["ANG", "HAP"]
END
