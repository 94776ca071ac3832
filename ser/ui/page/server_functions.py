"""Decorators for server functions: the page calls them with plain JSON and receives plain JSON."""

import functools
from collections.abc import Callable
from typing import Any

from ser.errors import UserError

STALE = "The page and the app do not fit together any more: reload the page."


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
    """Wrap a function or method of one request, a dict: `returns_problem`, also for a request of another type."""

    @functools.wraps(function)
    def answer(*arguments: Any) -> dict:
        if not isinstance(arguments[-1], dict):
            raise UserError(STALE)
        return function(*arguments)

    return returns_problem(answer)
