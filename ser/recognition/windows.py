"""Cut a recording into windows of 3.0 s, and run the network on them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from ser.audio.features import HOP_LENGTH, N_SAMPLES, Windows
from ser.audio.reading import SAMPLE_RATE, Recording, as_recording
from ser.audio.voice import Voice, between, find_voice
from ser.labels import LABELS
from ser.network.inputs import joined
from ser.network.interface import Runtime
from ser.recognition.familiar import distances
from ser.recognition.result import Window
from ser.util.parallel import chunks

Source = str | os.PathLike | np.ndarray | Recording
HOP_SAMPLES = 8_000  # 0.5 s between the starts of two windows
WINDOWS_AT_ONCE = 16  # ten minutes are 1195 windows, whose activations must not be in memory all at once
MIN_STRETCH_S = 1.0  # of what is not scored, to be looked into
MIN_VOICE_S = 0.5  # in it; a word
MAX_THREADS = 4  # for recordings of more than WINDOWS_AT_ONCE windows, and for phrases


class Heard(NamedTuple):
    """A recording, where its voice is, and the part of it that is scored: `part` of the samples from `start` to `end`."""

    file: str | None
    recording: Recording
    voice: Voice
    part: np.ndarray
    start: int
    end: int


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
    own : (emotions,) probabilities of an adaptation with emotions of its own; None without one
    """

    scores: np.ndarray
    heard: np.ndarray | None
    distance: float
    own: np.ndarray | None = None


def hear(source: Source, *, from_speech: bool) -> Heard:
    """Decode a recording and find its voice; the part that is scored is all of it, or with `from_speech` that with speech."""
    recording = as_recording(source)
    voice = find_voice(recording.samples)
    start, end = voice.edges if from_speech else (0, len(recording.samples))
    part = between(recording.samples, start=start, end=end)
    return Heard(file_of(source), recording, voice, part, start, end)


def file_of(source: Source) -> str | None:
    """Return the path of a source that is a file."""
    return None if isinstance(source, Recording | np.ndarray) else os.fspath(source)


def window_starts(n_samples: int) -> list[int]:
    """Return the first sample of each 3.0 s window: every 0.5 s, and one that ends where the audio ends.

    >>> window_starts(60_000)
    [0, 8000, 12000]
    """
    last = max(0, n_samples - N_SAMPLES)
    return [*range(0, last, HOP_SAMPLES), last]


def answer_recordings(
    recordings: Sequence[np.ndarray], *, runtime: Runtime, whole: bool = True, own: int = 0
) -> list[Answers]:
    """Return the network's answers about the windows of recordings, samples (n,) each.

    Short recordings are scored together, `WINDOWS_AT_ONCE` at a time. Long ones are spread over several threads.

    Parameters
    ----------
    whole : whether all windows are scored, or the first one of each alone
    own : number of the runtime's last logits that are those of an adaptation's own emotions
    """
    starts = [window_starts(len(samples)) if whole else [0] for samples in recordings]
    answers: list[Answers | None] = [None] * len(recordings)
    together: list[int] = []
    n_windows = 0
    for i, samples in enumerate(recordings):
        if len(starts[i]) > WINDOWS_AT_ONCE:
            answers[i] = _answers(starts[i], _spread(samples, starts[i], runtime), own)
            continue
        if n_windows + len(starts[i]) > WINDOWS_AT_ONCE:
            _fill(answers, together, recordings, starts, runtime, own)
            together, n_windows = [], 0
        together.append(i)
        n_windows += len(starts[i])
    _fill(answers, together, recordings, starts, runtime, own)
    return [answer for answer in answers if answer is not None]


def _fill(
    answers: list[Answers | None],
    places: list[int],
    recordings: Sequence[np.ndarray],
    starts: Sequence[list[int]],
    runtime: Runtime,
    own: int,
) -> None:
    """Score the recordings at some places together."""
    if not places:
        return
    inputs = joined([runtime.inputs(Windows(recordings[i], starts[i])) for i in places])
    values = (*runtime.embed(inputs), distances(inputs))
    ends = np.cumsum([len(starts[i]) for i in places])[:-1]
    parts = zip(*(np.split(value, ends) for value in values), strict=True)
    for i, part in zip(places, parts, strict=True):
        answers[i] = _answers(starts[i], part, own)


def _answers(starts: list[int], values: tuple[np.ndarray, ...], own: int) -> Answers:
    logits, embeddings, far = values
    n, end = len(LABELS), logits.shape[1] - own
    return Answers(
        starts=starts,
        logits=logits[:, :n],
        votes=logits[:, n:end] if end > n else None,
        own=logits[:, end:] if own else None,
        embeddings=embeddings,
        distances=far,
    )


def _spread(samples: np.ndarray, starts: list[int], runtime: Runtime) -> tuple[np.ndarray, ...]:
    """Return logits, embeddings and distances of the windows of a long recording, computed in threads.

    Windows that share frames of their features go together.
    """

    def answer(group: list[int]) -> tuple[np.ndarray, ...]:
        inputs = runtime.inputs(Windows(samples, [starts[i] for i in group]))
        return *runtime.embed(inputs), distances(inputs)

    order = sorted(range(len(starts)), key=lambda i: (starts[i] % HOP_LENGTH, i))
    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as pool:
        parts = list(pool.map(answer, chunks(order, WINDOWS_AT_ONCE)))
    back = np.argsort(order)
    return tuple(np.concatenate(values)[back] for values in zip(*parts, strict=True))


def left_out_of(samples: np.ndarray, windows: Sequence[Window]) -> float | None:
    """Return where a voice begins that is before or after all scored windows, in s; None if there is none.

    It is so much softer than the loudest that it may be from next door.

    Parameters
    ----------
    samples : (n,) of the recording, mono, 16 kHz
    windows : those that were scored; the first may begin before the samples
    """
    first, last = max(windows[0].start, 0), min(windows[-1].end, len(samples))
    for start, end in ((0, first), (last, len(samples))):
        if end - start >= MIN_STRETCH_S * SAMPLE_RATE:
            voice = find_voice(samples[start:end])
            if voice.voice_s >= MIN_VOICE_S:
                return start / SAMPLE_RATE + voice.start_s
    return None
