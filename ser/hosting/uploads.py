"""Where recordings lie while the app runs: a folder of its own, emptied as time goes on and gone at the end."""

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

MAX_AGE_S = (
    7200.0  # gradio deletes after one to two hours what it knows of; this is for what it lost sight of
)
SWEEP_S = 600.0


@contextmanager
def private_folder() -> Iterator[Path]:
    """Make the folder that gradio keeps uploads in, for this user alone; delete it in the end.

    To be entered before gradio is imported. What is written to stderr meanwhile names no file of the folder, as its
    name is one that a person gave.
    """
    with tempfile.TemporaryDirectory(prefix="emotion-listener-", ignore_cleanup_errors=True) as name:
        folder, usual = Path(name).resolve(), sys.stderr
        # gradio reads both when it is imported: no version check, and uploads in this folder.
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        os.environ["GRADIO_TEMP_DIR"] = str(folder)
        sys.stderr = Discreet(usual, folder)
        try:
            yield folder
        finally:
            sys.stderr = usual
            _ignore_signals()  # impatient people press Ctrl-C twice


def end_on_signals() -> None:
    """Let a request to end, or a closed terminal, end the program as its last line does: nothing stays behind."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit(0))


def _ignore_signals() -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with suppress(AttributeError, ValueError):  # no such signal here; not the main thread
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def sweep(folder: Path, *, now: float, max_age_s: float = MAX_AGE_S) -> None:
    """Delete what has lain in the folder for longer than so many seconds."""
    for place, _, names in os.walk(folder):
        for name in names:
            file = Path(place, name)
            with suppress(OSError):
                if now - file.lstat().st_ctime > max_age_s:
                    file.unlink()


@contextmanager
def swept(folder: Path) -> Iterator[None]:
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


class Discreet(io.TextIOBase):
    """A stream for the log: what is written to it names no file of a folder."""

    def __init__(self, stream: TextIO, folder: Path) -> None:
        self._stream = stream
        # And nothing of what was sent, which pydantic tells, and shortens so that no folder is known.
        self._told = re.compile(
            re.escape(str(folder)) + r"[^'\"\r\n]*|(?<=input_value=).*?(?=, input_type=|$)", re.MULTILINE
        )

    def write(self, text: str) -> int:
        """Write the text, with `[an upload]` in the place of each path."""
        self._stream.write(self._told.sub("[an upload]", text))
        return len(text)

    def flush(self) -> None:
        """Pass on what is held back."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Whether somebody watches."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the number of the stream below."""
        return self._stream.fileno()
