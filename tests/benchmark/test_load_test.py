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
    LoadResult,
    Tally,
    connect,
    format_load,
    judge,
    make_clips,
    passed,
    serving,
    summarise,
    use,
)
from ser.benchmark.memory import MemoryWatch, judge_memory, resident_mb, tree_mb
from ser.benchmark.workers import BenchmarkError
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
    judge(answer, number=1, clips=CLIPS, tally=tally)
    assert (tally.wrong, tally.mixed_up) == (wrong, mixed_up)


def test_no_two_users_send_clips_that_are_scored_alike(tmp_path):
    recognizer = Recognizer.load()
    clips = make_clips(tmp_path, count=20, recognizer=recognizer)
    assert len({clip.file for clip in clips}) == 20
    for i, clip in enumerate(clips):
        assert all(np.abs(clip.scores - other.scores).max() > APART for other in clips[:i])
    lengths = {recognizer.recognize(clip.file).duration_s for clip in clips[:8]}
    assert len(lengths) > 1


def test_more_users_than_different_clips_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("ser.benchmark.load_test.SPEEDS", (1.0,))
    monkeypatch.setattr("ser.benchmark.load_test.LENGTHS_S", (2.0,))
    with pytest.raises(BenchmarkError, match="only 3 different clips"):
        make_clips(tmp_path, count=4, recognizer=Recognizer.load())


@pytest.mark.skipif(resident_mb(1) is None, reason="the memory of a process is read from /proc")
def test_memory_that_grows_is_seen():
    grow = "import time; kept = []\nwhile True: kept.append(b'x' * 10**6); time.sleep(0.01)"
    with (
        subprocess.Popen([sys.executable, "-c", grow]) as process,
        MemoryWatch(process.pid, every_s=0.1) as watch,
    ):
        try:
            while len(watch.mb) < 12:
                time.sleep(0.05)
        finally:
            process.kill()
    memory = judge_memory(watch.mb, 12)
    assert not memory["flat"]
    assert memory["end"] > memory["settled"] + 20


@pytest.mark.skipif(resident_mb(1) is None, reason="the memory of a process is read from /proc")
def test_memory_of_what_a_process_started_is_counted():
    hold = "held = b'x' * 60_000_000; print(flush=True); input()"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    command = [sys.executable, "-c", start]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        alone, together = resident_mb(process.pid), tree_mb(process.pid)
        process.communicate("\n")
    assert alone < 50 < 60 < together < 200
    assert tree_mb(process.pid) == 0


@pytest.mark.parametrize("tally", [Tally([1.0], wrong=1), Tally([1.0])])
def test_any_error_wrong_answer_or_growth_fails(tally):
    fine = Tally([1.0])
    growing = [100.0 + number for number in range(10, 100, 9)]

    def result(crowd: Tally, *alone: Tally, mb: list[float]) -> LoadResult:
        return summarise(crowd, alone=list(alone), users=1, seconds=10, mb=mb, batching=1.0)

    assert passed(result(tally, fine, fine, mb=[100.0] * 10)) == (not tally.wrong)
    failed = Tally([1.0])
    failed.errors["the sky fell"] += 1
    assert not passed(result(fine, fine, failed, mb=[100.0] * 10))
    assert not passed(result(fine, fine, fine, mb=growing))
    assert passed(result(fine, fine, fine, mb=[]))


@pytest.mark.slow
def test_an_app_that_does_not_start_is_named_with_its_last_words(tmp_path):
    with pytest.raises(BenchmarkError, match=r"did not start.*checkpoint"), serving(tmp_path / "nowhere"):
        pass


@pytest.mark.slow
def test_users_at_once_get_each_their_own_answer():
    process = subprocess.run(
        [sys.executable, "-m", "ser", "benchmark", "--load", "10", "--users", "6", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode in (0, 1), process.stderr
    result = json.loads(process.stdout)
    assert result["users"] == 6
    assert result["requests"] >= 6
    assert (result["errors"], result["wrong"], result["mixed_up"]) == ({}, 0, 0)
    numbers = [result[key] for key in ("per_second", "alone_per_second", "ratio", "batching")]
    assert all(math.isfinite(number) and number > 0 for number in numbers)
    assert "0 errors, 0 wrong answers" in format_load(result)


@pytest.mark.slow
def test_requests_that_await_the_end_of_a_late_stream_are_answered_and_others_lost(tmp_path, monkeypatch):
    class LateEnd:  # as a busy machine is now and then
        def __getattr__(self, name: str):
            return getattr(json, name)

        def loads(self, text):
            message = json.loads(text)
            if isinstance(message, dict) and message.get("msg") == "close_stream":
                time.sleep(0.5)
            return message

    monkeypatch.setattr(gradio_client.client, "json", LateEnd())
    clips, tally = make_clips(tmp_path, count=1, recognizer=Recognizer.load()), Tally()
    with serving() as (address, _):
        use(connect(address), number=0, clips=clips, tally=tally, keep_going=lambda: len(tally.times) < 3)
        hasty = connect(address)
        hasty.predict(api_name="/split")
        with pytest.raises(CancelledError):
            hasty.predict(api_name="/split")
    assert (len(tally.times), tally.errors, tally.wrong) == (3, {}, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such quirk")
def test_the_peak_of_a_process_is_not_that_of_the_one_that_started_it():
    held = np.ones(40_000_000)  # 320 MB
    code = "from ser.benchmark.memory import peak_bytes; print(peak_bytes())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 1e6 < int(run.stdout) < 2e8 < held.nbytes
