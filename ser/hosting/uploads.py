"""Keep recordings while the app runs: in a private folder, each for a limited time, and all deleted at the end."""

import io
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

# gradio deletes the files it knows of after one to two hours; this is for the others.
MAX_AGE_S = 7200.0
SWEEP_S = 600.0


@contextmanager
def private_folder() -> Iterator[Path]:
    """Create the folder in which gradio keeps uploads, readable by this user alone, and delete it at the end.

    Enter this before importing gradio. Within the block, text written to stderr does not name any file of the folder,
    because people chose those names.
    """
    with tempfile.TemporaryDirectory(prefix="emotion-listener-", ignore_cleanup_errors=True) as name:
        folder, stderr = Path(name).resolve(), sys.stderr
        # gradio reads both variables when it is imported: no version check, and uploads in this folder.
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        os.environ["GRADIO_TEMP_DIR"] = str(folder)
        sys.stderr = RedactedStream(stderr, folder)
        try:
            yield folder
        finally:
            sys.stderr = stderr
            _ignore_signals()  # impatient people press Ctrl-C twice, and the folder must still be deleted


def exit_on_signals() -> None:
    """Make SIGTERM and a closed terminal exit the program as usual, so that nothing is left on the disk."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit(0))


def _ignore_signals() -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with suppress(AttributeError, ValueError):  # no such signal here; not the main thread
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def sweep(folder: Path, *, now: float, max_age_s: float = MAX_AGE_S) -> None:
    """Delete files that have been in the folder for too long, and folders in it that have been empty for as long.

    Parameters
    ----------
    folder : searched with all folders in it
    now : the current time, in seconds since the epoch
    max_age_s : age in seconds beyond which a file is deleted
    """
    for parent, folders, names in os.walk(folder):
        for name in names:
            file = Path(parent, name)
            with suppress(OSError):
                if now - file.lstat().st_ctime > max_age_s:
                    file.unlink()
        for name in folders:
            inner = Path(parent, name)
            with suppress(OSError):  # it is not empty
                if now - inner.lstat().st_mtime > max_age_s:
                    inner.rmdir()


@contextmanager
def sweeping(folder: Path) -> Iterator[None]:
    """Sweep the folder every ten minutes while the block lasts."""
    end = threading.Event()

    def work() -> None:
        while not end.wait(SWEEP_S):
            sweep(folder, now=time.time())

    threading.Thread(target=work, name="sweep", daemon=True).start()
    try:
        yield
    finally:
        end.set()


class RedactedStream(io.TextIOBase):
    """A stream for the log that hides the names of the files in a folder."""

    def __init__(self, stream: TextIO, folder: Path) -> None:
        self._stream = stream
        # Requests are hidden as well: pydantic quotes them in errors, shortened so that the folder is not recognisable.
        self._private = re.compile(
            re.escape(str(folder)) + r"[^'\"\r\n]*|(?<=input_value=).*?(?=, input_type=|$)", re.MULTILINE
        )

    def write(self, text: str) -> int:
        """Write the text with `[an upload]` in place of each path."""
        self._stream.write(self._private.sub("[an upload]", text))
        return len(text)

    def flush(self) -> None:
        """Flush the underlying stream."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Return whether the underlying stream is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the file descriptor of the underlying stream."""
        return self._stream.fileno()
