"""Find recordings that were joined end to end into one file, and see what the first bytes say about its kind.

Joining files is allowed in Ogg, where it is called chaining, and usual with FLAC; recorders that append do it with WAV.
Decoders stop after the first part, or fail where the format changes, so each part is decoded on its own. MP3 and AAC
are streams of frames in which joints do not matter.
"""

import os
import re
import struct
from collections.abc import Iterator

from ser.audio.limited_file import Seekable

MAX_PARTS = 1000
MAX_SEARCHED = 1 << 30  # bytes; ten minutes of FLAC at 192 kHz are 0.7 GB
CHUNK = 1 << 20  # bytes searched at a time
OGG_PAGE = 27 + 255  # bytes of a page's header at most
MAX_TAGS = 8  # at the start of a file

# The first page of an Ogg stream, and a FLAC signature with the block that must follow it.
_OGG_START = re.compile(rb"OggS\0[\x02\x06]")
_FLAC_START = re.compile(rb"fLaC[\0\x80]\0\0\x22")
_OGG_CODECS = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ", b"\x80theora", b"fishead\0", b"OVP80")


def kind_of(file: Seekable) -> str:
    """Return "ogg", "flac", "wav", "mpeg" (MP3 and its like) or "" by the first bytes after any ID3 tags."""
    start = end_of_tags(file)
    magic = _read_at(file, start, 12)
    if magic[:4] == b"RIFF" and magic[8:] == b"WAVE":
        return "wav"
    if magic[:4] in (b"OggS", b"fLaC"):
        return magic[:4].decode().removesuffix("S").lower()
    # The layer of MPEG audio is 1 to 3; 0 stands for AAC.
    return "mpeg" if len(magic) > 1 and magic[0] == 0xFF and magic[1] >= 0xE0 and magic[1] & 0x06 else ""


def parts_of(file: Seekable) -> list[tuple[int, int]]:
    """Return the (start, end) in bytes of each recording in a file: nearly always one, all after the ID3 tags."""
    size = file.seek(0, os.SEEK_END)
    kind = kind_of(file)
    starts: list[int] = []
    if kind == "wav":
        starts = list(_wav_starts(file, size))
    elif kind == "flac":
        starts = list(_matches(file, _FLAC_START))
    elif kind == "ogg":
        starts = list(_ogg_starts(file))
    first = end_of_tags(file)  # a picture in a tag may be longer than what FFmpeg looks at to tell the format
    starts = [first if first < size else 0, *starts[1 : MAX_PARTS + 1]]
    return list(zip(starts, [*starts[1:], size], strict=True))


def _read_at(file: Seekable, position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(size)


def end_of_tags(file: Seekable) -> int:
    """Return where a file begins, in bytes, after its ID3 tags."""
    position = 0
    for _ in range(MAX_TAGS):
        head = _read_at(file, position, 10)
        if len(head) < 10 or head[:3] != b"ID3" or max(head[6:]) > 0x7F:
            break
        position += 10 + sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    return position


def _wav_starts(file: Seekable, size: int) -> Iterator[int]:
    position = 0
    while (magic := _read_at(file, position, 12))[:4] == b"RIFF" and magic[8:] == b"WAVE":
        yield position
        position += 8 + struct.unpack("<I", magic[4:8])[0]
        if position >= size:
            return


def _ogg_starts(file: Seekable) -> Iterator[int]:
    """Yield where each link of a chain starts: the first of the pages that start its streams."""
    end_of_last = -1
    for position in _matches(file, _OGG_START):
        header = _read_at(file, position, OGG_PAGE)
        if len(header) < 28:
            continue
        segments = header[27 : 27 + header[26]]
        content = position + 27 + len(segments)
        if not _read_at(file, content, 8).startswith(_OGG_CODECS):
            continue
        if position != end_of_last:
            yield position
        end_of_last = content + sum(segments)


def _matches(file: Seekable, pattern: re.Pattern[bytes]) -> Iterator[int]:
    """Yield the position of each match of a pattern of up to 8 bytes."""
    for first in range(0, MAX_SEARCHED, CHUNK):
        chunk = _read_at(file, first, CHUNK + 7)
        for match in pattern.finditer(chunk):
            if match.start() < CHUNK:
                yield first + match.start()
        if len(chunk) <= CHUNK:
            return
