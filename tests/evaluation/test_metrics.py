"""Metrics checked against hand-counted cases and their definitions."""

from itertools import pairwise

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import log_softmax, softmax

from ser.evaluation.metrics import (
    calibration_error_by_chance,
    cautious_temperature,
    metrics,
)
from ser.recognition.calibration import expected_calibration_error, fit_temperature

IDENTITY = np.eye(6)


def test_all_right():
    found = metrics(IDENTITY, np.arange(6))
    assert found["accuracy"] == found["uar"] == found["macro_f1"] == 1.0
    assert found["ece"] == found["ece_by_chance"] == 0.0
    assert found["confusion"] == IDENTITY.astype(int).tolist()


@pytest.mark.parametrize("emotions", [6, 3])
def test_figures_are_those_of_scikit_learn(emotions):
    labels, answers = np.random.default_rng(0).integers(0, emotions, (2, 60))
    figures = metrics(IDENTITY[answers], labels)
    theirs = sklearn.metrics.precision_recall_fscore_support(
        labels, answers, labels=range(6), zero_division=0
    )
    names = ("precision", "recall", "f1", "support")
    for name, numbers in zip(names, theirs, strict=True):
        assert [of[name] for of in figures["per_emotion"].values()] == pytest.approx(list(numbers))
    assert figures["confusion"] == sklearn.metrics.confusion_matrix(labels, answers, labels=range(6)).tolist()
    assert figures["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(labels, answers))
    assert figures["uar"] == pytest.approx(sklearn.metrics.balanced_accuracy_score(labels, answers))
    assert figures["macro_f1"] == pytest.approx(sklearn.metrics.f1_score(labels, answers, average="macro"))


def test_uar_counts_emotions_alike_and_accuracy_counts_clips():
    labels = np.array([0, 0, 0, 1, 2, 3, 4, 5])
    answers = np.array([0, 0, 1, 1, 2, 3, 4, 0])
    found = metrics(IDENTITY[answers], labels)
    assert found["accuracy"] == pytest.approx(6 / 8)
    assert found["uar"] == pytest.approx((2 / 3 + 1 + 1 + 1 + 1 + 0) / 6)
    assert found["per_emotion"]["ANG"] == {
        "recall": pytest.approx(2 / 3),
        "precision": pytest.approx(2 / 3),
        "f1": pytest.approx(2 / 3),
        "support": 3,
    }
    assert found["confusion"][0] == [2, 1, 0, 0, 0, 0]  # row: acted angry
    assert found["confusion"][5] == [1, 0, 0, 0, 0, 0]  # acted sad, answered angry


def test_by_chance_fewer_clips_have_a_greater_calibration_error():
    scores = softmax(np.random.default_rng(1).normal(size=(40_000, 6)), axis=1)
    few, more, many = (calibration_error_by_chance(scores[:n]) for n in (100, 1000, 40_000))
    assert few > 2 * more > 4 * many
    assert many < 0.01
    labels = (scores.cumsum(axis=1) > np.random.default_rng(2).random((40_000, 1))).argmax(axis=1)
    found = expected_calibration_error(scores[:1000], labels[:1000])
    assert found == pytest.approx(more, rel=0.6)  # of scores that are right, one draw


def test_ece_of_a_hand_counted_case():
    scores = np.full((4, 6), 0.02)
    scores[:, 0] = 0.9
    assert expected_calibration_error(scores, np.array([0, 0, 0, 1])) == pytest.approx(abs(0.75 - 0.9))


@given(
    arrays(np.float64, (20, 6), elements=st.floats(-8, 8)), arrays(np.int64, 20, elements=st.integers(0, 5))
)
def test_ece_follows_its_definition(logits, labels):
    scores = softmax(logits, axis=1)
    top, right = scores.max(1), scores.argmax(1) == labels
    edges = np.linspace(0, 1, 16)
    expected = 0.0
    for low, high in pairwise(edges):
        held = (top > low) & (top <= high)
        if held.any():
            expected += held.mean() * abs(right[held].mean() - top[held].mean())
    assert expected_calibration_error(scores, labels) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_temperature_is_found_again(temperature):
    draw = np.random.default_rng(0)
    honest = draw.normal(size=(20_000, 6)) * 2
    labels = np.array([draw.choice(6, p=p) for p in softmax(honest, axis=1)])
    assert fit_temperature(honest * temperature, labels) == pytest.approx(temperature, rel=0.05)


def test_temperature_never_raises_the_cross_entropy():
    draw = np.random.default_rng(1)
    logits, labels = draw.normal(size=(50, 6)) * 5, draw.integers(0, 6, 50)
    rows = np.arange(50)
    before = -log_softmax(logits, axis=1)[rows, labels].mean()
    after = -log_softmax(logits / fit_temperature(logits, labels), axis=1)[rows, labels].mean()
    assert after <= before


def voices(draw: np.random.Generator, people: int = 13, clips: int = 40) -> tuple[np.ndarray, ...]:
    """Return logits, labels and speakers, each of whom is answered as well or badly as suits that person."""
    honest = draw.normal(size=(people * clips, 6)) * 2
    labels = np.array([draw.choice(6, p=p) for p in softmax(honest, axis=1)])
    speakers = np.repeat(np.arange(people), clips)
    return honest * np.exp(draw.normal(size=people) * 0.3)[speakers, None], labels, speakers


def test_the_cautious_temperature_lies_above_by_what_other_speakers_would_change():
    draw = np.random.default_rng(0)
    drawn = [voices(draw) for _ in range(40)]
    fitted = [fit_temperature(logits, labels) for logits, labels, _ in drawn]
    above = [
        cautious_temperature(logits, labels=labels, speakers=speakers) - fit_temperature(logits, labels)
        for logits, labels, speakers in drawn[:10]
    ]
    assert np.mean(above) == pytest.approx(np.std(fitted), rel=0.35)
    assert min(above) > 0


def test_of_one_speaker_there_is_nothing_to_be_cautious_of():
    logits, labels, speakers = voices(np.random.default_rng(0), people=1)
    assert cautious_temperature(logits, labels=labels, speakers=speakers) == fit_temperature(logits, labels)
