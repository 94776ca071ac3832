"""This version compared with another one, for which a script that answers at once stands in."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.benchmark.builds import compare_builds, format_builds, recognize, write_long
from ser.benchmark.workers import BenchmarkError
from ser.labels import LABELS
from tests.conftest import ROOT

EXAMPLES = sorted((ROOT / "ser" / "assets" / "examples").glob("*.flac"))
HEAD = ",".join(("file", "top", *LABELS))


def write_version(folder: Path, scores: str) -> Path:
    """Write a version whose command `recognize` answers each file with the same scores."""
    (folder / "ser").mkdir(parents=True)
    code = f"""
import sys
print({HEAD!r})
for file in sys.argv[2:-2]:
    print(file, {scores!r}, sep=",")
"""
    (folder / "ser" / "__main__.py").write_text(code)
    return folder


@pytest.mark.slow
def test_versions_take_turns_at_each_task_and_their_answers_are_compared(tmp_path, monkeypatch):
    other = write_version(tmp_path, "ANG,1,0,0,0,0,0")
    monkeypatch.chdir(other.parent)
    command = [sys.executable, "-m", "ser", "benchmark", "--against", str(other), "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [row["task"] for row in result["rows"]] == [
        "first score, cold process",
        "4 clips",
        "a recording of 0.2 minutes",
    ]
    for row in result["rows"]:
        assert row["ratio"]["median"] > 1
        assert row["processor_ratio"]["median"] > 1
        assert row["mb"] == 0 or 40 < row["mb"] < 1000  # 0 without /proc
        assert 0.3 < row["difference"] < 1
    table = format_builds(result).splitlines()
    assert table[2].startswith("4 clips")
    assert f"{result['rows'][1]['ratio']['median']:.2f}" in table[2]
    assert "Medians of 1 round " in table[-2]


def test_what_a_version_took_and_answered_belongs_to_it(tmp_path):
    run = recognize(write_version(tmp_path, "ANG,0.5,0.1,0.1,0.1,0.1,0.1"), EXAMPLES[:2])
    np.testing.assert_array_equal(run.scores, [[0.5, 0.1, 0.1, 0.1, 0.1, 0.1]] * 2)
    assert 0 < run.processor_s < 30
    assert 0 <= run.mb < 200


def test_a_version_that_leaves_a_file_without_scores_is_named(tmp_path):
    with pytest.raises(BenchmarkError, match="could not score the clips"):
        recognize(write_version(tmp_path, ",,,,,,"), EXAMPLES[:1])


def test_a_folder_without_a_version_is_one_sentence(tmp_path):
    with pytest.raises(
        BenchmarkError, match="holds no version of this project: give the folder of a checkout"
    ):
        compare_builds(tmp_path, quick=True)


def test_the_long_recording_has_its_length_and_pauses_between_clips(tmp_path):
    write_long(tmp_path / "long.wav", clips=EXAMPLES, seconds=20)
    samples = load_audio(tmp_path / "long.wav")
    assert len(samples) == 20 * SAMPLE_RATE
    first = load_audio(EXAMPLES[0])
    np.testing.assert_allclose(samples[: len(first)], first, atol=1e-3)
    pause = samples[len(first) : len(first) + SAMPLE_RATE // 10]
    assert 0 < np.abs(pause).max() < 1e-3
