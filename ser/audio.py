"""A sound file becomes mono float32 samples at 16 kHz, or one sentence that says why it cannot."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.decode import AudioError, decode
from ser.truncation import ends_early

SAMPLE_RATE = 16_000  # Hz
WINDOW_S = 3.0
N_SAMPLES = 48_000  # WINDOW_S * SAMPLE_RATE: samples in the window that the networks were trained on
MAX_S = 600.0
MIN_S = 0.25  # shorter than a syllable
SILENT_PEAK = 1e-3  # of full scale, -60 dB; the quietest spoken clip of CREMA-D peaks at 0.023


class AudioWarning(UserWarning):
    """A sound file of which only a part could be used."""


@dataclass(frozen=True)
class Recording:
    """Decoded sound: `samples` (n,) float32, mono, 16 kHz; `warnings` are sentences for the person."""

    samples: np.ndarray
    warnings: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return len(self.samples) / SAMPLE_RATE


def read_audio(path: str | os.PathLike, max_s: float = MAX_S) -> Recording:
    """Decode a sound file: WAV, FLAC, MP3, Ogg, AIFF, M4A, MP4, AAC, WebM and more.

    Channels are averaged, any sample rate is resampled to 16 kHz. Of a file that was cut off what is
    there is decoded, and the recording carries a warning. Raises `AudioError` when the file is missing,
    empty, no sound, holds NaN or infinity, or is longer than `max_s` seconds; the length is checked
    before decoding where the file tells it, and while decoding in any case.
    """
    path = _existing_file(path)
    try:
        with path.open("rb") as file:
            samples, cut_off = decode(file, path.name, SAMPLE_RATE, max_s)
            cut_off = cut_off or ends_early(file)
    except OSError as error:
        raise AudioError(
            f"{path.name} cannot be read ({error.strerror or error}): check it and its permissions."
        ) from error
    if not cut_off:
        return Recording(samples)
    there = f"the {len(samples) / SAMPLE_RATE:.1f} s that are there were used"
    return Recording(samples, (f"{path.name} is cut off or damaged: {there}; record or copy it again.",))


def load_audio(path: str | os.PathLike, max_s: float = MAX_S) -> np.ndarray:
    """Like `read_audio`, but only the samples (n,); each warning is given by `warnings.warn`."""
    recording = read_audio(path, max_s)
    for warning in recording.warnings:
        warnings.warn(warning, AudioWarning, stacklevel=2)
    return recording.samples


def fix_length(samples: np.ndarray, n_samples: int = N_SAMPLES) -> np.ndarray:
    """Exactly `n_samples` on the last axis: cut, or zero-padded at the end."""
    missing = n_samples - samples.shape[-1]
    if missing <= 0:
        return samples[..., :n_samples]
    return np.pad(samples, [(0, 0)] * (samples.ndim - 1) + [(0, missing)])


def describe_problem(samples: np.ndarray) -> str | None:
    """One sentence when a recording (n,) is too short or silent to be judged, else None."""
    duration_s = len(samples) / SAMPLE_RATE
    if duration_s < MIN_S:
        return f"The recording is too short ({duration_s:.2f} s): speak for at least a second."
    # A microphone may add a constant to silence, so the peak is measured from the middle value.
    if np.abs(samples - np.median(samples)).max() < SILENT_PEAK:
        return "The recording is silent: check that the right microphone is chosen and switched on."
    return None


def _existing_file(path: str | os.PathLike) -> Path:
    path = Path(path)
    try:
        if path.is_dir():
            raise AudioError(f"{path.name or path} is a folder: give the name of a sound file.")
        if not path.is_file():
            raise AudioError(f"{path.name} was not found: check the name and the folder.")
        if path.stat().st_size == 0:
            raise AudioError(f"{path.name} is empty (0 bytes): record or copy it again.")
    except OSError as error:
        raise AudioError(f"{path.name} cannot be read ({error.strerror}): check its permissions.") from error
    return path
