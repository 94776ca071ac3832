"""Voice profiles: made from real speech, stored as numbers, refused if they do not fit the network."""

import json

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from ser.__main__ import main
from ser.evaluation.evaluate import corpus_windows
from ser.labels import LABELS
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.recognition.enroll import enroll
from ser.recognition.recognizer import Recognizer
from ser.recognition.voice_profile import Profile, ProfileError
from tests.conftest import ROOT

EXAMPLES = sorted((ROOT / "ser" / "assets" / "examples").glob("*.flac"))
PUBLISHED = DEFAULT_CHECKPOINT.parent / "published"


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


def test_a_profile_takes_the_voices_own_off_every_score(recognizer):
    profile = enroll(recognizer, files=EXAMPLES)
    zero_point = recognizer.zero_point
    known = recognizer.recognize(EXAMPLES[0], profile=profile)
    assert len(known.windows) == 1
    shifted = np.array(known.logits) - profile.shift(zero_point)
    weight = profile.weight(zero_point)
    shifted = (
        recognizer.ground.applied(shifted, distance=known.distance, known=weight) / zero_point.temperature
    )
    assert np.allclose(list(known.scores.values()), np.exp(shifted) / np.exp(shifted).sum(), atol=1e-6)
    assert known.scores != recognizer.recognize(EXAMPLES[0]).scores


def test_the_command_line_enrolls_and_uses_a_profile(tmp_path, capsys):
    out = tmp_path / "me.json"
    files = [str(file) for file in EXAMPLES[:6]]
    assert main(["enroll", *files, "--emotions", ",".join(LABELS), "--out", str(out)]) == 0
    assert "6 takes" in capsys.readouterr().out
    assert main(["recognize", files[0], "--format", "json"]) == 0
    unknown = json.loads(capsys.readouterr().out)[0]
    assert main(["recognize", files[0], "--format", "json", "--profile", str(out)]) == 0
    known = json.loads(capsys.readouterr().out)[0]
    assert known["scores"] != unknown["scores"]
    assert sum(known["scores"].values()) == pytest.approx(1)
    assert known["voice_s"] == unknown["voice_s"]


def test_nothing_is_overwritten_unasked(tmp_path, capsys):
    out = tmp_path / "me.json"
    out.write_text("mine")
    assert main(["enroll", str(EXAMPLES[0]), "--out", str(out)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert main(["enroll", str(EXAMPLES[0]), "--out", str(out), "--overwrite"]) == 0
    assert len(Profile.load(out).logits) == 1


def test_a_profile_holds_no_sound_and_no_path(tmp_path, recognizer):
    enroll(recognizer, files=EXAMPLES[:2]).save(tmp_path / "me.json")
    text = (tmp_path / "me.json").read_text()
    assert len(text) < 2000
    assert EXAMPLES[0].stem not in text
    assert set(json.loads(text)) == {"kind", "format", "checkpoint", "created", "takes"}


def test_another_checkpoint_refuses_the_profile(recognizer, tmp_path, capsys):
    enroll(recognizer, files=EXAMPLES[:1]).save(tmp_path / "me.json")
    command = [
        "recognize",
        str(EXAMPLES[0]),
        "--profile",
        str(tmp_path / "me.json"),
        "--checkpoint",
        str(PUBLISHED),
    ]
    assert main(command) == 1
    assert "enroll again" in capsys.readouterr().err
    with pytest.raises(ProfileError, match="enroll again"):
        recognizer.check_profile(Profile("emotion-000000000000"))


def test_the_notebooks_network_cannot_learn_a_voice():
    with pytest.raises(ProfileError, match="use the emotion network"):
        enroll(Recognizer.load(PUBLISHED), files=EXAMPLES[:1])


def test_takes_without_voice_are_refused(recognizer, tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(32_000, np.float32), 16_000)
    with pytest.raises(ProfileError, match=r"silence\.wav"):
        enroll(recognizer, files=[tmp_path / "silence.wav"])


@pytest.mark.parametrize(
    ("emotions", "words"), [(["ANG"], "2 files and 1 emotions"), (["ANG", "JOY"], "JOY")]
)
def test_emotions_that_do_not_fit_are_refused(recognizer, emotions, words):
    with pytest.raises(ProfileError, match=words):
        enroll(recognizer, files=EXAMPLES[:2], emotions=emotions)


@given(
    st.lists(
        st.tuples(st.lists(st.floats(-100, 100), min_size=6, max_size=6), st.sampled_from([None, *LABELS])),
        min_size=1,
        max_size=20,
    )
)
def test_what_is_saved_is_loaded_again(tmp_path_factory, takes):
    profile = Profile("emotion-0123456789ab")
    for logits, emotion in takes:
        profile = profile.with_take(np.array(logits), emotion)
    path = tmp_path_factory.mktemp("profile") / "me.json"
    profile.save(path)
    again = Profile.load(path)
    assert (again.checkpoint, again.emotions, again.created) == (
        profile.checkpoint,
        profile.emotions,
        profile.created,
    )
    assert np.allclose(again.logits, profile.logits, atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"takes": []},
        {"takes": [{"emotion": None, "logits": [1, 2]}]},
        {"takes": [{"emotion": "JOY", "logits": [0] * 6}]},
        {"takes": [{"emotion": [], "logits": [0] * 6}]},
        {"takes": [{"emotion": None, "logits": [float("inf")] * 6}]},
        {"takes": 7},
        {"kind": "recipe"},
        {"format": 2},
    ],
)
def test_damaged_profiles_are_told_in_a_sentence(tmp_path, change):
    path = tmp_path / "me.json"
    Profile("emotion-0").with_take(np.zeros(6)).save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ProfileError, match=r"python -m ser enroll"):
        Profile.load(path)


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(content):
    with pytest.raises(ProfileError):
        Profile.from_json(content)


def test_a_missing_profile_is_told_in_a_sentence(tmp_path):
    with pytest.raises(ProfileError, match="There is no readable profile"):
        Profile.load(tmp_path / "none.json")


@pytest.mark.slow
def test_evaluate_prints_every_regime(crema_d, capsys, monkeypatch):
    scored = []  # once: the regimes differ in what they make of the scores

    def windows_once(recognizer: Recognizer, **given):
        if not scored:
            scored.append(corpus_windows(recognizer, **given))
        return scored[0]

    monkeypatch.setattr("ser.evaluation.evaluate.corpus_windows", windows_once)
    uar = {}
    for regime in ("none", "takes", "prompted"):
        assert main(["evaluate", "--data", str(crema_d), "--profile", regime, "--json"]) == 0
        result = json.loads(capsys.readouterr().out)
        assert result["regime"] == regime
        assert result["clips"] == {"none": 1066, "takes": 1066 - 13 * 8, "prompted": 1066 - 13 * 6}[regime]
        uar[regime] = result["uar"]
    card = json.loads((DEFAULT_CHECKPOINT / "card.json").read_text())
    assert uar["none"] == pytest.approx(card["metrics"]["val"]["uar"], abs=1e-6)
    assert uar["prompted"] > uar["none"]


def test_a_profile_keeps_which_takes_are_unlike_the_training_clips():
    profile = Profile("emotion-1").with_take([1, 0, 0, 0, 0, 0]).with_last_unlike(True)
    profile = profile.with_take([0, 1, 0, 0, 0, 0], "NEU")
    assert profile.unlike == (True, False)
    assert Profile.from_json(profile.to_json()).unlike == (True, False)
    older = profile.to_json().replace('"unlike": true', '"other": 1')  # a file of before
    assert Profile.from_json(older).unlike == (False, False)
