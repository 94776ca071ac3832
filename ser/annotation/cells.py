"""A label with its clip as plain values and as cells of a table, and back; and what is said of a bad file."""

import re
import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import NamedTuple

from ser.annotation.label import NAMES, Clip, Label, LabelError, Row
from ser.annotation.validation import TEXT_FIELDS, check_is_text, parse_field
from ser.errors import UserError
from ser.labels import LABELS, NOUNS
from ser.util.text import shielded, unshielded

CLIP_FIELDS = ("file", "clip", "duration_s", "source", "acted")
COLUMNS = (
    *("id", *CLIP_FIELDS, "annotator", "emotion", "intensity", "confidence", "start_s", "end_s"),
    *("note", "time", *LABELS, "checkpoint", "revision"),
)
WRITTEN_BY_PEOPLE = frozenset(
    ("file", "annotator", "note", "checkpoint")
)  # text that may look like a formula
_MAX_BYTES = 80  # of a part of a file's name; file systems take 255 in all
_NAMELESS_IDS = uuid.UUID("5d1c1c0e-2f0e-5d6b-9f0a-6d7c3a1e8b42")
WORDS = {  # of audformat's data sets
    **NOUNS,
    "NEU": "neutral",
    "OTH": "other",
    "UNC": "unclear",
}
_CODES = {word.casefold(): code for words in (NAMES, WORDS) for code, word in words.items()}
_CODES |= {code.casefold(): code for code in NAMES}


class BadFileError(UserError, ValueError):
    """A file of labels that cannot be imported.

    Attributes
    ----------
    file : its name; empty where no file is to blame
    line : from 1; 0 for the file as a whole
    reason : what is wrong there
    """

    def __init__(self, file: str, line: int, reason: str) -> None:
        place = f"{file}, line {line}: " if line else f"{file}: " if file else ""
        super().__init__(f"{place}{reason}")
        self.file, self.line, self.reason = file, line, reason


class Found(NamedTuple):
    """A row, and the line of the file that it begins on."""

    line: int
    row: Row


class Known:
    """What is known apart from a file: clips by content and by name, and whose labels they are.

    Parameters
    ----------
    clips : that files from elsewhere may mean by their names
    annotator : of labels that do not say whose they are; None refuses them
    """

    def __init__(self, clips: Iterable[Clip] = (), annotator: str | None = None) -> None:
        self.annotator = annotator
        self._clips: dict[str, Clip] = {}
        self._names: dict[str, set[str]] = {}
        for clip in clips:
            self._clips[clip.hash] = clip
            path = PureWindowsPath(clip.name)
            for name in {clip.name, path.name, path.stem}:
                self._names.setdefault(name, set()).add(clip.hash)

    def clip(self, content: str | None, name: str | None) -> Clip:
        """Return the clip of a hash or else of a name; `LabelError` where no one clip is meant."""
        if content is not None:
            return self._clips.get(content) or Clip(content, name or content[:12])
        if name is None:
            raise LabelError("neither clip nor file says what was labelled")
        path = PureWindowsPath(name)  # which parts at both kinds of slashes
        hashes = next((self._names[n] for n in (name, path.name, path.stem) if n in self._names), ())
        if len(hashes) != 1:
            how = "more than one clip has" if hashes else "no clip that was opened has"
            raise LabelError(f"{how} the name {ascii(name)[:80]}, and the file says no hash")
        return self._clips[next(iter(hashes))]


def emotion_code(word: str) -> str:
    """Return the code of an emotion: of a code, a name or a noun, in any case; anything else as it is.

    >>> emotion_code("sad"), emotion_code("Angry"), emotion_code("happiness"), emotion_code("calm")
    ('SAD', 'ANG', 'HAP', 'calm')
    """
    return _CODES.get(word.strip().casefold(), word)


def to_values(row: Row) -> dict:
    """Return a row as a flat dict of plain values with the keys `COLUMNS`, but "scores" for the six."""
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
    }


def to_row(values: dict, known: Known) -> Row:
    """Return the row of a dict as `to_values` gives it; what is left out is taken as not given.

    A label without an id gets one that follows from its content: the same file can be imported again. Raises
    `LabelError` for keys that are none, and for a clip or an annotator that is not said.
    """
    unknown = set(values) - set(COLUMNS) - {"scores"}
    if unknown:
        raise LabelError(f"{ascii(min(unknown))[:80]} is none of {', '.join(COLUMNS)}")
    for field in TEXT_FIELDS & set(values):
        if values[field] is not None:
            check_is_text(values[field], field)
    clip = _clip(values, known)
    annotator = values.get("annotator", known.annotator)
    if annotator is None:
        raise LabelError("nothing says who gave it (name the annotator)")
    label = Label(
        id=values.get("id") or "",
        clip=clip.hash,
        annotator=annotator,
        emotion=emotion_code(values.get("emotion") or ""),
        intensity=values.get("intensity"),
        confidence=values.get("confidence"),
        start_s=values.get("start_s"),
        end_s=values.get("end_s"),
        note="" if values.get("note") is None else values["note"],
        time=values.get("time") or "",
        scores=values.get("scores"),
        checkpoint=values.get("checkpoint"),
        revision=0 if values.get("revision") is None else values["revision"],
    )
    if not label.id:
        content = ascii((label.clip, annotator, label.start_s, label.end_s, label.emotion, label.note))
        label = replace(label, id=uuid.uuid5(_NAMELESS_IDS, content).hex)
    return Row(label, clip)


def to_cells(row: Row) -> dict[str, str]:
    """Return a row as text for a table, by `COLUMNS`; numbers in full, what is not given as empty text."""
    values = to_values(row)
    scores = values.pop("scores") or {}
    values |= {label: scores.get(label) for label in LABELS}
    return {
        column: ""
        if values[column] is None
        else shielded(values[column])
        if column in WRITTEN_BY_PEOPLE
        else str(values[column])
        for column in COLUMNS
    }


def to_table_row(cells: dict[str, str], known: Known) -> Row:
    """Return the row of the cells of a table; `LabelError` as `to_row`, and for a cell that is no number."""
    values = {
        column: unshielded(cell) if column in WRITTEN_BY_PEOPLE else parse_field(cell, column)
        for column, cell in cells.items()
        if cell != ""
    }
    scores = {label: values.pop(label) for label in LABELS if label in values}
    return to_row(values | ({"scores": scores} if scores else {}), known)


def _clip(values: dict, known: Known) -> Clip:
    given = {field: values.get(field) for field in CLIP_FIELDS}
    clip = known.clip(given["clip"], given["file"])
    if given["clip"] is None:
        return clip
    return Clip(
        clip.hash,
        clip.name if given["file"] is None else given["file"],
        given["duration_s"],
        clip.source if given["source"] is None else given["source"],
        given["acted"],
    )


# ---- names of files


def file_name(clip: Clip, *, ending: str, taken: Collection[str], further: str = "") -> str:
    """Return a name for a file about a clip that is not `taken`: the clip's name, some of its hash, `further`."""
    parts = [_slug(PurePosixPath(clip.name).stem), clip.hash[:12], *([_slug(further)] if further else [])]
    name, number = f"{'_'.join(parts)}{ending}", 2
    while name.casefold() in {other.casefold() for other in taken}:
        name, number = f"{'_'.join(parts)}-{number}{ending}", number + 1
    return name


def _slug(text: str) -> str:
    """Return text with nothing that a file system minds.

    >>> _slug("../a b/c?"), _slug("עברית")
    ('a_b_c', 'עברית')
    """
    words = re.sub(r"[^\w-]+", "_", text).strip("_-")
    return words.encode()[:_MAX_BYTES].decode("utf-8", "ignore") or "clip"
