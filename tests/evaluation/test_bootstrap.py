"""Figures checked against scikit-learn, and intervals against their promised coverage."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix, f1_score

from ser.evaluation.bootstrap import Answers, difference, estimate, reliability
from ser.evaluation.metrics import metrics
from ser.util.intervals import bootstrap, rates

EMOTIONS = st.integers(0, 5)


def answers_of(acted: np.ndarray, answered: np.ndarray, actors: np.ndarray) -> Answers:
    return Answers(np.eye(6)[answered], acted, actors)


def make_voices(draw, actors: int, clips: int, skill: float, spread: float) -> Answers:
    """Simulate actors of varying skill; each clip is named rightly with the probability of its actor."""
    skills = np.clip(draw.normal(skill, spread, actors), 0, 1)
    acted = np.tile(np.arange(clips) % 6, actors)
    names = np.repeat([f"{1001 + i}" for i in range(actors)], clips)
    right = draw.random(actors * clips) < np.repeat(skills, clips)
    wrong = (acted + draw.integers(1, 6, len(acted))) % 6
    return answers_of(acted, np.where(right, acted, wrong), names)


@pytest.mark.filterwarnings("ignore::UserWarning")  # scikit-learn on emotions that do not occur
@given(st.lists(st.tuples(EMOTIONS, EMOTIONS), min_size=1, max_size=60))
def test_rates_are_those_of_scikit_learn(pairs):
    acted, answered = np.array(pairs).T
    found = rates(confusion_matrix(acted, answered, labels=range(6)).astype(float))
    assert found["accuracy"] == pytest.approx(accuracy_score(acted, answered))
    assert found["uar"] == pytest.approx(balanced_accuracy_score(acted, answered))
    assert found["macro_f1"] == pytest.approx(f1_score(acted, answered, average="macro", zero_division=0))


@given(
    arrays(np.int64, 30, elements=EMOTIONS),
    arrays(np.int64, 30, elements=EMOTIONS),
    arrays(np.int64, 30, elements=st.integers(1001, 1004)),
)
def test_confusions_of_actors_add_up_and_count_only_their_clips(acted, answered, actors):
    found = answers_of(acted, answered, actors).confusions()
    assert np.array_equal(found.sum(0), confusion_matrix(acted, answered, labels=range(6)))
    for actor, confusion in zip(np.unique(actors), found, strict=True):
        mine = actors == actor
        assert np.array_equal(confusion, confusion_matrix(acted[mine], answered[mine], labels=range(6)))


def test_votes_count_one_by_one():
    votes = np.array([[3, 1, 0, 0, 0, 0], [0, 0, 0, 0, 4, 2]])
    found = estimate(Answers(votes, np.array([0, 5]), np.array(["1001", "1002"])).confusions())
    assert found["accuracy"].value == pytest.approx(5 / 10)
    assert found["uar"].value == pytest.approx((3 / 4 + 2 / 6) / 2)


@given(arrays(np.float64, (7, 2), elements=st.floats(0, 100)), st.integers(0, 9))
def test_a_draw_holds_as_many_units_as_there_are_and_the_seed_repeats_it(units, seed):
    ones = np.ones((7, 1))
    drawn = bootstrap(np.hstack([units, ones]), draws=50, seed=seed)
    assert np.array_equal(drawn[:, -1], np.full(50, 7.0))
    assert np.array_equal(drawn, bootstrap(np.hstack([units, ones]), draws=50, seed=seed))
    assert (drawn[:, :2] <= 7 * units.max(0) + 1e-6).all()
    assert (drawn[:, :2] >= 7 * units.min(0) - 1e-6).all()


def test_draws_vary_as_the_theory_says():
    """The variance of a bootstrap mean is the variance of the units over their number."""
    units = np.random.default_rng(3).normal(size=(40, 1))
    drawn = bootstrap(units, draws=20_000)[:, 0] / 40
    assert drawn.mean() == pytest.approx(units.mean(), abs=0.01)
    assert drawn.var() == pytest.approx(units.var() / 40, rel=0.05)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    draw = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        low, high = estimate(make_voices(draw, 30, 24, 0.6, 0.12).confusions())["uar"][1:]
        held += low <= 0.6 <= high
    assert 0.88 <= held / 200 <= 0.99


def test_voices_that_differ_widen_the_interval():
    draw = np.random.default_rng(1)
    alike, apart = (
        estimate(make_voices(draw, 15, 82, 0.6, spread).confusions())["uar"] for spread in (0.0, 0.2)
    )
    assert apart.high - apart.low > 2 * (alike.high - alike.low)


def test_a_paired_difference_is_surer_than_two_intervals_suggest():
    """Where voices differ much, two networks' figures move together from draw to draw."""
    draw = np.random.default_rng(2)
    one = make_voices(draw, 15, 82, 0.6, 0.2)
    worse = one.shares.copy()
    spoiled = np.flatnonzero(draw.random(len(worse)) < 0.1)
    worse[spoiled] = np.roll(np.eye(6)[one.acted[spoiled]], 1, axis=1)
    other = Answers(worse, one.acted, one.actors)
    found = difference(one, other)["uar"]
    single = estimate(one.confusions())["uar"]
    assert found.value == pytest.approx(single.value - estimate(other.confusions())["uar"].value)
    assert 0 < found.low < found.value < found.high
    assert found.high - found.low < (single.high - single.low) / 2


def test_a_network_does_not_differ_from_itself():
    one = make_voices(np.random.default_rng(4), 10, 12, 0.5, 0.1)
    assert difference(one, one)["accuracy"] == (0, 0, 0)


def test_answers_to_other_clips_are_not_compared():
    draw = np.random.default_rng(5)
    with pytest.raises(ValueError, match="same clips"):
        difference(make_voices(draw, 4, 12, 0.5, 0.1), make_voices(draw, 5, 12, 0.5, 0.1))


def test_reliability_of_a_hand_counted_case():
    scores = np.full((4, 6), 0.02)
    scores[:, 0] = 0.9
    found = answers_of(np.array([0, 0, 0, 1]), np.zeros(4, int), np.array(["1001", "1001", "1002", "1002"]))
    (row,) = reliability(found, scores)
    assert row["low"] < 0.9 <= row["high"]
    assert (row["clips"], row["score"], row["accuracy"]["value"]) == (4, pytest.approx(0.9), 0.75)
    assert (row["accuracy"]["low"], row["accuracy"]["high"]) == (0.5, 1.0)  # one voice twice, or the other


@given(
    arrays(np.float64, (40, 6), elements=st.floats(0.01, 1)),
    arrays(np.int64, 40, elements=EMOTIONS),
    arrays(np.int64, 40, elements=st.integers(1001, 1006)),
)
def test_bins_hold_every_clip_once_and_give_the_calibration_error(scores, acted, actors):
    scores = scores / scores.sum(1, keepdims=True)
    assume(len(set(actors)) > 1)
    rows = reliability(answers_of(acted, scores.argmax(1), actors), scores)
    assert sum(row["clips"] for row in rows) == 40
    gaps = [row["clips"] * abs(row["score"] - row["accuracy"]["value"]) for row in rows]
    assert sum(gaps) / 40 == pytest.approx(metrics(scores, acted)["ece"])
    for row in rows:
        assert row["low"] - 1e-9 <= row["score"] <= row["high"] + 1e-9
        assert 0 <= row["accuracy"]["low"] <= row["accuracy"]["high"] <= 1
