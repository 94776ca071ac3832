import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ser.audio.features import log_mel
from ser.audio.png import render_png
from ser.benchmark.speed import CONTESTANTS, Task, _measure, format_benchmark, plan, summarise
from ser.benchmark.tasks import SIDES, TASKS, Notebook
from ser.benchmark.workers import BenchmarkError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "ser" / "assets" / "examples" / "even.flac"
SIDES_OF_ROW = ("project", "notebook_default", "notebook_best")


@pytest.fixture(scope="module")
def quick_run() -> subprocess.CompletedProcess:
    # Thread counts in the environment of the tests must not affect the column of the notebook's defaults.
    return subprocess.run(
        [sys.executable, "-m", "ser", "benchmark", "--quick", "--json"],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=900,
    )


@pytest.mark.slow
def test_quick_run_measures_every_row_on_both_sides(quick_run):
    assert quick_run.returncode == 0, quick_run.stderr
    result = json.loads(quick_run.stdout)
    assert [row["task"] for row in result["rows"]] == [task.name for task in plan(9, quick=True)]
    for row in result["rows"]:
        sides = [side for side in SIDES_OF_ROW if row[side] is not None]
        numbers = [row[side]["seconds"][key] for side in sides for key in ("low", "median", "high")]
        numbers += [row[side]["ratio"][key] for side in sides[1:] for key in ("low", "median", "high")]
        assert all(math.isfinite(number) and number > 0 for number in numbers)
        assert (len(sides) == 1) == (row["task"] == "adapt")
        if row["task"] == "adapt":
            continue
        assert row["notebook_default"]["threads"] == "all"
        assert row["notebook_best"]["seconds"]["median"] <= row["notebook_default"]["seconds"]["median"]
    assert result["machine"]["torch"]
    assert "measuring" in quick_run.stderr


@pytest.mark.slow
def test_table_has_every_row_and_both_columns(quick_run):
    result = json.loads(quick_run.stdout)
    lines = format_benchmark(result).splitlines()
    assert "notebook, defaults" in lines[0]
    assert "notebook, best threads" in lines[0]
    for row, line in zip(result["rows"], lines[1:], strict=False):
        assert line.startswith(row["label"])
        if row["notebook_best"]:
            assert f"{row['notebook_best']['ratio']['median']:.1f}" in line
    assert result["clips"] in lines[-1]


def test_every_task_is_measured_and_done_by_both_sides():
    assert [task.name for task in plan(9)] == [task.name for task in plan(9, quick=True)]
    assert set(TASKS) == {task.name for corpus in (False, True) for task in plan(9, corpus=corpus)}
    assert len({task.label for task in plan(9)}) == len(plan(9))
    alone = {task.name for task in plan(9) if task.alone}
    assert alone == {"adapt"}
    for side, does in SIDES.items():
        assert {task for task in TASKS if not callable(getattr(does, task, None))} == (
            alone if side == "notebook" else set()
        )


def test_both_sides_do_the_same_work(tmp_path):
    notebook = Notebook(tmp_path)
    samples = notebook.load(EXAMPLE)
    mel = notebook.log_mel(samples)
    np.testing.assert_allclose(mel, log_mel(samples), atol=1e-3)
    notebook.save_png(mel, tmp_path / "mel.png")
    theirs, ours = (
        np.asarray(Image.open(source).convert("RGB")).astype(int)
        for source in (tmp_path / "mel.png", io.BytesIO(render_png(mel)))
    )
    assert np.abs(theirs - ours).mean() <= 1


def test_summary_pairs_rounds_and_takes_the_better_thread_count():
    times = {
        "project": [1.0, 2.0, 4.0],
        "notebook, all threads": [10.0, 40.0, 20.0],
        "notebook, one thread": [3.0, 4.0, 16.0],
    }
    assert list(times) == list(CONTESTANTS)
    row = summarise(Task("x", "the x", 3, {}), times)
    assert row["project"]["seconds"] == {"median": 2.0, "low": 1.0, "high": 4.0}
    assert row["notebook_default"]["ratio"] == {"median": 10.0, "low": 5.0, "high": 20.0}
    assert row["notebook_best"]["threads"] == "one"
    assert row["notebook_best"]["ratio"] == {"median": 3.0, "low": 2.0, "high": 4.0}
    times["notebook, all threads"] = [1.0, 1.0, 1.0]
    assert summarise(Task("x", "the x", 3, {}), times)["notebook_best"]["threads"] == "all"


@pytest.mark.parametrize("task", ["no_such_task", "first_score"])
def test_a_side_that_fails_is_named_with_its_last_words(tmp_path, task):
    """The folder is empty: it has neither clips nor checkpoints."""
    cold = task == "first_score"
    with pytest.raises(BenchmarkError, match=rf"could not do {task}.*Error"):
        _measure([Task(task, "it", 1, {} if cold else {"count": 1}, cold=cold)], tmp_path)


def test_missing_data_is_one_sentence(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "ser", "benchmark", "--quick", "--data", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "AudioWAV" in done.stderr
    assert "Traceback" not in done.stderr
