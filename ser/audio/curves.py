"""Compute the curves that the viewer draws over a spectrogram: pitch, intensity, and the voiced parts.

Each function takes a part of a recording. Frames lie on one grid over the whole recording, so neighbouring parts fit
together.
"""

import contextlib
import functools
import importlib.util
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.audio.reading import SAMPLE_RATE
from ser.errors import UserError

PITCH_HZ = (65.0, 600.0)  # lowest and highest: from deep voices to shouts
PITCH_BAND_HZ = (60.0, 1500.0)
PITCH_BETA = (2, 10)  # of pyin's thresholds
QUIET = 1e-3  # of the loudest frame's mean square; frames 30 dB below it count as unvoiced
PITCH_FRAME = 1024  # samples, 64 ms; librosa's default of 128 ms smears a moving pitch
PITCH_HOP = 256  # samples, 16 ms: the frames of the spectrogram
CONTEXT_FRAMES = 16  # before and after a part, for pyin's path to settle
MAX_COMPILE_S = 90.0  # compiling takes up to a minute on a slow machine
MAX_PITCH_S = 30.0  # takes three seconds of a core, more on a busy one

INTENSITY_PITCH_HZ = 100.0  # Praat's "minimum pitch" and its default value
INTENSITY_HOP = round(0.8 / INTENSITY_PITCH_HZ * SAMPLE_RATE)  # 128 samples, 8 ms: Praat's choice for 100 Hz
INTENSITY_HALF = round(
    3.2 / INTENSITY_PITCH_HZ * SAMPLE_RATE
)  # 512 samples: the window is twice its effective duration
HEARING_THRESHOLD = 4e-10  # Pa2; a sample of 1 counts as 1 Pa
MIN_POWER = 1e-30  # Pa2; less is digital silence
FRAMES_AT_ONCE = 2048


_has_compiled = False  # in this process


@dataclass(frozen=True)
class Track:
    """A curve with one value per frame.

    Attributes
    ----------
    first_s : time of the first frame in seconds
    step_s : seconds between frames
    values : (frames,), NaN where there is no value
    """

    first_s: float
    step_s: float
    values: np.ndarray

    def to_dict(self) -> dict:
        """Return plain JSON values: first_s, step_s, and values with null where there is none."""
        values = [None if np.isnan(value) else round(float(value), 2) for value in self.values]
        return {"first_s": self.first_s, "step_s": self.step_s, "values": values}


class StretchError(UserError):
    """A part of a recording is too long for what was requested."""


def pitch(samples: np.ndarray, *, start_s: float = 0.0, end_s: float | None = None) -> Track:
    """Return the fundamental frequency in Hz, NaN in unvoiced frames.

    It is computed by librosa's pyin (Mauch and Dixon 2014), because yin does not distinguish voiced from unvoiced
    frames. With librosa's defaults, pyin finds no voice at all in many rooms with a hum: on 26 clips of CREMA-D it
    finds 45 % of the frames that Praat calls voiced. Here the recording is first filtered to the band of a voice's
    lower harmonics, and thresholds are drawn from Beta(2, 10) instead of Beta(2, 18). This finds 73 %, of which 9 % are
    more than two semitones off Praat's value.

    Parameters
    ----------
    samples : (n,) float32, mono, 16 kHz
    start_s, end_s : the part, at most 30 s long; by default the whole recording

    Raises
    ------
    StretchError : if the part is longer
    """
    first, count = _grid(len(samples), PITCH_HOP, start_s, end_s)
    if count * PITCH_HOP > (MAX_PITCH_S + 1) * SAMPLE_RATE:
        raise StretchError(
            f"Pitch takes a while to compute: zoom in to {MAX_PITCH_S:.0f} s or less to see it."
        )
    before = min(first, CONTEXT_FRAMES)
    start = (first - before) * PITCH_HOP
    end = (first + count + CONTEXT_FRAMES) * PITCH_HOP
    hz = _pyin(np.ascontiguousarray(samples[start:end], dtype=np.float32))[before : before + count]
    power = _frame_power(samples)
    is_quiet = power[first : first + count] <= QUIET * power.max()  # only a hum is periodic there
    return Track(first * PITCH_HOP / SAMPLE_RATE, PITCH_HOP / SAMPLE_RATE, np.where(is_quiet, np.nan, hz))


def voiced(
    samples: np.ndarray, *, start_s: float = 0.0, end_s: float | None = None
) -> list[tuple[float, float]]:
    """Return the voiced parts (start_s, end_s) in order: where `pitch` finds a pitch.

    These are vowels and voiced consonants. `ser.audio.voice.find_voice` looks for speech, which also contains unvoiced
    consonants and short pauses.
    """
    return voiced_parts(pitch(samples, start_s=start_s, end_s=end_s))


def voiced_parts(track: Track) -> list[tuple[float, float]]:
    """Return the voiced parts (start_s, end_s) of a pitch track; a frame stands for the step around it."""
    flags = ~np.isnan(track.values)
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False)) - 0.5
    seconds = (track.first_s + edges * track.step_s).clip(0).tolist()
    return list(zip(seconds[::2], seconds[1::2], strict=True))


def intensity(samples: np.ndarray, *, start_s: float = 0.0, end_s: float | None = None) -> Track:
    """Return the intensity in dB as Praat defines it, NaN in digital silence.

    It is the mean square about the local mean, under a Kaiser window with an effective duration of 3.2 / 100 Hz, which
    is long enough to hide the single periods of a voice. dB are above 2e-5 Pa, where a sample of 1 counts as 1 Pa. This
    is `Sound: To Intensity...` of Boersma and Weenink's Praat at its default of 100 Hz. Recordings are not calibrated,
    so only differences within a recording are meaningful.

    Parameters
    ----------
    samples : (n,) float32, mono, 16 kHz
    start_s, end_s : the part; by default the whole recording
    """
    first, count = _grid(len(samples), INTENSITY_HOP, start_s, end_s)
    power = np.concatenate([_power(*part) for part in _framed(samples, first, count)])
    db = np.full(count, np.nan)
    np.log10(power / HEARING_THRESHOLD, out=db, where=power > MIN_POWER)
    return Track(first * INTENSITY_HOP / SAMPLE_RATE, INTENSITY_HOP / SAMPLE_RATE, 10 * db)


def first_time_hint() -> str | None:
    """Return a sentence for someone who is about to wait long for their first pitch, else None.

    numba compiles parts of librosa when they are first used on a computer, and loads them when they are first used by
    a process.
    """
    if "librosa.core.pitch" in sys.modules:
        return None
    if _is_compiled():
        return "Loading the pitch tracker: this takes a few seconds, once after each start."
    return "Preparing the pitch tracker: this takes up to a minute, only the first time on this computer."


def _is_compiled() -> bool:
    """Return whether numba has stored the compiled parts of librosa."""
    spec = importlib.util.find_spec("librosa")
    folders = [Path(spec.origin).parent / "__pycache__"] if spec and spec.origin else []
    if cache_dir := os.environ.get("NUMBA_CACHE_DIR"):
        folders = [Path(cache_dir)]
    return any(next(folder.rglob("sequence._viterbi*.nbi"), None) for folder in folders)


def _pyin(samples: np.ndarray) -> np.ndarray:
    """Return the pitch (frames,) of samples, frame i centred on sample i * 256."""
    with _compiling_alone():
        return _compiled_pyin(samples)


@contextlib.contextmanager
def _compiling_alone() -> Iterator[None]:
    """Let one process of this user at a time make its first call, in which numba compiles or loads parts of librosa.

    numba's cache is not safe when several processes write to it: it can end up with machine code under the wrong
    signature, and every process that loads it crashes from then on.
    """
    global _has_compiled
    if _has_compiled:
        yield
        return
    from filelock import FileLock, Timeout

    name = f"emotion-listener-{os.getuid() if hasattr(os, 'getuid') else 'user'}-numba.lock"
    lock = FileLock(Path(tempfile.gettempdir()) / name)
    with contextlib.suppress(Timeout, OSError):  # another process hangs, or the folder cannot be written to
        lock.acquire(timeout=MAX_COMPILE_S)
    try:
        yield
        _has_compiled = True
    finally:
        lock.release(force=True)


def _compiled_pyin(samples: np.ndarray) -> np.ndarray:
    import librosa
    from scipy.signal import sosfiltfilt

    if np.ptp(samples) == 0:  # pyin divides by the power
        return np.full(1 + len(samples) // PITCH_HOP, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about parts shorter than a frame, which are padded
        hz, _, _ = librosa.pyin(
            sosfiltfilt(_band(), samples).astype(np.float32),
            sr=SAMPLE_RATE,
            fmin=PITCH_HZ[0],
            fmax=PITCH_HZ[1],
            frame_length=PITCH_FRAME,
            hop_length=PITCH_HOP,
            beta_parameters=PITCH_BETA,
        )
    return hz


def _frame_power(samples: np.ndarray) -> np.ndarray:
    """Return the mean square (frames,) of pyin's frames, with zeros outside the recording."""
    padded = np.pad(np.square(samples, dtype=np.float64), (PITCH_FRAME // 2 + 1, PITCH_FRAME // 2))
    energy, hops = padded.cumsum()[::PITCH_HOP], PITCH_FRAME // PITCH_HOP
    return (energy[hops:] - energy[:-hops]) / PITCH_FRAME


@functools.cache
def _band() -> np.ndarray:
    from scipy.signal import butter

    return butter(2, PITCH_BAND_HZ, "bandpass", fs=SAMPLE_RATE, output="sos")


def _grid(n: int, hop: int, start_s: float, end_s: float | None) -> tuple[int, int]:
    """Return the first frame in a part of a recording of n samples, and the number of frames: at least one."""
    last = n // hop
    first = min(max(int(np.ceil(start_s * SAMPLE_RATE / hop)), 0), last)
    end = last if end_s is None else min(int(end_s * SAMPLE_RATE / hop), last)
    return first, max(end - first, 0) + 1


def _framed(samples: np.ndarray, first: int, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield frames (n, 1025) a block at a time, and flags of the samples inside the recording."""
    width = 2 * INTENSITY_HALF + 1
    for first_of_block in range(first, first + count, FRAMES_AT_ONCE):
        n = min(FRAMES_AT_ONCE, first + count - first_of_block)
        start = first_of_block * INTENSITY_HOP - INTENSITY_HALF
        indices = np.arange(start, start + (n - 1) * INTENSITY_HOP + width)
        inside = (indices >= 0) & (indices < len(samples))
        part = np.zeros(len(indices))
        part[inside] = samples[indices[inside]]
        frames, flags = (
            np.lib.stride_tricks.sliding_window_view(values, width)[::INTENSITY_HOP]
            for values in (part, inside.astype(float))
        )
        yield frames, flags


def _power(frames: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return the weighted mean square (n,) of each frame about its unweighted mean, over the samples inside."""
    window = _kaiser()
    mean = frames.sum(1) / inside.sum(1)
    centred = (frames - mean[:, None]) * inside
    return np.square(centred) @ window / (inside @ window)


@functools.cache
def _kaiser() -> np.ndarray:
    """Return Praat's Kaiser-20 window (1025,), whose side lobes are below -190 dB."""
    x = np.linspace(-1, 1, 2 * INTENSITY_HALF + 1)
    return np.i0((2 * np.pi**2 + 0.5) * np.sqrt(1 - x**2))
