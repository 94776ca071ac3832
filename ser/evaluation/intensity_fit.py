"""Fit the reading of a network's embedding to the ratings of CREMA-D's crowd: how strong a clip sounds.

python -m ser intensity --data DIR --checkpoint checkpoints/emotion
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser.audio.quality import measure_quality
from ser.audio.reading import read_audio
from ser.corpus.crema_d import Corpus
from ser.corpus.errors import CorpusError
from ser.evaluation.evaluate import split_of_card
from ser.evaluation.intensity import IntensityFigures, intensity_figures
from ser.evaluation.predictions import INTENSITY_COLUMN, PREDICTIONS_FILE, read_predictions, write_predictions
from ser.network.checkpoint import write_card
from ser.recognition.bulk import over_files
from ser.recognition.intensity import Readout
from ser.recognition.recognizer import Recognizer

if TYPE_CHECKING:
    import pandas as pd

PENALTIES = (10.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0, 100_000.0)  # on standardised embeddings
DIGITS = 6  # of a weight on the card: a rating changes by less than a ten-thousandth


@dataclass(frozen=True)
class HeardClips:
    """What is needed of some clips to fit a reading.

    Attributes
    ----------
    embeddings : (n, size) mean over the windows of each
    levels : (n,) level of the speech in dB
    ratings : (n,) of the crowd
    """

    embeddings: np.ndarray
    levels: np.ndarray
    ratings: np.ndarray

    def part(self, chosen: np.ndarray) -> HeardClips:
        """Return the clips that a mask (n,) chooses."""
        return HeardClips(self.embeddings[chosen], self.levels[chosen], self.ratings[chosen])


def hear(
    recognizer: Recognizer, *, corpus: Corpus, clips: pd.DataFrame, jobs: int | None = None
) -> HeardClips:
    """Run the network on the clips of a corpus; ratings are NaN where the crowd gave none."""
    heard = [
        *over_files(recognizer, work=_hear, files=[corpus.path(clip) for clip in clips.index], jobs=jobs)
    ]
    embeddings, levels = zip(*heard, strict=True)
    return HeardClips(np.stack(embeddings), np.array(levels), clips["rating"].to_numpy(np.float64))


def _hear(recognizer: Recognizer, path: Path) -> tuple[np.ndarray, float]:
    samples = read_audio(path).samples
    embedding = recognizer.window_answers(samples).embeddings.mean(axis=0, dtype=np.float64)
    return embedding, measure_quality(samples).speech_dbfs


def fit_readout(train: HeardClips, *, validation: HeardClips) -> Readout:
    """Fit the reading to the ratings of the training clips by ridge regression.

    The penalty is the one with the highest correlation on validation. Ridge regression draws predictions towards their
    mean, so they are then spread as far as the training ratings are, which leaves the correlation as it is. Loudness is
    spread in the same way.
    """
    mean, deviation = train.embeddings.mean(axis=0), train.embeddings.std(axis=0) + 1e-9
    seen, unseen = (train.embeddings - mean) / deviation, (validation.embeddings - mean) / deviation
    squares, products = seen.T @ seen, seen.T @ (train.ratings - train.ratings.mean())
    candidates = [
        np.linalg.solve(squares + penalty * np.eye(len(squares)), products) for penalty in PENALTIES
    ]
    best = max(candidates, key=lambda weights: np.corrcoef(unseen @ weights, validation.ratings)[0, 1])
    weights = best * train.ratings.std() / (unseen @ best).std() / deviation
    rounded = np.array([float(f"{weight:.{DIGITS}g}") for weight in weights])
    slope = np.sign(np.corrcoef(train.levels, train.ratings)[0, 1]) * train.ratings.std() / train.levels.std()
    low, high = np.quantile(train.ratings, [1 / 3, 2 / 3])
    return Readout(
        weights=tuple(rounded.tolist()),
        bias=round(float(train.ratings.mean() - mean @ rounded), 3),
        levels=(round(float(low), 1), round(float(high), 1)),
        loudness=(
            round(float(slope), 3),
            round(float(train.ratings.mean() - slope * train.levels.mean()), 3),
        ),
    )


def with_readout(
    recognizer: Recognizer, *, corpus: Corpus, jobs: int | None = None
) -> tuple[Recognizer, pd.Series, IntensityFigures]:
    """Fit the reading of a network on the training actors of its split.

    Parameters
    ----------
    corpus : CREMA-D with the ratings of its crowd
    jobs : see `ser.recognition.bulk.over_files`

    Returns
    -------
    the recognizer with the reading on its card; the intensity of every modelling clip; and how well those of the
    validation clips agree with the crowd

    Raises
    ------
    CorpusError
        if the data set has no ratings, or none of the actors of a part
    CheckpointError
        if the card does not say which actors the network was trained on
    """
    if "rating" not in corpus.clips:
        raise CorpusError(
            f"{corpus.root} has no ratings of CREMA-D's crowd: fetch processedResults/tabulatedVotes.csv with "
            f"`python -m ser download --out {corpus.root}`."
        )
    clips, split = corpus.modelling, split_of_card(recognizer)
    heard = hear(recognizer, corpus=corpus, clips=clips, jobs=jobs)
    rated = np.isfinite(heard.ratings)
    train, validation = (
        heard.part(rated & clips["actor"].isin(actors).to_numpy()) for actors in (split.train, split.val)
    )
    if not len(train.ratings) or not len(validation.ratings):
        raise CorpusError(
            f"{corpus.root} lacks rated clips of the training or validation actors: use the complete CREMA-D data set."
        )
    readout = fit_readout(train, validation=validation)
    ratings = [readout.rating(embedding[None]) for embedding in heard.embeddings]
    table = clips.assign(intensity=ratings, speech_dbfs=heard.levels)
    figures = intensity_figures(
        table[table["actor"].isin(split.val)], ratings=clips["rating"], readout=readout
    )
    return recognizer.with_card({"intensity": readout.to_dict()}), table["intensity"], figures


def add_intensity(folder: str | os.PathLike, *, corpus: Corpus, jobs: int | None = None) -> IntensityFigures:
    """Fit the reading of a released network, and write it on its card and the intensity of all clips to its predictions.

    Returns how well those of the validation clips agree with the crowd. Parameters and errors are those of
    `with_readout`; `PredictionsError` if the folder has damaged predictions.
    """
    recognizer, intensity, figures = with_readout(Recognizer.load(folder), corpus=corpus, jobs=jobs)
    folder = Path(folder)
    file = folder / PREDICTIONS_FILE
    if file.is_file():
        table = read_predictions(file)
        table[INTENSITY_COLUMN] = intensity.reindex(table.index)
        write_predictions(table, file)
    write_card(folder, recognizer.checkpoint.card)
    return figures
