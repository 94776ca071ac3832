"""The speed of the project compared with the notebook's, for the same work.

python -m ser benchmark --data DIR

Each side runs in its own process. They take turns, one task at a time, so that other load on the machine affects both.
The table compares the project with the notebook twice: with its defaults, that is PyTorch's and librosa's threads on
all cores, and with all threads or one, whichever is faster.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, TypedDict

from tqdm import tqdm

from ser.benchmark.workers import (
    BenchmarkError,
    Spread,
    aligned,
    describe_machine,
    environment_with_threads,
    last_line,
    lay_out,
    spread,
)
from ser.corpus.crema_d import Corpus
from ser.corpus.layout import report_left_out

EXAMPLE_CLIPS = 1000  # copies of the examples, used without a data set
# Side and number of threads of its libraries (None: their default), by the name of the contestant.
CONTESTANTS = {
    "project": ("project", None),
    "notebook, all threads": ("notebook", None),
    "notebook, one thread": ("notebook", 1),
}


class Task(NamedTuple):
    """A row of the table: what both sides do in each round, with the same arguments."""

    name: str
    label: str
    rounds: int
    arguments: dict[str, int]
    warm_up: bool = True  # an uncounted first round fills caches: compiled code, fonts, files
    cold: bool = False  # in a new process, whose start and imports count
    alone: bool = False  # the notebook has nothing like it
    compiles: bool = False  # without the code that numba has compiled for librosa before, as on a new machine


class ProjectTimes(TypedDict):
    """How long the project takes, per clip, step or start."""

    seconds: Spread


class NotebookTimes(ProjectTimes):
    """How long the notebook takes, and the ratio to the project's time in the same round."""

    ratio: Spread
    threads: str  # "all" or "one"


class BenchmarkRow(TypedDict):
    """A row of the result: one task on both sides; the notebook's times are None for what it cannot do."""

    task: str
    label: str
    rounds: int
    project: ProjectTimes
    notebook_default: NotebookTimes | None
    notebook_best: NotebookTimes | None


class BenchmarkResult(TypedDict):
    """What `benchmark` returns."""

    machine: dict
    clips: str  # where they come from
    rows: list[BenchmarkRow]


def plan(files: int, *, quick: bool = False, corpus: bool = False) -> list[Task]:
    """Return the tasks to measure.

    Parameters
    ----------
    files : number of clips to prepare
    quick : one round of very little work each, which only shows that everything runs, with code that numba has compiled
    corpus : the files are those of CREMA-D, so its test split can be evaluated
    """
    if quick:
        clips, steps, pictures, files, batch, scored, labels, rounds = 2, 1, 1, 3, 2, 2, 12, (1, 1)
    else:
        clips, steps, pictures, batch, scored, labels, rounds = 100, 2, 20, 32, 1000, 500, (5, 3)
    many_rounds, few_rounds = rounds
    tasks = [
        Task("features", "features, per clip", many_rounds, {"count": clips}),
        Task("png", "PNG, per clip", many_rounds, {"count": pictures}),
        Task("first_score", "first score, cold process", many_rounds, {}, cold=True),
        Task("first_score", "first score, new machine", few_rounds, {}, cold=True, compiles=True),
        Task("test_split", "evaluate the test split from WAV, one command", few_rounds, {}, cold=True)
        if corpus and not quick
        else Task(
            "score", f"score {scored} clips from WAV, cold process", few_rounds, {"count": scored}, cold=True
        ),
        Task("prepare", f"prepare {files} clips, per clip", few_rounds, {"count": files}),
        Task(
            "prepare_png",
            f"prepare {files} clips with PNG, per clip",
            few_rounds - 1 or 1,
            {"count": files},
            False,
        ),
        Task("step", f"training step, {batch} clips", many_rounds, {"count": steps, "batch": batch}),
        Task(
            "adapt",
            f"learn from {labels} labelled clips, cold process",
            few_rounds,
            {"count": labels},
            cold=True,
            alone=True,
        ),
    ]
    return [
        task._replace(
            warm_up=task.warm_up and not quick and not task.compiles, compiles=task.compiles and not quick
        )
        for task in tasks
    ]


def benchmark(data: str | os.PathLike | None = None, *, quick: bool = False) -> BenchmarkResult:
    """Measure every task on the project and on the notebook, in turn.

    Parameters
    ----------
    data : folder of CREMA-D; the project's examples are used if None
    quick : one round of very little work, for a test

    Returns
    -------
    dict of plain values; see `BenchmarkResult`

    Raises
    ------
    BenchmarkError
        if a side fails; the message quotes the last line that it wrote
    CorpusError
        if there is no data set in `data`
    """
    corpus = Corpus(data) if data else None
    report_left_out(corpus.left_out if corpus else ())
    files = EXAMPLE_CLIPS if corpus is None else len(corpus.modelling)
    tasks = plan(files, quick=quick, corpus=corpus is not None)
    with tempfile.TemporaryDirectory() as folder:
        clips = lay_out(
            Path(folder), corpus=corpus, count=max(task.arguments.get("count", 0) for task in tasks)
        )
        times = _measure(tasks, Path(folder))
    rows = [summarise(task, times[task.label]) for task in tasks]
    return {"machine": describe_machine(), "clips": clips, "rows": rows}


def _measure(tasks: list[Task], folder: Path) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of every round, by the label of the task and by contestant."""
    times: dict[str, dict[str, list[float]]] = {
        task.label: {name: [] for name in CONTESTANTS} for task in tasks
    }
    total = sum((task.rounds + task.warm_up) * len(_contestants(task)) for task in tasks)
    with contextlib.ExitStack() as stack:
        workers = {
            name: stack.enter_context(_worker(side, threads, folder))
            for name, (side, threads) in CONTESTANTS.items()
        }
        bar = stack.enter_context(tqdm(total=total, desc="measuring", unit="run"))
        for task in tasks:
            for round_ in range(-task.warm_up, task.rounds):
                # Every second round runs in reverse, so that no contestant always follows the same one.
                for name in _contestants(task)[:: -1 if round_ % 2 else 1]:
                    seconds = workers[name].run(task, warm_up=round_ < 0)
                    bar.update()
                    if round_ >= 0:
                        times[task.label][name].append(seconds)
    return times


def _contestants(task: Task) -> list[str]:
    return ["project"] if task.alone else list(CONTESTANTS)


@dataclass
class _Worker:
    side: str
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen
    requests: IO[str]
    replies: IO[str]
    log: IO[str]

    def run(self, task: Task, warm_up: bool) -> float:
        """Do a task once; return its seconds per clip, step or start."""
        arguments = dict(task.arguments)
        if warm_up and arguments:
            arguments["count"] = min(arguments["count"], 4)
        if task.cold:
            return self._time_cold_process(task, arguments)
        try:
            self.requests.write(json.dumps({"task": task.name} | arguments) + "\n")
            self.requests.flush()
            reply = self.replies.readline()
        except BrokenPipeError:
            reply = ""
        if not reply:
            self.process.wait()
            self._fail(task.name)
        return json.loads(reply)

    def _time_cold_process(self, task: Task, arguments: dict[str, int]) -> float:
        with tempfile.TemporaryDirectory() as empty:
            start = time.perf_counter()
            done = subprocess.run(
                _command(self.side, self.folder, task.name, json.dumps(arguments)),
                env=self.environment | ({"NUMBA_CACHE_DIR": empty} if task.compiles else {}),
                stdout=subprocess.PIPE,
                stderr=self.log,
                check=False,
            )
            seconds = time.perf_counter() - start
        if done.returncode:
            self._fail(task.name)
        return seconds

    def _fail(self, task: str) -> None:
        self.log.seek(0)
        raise BenchmarkError(
            f"The {self.side} could not do {task} ({last_line(self.log.read())}): reinstall requirements.txt."
        )


@contextlib.contextmanager
def _worker(side: str, threads: int | None, folder: Path) -> Iterator[_Worker]:
    environment = environment_with_threads(threads)
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log,
        subprocess.Popen(
            _command(side, folder),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdin is not None, "it is a pipe"
            assert process.stdout is not None, "it is a pipe"
            yield _Worker(side, folder, environment, process, process.stdin, process.stdout, log)
        finally:
            process.kill()


def _command(side: str, folder: Path, *task: str) -> list[str]:
    return [sys.executable, "-m", "ser.benchmark.tasks", side, str(folder), *task]


def summarise(task: Task, times: dict[str, list[float]]) -> BenchmarkRow:
    """Return a row of the result, from the seconds of every contestant in every round."""
    project = times["project"]
    row: BenchmarkRow = {
        "task": task.name,
        "label": task.label,
        "rounds": task.rounds,
        "project": {"seconds": spread(project)},
        "notebook_default": None,
        "notebook_best": None,
    }
    if task.alone:
        return row

    def against(name: str) -> NotebookTimes:
        ratios = [theirs / ours for theirs, ours in zip(times[name], project, strict=True)]
        threads = name.split()[1]
        return {"seconds": spread(times[name]), "ratio": spread(ratios), "threads": threads}

    default, single = against("notebook, all threads"), against("notebook, one thread")
    best = min(default, single, key=lambda side: side["seconds"]["median"])
    row["notebook_default"], row["notebook_best"] = default, best
    return row


def format_benchmark(result: BenchmarkResult) -> str:
    """Return the result of `benchmark` as a table for people."""
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    table = [["", "project", "notebook, defaults", "ratio", "notebook, best threads", "ratio"]]
    for row in result["rows"]:
        cells = [row["label"], _time(row["project"]["seconds"]["median"])]
        for side in (row["notebook_default"], row["notebook_best"]):
            if side is None:
                cells += ["", ""]
                continue
            cells.append(f"{_time(side['seconds']['median'])} ({side['threads']})")
            cells.append("{median:.1f} ({low:.1f} to {high:.1f})".format(**side["ratio"]))
        table.append(cells)
    rounds = sorted({row["rounds"] for row in result["rows"]})
    return "\n".join(
        [
            *aligned(table),
            "",
            "Times are medians of {} rounds. Ratios are the notebook's time over the project's in the same round: "
            "median (lowest to highest).".format(" or ".join(map(str, rounds))),
            f"Clips: {result['clips']}. Machine: {machine}.",
        ]
    )


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"
