"""Compute accuracy, UAR, macro F1 and calibration of answers to clips, with intervals.

Intervals are 95% percentile bootstrap intervals over actors (Efron & Tibshirani 1993, chapter 13): clips of
one voice resemble each other, so drawing clips would claim a certainty that 15 voices cannot give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypedDict

import numpy as np

from ser.evaluation.metrics import ECE_BINS
from ser.labels import LABELS

DRAWS = 2000
SEED = 0
TAILS = (0.025, 0.975)  # of a 95% interval
Rate = Literal["accuracy", "uar", "macro_f1"]
RATES: tuple[Rate, ...] = ("accuracy", "uar", "macro_f1")


class Interval(TypedDict):
    """An `Estimate` as plain JSON values."""

    value: float
    low: float
    high: float


class Estimate(NamedTuple):
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float

    def to_dict(self) -> Interval:
        """Return the estimate as plain JSON values."""
        return {"value": self.value, "low": self.low, "high": self.high}


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


def rates(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return accuracy, UAR and macro F1 of confusion matrices (..., 6, 6), each (...); NaN without clips.

    An emotion without clips is left out of the UAR, and also of the F1 if it is never an answer, as in scikit-learn's
    balanced_accuracy_score and f1_score.
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    acted, answered = confusion.sum(-1), confusion.sum(-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        accuracy = right.sum(-1) / acted.sum(-1)
        return {
            "accuracy": accuracy,
            "uar": _nan_mean(right / acted),
            "macro_f1": _nan_mean(2 * right / (acted + answered)),
        }


def _nan_mean(values: np.ndarray) -> np.ndarray:
    valid = ~np.isnan(values)  # np.nanmean would warn about rows without a number
    return np.where(valid, values, 0).sum(-1) / valid.sum(-1)


def bootstrap(units: np.ndarray, *, draws: int = DRAWS, seed: int = SEED) -> np.ndarray:
    """Repeatedly draw as many units as there are, with replacement, and add them up.

    Parameters
    ----------
    units : (units, ...) the contribution of each actor, or clip, to a total
    draws : number of draws
    seed : the same seed draws the same units, which makes differences paired

    Returns
    -------
    (draws, ...) totals
    """
    n = len(units)
    picks = np.random.default_rng(seed).integers(0, n, (draws, n))
    picks += n * np.arange(draws)[:, None]
    weights = np.bincount(picks.ravel(), minlength=draws * n).reshape(draws, n)
    return np.tensordot(weights, units, 1)


def interval(value: float | np.ndarray, drawn: np.ndarray) -> Estimate:
    """Return a value with its interval, from its bootstrap values (draws,)."""
    return Estimate(float(value), *map(float, np.nanquantile(drawn, TAILS)))


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
