"""The clips of a part of the data set in one memory-mapped file: decoded once, shared by all processes.

Clips are augmented differently in every epoch, before the spectrogram is computed. Therefore the file holds 16-bit
samples, 32 kB for each second, and not spectrograms.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from ser import __version__
from ser.audio.decoding import DECODING
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.labels import LABELS
from ser.training import augment
from ser.util.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from ser.corpus.crema_d import Corpus


DECODED_BY = [
    __version__,
    DECODING,
    SAMPLE_RATE,
]  # another version may decode another sound from the same file
# Zeros before the first clip and after the last one, so that cuts around any clip stay inside.
PADDING = 65_536


class Packed(NamedTuple):
    """Clips in one tensor: (n,) int16 samples with `PADDING` at both ends, and the number of samples of each clip."""

    samples: torch.Tensor
    lengths: list[int]

    @property
    def clips(self) -> list[torch.Tensor]:
        """The (n,) samples of each clip, as views."""
        return list(self.samples[PADDING:-PADDING].split(self.lengths))

    @classmethod
    def of(cls, clips: Sequence[torch.Tensor]) -> Packed:
        """Return a copy of clips, each (n,) int16, in one tensor."""
        edge = torch.zeros(PADDING, dtype=torch.int16)
        return cls(torch.cat([edge, *clips, edge]), [len(clip) for clip in clips])


def decode_clips(corpus: Corpus, names: Sequence[str]) -> Iterator[np.ndarray]:
    """Yield the (n,) int16 samples of each clip at 16 kHz. Raises `AudioError` for a file without sound."""
    for name in tqdm(names, desc="loading clips", unit="clip", disable=None):
        yield to_int16(load_audio(corpus.path(name)))


def to_int16(samples: np.ndarray) -> np.ndarray:
    """Return float samples (n,) of full scale 1 as int16. Louder ones, as resampling makes them, are clipped."""
    return (samples * 32767).round().clip(-32768, 32767).astype(np.int16)


def load_packed(corpus: Corpus, *, names: Sequence[str], file: str | os.PathLike) -> Packed:
    """Return the samples of clips from `file`, which has an index next to it.

    Both are written if they are missing or were made from other sound files or by another version. Several processes may call this for the
    same file at once: each finds a complete one.
    """
    if not len(names):
        return Packed.of([])
    file, index = Path(file), Path(file).with_suffix(".json")
    origin = [[name, *_version(corpus.path(name))] for name in names]
    lengths = _lengths(index, file, origin)
    if lengths is None:
        file.parent.mkdir(parents=True, exist_ok=True)
        lengths = _write(file, decode_clips(corpus, names))
        with write_atomically(index, "w", encoding="utf-8") as out:
            json.dump({"decoded_by": DECODED_BY, "origin": origin, "lengths": lengths}, out)
    # Copy-on-write: PyTorch requires writable memory, and no change reaches the file.
    return Packed(torch.from_numpy(np.memmap(file, np.int16, mode="c")), lengths)


def _version(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _lengths(index: Path, file: Path, origin: list) -> list[int] | None:
    """Return the number of samples of each clip; None if the file does not hold exactly these clips."""
    try:
        content = json.loads(index.read_text(encoding="utf-8"))
        complete = file.stat().st_size == 2 * (sum(content["lengths"]) + 2 * PADDING)
        same = content["origin"] == origin and content["decoded_by"] == DECODED_BY
        return content["lengths"] if complete and same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(file: Path, clips: Iterator[np.ndarray]) -> list[int]:
    lengths, edge = [], bytes(2 * PADDING)
    with write_atomically(file) as out:
        out.write(edge)
        for clip in clips:
            out.write(clip.tobytes())
            lengths.append(len(clip))
        out.write(edge)
    return lengths


class WaveformCache:
    """All clips of a part, 16 bits a sample: memory-mapped from `file`, see `load_packed`, or in memory."""

    def __init__(self, corpus: Corpus, *, clips: pd.DataFrame, file: str | os.PathLike | None = None):
        names = list(clips.index)
        self.packed = (
            load_packed(corpus, names=names, file=file)
            if file
            else Packed.of([*map(torch.from_numpy, decode_clips(corpus, names))])
        )
        self.clips = self.packed.clips
        self.labels = label_numbers(clips)

    def __len__(self) -> int:
        return len(self.clips)

    def cut(self, indices: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (n, SOURCE_SAMPLES) waveforms, a random part of longer clips, and their (n,) lengths in samples."""
        waveforms = torch.zeros(len(indices), augment.SOURCE_SAMPLES)
        lengths = torch.empty(len(indices), dtype=torch.long)
        starts = torch.rand(len(indices), generator=generator)
        for row, index in enumerate(indices.tolist()):
            clip = self.clips[index]
            room = max(len(clip) - augment.SOURCE_SAMPLES, 0)
            piece = clip[int(starts[row] * (room + 1)) :][: augment.SOURCE_SAMPLES]
            waveforms[row, : len(piece)] = piece / 32768.0
            lengths[row] = len(piece)
        return waveforms, lengths


def label_numbers(clips: pd.DataFrame) -> torch.Tensor:
    """Return the (clips,) positions of the acted emotions in `ser.labels.LABELS`."""
    return torch.tensor([LABELS.index(emotion) for emotion in clips["emotion"]])
