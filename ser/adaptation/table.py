"""How much an adaptation helps: figures before and after, each clip scored without what it or its speaker taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ser.labels import EMOTION_NAMES
from ser.recognition.calibration import expected_calibration_error
from ser.util.intervals import Estimate, bootstrap, interval, rates
from ser.util.text import counted

MIN_SPEAKERS_TO_DRAW = 3  # with fewer, an interval over speakers says little: it is one over clips
BEFORE, RECORDINGS, LABELS_TOO = "before", "recordings", "labels"
NAMES = {
    BEFORE: "before",
    RECORDINGS: "with the recordings",
    LABELS_TOO: "with the labels, too",
}


@dataclass(frozen=True)
class Row:
    """Figures at one stage.

    Attributes
    ----------
    stage : `BEFORE`, `RECORDINGS` or `LABELS_TOO`
    accuracy, uar : with 95% intervals
    ece : expected calibration error
    recall : of each emotion by code; None for emotions without labels
    new_voice : the UAR for a speaker of whom there are no other recordings; None where speakers are not known
    """

    stage: str
    accuracy: Estimate
    uar: Estimate
    ece: float
    recall: dict[str, float | None]
    new_voice: Estimate | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "stage": self.stage,
            "accuracy": self.accuracy.to_dict(),
            "uar": self.uar.to_dict(),
            "ece": self.ece,
            "recall": self.recall,
            "new_voice": self.new_voice.to_dict() if self.new_voice else None,
        }

    @classmethod
    def from_dict(cls, content: Any) -> Row:
        """Return the row that `to_dict` was called for; errors of several kinds for anything else."""
        new_voice = content["new_voice"]
        return cls(
            str(content["stage"]),
            _estimate(content["accuracy"]),
            _estimate(content["uar"]),
            _share(content["ece"]),
            {
                str(code): None if value is None else _share(value)
                for code, value in content["recall"].items()
            },
            None if new_voice is None else _estimate(new_voice),
        )


@dataclass(frozen=True)
class Table:
    """Figures of labelled clips, before and after.

    Attributes
    ----------
    rows : a row for each stage, the one before first
    used : the stage that the adaptation keeps: the last one that does not cost more than a point of UAR
    clips, speakers : how many are labelled; 0 speakers where they are not known
    by_speaker : whether a clip was scored without the labels of its speaker, and not only without its own
    """

    rows: tuple[Row, ...]
    used: str
    clips: int
    speakers: int
    by_speaker: bool

    def row(self, stage: str) -> Row:
        """Return the row of a stage."""
        return next(row for row in self.rows if row.stage == stage)

    @property
    def gain(self) -> float:
        """How much the UAR of the stage that is used is above that before."""
        return self.row(self.used).uar.value - self.row(BEFORE).uar.value

    @property
    def helps(self) -> bool:
        """Whether it is better to score with the adaptation than without it."""
        return self.used != BEFORE and self.gain > 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "rows": [row.to_dict() for row in self.rows],
            "used": self.used,
            "helps": self.helps,
            "clips": self.clips,
            "speakers": self.speakers,
            "by_speaker": self.by_speaker,
        }

    @classmethod
    def from_dict(cls, content: Any) -> Table:
        """Return the table that `to_dict` was called for; `ValueError` for anything else."""
        try:
            rows = tuple(Row.from_dict(row) for row in content["rows"])
            used, by_speaker = content["used"], content["by_speaker"] is True
            if len({row.stage for row in rows}) != len(rows) or not {BEFORE, used} <= {
                row.stage for row in rows
            }:
                raise ValueError
            if not {row.stage for row in rows} <= NAMES.keys():
                raise ValueError
            return cls(rows, used, _count(content["clips"]), _count(content["speakers"]), by_speaker)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError("these are not the figures of an adaptation") from error


def _share(value: Any) -> float:
    if isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError
    return float(value)


def _count(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < 1e9:
        raise ValueError
    return int(value)


def _estimate(content: Any) -> Estimate:
    return Estimate(*(_share(content[name]) for name in Estimate._fields))


def make_row(
    stage: str,
    *,
    scores: np.ndarray,
    labels: np.ndarray,
    speakers: np.ndarray,
    emotions: Sequence[str],
    new_voice: np.ndarray | None = None,
) -> Row:
    """Return the figures of one stage.

    Parameters
    ----------
    stage : its name
    scores : (clips, emotions)
    labels : (clips,) positions of the right answers
    speakers : (clips,) names, "" where they are not known
    emotions : their codes
    new_voice : (clips, emotions) scores where nothing else of the speaker is known; None where that makes no difference
    """
    figures = _estimates(scores, labels, speakers)
    right = scores.argmax(axis=1) == labels
    recall = {
        code: float(right[labels == place].mean()) if (labels == place).any() else None
        for place, code in enumerate(emotions)
    }
    other = None if new_voice is None else _estimates(new_voice, labels, speakers)["uar"]
    ece = expected_calibration_error(scores, labels)
    return Row(stage, figures["accuracy"], figures["uar"], ece, recall, other)


def _estimates(scores: np.ndarray, labels: np.ndarray, speakers: np.ndarray) -> dict[str, Estimate]:
    names, units = np.unique(speakers, return_inverse=True)
    if len(names) < MIN_SPEAKERS_TO_DRAW:
        units = np.arange(len(labels))
    n = scores.shape[1]
    confusions = np.zeros((units.max() + 1, n, n))
    np.add.at(confusions, (units, labels, scores.argmax(axis=1)), 1)
    values, drawn = rates(confusions.sum(axis=0)), rates(bootstrap(confusions))
    return {name: interval(values[name], drawn[name]) for name in ("accuracy", "uar")}


def format_table(table: Table) -> str:
    """Format a table as text: what it was measured on, a line for each stage, and what it means."""
    codes = list(table.rows[0].recall)
    names = [EMOTION_NAMES.get(code, code) for code in codes]
    width = max(len(NAMES[row.stage]) for row in table.rows)
    heads = ["accuracy", "UAR (95% interval)", "ECE", *names]
    has_voices = any(row.new_voice for row in table.rows)
    heads += ["UAR, new voice"] if has_voices else []
    lines = [[" " * width, *heads]]
    for row in table.rows:
        recall = ["-" if row.recall[code] is None else f"{row.recall[code]:.2f}" for code in codes]
        low, high = row.uar.low, row.uar.high
        cells = [
            f"{row.accuracy.value:.3f}",
            f"{row.uar.value:.3f} ({low:.2f} to {high:.2f})",
            f"{row.ece:.3f}",
        ]
        voice = [f"{row.new_voice.value:.3f}" if row.new_voice else ""] if has_voices else []
        lines.append([f"{NAMES[row.stage]:<{width}}", *cells, *recall, *voice])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = ["  ".join(f"{cell:>{widths[i]}}" for i, cell in enumerate(line)).rstrip() for line in lines]
    return "\n".join([measured_on(table), *text, summary(table)])


def measured_on(table: Table) -> str:
    """Return in words which clips the figures are of, and what was left out to get them."""
    clips = counted("labelled clip", table.clips)
    if table.by_speaker:
        return f"Cross-check on {clips} of {counted('speaker', table.speakers)}, each scored without the labels of its speaker:"
    return (
        f"Cross-check on {clips}, each scored without its own label. All are taken to be of one speaker, which flatters: "
        "name the speakers for figures that hold for others."
    )


def in_ten(share: float) -> int:
    """Return a share as a number of ten."""
    return round(10 * share)


def summary(table: Table) -> str:
    """Return in a sentence for people what the adaptation changes."""
    before, after = table.row(BEFORE), table.row(table.used)
    who = "On speakers it has not learned from" if table.by_speaker else "On clips it has not learned from"
    if not table.helps:
        return f"{who} the adaptation is no better than none: keep the network as it is, or add labels."
    was, now = (in_ten(row.accuracy.value) for row in (before, after))
    if was == now:
        return f"{who} it is a little better: UAR {before.uar.value:.2f} before, {after.uar.value:.2f} now."
    return f"{who} it was right {was} times in 10, and is now right {now} times in 10."
