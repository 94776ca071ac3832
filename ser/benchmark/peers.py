"""The speed and memory of the project compared with tools that people install for parts of its work.

python -m ser benchmark --peers --data DIR

These are openSMILE with eGeMAPSv02, whose 88 features of a recording many studies of emotion in voices classify, and Silero VAD,
a small network that finds speech. Each side runs in a process of its own, on one thread. Each clip is read from its file. Nobody has marked where the speech in these clips begins and ends, so
the two voice finders are compared with each other.

python -m ser.benchmark.peers SIDE FOLDER     does the work of a side on the clips in FOLDER/clips, prints JSON
"""

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import numpy as np
from tqdm import tqdm

from ser.benchmark.memory import peak_bytes
from ser.benchmark.workers import (
    REQUIREMENTS,
    BenchmarkError,
    Spread,
    aligned,
    describe_machine,
    lay_out,
    run_worker,
    spread,
    time_each,
)
from ser.corpus.crema_d import Corpus
from ser.util.text import counted

CLIPS, ROUNDS = 200, 3
NEAR_S = (0.05, 0.1)  # between the edges of two voice finders
LIBRARIES = {"opensmile": "openSMILE", "silero_vad": "Silero VAD"}

Edges = tuple[float, float] | None  # start and end of the speech in seconds; None where no voice was found


class Side(NamedTuple):
    """Who does which work."""

    work: str
    label: str


SIDES = {
    "scores": Side("features", "Emotion Listener, features and scores"),
    "log_mel": Side("features", "Emotion Listener, features alone"),
    "opensmile": Side("features", "openSMILE, eGeMAPSv02"),
    "voice": Side("voice", "Emotion Listener, voice finder"),
    "silero": Side("voice", "Silero VAD, TorchScript"),
    "silero_onnx": Side("voice", "Silero VAD, ONNX Runtime"),
}
FIRST = {"features": "scores", "voice": "voice"}  # side that the others of the same work are compared with


class Measurement(TypedDict):
    """The cost of a side, and where it found a voice if that is its work."""

    clip_s: float  # median seconds per clip
    bytes: float  # peak memory of the process
    edges: list[Edges]  # of each clip; empty for features


class PeersRow(TypedDict):
    """A row of the result: the rounds of one side."""

    side: str
    clip_s: float  # median
    ratio: Spread  # of the time to that of the first side with the same work, in the same round
    mb: float


class Agreement(TypedDict):
    """How far the edges of the speech in the same clips differ between this project and Silero VAD."""

    clips: int  # in which both find a voice
    only_ours: int  # others, in which one of them does
    only_theirs: int
    start_s: Spread  # median, and lowest and highest tenth, of ours less theirs
    end_s: Spread
    start_near: list[float]  # share of clips with at most `NEAR_S` between them
    end_near: list[float]


class PeersResult(TypedDict):
    """What `compare_peers` returns."""

    machine: dict
    clips: str  # where they come from
    count: int
    rounds: int
    rows: list[PeersRow]
    agreement: Agreement | None  # None if there is no clip in which both find a voice


# ---- in the process of one side


def _work_of(side: str) -> Callable[[Path], Any]:
    """Return a function that does the work of a side on a file."""
    from ser.audio.reading import SAMPLE_RATE, load_audio

    if side == "scores":
        from ser.recognition.recognizer import Recognizer

        return Recognizer.load().recognize
    if side == "log_mel":
        from ser.audio.features import log_mel

        return lambda file: log_mel(load_audio(file))
    if side == "opensmile":
        import opensmile

        smile = opensmile.Smile(
            feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=opensmile.FeatureLevel.Functionals
        )
        return lambda file: smile.process_file(str(file))
    if side == "voice":
        from ser.audio.voice import find_voice

        def find(file: Path) -> Edges:
            voice = find_voice(load_audio(file))
            return (voice.start_s, voice.end_s) if voice.spans else None

        return find
    import silero_vad
    import torch

    network = silero_vad.load_silero_vad(onnx=side == "silero_onnx")

    def find_theirs(file: Path) -> Edges:
        spans = silero_vad.get_speech_timestamps(torch.from_numpy(load_audio(file)), network)
        return (spans[0]["start"] / SAMPLE_RATE, spans[-1]["end"] / SAMPLE_RATE) if spans else None

    return find_theirs


def measure(side: str, folder: Path) -> Measurement:
    """Do the work of a side on the clips in `folder`, one at a time."""
    clips = sorted((folder / "clips").glob("*.wav"))
    work = _work_of(side)
    seconds, results = time_each(work, clips)
    edges = results if SIDES[side].work == "voice" else []
    return {"clip_s": statistics.median(seconds), "bytes": peak_bytes(), "edges": edges}


# ---- all sides in turn


def compare_peers(data: str | os.PathLike | None = None, *, quick: bool = False) -> PeersResult:
    """Do the work of every side on the same clips, in turn.

    Parameters
    ----------
    data : folder of CREMA-D; the project's examples are used if None
    quick : one round of few clips, for a test

    Returns
    -------
    dict of plain values; see `PeersResult`

    Raises
    ------
    BenchmarkError
        if a library is not installed, or if a side fails
    """
    missing = [name for module, name in LIBRARIES.items() if util.find_spec(module) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise BenchmarkError(f"{' and '.join(missing)} {verb} missing: pip install -r {REQUIREMENTS}")
    count, rounds = (3, 1) if quick else (CLIPS, ROUNDS)
    runs: dict[str, list[Measurement]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as folder, tqdm(total=rounds * len(runs), desc="measuring") as bar:
        source = lay_out(Path(folder), corpus=Corpus(data) if data else None, count=count)
        for _ in range(rounds):
            for side, results in runs.items():
                results.append(
                    run_worker(
                        "ser.benchmark.peers",
                        *(side, folder),
                        threads=1,
                        name=SIDES[side].label,
                        cure=f"reinstall {REQUIREMENTS}",
                    )
                )
                bar.update()
    return {
        "machine": describe_machine(),
        "clips": source,
        "count": count,
        "rounds": rounds,
        "rows": [_row(side, runs[side], runs[FIRST[SIDES[side].work]]) for side in SIDES],
        "agreement": agreement(runs["voice"][0]["edges"], runs["silero"][0]["edges"]),
    }


def _row(side: str, results: list[Measurement], firsts: list[Measurement]) -> PeersRow:
    return {
        "side": side,
        "clip_s": statistics.median(result["clip_s"] for result in results),
        "ratio": spread(
            [result["clip_s"] / first["clip_s"] for result, first in zip(results, firsts, strict=True)]
        ),
        "mb": statistics.median(result["bytes"] for result in results) / 1e6,
    }


def agreement(ours: list[Edges], theirs: list[Edges]) -> Agreement | None:
    """Return how far edges in the same clips differ; None if there is no clip in which both find a voice.

    >>> agreement([(0.5, 1.0), None], [(0.4, 1.0), (0.0, 2.0)])["start_near"]
    [0.0, 1.0]
    """
    pairs = list(zip(ours, theirs, strict=True))
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    if not both:
        return None
    edges = np.array(both)  # (clips, 2 finders, 2 edges)
    start, end = (edges[:, 0] - edges[:, 1]).round(6).T

    def tenths(values: np.ndarray) -> Spread:
        low, median, high = np.quantile(values, (0.1, 0.5, 0.9)).tolist()
        return {"median": median, "low": low, "high": high}

    def near(values: np.ndarray) -> list[float]:
        return [float((np.abs(values) <= most).mean()) for most in NEAR_S]

    return {
        "clips": len(both),
        "only_ours": sum(other is None and one is not None for one, other in pairs),
        "only_theirs": sum(one is None and other is not None for one, other in pairs),
        "start_s": tenths(start),
        "end_s": tenths(end),
        "start_near": near(start),
        "end_near": near(end),
    }


def format_peers(result: PeersResult) -> str:
    """Return the result of `compare_peers` as a table and sentences for people."""
    table = [["", "a clip", "ratio", "memory"]]
    for row in result["rows"]:
        is_first = row["side"] in FIRST.values()
        ratio = "1" if is_first else "{median:.2f} ({low:.2f} to {high:.2f})".format(**row["ratio"])
        label = SIDES[row["side"]].label
        table.append([label, f"{row['clip_s'] * 1000:.2f} ms", ratio, f"{row['mb']:.0f} MB"])
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    return "\n".join(
        [
            *aligned(table),
            "",
            *(_agreement_lines(result["agreement"]) if result["agreement"] else []),
            f"{counted('clip', result['count'])} from {result['clips']}, one at a time, from the file, on one thread. Medians "
            f"of {counted('round', result['rounds'])} (lowest to highest); ratios are to the first row of the same work. "
            "Memory is the peak of the whole process.",
            f"Machine: {machine}.",
        ]
    )


def _agreement_lines(found: Agreement) -> list[str]:
    def about(edge: str, differences: Spread, near: list[float]) -> str:
        median, low, high = (1000 * differences[key] for key in ("median", "low", "high"))
        return (
            f"The speech {edge} {abs(median):.0f} ms {'later' if median > 0 else 'earlier'} for ours (median; "
            f"{low:+.0f} to {high:+.0f} ms in four clips of five): at most 50 ms apart in {near[0]:.0%} of clips, "
            f"100 ms in {near[1]:.0%}."
        )

    return [
        about("begins", found["start_s"], found["start_near"]),
        about("ends", found["end_s"], found["end_near"]),
        f"Both find a voice in {found['clips']} clips, ours alone in {found['only_ours']}, Silero VAD alone in "
        f"{found['only_theirs']}.",
    ]


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
