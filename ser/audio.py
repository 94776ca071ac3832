"""A sound file becomes mono float32 samples at 16 kHz, or one sentence that says why it cannot."""

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import soundfile
import soxr

from ser.errors import UserError
from ser.truncation import ends_early

SAMPLE_RATE = 16_000  # Hz
WINDOW_S = 3.0
N_SAMPLES = 48_000  # WINDOW_S * SAMPLE_RATE: samples in the window that the networks were trained on
MAX_S = 600.0
MIN_S = 0.25  # shorter than a syllable
SILENT_PEAK = 1e-3  # of full scale, -60 dB; the quietest spoken clip of CREMA-D peaks at 0.023

BLOCK_FRAMES = 4096  # decoded at a time: 10 minutes of many channels never lie in memory together
LOUDEST = 2.0**31  # float files may hold integer sample values; beyond 32 bits they are no sound
CUT_OFF_S = 0.2  # codecs pad and trim; less missing than this is no sign of a file that was cut off

# What PyAV may open. Playlists and the like, which would read other files or hosts, are left out.
AV_FORMATS = "mov,matroska,aac,mp3,ogg,wav,w64,flac,aiff,au,caf,amr,asf,avi,flv,mpegts,mpeg,ac3"
AV_TELLS_DURATION = ("mov", "matroska")  # in a header; for the rest FFmpeg guesses from the bit rate


class AudioError(UserError, ValueError):
    """A sound file that cannot be used: one sentence with its name, what is wrong and what to do."""


class _NotSoundError(AudioError):
    """No decoder knows what this file is."""


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
            samples, cut_off = _decode(file, path.name, max_s)
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


class _Source(Protocol):
    """A file opened for decoding; a context manager."""

    declared_s: float | None  # what the header says, where it can be believed
    damaged: bool  # decoding stopped at an error

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Sample rates in Hz with float32 sound (frames, channels), in order."""


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


def _decode(file: BinaryIO, name: str, max_s: float) -> tuple[np.ndarray, bool]:
    """Samples (n,) at 16 kHz, and whether sound is missing; soundfile first, then PyAV."""
    empty = AudioError(f"{name} holds no sound, at most a file header: record or copy it again.")
    recognised = False
    try:
        with _SoundFileSource(file) as source:
            recognised = True
            samples, cut_off = _collect(source, name, max_s)
            if len(samples):
                return samples, cut_off
    except (soundfile.LibsndfileError, TypeError):  # TypeError: names ending in .raw ask for more arguments
        pass
    file.seek(0)
    try:
        with _AvSource(file, name) as source:
            samples, cut_off = _collect(source, name, max_s)
    except _NotSoundError as error:
        raise empty if recognised else error from None
    if not len(samples):
        raise empty
    return samples, cut_off


def _collect(source: _Source, name: str, max_s: float) -> tuple[np.ndarray, bool]:
    """Decode, average, resample: samples (n,) at 16 kHz, and whether less came than was declared."""
    too_long = f"{name} is longer than {max_s:g} s: cut it into shorter files."
    if source.declared_s is not None and source.declared_s > max_s:
        raise AudioError(too_long)
    pieces, decoded_s = [np.zeros(0, np.float32)], 0.0
    for rate, blocks in groupby(source.blocks(), key=lambda block: block[0]):
        resample = _resampler(rate)
        frames = 0
        for _, block in blocks:
            frames += len(block)
            if decoded_s + frames / rate > max_s:
                raise AudioError(too_long)
            pieces.append(resample(_mono(block, name), False))
        pieces.append(resample(np.zeros(0, np.float32), True))
        decoded_s += frames / rate
    missing_s = (source.declared_s or 0.0) - decoded_s
    return np.concatenate(pieces), source.damaged or missing_s > CUT_OFF_S


def _resampler(rate: int):
    """A function (block, last) -> what of the resampled sound is ready."""
    if rate == SAMPLE_RATE:
        return lambda block, last: block
    return soxr.ResampleStream(rate, SAMPLE_RATE, num_channels=1, dtype="float32").resample_chunk


def _mono(block: np.ndarray, name: str) -> np.ndarray:
    # NaN compares false, so this one test also finds it.
    if not (np.abs(block) <= LOUDEST).all():
        raise AudioError(f"{name} holds samples that are no numbers (NaN or infinity): export it again.")
    return block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)


class _ForwardSoundFile(soundfile.SoundFile):
    def seekable(self) -> bool:
        # soundfile seeks after every read of a seekable file, and seeking in MP3 is inexact: blocks read
        # that way lie beside each other with gaps.
        return False


class _SoundFileSource:
    def __init__(self, file: BinaryIO):
        self._sound = _ForwardSoundFile(file)
        # A FLAC stream of unknown length is given the greatest number there is.
        known = self._sound.frames < 2**62
        self.declared_s = self._sound.frames / self._sound.samplerate if known else None
        self.damaged = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._sound.close()

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        while True:
            try:
                block = self._sound.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError:
                self.damaged = True
                return
            if not len(block):
                return
            yield self._sound.samplerate, block


class _AvSource:
    def __init__(self, file: BinaryIO, name: str):
        import av  # half a second that WAV files need not pay

        self._errors = (av.FFmpegError, ValueError)
        not_sound = f"{name} is no sound file, or a damaged one: give WAV, FLAC, MP3, OGG, M4A, MP4 or WebM."
        try:
            self._container = av.open(file, options={"format_whitelist": AV_FORMATS})
        except (*self._errors, IndexError) as error:
            raise _NotSoundError(not_sound) from error
        if not self._container.streams.audio:
            self._container.close()
            raise AudioError(f"{name} has no sound track: give a recording with sound.")
        self._stream = self._container.streams.audio[0]
        self.declared_s = self._declared_s()
        self.damaged = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._container.close()

    def _declared_s(self) -> float | None:
        if not self._container.format.name.startswith(AV_TELLS_DURATION):
            return None
        if self._stream.duration is not None:
            return float(self._stream.duration * self._stream.time_base)
        # WebM tells one length for all its tracks: with pictures in it that may not be the sound's.
        if self._container.duration is None or self._container.streams.video:
            return None
        return self._container.duration / 1e6  # FFmpeg counts it in microseconds

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        try:
            for frame in self._container.decode(self._stream):
                yield frame.sample_rate, _frame_to_float(frame)
        except self._errors:
            self.damaged = True


def _frame_to_float(frame) -> np.ndarray:
    """An `av.AudioFrame` as float32 (frames, channels), full scale 1."""
    sound = frame.to_ndarray()
    sound = sound.T if frame.format.is_planar else sound.reshape(-1, frame.layout.nb_channels)
    if sound.dtype == np.uint8:
        return (sound.astype(np.float32) - 128) / 128
    scale = -float(np.iinfo(sound.dtype).min) if sound.dtype.kind == "i" else 1.0
    return (sound / scale).astype(np.float32)
