"""Waveform -> log-mel spectrogram, the one that the command line, the browser and the files of `prepare` share.

In NumPy, so that scoring a recording imports no PyTorch. Training makes the same numbers in tensors: see
`ser.network.tensor_features`.
"""

import functools
import os
import struct
import zlib
from importlib import resources

import numpy as np

from ser.audio.reading import N_SAMPLES, SAMPLE_RATE, fix_length
from ser.util.files import write_atomically

N_FFT = 1024  # samples: 64 ms
HOP_LENGTH = 256  # samples: 16 ms between frames
N_MELS = 128
N_FRAMES = 1 + N_SAMPLES // HOP_LENGTH  # 188 frames in a 3.0 s window, because frames are centred
MIN_FRAMES = 32  # half a second: what the networks need, to have a time axis behind their strides
FRAME_S = HOP_LENGTH / SAMPLE_RATE  # 0.016 s
TOP_DB = 80.0  # the floor, in dB below the clip's maximum
STD_EPSILON = 1e-6
# So few that what is made of them on the way fits into the cache, and that malloc does not ask the system for it.
FRAMES_AT_ONCE = 32
POWER_FLOOR = 1e-10  # librosa's `amin`: keeps the logarithm of silence finite

PNG_SIZE = 600  # pixels, both ways: the notebook's figure of 6 x 6 inches at 100 dpi
PNG_COMPRESS_LEVEL = 1  # 34 kB, as at 6, in half the time
PALETTE_COLOURS, FILTER_UP = 3, 2  # the standard's numbers of the two


@functools.cache
def mel_filterbank() -> np.ndarray:
    """Return the (128, 513) Slaney filterbank of `librosa.filters.mel(sr=16000, n_fft=1024, n_mels=128)`.

    It is shipped as a file because importing `librosa.filters` imports numba, which costs seconds.
    """
    with resources.files("ser").joinpath("assets/mel_filterbank.npz").open("rb") as file:
        return np.load(file)["mel_16000_1024_128"]


@functools.cache
def hann_window() -> np.ndarray:
    """Return the (1024,) float32 periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)


def frames_of(samples: np.ndarray, hop: int) -> np.ndarray:
    """Return a view (..., frames, 1024) of samples (..., n): every `hop` samples, not centred, not windowed."""
    return np.lib.stride_tricks.sliding_window_view(samples, N_FFT, axis=-1)[..., ::hop, :]


def power_of(frames: np.ndarray) -> np.ndarray:
    """Return the power (..., frames, 513) of float32 frames (..., frames, 1024) under the window."""
    from scipy.fft import rfft  # five times as fast as NumPy's on float32; a quarter of a second to import

    spectrum = rfft(frames * hann_window(), axis=-1)
    return np.square(spectrum.real) + np.square(spectrum.imag)


def mel_of(power: np.ndarray) -> np.ndarray:
    """Return the mel power (..., 128, frames) of power (..., frames, 513)."""
    power = power.swapaxes(-1, -2)
    return np.concatenate([weights @ power[..., bins, :] for weights, bins in _mel_blocks()], axis=-2)


@functools.cache
def _mel_blocks() -> list[tuple[np.ndarray, slice]]:
    """Return the filterbank in four blocks of bands and the bins that each one reads: nearly all else is zero."""
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
    for clip, bands in zip(
        samples.reshape(-1, samples.shape[-1]), mel.reshape(-1, *mel.shape[-2:]), strict=True
    ):
        frames = frames_of(np.pad(clip, N_FFT // 2), HOP_LENGTH)
        for first in range(0, len(frames), FRAMES_AT_ONCE):
            some = slice(first, first + FRAMES_AT_ONCE)
            bands[:, some] = mel_of(power_of(frames[some]))
    db = 10 * np.log10(np.maximum(mel, np.float32(POWER_FLOOR)))
    return np.maximum(db - db.max(axis=(-2, -1), keepdims=True), np.float32(-TOP_DB))


def standardise(db: np.ndarray) -> np.ndarray:
    """Return (..., bands, frames) with mean 0 and deviation 1 per clip; a constant clip becomes zeros."""
    centred = db - db.mean(axis=(-2, -1), keepdims=True)
    deviation = np.sqrt(np.square(centred).mean(axis=(-2, -1), keepdims=True))
    return centred / (deviation + np.float32(STD_EPSILON))


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Return the (1, 128, 188) float32 log-mel of a recording: its first 3.0 s, or zero-padded to 3.0 s.

    Equal to librosa's `melspectrogram` and `power_to_db(ref=np.max)`, then (x - mean) / (std + 1e-6) per
    clip: the recipe of the published notebook.

    Parameters
    ----------
    samples : (n,) float32, mono, 16 kHz; or (batch, n), which gives (batch, 1, 128, 188)
    """
    waveforms = np.ascontiguousarray(fix_length(samples), dtype=np.float32)
    return standardise(mel_db(waveforms))[..., None, :, :]


def valid_frames(n_samples: int) -> int:
    """Return how many of a window's 188 frames are centred on one of its first `n_samples` samples."""
    return min(-(-n_samples // HOP_LENGTH), N_FRAMES)


def render_png(log_mel: np.ndarray, cmap: str = "magma") -> bytes:
    """Return the picture of a log-mel as the bytes of a 600 x 600 PNG, low frequencies at the bottom.

    The picture that `librosa.display.specshow` fills a figure with: a rectangle of one colour for each
    band and frame, the clip's minimum and maximum at the ends of the colour map; no axes, no border.

    Parameters
    ----------
    log_mel : (1, 128, frames) or (128, frames)
    cmap : name of a matplotlib colour map; specshow's own choice for standardised data is "coolwarm"

    Raises
    ------
    ValueError : for a colour map that matplotlib does not know
    """
    cells = log_mel.reshape(log_mel.shape[-2:])
    low, high = float(cells.min()), float(cells.max())
    # 256 steps of equal width, as matplotlib divides them; a constant clip takes the lowest colour.
    steps = (cells - low) * (256 / (high - low) if high > low else 0.0)
    levels = steps.astype(np.int32).clip(0, 255).astype(np.uint8)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", PNG_SIZE, PNG_SIZE, 8, PALETTE_COLOURS, 0, 0, 0)),
        (b"PLTE", _palette(cmap)),
        (b"IDAT", zlib.compress(_scan_lines(levels), PNG_COMPRESS_LEVEL)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def save_png(log_mel: np.ndarray, path: str | os.PathLike, cmap: str = "magma") -> None:
    """Write the picture that `render_png` draws; the file is there whole or not at all."""
    picture = render_png(log_mel, cmap)
    with write_atomically(path) as file:
        file.write(picture)


def _scan_lines(levels: np.ndarray) -> bytes:
    """Return the rows of pixels, lowest band last, each behind the number of its filter (PNG, section 9).

    Every band is four or five rows high. Filter "up" makes of a row that repeats the one above nothing but
    zeros, so that there is a quarter to compress, and in half the time that an imaging library takes.
    """
    rows, columns = _cell_of_pixel(levels.shape[0])[::-1], _cell_of_pixel(levels.shape[1])
    new = np.append(True, rows[1:] != rows[:-1])
    lines = np.zeros((PNG_SIZE, 1 + PNG_SIZE), np.uint8)
    lines[~new, 0] = FILTER_UP
    lines[new, 1:] = levels[rows[new]][:, columns]
    return lines.tobytes()


def _cell_of_pixel(cells: int) -> np.ndarray:
    """Return, for each of the 600 pixels along an axis, the cell that covers its centre."""
    return ((np.arange(PNG_SIZE) + 0.5) * cells / PNG_SIZE).astype(np.intp)


@functools.cache
def _palette(cmap: str) -> bytes:
    """Return the 256 colours of a matplotlib colour map as R, G, B bytes."""
    from matplotlib import colormaps  # a few tenths of a second that scoring need not pay

    if cmap not in colormaps:
        raise ValueError(f"there is no colour map {cmap!r}: use magma, coolwarm or another one of matplotlib")
    return colormaps[cmap](np.arange(256), bytes=True)[:, :3].tobytes()
