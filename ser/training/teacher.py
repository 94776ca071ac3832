"""The teacher: how another listener scores the training clips, each with a head that never heard its actor.

python -m ser teacher --data DIR --out teacher.npz
python -m ser train --network distilled --data DIR --teacher teacher.npz --start checkpoints/emotion --out DIR

The listener is the encoder of the wide network, which knows no clip of CREMA-D. A logistic regression reads the mean and
deviation of its steps, less the mean of all clips of the actor, in their main directions. It is fitted once for each fold of the training actors and
scores only those that it was not fitted on: scores of clips that it had fitted would tell little more than their labels.
For the same reason neither of the released networks is asked, nor the wide network's head. Each was trained on all of these
actors, and knows the labels of their clips by heart.

One temperature, fitted on those scores, makes them probabilities.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zipfile import BadZipFile

import numpy as np
import torch
from scipy.linalg import eigh
from scipy.special import softmax

from ser.adaptation.heads import fit_correction
from ser.errors import UserError
from ser.evaluation.metrics import metrics
from ser.labels import LABELS
from ser.recognition.calibration import fit_temperature
from ser.training.waveform_cache import label_numbers
from ser.util.files import write_atomically
from ser.util.text import counted

if TYPE_CHECKING:
    import pandas as pd

    from ser.corpus.crema_d import Corpus

FOLDS = 7  # of the training actors: nine of the 63 are scored at a time
MIN_DEVIATION = 1e-3  # of a number over all clips
DIRECTIONS = 512  # the penalty of the heads leaves next to nothing of the others, which would take minutes


class TeacherError(UserError):
    """A teacher's file that is missing, damaged, or made for other clips."""


class Lesson(NamedTuple):
    """What a teacher says of the training clips."""

    scores: np.ndarray  # (clips, 6) float32, each row adds up to 1
    uar: float  # of its answers, all about actors that the head had not heard
    temperature: float  # by which its logits were divided


def teach(statistics: np.ndarray, *, clips: pd.DataFrame, folds: int = FOLDS) -> Lesson:
    """Score each clip with a head that was fitted on other actors.

    Parameters
    ----------
    statistics : (clips, size) what an encoder hears in each clip
    clips : rows of `Corpus.modelling` for these clips
    folds : number of heads, at most one for each actor

    Raises
    ------
    TeacherError
        if there are fewer than two actors
    """
    actors, labels = clips["actor"].to_numpy(), label_numbers(clips).numpy()
    features = main_directions(centred(statistics, actors=actors))
    names = sorted(set(actors))
    if len(names) < 2:
        raise TeacherError(
            f"There is {counted('training actor', len(names))}, and a teacher needs two: use more of the data set."
        )
    logits = np.empty((len(clips), len(LABELS)))
    folds = min(folds, len(names))
    for fold in range(folds):
        asked = np.isin(actors, names[fold::folds])
        nothing = np.zeros((int((~asked).sum()), len(LABELS)))
        head = fit_correction(features[~asked], labels=labels[~asked], base=nothing)
        logits[asked] = features[asked] @ head.weights + head.bias
    temperature = fit_temperature(logits, labels)
    scores = softmax(logits / temperature, axis=1).astype(np.float32)
    return Lesson(scores, metrics(scores, labels)["uar"], temperature)


def centred(statistics: np.ndarray, *, actors: np.ndarray) -> np.ndarray:
    """Return statistics (clips, size) less the mean of all clips of the same actor, as float64."""
    features = statistics.astype(np.float64)
    for actor in set(actors):
        features[actors == actor] -= features[actors == actor].mean(axis=0)
    return features


def main_directions(features: np.ndarray) -> np.ndarray:
    """Return standardised features (clips, size) along their 512 directions of most variance, or along all of fewer."""
    features = features / np.maximum(features.std(axis=0), MIN_DEVIATION)
    size = features.shape[1]
    _, directions = eigh(features.T @ features, subset_by_index=[max(size - DIRECTIONS, 0), size - 1])
    return features @ directions


def make_teacher(
    corpus: Corpus, *, clips: pd.DataFrame, encoded: str | os.PathLike, out: str | os.PathLike
) -> Lesson:
    """Let the encoder hear the training clips, fit the heads, and write what they say to a file.

    Parameters
    ----------
    clips : training clips, rows of `Corpus.modelling`
    encoded : folder of encoded clips, which the recipe `wide` may share
    out : file to write, .npz

    Raises
    ------
    TeacherError
        if there are too few actors
    EncoderError
        if the encoder is not installed
    """
    from ser.network.encoder import Encoder
    from ser.network.encoder_files import PUBLISHED, find_encoder
    from ser.training.encoded_clips import EncodedCorpus

    heard = EncodedCorpus(
        corpus,
        clips=clips,
        encoder=Encoder(find_encoder(PUBLISHED)),
        encoder_id=PUBLISHED.sha256,
        folder=Path(encoded) / "train",
        versions=1,
    )
    lesson = teach(heard.versions[0].statistics.numpy(), clips=clips)
    write_lesson(out, clips=clips, scores=lesson.scores)
    return lesson


def write_lesson(file: str | os.PathLike, *, clips: pd.DataFrame, scores: np.ndarray) -> None:
    """Write the scores (clips, 6) of training clips, with the clips' names and actors."""
    with write_atomically(file) as out:
        names, actors = (np.array(list(values), dtype=str) for values in (clips.index, clips["actor"]))
        np.savez(out, clips=names, actors=actors, scores=scores)


def read_teacher(
    file: str | os.PathLike, *, clips: pd.DataFrame, unheard: Collection[str] = ()
) -> torch.Tensor:
    """Return the (clips, 6) float32 scores of training clips from a teacher's file.

    Parameters
    ----------
    clips : rows of `Corpus.modelling`
    unheard : actors whom the teacher must not know, because the network is validated or tested on them

    Raises
    ------
    TeacherError
        if the file cannot be read, lacks a clip, or knows an actor that it must not know
    """
    try:
        with np.load(file, allow_pickle=False) as saved:
            names, actors, scores = saved["clips"], saved["actors"], saved["scores"]
        by_clip = dict(
            zip(names.tolist(), np.asarray(scores, np.float32).reshape(-1, len(LABELS)), strict=True)
        )
        fits = (
            np.isfinite(scores).all()
            and np.allclose(scores.sum(axis=1), 1, atol=1e-3)
            and (scores >= 0).all()
        )
    except FileNotFoundError as error:
        raise TeacherError(f"{file} is missing: make it with `python -m ser teacher`.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile) as error:
        raise TeacherError(
            f"{file} is not the file of a teacher: make it again with `python -m ser teacher`."
        ) from error
    if known := sorted(set(unheard) & set(actors.tolist())):
        raise TeacherError(
            f"The teacher in {file} has heard actor {known[0]}, whom this run keeps for validation or test: make one for this split "
            "with `python -m ser teacher`, its --split-seed or its --fold."
        )
    missing = [clip for clip in clips.index if clip not in by_clip]
    if not fits or missing:
        what = f"lacks {counted('training clip', len(missing))}" if missing else "holds no scores from 0 to 1"
        raise TeacherError(
            f"{file} {what}: make it again with `python -m ser teacher` from the same data set."
        )
    return torch.from_numpy(np.stack([by_clip[clip] for clip in clips.index]))
