"""The clips of a part of the data set in one memory-mapped file: decoded once, shared by all processes.

What a network learns from is distorted anew in every epoch, before the spectrogram: so not spectrograms are kept
but 16-bit samples, 32 kB for each second.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from ser.audio.reading import load_audio
from ser.labels import LABELS
from ser.training import augment
from ser.util.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from ser.corpus.crema_d import Corpus


PADDING = 65_536  # zeros before the first clip and behind the last: whoever cuts around a clip stays inside


class Packed(NamedTuple):
    """Clips in a row: samples (n,) int16 with `PADDING` at both ends, and how many of them each clip has."""

    samples: torch.Tensor
    lengths: list[int]

    @property
    def clips(self) -> list[torch.Tensor]:
        """The samples (n,) of each clip; nothing is copied."""
        return list(self.samples[PADDING:-PADDING].split(self.lengths))

    @classmethod
    def of(cls, clips: Sequence[torch.Tensor]) -> Packed:
        """Return clips (n,) int16 put in a row in memory."""
        edge = torch.zeros(PADDING, dtype=torch.int16)
        return cls(torch.cat([edge, *clips, edge]), [len(clip) for clip in clips])


def decoded(corpus: Corpus, names: Sequence[str]) -> Iterator[np.ndarray]:
    """Yield each clip's samples (n,) int16 at 16 kHz. Raises `AudioError` for one that is no sound."""
    for name in tqdm(names, desc="loading clips", unit="clip", disable=None):
        yield (load_audio(corpus.path(name)) * 32767).round().astype(np.int16)


def packed(corpus: Corpus, *, names: Sequence[str], file: str | os.PathLike) -> Packed:
    """Return the clips' samples from `file` and its index beside it; write both where they are missing or were
    made of other sound files.

    Several processes may call it at once for the same file: each finds a whole one.
    """
    if not len(names):
        return Packed.of([])
    file, index = Path(file), Path(file).with_suffix(".json")
    origin = [[name, *_version(corpus.path(name))] for name in names]
    lengths = _lengths(index, file, origin)
    if lengths is None:
        file.parent.mkdir(parents=True, exist_ok=True)
        lengths = _write(file, decoded(corpus, names))
        with write_atomically(index, "w", encoding="utf-8") as out:
            json.dump({"origin": origin, "lengths": lengths}, out)
    # Copy-on-write: PyTorch wants memory that may be written to; nothing of it reaches the file.
    return Packed(torch.from_numpy(np.memmap(file, np.int16, mode="c")), lengths)


def _version(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _lengths(index: Path, file: Path, origin: list) -> list[int] | None:
    """Return the samples of each clip, None where the file does not hold exactly these clips."""
    try:
        found = json.loads(index.read_text(encoding="utf-8"))
        whole = file.stat().st_size == 2 * (sum(found["lengths"]) + 2 * PADDING)
        return found["lengths"] if whole and found["origin"] == origin else None
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
    """All clips of a part, 16 bits a sample: memory-mapped from `file`, see `packed`, or in memory."""

    def __init__(self, corpus: Corpus, *, clips: pd.DataFrame, file: str | os.PathLike | None = None):
        names = list(clips.index)
        self.packed = (
            packed(corpus, names=names, file=file)
            if file
            else Packed.of([*map(torch.from_numpy, decoded(corpus, names))])
        )
        self.clips = self.packed.clips
        self.labels = label_numbers(clips)

    def __len__(self) -> int:
        return len(self.clips)

    def cut(self, indices: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (n, SOURCE_SAMPLES) waveforms, cut at random where a clip is longer, and their lengths."""
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
