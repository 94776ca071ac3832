"""The project against networks of the size of those that people fine-tune for this task.

python -m ser benchmark --pretrained --data DIR

wav2vec 2.0 (Baevski et al. 2020) in its two sizes, as the transformers library builds them, with a
classifier of six emotions on top. Their weights are random: nothing is downloaded, and they compute as
much as trained ones. What they would answer is not looked at, and so nothing here says who is right more
often. Each clip is scored alone, from its file. Every side runs in a process of its own, with the
libraries' threads on all cores and on one; what counts is the faster of the two.

python -m ser.benchmark.pretrained SIDE FOLDER     scores the clips in FOLDER/clips, prints JSON
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import util
from pathlib import Path

from tqdm import tqdm

from ser.benchmark.speed import BenchmarkError, _environment, _lay_out, describe_machine
from ser.corpus.crema_d import Corpus

REQUIREMENTS = "tests/benchmark-requirements.txt"
SIZES = {
    "wav2vec 2.0 base": {},  # the library's defaults are the paper's base
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
THREADS = (None, 1)  # what the libraries take by themselves, and one
CLIPS, ROUNDS = 20, 3


# ---- in the process of a side


def _listener() -> tuple[Callable[[Path], object], int]:
    """Return what scores a file, and the number of parameters."""
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


def measure(side: str, folder: Path) -> dict:
    """Return the mean seconds of a clip, bytes of memory at the peak, and the number of parameters."""
    import resource

    clips = sorted((folder / "clips").glob("*.wav"))
    score, parameters = _listener() if side == SIDES[0] else _wav2vec(side)
    score(clips[0])  # what is loaded and laid out on first use is not counted
    seconds = []
    for clip in clips:
        start = time.perf_counter()
        score(clip)
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"clip_s": statistics.mean(seconds), "bytes": peak, "parameters": parameters}


# ---- in turn


def compare_pretrained(data: str | os.PathLike | None = None, quick: bool = False) -> dict:
    """Score the same clips, one at a time, with every side in turn.

    Parameters
    ----------
    data : folder of CREMA-D; without it the clips are the project's own examples
    quick : one round of two clips, for a test

    Returns
    -------
    dict of plain values: `machine`, `clips` (where they are from), and `rows`, each with `label`,
    `parameters`, `threads` ("all" or "one", the faster), and medians over the rounds: `clip_s` and
    `bytes` of memory at the peak

    Raises
    ------
    BenchmarkError
        where the transformers library is not installed, or a side fails
    """
    if util.find_spec("transformers") is None:
        raise BenchmarkError(f"the transformers library is missing: pip install -r {REQUIREMENTS}")
    clips, rounds = (2, 1) if quick else (CLIPS, ROUNDS)
    runs: dict[tuple[str, int | None], list[dict]] = {(side, n): [] for side in SIDES for n in THREADS}
    with tempfile.TemporaryDirectory() as folder, tqdm(total=rounds * len(runs), desc="measuring") as bar:
        where = _lay_out(Path(folder), Corpus(data) if data else None, clips)
        for _ in range(rounds):
            for (side, threads), results in runs.items():
                results.append(_run(side, threads, Path(folder)))
                bar.update()
    rows = [
        min((_row(side, n, runs[side, n]) for n in THREADS), key=lambda row: row["clip_s"]) for side in SIDES
    ]
    return {"machine": describe_machine(), "clips": where, "rows": rows}


def _run(side: str, threads: int | None, folder: Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "ser.benchmark.pretrained", side, str(folder)],
        env=_environment(threads) | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BenchmarkError(f"{side} could not be measured; install {REQUIREMENTS} anew ({last})")
    return json.loads(done.stdout.splitlines()[-1])


def _row(side: str, threads: int | None, results: list[dict]) -> dict:
    medians = {key: statistics.median(result[key] for result in results) for key in results[0]}
    return {"label": side, "threads": "one" if threads else "all", "rounds": len(results)} | medians


def format_pretrained(result: dict) -> str:
    """Return a table for people of what `compare_pretrained` returned; ratios are against the first row."""
    ours = result["rows"][0]
    table = [["", "parameters", "a clip", "ratio", "memory", "ratio"]]
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
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    lines = [
        "  ".join(f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)).rstrip() for line in table
    ]
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    return "\n".join(
        [
            *lines,
            "",
            f"Clips of {result['clips']}, one at a time, from file to scores; medians of {ours['rounds']} rounds in "
            "turn, with all threads or one, whichever is faster; memory of the whole process at its peak. The "
            "weights of wav2vec 2.0 are random: this says nothing of whose scores are better.",
            f"Machine: {machine}.",
        ]
    )


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
