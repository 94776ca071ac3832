"""The viewer's server functions for a part of a sound: equal to the command line, and strict about their input."""

import base64
import math
import threading

import numpy as np
import pytest
import soundfile

from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.labels import LABELS
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.recognition.recognizer import Recognizer
from ser.ui.viewer import listening
from ser.ui.viewer.sounds import Sounds
from tests.conftest import ROOT, skip_or_fail

EXAMPLE = ROOT / "ser" / "assets" / "examples" / "bright_and_lively.flac"


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    if not (DEFAULT_CHECKPOINT / "card.json").is_file():
        skip_or_fail("there is no released checkpoint")
    return Recognizer.load()


@pytest.fixture
def sounds() -> Sounds:
    return Sounds()


@pytest.fixture
def token(sounds) -> str:
    return sounds.put(EXAMPLE, "bright and lively")


@pytest.fixture
def ask(sounds, recognizer):
    """Call a server function by its name."""
    functions = {function.__name__: function for function in listening.functions(sounds, lambda: recognizer)}

    def call(name: str, **request) -> dict:
        return functions[name](request)

    return call


@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 0.75), (0.3127, 1.9), (0.5, 0.53), (0.25, 2.0)])
def test_the_score_of_a_part_is_that_of_a_file_cut_there(ask, token, recognizer, tmp_path, start_s, end_s):
    samples = load_audio(EXAMPLE)
    file = tmp_path / "cut.wav"
    cut = samples[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
    soundfile.write(file, cut, SAMPLE_RATE, subtype="FLOAT")
    expected = recognizer.recognize(file)
    answer = ask("score", token=token, start_s=start_s, end_s=end_s)
    assert answer["scores"] == list(expected.scores.values())
    assert answer["verdict"] == expected.verdict
    assert [window["start_s"] for window in answer["windows"]] == [w.start_s for w in expected.windows]
    assert len(answer["percents"]) == len(LABELS)


def test_the_whole_length_may_be_rounded_up(ask, sounds, tmp_path):
    file = tmp_path / "odd.wav"
    soundfile.write(file, np.random.default_rng(0).normal(0, 0.1, 20_007), SAMPLE_RATE)  # 1.2504375 s
    assert "problem" not in ask("score", token=sounds.put(file, "odd"), start_s=0, end_s=1.251)


@pytest.mark.parametrize(
    "places",
    [
        {"start_s": 1.0, "end_s": 1.0},
        {"start_s": 2.0, "end_s": 1.0},
        {"start_s": -0.1, "end_s": 1.0},
        {"start_s": 0.0, "end_s": 1e9},
        {"start_s": math.nan, "end_s": 1.0},
        {"start_s": 0.0, "end_s": math.inf},
        {"start_s": "0", "end_s": 1.0},
        {"start_s": True, "end_s": 2.0},
        {"start_s": None, "end_s": [1]},
        {"start_s": 0.5, "end_s": 0.50001},
        {},
    ],
)
@pytest.mark.parametrize("name", ["score", "overlay"])
def test_places_outside_the_sound_are_refused_with_a_sentence(ask, token, name, places):
    problem = ask(name, token=token, which="voiced", **places)["problem"]
    assert problem[0].isupper()
    assert problem.endswith(".")


def test_unknown_tokens_overlays_and_emotions_are_refused(ask, token):
    assert "choose it again" in ask("score", token="stranger", start_s=0, end_s=1)["problem"]
    assert "choose it again" in ask("score", token=["a"], start_s=0, end_s=1)["problem"]
    assert "pitch" in ask("overlay", token=token, which="../etc", start_s=0, end_s=1)["problem"]
    assert "six" in ask("why", token=token, start_s=0, emotion="JOY")["problem"]
    assert "outside" in ask("why", token=token, start_s=1e6, emotion="ANG")["problem"]
    assert ask("read_samples", token=token, first=0, count=10**9)["problem"]
    assert ask("read_samples", token=token, first=-1, count=10)["problem"]


def test_a_request_that_is_not_an_object_is_refused(sounds, recognizer):
    for function in listening.functions(sounds, lambda: recognizer):
        for request in (None, 3, "x", []):
            assert function(request)["problem"]


def test_the_samples_that_are_played_are_those_that_are_scored(ask, token):
    samples = load_audio(EXAMPLE)
    answer = ask("read_samples", token=token, first=1000, count=5000)
    sent = np.frombuffer(base64.b64decode(answer["bytes"]), "<i2") / 32768
    assert np.abs(sent - samples[1000:6000]).max() <= 0.5 / 32768 + 1e-9
    assert answer["samples"] == len(samples)
    end = ask("read_samples", token=token, first=len(samples) - 7, count=100)
    assert len(base64.b64decode(end["bytes"])) == 2 * 7


def test_loud_floats_are_limited_and_do_not_wrap(ask, sounds, tmp_path):
    file = tmp_path / "loud.wav"
    soundfile.write(file, np.array([1.5, -1.5, 1.0, -1.0] * 4000), SAMPLE_RATE, subtype="FLOAT")
    answer = ask("read_samples", token=sounds.put(file, "loud"), first=0, count=4)
    sent = np.frombuffer(base64.b64decode(answer["bytes"]), "<i2")
    assert sent[0] > 32000
    assert sent[1] < -32000


def test_a_curve_is_computed_once_and_the_oldest_is_dropped(monkeypatch):
    monkeypatch.setattr(listening, "MAX_KEPT", 2)
    overlays, computed = listening.Overlays(), []

    def once(token: str) -> None:
        overlays._once("pitch", (token,), lambda: computed.append(token))

    threads = [threading.Thread(target=once, args=("a",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert computed == ["a"]
    for token in ("b", "c", "a"):
        once(token)
    assert computed == ["a", "b", "c", "a"]


def test_the_words_name_the_shortest_part_that_holds_half_of_the_evidence():
    curve = np.zeros(188)
    curve[100:120] = 1
    sentence = listening.words(curve, emotion="ANG", start_s=2.0, duration_s=3.0)
    assert "between 3.6 and 3.8 s" in sentence  # frame 100 of 188 is 1.6 s after the start of the window
    assert "anger" not in sentence
    assert "not lower" in listening.words(np.zeros(188), emotion="ANG", start_s=0.0, duration_s=3.0)
    short = listening.words(
        np.ones(188), emotion="SAD", start_s=0.0, duration_s=0.5
    )  # padding is not part of the sound
    assert "and 0.5 s" in short or "and 0.3 s" in short or "and 0.2 s" in short


@pytest.mark.usefixtures("pitch_tracker")
def test_pitch_in_blocks_is_that_of_the_whole_sound(ask, token, monkeypatch):
    from ser.audio import curves

    monkeypatch.setattr(listening, "BLOCK_S", 1.0)
    samples = load_audio(EXAMPLE)
    duration_s = len(samples) / SAMPLE_RATE
    whole = curves.pitch(samples)
    answer = ask("overlay", token=token, which="pitch", start_s=0, end_s=duration_s)
    assert (answer["first_s"], answer["step_s"]) == (whole.first_s, whole.step_s)
    got = np.array([np.nan if value is None else value for value in answer["values"]])
    assert got.shape == whole.values.shape
    same = np.isclose(got, whole.values, rtol=0.03) | (np.isnan(got) & np.isnan(whole.values))
    assert same.mean() > 0.97  # near a border the best path may differ
    assert not np.isnan(got).all()
    part = ask("overlay", token=token, which="pitch", start_s=0.9, end_s=1.2)
    first = round(part["first_s"] / part["step_s"])
    assert part["first_s"] >= 0.9
    assert part["values"] == answer["values"][first : first + len(part["values"])]
    assert len(part["values"]) >= 18
    spans = ask("overlay", token=token, which="voiced", start_s=0, end_s=duration_s)["spans"]
    inside = [any(a <= i * whole.step_s <= b for a, b in spans) for i in range(len(got))]
    assert inside == (~np.isnan(got)).tolist()


def test_intensity_of_a_part_is_that_of_the_whole_sound(ask, token):
    from ser.audio import curves

    whole = curves.intensity(load_audio(EXAMPLE))
    points = ask("overlay", token=token, which="formants", start_s=0.4, end_s=1.4)["points"]
    assert points
    assert all(0.35 < at_s < 1.45 and 50 < hz < 5500 for at_s, hz in points)
    answer = ask("overlay", token=token, which="intensity", start_s=0.5, end_s=1.0)
    first = round(answer["first_s"] / whole.step_s)
    expected = whole.values[first : first + len(answer["values"])]
    assert len(answer["values"]) > 50
    np.testing.assert_allclose(answer["values"], expected, atol=0.006)


def test_the_first_request_for_pitch_hints_why_it_takes_long(ask, token, monkeypatch):
    from ser.audio import curves

    monkeypatch.setattr(curves, "first_time_hint", lambda: "A minute.")
    request = {"token": token, "start_s": 0, "end_s": 1, "hint": True}
    assert ask("overlay", which="pitch", **request) == {"hint": "A minute."}
    assert not ask("overlay", which="intensity", **request)["hint"]


def test_why_is_the_map_of_the_window_that_begins_there(ask, token, recognizer):
    from ser.recognition import explain

    reason = explain.why(
        recognizer, samples=load_audio(EXAMPLE), start=round(0.4 * SAMPLE_RATE), emotion="HAP"
    )
    answer = ask("why", token=token, start_s=0.4, emotion="HAP")
    cells = np.frombuffer(base64.b64decode(answer["map"]), np.uint8).reshape(reason.map.shape)
    np.testing.assert_allclose(cells / 255, reason.map, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(answer["curve"], reason.curve, atol=1e-4)
    assert answer["words"].startswith("Most of the evidence for happy is between ")
