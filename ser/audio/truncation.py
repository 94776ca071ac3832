"""Recognise sound files that were cut off by what their container declares, without decoding them."""

import os
import struct

from ser.audio.limited_file import Seekable

# Writers that stream do not know the length in advance: they write 0 or a number near 2 or 4 GiB instead.
UNKNOWN_SIZE_FROM = 0x7FFF_F000
UNKNOWN_SIZE_64_FROM = 0x7FFF_FFFF_FFFF_F000
MAX_CHUNKS = 10_000  # to walk through; no writer makes more than a few
OGG_MAX_PAGE = 27 + 255 + 255 * 255  # bytes: header, segment table, 255 segments of 255
OGG_END_OF_STREAM = 0x04


def ends_early(file: Seekable) -> bool:
    """Return whether a file is shorter than it declares; False also for formats that declare nothing.

    WAV, RF64, AIFF and AU declare the size of their sound data, and Ogg marks its last page.

    Parameters
    ----------
    file : seekable binary file; its position afterwards is unspecified
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    magic = file.read(12)
    kind, form = magic[:4], magic[8:12]
    if kind in (b"RIFF", b"RF64", b"BW64") and form == b"WAVE":
        return _chunk_ends_early(file, length, "<", b"data")
    if kind == b"RIFX" and form == b"WAVE":
        return _chunk_ends_early(file, length, ">", b"data")
    if kind == b"FORM" and form in (b"AIFF", b"AIFC"):
        return _chunk_ends_early(file, length, ">", b"SSND")
    if kind == b".snd":
        offset, size = struct.unpack(">II", magic[4:12])
        return 0 < size < UNKNOWN_SIZE_FROM and offset + size > length
    if kind == b"OggS":
        return _ogg_ends_early(file, length)
    return False


def _chunk_ends_early(file: Seekable, length: int, order: str, sound_id: bytes) -> bool:
    """Walk through the chunks after the 12-byte form header up to the one that contains the sound."""
    position, size_64 = 12, None
    for _ in range(MAX_CHUNKS):
        if position + 8 > length:
            break
        file.seek(position)
        chunk, size = struct.unpack(f"{order}4sI", file.read(8))
        start = position + 8
        if chunk == b"ds64" and size >= 16 and start + 16 <= length:
            size_64 = struct.unpack("<Q", file.read(16)[8:])[0]
        if chunk == sound_id:
            if size == 0xFFFF_FFFF and size_64 is not None:
                return 0 < size_64 < UNKNOWN_SIZE_64_FROM and start + size_64 > length
            return 0 < size < UNKNOWN_SIZE_FROM and start + size > length
        position = start + size + size % 2  # chunks are padded to an even length
    return False


def _ogg_ends_early(file: Seekable, length: int) -> bool:
    """Return whether the last page is incomplete or lacks the end-of-stream mark."""
    start = max(0, length - 2 * OGG_MAX_PAGE)
    file.seek(start)
    tail = file.read()
    page = tail.rfind(b"OggS")
    while page >= 0:
        header = tail[page : page + 27]
        if (
            len(header) < 27 or header[4] != 0
        ):  # cut within the header, or four bytes of sound that spell OggS by chance
            if len(header) < 27:
                return True
            page = tail.rfind(b"OggS", 0, page)
            continue
        segments = tail[page + 27 : page + 27 + header[26]]
        is_complete = len(segments) == header[26] and page + 27 + header[26] + sum(segments) <= len(tail)
        return not (is_complete and header[5] & OGG_END_OF_STREAM)
    return False
