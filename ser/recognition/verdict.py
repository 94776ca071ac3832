"""What to tell a person: sure, leaning, unsure, or that there is no voice.

The thresholds are chosen on the validation actors and stand on a checkpoint's card.
"""

from typing import NamedTuple

import numpy as np

from ser.audio.quality import SHORT_VOICE_S

SURE_ACCURACY = 0.80  # of the answers called sure so many shall be right
UNSURE_ACCURACY = 0.45  # of the answers called unsure no more: they are wrong more often than right
MIN_ANSWERS = 50  # answers; an accuracy over fewer says too little to set a threshold by
VERDICTS = ("sure", "leaning", "unsure", "no_voice")


class Thresholds(NamedTuple):
    """The highest score from which on an answer is called sure, and leaning."""

    sure: float = 0.8
    leaning: float = 0.5


def verdict(scores: dict[str, float], *, thresholds: Thresholds, voice_s: float = np.inf) -> str:
    """Return one of `VERDICTS` for six calibrated scores of `voice_s` seconds of speech.

    Over less than a word nobody can be sure: it may be a cough.

    >>> verdict({"ANG": 0.9, "SAD": 0.1}, thresholds=Thresholds(sure=0.8, leaning=0.5))
    'sure'
    """
    if not voice_s:
        return "no_voice"
    highest = max(scores.values())
    if voice_s < SHORT_VOICE_S or highest < thresholds.leaning:
        return "unsure"
    return "sure" if highest >= thresholds.sure else "leaning"


def fit_thresholds(probabilities: np.ndarray, labels: np.ndarray) -> Thresholds:
    """Choose thresholds on clips whose answer is known.

    "Sure" begins as low as its accuracy allows, taken one standard error below what was counted, so that
    it also holds on other actors; "unsure" ends as high as its accuracy allows.

    Parameters
    ----------
    probabilities : (n, 6) calibrated scores
    labels : (n,) indices of the right answers
    """
    order = np.argsort(-probabilities.max(axis=1))
    highest = probabilities.max(axis=1)[order]
    right = (probabilities.argmax(axis=1) == labels)[order]
    n = np.arange(1, len(order) + 1)
    above = np.cumsum(right) / n
    enough = (above - np.sqrt(above * (1 - above) / n) >= SURE_ACCURACY) & (n >= MIN_ANSWERS)
    sure = float(highest[np.flatnonzero(enough)[-1]]) if enough.any() else 1.0
    below = np.cumsum(right[::-1])[::-1] / n[::-1]
    little = (below <= UNSURE_ACCURACY) & (highest < sure)
    return Thresholds(sure, float(highest[np.flatnonzero(little)[0]]) if little.any() else 0.0)
