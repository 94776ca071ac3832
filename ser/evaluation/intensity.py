"""How well a network's intensity, or loudness alone, agrees with the crowd's ratings of CREMA-D's clips.

The ratings are those of listeners who only heard a clip: how strongly they heard the emotion that they named, 0 to 100.
The data set has their mean alone, so how far listeners agree with each other cannot be known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

from ser.recognition.intensity import Readout

if TYPE_CHECKING:
    import pandas as pd


class Agreement(TypedDict):
    """How well predicted ratings agree with the crowd's."""

    concordance: float
    correlation: float


class IntensityFigures(TypedDict):
    """What `intensity_figures` returns: plain JSON values."""

    clips: int
    network: Agreement
    loudness: Agreement  # of the level of the speech alone


def concordance(one: np.ndarray, other: np.ndarray) -> float:
    """Return Lin's concordance correlation coefficient of values (n,): 1 where they are equal, 0 for a constant guess.

    >>> concordance(np.array([1.0, 2, 3]), np.array([1.0, 2, 3])), concordance(np.array([1.0, 2, 3]), np.array([2.0, 2, 2]))
    (1.0, 0.0)
    """
    covariance = np.mean((one - one.mean()) * (other - other.mean()))
    return float(2 * covariance / (one.var() + other.var() + (one.mean() - other.mean()) ** 2))


def agreement(predicted: np.ndarray, ratings: np.ndarray) -> Agreement:
    """Return how well predictions (n,) agree with ratings (n,)."""
    return {
        "concordance": concordance(predicted, ratings),
        "correlation": float(np.corrcoef(predicted, ratings)[0, 1]),
    }


def intensity_figures(table: pd.DataFrame, *, ratings: pd.Series, readout: Readout) -> IntensityFigures:
    """Compare the network's ratings, and those from loudness alone, with the crowd's.

    Parameters
    ----------
    table : a row per clip, with the columns intensity and speech_dbfs
    ratings : of the crowd, by clip; clips without one are left out
    """
    rating = ratings.reindex(table.index).to_numpy(np.float64)
    rated = np.isfinite(rating)
    slope, intercept = readout.loudness
    return {
        "clips": int(rated.sum()),
        "network": agreement(table["intensity"].to_numpy()[rated], rating[rated]),
        "loudness": agreement(slope * table["speech_dbfs"].to_numpy()[rated] + intercept, rating[rated]),
    }


def format_intensity(figures: IntensityFigures) -> str:
    """Format the result of `intensity_figures` as text."""
    rows = [("the network", figures["network"]), ("the level of the speech in dB alone", figures["loudness"])]
    width = max(len(words) for words, _ in rows)
    return "\n".join(
        [
            f"Intensity: agreement with the crowd's mean rating, {figures['clips']} clips",
            f"{'':<{width}}  concordance  correlation",
            *(
                f"{words:<{width}}  {row['concordance']:.3f}        {row['correlation']:.3f}"
                for words, row in rows
            ),
        ]
    )
