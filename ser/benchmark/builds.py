"""This version of the project compared with another one, in one run.

python -m ser benchmark --against DIR --data DIR

Each task is the command `recognize` in a cold process. The versions take turns, so that other load on the machine affects
both; the time that the processor spends on it is hardly affected, and is measured beside the time that passes. What the
versions answer is compared, too.
"""

import csv
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypedDict

import numpy as np
from tqdm import tqdm

from ser.audio.reading import MAX_S, SAMPLE_RATE, load_audio
from ser.benchmark.memory import tree_mb
from ser.benchmark.workers import (
    BenchmarkError,
    Spread,
    aligned,
    describe_machine,
    last_line,
    lay_out,
    spread,
)
from ser.corpus.crema_d import Corpus
from ser.labels import LABELS
from ser.util.text import counted

HERE = Path(__file__).resolve().parents[2]
CLIPS, ROUNDS = 1000, 5
QUICK_CLIPS, QUICK_S = 4, 12.0
LOOK_S = 0.05  # between looks at the memory of a process
PAUSES_S = (0.1, 0.7)  # shortest and longest between the clips of the long recording
NOISE = 1e-4  # of full scale, in the pauses, too


class Run(NamedTuple):
    """What a process took, and what it answered."""

    seconds: float
    processor_s: float
    mb: float  # the most that it and the processes it started had in memory at a time; 0 without /proc
    scores: np.ndarray  # (files, 6)


class BuildsRow(TypedDict):
    """One task: what this version takes, and the ratios to the other version in the same round."""

    task: str
    seconds: float
    mb: float
    ratio: Spread  # of the time that passes
    processor_ratio: Spread
    memory_ratio: Spread
    difference: float  # the greatest between scores of the same file


class BuildsResult(TypedDict):
    """What `compare_builds` returns."""

    machine: dict
    clips: str
    rounds: int
    rows: list[BuildsRow]


def compare_builds(
    other: Path, *, data: str | os.PathLike | None = None, quick: bool = False
) -> BuildsResult:
    """Score a clip, many clips and ten minutes with this version and another, in turn.

    Parameters
    ----------
    other : folder of the other version, such as a git worktree
    data : folder of CREMA-D; the project's examples are used if None
    quick : one round of little work, for a test

    Returns
    -------
    dict of plain values; see `BuildsResult`

    Raises
    ------
    BenchmarkError
        if there is no version of this project in `other`, or a process fails or leaves a file without scores
    CorpusError
        if there is no data set in `data`
    """
    if not (other / "ser" / "__main__.py").is_file():
        raise BenchmarkError(f"{other} holds no version of this project: give the folder of a checkout.")
    count, rounds, long_s = (QUICK_CLIPS, 1, QUICK_S) if quick else (CLIPS, ROUNDS, MAX_S)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = lay_out(folder, corpus=Corpus(data) if data else None, count=count)
        clips = sorted((folder / "clips").glob("*.wav"))
        long = folder / "long.wav"
        write_long(long, clips=clips, seconds=long_s)
        tasks: dict[str, list[Path]] = {
            "first score, cold process": clips[:1],
            f"{count} clips": clips,
            f"a recording of {long_s / 60:g} minutes": [long],
        }
        rows = []
        with tqdm(total=2 * rounds * len(tasks), desc="measuring", unit="run", disable=None) as bar:
            for task, files in tasks.items():
                ours: list[Run] = []
                theirs: list[Run] = []
                for round_ in range(rounds):
                    turns = [(HERE, ours), (other.resolve(), theirs)]
                    for build, runs in turns[:: -1 if round_ % 2 else 1]:
                        runs.append(recognize(build, files))
                        bar.update()
                rows.append(_row(task, ours, theirs))
    return {"machine": describe_machine(), "clips": source, "rounds": rounds, "rows": rows}


def write_long(file: Path, *, clips: Sequence[Path], seconds: float) -> None:
    """Write a recording of some length: clips with pauses of different lengths between them, and a little noise."""
    import soundfile

    random = np.random.default_rng(0)
    parts: list[np.ndarray] = []
    missing = n = round(seconds * SAMPLE_RATE)
    while missing > 0:
        parts += [load_audio(clips[len(parts) // 2 % len(clips)])]
        parts += [np.zeros(round(random.uniform(*PAUSES_S) * SAMPLE_RATE), np.float32)]
        missing -= len(parts[-1]) + len(parts[-2])
    samples = np.concatenate(parts)[:n]
    soundfile.write(file, samples + random.normal(scale=NOISE, size=n), SAMPLE_RATE)


def recognize(build: Path, files: Sequence[Path]) -> Run:
    """Score files with the version in a folder, in a process of its own."""
    command = [sys.executable, "-m", "ser", "recognize", *map(str, files), "--format", "csv"]
    environment = os.environ | {"PYTHONPATH": str(build)}
    with tempfile.TemporaryFile("w+") as table, tempfile.TemporaryFile("w+", errors="replace") as log:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        with subprocess.Popen(command, cwd=build, env=environment, stdout=table, stderr=log) as process:
            mb = 0.0
            while process.poll() is None:
                mb = max(mb, tree_mb(process.pid))
                time.sleep(LOOK_S)
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        table.seek(0)
        rows = list(csv.DictReader(io.StringIO(table.read())))
        if process.returncode or len(rows) != len(files) or not all(row["top"] for row in rows):
            log.seek(0)
            raise BenchmarkError(f"{build} could not score the clips ({last_line(log.read())}).")
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    scores = np.array([[float(row[label]) for label in LABELS] for row in rows])
    return Run(seconds, processor_s, mb, scores)


def _row(task: str, ours: list[Run], theirs: list[Run]) -> BuildsRow:
    def ratios(name: str) -> Spread:
        pairs = [(getattr(one, name), getattr(other, name)) for one, other in zip(ours, theirs, strict=True)]
        return spread([one / other if other else 1.0 for one, other in pairs])

    return {
        "task": task,
        "seconds": spread([run.seconds for run in ours])["median"],
        "mb": spread([run.mb for run in ours])["median"],
        "ratio": ratios("seconds"),
        "processor_ratio": ratios("processor_s"),
        "memory_ratio": ratios("mb"),
        "difference": float(np.abs(ours[0].scores - theirs[0].scores).max()),
    }


def format_builds(result: BuildsResult) -> str:
    """Return the result of `compare_builds` as a table for people."""
    table = [
        [
            "",
            "this version",
            "of the other's time",
            "of its processor time",
            "memory",
            "of the other's",
            "scores differ",
        ]
    ]
    for row in result["rows"]:
        ratios = [
            "{median:.2f} ({low:.2f} to {high:.2f})".format(**row[key])
            for key in ("ratio", "processor_ratio", "memory_ratio")
        ]
        time_and_memory = [f"{row['seconds']:.2f} s", *ratios[:2], f"{row['mb']:.0f} MB", ratios[2]]
        table.append([row["task"], *time_and_memory, f"by {row['difference']:.1g} at most"])
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    return "\n".join(
        [
            *aligned(table),
            "",
            f"Medians of {counted('round', result['rounds'])} (lowest to highest); the versions take turns.",
            f"Clips: {result['clips']}. Machine: {machine}.",
        ]
    )
