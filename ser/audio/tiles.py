"""Compute the spectrograms that the viewer shows: of a whole recording in tiles and levels of detail, or of one window.

>>> spectrograms = Spectrograms(np.zeros(48_000, np.float32))
>>> spectrograms.tile("full", level=0, index=0).shape
(128, 188)
"""

import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from ser.audio.features import (
    HOP_LENGTH,
    N_FFT,
    N_MELS,
    N_SAMPLES,
    POWER_FLOOR,
    fix_length,
    frame_view,
    mel_db,
    mel_power,
    power_spectrum,
)
from ser.audio.reading import SAMPLE_RATE
from ser.errors import UserError

FLOOR_DB = -100.0  # below the loudest cell of the recording; lower values are raised to it
LEVELS_PER_DB = 255 / -FLOOR_DB  # a byte is round((dB + 100) * 2.55)
TILE_FRAMES = 512
CHUNK_FRAMES = 2048  # transformed at a time: 8 MB of spectra each for power and complex values

# Slaney's mel scale: linear up to 1000 Hz, which is mel 15, then logarithmic.
LINEAR_HZ, LINEAR_MELS, LOG_STEP = 1000.0, 15.0, np.log(6.4) / 27.0


@dataclass(frozen=True)
class Kind:
    """A kind of spectrogram.

    Attributes
    ----------
    hop : samples between frames
    bands : number of rows
    scale : scale of the rows' frequencies, "mel" or "linear"
    """

    hop: int
    bands: int
    scale: str

    def hz(self) -> np.ndarray:
        """Return the frequency of each row's centre (bands,), ascending."""
        if self.scale == "mel":
            return mel_hz()
        return np.arange(self.bands) * (SAMPLE_RATE / N_FFT)

    def power(self, frames: np.ndarray) -> np.ndarray:
        """Return the power (bands, n) of frames (n, 1024)."""
        power = power_spectrum(frames)
        return mel_power(power) if self.scale == "mel" else power.T[: self.bands]


KINDS = {
    "full": Kind(HOP_LENGTH, N_MELS, "mel"),  # as the network's features, over the whole recording
    # A Hann window of 64 ms separates the harmonics of all but the deepest voices. Half the spectrum has 513 bins; the
    # last, at 8000 Hz, is left out.
    "narrow": Kind(HOP_LENGTH // 2, N_FFT // 2, "linear"),
}


class SpectrogramError(UserError):
    """A request for a part of a spectrogram that does not exist."""


class About(TypedDict):
    """What a viewer needs to know about a kind of spectrogram before it requests tiles.

    Frame i is centred on second i * `frame_s`.
    """

    bands: int
    frames: int  # of level 0
    frame_s: float
    tile_frames: int
    levels: int
    hz: list[float]  # of each row's centre, ascending
    scale: str  # "mel" or "linear"


class Spectrograms:
    """The spectrograms of one recording. Each is computed when it is first requested. Threads may share an object.

    Ten minutes as "narrow" take a few seconds and 80 MB, and a tenth of that as "full".

    Parameters
    ----------
    samples : (n,) float32, mono, 16 kHz
    """

    def __init__(self, samples: np.ndarray):
        self._samples = samples
        self._locks = {kind: threading.Lock() for kind in KINDS}
        self._levels: dict[str, list[np.ndarray]] = {}

    def about(self, kind: str) -> About:
        """Describe a kind, "full" or "narrow", in plain JSON values, without computing it."""
        spectrogram_kind = _kind(kind)
        frames = self._n_frames(spectrogram_kind)
        return {
            "bands": spectrogram_kind.bands,
            "frames": frames,
            "frame_s": spectrogram_kind.hop / SAMPLE_RATE,
            "tile_frames": TILE_FRAMES,
            "levels": _n_levels(frames),
            "hz": spectrogram_kind.hz().tolist(),
            "scale": spectrogram_kind.scale,
        }

    def tile(self, kind: str, *, level: int, index: int) -> np.ndarray:
        """Return a tile (bands, up to 512) uint8, the lowest band first: round((dB + 100) * 2.55).

        dB are counted from the loudest cell of the whole recording. Digital silence is 0 everywhere.

        Parameters
        ----------
        kind : "full" or "narrow"
        level : level of detail; a column of level L is the maximum of 2**L frames
        index : number of the tile; only the last tile of a level may be narrower than 512 columns

        Raises
        ------
        SpectrogramError : if there is no such kind, level or tile
        """
        levels = self._all_levels(kind)
        if not (0 <= level < len(levels) and 0 <= index * TILE_FRAMES < levels[level].shape[1]):
            raise SpectrogramError("There is no such part of the spectrogram: open the clip again.")
        start = index * TILE_FRAMES
        return np.ascontiguousarray(levels[level][:, start : start + TILE_FRAMES])

    def _n_frames(self, kind: Kind) -> int:
        return 1 + len(self._samples) // kind.hop

    def _all_levels(self, kind: str) -> list[np.ndarray]:
        spectrogram_kind = _kind(kind)
        with self._locks[kind]:
            if kind not in self._levels:
                self._levels[kind] = _with_coarser_levels(self._finest_level(spectrogram_kind))
            return self._levels[kind]

    def _finest_level(self, kind: Kind) -> np.ndarray:
        """Return level 0 (bands, frames) in two passes: the first finds the maximum, so that only bytes are kept."""
        levels = np.zeros((kind.bands, self._n_frames(kind)), np.uint8)
        loudest = max(float(power.max()) for _, power in self._chunks(kind))
        if loudest <= POWER_FLOOR:
            return levels
        for first, power in self._chunks(kind):
            db = 10 * np.log10(np.maximum(power, np.float32(POWER_FLOOR)) / np.float32(loudest))
            chunk = ((db - FLOOR_DB) * LEVELS_PER_DB).clip(0, 255).round()
            levels[:, first : first + db.shape[1]] = chunk.astype(np.uint8)
        return levels

    def _chunks(self, kind: Kind) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the first frame of each chunk and the chunk's power (bands, n).

        Frames are centred as if the recording were transformed in one piece.
        """
        n_frames = self._n_frames(kind)
        for first in range(0, n_frames, CHUNK_FRAMES):
            n = min(CHUNK_FRAMES, n_frames - first)
            start = first * kind.hop - N_FFT // 2
            part = _cut(self._samples, start, (n - 1) * kind.hop + N_FFT)
            yield first, kind.power(frame_view(part, kind.hop))


def window_mel_db(samples: np.ndarray, start: int) -> np.ndarray:
    """Return the mel spectrogram (128, 188) float32 of the 3.0 s window from `start` on, as the network scores it.

    Values are in dB below the window's own maximum, from -80 to 0, before they are standardised. Outside the samples
    (n,) the window is zero.
    """
    window = fix_length(_cut(samples, start, min(N_SAMPLES, max(len(samples) - start, 0))))
    return mel_db(window)


@functools.cache
def mel_hz() -> np.ndarray:
    """Return the centre frequency of each of the 128 mel bands in Hz, on Slaney's scale."""
    top = LINEAR_MELS + np.log(SAMPLE_RATE / 2 / LINEAR_HZ) / LOG_STEP
    mels = np.linspace(0, top, N_MELS + 2)[1:-1]
    above = LINEAR_HZ * np.exp(LOG_STEP * (mels - LINEAR_MELS).clip(0))
    return np.where(mels < LINEAR_MELS, mels * (LINEAR_HZ / LINEAR_MELS), above)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise SpectrogramError(f"There is no spectrogram of that kind: choose {' or '.join(KINDS)}.")
    return KINDS[name]


def _n_levels(n_frames: int) -> int:
    """Return the number of levels of detail; the last one fits into one tile."""
    return 1 + max(0, -(-n_frames // TILE_FRAMES) - 1).bit_length()


def _with_coarser_levels(finest: np.ndarray) -> list[np.ndarray]:
    """Return level 0 (bands, frames) and the coarser levels, each with half as many columns as the one before."""
    levels = [finest]
    for _ in range(_n_levels(finest.shape[1]) - 1):
        finer = levels[-1]
        coarser = finer[:, ::2].copy()
        np.maximum(coarser[:, : finer.shape[1] // 2], finer[:, 1::2], out=coarser[:, : finer.shape[1] // 2])
        levels.append(coarser)
    return levels


def _cut(samples: np.ndarray, start: int, n: int) -> np.ndarray:
    """Return n float32 samples from `start` on, zero outside the recording."""
    part = np.zeros(n, np.float32)
    first, last = max(start, 0), min(start + n, len(samples))
    if first < last:
        part[first - start : last - start] = samples[first:last]
    return part
