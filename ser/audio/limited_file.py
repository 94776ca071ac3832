"""A file as decoders see it: a part of a real one, which seems to end once reading it has cost too much.

A file may be built to do harm: a small one may unpack without end, or a header may lie. What a file may cost in bytes
without sound, in reads and in processor time is limited here; what it may cost in sound, in `ser.audio.decoding`.
"""

import contextlib
import os
import time
from typing import Protocol

MAX_BYTES_BEFORE_SOUND = 64_000_000  # headers may hold pictures; a scanned cover has 20 MB
MAX_BYTES_BETWEEN_SOUND = 64_000_000  # pictures may come between
MAX_READS = 100_000  # reads and seeks without sound; headers are read in small pieces
MAX_WORK_S = 30.0  # processor time to decode one file; ten minutes of speech take one second


class Seekable(Protocol):
    """A binary file, as far as it is read here."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, fewer at the end."""
        ...

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a position and return it."""
        ...

    def tell(self) -> int:
        """Return the position."""
        ...


class Deadline:
    """The processor time that one file may take, however many attempts and parts it needs."""

    def __init__(self) -> None:
        self._end = time.thread_time() + MAX_WORK_S

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return time.thread_time() > self._end


class LimitedFile:
    """The bytes from `start` to `end` of a file, as a file that may seem to end earlier.

    It has no name, because a decoder would judge it by that. Its methods raise nothing, because they are called from C,
    where nothing catches an exception: `check` raises what went wrong.
    """

    def __init__(self, file: Seekable, deadline: Deadline, *, start: int = 0, end: int | None = None) -> None:
        self._file, self._deadline, self._start, self._end = file, deadline, start, end
        self._bytes, self._reads, self._max_bytes = 0, 0, MAX_BYTES_BEFORE_SOUND
        self._failure: OSError | None = None
        file.seek(start)

    @property
    def exhausted(self) -> bool:
        """Whether the file seems to end before it does."""
        return self._bytes > self._max_bytes or self._reads > MAX_READS or self.late

    @property
    def late(self) -> bool:
        """Whether decoding took too long."""
        return self._deadline.passed

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell() - self._start

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, fewer at the end, and none once the file cost too much."""
        if self.exhausted:
            return b""
        if self._end is not None:
            left = max(0, self._end - self._file.tell())
            size = left if size < 0 else min(size, left)
        self._bytes += size
        self._reads += 1
        try:
            return self._file.read(size)
        except OSError as error:
            self._failure = error
            return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a position, if it can be one, and return where the file then is."""
        self._reads += 1
        # Damaged headers ask for positions before the start or far beyond the end: the position then stays as it is.
        if self._reads <= MAX_READS:
            with contextlib.suppress(OSError, ValueError, OverflowError):
                self._seek(offset, whence)
        return self.tell()

    def _seek(self, offset: int, whence: int) -> None:
        if whence == os.SEEK_SET and offset >= 0:
            self._file.seek(self._start + offset)
        elif whence == os.SEEK_END and self._end is not None:
            self._file.seek(max(self._start, self._end + offset))
        elif whence == os.SEEK_END:
            size = self._file.seek(0, os.SEEK_END)
            self._file.seek(max(self._start, size + offset))
        elif whence == os.SEEK_CUR and self.tell() + offset >= 0:
            self._file.seek(offset, os.SEEK_CUR)

    def check(self) -> None:
        """Raise the error that a read ran into, if any."""
        if self._failure is not None:
            raise self._failure

    def restart_counting(self) -> None:
        """Start counting again, as this much of the file led to sound."""
        self._bytes, self._reads, self._max_bytes = 0, 0, MAX_BYTES_BETWEEN_SOUND
