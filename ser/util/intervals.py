"""Rates of right answers, and 95% percentile bootstrap intervals of them.

Efron & Tibshirani 1993, chapter 13.
"""

from typing import NamedTuple, TypedDict

import numpy as np

DRAWS = 2000
SEED = 0
TAILS = (0.025, 0.975)  # of a 95% interval


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


def rates(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return accuracy, UAR and macro F1 of confusion matrices (..., n, n), each (...); NaN without clips.

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
