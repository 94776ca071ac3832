"""Cut a recording into windows of 3.0 s, and run the network on them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from ser.audio.features import HOP_LENGTH, N_SAMPLES, Windows
from ser.labels import LABELS
from ser.network.interface import Runtime
from ser.recognition.familiar import distances

HOP_SAMPLES = 8_000  # 0.5 s between the starts of two windows
WINDOWS_AT_ONCE = 16  # ten minutes are 1195 windows, whose activations must not be in memory all at once
MAX_THREADS = 4  # for recordings of more than WINDOWS_AT_ONCE windows, and for phrases


class Answers(NamedTuple):
    """What the network says about some windows, before any score is made of it.

    Attributes
    ----------
    starts : first sample of each of the n windows
    logits : (n, 6) float32 of the six emotions
    votes : (n, 6) of those that listeners perceive; None for networks that do not estimate them
    own : (n, emotions) of an adaptation with emotions of its own; None without one
    embeddings : (n, size) float32 that all are computed from
    distances : (n,) from the recordings that the network learned from, see `ser.recognition.familiar`
    """

    starts: list[int]
    logits: np.ndarray
    votes: np.ndarray | None
    own: np.ndarray | None
    embeddings: np.ndarray
    distances: np.ndarray


class WindowScores(NamedTuple):
    """The scores of one window.

    Attributes
    ----------
    scores : (6,) probabilities
    heard : (6,) estimated shares of listeners; None for networks that do not estimate them
    distance : as in `Answers`
    """

    scores: np.ndarray
    heard: np.ndarray | None
    distance: float


def window_starts(n_samples: int) -> list[int]:
    """Return the first sample of each 3.0 s window: every 0.5 s, and one that ends where the audio ends.

    >>> window_starts(60_000)
    [0, 8000, 12000]
    """
    last = max(0, n_samples - N_SAMPLES)
    return [*range(0, last, HOP_SAMPLES), last]


def answer_windows(samples: np.ndarray, *, runtime: Runtime, whole: bool = True, own: int = 0) -> Answers:
    """Return the network's answers about the windows of samples (n,), or with `whole` false about the first one alone.

    Long recordings are spread over several threads.

    Parameters
    ----------
    own : number of the runtime's last logits that are those of an adaptation's own emotions
    """

    def answer(starts: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        inputs = runtime.inputs(Windows(samples, starts))
        return *runtime.embed(inputs), distances(inputs)

    starts = window_starts(len(samples)) if whole else [0]
    if len(starts) <= WINDOWS_AT_ONCE:
        logits, embeddings, far = answer(starts)
    else:
        logits, embeddings, far = _spread(answer, starts)
    n, end = len(LABELS), logits.shape[1] - own
    return Answers(
        starts=starts,
        logits=logits[:, :n],
        votes=logits[:, n:end] if end > n else None,
        own=logits[:, end:] if own else None,
        embeddings=embeddings,
        distances=far,
    )


def _spread(
    answer: Callable[[Sequence[int]], tuple[np.ndarray, ...]], starts: Sequence[int]
) -> tuple[np.ndarray, ...]:
    """Return the joined results of `answer`, which is called in threads with some of the windows at a time.

    Windows that share frames of their features go together.
    """
    order = sorted(range(len(starts)), key=lambda i: (starts[i] % HOP_LENGTH, i))
    groups = [order[i : i + WINDOWS_AT_ONCE] for i in range(0, len(order), WINDOWS_AT_ONCE)]
    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as pool:
        parts = list(pool.map(answer, ([starts[i] for i in group] for group in groups)))
    back = np.argsort(order)
    return tuple(np.concatenate(values)[back] for values in zip(*parts, strict=True))
