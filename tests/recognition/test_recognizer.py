"""Windows and scores, which do not depend on what else is scored; both networks with random weights."""

import csv
import io
import itertools
import json

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st

from ser.audio.features import N_SAMPLES, log_mel
from ser.audio.reading import SAMPLE_RATE, AudioError, load_audio
from ser.labels import EMOTION_NAMES, LABELS
from ser.network.checkpoint import CheckpointError
from ser.network.loading import save_checkpoint
from ser.network.model import NETWORKS
from ser.recognition.recognizer import Recognizer
from ser.recognition.report import format_recognitions
from ser.recognition.result import Recognition
from ser.recognition.verdict import verdict
from ser.recognition.windows import window_starts


def random_recognizer(folder, name: str, temperature: float = 1.0) -> Recognizer:
    """A recognizer with an untrained network whose scores differ clearly between clips."""
    torch.manual_seed(0)
    network = NETWORKS[name]()
    for parameter in network.parameters():
        if parameter.ndim > 1:
            parameter.data *= 2  # with its initial weights it scores all input alike
    save_checkpoint(folder, network=network, card={"temperature": temperature})
    return Recognizer.load(folder)


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory) -> Recognizer:
    return random_recognizer(tmp_path_factory.mktemp("emotion"), "emotion")


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Recognizer:
    return random_recognizer(tmp_path_factory.mktemp("published"), "published")


def sound(duration_s: float, seed: int = 0) -> np.ndarray:
    """Noise that swells and fades, so that all windows differ."""
    n = round(duration_s * SAMPLE_RATE)
    noise = np.random.default_rng(seed).normal(0, 0.1, n)
    return (noise * np.sin(np.arange(n) / 9000) ** 2).astype(np.float32)


def write(path, samples: np.ndarray):
    soundfile.write(path, samples, SAMPLE_RATE, subtype="FLOAT")
    return path


@given(st.integers(1, 10 * 60 * SAMPLE_RATE))
def test_windows_cover_all_and_the_last_ends_where_the_audio_ends(n):
    starts = window_starts(n)
    assert starts[0] == 0
    assert starts[-1] == max(0, n - N_SAMPLES)
    assert starts[:-1] == [8000 * i for i in range(len(starts) - 1)]
    assert all(0 < b - a <= 8000 for a, b in itertools.pairwise(starts))


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (1.0, [(0, 1.0)]),
        (3.0, [(0, 3.0)]),
        (3.25, [(0, 3.0), (0.25, 3.25)]),
        (4.0, [(0, 3.0), (0.5, 3.5), (1.0, 4.0)]),
        (4.2, [(0, 3.0), (0.5, 3.5), (1.0, 4.0), (1.2, 4.2)]),
    ],
)
def test_windows_of_a_recording(recognizer, duration_s, expected):
    result = recognizer.recognize(sound(duration_s))
    found = [(window.start_s, window.end_s) for window in result.windows]
    np.testing.assert_allclose(found, expected)
    assert result.duration_s == pytest.approx(duration_s)


def assert_scores(scores: dict) -> None:
    assert tuple(scores) == LABELS
    assert sum(scores.values()) == pytest.approx(1)
    assert all(type(score) is float and 0 <= score <= 1 for score in scores.values())


def test_the_clips_score_is_the_mean_of_the_windows(recognizer):
    result = recognizer.recognize(sound(5.0))
    assert_scores(result.scores)
    for window in result.windows:
        assert_scores(window.scores)
    for label in LABELS:
        mean = np.mean([window.scores[label] for window in result.windows])
        assert result.scores[label] == pytest.approx(mean)
    assert result.top == max(result.scores, key=result.scores.get)
    assert np.ptp([window.scores["ANG"] for window in result.windows]) > 1e-4  # the windows differ


def test_a_window_scores_as_that_part_alone(recognizer):
    samples = sound(4.0)
    windows = recognizer.recognize(samples).windows
    for window in windows:
        start = round(window.start_s * SAMPLE_RATE)
        alone = recognizer.recognize(samples[start : start + N_SAMPLES])
        assert alone.scores == pytest.approx(window.scores, abs=1e-5)


def test_scores_are_the_networks_softmax(published):
    samples = sound(2.0)
    with torch.inference_mode():
        logits = published.network(torch.from_numpy(log_mel(samples))[None])
    expected = logits.softmax(1)[0].tolist()
    assert list(published.recognize(samples).scores.values()) == pytest.approx(expected, abs=1e-5)


def test_the_published_network_hears_the_first_three_seconds_only(published):
    samples = sound(6.0)
    result = published.recognize(samples)
    assert [(window.start_s, window.end_s) for window in result.windows] == [(0, 3)]
    assert result.duration_s == 6.0
    assert result.scores == published.recognize(samples[:N_SAMPLES]).scores


def test_padding_says_nothing_to_the_emotion_network(recognizer):
    samples = sound(1.5)
    network = recognizer.network
    features = torch.from_numpy(log_mel(samples))[None]
    with torch.inference_mode():
        told = network(features, torch.tensor([94])).softmax(1)[0].tolist()
        untold = network(features).softmax(1)[0].tolist()
    scores = list(recognizer.recognize(samples).scores.values())
    assert scores == pytest.approx(told, abs=1e-5)
    assert scores != pytest.approx(untold, abs=1e-3)


def test_the_temperature_flattens_scores_and_keeps_their_order(tmp_path, recognizer):
    hot = random_recognizer(tmp_path, "emotion", temperature=3.0)
    sharp, flat = recognizer.recognize(sound(2.0)).scores, hot.recognize(sound(2.0)).scores
    assert max(flat.values()) < max(sharp.values())
    assert sorted(flat, key=flat.get) == sorted(sharp, key=sharp.get)
    ratio = np.log(sharp["ANG"] / sharp["SAD"]) / np.log(flat["ANG"] / flat["SAD"])
    assert ratio == pytest.approx(3, rel=1e-4)


def test_long_audio_is_scored_in_chunks(recognizer):
    largest = 0
    network = recognizer.network

    def watch(module, arguments):
        nonlocal largest
        largest = max(largest, len(arguments[0]))

    handle = network.stem.register_forward_pre_hook(watch)
    try:
        result = recognizer.recognize(sound(30.0))
    finally:
        handle.remove()
    assert len(result.windows) == 55
    assert 2 <= largest <= 16
    assert result.windows[-1].end_s == 30.0


# --- every file alone -------------------------------------------------------------------------------


def test_the_same_scores_singly_in_company_and_in_any_order(recognizer, tmp_path):
    files = [write(tmp_path / f"{i}.wav", sound(0.4 + 0.9 * i, seed=i)) for i in range(6)]
    (tmp_path / "bad.wav").write_text("no sound")
    files.insert(2, tmp_path / "bad.wav")
    singly = {str(file): recognizer.recognize_or_error(file) for file in files}
    for order in (files, files[::-1], files + files):
        for result in map(recognizer.recognize_or_error, order):
            assert result == singly[result.file]
    assert len({tuple(result.scores.values()) for result in singly.values() if result.error is None}) == 6


def test_samples_and_their_file_score_the_same(recognizer, tmp_path):
    samples = sound(3.7)
    from_file = recognizer.recognize(write(tmp_path / "a.wav", samples))
    from_samples = recognizer.recognize(samples)
    assert from_samples.file is None
    assert from_samples.windows == from_file.windows
    assert from_samples.scores == from_file.scores
    assert recognizer.recognize(samples.astype(np.float64)).scores == from_file.scores


def test_real_clips(recognizer, crema_d):
    paths = sorted((crema_d / "AudioWAV").glob("1001_*.wav"))[:12]
    results = [recognizer.recognize(path) for path in paths]
    for path, result in zip(paths, results, strict=True):
        assert result.error is None
        assert result.warnings == ()
        assert result.duration_s == len(load_audio(path)) / SAMPLE_RATE
        assert len(result.windows) == len(window_starts(len(load_audio(path))))
    assert len({tuple(result.scores.values()) for result in results}) == len(paths)


# --- errors and warnings ----------------------------------------------------------------------------


def test_a_bad_file_raises_alone_and_is_named_in_company(recognizer, tmp_path):
    good = write(tmp_path / "good.wav", sound(1.0))
    with pytest.raises(AudioError, match=r"gone\.wav was not found"):
        recognizer.recognize(tmp_path / "gone.wav")
    bad, fine = map(recognizer.recognize_or_error, [tmp_path / "gone.wav", good])
    assert "gone.wav was not found" in bad.error
    told = bad.to_dict()
    assert told.keys() == fine.to_dict().keys()
    assert (told["scores"], told["top"], told["duration_s"], told["windows"]) == (None, None, None, [])
    assert fine.error is None


@pytest.mark.parametrize(
    ("samples", "words"),
    [(np.zeros(16_000, np.float32), "silent"), (sound(0.1), "too short"), (sound(0.001), "too short")],
)
def test_silent_and_short_recordings_are_scored_with_a_warning(recognizer, published, samples, words):
    for either in (recognizer, published):
        result = either.recognize(samples)
        assert_scores(result.scores)
        assert words in result.warnings[0]


def test_a_cut_file_carries_its_warning(recognizer, tmp_path):
    path = write(tmp_path / "a.wav", sound(2.0))
    path.write_bytes(path.read_bytes()[:60_000])
    assert "cut off" in recognizer.recognize(path).to_dict()["warning"]


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0, np.float32), np.zeros((2, 9), np.float32), np.zeros(9, np.int16), np.full(9, np.nan)],
)
def test_samples_that_are_no_recording(recognizer, samples):
    with pytest.raises(AudioError):
        recognizer.recognize(samples)


def test_a_missing_checkpoint_is_said(tmp_path):
    with pytest.raises(CheckpointError, match="--checkpoint"):
        Recognizer.load(tmp_path / "nothing")


# --- verdicts -------------------------------------------------------------------------


def test_speech_has_a_verdict_and_noise_has_none(recognizer):
    said = recognizer.recognize("ser/assets/examples/even.flac")
    assert said.verdict == verdict(said.scores, thresholds=recognizer.thresholds, heard=said.heard)
    assert 0.5 < said.voice_s <= said.duration_s
    hiss = np.random.default_rng(0).normal(0, 0.1, 32_000)
    for nothing in (hiss, np.zeros(32_000)):
        found = recognizer.recognize(nothing)
        assert (found.verdict, found.voice_s) == ("no_voice", 0)
        assert_scores(found.scores)


def test_the_card_says_from_where_on_an_answer_is_sure(recognizer):
    for thresholds, said in (((0.0, 0.0), "sure"), ((1.1, 0.0), "leaning"), ((1.1, 1.1), "unsure")):
        thresholds = dict(zip(("sure", "leaning"), thresholds, strict=True))
        answer = recognizer.with_card({"verdict": thresholds}).recognize("ser/assets/examples/even.flac")
        agrees = answer.heard is None or max(answer.heard, key=answer.heard.get) == answer.top
        assert answer.verdict == ("leaning" if said == "sure" and not agrees else said)
        assert (answer.reason is None) == (answer.verdict == "sure")


# --- how results are printed --------------------------------------------------------------------------


@pytest.fixture
def results(recognizer, tmp_path) -> list[Recognition]:
    write(tmp_path / "long.wav", sound(3.6))
    write(tmp_path / "quiet, quiet.wav", np.zeros(16_000))
    names = ["long.wav", "gone.wav", "quiet, quiet.wav"]
    return [recognizer.recognize_or_error(tmp_path / name) for name in names]


def test_json(results):
    long, gone, quiet = json.loads(format_recognitions(results, style="json"))
    assert {
        "file",
        "duration_s",
        "scores",
        "top",
        "verdict",
        "reason",
        "voice_s",
        "quality",
        "windows",
        "error",
        "heard",
        "intensity",
        "adaptation",
        "warning",
    } == set(long)
    assert long["file"].endswith("long.wav")
    assert long["duration_s"] == 3.6
    assert long["error"] is None
    assert long["warning"] is None
    assert set(long["windows"][0]) == {"start_s", "end_s", "scores"}
    assert [window["end_s"] for window in long["windows"]] == [3.0, 3.5, 3.6]
    assert_scores(long["scores"])
    assert long["top"] in LABELS
    assert "not found" in gone["error"]
    assert gone["scores"] is gone["top"] is gone["duration_s"] is None
    assert gone["windows"] == []
    assert "silent" in quiet["warning"]
    assert quiet["quality"]["problems"][0] == "silent"
    assert gone["quality"] is gone["verdict"] is gone["voice_s"] is None


def test_csv(results):
    rows = list(csv.DictReader(io.StringIO(format_recognitions(results, style="csv"))))
    assert list(rows[0]) == ["file", "duration_s", "top", "verdict", *LABELS, "intensity", "warning", "error"]
    assert [row["file"] for row in rows] == [result.file for result in results]
    assert {label: float(rows[0][label]) for label in LABELS} == results[0].scores
    assert rows[1]["ANG"] == rows[1]["top"] == ""
    assert "not found" in rows[1]["error"]
    assert "silent" in rows[2]["warning"]


def test_table(results):
    header, long, gone, quiet, note = format_recognitions(results).splitlines()
    for name in EMOTION_NAMES.values():
        assert name in header
    top = results[0].top
    assert f"{EMOTION_NAMES[top]} {results[0].scores[top]:.0%}" in long
    assert long.count("%") == 7
    assert header.index("Sad") + 3 == len(header) == len(long)  # each percentage ends under its word
    assert "not scored" in gone
    assert "no voice" in quiet
    assert quiet.count("%") == 7
    assert "note" in note
    assert "silent" in note


def test_an_unknown_format_is_named():
    with pytest.raises(ValueError, match=r"'xml'.*table"):
        format_recognitions([], style="xml")
