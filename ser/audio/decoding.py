"""Decode any file that contains sound to mono float32 samples: with libsndfile where it can, else with FFmpeg.

A file may be built to do harm: a small one may unpack without end, or a header may lie. Everything it can cost is
limited here: seconds of sound, samples, channels, sample rates, bytes without sound, and the time that decoding takes.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

import numpy as np
import soundfile
import soxr

from ser.errors import UserError
from ser.util.deadline import check_abandoned

if TYPE_CHECKING:
    import av

BLOCK_FRAMES = 4096  # decoded at a time, so that 10 minutes of many channels are never in memory together
MAX_SAMPLES = 250_000_000  # of all channels; ten minutes of stereo at 192 kHz are 230 million
MAX_CHANNELS = 64
MIN_RATE, MAX_RATE = 2_000, 384_000  # Hz
MAX_BYTES_BEFORE_SOUND = 16_000_000
MAX_BYTES_BETWEEN_SOUND = 64_000_000  # pictures may come between
MAX_READS = 100_000  # reads and seeks without sound; headers are read in small pieces
MAX_WORK_S = 30.0  # processor time to decode one file; ten minutes of speech take one second
MAX_AMPLITUDE = 2.0**31  # float files may hold integer sample values; beyond 32 bits they are not sound
CUT_OFF_S = 0.2  # codecs pad and trim, so less missing than this does not mean that a file was cut off

# Containers that PyAV may open. Playlists and the like are left out: they would read other files or hosts.
AV_FORMATS = "mov,matroska,aac,mp3,ogg,wav,w64,flac,aiff,au,caf,amr,asf,avi,flv,mpegts,mpeg,ac3"
# Only sound is decoded. To describe a picture in a file FFmpeg would decode it, and a small one can unpack to gigabytes.
AV_CODECS = ",".join(
    (
        "aac,aac_latm,ac3,alac,amrnb,amrwb,eac3,flac,gsm,gsm_ms,mp1float,mp2float,mp3float,mp3,mp2,nellymoser,opus",
        "speex,tta,vorbis,wavpack,wmalossless,wmapro,wmav1,wmav2,g722,g726,g726le,ilbc,qcelp",
        "adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,pcm_alaw,pcm_mulaw,pcm_bluray,pcm_dvd,pcm_s8,pcm_u8",
        *(f"pcm_{kind}{bits}{end}" for kind in "su" for bits in (16, 24, 32) for end in ("le", "be")),
        *(f"pcm_f{bits}{end}" for bits in (32, 64) for end in ("le", "be")),
    )
)
AV_DECLARES_DURATION = ("mov", "matroska")  # in a header; for the others FFmpeg guesses from the bit rate


class AudioError(UserError, ValueError):
    """A sound file cannot be used. The message names the file, what is wrong and what to do."""


class _NotSoundError(AudioError):
    """No decoder recognises the file."""


class _Source(Protocol):
    """A file opened for decoding; a context manager."""

    declared_s: float | None  # from the header, where it can be believed
    damaged: bool  # decoding stopped at an error

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield pairs of a sample rate in Hz and float32 sound (frames, channels), in order."""


def decode(file: BinaryIO, *, name: str, rate: int, max_s: float) -> tuple[np.ndarray, bool]:
    """Decode a file.

    Parameters
    ----------
    file : seekable
    name : what error messages call the file
    rate : sample rate of the result in Hz
    max_s : longest sound to accept, in seconds

    Returns
    -------
    samples (n,) float32, mono; and whether sound is missing at the end

    Raises
    ------
    AudioError : see `ser.audio.reading.read_audio`
    """
    empty = AudioError(f"{name} contains no sound, at most a file header: record or copy it again.")
    recognised = False
    limited = _LimitedFile(file)
    try:
        with _SoundFileSource(limited) as source:
            recognised = True
            samples, is_cut_off = _collect(source, limited, name, rate, max_s)
            if len(samples):
                return samples, is_cut_off
    except soundfile.LibsndfileError:
        pass
    limited.check()
    limited = _LimitedFile(file)
    try:
        with _AvSource(limited, name) as source:
            samples, is_cut_off = _collect(source, limited, name, rate, max_s)
    except _NotSoundError as error:
        limited.check()
        raise empty if recognised else error from None
    if not len(samples):
        raise empty
    return samples, is_cut_off


class _LimitedFile:
    """A file that seems to end once too much of it was read without sound, or decoding took too long.

    It has no name, because a decoder would judge it by that. Its methods raise nothing, because they are called from C,
    where nothing catches an exception: `check` raises what went wrong.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._bytes, self._reads, self._max_bytes = file, 0, 0, MAX_BYTES_BEFORE_SOUND
        self._end = time.thread_time() + MAX_WORK_S
        self._failure: OSError | None = None
        self.tell = file.tell
        file.seek(0)

    @property
    def exhausted(self) -> bool:
        """Whether the file seems to end before it does."""
        return self._bytes > self._max_bytes or self._reads > MAX_READS or self.late

    @property
    def late(self) -> bool:
        return time.thread_time() > self._end

    def read(self, size: int = -1) -> bytes:
        if self.exhausted:
            return b""
        self._bytes += size
        self._reads += 1
        try:
            return self._file.read(size)
        except OSError as error:
            self._failure = error
            return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._reads += 1
        # Damaged headers ask for positions before the start or far beyond the end: the position then stays as it is.
        if self._reads <= MAX_READS:
            with contextlib.suppress(OSError, ValueError, OverflowError):
                self._file.seek(offset, whence)
        return self._file.tell()

    def check(self) -> None:
        """Raise the error that a read ran into, if any."""
        if self._failure is not None:
            raise self._failure

    def restart_counting(self) -> None:
        """Start counting again, as this much of the file led to sound."""
        self._bytes, self._reads, self._max_bytes = 0, 0, MAX_BYTES_BETWEEN_SOUND


def _collect(
    source: _Source, file: _LimitedFile, name: str, rate: int, max_s: float
) -> tuple[np.ndarray, bool]:
    """Decode, average and resample: samples (n,), and whether there are fewer than the file declares."""
    too_long = AudioError(f"{name} is longer than {max_s:g} s: cut it into shorter files.")
    too_much = AudioError(f"{name} holds too much data to decode: save it in mono at 48,000 Hz or less.")
    if source.declared_s is not None and source.declared_s > max_s:
        raise too_long
    sound, decoded_s, n_samples = bytearray(), 0.0, 0
    for (file_rate, channels), blocks in groupby(
        source.blocks(), key=lambda block: (block[0], block[1].shape[1])
    ):
        _check_format(file_rate, channels, name)
        if (source.declared_s or 0) * file_rate * channels > MAX_SAMPLES:
            raise too_much
        resample = _resampler(file_rate, rate)
        frames = 0
        for _, block in blocks:
            check_abandoned()
            file.restart_counting()
            frames += len(block)
            n_samples += block.size
            if decoded_s + frames / file_rate > max_s:
                raise too_long
            if n_samples > MAX_SAMPLES or file.late:
                raise too_much
            sound += resample(_mono(block, name), False).tobytes()
        sound += resample(np.zeros(0, np.float32), True).tobytes()
        decoded_s += frames / file_rate
    file.check()
    missing_s = (source.declared_s or 0.0) - decoded_s
    return np.frombuffer(sound, np.float32), source.damaged or file.exhausted or missing_s > CUT_OFF_S


def _check_format(rate: int, channels: int, name: str) -> None:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(f"{name} declares a sample rate of {rate:,} Hz: save it at 16,000 to 48,000 Hz.")
    if channels > MAX_CHANNELS:
        raise AudioError(f"{name} declares {channels} channels: save it in mono.")


def _resampler(file_rate: int, rate: int) -> Callable[[np.ndarray, bool], np.ndarray]:
    """Return a function (block, is_last) -> the resampled sound that is ready so far."""
    if file_rate == rate:
        return lambda block, is_last: block
    return soxr.ResampleStream(file_rate, rate, num_channels=1, dtype="float32").resample_chunk


def _mono(block: np.ndarray, name: str) -> np.ndarray:
    # NaN compares false, so this also finds NaN.
    if not (np.abs(block) <= MAX_AMPLITUDE).all():
        raise AudioError(f"{name} contains samples that are not numbers (NaN or infinity): export it again.")
    return block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)


class _ForwardSoundFile(soundfile.SoundFile):
    def seekable(self) -> bool:
        # soundfile seeks after every read of a seekable file. Seeking in MP3 is inexact and leaves gaps between blocks.
        return False


class _SoundFileSource:
    def __init__(self, file: _LimitedFile):
        self._sound = _ForwardSoundFile(file)
        # libsndfile reports the largest possible number for a FLAC stream of unknown length.
        is_length_known = self._sound.frames < 2**62
        self.declared_s = self._sound.frames / self._sound.samplerate if is_length_known else None
        self.damaged = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
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
    def __init__(self, file: _LimitedFile, name: str):
        import av  # takes half a second, which WAV files do not need

        self._errors = (av.FFmpegError, ValueError)
        not_sound = (
            f"{name} is not a sound file, or it is damaged: use WAV, FLAC, MP3, OGG, M4A, MP4 or WebM."
        )
        try:
            self._container = av.open(
                file, "r", options={"format_whitelist": AV_FORMATS, "codec_whitelist": AV_CODECS}
            )
        except (*self._errors, IndexError) as error:
            raise _NotSoundError(not_sound) from error
        if not self._container.streams.audio:
            self._container.close()
            raise AudioError(f"{name} has no sound track: use a recording with sound.")
        self._stream = self._container.streams.audio[0]
        self.declared_s = self._declared_s()
        self.damaged = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def _declared_s(self) -> float | None:
        if not self._container.format.name.startswith(AV_DECLARES_DURATION):
            return None
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        # WebM declares one length for all its tracks; in a video it may not be that of the sound.
        if self._container.duration is None or self._container.streams.video:
            return None
        return self._container.duration / 1e6  # FFmpeg counts it in microseconds

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        try:
            for frame in self._container.decode(self._stream):
                sound = _frame_to_array(frame)
                for first in range(0, len(sound), BLOCK_FRAMES):  # a frame may be as large as the file likes
                    yield frame.sample_rate, _to_float(sound[first : first + BLOCK_FRAMES])
        except self._errors:
            self.damaged = True


def _frame_to_array(frame: "av.AudioFrame") -> np.ndarray:
    """Return an `av.AudioFrame` as (frames, channels), in its own type."""
    sound = frame.to_ndarray()
    return sound.T if frame.format.is_planar else sound.reshape(-1, frame.layout.nb_channels)


def _to_float(sound: np.ndarray) -> np.ndarray:
    """Return samples of any type as float32 with full scale 1."""
    if sound.dtype == np.uint8:
        return (sound.astype(np.float32) - 128) / 128
    scale = 2.0 ** (8 * sound.itemsize - 1) if sound.dtype.kind == "i" else 1.0
    return (sound / scale).astype(np.float32)
