"""Labels of clips. `ser.annotation.validation` says what the fields of a label may hold."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from ser.errors import UserError
from ser.labels import EMOTION_NAMES, LABELS

EMOTIONS = (*LABELS, "OTH", "UNC")  # in the order of the keys 1 to 8
NAMES = EMOTION_NAMES | {"OTH": "Other", "UNC": "Unclear"}
GRADES = (None, 1, 2, 3)  # of intensity and confidence; None if the annotator gave none
MARKS = ("skipped", "flagged")  # what an annotator may say about a clip besides a label
SOURCES = ("folder", "dataset", "sitting")


class LabelError(UserError, ValueError):
    """A label or a clip with a value that is not allowed.

    Attributes
    ----------
    problem : what is wrong, as a clause: "the note is longer than 100000 characters"
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"This label cannot be saved because {problem}: correct it.")
        self.problem = problem


@dataclass(frozen=True)
class Label:
    """An annotator's label of a clip, or of a region of it.

    Attributes
    ----------
    id : UUID 4 as 32 hex digits
    clip : SHA-256 of the file's bytes as 64 hex digits
    annotator : name of the annotator, one line
    emotion : one of `EMOTIONS`, or of the codes of another `ser.annotation.label_set.LabelSet`
    intensity, confidence : 1 to 3, or None
    start_s, end_s : bounds of the region in seconds; both None for the whole clip
    note : free text
    time : when the annotator gave the label, ISO 8601 in UTC to the millisecond; `Annotations.write` fills in an
        empty one
    scores : the network's six scores at that time by emotion, or None
    checkpoint : the network that gave the scores, or None
    revision : 0 for a label that was never written; each change adds one
    final : whether it is the final label of its clip, which `annotator` gave after hearing what others say; a clip has
        at most one for all of it, and it counts as nobody's own label
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
    final: bool = False

    @property
    def whole(self) -> bool:
        """Whether the label covers the whole clip."""
        return self.start_s is None

    @property
    def region(self) -> tuple[float, float] | None:
        """Start and end of the region in seconds; None for the whole clip."""
        return None if self.start_s is None or self.end_s is None else (self.start_s, self.end_s)

    def __hash__(self) -> int:  # `scores` is a dict, which cannot be hashed
        return hash((self.id, self.revision))


@dataclass(frozen=True)
class Clip:
    """A sound file that was labelled, identified by its content.

    Attributes
    ----------
    hash : SHA-256 of the file's bytes as 64 hex digits
    name : its name when it was last opened
    duration_s : duration in seconds, or None if unknown
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
    """A label together with its clip, as in label files."""

    label: Label
    clip: Clip


@dataclass(frozen=True)
class Mark:
    """What an annotator says about a clip besides a label: its hash, who, one of `MARKS`, and when in ISO 8601 and UTC."""

    clip: str
    annotator: str
    kind: str
    time: str


@dataclass(frozen=True)
class Change:
    """A change of a label.

    Attributes
    ----------
    number : increases with every change of any label
    kind : "change", "undo", "redo" or "import"
    annotator : the annotator of the label
    time : when the change was made, ISO 8601 in UTC to the millisecond
    before, after : the label before and after the change; None where it did not exist
    """

    number: int
    kind: str
    annotator: str
    time: str
    before: Label | None
    after: Label | None

    @property
    def label(self) -> Label:
        """The label after the change, or before it if the change deleted the label."""
        label = self.after or self.before
        assert label is not None, "a change has a label before or after it"
        return label


def now() -> str:
    """Return the current time as ISO 8601 in UTC to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def scores_text(scores: dict[str, float] | None) -> str | None:
    """Return scores as JSON in the order of `LABELS` and with full precision; None for None."""
    return None if scores is None else json.dumps({label: scores[label] for label in LABELS})
