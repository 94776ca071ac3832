"""Labels of all kinds, with text that breaks formats, and functions that write them to files."""

from collections.abc import Iterable

from ser.annotation.formats import ImportOptions, KnownClips, decode, export, read
from ser.annotation.label import Clip, Label, Row
from ser.labels import LABELS

SCORES = dict(zip(LABELS, (0.1, 0.2, 1 / 3, 0.15, 0.05, 0.2), strict=True))
CLIP = Clip("a" * 64, "dir/one two.wav", 2.5, "folder", "SAD")
OTHER = Clip("b" * 64, "=cmd|' /C calc'!A0.wav")
TIME = "2026-01-31T12:00:00.123Z"
HOSTILE = (
    'it\'s "so" and ""',
    "two\nlines\r\nthree\rfour",
    "\ttab, comma; semicolon",
    "smile 😀 \U0001f469\u200d\U0001f469",
    "\u202eright to left עברית مرحبا",
    "=HYPERLINK(1)",
    "'quoted",
    "''",
    "<img src=x onerror=alert(1)>",
    '"}]}\n        intervals [9]:',
    "\\ae \\bu #1 #2 !",
    "\x85\u2028\u2029\ufeff\xa0 ",
    "NaN",
    "x" * 20_000,
)


def label(number: int, **fields) -> Label:
    fixed = {"clip": CLIP.hash, "annotator": "Ann", "emotion": "ANG", "time": TIME, "revision": 1}
    return Label(f"{number:032x}", **(fixed | fields))


LABELS_OF_ALL_KINDS = [
    label(1, intensity=3, confidence=1, note=HOSTILE[0], scores=SCORES, checkpoint="emotion 1.0"),
    label(2, emotion="UNC", start_s=0.1, end_s=1 / 3, revision=7),
    label(3, emotion="OTH", start_s=0.2, end_s=2.5, note=HOSTILE[1]),
    label(4, start_s=0.2, end_s=2.5),
    label(5, annotator='=1+1 "Bob": regions', emotion="SAD"),
    label(6, annotator='=1+1 "Bob": regions', start_s=0.0, end_s=2.5),
    label(7, clip=OTHER.hash, note=HOSTILE[-1]),
]
ROWS = [Row(label, CLIP if label.clip == CLIP.hash else OTHER) for label in LABELS_OF_ALL_KINDS]


def files_of(rows: list[Row], format: str) -> dict[str, str]:
    return export([row.label for row in rows], clips=[row.clip for row in rows], format=format)


def by_id(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.label.id)


def as_bytes(files: dict[str, str]) -> dict[str, str]:
    """Return what a program reads that ignores line ends and encodings."""
    return {file: decode(file, text.encode("utf-8")) for file, text in files.items()}


def read_rows(files, *, format: str, clips: Iterable[Clip] = (), **options) -> list[Row]:
    """Return the rows of files, read with these fields of `ImportOptions`."""
    return read(files, format=format, clips=KnownClips(clips), options=ImportOptions(**options)).rows
