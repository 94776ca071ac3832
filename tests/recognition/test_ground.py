"""Scores follow how far a recording lies from the training clips, in one place for all who score."""

import numpy as np
import pytest

from ser.audio.reading import read_audio
from ser.evaluation.conditions import reverberate
from ser.evaluation.enrolment_regimes import Draw, Windows, probabilities
from ser.evaluation.fit_ground import MAX_UAR_COST, REACH, choose_ground
from ser.labels import LABELS
from ser.network.card import differences
from ser.network.checkpoint import DEFAULT_CHECKPOINT, load_card
from ser.recognition.ground import NEUTRAL, Ground
from ser.recognition.live import LiveScorer
from ser.recognition.reason import CURES, explain_verdict
from ser.recognition.recognizer import Recognizer
from ser.recognition.voice_profile import Profile
from tests.conftest import ROOT

EVEN = ROOT / "ser" / "assets" / "examples" / "even.flac"
GROUND = Ground(starts=1.0, ends=2.0, softness=0.5, plain=2.0)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load().with_card({"ground": GROUND.to_dict()})


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def test_familiar_recordings_keep_their_scores_and_far_ones_are_softer_and_plainer():
    logits = np.array([[2.0, 0, 0, 0, 0, 0]] * 4)
    near, edge, half, far = GROUND.applied(logits, distance=np.array([0.3, 1.0, 1.5, 9.0]))
    assert np.array_equal(near, logits[0])
    assert np.array_equal(edge, logits[0])
    assert half[NEUTRAL] == pytest.approx(1.0 * np.exp(-0.25))
    assert far[0] == pytest.approx(2.0 * np.exp(-0.5))
    assert far[NEUTRAL] == pytest.approx(2.0 * np.exp(-0.5))
    assert softmax(far).max() < softmax(half).max() < softmax(near).max()


def test_what_takes_say_of_a_voice_takes_the_place_of_the_expectation():
    logits = np.array([2.0, 0, 0, 0, 0, 0])
    assert np.array_equal(GROUND.applied(logits, distance=9.0, known=1.0), logits)
    halves = GROUND.applied(logits, distance=9.0, known=0.5)
    assert np.allclose(halves, GROUND.applied(logits, distance=1.5))


def test_an_older_card_changes_nothing():
    card = {key: value for key, value in load_card(DEFAULT_CHECKPOINT).items() if key != "ground"}
    assert Ground.of(card) == Ground()
    logits = np.random.default_rng(0).normal(size=(5, 6))
    assert np.array_equal(Ground.of(card).applied(logits, distance=7.0), logits)


@pytest.mark.parametrize(
    "changes", [{"starts": 3.0}, {"plain": -1.0}, {"softness": float("inf")}, {"more": 1}, {"plain": "2"}]
)
def test_a_damaged_ground_makes_a_damaged_card(changes):
    card = load_card(DEFAULT_CHECKPOINT)
    assert not differences(card)
    assert differences(card | {"ground": GROUND.to_dict() | changes})


def test_all_who_score_say_the_same_of_a_recording_far_away(recognizer):
    """A synthetic voice in a room, for the library, Live, a voice profile and the figures of `evaluate`."""
    samples = reverberate(read_audio(EVEN).samples, np.random.default_rng(0), rt60_s=0.6)[:40_000]
    said = recognizer.recognize(samples)
    assert said.distance > 1
    answers = recognizer.window_answers(samples)
    by_hand = softmax(GROUND.applied(answers.logits, distance=answers.distances) / recognizer.temperature)
    assert np.allclose(list(said.scores.values()), by_hand[0], atol=1e-5)
    assert list(recognizer.scores_of(said).values()) == pytest.approx(list(said.scores.values()), abs=1e-5)
    live = LiveScorer(recognizer)
    reading = live.feed(16_000, samples)
    assert reading.scores == pytest.approx(list(said.scores.values()), abs=1e-3)
    windows = Windows(answers.logits, np.zeros(1, int), np.zeros(1, int), np.zeros(1), answers.distances)
    draw = Draw(np.zeros(1, int), np.zeros((1, 6)), np.zeros(1))
    figures = probabilities(windows, draw=draw, temperature=recognizer.temperature, ground=GROUND)
    assert np.allclose(figures[0], by_hand[0], atol=1e-5)
    profile = Profile(recognizer.checkpoint_id).with_take(said.logits, "NEU")
    known = recognizer.recognize(samples, profile=profile)
    zero_point = recognizer.zero_point
    weight = zero_point.weight(0, named=1)
    assert profile.weight(zero_point) == weight
    shifted = answers.logits - profile.shift(zero_point)
    expected = GROUND.applied(shifted, distance=answers.distances, known=weight) / zero_point.temperature
    assert np.allclose(list(known.scores.values()), softmax(expected)[0], atol=1e-5)


def condition(seed: int, *, distance: float, deaf: float) -> Windows:
    """A network that is right in most clips, less so the further `deaf` is from 0; all at one distance."""
    rng = np.random.default_rng(seed)
    labels = np.arange(600) % len(LABELS)
    logits = 2.0 * (1 - deaf) * np.eye(6)[labels] + rng.normal(size=(600, 6))
    return Windows(logits, np.arange(600), labels, np.zeros(600), np.full(600, distance))


def test_the_ground_is_the_largest_that_costs_little_under_every_condition():
    def uar(windows: Windows, ground: Ground) -> float:
        right = ground.applied(windows.logits, distance=windows.distances).argmax(axis=1) == windows.labels
        return float(np.mean([right[windows.labels == label].mean() for label in range(6)]))

    conditions = [condition(0, distance=0.8, deaf=0), condition(1, distance=2.5, deaf=0.3)]
    chosen = choose_ground(conditions, temperature=1.0)
    assert (chosen.starts, chosen.ends) == (1.0, REACH)
    assert chosen.plain > 0
    assert chosen.softness > 0
    costs = [uar(windows, Ground()) - uar(windows, chosen) for windows in conditions]
    assert max(costs) <= MAX_UAR_COST
    more = Ground(chosen.starts, chosen.ends, chosen.softness, chosen.plain + 1)
    assert uar(conditions[1], chosen) - uar(conditions[1], more) > MAX_UAR_COST / 2
    assert choose_ground([conditions[0]], temperature=1.0).softness == 1.0  # nothing is far: it costs nothing


SCORES = dict(zip(LABELS, (0.5, 0.1, 0.1, 0.1, 0.1, 0.1), strict=True))
CLOSE = dict(zip(LABELS, (0.4, 0.3, 0.1, 0.1, 0.05, 0.05), strict=True))
NEUTRAL_HEARD = dict(zip(LABELS, (0.1, 0, 0.1, 0, 0.8, 0), strict=True))


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("short", {"voice_s": 0.3}, "less than a word"),
        ("unlike", {"is_unlike": True}, "This recording is unlike those it learned from."),
        (
            "listeners",
            {"heard": NEUTRAL_HEARD, "verdict": "leaning"},
            "most listeners would hear a neutral voice",
        ),
        (
            "listeners",
            {"heard": NEUTRAL_HEARD, "verdict": "leaning", "is_unlike": True, "is_high": True},
            "Acted like",
        ),
        ("close", {"scores": CLOSE}, "angry and disgusted"),
        ("faint", {}, "angry only a little"),
    ],
)
def test_an_answer_that_is_not_sure_has_a_reason_and_a_cure(kind, given, words):
    usual = {"verdict": "unsure", "scores": SCORES, "voice_s": 2.0, "heard": None, "is_unlike": False}
    settings = usual | {"is_high": False} | given
    reason = explain_verdict(settings.pop("verdict"), **settings)
    assert (reason.kind, reason.cure) == (kind, CURES[kind])
    assert words in reason.why


def test_a_sure_answer_needs_no_reason():
    for verdict in ("sure", "no_voice"):
        reason = explain_verdict(
            verdict, scores=SCORES, voice_s=2.0, heard=None, is_unlike=True, is_high=True
        )
        assert reason is None


@pytest.mark.parametrize(
    ("name", "sounds"),
    [
        ("loud_and_clipped", "ANG"),
        ("low_and_drawn_out", "NEU"),
        ("high_and_hurried", "FEA"),
        ("bright_and_lively", "HAP"),
        ("even", "NEU"),
        ("quiet_and_falling", "NEU"),
    ],
)
def test_what_is_said_of_the_examples_is_what_they_sound_like(name, sounds):
    said = Recognizer.load().recognize(EVEN.with_name(f"{name}.flac"))
    assert said.top == sounds
    assert (said.verdict == "sure") == (name in ("even", "low_and_drawn_out"))
