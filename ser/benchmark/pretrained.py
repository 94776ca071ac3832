"""The speed and memory of the project compared with networks that people fine-tune for this task.

python -m ser benchmark --pretrained --data DIR

These are the two sizes of wav2vec 2.0 (Baevski et al. 2020) as the transformers library builds them, with a classifier
of six emotions on top. Their weights are random, so nothing is downloaded; trained ones would take as long. Their
scores are ignored: this benchmark says nothing about accuracy. Each clip is scored alone, from its file. Each side runs
in its own process, with the libraries' threads on all cores and on one; the faster of the two counts.

python -m ser.benchmark.pretrained SIDE FOLDER     scores the clips in FOLDER/clips, prints JSON
"""

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import TypedDict

from tqdm import tqdm

from ser.benchmark.memory import peak_bytes
from ser.benchmark.workers import (
    REQUIREMENTS,
    BenchmarkError,
    aligned,
    describe_machine,
    lay_out,
    run_worker,
    time_each,
)
from ser.corpus.crema_d import Corpus

SIZES = {
    "wav2vec 2.0 base": {},  # the library's defaults are the base size of the paper
    "wav2vec 2.0 large": {
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "feat_extract_norm": "layer",
        "do_stable_layer_norm": True,
        "conv_bias": True,
    },
}
SIDES = ("Emotion Listener", *SIZES)
THREADS = (None, 1)  # the libraries' default, and one
CLIPS, ROUNDS = 20, 3


class Measurement(TypedDict):
    """The cost of scoring."""

    clip_s: float  # mean seconds per clip
    bytes: float  # peak memory of the process
    parameters: float


class PretrainedRow(Measurement):
    """A row of the result: medians over the rounds of one side, with the faster number of threads."""

    label: str
    threads: str  # "all" or "one"
    rounds: int


class PretrainedResult(TypedDict):
    """What `compare_pretrained` returns."""

    machine: dict
    clips: str  # where they come from
    rows: list[PretrainedRow]


# ---- in the process of one side


def _listener() -> tuple[Callable[[Path], object], int]:
    """Return a function that scores a file, and the number of parameters."""
    from ser.recognition.recognizer import Recognizer

    recognizer = Recognizer.load()
    card = recognizer.checkpoint.card
    return recognizer.recognize, card["metrics"]["val"]["parameters"]


def _wav2vec(side: str) -> tuple[Callable[[Path], object], int]:
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForSequenceClassification

    from ser.audio.reading import load_audio
    from ser.labels import LABELS

    config = Wav2Vec2Config(num_labels=len(LABELS), **SIZES[side])
    network = Wav2Vec2ForSequenceClassification(config).eval()

    @torch.inference_mode()
    def score(file: Path) -> list[float]:
        samples = torch.from_numpy(load_audio(file))[None]
        samples = (samples - samples.mean()) / (samples.std() + 1e-7)  # as its feature extractor does
        return network(samples).logits.softmax(1)[0].tolist()

    return score, sum(parameter.numel() for parameter in network.parameters())


def measure(side: str, folder: Path) -> Measurement:
    """Score the clips in `folder` with one side, one at a time."""
    clips = sorted((folder / "clips").glob("*.wav"))
    score, parameters = _listener() if side == SIDES[0] else _wav2vec(side)
    seconds, _ = time_each(score, clips)
    return {"clip_s": statistics.mean(seconds), "bytes": peak_bytes(), "parameters": parameters}


# ---- all sides in turn


def compare_pretrained(data: str | os.PathLike | None = None, *, quick: bool = False) -> PretrainedResult:
    """Score the same clips with every side in turn, one clip at a time.

    Parameters
    ----------
    data : folder of CREMA-D; the project's examples are used if None
    quick : one round of two clips, for a test

    Returns
    -------
    dict of plain values; see `PretrainedResult`

    Raises
    ------
    BenchmarkError
        if the transformers library is not installed, or if a side fails
    """
    if util.find_spec("transformers") is None:
        raise BenchmarkError(f"The transformers library is missing: pip install -r {REQUIREMENTS}")
    clips, rounds = (2, 1) if quick else (CLIPS, ROUNDS)
    runs: dict[tuple[str, int | None], list[Measurement]] = {(side, n): [] for side in SIDES for n in THREADS}
    with tempfile.TemporaryDirectory() as folder, tqdm(total=rounds * len(runs), desc="measuring") as bar:
        source = lay_out(Path(folder), corpus=Corpus(data) if data else None, count=clips)
        for _ in range(rounds):
            for (side, threads), results in runs.items():
                results.append(_run(side, threads, Path(folder)))
                bar.update()
    rows = [
        min((_row(side, n, runs[side, n]) for n in THREADS), key=lambda row: row["clip_s"]) for side in SIDES
    ]
    return {"machine": describe_machine(), "clips": source, "rows": rows}


def _run(side: str, threads: int | None, folder: Path) -> Measurement:
    cure = f"reinstall {REQUIREMENTS}"
    return run_worker("ser.benchmark.pretrained", side, str(folder), threads=threads, name=side, cure=cure)


def _row(side: str, threads: int | None, results: list[Measurement]) -> PretrainedRow:
    return {
        "label": side,
        "threads": "one" if threads else "all",
        "rounds": len(results),
        "clip_s": statistics.median(result["clip_s"] for result in results),
        "bytes": statistics.median(result["bytes"] for result in results),
        "parameters": statistics.median(result["parameters"] for result in results),
    }


def format_pretrained(result: PretrainedResult) -> str:
    """Return the result of `compare_pretrained` as a table for people; ratios are to the first row."""
    ours = result["rows"][0]
    table = [["", "parameters", "per clip", "ratio", "memory", "ratio"]]
    for row in result["rows"]:
        table.append(
            [
                row["label"],
                f"{row['parameters'] / 1e6:.1f} M",
                f"{row['clip_s'] * 1000:.0f} ms ({row['threads']})",
                f"{row['clip_s'] / ours['clip_s']:.0f}",
                f"{row['bytes'] / 1e6:.0f} MB",
                f"{row['bytes'] / ours['bytes']:.1f}",
            ]
        )
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    return "\n".join(
        [
            *aligned(table),
            "",
            f"Clips from {result['clips']}, one at a time, from file to scores. Times are medians of {ours['rounds']} "
            "rounds, with all threads or one, whichever is faster. Memory is the peak of the whole process. The weights of "
            "wav2vec 2.0 are random, so this says nothing about accuracy.",
            f"Machine: {machine}.",
        ]
    )


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
