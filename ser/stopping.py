"""Ctrl-C, and the SIGTERM of a shutdown or a job's scheduler: both unwind a command, so that it tidies up."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Terminated(KeyboardInterrupt):
    """SIGTERM. Whatever is prepared for Ctrl-C is prepared for it, too."""


@contextmanager
def terminable() -> Iterator[None]:
    """Raise `Terminated` in the block where the process is asked to end; before and after it simply ends.

    A worker of torchrun simply ends there, too: while it waits for the others no Python runs in it, and
    torchrun starts them all again only when each has gone.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def end_at_once() -> None:
    """Let a second Ctrl-C end the process without a word: the first has been answered."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
