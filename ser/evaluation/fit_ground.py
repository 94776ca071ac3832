"""Choose how scores follow the distance of a recording: on validation clips through other microphones, rooms and lines.

Nothing here knows how a network does elsewhere: other corpora differ more from the training clips than these conditions
do. So of the numbers that cost little under every condition, the largest are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser.audio.reading import load_audio
from ser.corpus.crema_d import Corpus
from ser.evaluation.conditions import CLEAN, condition_table, generator_of
from ser.evaluation.enrolment_regimes import Windows
from ser.labels import LABELS
from ser.recognition.bulk import over_files
from ser.recognition.ground import Ground
from ser.recognition.recognizer import Recognizer
from ser.recognition.speaker_offset import softmax

if TYPE_CHECKING:
    import pandas as pd

CLIPS = 240  # of the validation clips, evenly spread
CONDITIONS = (  # under which some recordings are unlike the training clips
    CLEAN,
    "microphone 12 dB",
    "telephone",
    "low-pass 4 kHz",
    "room 0.8 s",
    "white 10 dB",
    "white 5 dB",
    "babble 10 dB",
    "gated",
    "MP3 32 kbit/s",
    "cut at 1 s",
)
REACH = 1.9  # the distance up to which the scores change; a recording is called unlike from 1 on
SOFTNESSES = np.arange(21) / 20
PLAINS = np.arange(31) / 10  # in units of the temperature
MAX_UAR_COST = 0.01  # of one condition
MAX_MEAN_COST = 0.005  # of UAR, as a mean over the conditions
MAX_ENTROPY_COST = 0.02  # of the cross-entropy of recordings that are unlike the training clips, in nats


def fit_ground(
    recognizer: Recognizer,
    *,
    corpus: Corpus,
    clips: pd.DataFrame,
    jobs: int | None = None,
    cluster: str | None = None,
) -> Ground:
    """Return the ground of a network.

    Parameters
    ----------
    clips : the validation rows of `corpus.clips`
    jobs, cluster : how the work is spread, see `ser.recognition.bulk`
    """
    chosen = clips.sample(min(CLIPS, len(clips)), random_state=0)
    windows = windows_under(
        recognizer, corpus=corpus, clips=chosen, names=CONDITIONS, jobs=jobs, cluster=cluster
    )
    return choose_ground(windows, temperature=recognizer.temperature)


def windows_under(
    recognizer: Recognizer,
    *,
    corpus: Corpus,
    clips: pd.DataFrame,
    names: Sequence[str],
    jobs: int | None = None,
    cluster: str | None = None,
) -> list[Windows]:
    """Return what the network says about the windows of clips under each of some conditions."""
    work = partial(_listen_under, tuple(names), corpus.root.absolute())
    files = [corpus.path(clip) for clip in clips.index]
    by_clip = list(over_files(recognizer, work=work, files=files, jobs=jobs, cluster=cluster))
    labels, speakers = clips["emotion"].map(LABELS.index).to_numpy(), clips["actor"].to_numpy()
    found = []
    for parts in zip(*by_clip, strict=True):
        logits, distances = zip(*parts, strict=True)
        clip = np.repeat(np.arange(len(parts)), [len(windows) for windows in logits])
        found.append(Windows(np.concatenate(logits), clip, labels, speakers, np.concatenate(distances)))
    return found


def _listen_under(
    names: tuple[str, ...], root: Path, recognizer: Recognizer, path: Path
) -> list[tuple[np.ndarray, np.ndarray]]:
    samples, table = load_audio(path), condition_table(recognizer, root)
    answers = [
        recognizer.window_answers(table[name](samples, generator_of(path.stem, name))) for name in names
    ]
    return [(each.logits, each.distances) for each in answers]


def choose_ground(conditions: Sequence[Windows], *, temperature: float) -> Ground:
    """Return the ground with the largest numbers that cost little under each of the conditions.

    Parameters
    ----------
    conditions : the windows of clips under each condition
    temperature : of familiar recordings
    """
    chosen = Ground(starts=1.0, ends=REACH)
    before = np.array([_uar(windows, chosen, temperature) for windows in conditions])
    for plain in PLAINS[1:] * temperature:
        candidate = _with(chosen, plain=plain)
        costs = before - [_uar(windows, candidate, temperature) for windows in conditions]
        if costs.max() > MAX_UAR_COST or costs.mean() > MAX_MEAN_COST:
            break
        chosen = candidate
    hard = _entropy(conditions, chosen, temperature)
    for softness in SOFTNESSES[1:]:
        candidate = _with(chosen, softness=softness)
        if _entropy(conditions, candidate, temperature) > hard + MAX_ENTROPY_COST:
            break
        chosen = candidate
    return chosen


def _with(ground: Ground, **numbers: float) -> Ground:
    return Ground(**ground.to_dict() | {name: round(float(number), 4) for name, number in numbers.items()})


def _scores(windows: Windows, ground: Ground, temperature: float) -> np.ndarray:
    logits = ground.applied(windows.logits.astype(np.float64), distance=windows.distances) / temperature
    scores = np.zeros((len(windows.labels), len(LABELS)))
    np.add.at(scores, windows.clip, softmax(logits))
    return scores / np.bincount(windows.clip)[:, None]


def _uar(windows: Windows, ground: Ground, temperature: float) -> float:
    right = _scores(windows, ground, temperature).argmax(axis=1) == windows.labels
    return float(np.mean([right[windows.labels == label].mean() for label in np.unique(windows.labels)]))


def _entropy(conditions: Sequence[Windows], ground: Ground, temperature: float) -> float:
    """Return the mean cross-entropy of the clips that are unlike the training clips, in nats; 0 if there are none."""
    parts = []
    for windows in conditions:
        scores = _scores(windows, ground, temperature)[np.arange(len(windows.labels)), windows.labels]
        distance = np.bincount(windows.clip, weights=windows.distances) / np.bincount(windows.clip)
        parts.append(-np.log(scores[distance > ground.starts]))
    entropies = np.concatenate(parts)
    return float(entropies.mean()) if len(entropies) else 0.0
