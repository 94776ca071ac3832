"""Samples -> pictures of a whole recording in tiles and levels of detail, and the picture of one window.

>>> pictures = Pictures(np.zeros(48_000, np.float32))
>>> pictures.tile("full", level=0, index=0).shape
(128, 188)
"""

import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ser.audio.features import (
    HOP_LENGTH,
    N_FFT,
    N_MELS,
    N_SAMPLES,
    POWER_FLOOR,
    fix_length,
    frames_of,
    mel_db,
    mel_of,
    power_of,
)
from ser.audio.reading import SAMPLE_RATE
from ser.errors import UserError

FLOOR_DB = -100.0  # what lies further below the loudest cell of the file is drawn as this
LEVELS_PER_DB = 255 / -FLOOR_DB  # a byte is round((dB + 100) * 2.55)
TILE_FRAMES = 512
CHUNK_FRAMES = 2048  # transformed at a time: 8 MB of spectra each for power and complex values

LINEAR_HZ, LINEAR_MELS, LOG_STEP = (
    1000.0,
    15.0,
    np.log(6.4) / 27.0,
)  # Slaney's scale: linear, then logarithmic


@dataclass(frozen=True)
class Kind:
    """A way to draw a recording: samples between frames, rows, and the scale that the rows lie on."""

    hop: int
    bands: int
    scale: str

    def hz(self) -> np.ndarray:
        """Frequency of each row's centre (bands,), ascending."""
        if self.scale == "mel":
            return mel_hz()
        return np.arange(self.bands) * (SAMPLE_RATE / N_FFT)

    def power(self, frames: np.ndarray) -> np.ndarray:
        """Return (bands, n) power of frames (n, 1024)."""
        power = power_of(frames)
        return mel_of(power) if self.scale == "mel" else power.T[: self.bands]


KINDS = {
    "full": Kind(HOP_LENGTH, N_MELS, "mel"),  # the network's own recipe, over the whole length
    # 64 ms of a Hann window tell the harmonics of all but the deepest voices apart. Half the spectrum has
    # 513 bins; the last, at 8000 Hz, is left out.
    "narrow": Kind(HOP_LENGTH // 2, N_FFT // 2, "linear"),
}


class PictureError(UserError):
    """A part of a picture was asked for that does not exist."""


class Pictures:
    """The pictures of one recording, each computed when it is first asked for. Threads may share it.

    Ten minutes take a few seconds and 80 MB as "narrow", a tenth of it as "full".

    Parameters
    ----------
    samples : (n,) float32, mono, 16 kHz
    """

    def __init__(self, samples: np.ndarray):
        self._samples = samples
        self._locks = {kind: threading.Lock() for kind in KINDS}
        self._levels: dict[str, list[np.ndarray]] = {}

    def about(self, kind: str) -> dict:
        """Say what there is of a kind, "full" or "narrow", in plain JSON values; nothing is computed for it.

        Returns
        -------
        dict of bands, frames (of level 0), frame_s, tile_frames, levels, hz (of each row's centre, ascending)
        and scale ("mel" or "linear"). Frame i is centred on second i * frame_s
        """
        shape = _known(kind)
        frames = self._frames(shape)
        return {
            "bands": shape.bands,
            "frames": frames,
            "frame_s": shape.hop / SAMPLE_RATE,
            "tile_frames": TILE_FRAMES,
            "levels": _levels(frames),
            "hz": shape.hz().tolist(),
            "scale": shape.scale,
        }

    def tile(self, kind: str, *, level: int, index: int) -> np.ndarray:
        """Return (bands, 512 or fewer) uint8, the lowest band first: round((dB + 100) * 2.55).

        dB count from the loudest cell of the whole file; digital silence is 0 everywhere. A column of level
        L holds the maximum of 2**L frames; only the last tile of a level may be narrower than 512 columns.

        Raises
        ------
        PictureError : for a kind, level or tile that there is not
        """
        levels = self._computed(kind)
        if not (0 <= level < len(levels) and 0 <= index * TILE_FRAMES < levels[level].shape[1]):
            raise PictureError("There is no such part of the spectrogram: open the clip again.")
        start = index * TILE_FRAMES
        return np.ascontiguousarray(levels[level][:, start : start + TILE_FRAMES])

    def _frames(self, kind: Kind) -> int:
        return 1 + len(self._samples) // kind.hop

    def _computed(self, kind: str) -> list[np.ndarray]:
        shape = _known(kind)
        with self._locks[kind]:
            if kind not in self._levels:
                self._levels[kind] = _with_less_detail(self._draw(shape))
            return self._levels[kind]

    def _draw(self, kind: Kind) -> np.ndarray:
        """Return level 0 (bands, frames). Two passes: the maximum first, so that only bytes are kept."""
        picture = np.zeros((kind.bands, self._frames(kind)), np.uint8)
        loudest = max(float(power.max()) for _, power in self._chunks(kind))
        if loudest <= POWER_FLOOR:
            return picture
        for first, power in self._chunks(kind):
            db = 10 * np.log10(np.maximum(power, np.float32(POWER_FLOOR)) / np.float32(loudest))
            values = ((db - FLOOR_DB) * LEVELS_PER_DB).clip(0, 255).round()
            picture[:, first : first + db.shape[1]] = values.astype(np.uint8)
        return picture

    def _chunks(self, kind: Kind) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the first frame of each chunk and its power (bands, n): of frames centred as in one piece."""
        count = self._frames(kind)
        for first in range(0, count, CHUNK_FRAMES):
            n = min(CHUNK_FRAMES, count - first)
            start = first * kind.hop - N_FFT // 2
            part = _cut(self._samples, start, (n - 1) * kind.hop + N_FFT)
            yield first, kind.power(frames_of(part, kind.hop))


def window_picture(samples: np.ndarray, start: int) -> np.ndarray:
    """Return (128, 188) float32: the log-mel that the network scores of the 3.0 s window from `start` on.

    In dB below that window's own maximum, from -80 to 0, before it is standardised. What lies before the
    first or behind the last of the samples (n,) is zero.
    """
    window = fix_length(_cut(samples, start, min(N_SAMPLES, max(len(samples) - start, 0))))
    return mel_db(window)


@functools.cache
def mel_hz() -> np.ndarray:
    """Frequency of the centre of each of the 128 mel bands in Hz, on Slaney's scale."""
    top = LINEAR_MELS + np.log(SAMPLE_RATE / 2 / LINEAR_HZ) / LOG_STEP
    mels = np.linspace(0, top, N_MELS + 2)[1:-1]
    above = LINEAR_HZ * np.exp(LOG_STEP * (mels - LINEAR_MELS).clip(0))
    return np.where(mels < LINEAR_MELS, mels * (LINEAR_HZ / LINEAR_MELS), above)


def _known(kind: str) -> Kind:
    if kind not in KINDS:
        raise PictureError(f"There is no spectrogram of that kind: choose {' or '.join(KINDS)}.")
    return KINDS[kind]


def _levels(frames: int) -> int:
    """How many levels of detail: the last one fits into one tile."""
    return 1 + max(0, -(-frames // TILE_FRAMES) - 1).bit_length()


def _with_less_detail(picture: np.ndarray) -> list[np.ndarray]:
    """The picture (bands, frames) and its coarser levels, each of half as many columns as the one before."""
    levels = [picture]
    for _ in range(_levels(picture.shape[1]) - 1):
        finer = levels[-1]
        coarser = finer[:, ::2].copy()
        np.maximum(coarser[:, : finer.shape[1] // 2], finer[:, 1::2], out=coarser[:, : finer.shape[1] // 2])
        levels.append(coarser)
    return levels


def _cut(samples: np.ndarray, start: int, n: int) -> np.ndarray:
    """Return n float32 samples from `start` on, zero where there are none."""
    part = np.zeros(n, np.float32)
    first, last = max(start, 0), min(start + n, len(samples))
    if first < last:
        part[first - start : last - start] = samples[first:last]
    return part
