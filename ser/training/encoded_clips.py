"""The steps of the encoder for all clips of a part, in memory-mapped files: computed once, read in every epoch.

The encoder takes most of the time, and does not learn. So each clip goes through it as it is, and a few times as other
microphones hear it, see `ser.training.microphones`: a file for each such version. In a version, all clips of a speaker
have the same microphone. The numbers are kept in 8 bits, between plus and minus `Scale.limit`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from tqdm import tqdm

from ser.audio.features import N_SAMPLES
from ser.audio.reading import load_audio
from ser.audio.voice import between, speech_edges
from ser.network.encoder import encoder_log_mel
from ser.network.wide_head import VARIANCE_FLOOR
from ser.training.microphones import Microphone
from ser.training.speaker_batches import MAX_EARLY, MAX_LATE, MAX_TAIL, TAIL
from ser.util.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd

    from ser.corpus.crema_d import Corpus
    from ser.network.encoder import Encoder

LEVELS = 127
LIMIT_DEVIATIONS = 5.0  # beyond the mean
MIN_LIMIT = 1e-3
SCALE_CLIPS = 250  # the scale is measured on about so many clips
MIN_SPEECH = 4_800  # samples that a random cut leaves at least
VOICES = 50  # clips that voices in the background are made of


@dataclass(frozen=True)
class Scale:
    """What the encoder's numbers are like in the training clips, (inputs,) float32 each.

    Attributes
    ----------
    limit : greatest absolute value that is kept
    mean, deviation : over all steps
    """

    limit: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, steps: Iterator[np.ndarray]) -> Scale:
        """Measure it on steps (n, inputs) of some clips."""
        together = np.concatenate(list(steps))
        mean, deviation = together.mean(axis=0), together.std(axis=0) + np.float32(1e-6)
        limit = np.maximum(np.abs(mean) + LIMIT_DEVIATIONS * deviation, np.float32(MIN_LIMIT))
        return cls(limit, mean, deviation)

    def quantised(self, steps: np.ndarray) -> np.ndarray:
        """Return steps (n, inputs) as int8."""
        return np.rint((steps / self.limit).clip(-1, 1) * LEVELS).astype(np.int8)

    def restored(self, steps: np.ndarray) -> np.ndarray:
        """Return the float32 numbers of int8 steps."""
        return steps * (self.limit / LEVELS)


class EncodedClips:
    """One version of the clips of a part.

    Attributes
    ----------
    steps : (all steps, inputs) int8, memory-mapped
    begins, lengths : (clips,) first step of each clip, and number of its steps
    statistics : (clips, 2 * inputs) float32 mean and deviation less 1 of each clip's standardised steps
    """

    def __init__(self, file: Path, *, lengths: Sequence[int], scale: Scale):
        self.lengths = torch.tensor(lengths)
        self.begins = self.lengths.cumsum(0) - self.lengths
        inputs = len(scale.limit)
        self.steps = torch.from_numpy(np.memmap(file, np.int8, mode="c")).view(-1, inputs)
        self.statistics = torch.stack([self._statistics(i, scale) for i in range(len(lengths))])

    def _statistics(self, clip: int, scale: Scale) -> torch.Tensor:
        steps = (scale.restored(self.of(clip).numpy()) - scale.mean) / scale.deviation
        deviation = np.sqrt(steps.var(axis=0) + VARIANCE_FLOOR) - 1
        return torch.from_numpy(np.concatenate([steps.mean(axis=0), deviation]))

    def of(self, clip: int) -> torch.Tensor:
        """Return the (n, inputs) int8 steps of a clip."""
        begin = int(self.begins[clip])
        return self.steps[begin : begin + int(self.lengths[clip])]


class EncodedCorpus:
    """The versions of all clips of a part, which are computed where they are missing.

    Parameters
    ----------
    corpus, clips : the data set, and rows of `Corpus.modelling`
    encoder : computes the steps
    encoder_id : identifies the encoder in the index
    folder : of the files, whose index says what they were made from
    versions : number of versions; the first one is the clips as they are
    seed : decides on the microphones
    scale : of the training clips; None measures it, on the clips as they are
    """

    def __init__(
        self,
        corpus: Corpus,
        *,
        clips: pd.DataFrame,
        encoder: Encoder,
        encoder_id: str,
        folder: str | os.PathLike,
        versions: int,
        seed: int = 0,
        scale: Scale | None = None,
    ):
        self.corpus, self.encoder, self.encoder_id, self.seed = corpus, encoder, encoder_id, seed
        self.folder, self.names = Path(folder), list(clips.index)
        self.actors = clips["actor"].tolist()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._origin = [[name, *_identity(corpus.path(name))] for name in self.names]
        self.scale = scale or self._measured_scale()
        self.versions = [self._version(version) for version in range(versions)]

    def _measured_scale(self) -> Scale:
        file = self.folder / "scale.npz"
        index = self._index("scale")
        if index is None or not file.is_file():
            some = self.names[:: max(1, len(self.names) // SCALE_CLIPS)]
            scale = Scale.of(self._encoded(_speech(load_audio(self.corpus.path(name)))) for name in some)
            with write_atomically(file) as out:
                np.savez(out, limit=scale.limit, mean=scale.mean, deviation=scale.deviation)
            self._write_index("scale", [])
        with np.load(file, allow_pickle=False) as saved:
            return Scale(saved["limit"], saved["mean"], saved["deviation"])

    def _version(self, version: int) -> EncodedClips:
        name = f"version-{version}"
        file, lengths = self.folder / f"{name}.int8", self._index(name)
        size = sum(lengths or []) * len(self.scale.limit)
        if lengths is None or not file.is_file() or file.stat().st_size != size:
            lengths = []
            recorded = self._recordings(version)
            with write_atomically(file) as out:
                for samples in tqdm(
                    recorded,
                    total=len(self.names),
                    desc=f"encoding, version {version}",
                    unit="clip",
                    disable=None,
                ):
                    steps = self.scale.quantised(self._encoded(samples))
                    out.write(steps.tobytes())
                    lengths.append(len(steps))
            self._write_index(name, lengths)
        return EncodedClips(file, lengths=lengths, scale=self.scale)

    def _recordings(self, version: int) -> Iterator[np.ndarray]:
        """Yield the samples of every clip in a version, 3.0 s at most."""
        if version == 0:
            yield from (_speech(load_audio(self.corpus.path(name)))[:N_SAMPLES] for name in self.names)
            return
        every = max(1, len(self.names) // VOICES)
        voices = [load_audio(self.corpus.path(name)) for name in self.names[::every]]
        for position, (name, actor) in enumerate(zip(self.names, self.actors, strict=True)):
            microphone = Microphone.draw(np.random.default_rng([self.seed, version, int(actor)]))
            generator = np.random.default_rng([self.seed, version, position, 1])
            clip = _cut(load_audio(self.corpus.path(name)), generator)
            samples = microphone.record(clip, generator=generator, voices=voices)
            start = int(generator.integers(max(len(samples) - N_SAMPLES, 0) + 1))
            yield samples[start : start + N_SAMPLES]

    def _encoded(self, samples: np.ndarray) -> np.ndarray:
        """Return the (steps, inputs) outputs of all layers."""
        outputs = self.encoder(encoder_log_mel(samples[:N_SAMPLES]))  # (layers, steps, width)
        return outputs.swapaxes(0, 1).reshape(outputs.shape[1], -1)

    def _index(self, name: str) -> list[int] | None:
        """Return the lengths in an index; None if there is none, or its file was made from something else."""
        try:
            content = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            return content["lengths"] if content["origin"] == self._made_from() else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write_index(self, name: str, lengths: list[int]) -> None:
        with write_atomically(self.folder / f"{name}.json", "w", encoding="utf-8") as out:
            json.dump({"origin": self._made_from(), "lengths": lengths}, out)

    def _made_from(self) -> dict:
        return {"seed": self.seed, "encoder": self.encoder_id, "clips": self._origin}


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _speech(samples: np.ndarray) -> np.ndarray:
    """Return the part that the recognizer scores."""
    start, end = speech_edges(samples)
    return between(samples, start=start, end=end)


def _cut(samples: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return a random cut around the speech, as `ser.training.speaker_batches.SpeechClips.cut` makes them."""
    start, end = speech_edges(samples)
    early = start + int(generator.uniform(-MAX_EARLY, MAX_LATE))
    late = min(end - TAIL + int(generator.uniform(0, MAX_TAIL)), len(samples))
    if late - early >= MIN_SPEECH:
        start, end = early, late
    return between(samples, start=start, end=end)
