"""What the file formats share: labels as plain values and as table cells, and the names of files."""

import re
import uuid
from collections.abc import Collection
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from ser.annotation.formats.contents import plain_number
from ser.annotation.label import Clip, Label, Row
from ser.annotation.validation import TEXT_FIELDS, check_is_text, parse_field
from ser.labels import LABELS
from ser.util.text import shielded, unshielded

CLIP_FIELDS = ("file", "clip", "duration_s", "source", "acted")
COLUMNS = (
    *("id", *CLIP_FIELDS, "annotator", "emotion", "intensity", "confidence", "start_s", "end_s"),
    *("note", "time", *LABELS, "checkpoint", "revision", "final"),
)
# Text that people wrote: a spreadsheet might run it as a formula.
FREE_TEXT = frozenset(("file", "annotator", "note", "checkpoint"))
_FINAL: dict[object, Any] = {1: True}  # anything else is refused with the label
_MAX_BYTES = 80  # of each part of a file name; file systems allow 255 bytes in total
_CONTENT_IDS = uuid.UUID("5d1c1c0e-2f0e-5d6b-9f0a-6d7c3a1e8b42")


def to_values(row: Row) -> dict:
    """Return a row as a flat dict of plain values: the keys are `COLUMNS`, with "scores" for the six scores."""
    label, clip = row.label, row.clip
    return {
        "id": label.id,
        "file": clip.name,
        "clip": clip.hash,
        "duration_s": clip.duration_s,
        "source": clip.source,
        "acted": clip.acted,
        "annotator": label.annotator,
        "emotion": label.emotion,
        "intensity": label.intensity,
        "confidence": label.confidence,
        "start_s": label.start_s,
        "end_s": label.end_s,
        "note": label.note,
        "time": label.time,
        "scores": label.scores,
        "checkpoint": label.checkpoint,
        "revision": label.revision,
        "final": 1 if label.final else None,
    }


def to_row(values: dict, *, clip: Clip, annotator: str) -> Row:
    """Return the row of a dict like that of `to_values`; a missing key means None.

    A label without an id gets one derived from its content, so importing the same file again adds nothing.
    """
    label = Label(
        id=values.get("id") or "",
        clip=clip.hash,
        annotator=annotator,
        emotion=values.get("emotion") or "",
        intensity=values.get("intensity"),
        confidence=values.get("confidence"),
        start_s=values.get("start_s"),
        end_s=values.get("end_s"),
        note="" if values.get("note") is None else values["note"],
        time=values.get("time") or "",
        scores=values.get("scores"),
        checkpoint=values.get("checkpoint"),
        revision=0 if values.get("revision") is None else values["revision"],
        final=_FINAL.get(values.get("final"), values["final"]) if values.get("final") else False,
    )
    if not label.id:
        content = ascii((label.clip, annotator, label.start_s, label.end_s, label.emotion, label.note))
        label = replace(label, id=uuid.uuid5(_CONTENT_IDS, content).hex)
    return Row(label, clip)


def check_texts(values: dict) -> None:
    """Raise `LabelError` if a field of a dict like that of `to_values` that should be text is something else."""
    for field in TEXT_FIELDS & set(values):
        if values[field] is not None:
            check_is_text(values[field], field)


def to_cells(row: Row) -> dict[str, str]:
    """Return a row as table cells by `COLUMNS`: numbers with full precision, None as empty text."""
    values = to_values(row)
    scores = values.pop("scores") or {}
    values |= {label: scores.get(label) for label in LABELS}
    return {
        column: ""
        if values[column] is None
        else shielded(values[column])
        if column in FREE_TEXT
        else plain_number(values[column])
        if isinstance(values[column], float)
        else str(values[column])
        for column in COLUMNS
    }


def from_cells(cells: dict[str, str]) -> dict:
    """Return table cells as a dict like that of `to_values`; raise `LabelError` for a cell that is not a number."""
    values = {
        column: unshielded(cell) if column in FREE_TEXT else parse_field(cell, column)
        for column, cell in cells.items()
        if cell != ""
    }
    scores = {label: values.pop(label) for label in LABELS if label in values}
    return values | ({"scores": scores} if scores else {})


def voice_of(label: Label) -> str:
    """Return whose tier, track or table a label belongs to: its annotator, or the final labels that they gave."""
    return f"{label.annotator}: final" if label.final else label.annotator


# ---- names of files


def file_name(clip: Clip, *, ending: str, taken: Collection[str], suffix: str = "") -> str:
    """Return a file name, valid on every system, that is not in `taken`: the clip's name, part of its hash, `suffix`.

    Parameters
    ----------
    clip : the clip that the file is about
    ending : for example ".txt"
    taken : names in use; upper and lower case count as the same
    suffix : text to append to the name
    """
    parts = [plain_name(clip.name), clip.hash[:12], *([_slug(suffix)] if suffix else [])]
    name, number = f"{'_'.join(parts)}{ending}", 2
    while name.casefold() in {other.casefold() for other in taken}:
        name, number = f"{'_'.join(parts)}-{number}{ending}", number + 1
    return name


def plain_name(path: str) -> str:
    """Return the name of a file without its folder and ending, and without characters that some system does not allow."""
    return _slug(PurePosixPath(path).stem)


def _slug(text: str) -> str:
    """Return text without characters that some file system does not allow.

    >>> _slug("../a b/c?"), _slug("עברית")
    ('a_b_c', 'עברית')
    """
    words = re.sub(r"[^\w-]+", "_", text).strip("_-")
    return words.encode()[:_MAX_BYTES].decode("utf-8", "ignore") or "clip"
