"""Evaluate a checkpoint on actors it was not trained on, along the same path as the app.

python -m ser evaluate --data DIR --checkpoint checkpoints/emotion --split test
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict

import numpy as np

from ser.audio.reading import read_audio
from ser.corpus.crema_d import Corpus
from ser.corpus.errors import CorpusError
from ser.corpus.known import known_corpus
from ser.corpus.layout import report_left_out
from ser.corpus.splits import PARTS, Split
from ser.evaluation.crowd import PerceivedFigures, format_perceived, perceived_figures
from ser.evaluation.enrolment_regimes import REGIMES, Windows, draws, probabilities
from ser.evaluation.intensity import IntensityFigures, format_intensity, intensity_figures
from ser.evaluation.metrics import Metrics, metrics, missing_emotions
from ser.evaluation.predictions import HEARD_COLUMNS, INTENSITY_COLUMN, write_predictions
from ser.evaluation.sureness import Sure, format_sure, sure_figures
from ser.labels import EMOTION_NAMES, LABELS
from ser.network.checkpoint import CheckpointError
from ser.recognition.bulk import over_files
from ser.recognition.recognizer import Recognizer
from ser.recognition.speaker_offset import softmax
from ser.recognition.verdict import sure_answers
from ser.util.text import counted

if TYPE_CHECKING:
    import pandas as pd


class Evaluation(Metrics):
    """What `evaluate` returns: plain JSON values."""

    checkpoint: str
    parameters: int
    split: str  # "val" or "test", or the title of another corpus
    clips: int
    sure: Sure
    heard: NotRequired[PerceivedFigures]
    intensity: NotRequired[IntensityFigures]


class RegimeFigures(TypedDict):
    """What `evaluate_regime` returns: plain JSON values."""

    regime: str
    takes: int | None  # None for a regime that fixes their number itself
    draws: int
    clips: int  # scored in a draw
    speakers: int  # of these clips; those whose clips are all takes are left out
    accuracy: float
    uar: float
    macro_f1: float
    ece: float
    ece_by_chance: float
    share: float  # of the most frequent answer
    sure: Sure


def evaluate(
    data: str | os.PathLike,
    *,
    checkpoint: str | os.PathLike | None = None,
    recognizer: Recognizer | None = None,
    split: str = "val",
    corpus_name: str | None = None,
    out: str | os.PathLike | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
) -> Evaluation:
    """Score the clips of one split of CREMA-D, or of another corpus, and measure how good the scores are.

    Parameters
    ----------
    data : folder of CREMA-D, or of the other corpus
    checkpoint : folder of a checkpoint; defaults to the released emotion network
    recognizer : the network to score with, for example one with an adaptation; takes the place of `checkpoint`
    split : "train", "val" or "test"; the checkpoint's card says which actors belong to it
    corpus_name : one of `ser.corpus.known.CORPORA`, all of whose clips are scored; CREMA-D if None
    out : CSV file to write, with a row per clip and its six scores
    jobs, cluster : how the work is spread, see `ser.recognition.bulk`; defaults to a few threads

    Returns
    -------
    `Evaluation`; only networks that estimate perceived emotions have `heard`, see `ser.evaluation.crowd.against_votes`,
    and those that estimate how strong a clip sounds `intensity`, see `ser.evaluation.intensity.intensity_figures`

    Raises
    ------
    CheckpointError, CorpusError, AudioError, ClusterError
        for a checkpoint, data set, clip or cluster that cannot be used
    """
    recognizer = recognizer or Recognizer.load(checkpoint)
    known = known_corpus(corpus_name) if corpus_name else None
    corpus = Corpus(data, known=known)
    report_left_out(corpus.left_out)
    clips = corpus.modelling if known else clips_of_split(recognizer, corpus=corpus, split=split)
    table = predict_corpus(recognizer, corpus=corpus, clips=clips, jobs=jobs, cluster=cluster)
    if out is not None:
        write_predictions(table, out)
    if known:
        return summarise(recognizer, table=table, split=known.title)
    return summarise_beside_people(recognizer, corpus=corpus, table=table, split=split)


def summarise_beside_people(
    recognizer: Recognizer, *, corpus: Corpus, table: pd.DataFrame, split: str
) -> Evaluation:
    """Return what `evaluate` returns, given the scores that `predict_corpus` computed for one split."""
    result = summarise(recognizer, table=table, split=split)
    perceived = perceived_figures(corpus, table=table, training_actors=split_of_card(recognizer).train)
    if perceived is not None:
        result["heard"] = perceived
    if recognizer.intensity and "rating" in corpus.clips:
        ratings = corpus.clips["rating"]
        result["intensity"] = intensity_figures(table, ratings=ratings, readout=recognizer.intensity)
    return result


def clips_of_split(recognizer: Recognizer, *, corpus: Corpus, split: str) -> pd.DataFrame:
    """Return the clips of "train", "val" or "test", as the checkpoint's card splits the actors.

    Raises `CorpusError` if the data set has none of them.
    """
    actors = getattr(split_of_card(recognizer), split)
    clips = corpus.modelling[corpus.modelling["actor"].isin(actors)]
    if not len(clips):
        raise CorpusError(
            f"{corpus.root} has no clip of the {split} actors: use the complete CREMA-D data set."
        )
    return clips


def summarise(recognizer: Recognizer, *, table: pd.DataFrame, split: str) -> Evaluation:
    """Return `summarise_beside_people` without `heard` and `intensity`; this does not need the data set."""
    scores, labels = table[list(LABELS)].to_numpy(), table["emotion"].map(LABELS.index).to_numpy()
    heard = table[list(HEARD_COLUMNS)].to_numpy() if {*HEARD_COLUMNS} <= {*table.columns} else None
    return {
        "checkpoint": str(recognizer.checkpoint.folder),
        "parameters": _parameters(recognizer),
        "split": split,
        "clips": len(table),
        **metrics(scores, labels),
        "sure": sure_figures(scores, labels=labels, thresholds=recognizer.thresholds, heard=heard),
    }


def split_of_card(recognizer: Recognizer) -> Split:
    """Return the split that a checkpoint was trained with; raise `CheckpointError` if its card has none."""
    parts = recognizer.checkpoint.card.get("split")
    if isinstance(parts, dict) and parts.get("validated_on") == "clips":
        raise CheckpointError(
            f"{recognizer.checkpoint.folder} was validated on clips of the speakers that it was trained on, so it has no "
            "validation or test speakers: train it without --validate-on clips, or score other clips with `recognize`."
        )
    if not isinstance(parts, dict) or not all(parts.get(part) for part in PARTS):
        raise CheckpointError(
            f"The card in {recognizer.checkpoint.folder} does not say which actors are in train, val and "
            "test: use a checkpoint made by `python -m ser train`."
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
    """Score each clip on its own, as the app would.

    Parameters
    ----------
    clips : rows of `corpus.clips`
    progress : show a bar on stderr
    jobs, cluster : how the work is spread, see `ser.recognition.bulk`; defaults to a few threads

    Returns
    -------
    DataFrame with the index of `clips` and the columns actor, sentence, emotion, level, split and a score for each of
    `ser.labels.LABELS`; networks that estimate perceived emotions add `ser.evaluation.predictions.HEARD_COLUMNS`, those
    that estimate how strong a clip sounds the columns intensity and speech_dbfs, the level of its speech
    """
    from tqdm import tqdm

    parts = None if corpus.known else split_of_card(recognizer)
    paths = [corpus.path(clip) for clip in clips.index]
    results = over_files(recognizer, work=Recognizer.recognize, files=paths, jobs=jobs, cluster=cluster)
    recognitions = [*tqdm(results, total=len(clips), desc="scoring", unit="clip", disable=not progress)]
    table = clips[["actor", "sentence", "emotion", "level"]].copy()
    # Other corpora are new to the network, as the actors for test are.
    table["split"] = [parts.part_of(actor) if parts else "test" for actor in table["actor"]]
    table[list(LABELS)] = [[one.scores[label] for label in LABELS] for one in recognitions]
    if recognizer.predicts_votes:
        perceived = [one.heard for one in recognitions if one.heard]
        table[list(HEARD_COLUMNS)] = [[shares[label] for label in LABELS] for shares in perceived]
    if recognizer.intensity:
        table[INTENSITY_COLUMN] = [one.intensity for one in recognitions]
        table["speech_dbfs"] = [one.quality.speech_dbfs for one in recognitions]
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
    """Return the network's logits and distances for every window of some clips; the parameters are those of `predict_corpus`."""
    from tqdm import tqdm

    results = over_files(
        recognizer,
        work=_listen,
        files=[corpus.path(clip) for clip in clips.index],
        jobs=jobs,
        cluster=cluster,
    )
    parts = [*tqdm(results, total=len(clips), desc="scoring", unit="clip", disable=not progress or None)]
    logits, distances, shares = zip(*parts, strict=True)
    return Windows(
        np.concatenate(logits),
        np.repeat(np.arange(len(logits)), [len(windows) for windows in logits]),
        clips["emotion"].map(LABELS.index).to_numpy(),
        clips["actor"].to_numpy(),
        np.concatenate(distances),
        np.array(shares) if recognizer.predicts_votes else None,
    )


def _listen(recognizer: Recognizer, path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    answers = recognizer.window_answers(read_audio(path).samples)
    shares = None if answers.votes is None else softmax(answers.votes).mean(axis=0)
    return answers.logits, answers.distances, shares


def evaluate_regime(
    recognizer: Recognizer,
    *,
    windows: Windows,
    regime: str,
    takes: int = 8,
    seed: int = 0,
    unlike: bool = False,
) -> RegimeFigures:
    """Measure how good the scores are after enrolment, as a mean over the draws of enrolment clips.

    Parameters
    ----------
    windows : what `corpus_windows` returned
    regime : one of `ser.evaluation.enrolment_regimes.REGIMES`
    takes : enrolment clips per speaker, for the regimes that do not fix their number
    seed : of the draws
    unlike : whether the clips are unlike those that the network learned from

    Raises
    ------
    CorpusError
        if no clip is left to score
    """
    zero_point = recognizer.zero_point if regime != "none" else None
    temperature = zero_point.temperature if zero_point else recognizer.temperature
    rows, clips, speakers = [], 0, 0
    for draw in draws(windows, zero_point=zero_point, regime=regime, takes=takes, seed=seed, unlike=unlike):
        if not len(draw.clips):
            raise CorpusError(
                "No clip is left to score, as every clip of each speaker is a take: choose a smaller --takes, or use a data "
                "set with more clips of each speaker."
            )
        scores = probabilities(windows, draw=draw, temperature=temperature, ground=recognizer.ground)
        labels = windows.labels[draw.clips]
        speakers = len(np.unique(windows.speakers[draw.clips]))
        figures, clips = metrics(scores, labels), len(labels)
        heard = None if windows.heard is None else windows.heard[draw.clips]
        sure = sure_answers(scores, thresholds=recognizer.thresholds, heard=heard)
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
        "takes": takes if "{takes}" in REGIMES[regime] else None,
        "draws": len(rows),
        "clips": clips,
        "speakers": speakers,
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
    """Format the result of `evaluate_regime` as text."""
    regime = REGIMES[result["regime"]].format(takes=result["takes"])
    draws_note = f", mean of {result['draws']} draws" if result["draws"] > 1 else ""
    return (
        f"{regime}: {result['clips']} clips of {counted('speaker', result['speakers'])}{draws_note}\naccuracy {result['accuracy']:.3f}   UAR {result['uar']:.3f}   "
        f"macro F1 {result['macro_f1']:.3f}   {_ece(result)}   most frequent answer {result['share']:.3f}\n"
        f"{format_sure(result['sure'])}"
    )


def format_evaluation(result: Evaluation) -> str:
    """Format the result of `evaluate` as text: overall figures, a line per emotion, and the confusion matrix."""
    names = list(EMOTION_NAMES.values())
    width = max(map(len, names))
    emotions = [
        [f"{row['recall']:.3f}", f"{row['precision']:.3f}", f"{row['f1']:.3f}", str(row["support"])]
        if row["support"]
        else ["-", "-", "-", "0"]
        for row in (result["per_emotion"][label] for label in LABELS)
    ]
    where = f"the {result['split']} split" if result["split"] in PARTS else result["split"]
    missing = [EMOTION_NAMES[label].lower() for label in missing_emotions(result["per_emotion"])]
    confusion = [[str(count) for count in row] for row in result["confusion"]]
    return "\n".join(
        [
            f"{result['checkpoint']} ({result['parameters']:,} parameters) on {where}, "
            f"{result['clips']} clips",
            f"accuracy {result['accuracy']:.3f}   UAR {result['uar']:.3f}   macro F1 "
            f"{result['macro_f1']:.3f}   {_ece(result)}",
            format_sure(result["sure"]),
            *([f"no clips: {', '.join(missing)}; the UAR is the mean of the others"] if missing else []),
            "",
            *_rows("", ["recall", "precision", "F1", "clips"], names, emotions, width),
            "",
            "Confusion: a row per acted emotion, a column per answer",
            *_rows("", names, names, confusion, width),
            *(["", format_perceived(result["heard"])] if "heard" in result else []),
            *(["", format_intensity(result["intensity"])] if "intensity" in result else []),
        ]
    )


def _parameters(recognizer: Recognizer) -> int:
    """Return the number of parameters on the card, if there is one: counting them would load PyTorch."""
    counted = [
        part["parameters"]
        for part in recognizer.checkpoint.card.get("metrics", {}).values()
        if "parameters" in part
    ]
    return counted[0] if counted else sum(weights.numel() for weights in recognizer.network.parameters())


def _ece(figures: Evaluation | RegimeFigures) -> str:
    return f"ECE {figures['ece']:.3f} (expected for exact scores: {figures['ece_by_chance']:.3f})"


def _rows(
    corner: str, heads: Sequence[str], names: Sequence[str], cells: Sequence[Sequence[str]], width: int
) -> list[str]:
    lines = [[corner, *heads], *([name, *row] for name, row in zip(names, cells, strict=True))]
    return [f"{name:<{width}}" + "".join(f"{cell:>{width + 2}}" for cell in row) for name, *row in lines]
