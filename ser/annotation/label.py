"""What annotators write: labels of clips. `ser.annotation.validation` says what a label may hold."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from ser.errors import UserError
from ser.labels import EMOTION_NAMES, LABELS

EMOTIONS = (*LABELS, "OTH", "UNC")  # keys 1 to 8 in this order
NAMES = EMOTION_NAMES | {"OTH": "Other", "UNC": "Unclear"}
GRADES = (None, 1, 2, 3)  # of intensity and of confidence; None where the annotator gave none
SOURCES = ("folder", "dataset", "sitting")


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


def scores_text(scores: dict[str, float] | None) -> str | None:
    """Return scores as JSON in the order of `LABELS`, each number in full; None for None."""
    return None if scores is None else json.dumps({label: scores[label] for label in LABELS})
