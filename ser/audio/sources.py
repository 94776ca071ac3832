"""The two decoders behind one interface: libsndfile for sound that is stored exactly, FFmpeg for everything else.

libsndfile estimates where an MP3 ends, and reads a chained Ogg only to its first joint; it is exact, quick and small for
WAV, FLAC and their like. FFmpeg reads compressed sound to its end, and knows from time stamps where something is missing.
"""

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Protocol, Self, cast

import numpy as np
import soundfile

from ser.audio.limited_file import LimitedFile
from ser.errors import UserError

if TYPE_CHECKING:
    import av

BLOCK_FRAMES = 16_384  # decoded at a time, so that 10 minutes of many channels are never in memory together
MAX_TRACKS = 16  # of sound, tried in order
CUT_OFF_S = 0.2  # codecs pad and trim, so less missing than this does not mean that a file was cut off
MIN_HOLE_S = 0.05  # between time stamps; recorders stamp packets up to 20 ms early or late
PACKET_S = 0.02  # where a packet does not say how long it is
OPUS_RATE = 48_000  # Hz, in which Opus counts whatever is in it
RESTART_S = 0.5  # time stamps that go back this far start again, as where files were joined

# Containers that PyAV may open. Playlists and the like are left out: they would read other files or hosts.
AV_FORMATS = (
    "mov,matroska,aac,mp3,ogg,wav,w64,flac,aiff,au,caf,amr,asf,avi,flv,mpegts,mpeg,ac3,eac3,wv,tta,ilbc,qcp"
)
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
AV_STAMPS_TIME = (
    "mov",
    "matroska",
    "ogg",
    "asf",
    "flv",
    "mpegts",
)  # others count bytes, which leave no holes
FRAMES_ONLY = ("mp3", "aac", "ac3", "eac3", "amr")  # tags and remains of frames may come between these frames
COMPRESSED = ("MP3", "OGG")  # what libsndfile calls the formats whose end it does not find for certain
# Where the channel for low effects stands among 6, 7 and 8 channels; no voice is in it. Vorbis has an order of its own.
LFE_OF_FLAC = {6: 3, 7: 3, 8: 3}
LFE_IN_WAV = 0x8  # in the mask of speakers


class AudioError(UserError, ValueError):
    """A sound file cannot be used. The message names the file, what is wrong and what to do."""


class NotSoundError(AudioError):
    """No decoder recognises the file."""


class Source(Protocol):
    """A file opened for decoding; a context manager."""

    declared_s: float | None  # length from the header, where it can be believed
    damaged: bool  # decoding stopped at an error
    lost_s: float  # seconds of sound that could not be decoded, with sound after them
    track: int  # number of the track that was decoded, from 1
    pads_end: bool  # the last frame of a codec may reach beyond the declared end

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield pairs of a sample rate in Hz and float32 sound (frames, channels), in order."""


class _ForwardSoundFile(soundfile.SoundFile):
    def seekable(self) -> bool:
        # soundfile seeks after every read of a seekable file. Seeking in MP3 is inexact and leaves gaps between blocks.
        return False


class SoundFileSource:
    """A file that libsndfile decodes. Raises `soundfile.LibsndfileError` where that is not the decoder for it."""

    def __init__(self, file: LimitedFile):
        lfe = _lfe_of_wav(file)
        self._sound = _ForwardSoundFile(file)
        if self._sound.format in COMPRESSED:
            self._sound.close()
            raise soundfile.LibsndfileError(1)
        # libsndfile reports the largest possible number for a FLAC stream of unknown length.
        is_length_known = self._sound.frames < 2**62
        self.declared_s = self._sound.frames / self._sound.samplerate if is_length_known else None
        self.damaged, self.lost_s, self.track = False, 0.0, 1
        self.pads_end = False
        if self._sound.format == "FLAC":
            self._lfe = LFE_OF_FLAC.get(self._sound.channels)
        else:
            self._lfe = lfe

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sound.close()

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield pairs of a sample rate in Hz and float32 sound (frames, channels), in order."""
        while True:
            try:
                block = self._sound.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError:
                self.damaged = True
                return
            if not len(block):
                return
            yield self._sound.samplerate, block if self._lfe is None else np.delete(block, self._lfe, axis=1)


def _lfe_of_wav(file: LimitedFile) -> int | None:
    """Return which channel a WAV file declares to be for low effects, or None. The position afterwards is the start."""
    head = file.read(4096)
    file.seek(0)
    at = head.find(b"fmt ")
    if head[8:12] != b"WAVE" or head[at + 8 : at + 10] != b"\xfe\xff":  # WAVE_FORMAT_EXTENSIBLE
        return None
    mask = int.from_bytes(head[at + 28 : at + 32], "little")
    return (mask & LFE_IN_WAV - 1).bit_count() if mask & LFE_IN_WAV else None


class AvSource:
    """A file that FFmpeg decodes: its first sound track that can be decoded, with silence where time stamps leave a hole.

    Raises
    ------
    NotSoundError : FFmpeg does not recognise the file
    AudioError : it has no sound track that can be decoded
    """

    def __init__(self, file: LimitedFile, name: str, declared_s: float | None = None):
        self._file, self._name, self._known_s = file, name, declared_s
        self._not_sound = (
            f"{name} is not a sound file, or it is damaged: use WAV, FLAC, MP3, OGG, M4A, MP4 or WebM."
        )
        self._not_decoded = f"{name} has no sound track that can be decoded: save it as WAV, MP3 or M4A."
        self._open()
        tracks = self._container.streams.audio
        problem = None if tracks else f"{name} has no sound track: use a recording with sound."
        if tracks and not any(_has_decoder(track) for track in tracks):
            problem = self._not_decoded
        if problem:
            self._container.close()
            raise AudioError(problem)
        self.declared_s = self._declared_s(tracks[0])
        self.damaged, self.lost_s, self.track = False, 0.0, 1
        self.pads_end = self._is(("mov",))

    def _open(self) -> None:
        import av  # takes half a second, which WAV files do not need

        self._errors = (av.FFmpegError, ValueError)
        try:
            self._container = av.open(
                self._file,
                "r",
                options={"format_whitelist": AV_FORMATS, "codec_whitelist": AV_CODECS},
                metadata_errors="replace",  # names in a file may be in any encoding
            )
        except (*self._errors, IndexError) as error:
            raise NotSoundError(self._not_sound) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def _is(self, formats: tuple[str, ...]) -> bool:
        return self._container.format.name.startswith(formats)

    def _declared_s(self, track: "av.AudioStream") -> float | None:
        if self._known_s is not None or not self._is(AV_DECLARES_DURATION):
            return self._known_s
        if track.duration is not None and track.time_base is not None:
            return float(track.duration * track.time_base)
        # WebM declares one length for all its tracks; in a video it may not be that of the sound.
        if self._container.duration is None or self._container.streams.video:
            return None
        return self._container.duration / 1e6  # FFmpeg counts it in microseconds

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield pairs of a sample rate in Hz and float32 sound (frames, channels), in order."""
        n_tracks = min(len(self._container.streams.audio), MAX_TRACKS)
        is_foreign = False
        for index in range(n_tracks):
            track = self._container.streams.audio[index]
            if not _has_decoder(track):
                continue
            self.damaged, self.lost_s, self.track = False, 0.0, index + 1
            self.declared_s = self._declared_s(track)
            has_sound = False
            for block in self._track(track):
                has_sound = True
                yield block
            if has_sound:
                return
            is_foreign |= self._n_lost > 0 and not self._is(FRAMES_ONLY)
            self._container.close()
            self._file.seek(0)
            self._open()
        if is_foreign:
            raise NotSoundError(self._not_decoded)

    def _track(self, track: "av.AudioStream") -> Iterator[tuple[int, np.ndarray]]:
        is_opus_in_mp4 = self._is(("mov",)) and track.codec_context.name == "opus"
        pre_skip = _pre_skip_of(track.codec_context.extradata) if is_opus_in_mp4 else 0
        timeline = _Timeline(self._is(AV_STAMPS_TIME), pre_skip)
        yield from _in_blocks(_sound_and_silence(self._frames(track, timeline), timeline))
        if self.declared_s is not None:
            self.declared_s += timeline.start_s

    def _frames(self, track: "av.AudioStream", timeline: "_Timeline") -> Iterator["av.AudioFrame"]:
        films = [stream for stream in self._container.streams.video if not _is_cover(stream)]
        n_decoded = self._n_lost = 0
        lost_s = 0.0
        try:
            for packet in self._container.demux([track, *films]):
                if packet.stream is not track:
                    timeline.show(packet)
                    continue
                try:
                    frames = cast("list[av.AudioFrame]", packet.decode())
                except self._errors:
                    self._n_lost += 1
                    lost_s += _seconds(packet.duration, packet) or PACKET_S
                    continue
                if frames:
                    n_decoded += 1
                    # What is lost after the last sound is missing at the end, and tags may stand between frames.
                    self.lost_s = 0.0 if self._is(FRAMES_ONLY) else lost_s
                yield from frames
        except self._errors:
            self.damaged = True
        self.damaged |= lost_s - self.lost_s > CUT_OFF_S and not self._is(FRAMES_ONLY)
        if self._n_lost > n_decoded > 0:
            raise NotSoundError(self._not_sound)  # some of any bytes decode


def _sound_and_silence(
    frames: Iterator["av.AudioFrame"], timeline: "_Timeline"
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield pairs of a rate and sound (frames, channels) in its own type."""
    if not timeline.is_stamped:
        yield from ((frame.sample_rate, _without_lfe(frame)) for frame in frames)
        return
    is_first = True
    for frame, following in _pairs(frames):
        sound, rate = _without_lfe(frame), frame.sample_rate
        if is_first:
            sound, is_first = sound[timeline.skipped_by_browsers(frame) :], False
        for n in timeline.silence_before(frame, following):
            silence = 128 if sound.dtype == np.uint8 else 0
            yield rate, np.full((n, sound.shape[1]), silence, sound.dtype)
        yield rate, sound


def _in_blocks(pieces: Iterator[tuple[int, np.ndarray]]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield pairs of a rate and float32 sound, in pieces of about `BLOCK_FRAMES`: many small ones would cost time."""
    for (rate, _, _), alike in groupby(
        pieces, key=lambda piece: (piece[0], piece[1].shape[1], piece[1].dtype)
    ):
        waiting: list[np.ndarray] = []
        n_waiting = 0
        for _, sound in alike:
            for first in range(0, len(sound), BLOCK_FRAMES):  # a frame may be as large as the file likes
                waiting.append(sound[first : first + BLOCK_FRAMES])
                n_waiting += len(waiting[-1])
                if n_waiting >= BLOCK_FRAMES:
                    yield rate, _to_float(np.concatenate(waiting))
                    waiting, n_waiting = [], 0
        if waiting:
            yield rate, _to_float(np.concatenate(waiting))


class _Timeline:
    """Where decoded frames stand in time, by the stamps in the file."""

    def __init__(self, is_stamped: bool, pre_skip: int = 0) -> None:
        self.is_stamped, self._pre_skip = is_stamped, pre_skip
        self._picture_start_s: float | None = None
        self._origin_s: float | None = None  # the time stamp at which the sound starts
        self._filled_s = 0.0  # seconds of sound so far
        self.start_s = 0.0  # seconds of silence before the first sound

    def show(self, packet: "av.Packet") -> None:
        """Note a packet of a film, before the first of which no sound can be late."""
        if self._picture_start_s is None and packet.pts is not None:
            self._picture_start_s = _seconds(packet.pts, packet)

    def skipped_by_browsers(self, first: "av.AudioFrame") -> int:
        """Return how many samples browsers leave out that FFmpeg does not, given the first frame.

        Opus in MP4 names its pre-skip twice, in an edit list and in the header of the codec, and browsers obey both.
        Where there is no edit list, FFmpeg obeys the header, and the first frame is stamped with it.
        """
        twice = self._pre_skip if _seconds(first.pts, first) < self._pre_skip / OPUS_RATE / 2 else 0
        return round(twice * first.sample_rate / OPUS_RATE)

    def silence_before(self, frame: "av.AudioFrame", following: "av.AudioFrame | None") -> Iterator[int]:
        """Yield numbers of frames of silence, `BLOCK_FRAMES` at most, that belong before a frame of sound."""
        rate = frame.sample_rate
        missing_s = self._missing_s(frame)
        if missing_s > MIN_HOLE_S and following is not None:
            # One stamp may be wrong, above all where Vorbis changes its block size: a hole lasts.
            missing_s = min(missing_s, self._missing_s(following) - frame.samples / rate)
        if missing_s > MIN_HOLE_S:
            if not self._filled_s:
                self.start_s = missing_s
            self._filled_s += missing_s
            yield from _pieces(round(missing_s * rate))
        elif missing_s < -RESTART_S and self._origin_s is not None:
            self._origin_s += missing_s
        self._filled_s += frame.samples / rate

    def _missing_s(self, frame: "av.AudioFrame") -> float:
        if frame.pts is None:
            return 0.0
        time_s = _seconds(frame.pts, frame)
        if self._origin_s is None:
            # Without pictures, a player starts with the sound.
            self._origin_s = time_s if self._picture_start_s is None else min(time_s, self._picture_start_s)
        return time_s - self._origin_s - self._filled_s


def _pieces(n: int) -> Iterator[int]:
    while n > 0:
        yield min(n, BLOCK_FRAMES)
        n -= BLOCK_FRAMES


def _pairs(frames: Iterator["av.AudioFrame"]) -> "Iterator[tuple[av.AudioFrame, av.AudioFrame | None]]":
    """Yield each frame with the one after it, or None after the last one."""

    def ended() -> "Iterator[av.AudioFrame | None]":
        yield from frames
        yield None

    for frame, following in pairwise(ended()):
        if frame is not None:
            yield frame, following


def _seconds(ticks: int | None, of: "av.Packet | av.AudioFrame") -> float:
    return float(ticks * of.time_base) if ticks is not None and of.time_base is not None else 0.0


def _has_decoder(track: "av.AudioStream") -> bool:
    context: object = track.codec_context  # None for an unknown codec, whatever PyAV's types say
    return context is not None


def _pre_skip_of(opus_head: bytes | None) -> int:
    return int.from_bytes(opus_head[10:12], "little") if opus_head else 0


def _is_cover(stream: "av.VideoStream") -> bool:
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def _without_lfe(frame: "av.AudioFrame") -> np.ndarray:
    """Return an `av.AudioFrame` as (frames, channels) in its own type, without channels for low effects."""
    format = frame.format
    if format.name == "fltp" and frame.layout.nb_channels == 1:  # most of all; PyAV takes three times as long
        return np.frombuffer(memoryview(frame.planes[0]), np.float32, frame.samples)[:, None]
    sound = frame.to_ndarray()
    sound = sound.T if format.is_planar else sound.reshape(-1, frame.layout.nb_channels)
    if sound.shape[1] < 3:
        return sound
    voices = [i for i, channel in enumerate(frame.layout.channels) if not channel.name.startswith("LFE")]
    return sound[:, voices] if voices else sound


def _to_float(sound: np.ndarray) -> np.ndarray:
    """Return samples of any type as float32 with full scale 1."""
    if sound.dtype == np.uint8:
        return (sound.astype(np.float32) - 128) / 128
    scale = 2.0 ** (8 * sound.itemsize - 1) if sound.dtype.kind == "i" else 1.0
    return (sound / scale).astype(np.float32)
