"""Compute accuracy, UAR, macro F1 and calibration of answers to clips, with intervals.

Intervals are 95% percentile bootstrap intervals over actors (Efron & Tibshirani 1993, chapter 13): clips of
one voice resemble each other, so drawing clips would claim a certainty that 15 voices cannot give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

import numpy as np

from ser.labels import LABELS
from ser.recognition.calibration import ECE_BINS
from ser.util.intervals import Estimate, Interval, bootstrap, interval, rates

Rate = Literal["accuracy", "uar", "macro_f1"]
RATES: tuple[Rate, ...] = ("accuracy", "uar", "macro_f1")


class ReliabilityBin(TypedDict):
    """A bin of the top score: how sure the network was of these clips, and how often it was right."""

    low: float
    high: float
    clips: int
    score: float  # mean of the top scores
    accuracy: Interval


@dataclass(frozen=True)
class Answers:
    """The answers of a network, or of people, to some clips.

    Attributes
    ----------
    shares : (clips, 6) how often each emotion was the answer: a single 1 per clip for a network, vote counts for a
        crowd
    acted : (clips,) positions of the acted emotions in `ser.labels.LABELS`
    actors : (clips,) ids
    """

    shares: np.ndarray
    acted: np.ndarray
    actors: np.ndarray

    def confusions(self, units: np.ndarray | None = None) -> np.ndarray:
        """Return (units, 6, 6): a confusion matrix per actor, or per distinct value of `units` (clips,)."""
        units = self.actors if units is None else units
        names, places = np.unique(units, return_inverse=True)
        matrices = np.zeros((len(names), len(LABELS), len(LABELS)))
        np.add.at(matrices, (places, self.acted), self.shares)
        return matrices

    def where(self, mask: np.ndarray) -> Answers:
        """Return the answers to the clips for which `mask` (clips,) is true."""
        return Answers(self.shares[mask], self.acted[mask], self.actors[mask])


def estimate(confusions: np.ndarray) -> dict[str, Estimate]:
    """Return accuracy, UAR and macro F1 with intervals from the confusion matrices (units, 6, 6) of actors."""
    values, drawn = rates(confusions.sum(0)), rates(bootstrap(confusions))
    return {name: interval(values[name], drawn[name]) for name in RATES}


def difference(one: Answers, other: Answers) -> dict[str, Estimate]:
    """Return `one` minus `other` on the same clips, with intervals of the paired differences.

    Raises `ValueError` if the clips differ in number, actor or acted emotion.
    """
    if not (np.array_equal(one.actors, other.actors) and np.array_equal(one.acted, other.acted)):
        raise ValueError("only answers to the same clips can be compared")
    pair = one.confusions(), other.confusions()
    first, second = (rates(confusions.sum(0)) for confusions in pair)
    drawn_first, drawn_second = (rates(bootstrap(confusions)) for confusions in pair)
    return {
        name: interval(first[name] - second[name], drawn_first[name] - drawn_second[name]) for name in RATES
    }


def reliability(answers: Answers, scores: np.ndarray) -> list[ReliabilityBin]:
    """Compare the top scores with the accuracy, in bins of the top score.

    The bins (low, high] are the 15 of the expected calibration error; empty ones are left out.

    Parameters
    ----------
    answers : the emotions with the highest scores
    scores : (clips, 6) calibrated
    """
    top = scores.max(1)
    right = scores.argmax(1) == answers.acted
    bins = np.clip(np.ceil(top * ECE_BINS).astype(int) - 1, 0, ECE_BINS - 1)
    actors, places = np.unique(answers.actors, return_inverse=True)
    sums = np.zeros((len(actors), 3, ECE_BINS))
    for i, values in enumerate((np.ones_like(top), top, right)):
        np.add.at(sums[:, i], (places, bins), values)
    clips, sure, hits = sums.sum(0)
    drawn = bootstrap(sums)
    with np.errstate(invalid="ignore"):
        accuracies = drawn[:, 2] / drawn[:, 0]  # NaN where a draw has no clip in a bin
    return [
        {
            "low": b / ECE_BINS,
            "high": (b + 1) / ECE_BINS,
            "clips": int(clips[b]),
            "score": float(sure[b] / clips[b]),
            "accuracy": interval(hits[b] / clips[b], accuracies[:, b]).to_dict(),
        }
        for b in range(ECE_BINS)
        if clips[b]
    ]
