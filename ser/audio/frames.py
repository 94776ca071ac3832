"""Where frames of compressed sound end: a file of nothing but frames says so nowhere else.

MPEG audio (MP3, MP2), AAC in ADTS, AC-3 and E-AC-3 begin each frame with its length, and AMR with its kind. The header
of an MP3's frame is laid out in ISO/IEC 11172-3 and 13818-3.
"""

import os
import struct
from typing import NamedTuple

from ser.audio.joined import end_of_tags
from ser.audio.limited_file import Seekable

TAIL = 65_536  # bytes looked at; a frame has 8,191 at most
MIN_FRAMES = 4  # that follow each other: fewer are found in any bytes
MAX_TAGS = 4  # at the end
HEADER = 8  # bytes

_MPEG_1 = {
    3: (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}  # kbit/s by layer, where 3 stands for layer I
_MPEG_2 = {
    3: (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    1: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44_100, 48_000, 32_000)  # Hz, of MPEG-1; 2 has a half of them, 2.5 a quarter
_RATE_SHIFTS = {3: 0, 2: 1, 0: 2}  # by the number that stands for MPEG-1, 2 and 2.5
_AC3 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)  # kbit/s
_AMR = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)  # bytes by kind of frame
_AMR_WB = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1)
AMR_MAGIC = {b"#!AMR\n": _AMR, b"#!AMR-WB\n": _AMR_WB}


class Mp3Frame(NamedTuple):
    """A frame of MPEG audio, layer III.

    Attributes
    ----------
    rate : sample rate in Hz
    samples : number of its samples
    tag : what stands where the header of Xing or LAME would; see `has_xing`
    """

    rate: int
    samples: int
    tag: bytes

    @property
    def has_xing(self) -> bool:
        """Whether the frame holds such a header, and so no sound of its own."""
        return self.tag.startswith((b"Xing", b"Info"))


def frame_bytes(data: bytes) -> int | None:
    """Return the length in bytes of the frame that begins here; None if none does, or if it does not say."""
    if len(data) < HEADER:
        return None
    if data[:2] == b"\x0b\x77":
        return _ac3_bytes(data)
    if data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    layer, version = data[1] >> 1 & 3, data[1] >> 3 & 3
    if layer == 0:  # AAC
        size = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
        return size if data[1] & 0xF0 == 0xF0 and size >= 7 else None
    rate_index, bit_rate_index, padding = data[2] >> 2 & 3, data[2] >> 4, data[2] >> 1 & 1
    if version == 1 or rate_index == 3 or bit_rate_index in (0, 15):
        return None
    rate = _RATES[rate_index] >> _RATE_SHIFTS[version]
    bit_rate = 1000 * (_MPEG_1 if version == 3 else _MPEG_2)[layer][bit_rate_index - 1]
    if layer == 3:
        return 4 * (12 * bit_rate // rate + padding)
    return (72 if layer == 1 and version != 3 else 144) * bit_rate // rate + padding


def _ac3_bytes(data: bytes) -> int | None:
    if data[5] >> 3 > 10:  # E-AC-3
        return 2 * ((data[2] & 7) << 8 | data[3]) + 2
    rate_index, size_index = data[4] >> 6, data[4] & 63
    if rate_index == 3 or size_index >> 1 >= len(_AC3):
        return None
    bit_rate = _AC3[size_index >> 1]
    return 2 * (2 * bit_rate, 320 * bit_rate // 147 + (size_index & 1), 3 * bit_rate)[rate_index]


def last_frame_is_cut(file: Seekable, length: int) -> bool:
    """Return whether a file of frames ends within one. Those with a Xing header say themselves how long they are."""
    if mp3_duration_s(file) is not None:
        return False
    start = max(0, length - TAIL)
    file.seek(start)
    tail = _without_tags(file.read(TAIL))
    at = 0
    while at < len(tail) - HEADER:
        end, count = _follow(tail, at)
        if count < MIN_FRAMES:
            at += 1
        elif end >= len(tail):
            return end > len(tail)
        elif len(tail) - end < HEADER and tail[end] in (0xFF, 0x0B):
            return True  # within the header of a frame
        else:
            at = end
    return False


def _follow(data: bytes, at: int) -> tuple[int, int]:
    """Return where the frames end that follow each other from a place on, and how many they are."""
    count = 0
    while at < len(data) and (size := frame_bytes(data[at : at + HEADER])):
        at += size
        count += 1
    return at, count


def _without_tags(tail: bytes) -> bytes:
    """Return the end of a file without tags of ID3v1 and APE after its sound."""
    for _ in range(MAX_TAGS):
        if tail[-128:-125] == b"TAG":
            tail = tail[:-128]
        elif tail[-32:-24] == b"APETAGEX":
            has_header = tail[-9] >> 7
            tail = tail[: -int.from_bytes(tail[-20:-16], "little") - 32 * has_header]
        else:
            break
    return tail


def last_amr_frame_is_cut(file: Seekable, length: int) -> bool:
    """Return whether an AMR file ends within a frame; its magic must be one of `AMR_MAGIC`."""
    file.seek(0)
    head = file.read(9)
    magic = next(magic for magic in AMR_MAGIC if head.startswith(magic))
    sizes, at = AMR_MAGIC[magic], len(magic)
    file.seek(0, os.SEEK_SET)
    content = file.read(length)
    while at < len(content):
        at += sizes[content[at] >> 3 & 15]
    return at > length == len(content)


def read_frame(data: bytes) -> Mp3Frame | None:
    """Return the frame of an MP3 that begins here; None if none does."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return None
    version, is_mono = data[1] >> 3 & 3, data[3] >> 6 == 3
    rate_index, bit_rate_index = data[2] >> 2 & 3, data[2] >> 4
    if version not in _RATE_SHIFTS or rate_index == 3 or bit_rate_index in (0, 15):
        return None
    is_mpeg_1 = version == 3
    side_bytes = (17 if is_mono else 32) if is_mpeg_1 else (9 if is_mono else 17)
    rate = _RATES[rate_index] >> _RATE_SHIFTS[version]
    return Mp3Frame(rate, 1152 if is_mpeg_1 else 576, data[4 + side_bytes :])


def mp3_duration_s(file: Seekable) -> float | None:
    """Return the length in seconds that the Xing header of an MP3 declares, or None without such a header."""
    file.seek(end_of_tags(file))
    frame = read_frame(file.read(200))
    if frame is None or not frame.has_xing or len(frame.tag) < 12 or not frame.tag[7] & 1:
        return None
    n_frames = struct.unpack(">I", frame.tag[8:12])[0]
    return n_frames * frame.samples / frame.rate
