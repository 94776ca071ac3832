"""Files that no recorder writes: broken ones, ones with false headers, ones that would fill the memory or the disk.

python -m tests.helpers.hostile DIR

writes all of them into a folder. At most a part of each is usable sound.
"""

import base64
import gzip
import io
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import soundfile

from ser.audio.reading import MAX_S, SAMPLE_RATE, AudioError, load_audio, read_audio
from tests.conftest import ROOT
from tests.helpers.hostile_formats import (
    CLUSTER,
    PACKETS_OF_SILENCE,
    flac_of_silence,
    frames_of_mp3,
    matroska,
    picture_and_silence,
    wav,
)
from tests.helpers.sound_files import write

VOICE = ROOT / "ser" / "assets" / "examples" / "even.flac"
TENTHS = range(1, 10)
KINDS = ("wav", "flac", "mp3", "ogg", "opus", "webm", "m4a", "aiff")
NO_SOUND, EMPTY, BARE = "not a sound file", "empty", "no sound, at most a file header"
LONG, RATE, CHANNELS, MUCH = "longer than 600 s", "sample rate", "channels", "too much data to decode"
NO_NUMBERS, NO_TRACK = "not numbers", "no sound track"
HOUR_S = 3600


@dataclass(frozen=True)
class Hostile:
    """A bad file.

    Attributes
    ----------
    name : file name
    content : the bytes, or a function that writes the file
    says : a part of the expected error, or several of which one must occur; empty if the rest of the sound may
        be used
    costly : whether the file takes more than a tenth of a second, or a sparse gigabyte
    """

    name: str
    content: bytes | Callable[[Path], None]
    says: str | tuple[str, ...] = ()
    costly: bool = False

    def write(self, folder: Path) -> Path:
        """Write the file into a folder."""
        path = folder / self.name
        if callable(self.content):
            self.content(path)
        else:
            path.write_bytes(self.content)
        return path

    def fits(self, error: str | None) -> bool:
        """Return whether this error is right for the file; None stands for sound without an error."""
        expected = (self.says,) if isinstance(self.says, str) else self.says
        if error is None:
            return not expected
        one_line = (
            error.startswith(self.name) and error.endswith(".") and "\n" not in error and "/" not in error
        )
        return one_line and (not expected or any(words in error for words in expected))


def problem_of(file: Hostile, path: Path) -> str | None:
    """Return what is wrong with the way a bad file is read, or None."""
    try:
        recording = read_audio(path)
    except AudioError as error:
        return None if file.fits(str(error)) else str(error)
    except Exception as error:
        return f"{file.name}: {error!r}"
    is_valid = np.isfinite(recording.samples).all() and 0 < recording.duration_s <= MAX_S
    return None if is_valid and file.fits(None) else f"{file.name}: {recording.duration_s} s of sound"


def corpus() -> list[Hostile]:
    """Return all bad files, the same ones every time."""
    whole = voices()
    return [
        *_nothing(), *_foreign(whole["wav"]), *_headers(whole), *_cut(whole), *_sizes(whole), *_numbers(),
        *_rates(), *_counts(), *(replace(file, costly=True) for file in (*_long(whole), *_bombs())),
    ]  # fmt: skip


def voices(kinds: tuple[str, ...] = KINDS, seconds: float = 1.5) -> dict[str, bytes]:
    """Return undamaged files of some formats, with a voice."""
    voice = load_audio(VOICE)[SAMPLE_RATE // 2 :][: int(seconds * SAMPLE_RATE)]
    with tempfile.TemporaryDirectory() as folder:
        return {kind: write(Path(folder, f"voice.{kind}"), voice).read_bytes() for kind in kinds}


def _random(size: int) -> bytes:
    return np.random.default_rng(size).bytes(size)


# ---- no sound at all


def _nothing() -> Iterator[Hostile]:
    for kind in KINDS:
        yield Hostile(f"empty.{kind}", b"", EMPTY)
    yield Hostile("one byte.wav", b"R", NO_SOUND)
    yield Hostile("zeros.wav", bytes(100_000), NO_SOUND)
    yield Hostile("zeros.mp3", bytes(100_000), NO_SOUND)
    yield Hostile("ones.wav", b"\xff" * 100_000, (NO_SOUND, BARE))
    beginnings = {
        "wav": b"RIFF\xff\xff\xff\x7fWAVE", "flac": b"fLaC\0\0\0\x22", "mp3": b"ID3\4\0\0\0\0\1\0", "ogg": b"OggS\0\2",
        "webm": b"\x1a\x45\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1", "m4a": b"\0\0\0\x20ftypM4A ", "aiff": b"FORM\0\1\0\0AIFF",
        "caf": b"caff\0\1\0\0", "au": b".snd\0\0\0\x18", "amr": b"#!AMR\n", "wma": b"0&\xb2u\x8ef\xcf\x11", "avi": b"RIFF\0\1\0\0AVI ",
    }  # fmt: skip
    for kind, beginning in beginnings.items():
        yield Hostile(f"random.{kind}", _random(60_000), (NO_SOUND, BARE))
        yield Hostile(
            f"begins like.{kind}", beginning + _random(60_000), (NO_SOUND, BARE, RATE, CHANNELS, NO_TRACK)
        )


def _foreign(whole_wav: bytes) -> Iterator[Hostile]:
    texts = {
        "text": "Good evening. " * 300,
        "page": "<!doctype html><script>alert(1)</script>" * 50,
        "playlist": "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\nhttp://127.0.0.1/\n",
        "concat": "ffconcat version 1.0\nfile /etc/passwd\n",
        "manifest": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>file:///etc/</BaseURL></MPD>',
        "session": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
        "drawing": '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "subtitles": "1\n00:00:00,000 --> 10:00:00,000\nHello\n",
    }
    for name, text in texts.items():
        yield Hostile(f"{name}.wav", text.encode(), NO_SOUND)
    yield Hostile("program.wav", b"\x7fELF\2\1\1" + _random(9000), NO_SOUND)
    yield Hostile("zipped.wav", gzip.compress(whole_wav, mtime=0), NO_SOUND)
    yield Hostile("pickle.wav", b"\x80\4cposix\nsystem\n(S'true'\ntR.", NO_SOUND)
    yield Hostile("text of a wav.wav", base64.b64encode(whole_wav), NO_SOUND)
    yield Hostile("mute.mp4", _pictures("mpeg4"), NO_TRACK)


def _pictures(codec: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=10)
            stream.width = stream.height = 32
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
            container.mux([*stream.encode(frame), *stream.encode(None)])

    return make


# ---- cut-off files


def _headers(whole: dict[str, bytes]) -> Iterator[Hostile]:
    for kind in ("wav", "aiff", "au", "caf", "ogg", "rf64"):
        form = {"rf64": "RF64"}.get(kind)
        content = io.BytesIO()
        soundfile.write(content, np.zeros(0), SAMPLE_RATE, format=form or kind.upper())
        yield Hostile(f"header.{kind}", content.getvalue(), (BARE, NO_SOUND))
    yield Hostile("header.flac", whole["flac"][:42], (BARE, NO_SOUND))
    yield Hostile("header.mp3", b"ID3\4\0\0\0\0\0\0", (BARE, NO_SOUND))
    for kind, mark in {"m4a": b"mdat", "webm": CLUSTER}.items():
        yield Hostile(f"header.{kind}", whole[kind][: whole[kind].index(mark)], (BARE, NO_SOUND))


def _cut(whole: dict[str, bytes]) -> Iterator[Hostile]:
    for kind, data in whole.items():
        for tenth in TENTHS:
            yield Hostile(f"{tenth} tenths.{kind}", data[: len(data) * tenth // 10])


# ---- headers that lie


def _changed(data: bytes, mark: bytes, offset: int, new: bytes) -> bytes:
    at = data.index(mark) + offset
    return data[:at] + new + data[at + len(new) :]


def _sizes(whole: dict[str, bytes]) -> Iterator[Hostile]:
    for size in (0, 1, 31_999, 32_001, 0x7FFF_0000, 0x8000_0001, 0xFFFF_FFFE, 0xFFFF_FFFF):
        yield Hostile(f"says {size} bytes.wav", wav(size=size))
    for size in (0, 4, 15, 17, 0x7FFF_FFFF, 0xFFFF_FFFF):
        yield Hostile(f"format of {size} bytes.wav", wav(format_size=size))
    for size in (5, 0x7FFF_FFFE, 0xFFFF_FFFF):
        yield Hostile(f"list of {size} bytes.wav", wav(before=b"LIST" + struct.pack("<I", size) + b"INFO"))
    yield Hostile("chunks without number.wav", wav(before=b"junk\0\0\0\0" * 4_000_000), costly=True)
    aiff, flac, ogg, webm, m4a = (whole[kind] for kind in ("aiff", "flac", "ogg", "webm", "m4a"))
    yield Hostile("sound beyond its end.aiff", _changed(aiff, b"SSND", 4, b"\x7f\xff\xff\xff"))
    yield Hostile("frames without sound.aiff", _changed(aiff, b"COMM", 10, b"\xff\xff\xff\xff"))
    yield Hostile("comments of 16 MB.flac", _changed(flac, b"fLaC", 42, b"\x04\xff\xff\xff"))
    yield Hostile("pages of nothing.ogg", ogg[:58] + b"OggS\0\0" + bytes(20) + b"\0" + ogg[58:])
    yield Hostile("pages without number.ogg", (b"OggS\0\0" + bytes(20) + b"\0") * 200_000)
    yield Hostile("segments beyond the end.ogg", ogg[:26] + b"\xff" * 2000)
    yield Hostile("element beyond its end.webm", _changed(webm, CLUSTER, 4, b"\x01" + b"\xfe" * 7))
    yield Hostile("elements in elements.webm", webm[:200] + (CLUSTER + b"\xff") * 50_000)
    for box in (b"moov", b"stts", b"stsz", b"stsc", b"stco", b"mdat", b"trak"):
        before = m4a.index(box) - 4
        for name, size in (("nothing", 0), ("one byte", 1), ("everything", 0xFFFF_FFFF)):
            data = m4a[:before] + struct.pack(">I", size) + m4a[before + 4 :]
            yield Hostile(f"{box.decode()} of {name}.m4a", data)
    for box in (b"stts", b"stsz", b"stsc", b"stco"):
        yield Hostile(f"{box.decode()} without end.m4a", _changed(m4a, box, 12, b"\x7f\xff\xff\xff"))
    nested = b"".join(struct.pack(">I", 8 * (20_000 - depth)) + b"moov" for depth in range(20_000))
    yield Hostile("boxes in boxes.m4a", m4a[:32] + nested)


def _numbers() -> Iterator[Hostile]:
    for bits, kind in ((32, "<f4"), (64, "<f8")):
        sound = np.sin(np.arange(16_000) / 10).astype(kind)
        for name, number in {"nan": np.nan, "inf": np.inf, "minus inf": -np.inf, "huge": 3e38}.items():
            for at in (0, -1):
                odd = sound.copy()
                odd[at] = number
                data = wav(odd.tobytes(), bits=bits, tag=3)
                yield Hostile(f"{name} at {at} of {bits}.wav", data, NO_NUMBERS)
    yield Hostile("all nan.wav", wav(np.full(16_000, np.nan, "<f4").tobytes(), bits=32, tag=3), NO_NUMBERS)


def _rates() -> Iterator[Hostile]:
    for rate in (0, 1, 7, 999, 2**20, 2**31 - 1, 2**31, 2**32 - 1):
        yield Hostile(f"rate {rate}.wav", wav(rate=rate), (RATE, NO_SOUND, BARE, LONG))


def _counts() -> Iterator[Hostile]:
    for channels in (0, 300, 1024, 1025, 65_535):
        yield Hostile(
            f"{channels} channels.wav", wav(bytes(262_140), channels=channels), (CHANNELS, NO_SOUND)
        )
    for bits in (0, 1, 7, 33, 128, 65_535):
        yield Hostile(f"{bits} bits.wav", wav(bits=bits))
    for tag in (0, 2, 0x11, 0x31, 0x55, 0x161, 0xFFFE, 0xFFFF):
        yield Hostile(f"format {tag:#x}.wav", wav(_random(40_000), tag=tag))
    yield Hostile("no frame.wav", wav(b""), BARE)
    yield Hostile("half a sample.wav", wav(b"\1"), BARE)
    for frames in (1, 2, 3, 100):
        yield Hostile(f"{frames} samples.wav", wav(bytes(2 * frames)))
        yield Hostile(f"{frames} samples at 48 kHz.wav", wav(bytes(2 * frames), rate=48_000))


# ---- small files that claim, or expand to, long sound


def _long(whole: dict[str, bytes]) -> Iterator[Hostile]:
    says_long = bytearray(whole["flac"])
    frames = 10 * HOUR_S * SAMPLE_RATE
    says_long[21] = says_long[21] & 0xF0 | frames >> 32
    says_long[22:26] = struct.pack(">I", frames & 0xFFFF_FFFF)
    yield Hostile("says 10 hours.flac", bytes(says_long), LONG)
    yield Hostile("says 10 hours.wav", wav(size=2 * frames))  # libsndfile trusts the size of the file
    yield Hostile("says 10 hours.m4a", _duration(whole["m4a"], 10 * HOUR_S))  # FFmpeg counts the frames
    yield Hostile("10 hours of silence.flac", flac_of_silence(16_000, 1, 10 * HOUR_S), LONG)
    yield Hostile("10 hours of silence.webm", matroska(b"A_OPUS", PACKETS_OF_SILENCE, 48_000), LONG)
    yield Hostile("10 hours of silence.mp3", frames_of_mp3(10 * HOUR_S), LONG)
    yield Hostile("1 GB of nothing.wav", _sparse(), NO_SOUND)
    yield Hostile("1 GB of nothing.mp3", _sparse(), (NO_SOUND, BARE))
    yield Hostile("1 GB of silence.wav", _sparse(wav(b"", size=999_999_956)), LONG)
    head = wav(b"", rate=192_000, channels=8, size=999_999_956)
    yield Hostile("1 GB of channels.wav", _sparse(head), MUCH)
    head = _changed(whole["m4a"], b"mdat", 0, b"free")
    yield Hostile("1 GB after a header.m4a", _sparse(head))
    head = whole["webm"][: whole["webm"].index(CLUSTER)]
    yield Hostile("1 GB after a header.webm", _sparse(head), (BARE, NO_SOUND))
    yield Hostile("1 GB after a page.ogg", _sparse(whole["ogg"][:4000]))
    yield Hostile("1 GB after a frame.mp3", _sparse(whole["mp3"][:2000]))


def _sparse(head: bytes = b"") -> Callable[[Path], None]:
    """Return a function that writes a sparse file of 1 GB with this beginning."""

    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.write(head)
            file.truncate(1_000_000_000)

    return make


def _duration(m4a: bytes, seconds: int) -> bytes:
    """Return an MP4 whose header claims another length of its track; the time scale is its rate, 32 kHz."""
    return _changed(m4a, b"mdhd", 20, struct.pack(">I", 32_000 * seconds))


def _bombs() -> Iterator[Hostile]:
    yield Hostile("bomb.flac", flac_of_silence(655_350, 8, 30), RATE)
    yield Hostile("bomb of 96 kHz.flac", flac_of_silence(96_000, 8, 599), MUCH)
    inflated = [zlib.compress(bytes(9_000_000), 9)] * 300
    pcm = b"A_PCM/INT/LIT"
    yield Hostile("bomb.webm", matroska(pcm, inflated, 192_000, 8, compressed=True), MUCH)
    yield Hostile("long bomb.webm", matroska(pcm, inflated, 8_000, 1, compressed=True), LONG)
    yield Hostile("large picture.mkv", picture_and_silence(30_000))


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for one in corpus():
        one.write(target)
