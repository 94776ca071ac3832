"""At what time other programs show what this app decodes: they start MP3 files at different places.

An encoder puts silence before the sound (576 samples and more), and a decoder adds 529. The header that LAME and others
write into the first frame says how many samples to remove: browsers, FFmpeg and this app do so. Praat and Audacity
play them, and Praat the frame with the header, too, but not the first 625 samples. This was measured with Praat
6.3.07 and Audacity 3.2.4; docs/formats.md has a table. Other formats start at the same time everywhere, or cannot be
opened there. ELAN plays with the decoders of the system, which do as browsers do.
"""

import os
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ser.audio.frames import read_frame

PROGRAMS = ("decoded", "praat", "audacity", "elan")
NAMES = {"decoded": "this app", "praat": "Praat", "audacity": "Audacity", "elan": "ELAN"}
DECODER_DELAY = 529  # samples that an MP3 decoder adds
PRAAT_SKIPS = 625  # samples that Praat removes from the start of every MP3
ROUNDING_S = 1.5e-6  # of times in Audacity
MAX_SEARCH = 65_536  # bytes in which the first frame must begin


class Mp3Start(NamedTuple):
    """How an MP3 starts.

    Attributes
    ----------
    rate : sample rate in Hz
    header_samples : samples of the frame with the header of Xing or LAME; 0 without one
    removed_samples : samples that decoders remove from the start because that header says so
    """

    rate: int
    header_samples: int
    removed_samples: int


def shift_s(path: str | os.PathLike, *, program: str) -> float:
    """Return how many seconds later a program of `PROGRAMS` shows what this app decodes; negative for earlier."""
    if program not in ("praat", "audacity"):
        return 0.0
    with Path(path).open("rb") as file:
        start = read_mp3_start(file)
    if start is None:
        return 0.0
    skipped = PRAAT_SKIPS - start.header_samples if program == "praat" else 0
    return (start.removed_samples - skipped) / start.rate


def shifted(region: tuple[float, float], shift_s: float) -> tuple[float, float]:
    """Return a region as another program shows it, which shows nothing before 0."""
    start_s, end_s = map(float, region)
    return (max(0.0, start_s + shift_s), max(0.0, end_s + shift_s)) if shift_s else (start_s, end_s)


def unshifted(region: tuple[float, float], shift_s: float) -> tuple[float, float]:
    """Return a region of another program as this app has it."""
    start_s, end_s = map(float, region)
    return (max(0.0, start_s - shift_s), max(0.0, end_s - shift_s)) if shift_s else (start_s, end_s)


def is_at(region: tuple[float, float], exact: tuple[object, object]) -> bool:
    """Return whether a region is where it was written, within what programs round."""
    return all(
        isinstance(place, int | float) and not isinstance(place, bool) and abs(time - place) <= ROUNDING_S
        for time, place in zip(region, exact, strict=True)
    )


def read_mp3_start(file: BinaryIO) -> Mp3Start | None:
    """Return how an MP3 starts; None for a file of another format."""
    file.seek(0)
    head = file.read(10)
    has_tag = head.startswith(b"ID3")
    while head.startswith(b"ID3") and len(head) == 10:  # tags before the sound, with pictures for example
        size = (head[6] & 127) << 21 | (head[7] & 127) << 14 | (head[8] & 127) << 7 | head[9] & 127
        file.seek(size, os.SEEK_CUR)
        head = file.read(10)
    data = head + file.read(MAX_SEARCH)
    for at in range(len(data) - 4) if has_tag else (0,):
        frame = read_frame(data[at:])
        if frame is not None:
            has_header = frame.has_xing
            return Mp3Start(frame.rate, *((frame.samples, _removed(frame.tag)) if has_header else (0, 0)))
    return None


def _removed(tag: bytes) -> int:
    """Return how many samples decoders remove from the start, given the header of Xing and what follows it."""
    if len(tag) < 8:
        return 0
    (flags,) = struct.unpack(">I", tag[4:8])
    at = 8 + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    lame = tag[at : at + 24]
    if len(lame) < 24 or not lame.startswith((b"LAME", b"Lavf", b"Lavc", b"L3.9")):
        return 0
    return (lame[21] << 4 | lame[22] >> 4) + DECODER_DELAY
