"""The time and the memory of the wide network compared with those of the small one, in one run.

python -m ser benchmark --wide --data DIR

Each network runs in a process of its own and scores the same clips, one at a time, from file to scores. The processes
take turns, so that other load on the machine affects both.

python -m ser.benchmark.wide CHECKPOINT FOLDER     scores the clips in FOLDER/clips for every line on stdin
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TypedDict

from tqdm import tqdm

from ser.benchmark.memory import peak_bytes
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
from ser.network.checkpoint import DEFAULT_CHECKPOINT, WIDE_CHECKPOINT, open_checkpoint
from ser.network.encoder_files import EncoderSource, find_encoder

CLIPS, ROUNDS = 60, 9
MAX_RATIO, MAX_MORE_MB = 2.5, 350  # the targets


class NetworkCost(TypedDict):
    """The cost of scoring with one network."""

    clip_s: Spread  # seconds per clip
    mb: float  # peak memory of its process


class WideResult(TypedDict):
    """What `compare_wide` returns."""

    machine: dict
    clips: str  # where they come from
    rounds: int
    small: NetworkCost
    wide: NetworkCost
    ratio: Spread  # of the wide network's time to that of the small one in the same round
    more_mb: float


def serve(checkpoint: str, clips: list[Path]) -> None:
    """Score the clips for every line on standard input, and print seconds per clip and the peak memory so far."""
    from ser.recognition.recognizer import Recognizer

    recognizer = Recognizer.load(checkpoint)
    recognizer.recognize(clips[0])  # loading on first use is not counted
    for _ in sys.stdin:
        start = time.perf_counter()
        for clip in clips:
            recognizer.recognize(clip)
        seconds = (time.perf_counter() - start) / len(clips)
        print(json.dumps({"clip_s": seconds, "bytes": peak_bytes()}), flush=True)


def compare_wide(
    data: str | os.PathLike | None = None,
    *,
    small: Path = DEFAULT_CHECKPOINT,
    wide: Path = WIDE_CHECKPOINT,
    quick: bool = False,
) -> WideResult:
    """Score the same clips with both networks in turn, one clip at a time.

    Parameters
    ----------
    data : folder of CREMA-D; the project's examples are used if None
    small, wide : checkpoint folders
    quick : one round of two clips, for a test

    Returns
    -------
    dict of plain values; see `WideResult`

    Raises
    ------
    EncoderError
        if the encoder of the wide network is not installed
    BenchmarkError
        if a process fails
    CorpusError
        if there is no data set in `data`
    """
    find_encoder(EncoderSource.of(open_checkpoint(wide)))  # fail at once
    count, rounds = (2, 1) if quick else (CLIPS, ROUNDS)
    costs: dict[Path, list[dict]] = {small: [], wide: []}
    with (
        tempfile.TemporaryDirectory() as folder,
        tqdm(total=2 * rounds, desc="measuring") as bar,
        contextlib.ExitStack() as stack,
    ):
        source = lay_out(Path(folder), corpus=Corpus(data) if data else None, count=count)
        workers = {one: stack.enter_context(_worker(one, Path(folder))) for one in costs}
        for round_ in range(rounds):
            for one in [*costs][:: -1 if round_ % 2 else 1]:
                costs[one].append(_ask(*workers[one]))
                bar.update()
    ratios = [theirs["clip_s"] / ours["clip_s"] for ours, theirs in zip(*costs.values(), strict=True)]
    ours, theirs = (
        NetworkCost(clip_s=spread([cost["clip_s"] for cost in each]), mb=each[-1]["bytes"] / 1e6)
        for each in costs.values()
    )
    return {
        "machine": describe_machine(),
        "clips": source,
        "rounds": rounds,
        "small": ours,
        "wide": theirs,
        "ratio": spread(ratios),
        "more_mb": theirs["mb"] - ours["mb"],
    }


@contextlib.contextmanager
def _worker(checkpoint: Path, folder: Path) -> Iterator[tuple[subprocess.Popen, IO[str]]]:
    command = [sys.executable, "-m", __name__, str(checkpoint.resolve()), str(folder)]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log,
        subprocess.Popen(
            command,
            env=environment_with_threads(None),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield process, log
        finally:
            process.kill()


def _ask(process: subprocess.Popen, log: IO[str]) -> dict:
    assert process.stdin is not None, "it is a pipe"
    assert process.stdout is not None, "it is a pipe"
    reply = ""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write("\n")
        process.stdin.flush()
        reply = process.stdout.readline()
    if reply:
        return json.loads(reply)
    process.wait()
    log.seek(0)
    raise BenchmarkError(
        f"A network could not be measured ({last_line(log.read())}): reinstall requirements.txt."
    )


def format_wide(result: WideResult) -> str:
    """Return the result of `compare_wide` as a table for people."""
    table = [["", "per clip", "memory"]]
    for name in ("small", "wide"):
        cost = result[name]
        table.append([name, f"{cost['clip_s']['median'] * 1000:.1f} ms", f"{cost['mb']:.0f} MB"])
    ratio = "{median:.2f} ({low:.2f} to {high:.2f})".format(**result["ratio"])
    table.append(["wide against small", f"{ratio} times", f"{result['more_mb']:+.0f} MB"])
    table.append(["aim", f"at most {MAX_RATIO}", f"at most {MAX_MORE_MB:+} MB"])
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    return "\n".join(
        [
            *aligned(table),
            "",
            f"Clips: {result['clips']}, one at a time, from file to scores. Times are medians of {result['rounds']} "
            "rounds; the ratio is that of the same round: median (lowest to highest). Memory is the peak of each process.",
            f"Machine: {machine}.",
        ]
    )


if __name__ == "__main__":
    serve(sys.argv[1], sorted(Path(sys.argv[2], "clips").glob("*.wav")))
