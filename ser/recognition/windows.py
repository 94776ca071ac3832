"""Cut a recording into windows of 3.0 s, and run the network on them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from ser.audio.features import N_SAMPLES
from ser.network.interface import Runtime

HOP_SAMPLES = 8_000  # 0.5 s between the starts of two windows
WINDOWS_AT_ONCE = 16  # ten minutes are 1195 windows, whose activations must not be in memory all at once
MAX_THREADS = 4  # for recordings of more than WINDOWS_AT_ONCE windows, and for phrases


class Answers(NamedTuple):
    """What the network says about some windows.

    Attributes
    ----------
    starts : first sample of each of the n windows
    logits : (n, 6), (n, 12) or more float32, see `ser.network.interface.Runtime.embed`
    embeddings : (n, size) float32 that they are computed from
    """

    starts: list[int]
    logits: np.ndarray
    embeddings: np.ndarray


def window_starts(n_samples: int) -> list[int]:
    """Return the first sample of each 3.0 s window: every 0.5 s, and one that ends where the audio ends.

    >>> window_starts(60_000)
    [0, 8000, 12000]
    """
    last = max(0, n_samples - N_SAMPLES)
    return [*range(0, last, HOP_SAMPLES), last]


def answer_windows(samples: np.ndarray, *, runtime: Runtime, whole: bool = True) -> Answers:
    """Return the network's answers about the windows of samples (n,), or with `whole` false about the first one alone.

    Long recordings are spread over several threads.
    """

    def answer(starts: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        return runtime.embed(runtime.inputs([samples[start : start + N_SAMPLES] for start in starts]))

    starts = window_starts(len(samples)) if whole else [0]
    groups = [starts[i : i + WINDOWS_AT_ONCE] for i in range(0, len(starts), WINDOWS_AT_ONCE)]
    if len(groups) == 1:
        return Answers(starts, *answer(starts))
    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as pool:
        logits, embeddings = zip(*pool.map(answer, groups), strict=True)
    return Answers(starts, np.concatenate(logits), np.concatenate(embeddings))
