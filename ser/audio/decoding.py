"""Whatever holds sound becomes mono float32 samples: libsndfile where it can, FFmpeg for the rest.

A file may be made to do harm: small ones that unpack without end, headers that lie. What it may cost is bounded here:
seconds of sound, samples, channels, rates, bytes without sound, and the time that decoding takes.
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
from ser.util.deadline import go_on

if TYPE_CHECKING:
    import av

BLOCK_FRAMES = 4096  # decoded at a time: 10 minutes of many channels never lie in memory together
MAX_SAMPLES = 250_000_000  # of all channels: ten minutes of stereo at 192 kHz are 230 million
MAX_CHANNELS = 64
MIN_RATE, MAX_RATE = 2_000, 384_000  # Hz
MAX_BYTES_BEFORE_SOUND = 16_000_000  # bytes that are read before the first sound comes
MAX_BYTES_BETWEEN_SOUND = 64_000_000  # and until more comes: pictures may lie between
MAX_READS = 100_000  # and seeks, in vain likewise: headers are read in small pieces
MAX_WORK_S = 30.0  # of a processor, to decode one file; ten minutes of speech take one
MAX_AMPLITUDE = 2.0**31  # float files may hold integer sample values; beyond 32 bits they are no sound
CUT_OFF_S = 0.2  # codecs pad and trim; less missing than this is no sign of a file that was cut off

# What PyAV may open. Playlists and the like, which would read other files or hosts, are left out.
AV_FORMATS = "mov,matroska,aac,mp3,ogg,wav,w64,flac,aiff,au,caf,amr,asf,avi,flv,mpegts,mpeg,ac3"
# Pictures in a file are none of our business, and FFmpeg would decode them to learn about them: some are small in the
# file and gigabytes when drawn.
AV_CODECS = ",".join(
    (
        "aac,aac_latm,ac3,alac,amrnb,amrwb,eac3,flac,gsm,gsm_ms,mp1float,mp2float,mp3float,mp3,mp2,nellymoser,opus",
        "speex,tta,vorbis,wavpack,wmalossless,wmapro,wmav1,wmav2,g722,g726,g726le,ilbc,qcelp",
        "adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,pcm_alaw,pcm_mulaw,pcm_bluray,pcm_dvd,pcm_s8,pcm_u8",
        *(f"pcm_{kind}{bits}{end}" for kind in "su" for bits in (16, 24, 32) for end in ("le", "be")),
        *(f"pcm_f{bits}{end}" for bits in (32, 64) for end in ("le", "be")),
    )
)
AV_TELLS_DURATION = ("mov", "matroska")  # in a header; for the rest FFmpeg guesses from the bit rate


class AudioError(UserError, ValueError):
    """A sound file that cannot be used: one sentence with its name, what is wrong and what to do."""


class _NotSoundError(AudioError):
    """No decoder knows what this file is."""


class _Source(Protocol):
    """A file opened for decoding; a context manager."""

    declared_s: float | None  # what the header says, where it can be believed
    damaged: bool  # decoding stopped at an error

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Sample rates in Hz with float32 sound (frames, channels), in order."""


def decode(file: BinaryIO, *, name: str, rate: int, max_s: float) -> tuple[np.ndarray, bool]:
    """Return mono samples (n,) float32 at `rate` Hz, and whether sound is missing at the end.

    `file` is seekable; `name` is what `AudioError` calls it. Errors are those of `ser.audio.reading.read_audio`.
    """
    empty = AudioError(f"{name} holds no sound, at most a file header: record or copy it again.")
    recognised = False
    patient = _Patient(file)
    try:
        with _SoundFileSource(patient) as source:
            recognised = True
            samples, cut_off = _collect(source, patient, name, rate, max_s)
            if len(samples):
                return samples, cut_off
    except soundfile.LibsndfileError:
        pass
    patient.check()
    patient = _Patient(file)
    try:
        with _AvSource(patient, name) as source:
            samples, cut_off = _collect(source, patient, name, rate, max_s)
    except _NotSoundError as error:
        patient.check()
        raise empty if recognised else error from None
    if not len(samples):
        raise empty
    return samples, cut_off


class _Patient:
    """A file that seems to end when too much of it was read in vain, or for too long.

    It has no name, by which a decoder would judge it. Its methods raise nothing: they are called from within C, where
    nobody catches it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._in_vain, self._reads, self._most = file, 0, 0, MAX_BYTES_BEFORE_SOUND
        self._end = time.thread_time() + MAX_WORK_S
        self._failure: OSError | None = None
        self.tell = file.tell
        file.seek(0)

    @property
    def lost(self) -> bool:
        """Whether it seems to end before it does."""
        return self._in_vain > self._most or self._reads > MAX_READS or self.late

    @property
    def late(self) -> bool:
        return time.thread_time() > self._end

    def read(self, size: int = -1) -> bytes:
        if self.lost:
            return b""
        self._in_vain += size
        self._reads += 1
        try:
            return self._file.read(size)
        except OSError as error:
            self._failure = error
            return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._reads += 1
        # To before the beginning, or beyond all numbers, say damaged headers: then it stays where it is.
        if self._reads <= MAX_READS:
            with contextlib.suppress(OSError, ValueError, OverflowError):
                self._file.seek(offset, whence)
        return self._file.tell()

    def check(self) -> None:
        """Raise what went wrong when the file was read."""
        if self._failure is not None:
            raise self._failure

    def sound_came(self) -> None:
        self._in_vain, self._reads, self._most = 0, 0, MAX_BYTES_BETWEEN_SOUND


def _collect(source: _Source, file: _Patient, name: str, rate: int, max_s: float) -> tuple[np.ndarray, bool]:
    """Decode, average, resample: samples (n,), and whether less came than was declared."""
    too_long = AudioError(f"{name} is longer than {max_s:g} s: cut it into shorter files.")
    too_much = AudioError(
        f"{name} is too much to decode: save it in mono, at 48,000 samples a second or less."
    )
    if source.declared_s is not None and source.declared_s > max_s:
        raise too_long
    sound, decoded_s, n_samples = bytearray(), 0.0, 0
    for (own_rate, channels), blocks in groupby(
        source.blocks(), key=lambda block: (block[0], block[1].shape[1])
    ):
        _check_kind(own_rate, channels, name)
        if (source.declared_s or 0) * own_rate * channels > MAX_SAMPLES:
            raise too_much
        resample = _resampler(own_rate, rate)
        frames = 0
        for _, block in blocks:
            go_on()
            file.sound_came()
            frames += len(block)
            n_samples += block.size
            if decoded_s + frames / own_rate > max_s:
                raise too_long
            if n_samples > MAX_SAMPLES or file.late:
                raise too_much
            sound += resample(_mono(block, name), False).tobytes()
        sound += resample(np.zeros(0, np.float32), True).tobytes()
        decoded_s += frames / own_rate
    file.check()
    missing_s = (source.declared_s or 0.0) - decoded_s
    return np.frombuffer(sound, np.float32), source.damaged or file.lost or missing_s > CUT_OFF_S


def _check_kind(rate: int, channels: int, name: str) -> None:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(f"{name} says it has {rate:,} samples a second: save it with 16,000 to 48,000.")
    if channels > MAX_CHANNELS:
        raise AudioError(f"{name} says it has {channels} channels: save it in mono.")


def _resampler(own_rate: int, rate: int) -> Callable[[np.ndarray, bool], np.ndarray]:
    """A function (block, last) -> what of the resampled sound is ready."""
    if own_rate == rate:
        return lambda block, last: block
    return soxr.ResampleStream(own_rate, rate, num_channels=1, dtype="float32").resample_chunk


def _mono(block: np.ndarray, name: str) -> np.ndarray:
    # NaN compares false, so this one test also finds it.
    if not (np.abs(block) <= MAX_AMPLITUDE).all():
        raise AudioError(f"{name} holds samples that are no numbers (NaN or infinity): export it again.")
    return block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)


class _ForwardSoundFile(soundfile.SoundFile):
    def seekable(self) -> bool:
        # soundfile seeks after every read of a seekable file, and seeking in MP3 is inexact: blocks read
        # that way lie beside each other with gaps.
        return False


class _SoundFileSource:
    def __init__(self, file: _Patient):
        self._sound = _ForwardSoundFile(file)
        # A FLAC stream of unknown length is given the greatest number there is.
        known = self._sound.frames < 2**62
        self.declared_s = self._sound.frames / self._sound.samplerate if known else None
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
    def __init__(self, file: _Patient, name: str):
        import av  # half a second that WAV files need not pay

        self._errors = (av.FFmpegError, ValueError)
        not_sound = f"{name} is no sound file, or a damaged one: give WAV, FLAC, MP3, OGG, M4A, MP4 or WebM."
        try:
            self._container = av.open(
                file, "r", options={"format_whitelist": AV_FORMATS, "codec_whitelist": AV_CODECS}
            )
        except (*self._errors, IndexError) as error:
            raise _NotSoundError(not_sound) from error
        if not self._container.streams.audio:
            self._container.close()
            raise AudioError(f"{name} has no sound track: give a recording with sound.")
        self._stream = self._container.streams.audio[0]
        self.declared_s = self._declared_s()
        self.damaged = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def _declared_s(self) -> float | None:
        if not self._container.format.name.startswith(AV_TELLS_DURATION):
            return None
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        # WebM tells one length for all its tracks: with pictures in it that may not be the sound's.
        if self._container.duration is None or self._container.streams.video:
            return None
        return self._container.duration / 1e6  # FFmpeg counts it in microseconds

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        try:
            for frame in self._container.decode(self._stream):
                sound = _frame_to_array(frame)
                for at in range(0, len(sound), BLOCK_FRAMES):  # a frame may be as large as the file says
                    yield frame.sample_rate, _to_float(sound[at : at + BLOCK_FRAMES])
        except self._errors:
            self.damaged = True


def _frame_to_array(frame: "av.AudioFrame") -> np.ndarray:
    """An `av.AudioFrame` as (frames, channels), in its own type."""
    sound = frame.to_ndarray()
    return sound.T if frame.format.is_planar else sound.reshape(-1, frame.layout.nb_channels)


def _to_float(sound: np.ndarray) -> np.ndarray:
    """Samples of any type as float32, full scale 1."""
    if sound.dtype == np.uint8:
        return (sound.astype(np.float32) - 128) / 128
    scale = 2.0 ** (8 * sound.itemsize - 1) if sound.dtype.kind == "i" else 1.0
    return (sound / scale).astype(np.float32)
