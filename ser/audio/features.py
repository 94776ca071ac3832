"""Compute the log-mel spectrogram that the networks read, in NumPy.

The commands, the app and the files that `python -m ser prepare` writes all get their features here, so scoring a
recording does not import PyTorch. Training computes the same numbers from tensors: see `ser.network.tensor_features`.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from ser.audio.fourier import rfft
from ser.audio.reading import SAMPLE_RATE

WINDOW_S = 3.0
N_SAMPLES = round(WINDOW_S * SAMPLE_RATE)  # 48,000 samples in a window: 3.0 s * 16,000 Hz
N_FFT = 1024  # samples, 64 ms
HOP_LENGTH = 256  # samples between frames, 16 ms
FRAME_S = HOP_LENGTH / SAMPLE_RATE  # 0.016 s between frames: 256 / 16,000 Hz
N_FRAMES = 1 + N_SAMPLES // HOP_LENGTH  # 188 frames in a window, as frames are centred: 1 + 48,000 // 256
N_OUTER = N_FFT // 2 // HOP_LENGTH  # 2 frames at either end of a window reach beyond it
MIN_FRAMES = 32  # 0.5 s; with fewer, the networks' strides leave no time axis
N_MELS = 128
POWER_FLOOR = 1e-10  # `amin` in librosa; keeps the logarithm of silence finite
TOP_DB = 80.0  # the floor, in dB below the clip's maximum; a network may have a higher one, see `ser.network.inputs`
STD_EPSILON = 1e-6  # keeps the division by the deviation of a constant clip finite
# Few enough that intermediate results fit into the cache, and that malloc does not ask the system for memory.
FRAMES_AT_ONCE = 32


@functools.cache
def mel_filterbank() -> np.ndarray:
    """Return the (128, 513) Slaney filterbank of `librosa.filters.mel(sr=16000, n_fft=1024, n_mels=128)`.

    It is stored in a file because importing `librosa.filters` imports numba, which takes seconds.
    """
    with resources.files("ser").joinpath("assets/mel_filterbank.npz").open("rb") as file:
        return np.load(file)["mel_16000_1024_128"]


@functools.cache
def hann_window() -> np.ndarray:
    """Return the (1024,) float32 periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)


def frame_view(samples: np.ndarray, hop: int) -> np.ndarray:
    """Return a view (..., frames, 1024) of samples (..., n): frames `hop` samples apart, without padding."""
    return np.lib.stride_tricks.sliding_window_view(samples, N_FFT, axis=-1)[..., ::hop, :]


def power_spectrum(frames: np.ndarray) -> np.ndarray:
    """Return the power (..., frames, 513) of float32 frames (..., frames, 1024) under a Hann window."""
    spectrum = rfft(frames * hann_window())
    power = np.square(spectrum.real)
    power += np.square(spectrum.imag)
    return power


def mel_power(power: np.ndarray) -> np.ndarray:
    """Return the mel power (..., 128, frames) of power (..., frames, 513)."""
    power = power.swapaxes(-1, -2)  # (..., 513, frames)
    return np.concatenate([weights @ power[..., bins, :] for weights, bins in _mel_blocks()], axis=-2)


@functools.cache
def _mel_blocks() -> list[tuple[np.ndarray, slice]]:
    """Return the filterbank as four blocks of bands, each with the bins it reads: nearly all other weights are zero."""
    blocks = []
    for weights in np.split(mel_filterbank(), 4):
        used = np.flatnonzero(weights.any(axis=0))
        bins = slice(used[0], used[-1] + 1)
        blocks.append((np.ascontiguousarray(weights[:, bins]), bins))
    return blocks


def mel_db(samples: np.ndarray) -> np.ndarray:
    """Return the mel spectrogram of each waveform in dB below its own maximum.

    Parameters
    ----------
    samples : (..., n) float32, mono, 16 kHz

    Returns
    -------
    (..., 128, 1 + n // 256) float32, from -80 (the floor) to 0 (the clip's maximum)
    """
    mel = np.empty((*samples.shape[:-1], N_MELS, 1 + samples.shape[-1] // HOP_LENGTH), np.float32)
    clips = samples.reshape(-1, samples.shape[-1])  # (clips, n)
    for clip, clip_mel in zip(clips, mel.reshape(-1, *mel.shape[-2:]), strict=True):
        centred = frame_view(np.pad(clip, N_FFT // 2), HOP_LENGTH)
        clip_mel[:] = _mel_of_frames(centred)
    return _below_maximum(_db(mel))


def _mel_of_frames(frames: np.ndarray) -> np.ndarray:
    """Return the mel power (128, n) of frames (n, 1024)."""
    mel = np.empty((N_MELS, len(frames)), np.float32)
    for first in range(0, len(frames), FRAMES_AT_ONCE):
        block = slice(first, first + FRAMES_AT_ONCE)
        mel[:, block] = mel_power(power_spectrum(frames[block]))
    return mel


def _db(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(np.maximum(power, np.float32(POWER_FLOOR)))


def _below_maximum(db: np.ndarray) -> np.ndarray:
    return np.maximum(db - db.max(axis=(-2, -1), keepdims=True), np.float32(-TOP_DB))


def standardise(db: np.ndarray) -> np.ndarray:
    """Return (..., bands, frames) with mean 0 and deviation 1 per clip; a constant clip becomes zeros."""
    centred = db - db.mean(axis=(-2, -1), keepdims=True)
    deviation = np.sqrt(np.square(centred).mean(axis=(-2, -1), keepdims=True))
    return centred / (deviation + np.float32(STD_EPSILON))


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Return the standardised log-mel spectrogram of the first 3.0 s of a recording, zero-padded if it is shorter.

    The result equals librosa's `melspectrogram` and `power_to_db(ref=np.max)`, followed by
    (x - mean) / (std + 1e-6) per clip: the recipe of the published notebook.

    Parameters
    ----------
    samples : (n,) or (batch, n) float32, mono, 16 kHz

    Returns
    -------
    (1, 128, 188) or (batch, 1, 128, 188) float32
    """
    windows = np.ascontiguousarray(fix_length(samples), dtype=np.float32)
    return standardise(mel_db(windows))[..., None, :, :]


@dataclass(frozen=True)
class Windows(Sequence[np.ndarray]):
    """Windows of a recording: a sequence of their samples, of which the last may be shorter than 3.0 s.

    Attributes
    ----------
    samples : (n,) float32 of the recording
    starts : first sample of each window
    """

    samples: np.ndarray
    starts: Sequence[int]

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return Windows(self.samples, self.starts[place])
        start = self.starts[place]
        return self.samples[start : start + N_SAMPLES]

    def mel_db(self) -> np.ndarray:
        """Return `mel_db` of each window, zero-padded if it is shorter than 3.0 s: (windows, 128, 188).

        Frames at the same place in the recording are computed once for all windows that hold them whole. Zeros surround
        each window, so the outer two frames on either side are its own.
        """
        if any(start + N_SAMPLES > len(self.samples) for start in self.starts):
            return np.stack([mel_db(fix_length(window)) for window in self])
        windows = np.empty((len(self), N_MELS, N_FRAMES), np.float32)
        for alike in self._on_one_grid():
            first = self.starts[alike[0]]
            stretch = self.samples[first : self.starts[alike[-1]] + N_SAMPLES]
            # Its frame i is frame i + 2 of the first window.
            shared = _db(_mel_of_frames(frame_view(stretch, HOP_LENGTH)))
            outer = _db(self._outer_mel(alike))  # (128, windows, 4)
            for i, window in enumerate(alike):
                at = (self.starts[window] - first) // HOP_LENGTH
                inner = shared[:, at : at + N_FRAMES - 2 * N_OUTER]
                db = np.concatenate([outer[:, i, :N_OUTER], inner, outer[:, i, N_OUTER:]], axis=1)
                windows[window] = _below_maximum(db)
        return windows

    def _on_one_grid(self) -> list[list[int]]:
        """Return the windows in lists: those whose frames lie on one grid, as long as each overlaps the one before."""
        lists: list[list[int]] = []
        last: dict[int, list[int]] = {}  # list by phase
        for window, start in enumerate(self.starts):
            phase = start % HOP_LENGTH
            alike = last.get(phase)
            if alike is None or not 0 <= start - self.starts[alike[-1]] < N_SAMPLES:
                alike = last[phase] = []
                lists.append(alike)
            alike.append(window)
        return lists

    def _outer_mel(self, windows: list[int]) -> np.ndarray:
        """Return the mel power of the outer frames of some windows, (128, windows, 4)."""
        frames = np.zeros((len(windows), 2 * N_OUTER, N_FFT), np.float32)
        for window, outer in zip(windows, frames, strict=True):
            samples = self[window]
            for i in range(N_OUTER):
                before = N_FFT // 2 - i * HOP_LENGTH  # zeros; frame i is centred on sample i * 256
                outer[i, before:] = samples[: N_FFT - before]
                centre = (N_FRAMES - N_OUTER + i) * HOP_LENGTH
                rest = samples[centre - N_FFT // 2 :]
                outer[N_OUTER + i, : len(rest)] = rest
        return _mel_of_frames(frames.reshape(-1, N_FFT)).reshape(N_MELS, len(windows), 2 * N_OUTER)


def valid_frames(n_samples: int) -> int:
    """Return how many of a window's 188 frames are centred on one of its first `n_samples` samples."""
    return min(-(-n_samples // HOP_LENGTH), N_FRAMES)


def fix_length(samples: np.ndarray, n_samples: int = N_SAMPLES) -> np.ndarray:
    """Return exactly `n_samples` on the last axis: cut, or zero-padded at the end."""
    missing = n_samples - samples.shape[-1]
    if missing <= 0:
        return samples[..., :n_samples]
    return np.pad(samples, [(0, 0)] * (samples.ndim - 1) + [(0, missing)])
