"""A way to end work that takes too long: who works long asks now and then whether anybody still waits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ser.errors import UserError

_given_up: ContextVar[threading.Event | None] = ContextVar("given_up", default=None)


class GivenUpError(UserError):
    """Nobody waits for this work any more."""


@contextmanager
def until(given_up: threading.Event) -> Iterator[None]:
    """Let `go_on`, where it is called in this block and this thread, end the work when the event is set."""
    token = _given_up.set(given_up)
    try:
        yield
    finally:
        _given_up.reset(token)


def go_on() -> None:
    """Raise `GivenUpError` where nobody waits any more; called between two steps of what may be long."""
    given_up = _given_up.get()
    if given_up is not None and given_up.is_set():
        raise GivenUpError("This took too long and was given up.")
