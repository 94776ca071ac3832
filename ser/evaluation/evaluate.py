"""How good a checkpoint is on actors it has never heard, along the same path as the app.

python -m ser evaluate --data DIR --checkpoint checkpoints/emotion --split test
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser.audio.reading import read_audio
from ser.corpus.crema_d import PARTS, Corpus, CorpusError, Split
from ser.evaluation.crowd import format_heard, heard_figures
from ser.evaluation.enrolment_regimes import REGIMES, Windows, draws, probabilities
from ser.evaluation.metrics import metrics
from ser.evaluation.predictions import HEARD_COLUMNS, write_predictions
from ser.labels import EMOTION_NAMES, LABELS
from ser.network.checkpoint import CheckpointError
from ser.recognition.bulk import over_files
from ser.recognition.recognizer import Recognizer

if TYPE_CHECKING:
    import pandas as pd


def evaluate(
    data: str | os.PathLike,
    checkpoint: str | os.PathLike | None = None,
    split: str = "val",
    out: str | os.PathLike | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
) -> dict:
    """Score the clips of one part of CREMA-D and return how good the scores are.

    Parameters
    ----------
    data : folder of CREMA-D
    checkpoint : folder of a checkpoint; the released emotion network when not given
    split : "train", "val" or "test"; which actors that is stands on the checkpoint's card
    out : CSV file for a row per clip with its six scores
    jobs, cluster : how the work is spread, see `ser.recognition.bulk`; by a few threads when not given

    Returns
    -------
    dict with checkpoint, parameters, split, clips, what `ser.evaluation.metrics.metrics` returns, sure: the share of the
    answers that are called sure and how many of those are right; and `people_heard`. Plain JSON values

    Raises
    ------
    CheckpointError, CorpusError, AudioError, ClusterError
        for a checkpoint, data set, clip or cluster that cannot be used
    """
    recognizer = Recognizer.load(checkpoint)
    corpus = Corpus(data)
    clips = clips_of_split(recognizer, corpus, split)
    table = predict_corpus(recognizer, corpus, clips, jobs=jobs, cluster=cluster)
    if out is not None:
        write_predictions(table, out)
    return summarise(recognizer, table, split) | people_heard(recognizer, corpus, table)


def people_heard(recognizer: Recognizer, corpus: Corpus, table: pd.DataFrame) -> dict:
    """Return `heard`, see `ser.evaluation.crowd.against_votes`, for networks that say what listeners would hear; else nothing."""
    figures = heard_figures(corpus, table, split_of_card(recognizer).train)
    return {"heard": figures} if figures else {}


def clips_of_split(recognizer: Recognizer, corpus: Corpus, split: str) -> pd.DataFrame:
    """Return the clips of one part, "train", "val" or "test", of a checkpoint's own split.

    `CorpusError` where the data set holds none of them.
    """
    actors = getattr(split_of_card(recognizer), split)
    clips = corpus.modelling[corpus.modelling["actor"].isin(actors)]
    if not len(clips):
        raise CorpusError(f"{corpus.root} holds no clip of the {split} actors: give the whole of CREMA-D.")
    return clips


def summarise(recognizer: Recognizer, table: pd.DataFrame, split: str) -> dict:
    """Return what `evaluate` returns, from scores that `predict_corpus` already made of one part."""
    found = {
        "checkpoint": str(recognizer.checkpoint.folder),
        "parameters": _parameters(recognizer),
        "split": split,
        "clips": len(table),
    }
    scores, labels = table[list(LABELS)].to_numpy(), table["emotion"].map(LABELS.index).to_numpy()
    sure = scores.max(axis=1) >= recognizer.thresholds.sure
    right = float((scores.argmax(axis=1) == labels)[sure].mean()) if sure.any() else None
    return found | metrics(scores, labels) | {"sure": {"share": float(sure.mean()), "accuracy": right}}


def split_of_card(recognizer: Recognizer) -> Split:
    """Return the split that a checkpoint was trained with; `CheckpointError` where its card has none."""
    parts = recognizer.checkpoint.card.get("split")
    if not isinstance(parts, dict) or not all(parts.get(part) for part in PARTS):
        raise CheckpointError(
            f"The card in {recognizer.checkpoint.folder} does not say which actors are in train, val and "
            "test: use a checkpoint that `python -m ser train` made."
        )
    return Split(*(tuple(parts[part]) for part in PARTS))


def predict_corpus(
    recognizer: Recognizer,
    corpus: Corpus,
    clips: pd.DataFrame,
    progress: bool = True,
    jobs: int | None = None,
    cluster: str | None = None,
) -> pd.DataFrame:
    """Score clips one by one, each alone, as the app would.

    Parameters
    ----------
    clips : rows of `corpus.clips`
    progress : show a bar on stderr
    jobs, cluster : how the work is spread, see `ser.recognition.bulk`; by a few threads when not given

    Returns
    -------
    DataFrame with the index of `clips` and the columns actor, sentence, emotion, level, split, a score for
    each of `ser.labels.LABELS`, and for networks that say what is heard also `ser.evaluation.predictions.HEARD_COLUMNS`
    """
    from tqdm import tqdm

    parts = split_of_card(recognizer)
    paths = [corpus.path(clip) for clip in clips.index]
    results = over_files(recognizer, work=Recognizer.recognize, files=paths, jobs=jobs, cluster=cluster)
    recognitions = [*tqdm(results, total=len(clips), desc="scoring", unit="clip", disable=not progress)]
    table = clips[["actor", "sentence", "emotion", "level"]].copy()
    table["split"] = [parts.part_of(actor) for actor in table["actor"]]
    table[list(LABELS)] = [[found.scores[label] for label in LABELS] for found in recognitions]
    if recognizer.hears:
        heard = [found.heard for found in recognitions if found.heard]
        table[list(HEARD_COLUMNS)] = [[shares[label] for label in LABELS] for shares in heard]
    return table


def corpus_windows(
    recognizer: Recognizer,
    corpus: Corpus,
    clips: pd.DataFrame,
    progress: bool = True,
    jobs: int | None = None,
    cluster: str | None = None,
) -> Windows:
    """Return the network's logits for every window of clips, each clip scored alone; see `predict_corpus`."""
    from tqdm import tqdm

    results = over_files(
        recognizer,
        work=_logits,
        files=[corpus.path(clip) for clip in clips.index],
        jobs=jobs,
        cluster=cluster,
    )
    found = [*tqdm(results, total=len(clips), desc="scoring", unit="clip", disable=not progress or None)]
    return Windows(
        np.concatenate(found),
        np.repeat(np.arange(len(found)), [len(windows) for windows in found]),
        clips["emotion"].map(LABELS.index).to_numpy(),
        clips["actor"].to_numpy(),
    )


def _logits(recognizer: Recognizer, path: Path) -> np.ndarray:
    return recognizer.window_logits(read_audio(path).samples)[1]


def evaluate_regime(
    recognizer: Recognizer, windows: Windows, regime: str, takes: int = 8, seed: int = 0
) -> dict:
    """Return how good the scores are in a regime of `ser.evaluation.enrolment_regimes.REGIMES`, the mean over its draws.

    Returns
    -------
    dict with regime, takes (None where the regime has its own), draws, clips (scored in a draw), accuracy,
    uar, macro_f1, ece, ece_by_chance, share (of the most frequent answer) and sure as in `evaluate`
    """
    zero_point = recognizer.zero_point if regime != "none" else None
    temperature = zero_point.temperature if zero_point else recognizer.temperature
    rows, clips = [], 0
    for draw in draws(windows, zero_point, regime, takes, seed):
        scores, labels = probabilities(windows, draw, temperature), windows.labels[draw.clips]
        found, clips = metrics(scores, labels), len(labels)
        sure = scores.max(axis=1) >= recognizer.thresholds.sure
        right = (scores.argmax(axis=1) == labels)[sure]
        rows.append(
            {key: found[key] for key in ("accuracy", "uar", "macro_f1", "ece", "ece_by_chance")}
            | {"share": float(np.bincount(scores.argmax(axis=1)).max() / len(labels))}
            | {"sure_share": float(sure.mean()), "sure_right": int(right.sum()), "sure_n": int(sure.sum())}
        )
    mean = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    right, n = mean.pop("sure_right"), mean.pop("sure_n")
    sure = {"share": mean.pop("sure_share"), "accuracy": right / n if n else None}
    how_many = takes if regime in ("takes", "same", "neutral") else None
    return {"regime": regime, "takes": how_many, "draws": len(rows), "clips": clips} | mean | {"sure": sure}


def format_regime(result: dict) -> str:
    """Return what `evaluate_regime` found as text for people."""
    words = REGIMES[result["regime"]].format(takes=result["takes"])
    drawn = f", mean of {result['draws']} draws" if result["draws"] > 1 else ""
    return (
        f"{words}: {result['clips']} clips{drawn}\naccuracy {result['accuracy']:.3f}   UAR {result['uar']:.3f}   "
        f"macro F1 {result['macro_f1']:.3f}   {_ece(result)}   most frequent answer {result['share']:.3f}\n"
        f"{_sure(**result['sure'])}"
    )


def format_evaluation(result: dict) -> str:
    """Return the result of `evaluate` as text for people: figures, a line per emotion, the confusion."""
    names = list(EMOTION_NAMES.values())
    width = max(map(len, names))
    emotions = [
        [f"{result['per_emotion'][label][key]:.3f}" for key in ("recall", "precision", "f1")]
        + [str(result["per_emotion"][label]["support"])]
        for label in LABELS
    ]
    confusion = [[str(count) for count in row] for row in result["confusion"]]
    return "\n".join(
        [
            f"{result['checkpoint']} ({result['parameters']:,} parameters) on the {result['split']} split, "
            f"{result['clips']} clips",
            f"accuracy {result['accuracy']:.3f}   UAR {result['uar']:.3f}   macro F1 "
            f"{result['macro_f1']:.3f}   {_ece(result)}",
            _sure(**result["sure"]),
            "",
            *_rows("", ["recall", "precision", "F1", "clips"], names, emotions, width),
            "",
            "Confusion: a row per acted emotion, a column per answer",
            *_rows("", names, names, confusion, width),
            *(["", format_heard(result["heard"])] if "heard" in result else []),
        ]
    )


def _parameters(recognizer: Recognizer) -> int:
    """Return how many the card says that were counted when it was released; to count them PyTorch is loaded."""
    counted = [
        part["parameters"]
        for part in recognizer.checkpoint.card.get("metrics", {}).values()
        if "parameters" in part
    ]
    return counted[0] if counted else sum(weights.numel() for weights in recognizer.network.parameters())


def _ece(figures: dict) -> str:
    return f"ECE {figures['ece']:.3f} (scores that are right: {figures['ece_by_chance']:.3f})"


def _sure(share: float, accuracy: float | None) -> str:
    return (
        "sure of no answer"
        if accuracy is None
        else f"sure of {share:.3f} of the clips, right in {accuracy:.3f} of those"
    )


def _rows(
    corner: str, heads: Sequence[str], names: Sequence[str], cells: Sequence[Sequence[str]], width: int
) -> list[str]:
    lines = [[corner, *heads], *([name, *row] for name, row in zip(names, cells, strict=True))]
    return [f"{name:<{width}}" + "".join(f"{cell:>{width + 2}}" for cell in row) for name, *row in lines]
