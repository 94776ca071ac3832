"""The clips of a part of the data set in one memory-mapped file: decoded once, shared by all processes.

What a network learns from is distorted anew in every epoch, before the spectrogram: so not spectrograms are kept
but 16-bit samples, 32 kB for each second.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from tqdm import tqdm

from ser.audio import load_audio
from ser.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ser.crema_d import Corpus


def decoded(corpus: Corpus, names: Sequence[str]) -> Iterator[np.ndarray]:
    """Yield each clip's samples (n,) int16 at 16 kHz. Raises `AudioError` for one that is no sound."""
    for name in tqdm(names, desc="loading clips", unit="clip", disable=None):
        yield (load_audio(corpus.path(name)) * 32767).round().astype(np.int16)


def packed(corpus: Corpus, names: Sequence[str], file: str | os.PathLike) -> list[torch.Tensor]:
    """Return the clips' samples, each (n,) int16, from `file` and its index beside it; write both where they
    are missing or were made of other sound files.

    Several processes may call it at once for the same file: each finds a whole one.
    """
    if not len(names):
        return []
    file, index = Path(file), Path(file).with_suffix(".json")
    origin = [[name, *_version(corpus.path(name))] for name in names]
    lengths = _lengths(index, file, origin)
    if lengths is None:
        file.parent.mkdir(parents=True, exist_ok=True)
        lengths = _write(file, decoded(corpus, names))
        with write_atomically(index, "w", encoding="utf-8") as out:
            json.dump({"origin": origin, "lengths": lengths}, out)
    # Copy-on-write: PyTorch wants memory that may be written to; nothing of it reaches the file.
    samples = torch.from_numpy(np.memmap(file, np.int16, mode="c"))
    return list(samples.split(lengths))


def _version(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _lengths(index: Path, file: Path, origin: list) -> list[int] | None:
    """Return the samples of each clip, None where the file does not hold exactly these clips."""
    try:
        found = json.loads(index.read_text(encoding="utf-8"))
        whole = file.stat().st_size == 2 * sum(found["lengths"])
        return found["lengths"] if whole and found["origin"] == origin else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(file: Path, clips: Iterator[np.ndarray]) -> list[int]:
    lengths = []
    with write_atomically(file) as out:
        for clip in clips:
            out.write(clip.tobytes())
            lengths.append(len(clip))
    return lengths
