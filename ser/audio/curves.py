"""What lies over a spectrogram: pitch, intensity, and where the voice is voiced; of a stretch of a recording.

Frames lie on one grid over the whole recording, whatever stretch is asked for: neighbours fit together.
"""

import functools
import importlib.util
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.audio.reading import SAMPLE_RATE
from ser.errors import UserError

PITCH_HZ = (65.0, 600.0)  # lowest and highest: deep voices, and shouts
PITCH_BAND_HZ = (60.0, 1500.0)
PITCH_BETA = (2, 10)  # of pyin's thresholds
QUIET = 1e-3  # of the loudest frame's mean square: 30 dB below it no voice is looked for
PITCH_FRAME = 1024  # samples, 64 ms; of the 128 ms that are librosa's habit a moving pitch is smeared out
PITCH_HOP = 256  # samples, 16 ms: the frames of the spectrogram
CONTEXT_FRAMES = 16  # on both sides of a stretch, for pyin's path to settle
MAX_PITCH_S = 30.0  # three seconds of a core, more on a busy one

INTENSITY_PITCH_HZ = 100.0  # Praat's "minimum pitch", with its own default
INTENSITY_HOP = round(0.8 / INTENSITY_PITCH_HZ * SAMPLE_RATE)  # 8 ms, Praat's choice for it
INTENSITY_HALF = round(3.2 / INTENSITY_PITCH_HZ * SAMPLE_RATE)  # the window is twice its effective duration
HEARING = 4e-10  # Pa2, the threshold of hearing; a sample of 1 counts as 1 Pa
NOTHING = 1e-30  # Pa2
BLOCK = 2048  # frames at a time


@dataclass(frozen=True)
class Track:
    """A number per frame: frame i is at first_s + i * step_s; NaN where there is none."""

    first_s: float
    step_s: float
    values: np.ndarray

    def to_dict(self) -> dict:
        """Return plain JSON values: first_s, step_s, and values with null where there is none."""
        values = [None if np.isnan(value) else round(float(value), 2) for value in self.values]
        return {"first_s": self.first_s, "step_s": self.step_s, "values": values}


class StretchError(UserError):
    """A stretch that is too long for what was asked of it."""


def pitch(samples: np.ndarray, *, start_s: float = 0.0, end_s: float | None = None) -> Track:
    """Return the fundamental frequency in Hz, NaN where no voice is voiced.

    By librosa's pyin (Mauch and Dixon 2014), because yin does not tell voiced from unvoiced. As librosa has it,
    pyin finds no voice at all in many rooms with a hum: on 26 clips of CREMA-D it finds 45 % of the frames
    that Praat calls voiced. With what lies outside the band of a voice's lower harmonics taken off first,
    and thresholds drawn from Beta(2, 10) rather than Beta(2, 18), it finds 73 %, and 9 % of those are more
    than two semitones off Praat's value.

    Parameters
    ----------
    samples : (n,) float32, mono, 16 kHz
    start_s, end_s : the stretch, at most 30 s; the whole recording when not given

    Raises
    ------
    StretchError : for a longer stretch
    """
    first, count = _grid(len(samples), PITCH_HOP, start_s, end_s)
    if count * PITCH_HOP > (MAX_PITCH_S + 1) * SAMPLE_RATE:
        raise StretchError(f"Pitch takes a while: zoom in to {MAX_PITCH_S:.0f} s or less to see it.")
    before = min(first, CONTEXT_FRAMES)
    begin = (first - before) * PITCH_HOP
    end = (first + count + CONTEXT_FRAMES) * PITCH_HOP
    hz = _pyin(np.ascontiguousarray(samples[begin:end], dtype=np.float32))[before : before + count]
    power = _power_of_frames(samples)
    quiet = power[first : first + count] <= QUIET * power.max()  # where a hum is all that is periodic
    return Track(first * PITCH_HOP / SAMPLE_RATE, PITCH_HOP / SAMPLE_RATE, np.where(quiet, np.nan, hz))


def voiced(
    samples: np.ndarray, *, start_s: float = 0.0, end_s: float | None = None
) -> list[tuple[float, float]]:
    """Return the voiced parts (start_s, end_s) in order: where `pitch` finds one.

    Vowels and voiced consonants, as phoneticians use the word. `ser.audio.voice.find_voice` looks for speech, which
    holds unvoiced consonants and short pauses too.
    """
    return voiced_parts(pitch(samples, start_s=start_s, end_s=end_s))


def voiced_parts(track: Track) -> list[tuple[float, float]]:
    """Return the voiced parts (start_s, end_s) of a pitch track; a frame stands for the step around it."""
    flags = ~np.isnan(track.values)
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False)) - 0.5
    seconds = (track.first_s + edges * track.step_s).clip(0).tolist()
    return list(zip(seconds[::2], seconds[1::2], strict=True))


def intensity(samples: np.ndarray, *, start_s: float = 0.0, end_s: float | None = None) -> Track:
    """Return the intensity in dB as Praat defines it, NaN where there is nothing but digital silence.

    The mean square, less the local mean, under a Kaiser window of the effective duration 3.2 / 100 Hz, long
    enough to hide the single periods of a voice, in dB above 2e-5 Pa where a sample of 1 counts as 1 Pa:
    `Sound: To Intensity...` of Boersma and Weenink, Praat, at its default of 100 Hz. Recordings are not
    calibrated, so only differences within one mean something.

    Parameters
    ----------
    samples : (n,) float32, mono, 16 kHz
    start_s, end_s : the stretch; the whole recording when not given
    """
    first, count = _grid(len(samples), INTENSITY_HOP, start_s, end_s)
    power = np.concatenate([_power(*part) for part in _framed(samples, first, count)])
    db = np.full(count, np.nan)
    np.log10(power / HEARING, out=db, where=power > NOTHING)
    return Track(first * INTENSITY_HOP / SAMPLE_RATE, INTENSITY_HOP / SAMPLE_RATE, 10 * db)


def first_time_hint() -> str | None:
    """Return what to tell the person who asks for the pitch when that is going to take long, else None.

    librosa's parts are compiled by numba when they are first used on a computer, and loaded when they are
    first used by a process.
    """
    if "librosa.core.pitch" in sys.modules:
        return None
    if _compiled():
        return "Loading what finds the pitch: a few seconds, once after each start."
    return "Preparing what finds the pitch: up to a minute, only the first time on this computer."


def _compiled() -> bool:
    """True where numba has left librosa's compiled parts."""
    spec = importlib.util.find_spec("librosa")
    folders = [Path(spec.origin).parent / "__pycache__"] if spec and spec.origin else []
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        folders = [Path(given)]
    return any(next(folder.rglob("sequence._viterbi*.nbi"), None) for folder in folders)


def _pyin(samples: np.ndarray) -> np.ndarray:
    """Return the pitch (frames,) of samples, frame i centred on sample i * 256."""
    import librosa
    from scipy.signal import sosfiltfilt

    if np.ptp(samples) == 0:  # pyin divides by the power
        return np.full(1 + len(samples) // PITCH_HOP, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of stretches shorter than a frame, which are padded
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


def _power_of_frames(samples: np.ndarray) -> np.ndarray:
    """Return the mean square (frames,) of pyin's frames, zeros outside."""
    padded = np.pad(np.square(samples, dtype=np.float64), (PITCH_FRAME // 2 + 1, PITCH_FRAME // 2))
    energy, hops = padded.cumsum()[::PITCH_HOP], PITCH_FRAME // PITCH_HOP
    return (energy[hops:] - energy[:-hops]) / PITCH_FRAME


@functools.cache
def _band() -> np.ndarray:
    from scipy.signal import butter

    return butter(2, PITCH_BAND_HZ, "bandpass", fs=SAMPLE_RATE, output="sos")


def _grid(n: int, hop: int, start_s: float, end_s: float | None) -> tuple[int, int]:
    """Return the first frame in a stretch of n samples, and how many there are: at least one."""
    last = n // hop
    first = min(max(int(np.ceil(start_s * SAMPLE_RATE / hop)), 0), last)
    end = last if end_s is None else min(int(end_s * SAMPLE_RATE / hop), last)
    return first, max(end - first, 0) + 1


def _framed(samples: np.ndarray, first: int, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield frames (n, 1025) a block at a time, and the flags of what lies in the recording."""
    width = 2 * INTENSITY_HALF + 1
    for block in range(first, first + count, BLOCK):
        n = min(BLOCK, first + count - block)
        begin = block * INTENSITY_HOP - INTENSITY_HALF
        where = np.arange(begin, begin + (n - 1) * INTENSITY_HOP + width)
        inside = (where >= 0) & (where < len(samples))
        part = np.zeros(len(where))
        part[inside] = samples[where[inside]]
        frames, flags = (
            np.lib.stride_tricks.sliding_window_view(values, width)[::INTENSITY_HOP]
            for values in (part, inside.astype(float))
        )
        yield frames, flags


def _power(frames: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return the weighted mean square (n,) about the plain mean of each frame, over what is inside."""
    window = _kaiser()
    mean = frames.sum(1) / inside.sum(1)
    centred = (frames - mean[:, None]) * inside
    return np.square(centred) @ window / (inside @ window)


@functools.cache
def _kaiser() -> np.ndarray:
    """Praat's Kaiser-20 window (1025,), whose side lobes lie below -190 dB."""
    x = np.linspace(-1, 1, 2 * INTENSITY_HALF + 1)
    return np.i0((2 * np.pi**2 + 0.5) * np.sqrt(1 - x**2))
