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


@contextmanager
def held_back() -> Iterator[None]:
    """Let Ctrl-C wait until the block is left. Processes begun in it never hear it: who began them ends them.

    Each of a terminal's processes hears it, and each would print its own traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_at_once() -> None:
    """Let a second Ctrl-C end the process without a word: the first has been answered."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
