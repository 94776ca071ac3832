"""Recognise sound files that were cut off by what their container declares, without decoding them."""

import os
import struct

from ser.audio.frames import AMR_MAGIC, frame_bytes, last_amr_frame_is_cut, last_frame_is_cut
from ser.audio.joined import kind_of
from ser.audio.limited_file import Seekable

# Writers that stream do not know the length in advance: they write 0 or a number near 2 or 4 GiB instead.
UNKNOWN_SIZE_FROM = 0x7FFF_F000
UNKNOWN_SIZE_64_FROM = 0x7FFF_FFFF_FFFF_F000
MAX_CHUNKS = 10_000  # to walk through; no writer makes more than a few
OGG_MAX_PAGE = 27 + 255 + 255 * 255  # bytes: header, segment table, 255 segments of 255
OGG_END_OF_STREAM = 0x04
W64_MAGIC = bytes.fromhex("726966662e91cf11a5d628db04c10000")
ASF_MAGIC = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
EBML_MAGIC = bytes.fromhex("1a45dfa3")
SEGMENT, CLUSTER = 0x18538067, 0x1F43B675  # elements of Matroska that live recorders leave open
MAX_ELEMENTS = 45_000  # to walk through, of Matroska and MP4; 15 minutes of packets
MPEGTS_PACKET = 188  # bytes
MP4_BOXES = (b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"sidx")


def ends_early(file: Seekable) -> bool:
    """Return whether a file is shorter than it declares, or ends within a frame; False also where nothing shows.

    WAV, RF64, W64, AIFF, AU and CAF declare the size of their sound data, AVI and ASF (WMA) that of the file. Ogg marks its
    last page. Matroska, WebM, MP4, FLV and MPEG-TS consist of pieces with a size, and MP3, AAC, AC-3 and AMR of frames; where
    such a file was cut between two of them, nothing shows it.

    Parameters
    ----------
    file : seekable binary file; its position afterwards is unspecified
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    magic = file.read(16)
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
    if kind == b"RIFF" and form == b"AVI ":
        size = struct.unpack("<I", magic[4:8])[0]
        return 0 < size < UNKNOWN_SIZE_FROM and 8 + size > length
    if magic == W64_MAGIC:
        size = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))[0]
        return length < size < UNKNOWN_SIZE_64_FROM
    if magic == ASF_MAGIC:
        return _asf_ends_early(file, length)
    if kind == b"caff":
        return _caf_ends_early(file, length)
    if kind == EBML_MAGIC:
        return _matroska_ends_early(file, length)
    if magic[4:8] in MP4_BOXES:
        return last_whole_box(file) < length
    if magic[:3] == b"FLV":
        return _flv_ends_early(file, length)
    if kind[:1] == b"\x47" and _read_at(file, MPEGTS_PACKET, 1) == b"\x47":
        return length % MPEGTS_PACKET != 0
    if magic.startswith(tuple(AMR_MAGIC)):
        return last_amr_frame_is_cut(file, length)
    if kind[:2] == b"\x0b\x77" or frame_bytes(magic) or kind_of(file) == "mpeg":
        return last_frame_is_cut(file, length)
    return False


def last_whole_box(file: Seekable) -> int:
    """Return where the last whole box of an MP4 ends, in bytes; the length of the file unless it was cut off."""
    length, at = file.seek(0, os.SEEK_END), 0
    for _ in range(MAX_ELEMENTS):
        head = _read_at(file, at, 16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if at >= length or not any(head[:8]) or (size == 0 and len(head) >= 8):  # up to the end
            return length
        if not head[4:8].isalnum() and len(head) >= 8:  # remains of something else
            return length
        if size < 8 or at + size > length:
            return at
        at += size
    return length


def has_cut_fragment(file: Seekable) -> int | None:
    """Return where the whole part of an MP4 in fragments ends, which FFmpeg refuses with half an index; None if it is whole."""
    if _read_at(file, 4, 4) not in MP4_BOXES:
        return None
    end = last_whole_box(file)
    return end if _read_at(file, end + 4, 4) == b"moof" else None


def _read_at(file: Seekable, position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(size)


def _asf_ends_early(file: Seekable, length: int) -> bool:
    """Read the size of the file from its properties, which broadcasts leave open."""
    header_end, at = int.from_bytes(_read_at(file, 16, 8), "little"), 30
    for _ in range(MAX_CHUNKS):
        head = _read_at(file, at, 24)
        size = int.from_bytes(head[16:24], "little")
        if len(head) < 24 or size < 24 or at >= header_end:
            break
        if head[:16] == ASF_FILE_PROPERTIES:
            properties = _read_at(file, at + 24, 68)
            is_broadcast = len(properties) < 68 or properties[64] & 1
            return not is_broadcast and int.from_bytes(properties[16:24], "little") > length
        at += size
    return False


def _caf_ends_early(file: Seekable, length: int) -> bool:
    at = 8
    for _ in range(MAX_CHUNKS):
        head = _read_at(file, at, 12)
        if len(head) < 12:
            break
        size = int.from_bytes(head[4:12], "big", signed=True)
        if size < 0:  # sound up to the end
            break
        if at + 12 + size > length:
            return True
        at += 12 + size
    return False


def _matroska_ends_early(file: Seekable, length: int) -> bool:
    """Walk through the elements, into those of unknown size, which live recorders write."""
    at = 0
    for _ in range(MAX_ELEMENTS):
        if at >= length:
            return False
        head = _read_at(file, at, 12)
        if len(head) < min(12, length - at) or head[0] < 0x10:
            return False  # reading cost too much, or this is no element
        id_bytes = 9 - head[0].bit_length()
        rest = head[id_bytes:]
        if not rest or (rest[0] and len(rest) < 9 - rest[0].bit_length()):
            return True  # within the header of an element
        if rest[0] == 0:
            return False
        size_bytes = 9 - rest[0].bit_length()
        size = int.from_bytes(rest[:size_bytes], "big") & (1 << 7 * size_bytes) - 1
        element = int.from_bytes(head[:id_bytes], "big")
        start = at + id_bytes + size_bytes
        if size == (1 << 7 * size_bytes) - 1:  # unknown
            if element not in (SEGMENT, CLUSTER):
                return False
            at = start
        elif start + size > length:
            return True
        elif element == SEGMENT:
            return False
        else:
            at = start + size
    return False


def _flv_ends_early(file: Seekable, length: int) -> bool:
    """Return whether the size after the last tag is missing."""
    size = int.from_bytes(_read_at(file, length - 4, 4), "big")
    tag = _read_at(file, max(0, length - 4 - size), 4)
    return size < 11 or size > length - 17 or int.from_bytes(tag[1:4], "big") + 11 != size


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
