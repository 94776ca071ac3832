"""Whatever holds sound becomes mono float32 samples: libsndfile where it can, FFmpeg for the rest."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

import numpy as np
import soundfile
import soxr

from ser.deadline import go_on
from ser.errors import UserError

if TYPE_CHECKING:
    import av

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


class _Source(Protocol):
    """A file opened for decoding; a context manager."""

    declared_s: float | None  # what the header says, where it can be believed
    damaged: bool  # decoding stopped at an error

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Sample rates in Hz with float32 sound (frames, channels), in order."""


def decode(file: BinaryIO, name: str, rate: int, max_s: float) -> tuple[np.ndarray, bool]:
    """Return mono samples (n,) float32 at `rate` Hz, and whether sound is missing at the end.

    `file` is seekable; `name` is what `AudioError` calls it. Errors are those of `ser.audio.read_audio`.
    """
    empty = AudioError(f"{name} holds no sound, at most a file header: record or copy it again.")
    recognised = False
    try:
        with _SoundFileSource(file) as source:
            recognised = True
            samples, cut_off = _collect(source, name, rate, max_s)
            if len(samples):
                return samples, cut_off
    except (soundfile.LibsndfileError, TypeError):  # TypeError: names ending in .raw ask for more arguments
        pass
    file.seek(0)
    try:
        with _AvSource(file, name) as source:
            samples, cut_off = _collect(source, name, rate, max_s)
    except _NotSoundError as error:
        raise empty if recognised else error from None
    if not len(samples):
        raise empty
    return samples, cut_off


def _collect(source: _Source, name: str, rate: int, max_s: float) -> tuple[np.ndarray, bool]:
    """Decode, average, resample: samples (n,), and whether less came than was declared."""
    too_long = f"{name} is longer than {max_s:g} s: cut it into shorter files."
    if source.declared_s is not None and source.declared_s > max_s:
        raise AudioError(too_long)
    pieces, decoded_s = [np.zeros(0, np.float32)], 0.0
    for own_rate, blocks in groupby(source.blocks(), key=lambda block: block[0]):
        resample = _resampler(own_rate, rate)
        frames = 0
        for _, block in blocks:
            go_on()
            frames += len(block)
            if decoded_s + frames / own_rate > max_s:
                raise AudioError(too_long)
            pieces.append(resample(_mono(block, name), False))
        pieces.append(resample(np.zeros(0, np.float32), True))
        decoded_s += frames / own_rate
    missing_s = (source.declared_s or 0.0) - decoded_s
    return np.concatenate(pieces), source.damaged or missing_s > CUT_OFF_S


def _resampler(own_rate: int, rate: int) -> Callable[[np.ndarray, bool], np.ndarray]:
    """A function (block, last) -> what of the resampled sound is ready."""
    if own_rate == rate:
        return lambda block, last: block
    return soxr.ResampleStream(own_rate, rate, num_channels=1, dtype="float32").resample_chunk


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
    def __init__(self, file: BinaryIO, name: str):
        import av  # half a second that WAV files need not pay

        self._errors = (av.FFmpegError, ValueError)
        not_sound = f"{name} is no sound file, or a damaged one: give WAV, FLAC, MP3, OGG, M4A, MP4 or WebM."
        try:
            self._container = av.open(file, "r", options={"format_whitelist": AV_FORMATS})
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
                yield frame.sample_rate, _frame_to_float(frame)
        except self._errors:
            self.damaged = True


def _frame_to_float(frame: "av.AudioFrame") -> np.ndarray:
    """An `av.AudioFrame` as float32 (frames, channels), full scale 1."""
    sound = frame.to_ndarray()
    sound = sound.T if frame.format.is_planar else sound.reshape(-1, frame.layout.nb_channels)
    if sound.dtype == np.uint8:
        return (sound.astype(np.float32) - 128) / 128
    scale = 2.0 ** (8 * sound.itemsize - 1) if sound.dtype.kind == "i" else 1.0
    return (sound / scale).astype(np.float32)
