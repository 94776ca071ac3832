"""How far a recording lies from those that the released networks learned from: the same booth, microphone and language.

It compares how loud the bands of the log-mel are and how much they vary with what they are in clips of the training
actors, as they are and through three kinds of lines that the networks also learned to hear through. The nearest of
these kinds counts. Of the clips of other actors it calls 6% unlike; of those of another corpus nearly all, of those
from another microphone in a reverberant room 40 to 100%, and in such a room alone a fifth.
"""

from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np

from ser.network.inputs import Inputs

TRAINING_SHARE = 0.95  # of the training clips are familiar
RIDGE = 1e-3  # added to the variances, which keeps the covariance invertible
LINES = ("clean", "telephone", "low-pass 4 kHz", "gated")  # `ser.evaluation.conditions` of the training clips


class Familiar(NamedTuple):
    """What is familiar: `band_statistics` of recordings (32,), as a mean, a precision matrix and the largest distance."""

    mean: np.ndarray  # (32,)
    precision: np.ndarray  # (32, 32)
    limit: float

    def distance(self, statistics: np.ndarray) -> np.ndarray:
        """Return the squared Mahalanobis distance of statistics (..., 32)."""
        away = statistics - self.mean
        return np.einsum("...i,ij,...j->...", away, self.precision, away)


def fit_familiar(rows: np.ndarray) -> Familiar:
    """Return what is familiar where `rows` (n, 32) are the statistics of the training clips."""
    covariance = np.cov(rows.T) + RIDGE * np.eye(rows.shape[1])
    fitted = Familiar(rows.mean(axis=0), np.linalg.inv(covariance), 0.0)
    return fitted._replace(limit=float(np.quantile(fitted.distance(rows), TRAINING_SHARE)))


@cache
def released() -> tuple[Familiar, ...]:
    """Return what is familiar to the released networks through each of `LINES`."""
    with resources.files("ser").joinpath("assets/familiar.npz").open("rb") as file:
        arrays = np.load(file)
        lines = zip(arrays["mean"], arrays["precision"], arrays["limit"], strict=True)
        return tuple(Familiar(mean, precision, float(limit)) for mean, precision, limit in lines)


def distances(inputs: Inputs) -> np.ndarray:
    """Return how far windows are from the training clips, (n,): of these, 95% are nearer than 1."""
    return np.sqrt(np.min([line.distance(inputs.bands) / line.limit for line in released()], axis=0))


def is_unlike(distance: float) -> bool:
    """Return whether a recording at this distance, see `distances`, sounds unlike the training clips."""
    return distance > 1


def counts_in_profiles(network: str) -> bool:
    """Return whether it matters to the voice profiles of a network, by the name on its card: it helps the small one alone.

    With the heads of wide networks, eight takes cost UAR on other microphones when it did.
    """
    return network == "emotion"
