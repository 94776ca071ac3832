"""Handle Ctrl-C and SIGTERM, which a shutdown or a job scheduler sends: both unwind a command, so that it cleans up."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Terminated(KeyboardInterrupt):
    """SIGTERM was received. Code that handles Ctrl-C handles this too."""


@contextmanager
def terminable() -> Iterator[None]:
    """Raise `Terminated` in the block on SIGTERM; before and after the block SIGTERM ends the process at once.

    It also ends a worker of torchrun at once: while that waits for the others no Python code runs in it, and torchrun
    restarts the workers only when each of them has ended.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise Terminated

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def delayed_interrupt() -> Iterator[None]:
    """Delay Ctrl-C until the end of the block. Processes started in it never receive it, and their parent ends them.

    Otherwise every process of the terminal would receive Ctrl-C, and each would print a traceback of its own.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


def end_on_next_interrupt() -> None:
    """Let a second Ctrl-C end the process silently, as the first one has been reported."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
