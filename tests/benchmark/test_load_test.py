import json
import math
import subprocess
import sys
import time
from concurrent.futures import CancelledError

import gradio_client.client
import numpy as np
import pytest

from ser.benchmark.load_test import (
    APART,
    Clip,
    MemoryWatch,
    Tally,
    connect,
    format_load,
    judge,
    judge_memory,
    make_clips,
    passed,
    resident_mb,
    serving,
    summarise,
    use,
)
from ser.benchmark.speed import BenchmarkError
from ser.recognition.recognizer import Recognizer
from tests.conftest import ROOT

CLIPS = [Clip(ROOT / f"{number}.wav", np.eye(6)[number]) for number in range(3)]


def answer_of(number: int, file: int | None = None) -> dict:
    clip = CLIPS[number]
    name = CLIPS[number if file is None else file].file.name
    return {
        "file": name,
        "scores": dict(zip(("ANG", "DIS", "FEA", "HAP", "NEU", "SAD"), clip.scores, strict=True)),
    }


@pytest.mark.parametrize(
    ("answer", "wrong", "mixed_up"),
    [
        (answer_of(1), 0, 0),
        (answer_of(2), 1, 1),
        (answer_of(1, file=0), 1, 1),
        (answer_of(1) | {"scores": dict.fromkeys(("ANG", "DIS", "FEA", "HAP", "NEU", "SAD"), 1 / 6)}, 1, 0),
    ],
)
def test_another_ones_answer_is_told_from_a_right_and_a_wrong_one(answer, wrong, mixed_up):
    tally = Tally()
    judge(answer, 1, CLIPS, tally)
    assert (tally.wrong, tally.mixed_up) == (wrong, mixed_up)


def test_no_two_users_send_clips_that_are_scored_alike(tmp_path):
    recognizer = Recognizer.load()
    clips = make_clips(tmp_path, 20, recognizer)
    assert len({clip.file for clip in clips}) == 20
    for i, clip in enumerate(clips):
        assert all(np.abs(clip.scores - other.scores).max() > APART for other in clips[:i])
    lengths = {recognizer.recognize(clip.file).duration_s for clip in clips[:8]}
    assert len(lengths) > 1


def test_more_users_than_different_clips_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("ser.benchmark.load_test.SPEEDS", (1.0,))
    monkeypatch.setattr("ser.benchmark.load_test.LENGTHS_S", (2.0,))
    with pytest.raises(BenchmarkError, match="only 3 different clips"):
        make_clips(tmp_path, 4, Recognizer.load())


@pytest.mark.skipif(resident_mb(1) is None, reason="the memory of a process is read from /proc")
def test_memory_that_grows_is_seen():
    grow = "import time; kept = []\nwhile True: kept.append(b'x' * 10**6); time.sleep(0.01)"
    with subprocess.Popen([sys.executable, "-c", grow]) as process, MemoryWatch(process.pid, 0.1) as watch:
        try:
            while len(watch.mb) < 12:
                time.sleep(0.05)
        finally:
            process.kill()
    memory = judge_memory(watch.mb, 12)
    assert not memory["flat"]
    assert memory["end"] > memory["settled"] + 20


@pytest.mark.parametrize("tally", [Tally([1.0], wrong=1), Tally([1.0])])
def test_any_error_wrong_answer_or_growth_fails(tally):
    fine = Tally([1.0])
    result = summarise(1, 10, tally, [fine, fine], [100.0] * 10)
    assert passed(result) == (not tally.wrong)
    failed = Tally([1.0])
    failed.errors["the sky fell"] += 1
    assert not passed(summarise(1, 10, fine, [fine, failed], [100.0] * 10))
    assert not passed(summarise(1, 10, fine, [fine, fine], [100.0 + number for number in range(10, 100, 9)]))
    assert passed(summarise(1, 10, fine, [fine, fine], []))


@pytest.mark.slow
def test_an_app_that_does_not_start_is_named_with_its_last_words(tmp_path):
    with pytest.raises(BenchmarkError, match=r"did not start.*checkpoint"), serving(tmp_path / "nowhere"):
        pass


@pytest.mark.slow
def test_users_at_once_get_each_their_own_answer():
    done = subprocess.run(
        [sys.executable, "-m", "ser", "benchmark", "--load", "10", "--users", "6", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode in (0, 1), done.stderr
    result = json.loads(done.stdout)
    assert result["users"] == 6
    assert result["requests"] >= 6
    assert (result["errors"], result["wrong"], result["mixed_up"]) == ({}, 0, 0)
    numbers = [result[key] for key in ("per_second", "alone_per_second", "ratio", "batching")]
    assert all(math.isfinite(number) and number > 0 for number in numbers)
    assert "0 errors, 0 wrong answers" in format_load(result)


@pytest.mark.slow
def test_requests_that_await_the_end_of_a_late_stream_are_answered_and_others_lost(tmp_path, monkeypatch):
    class LateEnd:  # what a busy machine does now and then
        def __getattr__(self, name: str):
            return getattr(json, name)

        def loads(self, text):
            message = json.loads(text)
            if isinstance(message, dict) and message.get("msg") == "close_stream":
                time.sleep(0.5)
            return message

    monkeypatch.setattr(gradio_client.client, "json", LateEnd())
    clips, tally = make_clips(tmp_path, 1, Recognizer.load()), Tally()
    with serving() as (address, _):
        use(connect(address), 0, clips, tally, lambda: len(tally.times) < 3)
        hasty = connect(address)
        hasty.predict(api_name="/split")
        with pytest.raises(CancelledError):
            hasty.predict(api_name="/split")
    assert (len(tally.times), tally.errors, tally.wrong) == (3, {}, 0)
