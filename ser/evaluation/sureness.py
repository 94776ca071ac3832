"""How many answers are called sure, how many of those are right, and how often listeners would contradict them."""

from __future__ import annotations

from typing import NotRequired, TypedDict

import numpy as np

from ser.recognition.verdict import Thresholds, sure_answers


class SureByScore(TypedDict):
    """The answers whose score is high enough to be called sure, whatever listeners would hear."""

    share: float
    accuracy: float | None
    contradicted: float | None  # share of them where listeners would hear another emotion


class Sure(TypedDict):
    """The answers that the app would call sure."""

    share: float  # of all answers
    accuracy: float | None  # of the sure ones; None if there are none
    by_score: NotRequired[SureByScore]  # only for networks that estimate what listeners hear


def sure_figures(
    scores: np.ndarray, *, labels: np.ndarray, thresholds: Thresholds, heard: np.ndarray | None
) -> Sure:
    """Return how many answers are called sure and how many of those are right.

    Parameters
    ----------
    scores, labels : (n, 6) and (n,) of n clips
    heard : (n, 6) estimated shares of listeners; None for networks that do not estimate them
    """
    right = scores.argmax(axis=1) == labels
    sure = sure_answers(scores, thresholds=thresholds, heard=heard)
    figures: Sure = {"share": float(sure.mean()), "accuracy": _mean(right[sure])}
    if heard is not None:
        high = sure_answers(scores, thresholds=thresholds)
        figures["by_score"] = {
            "share": float(high.mean()),
            "accuracy": _mean(right[high]),
            "contradicted": _mean(~sure[high]),
        }
    return figures


def _mean(flags: np.ndarray) -> float | None:
    return float(flags.mean()) if len(flags) else None


def format_sure(sure: Sure) -> str:
    """Format `sure_figures` as a line or two."""
    text = "sure of no answer"
    if sure["accuracy"] is not None:
        text = f"sure of {sure['share']:.3f} of the clips, and right about {sure['accuracy']:.3f} of those"
    by_score = sure.get("by_score")
    if by_score is None or by_score["accuracy"] is None:
        return text
    return (
        f"{text}\nby the score alone: {by_score['share']:.3f}, right about {by_score['accuracy']:.3f}, and listeners "
        f"would hear another emotion in {by_score['contradicted']:.3f}"
    )
