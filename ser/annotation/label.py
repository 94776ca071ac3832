"""What annotators write: labels of clips, and what a label may hold."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeGuard

from ser.errors import UserError
from ser.labels import EMOTION_NAMES, LABELS

EMOTIONS = (*LABELS, "OTH", "UNC")  # keys 1 to 8 in this order
NAMES = EMOTION_NAMES | {"OTH": "Other", "UNC": "Unclear"}
GRADES = (None, 1, 2, 3)  # of intensity and of confidence; None where the annotator gave none
SOURCES = ("folder", "dataset", "sitting")
LONGEST_NAME, LONGEST_NOTE = 1000, 100_000  # characters
LONGEST_S = 1e7  # 115 days

_ID = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # no file format holds all of these


class LabelError(UserError, ValueError):
    """A label or a clip that holds what it may not; `problem` says what, as a part of a sentence."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"This label cannot be kept, for {problem}: correct it.")
        self.problem = problem


@dataclass(frozen=True)
class Label:
    """What an annotator hears in a clip, or in a region of it.

    Attributes
    ----------
    id : uuid4, 32 hex digits
    clip : SHA-256 of the file's bytes, hex
    annotator : name, one line
    emotion : one of `EMOTIONS`
    intensity, confidence : 1 to 3, or None
    start_s, end_s : of the region, in seconds; both None for the whole clip
    note : free text
    time : when it was given, ISO 8601 in UTC to the millisecond; `Annotations.write` fills it in where empty
    scores : the network's six at that moment, by label, or None
    checkpoint : which network gave the scores, or None
    revision : 0 for a label that was never written; each change adds one
    """

    id: str
    clip: str
    annotator: str
    emotion: str
    intensity: int | None = None
    confidence: int | None = None
    start_s: float | None = None
    end_s: float | None = None
    note: str = ""
    time: str = ""
    scores: dict[str, float] | None = None
    checkpoint: str | None = None
    revision: int = 0

    @property
    def whole(self) -> bool:
        """Whether it is about the whole clip."""
        return self.start_s is None

    @property
    def region(self) -> tuple[float, float] | None:
        """Where it begins and ends, in seconds; None for the whole clip."""
        return None if self.start_s is None or self.end_s is None else (self.start_s, self.end_s)

    def __hash__(self) -> int:  # the scores are no hashable
        return hash((self.id, self.revision))


@dataclass(frozen=True)
class Clip:
    """A file that was labelled, known by its content.

    Attributes
    ----------
    hash : SHA-256 of the file's bytes, hex
    name : as last seen
    duration_s : None where it is not known
    source : one of `SOURCES`
    acted : code of the acted emotion, or None
    """

    hash: str
    name: str
    duration_s: float | None = None
    source: str = "folder"
    acted: str | None = None


@dataclass(frozen=True)
class Row:
    """A label with its clip, as files hold it."""

    label: Label
    clip: Clip


@dataclass(frozen=True)
class Change:
    """A change of a label.

    Attributes
    ----------
    number : rises with each change of any label
    kind : "change", "undo", "redo" or "import"
    annotator : whose label it is
    time : when it was changed, ISO 8601 in UTC to the millisecond
    before, after : the label; None where there was none before, or is none after
    """

    number: int
    kind: str
    annotator: str
    time: str
    before: Label | None
    after: Label | None

    @property
    def label(self) -> Label:
        """The label as it is after the change, or where it is gone by it as it was before."""
        label = self.after or self.before
        assert label is not None, "a change is of something"
        return label


def now() -> str:
    """Return the time as ISO 8601 in UTC to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def check_label(label: Label) -> Label:
    """Return the label; `LabelError` with a sentence where a field holds what it may not."""
    _check(_is_like(label.id, _ID), f"the id {_shown(label.id)} is not 32 hex digits")
    _check(_is_like(label.clip, _HASH), f"the clip {_shown(label.clip)} is not a SHA-256 of 64 hex digits")
    _check_line(label.annotator, "annotator")
    _check(
        label.emotion in EMOTIONS, f"the emotion {_shown(label.emotion)} is not one of {', '.join(EMOTIONS)}"
    )
    for field in ("intensity", "confidence"):
        grade = getattr(label, field)
        fine = grade is None or (type(grade) is int and grade in GRADES)
        _check(fine, f"the {field} {_shown(grade)} is not 1, 2, 3 or empty")
    _check_times(label.start_s, label.end_s)
    _check_text(label.note, "note", LONGEST_NOTE)
    _check(_is_time(label.time), f"the time {_shown(label.time)} is not like 2026-01-31T12:00:00.000Z")
    if label.scores is not None:
        _check_scores(label.scores)
    if label.checkpoint is not None:
        _check_line(label.checkpoint, "checkpoint")
    _check(
        type(label.revision) is int and 0 <= label.revision < 10**15,
        f"the revision {_shown(label.revision)} is not a number of 0 or more",
    )
    return label


def check_clip(clip: Clip) -> Clip:
    """Return the clip; `LabelError` with a sentence where a field holds what it may not."""
    _check(_is_like(clip.hash, _HASH), f"the clip {_shown(clip.hash)} is not a SHA-256 of 64 hex digits")
    _check_text(clip.name, "name of the clip", LONGEST_NAME)
    _check(clip.name != "", "the name of the clip is empty")
    fine = clip.duration_s is None or (_is_number(clip.duration_s) and 0 <= clip.duration_s <= LONGEST_S)
    _check(fine, f"the duration {_shown(clip.duration_s)} is not a number of seconds")
    _check(clip.source in SOURCES, f"the source {_shown(clip.source)} is not one of {', '.join(SOURCES)}")
    _check(
        clip.acted is None or clip.acted in LABELS,
        f"the acted emotion {_shown(clip.acted)} is not one of {', '.join(LABELS)}",
    )
    return clip


class Rows:
    """Rows that can all be true, each once."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows: dict[str, Row] = {}
        self._wholes: dict[tuple[str, str], str] = {}
        for row in rows:
            self.add(row)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def add(self, row: Row) -> None:
        """Take a row in, once; `LabelError` where it is no label, or contradicts one that is there.

        That is: an id with two contents, or two labels of one annotator for one whole clip. A label without a
        time is given one when it is imported.
        """
        label = row.label
        check_clip(row.clip)
        check_label(label if label.time else replace(label, time=now()))
        _check(label.clip == row.clip.hash, "the clip and the label do not belong together")
        same = self._rows.get(label.id)
        _check(
            same is None or same.label == label,
            f"the label {label.id} is there twice with different content",
        )
        if label.whole:
            place = (label.clip, label.annotator)
            _check(
                self._wholes.get(place, label.id) == label.id,
                f"{_shown(label.annotator)} has two labels for the whole clip",
            )
            self._wholes[place] = label.id
        self._rows.setdefault(label.id, row)


def _check_times(start_s: object, end_s: object) -> None:
    if start_s is None and end_s is None:
        return
    fine = _is_number(start_s) and _is_number(end_s) and 0 <= start_s < end_s <= LONGEST_S
    _check(fine, f"the times {_shown(start_s)} and {_shown(end_s)} are no start before an end")


def _check_scores(scores: object) -> None:
    fine = (
        isinstance(scores, dict)
        and set(scores) == set(LABELS)
        and all(_is_number(score) and 0 <= score <= 1 for score in scores.values())
    )
    _check(fine, f"the scores are not six numbers from 0 to 1 for {', '.join(LABELS)}")


def _check_line(text: object, what: str) -> None:
    line = _check_text(text, what, LONGEST_NAME)
    _check(line.strip() != "", f"the {what} is empty")
    _check(not re.search(r"[\t\r\n]", line), f"the {what} {_shown(line)} is not one line")


def _check_text(text: object, what: str, longest: int) -> str:
    if not isinstance(text, str):
        raise LabelError(f"the {what} {_shown(text)} is no text")
    _check(len(text) <= longest, f"the {what} is longer than {longest} characters")
    _check(not _UNFIT.search(text), f"the {what} {_shown(text)} holds control characters or broken Unicode")
    return text


def _check(fine: bool, problem: str) -> None:
    if not fine:
        raise LabelError(problem)


def _is_like(text: object, pattern: re.Pattern) -> TypeGuard[str]:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_time(text: object) -> bool:
    if not _is_like(text, _TIME):
        return False
    try:
        return datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def _shown(value: object) -> str:
    """Return a value as it may stand in a sentence: ASCII, short."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def scores_text(scores: dict[str, float] | None) -> str | None:
    """Return scores as JSON in the order of `LABELS`, each number in full; None for None."""
    return None if scores is None else json.dumps({label: scores[label] for label in LABELS})
