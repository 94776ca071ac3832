"""An adaptation in words: what it was made from, and what it changes."""

from __future__ import annotations

from typing import Any

from ser.adaptation.table import Table, summary
from ser.labels import LABELS
from ser.recognition.adaptation import Adaptation
from ser.util.text import counted

UNMEASURED = "How much it helps was not measured, as there were no labels."
MAX_POINTS = 30


def made_from(adaptation: Adaptation) -> str:
    """Return what an adaptation was made from: "72 clips of 4 speakers with 72 labels"."""
    clips, speakers, labels = (adaptation.made_from.get(name, 0) for name in ("clips", "speakers", "labels"))
    words = [counted("clip", clips)]
    words += [f"of {counted('speaker', speakers)}"] if speakers else []
    return " ".join([*words, f"with {counted('label', labels)}" if labels else "without labels"])


def table_of(adaptation: Adaptation) -> Table | None:
    """Return the figures that an adaptation carries; None without labels, or if they are damaged."""
    try:
        return Table.from_dict(adaptation.figures)
    except ValueError:
        return None


def effect(adaptation: Adaptation) -> str:
    """Return in a sentence what an adaptation changes."""
    table = table_of(adaptation)
    return UNMEASURED if table is None else summary(table)


def answers_of(adaptation: Adaptation) -> dict[str, dict[str, int]]:
    """Return how many recordings sounded most like each emotion, "before" and "after"; empty if it does not say."""
    found = adaptation.figures.get("answers")
    try:
        counts = {
            name: {label: int(found[name][label]) for label in LABELS}  # type: ignore[index]
            for name in ("before", "after")
        }
    except (KeyError, TypeError, ValueError, OverflowError):
        return {}
    return counts if all(0 <= n < 1e9 for each in counts.values() for n in each.values()) else {}


def curve_of(adaptation: Adaptation) -> list[dict[str, Any]]:
    """Return the UAR over the number of labels that an adaptation carries: dicts of labels and uar, or nothing."""
    points = adaptation.figures.get("curve")
    if not isinstance(points, list) or len(points) > MAX_POINTS:
        return []
    try:
        curve = [{"labels": int(point["labels"]), "uar": float(point["uar"])} for point in points]
    except (KeyError, TypeError, ValueError, OverflowError):
        return []
    labels = [point["labels"] for point in curve]
    in_order = labels == sorted(set(labels)) and all(0 < count < 1e9 for count in labels)
    return curve if in_order and all(0 <= point["uar"] <= 1 for point in curve) else []
