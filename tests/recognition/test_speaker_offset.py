"""The speaker offset estimated from takes: known answers for synthetic voices, and invariants."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ser.evaluation.enrolment_regimes import (
    REGIMES,
    Windows,
    draw_takes,
    draws,
    fit_zero_point,
    probabilities,
    regime_uar,
)
from ser.labels import LABELS
from ser.recognition.speaker_offset import ZeroPoint, centred, deviation

ANGRY, NEUTRAL = LABELS.index("ANG"), LABELS.index("NEU")
OFFSETS = 3 * (np.eye(6) - 1 / 6)


def numbers(takes: float = 0.5, spread: float = 1.1) -> ZeroPoint:
    return ZeroPoint(tuple(map(tuple, OFFSETS.tolist())), (0.0,) * 6, takes, spread)


def make_windows(voices: int = 8, shift: float = 1.0, seed: int = 0, noise: float = 1.0) -> Windows:
    """Voices that each add an offset to every logit, five clips of each emotion."""
    g = np.random.default_rng(seed)
    labels = np.tile(np.repeat(np.arange(6), 5), voices)
    speakers = np.repeat([f"{v:04}" for v in range(voices)], 30)
    own = centred(shift * g.normal(size=(voices, 6)))
    logits = OFFSETS[labels] + np.repeat(own, 30, axis=0) + noise * g.normal(size=(len(labels), 6))
    return Windows(logits, np.arange(len(labels)), labels, speakers)


def test_takes_of_all_emotions_show_what_is_the_voices_own():
    own = centred(np.array([2.0, -1.0, 0.5, 0.0, -1.0, 0.3]))
    logits = np.concatenate([OFFSETS + own] * 10)
    shift = numbers().shift(logits)
    assert np.allclose(shift, own * 60 / 60.5, atol=0.05)
    assert np.allclose(numbers().shift(logits, np.tile(np.arange(6), 10)), own * 60 / 60.5)


def test_eight_angry_takes_stay_angry():
    """Without labels only their likeness shows that the emotion, not the voice, is what they share."""
    logits = np.tile(OFFSETS[ANGRY], (8, 1)) + 0.1 * np.random.default_rng(0).normal(size=(8, 6))
    after = logits - numbers().shift(logits)
    assert (after.argmax(axis=1) == ANGRY).all()
    naive = logits - logits.mean(axis=0)
    assert (naive.argmax(axis=1) == ANGRY).mean() < 0.6


def test_one_plain_take_brings_neutral_back_where_a_room_hides_it():
    """Also where others follow without labels, and a little even if none has one."""
    generator, room = np.random.default_rng(0), centred(np.array([0.0, 2.5, 0.0, 0.0, -1.5, 0.0]))
    plain = OFFSETS[NEUTRAL] + room + 0.3 * generator.normal(size=(60, 6))
    asked, unasked, heard = plain[:1], plain[:8], plain[8:]

    def found(logits: np.ndarray, labels: list[int] | None) -> float:
        shift = numbers(takes=2.0).shift(logits, labels and np.array(labels))
        return ((heard - shift).argmax(axis=1) == NEUTRAL).mean()

    assert (heard.argmax(axis=1) == NEUTRAL).mean() < 0.3
    assert found(asked, [NEUTRAL]) > 0.8
    assert found(unasked, [NEUTRAL] + 7 * [-1]) > 0.9
    assert found(unasked, None) > 0.6


def test_few_takes_are_trusted_less():
    own = centred(np.array([2.0, -1.0, 0.5, 0.0, -1.0, 0.3]))
    lengths = [
        np.linalg.norm(numbers(takes=2.0).shift(np.tile(own, (n, 1)) + OFFSETS[:n], np.arange(n)))
        for n in range(7)
    ]
    assert lengths[0] == 0
    assert all(a < b for a, b in itertools.pairwise(lengths))
    assert lengths[1] == pytest.approx(np.linalg.norm(own) * 2 / 3)
    assert lengths[6] == pytest.approx(np.linalg.norm(own) * 6 / 6.5)


@given(arrays.arrays(np.float64, st.tuples(st.integers(0, 12), st.just(6)), elements=st.floats(-30, 30)))
def test_any_takes_give_six_finite_numbers_that_move_no_score_together(logits):
    shift = numbers().shift(logits)
    assert shift.shape == (6,)
    assert np.isfinite(shift).all()
    assert shift.sum() == pytest.approx(0, abs=1e-6)
    # Neither a number added to all six logits of a take nor the order of the takes changes the result.
    moved = logits[::-1] + np.arange(len(logits))[:, None]
    assert np.allclose(numbers().shift(moved), shift, atol=1e-6)


def test_known_and_unknown_takes_go_together():
    logits = np.concatenate([OFFSETS, OFFSETS])
    mixed = numbers().shift(logits, np.array([0, 1, 2, 3, 4, 5, -1, -1, -1, -1, -1, -1]))
    assert np.allclose(mixed, 0, atol=0.2)


def test_the_numbers_survive_json():
    for spread in (0.9, np.inf):
        one = numbers(spread=spread)
        assert ZeroPoint.from_dict(one.to_dict()) == one
    for broken in (
        {"takes": 0},
        {"spread": -1},
        {"offsets": [[1.0]]},
        {"centre": [float("nan")] * 6},
        {"temperature": 0},
    ):
        with pytest.raises(ValueError, match="zero point"):
            ZeroPoint.from_dict(numbers().to_dict() | broken)


def test_voices_far_from_each_other_are_told_apart_by_their_takes():
    far = make_windows(shift=2.0, seed=1)
    chosen = fit_zero_point(make_windows(shift=0.5, seed=2))
    first, takes, prompted = (
        regime_uar(far, zero_point=chosen, regime=regime) for regime in ("none", "takes", "prompted")
    )
    assert takes > first + 0.05
    assert prompted > takes - 0.02


def test_no_few_takes_and_no_single_emotion_cost_much_where_the_numbers_were_chosen():
    windows = make_windows(voices=14, shift=0.5, seed=2)
    chosen = fit_zero_point(windows)
    first = regime_uar(windows, zero_point=chosen, regime="none")
    assert regime_uar(windows, zero_point=chosen, regime="neutral") >= first - 0.011
    assert regime_uar(windows, zero_point=chosen, regime="same") >= first - 0.011
    assert regime_uar(windows, zero_point=chosen, regime="takes", takes=1) >= first - 0.011
    assert chosen == fit_zero_point(windows)


@pytest.mark.parametrize("regime", REGIMES)
def test_enrolment_clips_are_never_scored(regime):
    windows = make_windows(voices=3)
    for draw in draws(windows, zero_point=numbers(), regime=regime, takes=5):
        scored = np.bincount(draw.clips, minlength=90)
        assert scored.max() == 1
        left_out = (scored.reshape(3, 30) == 0).sum(axis=1)
        expected = {"none": 0, "takes": 5, "prompted": 6, "same": 5, "neutral": 5, "normal": 1}
        assert (left_out == expected[regime]).all()


def test_draws_take_what_the_regime_names():
    labels, g = np.repeat(np.arange(6), 5), np.random.default_rng(0)
    clips = np.arange(30) + 100
    assert (
        labels[draw_takes("neutral", clips=clips, labels=labels, takes=4, generator=g) - 100] == NEUTRAL
    ).all()
    assert len(set(labels[draw_takes("same", clips=clips, labels=labels, takes=4, generator=g) - 100])) == 1
    assert sorted(
        labels[draw_takes("prompted", clips=clips, labels=labels, takes=4, generator=g) - 100]
    ) == list(range(6))
    assert len(set(draw_takes("takes", clips=clips, labels=labels, takes=8, generator=g))) == 8


def test_a_clip_of_many_windows_is_scored_by_their_mean():
    logits = np.array([[4.0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 4.0], [0, 4.0, 0, 0, 0, 0]])
    windows = Windows(logits, np.array([0, 0, 1]), np.array([0, 1]), np.array(["a", "a"]))
    (draw,) = draws(windows, zero_point=None, regime="none")
    scores = probabilities(windows, draw=draw)
    assert scores[0, 0] == pytest.approx(scores[0, 5])
    assert scores[1].argmax() == 1
    assert np.allclose(scores.sum(axis=1), 1)


def test_takes_that_are_alike_and_unlike_the_training_clips_are_likely_plain():
    g, one = np.random.default_rng(0), numbers(takes=2.0)
    room = np.array([1.5, 0, 0.5, 0, -1.5, -0.5])  # which sounds angry to the network
    plain = OFFSETS[NEUTRAL] / 3 + room + 0.3 * g.normal(size=(8, 6))
    known, likely = one.shift(plain), one.shift_of_unlike(plain)
    away = [np.linalg.norm(centred(shift - room)) for shift in (np.zeros(6), known, likely)]
    assert away[2] < away[1] - 0.1
    several = np.concatenate([OFFSETS[emotion] + np.zeros((2, 6)) for emotion in range(6)])
    assert np.allclose(one.shift(several), one.shift_of_unlike(several), atol=0.05)  # they are not alike
    assert np.allclose(one.shift(plain[:1]), one.shift_of_unlike(plain[:1]))
    named = np.array([NEUTRAL] + [-1] * 7)
    assert np.allclose(one.shift(plain, named), one.shift_of_unlike(plain, named))


def test_deviation_counts_all_directions():
    assert deviation(np.zeros((4, 6))) == 0
    assert deviation(np.eye(6)) == pytest.approx(1.0)
