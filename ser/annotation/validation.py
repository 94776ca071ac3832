"""Which values the fields of labels and clips may have, and the error messages for other values.

Every label passes `check_label`, whether it comes from the page, from a file or from a program that uses the store.
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TypeGuard

from ser.annotation.label import EMOTIONS, GRADES, SOURCES, Clip, Label, LabelError, Row, now
from ser.labels import LABELS

MAX_NAME, MAX_NOTE = 1000, 100_000  # characters
MAX_S = 1e7  # 115 days
TEXT_FIELDS = frozenset(
    ("id", "file", "clip", "source", "acted", "annotator", "emotion", "note", "time", "checkpoint")
)
INTEGER_FIELDS = frozenset(("intensity", "confidence", "revision", "final"))
NUMBER_FIELDS = frozenset(("duration_s", "start_s", "end_s", *LABELS))

_ID = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # not every file format can store these


def is_id(text: object) -> TypeGuard[str]:
    """Return whether this is the id of a label: 32 hex digits."""
    return _is_like(text, _ID)


def is_hash(text: object) -> TypeGuard[str]:
    """Return whether this is the hash of a clip: a SHA-256 as 64 hex digits."""
    return _is_like(text, _HASH)


def check_label(label: Label, *, codes: Collection[str] = EMOTIONS) -> Label:
    """Return the label; raise `LabelError` if a field has a value that is not allowed.

    Parameters
    ----------
    label : the label
    codes : those that annotators may give
    """
    _check(is_id(label.id), f"the id {_quoted(label.id)} is not 32 hex digits")
    _check(is_hash(label.clip), f"the clip {_quoted(label.clip)} is not a SHA-256 of 64 hex digits")
    _check_line(label.annotator, "annotator")
    _check(label.emotion in codes, f"the emotion {_quoted(label.emotion)} is not one of {', '.join(codes)}")
    for field in ("intensity", "confidence"):
        grade = getattr(label, field)
        valid = grade is None or (type(grade) is int and grade in GRADES)
        _check(valid, f"the {field} {_quoted(grade)} is not 1, 2, 3 or empty")
    _check_times(label.start_s, label.end_s)
    _check_text(label.note, "note", MAX_NOTE)
    _check(
        _is_time(label.time),
        f"the time {_quoted(label.time)} does not have the form 2026-01-31T12:00:00.000Z",
    )
    if label.scores is not None:
        _check_scores(label.scores)
    if label.checkpoint is not None:
        _check_line(label.checkpoint, "checkpoint")
    _check(
        type(label.revision) is int and 0 <= label.revision < 10**15,
        f"the revision {_quoted(label.revision)} is not a whole number of 0 or more",
    )
    _check(type(label.final) is bool, f"the value {_quoted(label.final)} of final is not 1 or empty")
    return label


def check_clip(clip: Clip) -> Clip:
    """Return the clip; raise `LabelError` if a field has a value that is not allowed."""
    _check(is_hash(clip.hash), f"the clip {_quoted(clip.hash)} is not a SHA-256 of 64 hex digits")
    _check_text(clip.name, "name of the clip", MAX_NAME)
    _check(clip.name != "", "the name of the clip is empty")
    valid = clip.duration_s is None or (_is_number(clip.duration_s) and 0 <= clip.duration_s <= MAX_S)
    _check(valid, f"the duration {_quoted(clip.duration_s)} is not a number of seconds")
    _check(clip.source in SOURCES, f"the source {_quoted(clip.source)} is not one of {', '.join(SOURCES)}")
    _check(
        clip.acted is None or clip.acted in LABELS,
        f"the acted emotion {_quoted(clip.acted)} is not one of {', '.join(LABELS)}",
    )
    return clip


# ---- fields of label files


def check_is_text(value: object, field: str) -> str:
    """Return the text of a field; raise `LabelError` for any other type."""
    if not isinstance(value, str):
        raise LabelError(f"the {field} {_quoted(value)} is not text")
    return value


def parse_field(text: str, field: str) -> str | int | float:
    """Return the value of a field given as text; raise `LabelError` if it should be a number and is not."""
    if field in INTEGER_FIELDS:
        _check(
            re.fullmatch(r"\d{1,18}", text, re.ASCII), f"the {field} {_quoted(text)} is not a whole number"
        )
        return int(text)
    if field in NUMBER_FIELDS:
        _check(_NUMBER.fullmatch(text), f"the {field} {_quoted(text)} is not a number")
        return float(text)
    return text


# ---- several rows


class Rows:
    """Rows that do not contradict each other, without duplicates.

    Parameters
    ----------
    rows : the rows to begin with
    codes : the labels that annotators may give
    """

    def __init__(self, rows: Iterable[Row] = (), *, codes: Collection[str] = EMOTIONS) -> None:
        self._codes = codes
        self._rows: dict[str, Row] = {}
        self._whole_clip_ids: dict[tuple[str, str], str] = {}
        for row in rows:
            self.add(row)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def add(self, row: Row) -> None:
        """Add a row unless it is already there; raise `LabelError` if it is invalid or contradicts another row.

        Two rows contradict each other if they have the same id and different content, or if they are labels of the
        same annotator for the same whole clip. A label without a time gets one when it is imported.
        """
        label = row.label
        check_clip(row.clip)
        check_label(label if label.time else replace(label, time=now()), codes=self._codes)
        _check(label.clip == row.clip.hash, "the label is not about this clip")
        duplicate = self._rows.get(label.id)
        _check(
            duplicate is None or duplicate.label == label,
            f"the label {label.id} occurs twice with different content",
        )
        if label.whole:
            key = (label.clip, "" if label.final else label.annotator)
            _check(
                self._whole_clip_ids.get(key, label.id) == label.id,
                f"{_quoted(label.annotator)} has two labels for the whole clip"
                if not label.final
                else "the clip has two final labels",
            )
            self._whole_clip_ids[key] = label.id
        self._rows.setdefault(label.id, row)


# ---- single fields


def _check_times(start_s: object, end_s: object) -> None:
    if start_s is None and end_s is None:
        return
    valid = _is_number(start_s) and _is_number(end_s) and 0 <= start_s < end_s <= MAX_S
    _check(valid, f"the times {_quoted(start_s)} and {_quoted(end_s)} are not a start before an end")


def _check_scores(scores: object) -> None:
    valid = (
        isinstance(scores, dict)
        and set(scores) == set(LABELS)
        and all(_is_number(score) and 0 <= score <= 1 for score in scores.values())
    )
    _check(valid, f"the scores are not six numbers from 0 to 1 for {', '.join(LABELS)}")


def _check_line(text: object, field: str) -> None:
    line = _check_text(text, field, MAX_NAME)
    _check(line.strip() != "", f"the {field} is empty")
    _check(not re.search(r"[\t\r\n]", line), f"the {field} {_quoted(line)} is not one line")


def _check_text(text: object, field: str, max_length: int) -> str:
    text = check_is_text(text, field)
    _check(len(text) <= max_length, f"the {field} is longer than {max_length} characters")
    _check(
        not _UNFIT.search(text), f"the {field} {_quoted(text)} contains control characters or invalid Unicode"
    )
    return text


def _check(valid: object, problem: str) -> None:
    if not valid:
        raise LabelError(problem)


def _is_like(text: object, pattern: re.Pattern) -> TypeGuard[str]:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def _is_number(value: object) -> TypeGuard[int | float]:
    # `math.isfinite` raises OverflowError for an integer that no float can hold.
    return isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf


def _is_time(text: object) -> bool:
    if not _is_like(text, _TIME):
        return False
    try:
        return datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def _quoted(value: object) -> str:
    """Return a value in ASCII and at most 60 characters, to quote it in a message."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
