"""The verdict on six scores: sure, leaning, unsure, or no voice.

The thresholds are chosen on the validation actors and recorded on a checkpoint's card.
"""

from typing import NamedTuple

import numpy as np

from ser.audio.quality import SHORT_VOICE_S
from ser.recognition.reason import differs

SURE_ACCURACY = 0.80  # at least this share of the answers called sure must be right
UNSURE_ACCURACY = (
    0.45  # at most this share of the answers called unsure: they are wrong more often than right
)
MIN_ANSWERS = 50  # the accuracy of fewer is too uncertain to set a threshold by
VERDICTS = ("sure", "leaning", "unsure", "no_voice")


class Thresholds(NamedTuple):
    """How high the highest score must be for an answer to be called sure, and leaning."""

    sure: float = 0.8
    leaning: float = 0.5


def verdict(
    scores: dict[str, float],
    *,
    thresholds: Thresholds,
    voice_s: float = np.inf,
    heard: dict[str, float] | None = None,
) -> str:
    """Return one of `VERDICTS`.

    It is "sure" only where listeners would hear the same emotion: otherwise two answers would contradict each other.

    Parameters
    ----------
    scores : calibrated score of each emotion
    thresholds : from the card of the checkpoint
    voice_s : seconds of speech; below a word's length the verdict is "unsure", as it may be a cough
    heard : estimated share of listeners for each emotion; None for networks that do not estimate it

    Examples
    --------
    >>> verdict({"ANG": 0.9, "SAD": 0.1}, thresholds=Thresholds(sure=0.8, leaning=0.5))
    'sure'
    """
    if not voice_s:
        return "no_voice"
    highest = max(scores.values())
    if voice_s < SHORT_VOICE_S or highest < thresholds.leaning:
        return "unsure"
    return "sure" if highest >= thresholds.sure and not differs(scores, heard) else "leaning"


def sure_answers(
    probabilities: np.ndarray, *, thresholds: Thresholds, heard: np.ndarray | None = None
) -> np.ndarray:
    """Return for which of n clips `verdict` is "sure", (n,) bool.

    Parameters
    ----------
    probabilities : (n, 6) calibrated scores
    heard : (n, 6) estimated shares of listeners; None for networks that do not estimate them
    """
    sure = probabilities.max(axis=1) >= thresholds.sure
    return sure if heard is None else sure & (heard.argmax(axis=1) == probabilities.argmax(axis=1))


def fit_thresholds(probabilities: np.ndarray, labels: np.ndarray) -> Thresholds:
    """Choose thresholds on labelled clips.

    "Sure" begins at the lowest score at which the accuracy above it, less one standard error so that it also holds on
    other actors, reaches `SURE_ACCURACY`. "Unsure" ends at the highest score at which the accuracy below it stays
    within `UNSURE_ACCURACY`.

    Parameters
    ----------
    probabilities : (n, 6) calibrated scores
    labels : (n,) positions of the right answers in `ser.labels.LABELS`
    """
    order = np.argsort(-probabilities.max(axis=1))
    highest = probabilities.max(axis=1)[order]
    right = (probabilities.argmax(axis=1) == labels)[order]
    n = np.arange(1, len(order) + 1)
    above = np.cumsum(right) / n
    is_sure = (above - np.sqrt(above * (1 - above) / n) >= SURE_ACCURACY) & (n >= MIN_ANSWERS)
    sure = float(highest[np.flatnonzero(is_sure)[-1]]) if is_sure.any() else 1.0
    below = np.cumsum(right[::-1])[::-1] / n[::-1]
    is_unsure = (below <= UNSURE_ACCURACY) & (highest < sure)
    return Thresholds(sure, float(highest[np.flatnonzero(is_unsure)[0]]) if is_unsure.any() else 0.0)
