"""Adaptation files: numbers that belong to one checkpoint, and nothing else is accepted."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser.labels import LABELS
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.network.scales import Scale
from ser.recognition.adaptation import Adaptation, AdaptationError, KnownVoice, on_emotions, rounded
from ser.recognition.bulk import recognize_all
from ser.recognition.enroll import enroll
from ser.recognition.recognizer import Recognizer
from ser.recognition.report import format_recognitions
from ser.recognition.verdict import Thresholds
from ser.recognition.voice_profile import ProfileError
from tests.conftest import ROOT

EXAMPLES = sorted((ROOT / "ser" / "assets" / "examples").glob("*.flac"))
OWN = ("bored", "HAP", "calm")


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


def make(recognizer, *, emotions=LABELS, **changes) -> Adaptation:
    rng = np.random.default_rng(0)
    n = len(emotions)
    values = {
        "checkpoint": recognizer.checkpoint_id,
        "name": "a room",
        "scales": {"stem": Scale(rounded(rng.uniform(0.8, 1.2, 32)), rounded(rng.normal(size=32) / 10))},
        "zero": np.linspace(-1, 1, 6),
        "emotions": emotions,
        "weights": rounded(rng.normal(size=(512, n)) / 100),
        "bias": rounded(rng.normal(size=n)),
        "centre": np.zeros(n),
        "temperature": 0.5,
        "thresholds": Thresholds(0.7, 0.4),
        "speakers": {"03": np.arange(n) / 10},
        "made_from": {"clips": 3},
    }
    return Adaptation(**values | changes)


def test_the_scores_are_those_of_the_parts(recognizer):
    adaptation = make(recognizer, scales={})
    inputs = recognizer.runtime.inputs([np.zeros(48_000, np.float32)])
    logits, embeddings = recognizer.runtime.embed(inputs)
    expected = logits[:, :6] - logits[:, :6].mean() - adaptation.zero + embeddings @ adaptation.weights
    adapted = recognizer.adapted(adaptation)
    answers = adapted.runtime(inputs)
    np.testing.assert_allclose(answers[:, :6], expected + adaptation.bias, atol=1e-4)
    np.testing.assert_array_equal(answers[:, 6:], logits[:, 6:])  # what listeners would vote
    assert (adapted.temperature, adapted.thresholds) == (0.5, (0.7, 0.4))


def test_a_file_gives_back_what_was_written(recognizer, tmp_path):
    for emotions in (LABELS, OWN):
        adaptation = make(recognizer, emotions=emotions)
        adaptation.save(tmp_path / "a.json")
        read = Adaptation.load(tmp_path / "a.json")
        assert read.to_json() == adaptation.to_json()
        assert read.id == adaptation.id
        np.testing.assert_array_equal(read.weights, adaptation.weights)


def test_twenty_emotions_of_the_released_network_take_less_than_300_kb(recognizer):
    emotions = tuple(f"emotion {i}" for i in range(20))
    assert len(make(recognizer, emotions=emotions).to_json()) < 300_000


def test_own_emotions_come_beside_the_six(recognizer):
    adapted = recognizer.adapted(make(recognizer, emotions=OWN))
    recognition = adapted.recognize(EXAMPLES[0])
    assert tuple(recognition.scores) == LABELS
    assert tuple(recognition.adapted.scores) == OWN
    assert recognition.adapted.top == max(OWN, key=recognition.adapted.scores.get)
    assert recognition.heard == pytest.approx(recognizer.recognize(EXAMPLES[0]).heard, abs=0.5)
    table = format_recognitions([recognition], style="table")
    assert "bored" in table
    assert "Angry" not in table
    head, row = format_recognitions([recognition], style="csv").splitlines()
    cells = dict(zip(head.split(","), row.split(","), strict=True))
    assert cells["top"] == recognition.adapted.top
    assert float(cells["bored"]) == recognition.adapted.scores["bored"]
    assert float(cells["six_HAP"]) == recognition.scores["HAP"]
    entry = json.loads(format_recognitions([recognition], style="json"))[0]["adaptation"]
    assert entry["name"] == f"a room {adapted.adaptation.id}"
    assert entry["scores"] == recognition.adapted.scores


def test_emotions_that_the_network_does_not_know_begin_at_zero():
    logits = np.array([[6.0, 0, 0, 0, 0, 0]])
    np.testing.assert_allclose(on_emotions(logits, ("bored", "ANG")), [[0, 5]])


def test_workers_use_the_adaptation_and_the_speaker(recognizer):
    adapted = recognizer.adapted(make(recognizer))
    files = [str(file) for file in EXAMPLES[:3]]
    alone = [adapted.recognize(file) for file in files]
    for jobs in (None, 2):
        results = list(recognize_all(adapted, files=files, jobs=jobs))
        assert [r.scores for r in results] == [pytest.approx(r.scores, abs=1e-6) for r in alone]
        assert results[0].adapted.adaptation == alone[0].adapted.adaptation
    known = list(recognize_all(adapted, files=files, speaker_of=speaker_03))
    assert known[0].scores != alone[0].scores
    assert next(recognize_all(adapted, files=files, speaker_of=nobody)).scores == alone[0].scores


def speaker_03(path):
    return "03"


def nobody(path):
    return "99"


def test_a_profile_belongs_to_the_adaptation_it_was_made_with(recognizer):
    adapted, other = (
        recognizer.adapted(make(recognizer)),
        recognizer.adapted(make(recognizer, temperature=0.9)),
    )
    profile = enroll(adapted, files=EXAMPLES[:3])
    assert profile.checkpoint == f"{recognizer.checkpoint_id}+{adapted.adaptation.id}"
    assert adapted.recognize(EXAMPLES[0], profile=profile).scores != adapted.recognize(EXAMPLES[0]).scores
    for stranger in (recognizer, other):
        with pytest.raises(ProfileError, match="was made with the network"):
            stranger.recognize(EXAMPLES[0], profile=profile)
    voice = adapted.adaptation.voice("03")
    assert isinstance(voice, KnownVoice)
    assert adapted.adaptation.voice("04") is None
    for stranger in (recognizer, other):
        with pytest.raises(ProfileError, match="another adaptation"):
            stranger.recognize(EXAMPLES[0], profile=voice)


def test_a_foreign_checkpoint_is_refused(recognizer):
    with pytest.raises(AdaptationError, match="made with the network other-0123"):
        recognizer.adapted(make(recognizer, checkpoint="other-0123"))
    published = Recognizer.load(DEFAULT_CHECKPOINT.parent / "published")
    with pytest.raises(AdaptationError, match="made with the network emotion-"):
        published.adapted(make(recognizer))


def test_scales_that_do_not_fit_are_refused(recognizer):
    for scales in ({"stem": Scale(np.ones(31), np.zeros(31))}, {"elsewhere": Scale(np.ones(3), np.zeros(3))}):
        with pytest.raises(AdaptationError, match="does not fit this network"):
            recognizer.adapted(make(recognizer, scales=scales))
    adapted = recognizer.adapted(make(recognizer, weights=np.zeros((7, 6))))
    with pytest.raises(AdaptationError, match="does not fit this network"):
        adapted.recognize(EXAMPLES[0])


def content(recognizer) -> dict:
    return json.loads(make(recognizer).to_json())


DAMAGE = {
    "kind": "Emotion Listener voice profile",
    "zero": [0, 0, 0, 0, 0],
    "bias": [float("nan")] * 6,
    "weights": [[1] * 5] * 512,
    "temperature": 0,
    "emotions": ["ANG", "ANG"],
    "scales": {"stem": [[1, 2], [3]]},
    "speakers": {"03": [1e9] * 6},
    "verdict": {"sure": 2, "leaning": 0.1},
    "made_from": {"clips": "many"},
    "centre": "none",
    "name": "a\nb",
    "figures": [],
}


@pytest.mark.parametrize("key", DAMAGE)
def test_damage_is_refused_in_one_sentence(recognizer, key):
    text = json.dumps(content(recognizer) | {key: DAMAGE[key]})
    with pytest.raises(AdaptationError, match="damaged or not an adaptation"):
        Adaptation.from_json(text)
    without = {name: value for name, value in content(recognizer).items() if name != key}
    with pytest.raises(AdaptationError, match="damaged or not an adaptation"):
        Adaptation.from_json(json.dumps(without))


def test_another_version_is_named(recognizer):
    with pytest.raises(AdaptationError, match="another version"):
        Adaptation.from_json(json.dumps(content(recognizer) | {"format": 2}))


@given(st.data())
def test_a_file_that_is_cut_off_or_holds_anything_else_is_refused(data):
    text = make(Recognizer_once()).to_json()
    stop = data.draw(st.integers(0, len(text) - 3))
    with pytest.raises(AdaptationError):
        Adaptation.from_json(text[:stop])
    other = data.draw(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
    with pytest.raises(AdaptationError):
        Adaptation.from_json(json.dumps(other))


class Recognizer_once:  # noqa: N801 - stands in for a recognizer
    checkpoint_id = "emotion-0"


def test_a_missing_or_huge_file_is_refused(tmp_path):
    with pytest.raises(AdaptationError, match="no readable adaptation"):
        Adaptation.load(tmp_path / "none.json")
    (tmp_path / "huge.json").write_bytes(b" " * 1_000_001)
    with pytest.raises(AdaptationError, match="damaged"):
        Adaptation.load(tmp_path / "huge.json")
