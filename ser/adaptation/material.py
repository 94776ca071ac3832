"""Decode and embed recordings, each of them once: with the network as released, and with their own statistics."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from ser.adaptation.clips import Clip
from ser.audio.features import N_SAMPLES
from ser.audio.reading import read_audio
from ser.audio.voice import between, find_voice
from ser.errors import UserError
from ser.labels import LABELS
from ser.network.inputs import Inputs, joined
from ser.network.interface import Runtime
from ser.network.scales import Scale
from ser.recognition.adaptation import AdaptationError, rounded
from ser.recognition.familiar import distances
from ser.recognition.recognizer import Recognizer
from ser.recognition.windows import MAX_THREADS, window_starts
from ser.util.deadline import check_abandoned
from ser.util.parallel import chunks
from ser.util.text import plain

MAX_MEASURED = 64  # windows that batch-norm statistics are measured on, all in memory at once
HALF_WEIGHT = 4  # windows whose statistics weigh as much as those of training
MAX_WINDOWS = 16  # of one recording; of longer ones, as many evenly spread
CLIPS_AT_ONCE = 16

Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[float, str], None]  # the share that is done, 0 to 1, and what is being done


@dataclass(frozen=True)
class Material:
    """The recordings as the network hears them.

    Attributes
    ----------
    clips : the recordings that could be read and hold speech
    clip : (windows,) position of each window's recording in `clips`
    released : (windows, 6) logits of the network as released, which follow the distance of the recordings
    logits : (windows, 6) of the network with the recordings' statistics
    embeddings : (windows, size) of the same
    scales : the statistics
    skipped : files that could not be read, or hold no speech
    """

    clips: tuple[Clip, ...]
    clip: np.ndarray
    released: np.ndarray
    logits: np.ndarray
    embeddings: np.ndarray
    scales: Mapping[str, Scale]
    skipped: tuple[Path, ...] = ()

    def per_clip(self, values: np.ndarray) -> np.ndarray:
        """Return the mean over the windows of each recording, (clips, ...), of values (windows, ...)."""
        sums = np.zeros((len(self.clips), *values.shape[1:]))
        np.add.at(sums, self.clip, values)
        return sums / np.bincount(self.clip, minlength=len(self.clips))[:, None]


def gather(recognizer: Recognizer, *, clips: Sequence[Clip], progress: Progress) -> Material:
    """Decode and embed recordings.

    Parameters
    ----------
    recognizer : the network as released
    clips : the recordings; a file with a label has to be readable, others are left out where they are not
    progress : called in this thread; what it raises ends the work

    Raises
    ------
    AdaptationError
        if none of the recordings can be used, or one with a label cannot be read
    """
    heard = _measured_first(len(clips))
    progress(0.0, "listening")
    windows = dict(zip(heard, _spread(partial(_windows, recognizer), [clips[i] for i in heard]), strict=True))
    scales = _scales(
        recognizer, [inputs.part(slice(0, 1)) for inputs in windows.values() if inputs is not None]
    )
    adapted = recognizer.runtime.with_scales(scales)
    work = partial(_embed, recognizer, adapted, windows)
    parts, kept, skipped = [], [], []
    for i, answers in enumerate(_spread(work, list(enumerate(clips)))):
        if answers is None:
            skipped.append(clips[i].path)
        else:
            kept.append(clips[i])
            parts.append(answers)
        progress((i + 1) / len(clips), "listening")
    if not parts:
        raise AdaptationError("None of these recordings can be read and holds speech: choose others.")
    released, logits, embeddings = (np.concatenate(values) for values in zip(*parts, strict=True))
    return Material(
        clips=tuple(kept),
        clip=np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts]),
        released=released.astype(np.float64),
        logits=logits[:, : len(LABELS)].astype(np.float64),
        embeddings=embeddings,
        scales=scales,
        skipped=tuple(skipped),
    )


def _measured_first(count: int) -> list[int]:
    """Return positions that are spread evenly over the recordings, whose order is that of their names."""
    return sorted(set(np.linspace(0, count - 1, min(count, MAX_MEASURED)).round().astype(int).tolist()))


def _scales(recognizer: Recognizer, windows: Sequence[Inputs]) -> dict[str, Scale]:
    if not windows or recognizer.checkpoint.card["network"] != "emotion":
        return {}  # the other networks have no batch norm whose statistics travel
    from ser.network.batch_norm import measure_scales  # imports PyTorch

    inputs = joined(windows)
    weight = len(inputs) / (len(inputs) + HALF_WEIGHT)
    measured = measure_scales(recognizer.network, inputs=inputs, weight=weight)
    return {name: Scale(*map(rounded, scale)) for name, scale in measured.items()}


def _spread(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Yield work(item) of each item in order, from a few threads; little is begun that nobody waits for."""
    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as pool:
        for some in chunks(items, CLIPS_AT_ONCE):
            check_abandoned()
            yield from pool.map(work, some)


def _windows(recognizer: Recognizer, clip: Clip) -> Inputs | None:
    """Return the windows of a recording as the network reads them; None if it cannot be used."""
    try:
        samples = read_audio(clip.path).samples
    except (UserError, OSError) as error:
        if clip.emotion is None:
            return None
        raise AdaptationError(
            f"{plain(clip.path)} has a label but cannot be read ({error}): remove its label, or restore the file."
        ) from error
    voice = find_voice(samples)
    if clip.emotion is None and not voice.spans:
        return None
    start, stop = voice.edges if recognizer.from_speech else (0, len(samples))
    part = between(samples, start=start, end=stop)
    starts = window_starts(len(part)) if recognizer.whole_clip else [0]
    chosen = np.linspace(0, len(starts) - 1, min(len(starts), MAX_WINDOWS)).round().astype(int)
    return recognizer.runtime.inputs([part[starts[i] : starts[i] + N_SAMPLES] for i in chosen])


def _embed(
    recognizer: Recognizer, adapted: Runtime, known: Mapping[int, Inputs | None], item: tuple[int, Clip]
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    i, clip = item
    inputs = known[i] if i in known else _windows(recognizer, clip)
    if inputs is None:
        return None
    logits, embeddings = adapted.embed(inputs)
    released = logits if adapted is recognizer.runtime else recognizer.runtime(inputs)
    far = distances(inputs)
    return recognizer.ground.applied(released[:, : len(LABELS)], distance=far), logits, embeddings
