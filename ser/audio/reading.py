"""Read sound files of any kind as mono float32 samples at 16 kHz."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.audio.decoding import AudioError, decode
from ser.audio.truncation import ends_early
from ser.util.text import plain

SAMPLE_RATE = 16_000  # Hz
MAX_S = 600.0


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
            samples, cut_off = decode(file, name=plain(path.name), rate=SAMPLE_RATE, max_s=max_s)
            cut_off = cut_off or ends_early(file)
    except OSError as error:
        raise AudioError(
            f"{plain(path.name)} cannot be read ({error.strerror or error}): check it and its permissions."
        ) from error
    if not cut_off:
        return Recording(samples)
    there = f"the {len(samples) / SAMPLE_RATE:.1f} s that are there were used"
    return Recording(
        samples, (f"{plain(path.name)} is cut off or damaged: {there}; record or copy it again.",)
    )


def load_audio(path: str | os.PathLike, max_s: float = MAX_S) -> np.ndarray:
    """Like `read_audio`, but only the samples (n,); each warning is given by `warnings.warn`."""
    recording = read_audio(path, max_s)
    for warning in recording.warnings:
        warnings.warn(warning, AudioWarning, stacklevel=2)
    return recording.samples


def _existing_file(path: str | os.PathLike) -> Path:
    path = Path(path)
    name = plain(path.name or path)
    try:
        if path.is_dir():
            raise AudioError(f"{name} is a folder: give the name of a sound file.")
        if not path.is_file():
            if path.exists():
                raise AudioError(f"{name} is a device or a pipe: give the name of a sound file.")
            raise AudioError(f"{name} was not found: check the name and the folder.")
        if path.stat().st_size == 0:
            raise AudioError(f"{name} is empty (0 bytes): record or copy it again.")
    except OSError as error:
        raise AudioError(f"{name} cannot be read ({error.strerror}): check its permissions.") from error
    return path
