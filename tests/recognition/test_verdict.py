"""When the app may present an answer as sure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser.labels import LABELS
from ser.recognition.verdict import (
    SURE_ACCURACY,
    UNSURE_ACCURACY,
    Thresholds,
    fit_thresholds,
    sure_answers,
    verdict,
)


def calibrated(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated scores, and right answers drawn from them."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(6, 0.2), n)
    labels = (probabilities.cumsum(1) > rng.random((n, 1))).argmax(1)
    return probabilities, labels


@pytest.mark.parametrize(
    ("highest", "said"), [(0.9, "sure"), (0.8, "sure"), (0.7, "leaning"), (0.5, "leaning"), (0.4, "unsure")]
)
def test_the_highest_score_decides(highest, said):
    scores = dict.fromkeys(LABELS, (1 - highest) / 5) | {"FEA": highest}
    assert verdict(scores, thresholds=Thresholds(sure=0.8, leaning=0.5)) == said


def test_thresholds_hold_on_other_clips():
    thresholds = fit_thresholds(*calibrated(1500))
    probabilities, labels = calibrated(20_000, seed=1)
    highest, right = probabilities.max(1), probabilities.argmax(1) == labels
    assert right[highest >= thresholds.sure].mean() > SURE_ACCURACY - 0.02
    assert (highest >= thresholds.sure).mean() > 0.3
    assert right[highest < thresholds.leaning].mean() < UNSURE_ACCURACY + 0.05
    assert (highest < thresholds.leaning).mean() > 0.05


def test_a_network_that_guesses_is_never_sure():
    probabilities, _ = calibrated(1200)
    labels = np.random.default_rng(5).integers(6, size=1200)
    thresholds = fit_thresholds(probabilities, labels)
    assert (probabilities.max(1) >= thresholds.sure).mean() == 0
    assert (probabilities.max(1) < thresholds.leaning).mean() > 0.95


@given(st.integers(1, 300), st.integers(0, 5))
def test_leaning_never_begins_above_sure(n, seed):
    thresholds = fit_thresholds(*calibrated(n, seed))
    assert 0 <= thresholds.leaning <= thresholds.sure <= 1


def test_it_is_sure_only_where_listeners_would_hear_the_same():
    scores = dict(zip(LABELS, (0.9, 0.02, 0.02, 0.02, 0.02, 0.02), strict=True))
    thresholds = Thresholds(sure=0.8, leaning=0.5)
    for heard, said in (("ANG", "sure"), ("NEU", "leaning")):
        shares = {label: 0.7 if label == heard else 0.06 for label in LABELS}
        assert verdict(scores, thresholds=thresholds, heard=shares) == said
        table = sure_answers(
            np.array([list(scores.values())]), thresholds=thresholds, heard=np.array([list(shares.values())])
        )
        assert table.tolist() == [said == "sure"]
