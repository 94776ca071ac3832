"""Decorators for server functions: the page calls them with plain JSON and receives plain JSON."""

import functools
from collections.abc import Callable
from typing import Any

from ser.errors import UserError

STALE = "The app has changed since this page was loaded: reload the page."


def returns_problem(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `function` to return `{"problem": sentence}` where it would raise a `UserError`."""

    @functools.wraps(function)
    def answer(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except UserError as error:
            return {"problem": str(error)}

    return answer


def takes_request(function: Callable[..., dict]) -> Callable[..., dict]:
    """Wrap a function or method that takes one request, a dict: as `returns_problem`, and any other type is a problem."""

    @functools.wraps(function)
    def answer(*arguments: Any) -> dict:
        if not isinstance(arguments[-1], dict):
            raise UserError(STALE)
        return function(*arguments)

    return returns_problem(answer)
