"""How good a checkpoint is on actors it has never heard, along the same path as the app.

python -m ser evaluate --data DIR --checkpoint checkpoints/emotion --split test
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict

import numpy as np

from ser.audio.reading import read_audio
from ser.corpus.crema_d import PARTS, Corpus, CorpusError, Split
from ser.evaluation.crowd import HeardFigures, format_heard, heard_figures
from ser.evaluation.enrolment_regimes import REGIMES, Windows, draws, probabilities
from ser.evaluation.metrics import Metrics, metrics
from ser.evaluation.predictions import HEARD_COLUMNS, write_predictions
from ser.labels import EMOTION_NAMES, LABELS
from ser.network.checkpoint import CheckpointError
from ser.recognition.bulk import over_files
from ser.recognition.recognizer import Recognizer

if TYPE_CHECKING:
    import pandas as pd


class Sure(TypedDict):
    """The share of the answers that are called sure, and how many of those are right; None where none is sure."""

    share: float
    accuracy: float | None


class Evaluation(Metrics):
    """What `evaluate` returns: plain JSON values."""

    checkpoint: str
    parameters: int
    split: str
    clips: int
    sure: Sure
    heard: NotRequired[HeardFigures]


class RegimeFigures(TypedDict):
    """What `evaluate_regime` returns: plain JSON values."""

    regime: str
    takes: int | None
    draws: int
    clips: int
    accuracy: float
    uar: float
    macro_f1: float
    ece: float
    ece_by_chance: float
    share: float
    sure: Sure


def evaluate(
    data: str | os.PathLike,
    *,
    checkpoint: str | os.PathLike | None = None,
    split: str = "val",
    out: str | os.PathLike | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
) -> Evaluation:
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
    `Evaluation`; heard, see `ser.evaluation.crowd.against_votes`, only for networks that estimate what listeners hear

    Raises
    ------
    CheckpointError, CorpusError, AudioError, ClusterError
        for a checkpoint, data set, clip or cluster that cannot be used
    """
    recognizer = Recognizer.load(checkpoint)
    corpus = Corpus(data)
    clips = clips_of_split(recognizer, corpus=corpus, split=split)
    table = predict_corpus(recognizer, corpus=corpus, clips=clips, jobs=jobs, cluster=cluster)
    if out is not None:
        write_predictions(table, out)
    return summarise_beside_people(recognizer, corpus=corpus, table=table, split=split)


def summarise_beside_people(
    recognizer: Recognizer, *, corpus: Corpus, table: pd.DataFrame, split: str
) -> Evaluation:
    """Return what `evaluate` returns, from scores that `predict_corpus` already made of one part."""
    result = summarise(recognizer, table=table, split=split)
    heard = heard_figures(corpus, table=table, training_actors=split_of_card(recognizer).train)
    if heard is not None:
        result["heard"] = heard
    return result


def clips_of_split(recognizer: Recognizer, *, corpus: Corpus, split: str) -> pd.DataFrame:
    """Return the clips of one part, "train", "val" or "test", of a checkpoint's own split.

    `CorpusError` where the data set holds none of them.
    """
    actors = getattr(split_of_card(recognizer), split)
    clips = corpus.modelling[corpus.modelling["actor"].isin(actors)]
    if not len(clips):
        raise CorpusError(f"{corpus.root} holds no clip of the {split} actors: give the whole of CREMA-D.")
    return clips


def summarise(recognizer: Recognizer, *, table: pd.DataFrame, split: str) -> Evaluation:
    """Return `summarise_beside_people` without the people, which needs no data set."""
    scores, labels = table[list(LABELS)].to_numpy(), table["emotion"].map(LABELS.index).to_numpy()
    sure = scores.max(axis=1) >= recognizer.thresholds.sure
    right = float((scores.argmax(axis=1) == labels)[sure].mean()) if sure.any() else None
    return {
        "checkpoint": str(recognizer.checkpoint.folder),
        "parameters": _parameters(recognizer),
        "split": split,
        "clips": len(table),
        **metrics(scores, labels),
        "sure": {"share": float(sure.mean()), "accuracy": right},
    }


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
    *,
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
    if recognizer.predicts_votes:
        heard = [found.heard for found in recognitions if found.heard]
        table[list(HEARD_COLUMNS)] = [[shares[label] for label in LABELS] for shares in heard]
    return table


def corpus_windows(
    recognizer: Recognizer,
    *,
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
    recognizer: Recognizer, *, windows: Windows, regime: str, takes: int = 8, seed: int = 0
) -> RegimeFigures:
    """Return how good the scores are in a regime of `ser.evaluation.enrolment_regimes.REGIMES`, the mean over its draws.

    Returns
    -------
    `RegimeFigures`: takes is None where the regime has its own, clips the number scored in a draw, share that of the
    most frequent answer
    """
    zero_point = recognizer.zero_point if regime != "none" else None
    temperature = zero_point.temperature if zero_point else recognizer.temperature
    rows, clips = [], 0
    for draw in draws(windows, zero_point=zero_point, regime=regime, takes=takes, seed=seed):
        scores, labels = (
            probabilities(windows, draw=draw, temperature=temperature),
            windows.labels[draw.clips],
        )
        figures, clips = metrics(scores, labels), len(labels)
        sure = scores.max(axis=1) >= recognizer.thresholds.sure
        right = (scores.argmax(axis=1) == labels)[sure]
        rows.append(
            {
                "accuracy": figures["accuracy"],
                "uar": figures["uar"],
                "macro_f1": figures["macro_f1"],
                "ece": figures["ece"],
                "ece_by_chance": figures["ece_by_chance"],
                "share": float(np.bincount(scores.argmax(axis=1)).max() / len(labels)),
                "sure": float(sure.mean()),
                "n_sure": int(sure.sum()),
                "n_sure_and_right": int(right.sum()),
            }
        )
    mean = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    return {
        "regime": regime,
        "takes": takes if regime in ("takes", "same", "neutral") else None,
        "draws": len(rows),
        "clips": clips,
        "accuracy": mean["accuracy"],
        "uar": mean["uar"],
        "macro_f1": mean["macro_f1"],
        "ece": mean["ece"],
        "ece_by_chance": mean["ece_by_chance"],
        "share": mean["share"],
        "sure": {
            "share": mean["sure"],
            "accuracy": mean["n_sure_and_right"] / mean["n_sure"] if mean["n_sure"] else None,
        },
    }


def format_regime(result: RegimeFigures) -> str:
    """Return what `evaluate_regime` found as text for people."""
    words = REGIMES[result["regime"]].format(takes=result["takes"])
    drawn = f", mean of {result['draws']} draws" if result["draws"] > 1 else ""
    return (
        f"{words}: {result['clips']} clips{drawn}\naccuracy {result['accuracy']:.3f}   UAR {result['uar']:.3f}   "
        f"macro F1 {result['macro_f1']:.3f}   {_ece(result)}   most frequent answer {result['share']:.3f}\n"
        f"{_sure(**result['sure'])}"
    )


def format_evaluation(result: Evaluation) -> str:
    """Return the result of `evaluate` as text for people: figures, a line per emotion, the confusion."""
    names = list(EMOTION_NAMES.values())
    width = max(map(len, names))
    emotions = [
        [f"{row['recall']:.3f}", f"{row['precision']:.3f}", f"{row['f1']:.3f}", str(row["support"])]
        for row in (result["per_emotion"][label] for label in LABELS)
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


def _ece(figures: Evaluation | RegimeFigures) -> str:
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
