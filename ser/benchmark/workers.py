"""What the benchmarks share: the environment and the clips of worker processes, the machine, and tables."""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, TypedDict, TypeVar

from ser.corpus.crema_d import Corpus
from ser.errors import UserError

EXAMPLES = Path(__file__).parents[1] / "assets" / "examples"
REQUIREMENTS = "tests/benchmark-requirements.txt"  # of what this project is compared with
Item = TypeVar("Item")
Result = TypeVar("Result")
THREAD_VARIABLES = ("OMP", "MKL", "OPENBLAS", "NUMBA", "VECLIB_MAXIMUM")  # each with _NUM_THREADS


class Spread(TypedDict):
    """The median of the rounds, and the lowest and highest value."""

    median: float
    low: float
    high: float


class BenchmarkError(UserError):
    """A measurement that failed."""


def spread(values: list[float]) -> Spread:
    """Return the median of some rounds, and the lowest and highest value."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def environment_with_threads(threads: int | None) -> dict[str, str]:
    """Return the environment of a worker: with the number of threads set, or, for None, as most people have it."""
    variables = [f"{library}_NUM_THREADS" for library in THREAD_VARIABLES]
    environment = {key: value for key, value in os.environ.items() if key not in variables}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    return environment | (dict.fromkeys(variables, str(threads)) if threads else {})


def run_worker(module: str, *arguments: str, threads: int | None, name: str, cure: str) -> Any:
    """Run a module in a process of its own; return the JSON value that it prints last.

    Parameters
    ----------
    threads : see `environment_with_threads`
    name : what it measures, for people
    cure : what to do if it fails

    Raises
    ------
    BenchmarkError
        if it fails; the message quotes its last line
    """
    process = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment_with_threads(threads) | {"HF_HUB_OFFLINE": "1"},  # nothing is downloaded
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        raise BenchmarkError(f"{name} could not be measured ({last_line(process.stderr)}): {cure}.")
    return json.loads(process.stdout.splitlines()[-1])


def last_line(log: str) -> str:
    """Return the last line of the log of a failed process, which usually says what went wrong."""
    return (log.strip().splitlines() or ["it wrote nothing"])[-1]


def lay_out(folder: Path, *, corpus: Corpus | None, count: int) -> str:
    """Fill a folder with clips and checkpoints; return where the clips come from.

    Parameters
    ----------
    folder : empty; `ser.benchmark.tasks` says what it holds afterwards
    corpus : data set to take the clips from; the project's examples are repeated if None
    count : number of clips
    """
    (folder / "clips").mkdir()
    if corpus is None:
        _copy_examples(folder / "clips", count)
    else:
        names = corpus.modelling.index
        for name in names[:: max(1, len(names) // count)][:count]:
            file = corpus.path(name).absolute()
            (folder / "clips" / file.name).symlink_to(file)
        (folder / "data").symlink_to(corpus.root.absolute())
        test_names = names[corpus.modelling["actor"].isin(corpus.split().test)]
        files = [str(corpus.path(name).absolute()) for name in test_names]
        (folder / "test.json").write_text(json.dumps(files), encoding="utf-8")
    from ser.network.checkpoint import CHECKPOINTS
    from ser.network.loading import save_checkpoint
    from ser.network.model import NETWORKS

    for name, network in NETWORKS.items():
        if (CHECKPOINTS / name / "weights.pt").is_file():
            shutil.copytree(CHECKPOINTS / name, folder / name)
        else:  # untrained weights take as long
            save_checkpoint(folder / name, network=network(), card={})
    return "the project's examples" if corpus is None else "CREMA-D"


def _copy_examples(folder: Path, count: int) -> None:
    """Write the example clips as `count` WAV files, repeating them under new names."""
    import soundfile

    from ser.audio.reading import SAMPLE_RATE, load_audio

    examples = [load_audio(file) for file in sorted(EXAMPLES.glob("*.flac"))]
    for i in range(count):
        soundfile.write(folder / f"{i:05}.wav", examples[i % len(examples)], SAMPLE_RATE)


def describe_machine() -> dict:
    """Return what the measurements depend on: cores, processor and versions."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in ("torch", "librosa", "matplotlib")},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def aligned(table: list[list[str]]) -> list[str]:
    """Return the rows of a table as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def time_each(work: Callable[[Item], Result], items: Sequence[Item]) -> tuple[list[float], list[Result]]:
    """Return how long the work on each item took, in seconds, and its results; the first work, uncounted, may load."""
    work(items[0])
    seconds, results = [], []
    for item in items:
        start = time.perf_counter()
        results.append(work(item))
        seconds.append(time.perf_counter() - start)
    return seconds, results
