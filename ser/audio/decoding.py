"""Decode any file that contains sound to mono float32 samples.

A file may be built to do harm: see `ser.audio.limited_file`. What it can cost in sound is limited here: seconds, samples,
channels and sample rates.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np
import soundfile
import soxr

from ser.audio.frames import mp3_duration_s
from ser.audio.joined import kind_of, parts_of
from ser.audio.limited_file import Deadline, LimitedFile, Seekable
from ser.audio.mixing import Mix
from ser.audio.sources import CUT_OFF_S, AudioError, AvSource, NotSoundError, SoundFileSource, Source
from ser.audio.truncation import ends_early, has_cut_fragment
from ser.util.deadline import check_abandoned

DECODING = 2  # raise it when files decode to other samples than before: caches of them are then made again
MAX_SAMPLES = 250_000_000  # of all channels; ten minutes of stereo at 192 kHz are 230 million
MAX_CHANNELS = 64
MIN_RATE, MAX_RATE = 2_000, 384_000  # Hz
MAX_AMPLITUDE = 2.0**31  # float files may hold integer sample values; beyond 32 bits they are not sound
BY_FFMPEG = ("mpeg", "ogg")  # kinds that libsndfile does not read to their end


@dataclass(frozen=True)
class Decoded:
    """What `decode` returns.

    Attributes
    ----------
    samples : (n,) float32, mono
    is_cut_off : whether sound is missing at the end
    lost_s : seconds within the sound that could not be decoded
    track : number of the sound track that was used, from 1
    is_opposite : whether channels cancelled each other, so that only the loudest one was used
    """

    samples: np.ndarray
    is_cut_off: bool = False
    lost_s: float = 0.0
    track: int = 1
    is_opposite: bool = False


def decode(file: Seekable, *, name: str, rate: int, max_s: float) -> Decoded:
    """Decode a file: all recordings in it, if several were joined.

    Parameters
    ----------
    file : seekable
    name : what error messages call the file
    rate : sample rate of the result in Hz
    max_s : longest sound to accept, in seconds

    Raises
    ------
    AudioError : see `ser.audio.reading.read_audio`
    """
    deadline = Deadline()
    mix = Mix()
    decoded = _decode_mixed(file, mix, deadline, name, rate, max_s)
    if not (cancelled := mix.cancelled):
        return decoded
    return _decode_mixed(file, Mix(cancelled), deadline, name, rate, max_s, is_opposite=True)


def _decode_mixed(
    file: Seekable,
    mix: Mix,
    deadline: Deadline,
    name: str,
    rate: int,
    max_s: float,
    is_opposite: bool = False,
) -> Decoded:
    sound = _Sound(mix, name, rate, max_s)
    kind, parts = kind_of(file), parts_of(file)
    whole_end = has_cut_fragment(file)
    is_cut_off = False
    for number, (start, end) in enumerate(parts):
        # Only a joined file has parts that end before it does.
        limit = end if len(parts) > 1 else whole_end
        open_part = partial(LimitedFile, file, deadline, start=start, end=limit)
        try:
            _decode_part(sound, open_part, kind)
        except _NothingError:
            if number == 0:
                raise
            is_cut_off = True
            break
        if number == len(parts) - 1:
            last = open_part()
            is_cut_off = whole_end is not None or ends_early(last)
            last.check()
    samples = np.frombuffer(sound.content, np.float32)
    return Decoded(samples, is_cut_off or sound.is_cut_off, sound.lost_s, sound.track, is_opposite)


def _decode_part(sound: "_Sound", open_part: Callable[[], LimitedFile], kind: str) -> None:
    """Add one recording; `_NothingError` if there is none."""
    recognised = False
    length = len(sound.content)
    if kind not in BY_FFMPEG:
        limited = open_part()
        try:
            with SoundFileSource(limited) as source:
                recognised = True
                sound.add(source, limited)
            if len(sound.content) > length:
                return
        except soundfile.LibsndfileError:
            pass
        limited.check()
    empty = f"{sound.name} contains no sound, at most a file header: record or copy it again."
    limited = open_part()
    declared_s = mp3_duration_s(limited) if kind == "mpeg" else None
    limited.seek(0)
    try:
        with AvSource(limited, sound.name, declared_s) as source:
            sound.add(source, limited)
    except NotSoundError as error:
        limited.check()
        raise _NothingError(empty if recognised else str(error)) from None
    if len(sound.content) == length:
        raise _NothingError(empty)


class _NothingError(AudioError):
    """A part of a file holds no sound."""


class _Sound:
    """The sound of a file as far as it is decoded: mixed to mono, resampled, within the limits.

    Attributes
    ----------
    content : float32 samples as bytes
    is_cut_off : whether there are fewer than the file declares
    lost_s, track : see `Decoded`
    """

    def __init__(self, mix: Mix, name: str, rate: int, max_s: float) -> None:
        self.content, self.name = bytearray(), name
        self.is_cut_off, self.lost_s, self.track = False, 0.0, 1
        self._mix, self._rate, self._max_s = mix, rate, max_s
        self._decoded_s, self._n_samples = 0.0, 0
        self._too_long = AudioError(f"{name} is longer than {max_s:g} s: cut it into shorter files.")
        self._too_much = AudioError(
            f"{name} holds too much data to decode: save it in mono at 48,000 Hz or less."
        )

    def add(self, source: Source, file: LimitedFile) -> None:
        """Decode a source to its end."""
        if self._decoded_s + (source.declared_s or 0) > self._max_s:
            raise self._too_long
        start_s, start = self._decoded_s, len(self.content)
        for (file_rate, n_channels), blocks in groupby(
            source.blocks(), key=lambda block: (block[0], block[1].shape[1])
        ):
            _check_format(file_rate, n_channels, self.name)
            if (source.declared_s or 0) * file_rate * n_channels > MAX_SAMPLES:
                raise self._too_much
            self._add_blocks((block for _, block in blocks), file_rate, file)
        file.check()
        decoded_s = self._decoded_s - start_s
        missing_s = (source.declared_s or 0.0) - decoded_s
        self.is_cut_off |= source.damaged or file.exhausted or missing_s > CUT_OFF_S
        self.lost_s += source.lost_s
        self.track = max(self.track, source.track)
        if source.pads_end and -CUT_OFF_S < missing_s < 0:
            del self.content[start + 4 * round((source.declared_s or 0.0) * self._rate) :]

    def _add_blocks(self, blocks: Iterator[np.ndarray], file_rate: int, file: LimitedFile) -> None:
        """Add blocks of one rate and one number of channels."""
        resample = _resampler(file_rate, self._rate)
        frames = 0
        for block in blocks:
            check_abandoned()
            file.restart_counting()
            frames += len(block)
            self._n_samples += block.size
            if self._decoded_s + frames / file_rate > self._max_s:
                raise self._too_long
            if self._n_samples > MAX_SAMPLES or file.late:
                raise self._too_much
            _check_samples(block, self.name)
            self.content += resample(self._mix(block), False).tobytes()
        self.content += resample(np.zeros(0, np.float32), True).tobytes()
        self._decoded_s += frames / file_rate


def _check_format(rate: int, channels: int, name: str) -> None:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(f"{name} declares a sample rate of {rate:,} Hz: save it at 16,000 to 48,000 Hz.")
    if channels > MAX_CHANNELS:
        raise AudioError(f"{name} declares {channels} channels: save it in mono.")


def _check_samples(block: np.ndarray, name: str) -> None:
    # NaN compares false, so this also finds NaN.
    if not (np.abs(block) <= MAX_AMPLITUDE).all():
        raise AudioError(f"{name} contains samples that are not numbers (NaN or infinity): export it again.")


def _resampler(file_rate: int, rate: int) -> Callable[[np.ndarray, bool], np.ndarray]:
    """Return a function (block, is_last) -> the resampled sound that is ready so far."""
    if file_rate == rate:
        return lambda block, is_last: block
    return soxr.ResampleStream(file_rate, rate, num_channels=1, dtype="float32").resample_chunk
