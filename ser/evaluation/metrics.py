"""Measure how good scores are: accuracy, UAR, F1, confusion and calibration."""

from collections.abc import Mapping
from typing import TypedDict

import numpy as np

from ser.labels import LABELS
from ser.recognition.calibration import calibration_error, expected_calibration_error, fit_temperature

LABEL_DRAWS = 100  # of `calibration_error_by_chance`


class EmotionMetrics(TypedDict):
    """How well one acted emotion is named; `support` is the number of its clips."""

    recall: float
    precision: float
    f1: float
    support: int


class Metrics(TypedDict):
    """What `metrics` returns: plain JSON values."""

    accuracy: float
    uar: float
    macro_f1: float
    ece: float
    ece_by_chance: float
    per_emotion: dict[str, EmotionMetrics]
    confusion: list[list[int]]


def metrics(probabilities: np.ndarray, labels: np.ndarray) -> Metrics:
    """Compute accuracy, UAR, macro F1, ECE (and its value for exact scores), figures per emotion and the confusion matrix.

    Parameters
    ----------
    probabilities : (clips, 6) scores in the order of `ser.labels.LABELS`
    labels : (clips,) positions of the acted emotions

    Returns
    -------
    `Metrics`; `confusion` has a row per acted emotion and a column per answer. An emotion without clips is left out of
    the UAR, and also of the macro F1 if it is never an answer, as in `ser.evaluation.bootstrap.rates`.
    """
    answers = np.asarray(probabilities).argmax(1)
    confusion = confusion_matrix(labels, answers)
    right, support, named = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    recall, precision = right / np.maximum(support, 1), right / np.maximum(named, 1)
    f1 = 2 * right / np.maximum(support + named, 1)
    per_emotion: dict[str, EmotionMetrics] = {
        label: {
            "recall": float(recall[i]),
            "precision": float(precision[i]),
            "f1": float(f1[i]),
            "support": int(support[i]),
        }
        for i, label in enumerate(LABELS)
    }
    return {
        "accuracy": float(right.sum() / support.sum()),
        "uar": float(recall[support > 0].mean()),
        "macro_f1": float(f1[support + named > 0].mean()),
        "ece": expected_calibration_error(probabilities, labels),
        "ece_by_chance": calibration_error_by_chance(probabilities),
        "per_emotion": per_emotion,
        "confusion": confusion.tolist(),
    }


def confusion_matrix(labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Count the clips of each acted emotion by answer, as scikit-learn does, which takes a second to import.

    Parameters
    ----------
    labels, answers : (clips,) positions in `ser.labels.LABELS`

    Returns
    -------
    (6, 6) counts: a row per acted emotion, a column per answer
    """
    counts = np.zeros((len(LABELS), len(LABELS)), int)
    np.add.at(counts, (labels, answers), 1)
    return counts


def missing_emotions(per_emotion: Mapping[str, EmotionMetrics]) -> list[str]:
    """Return the emotions without a clip, which the means over emotions leave out."""
    return [label for label in LABELS if not per_emotion[label]["support"]]


def calibration_error_by_chance(probabilities: np.ndarray) -> float:
    """Return the ECE to expect from these scores (n, 6) if they were exact, as a mean over labels drawn from them.

    It is above 0, as the few clips of a bin never match a rate exactly. Kumar, Liang and Ma 2019 describe this bias;
    the method is consistency resampling (Brocker and Smith 2007).
    """
    top, generator = np.asarray(probabilities, dtype=np.float64).max(1), np.random.default_rng(0)
    return float(
        np.mean([calibration_error(top, generator.random(len(top)) < top) for _ in range(LABEL_DRAWS)])
    )


def cautious_temperature(logits: np.ndarray, *, labels: np.ndarray, speakers: np.ndarray) -> float:
    """Return the temperature one standard error above `fit_temperature`, by the jackknife over speakers.

    The best epoch was chosen on these speakers. A network does less well on others, and with the fitted temperature
    it would be overconfident about them. The one-standard-error rule: Breiman, Friedman, Olshen, Stone 1984.

    Parameters
    ----------
    logits : (clips, 6)
    labels, speakers : (clips,)
    """
    fitted, distinct = fit_temperature(logits, labels), np.unique(speakers)
    if len(distinct) < 2:
        return fitted
    without = np.array(
        [fit_temperature(logits[speakers != one], labels[speakers != one]) for one in distinct]
    )
    error = np.sqrt((len(distinct) - 1) * np.square(without - without.mean()).mean())
    return float(fitted + error)
