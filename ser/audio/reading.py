"""Read sound files of any kind as mono float32 samples at 16 kHz."""

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.audio.decoding import Decoded, decode
from ser.audio.sources import CUT_OFF_S, AudioError
from ser.util.text import plain

SAMPLE_RATE = 16_000  # Hz
MAX_S = 600.0


class AudioWarning(UserWarning):
    """Only a part of a sound file could be used."""


@dataclass(frozen=True)
class Recording:
    """Decoded sound.

    Attributes
    ----------
    samples : (n,) float32, mono, 16 kHz
    warnings : sentences for the person who made the recording
    """

    samples: np.ndarray
    warnings: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE


def read_audio(path: str | os.PathLike, max_s: float = MAX_S) -> Recording:
    """Decode a sound file: WAV, FLAC, MP3, Ogg, AIFF, M4A, MP4, AAC, WebM and more.

    Channels are averaged, and any sample rate is resampled to 16 kHz. Recordings that were joined in one file are
    decoded in order, and holes between time stamps become silence. A file that was cut off is decoded up to where it
    ends, and the recording carries a warning.

    Parameters
    ----------
    path : the sound file
    max_s : longest recording to accept, in seconds. The length is checked before decoding if the file declares it, and
        again while decoding

    Raises
    ------
    AudioError : if the file is missing, empty, not sound, contains NaN or infinity, or is longer than `max_s`
    """
    path = _existing_file(path)
    name = plain(path.name)
    try:
        with path.open("rb") as file:
            decoded = decode(file, name=name, rate=SAMPLE_RATE, max_s=max_s)
    except OSError as error:
        raise AudioError(
            f"{name} cannot be read ({error.strerror or error}): check the file and its permissions."
        ) from error
    return Recording(decoded.samples, tuple(_warnings(decoded, name)))


def _warnings(decoded: Decoded, name: str) -> Iterator[str]:
    if decoded.is_cut_off:
        duration_s = len(decoded.samples) / SAMPLE_RATE
        yield f"{name} is cut off or damaged, and only its first {duration_s:.1f} s were used: record or copy it again."
    if decoded.lost_s > CUT_OFF_S:
        yield f"{name} is damaged, and {decoded.lost_s:.1f} s of its sound were left out: record or copy it again."
    if decoded.track > 1:
        yield f"The first sound track of {name} cannot be decoded, so track {decoded.track} was used."
    if decoded.is_opposite:
        yield f"The channels of {name} are of opposite phase and cancel each other, so only the louder one was used."


def load_audio(path: str | os.PathLike, max_s: float = MAX_S) -> np.ndarray:
    """Return only the samples (n,) that `read_audio` decodes, and issue each warning with `warnings.warn`."""
    recording = read_audio(path, max_s)
    for warning in recording.warnings:
        warnings.warn(warning, AudioWarning, stacklevel=2)
    return recording.samples


def _existing_file(path: str | os.PathLike) -> Path:
    path = Path(path)
    name = plain(path.name or path)
    try:
        if path.is_dir():
            raise AudioError(f"{name} is a folder: choose a sound file.")
        if not path.is_file():
            if path.exists():
                raise AudioError(f"{name} is a device or a pipe: choose a sound file.")
            raise AudioError(f"{name} was not found: check the name and the folder.")
        if path.stat().st_size == 0:
            raise AudioError(f"{name} is empty (0 bytes): record or copy it again.")
    except OSError as error:
        raise AudioError(f"{name} cannot be read ({error.strerror}): check its permissions.") from error
    return path


def as_recording(source: str | os.PathLike | np.ndarray | Recording) -> Recording:
    """Return the recording of a file, of samples (n,) that are mono at 16 kHz with full scale 1, or the recording itself.

    Raises
    ------
    AudioError
        if it holds no sound
    """
    if isinstance(source, Recording):
        return Recording(_checked_samples(source.samples), source.warnings)
    return Recording(_checked_samples(source)) if isinstance(source, np.ndarray) else read_audio(source)


def _checked_samples(samples: np.ndarray) -> np.ndarray:
    if samples.ndim != 1 or samples.dtype.kind != "f":
        raise AudioError(
            f"The samples are {samples.dtype} of shape {samples.shape}: pass mono floats of shape (n,) at 16 kHz."
        )
    if not len(samples):
        raise AudioError("The recording is empty: record again.")
    if not np.isfinite(samples).all():
        raise AudioError("The recording holds NaN or infinity: record or export it again.")
    return samples.astype(np.float32, copy=False)
