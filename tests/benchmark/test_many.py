"""Many files as the page sends them, compared with a request each."""

import json
import math
import subprocess
import sys

import pytest

from ser.benchmark.many import check_same, format_many
from ser.benchmark.workers import BenchmarkError
from ser.labels import LABELS
from tests.conftest import ROOT


def answer(*, angry: float, error: str | None = None) -> dict:
    scores = dict(zip(LABELS, (angry, 1 - angry, 0, 0, 0, 0), strict=True))
    return {"file": "a.wav", "scores": None if error else scores, "error": error}


def test_other_scores_among_many_files_fail():
    check_same([answer(angry=0.5)], [answer(angry=0.50001)])
    with pytest.raises(BenchmarkError, match=r"a\.wav has other scores among many files"):
        check_same([answer(angry=0.5), answer(angry=0.5)], [answer(angry=0.5), answer(angry=0.51)])


@pytest.mark.parametrize("failed", [0, 1])
def test_a_clip_without_scores_fails_with_its_sentence(failed):
    answers = [answer(angry=0.5), answer(angry=0.5)]
    answers[failed] = answer(angry=0.5, error="It is empty.")
    with pytest.raises(BenchmarkError, match="was not scored: It is empty"):
        check_same(answers[:1], answers[1:])


@pytest.mark.slow
def test_both_ways_score_the_same_clips_of_a_running_app():
    command = [sys.executable, "-m", "ser", "benchmark", "--many", "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["clips"], result["source"]) == (40, "the project's examples")
    numbers = [result[key]["median"] for key in ("single_per_second", "many_per_second", "ratio")]
    assert all(math.isfinite(number) and number > 0 for number in numbers)
    assert numbers[2] == pytest.approx(numbers[1] / numbers[0])
    text = format_many(result)
    assert f"{numbers[2]:.1f}" in text
    if result["many_mb"] is not None:
        assert 50 < result["single_mb"] < 2000
        assert f"{result['many_mb'] / result['single_mb']:.2f} times" in text
