"""Links to takes: `?take=NAME` shows a result again, on any page of this app.

Nobody can guess the name, and the page learns it only to copy it. A link ends with its take: when that is deleted, or
when the state of the page that recorded it is, an hour after that page was closed. Nothing is written to the disk.
"""

import secrets
import threading

from ser.ui.parts.result import Result

_results: dict[str, Result] = {}
_lock = threading.Lock()


def new_name() -> str:
    """Return a name that nobody can guess."""
    return secrets.token_urlsafe(16)


def keep(name: str, result: Result) -> None:
    """Let a link open a result."""
    with _lock:
        _results[name] = result


def find(name: str) -> Result | None:
    """Return the result that a link opens; None if it has ended, or never was one."""
    with _lock:
        return _results.get(name)


def end(name: str) -> None:
    """Let a link no longer open anything."""
    with _lock:
        _results.pop(name, None)
