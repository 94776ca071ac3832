"""Stop work whose result nobody waits for any more: long work checks regularly whether it was abandoned."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ser.errors import UserError

_abandoned: ContextVar[threading.Event | None] = ContextVar("abandoned", default=None)


class AbandonedError(UserError):
    """Nobody waits for this work any more."""


@contextmanager
def stop_when(abandoned: threading.Event) -> Iterator[None]:
    """Make `check_abandoned`, called within this block and thread, stop the work once the event is set."""
    token = _abandoned.set(abandoned)
    try:
        yield
    finally:
        _abandoned.reset(token)


def check_abandoned() -> None:
    """Raise `AbandonedError` if nobody waits any more. Long work calls this between two steps."""
    abandoned = _abandoned.get()
    if abandoned is not None and abandoned.is_set():
        raise AbandonedError("This took too long and was stopped.")
