"""Requests of the page as TypedDicts: a server function names the fields that it reads, and they are checked."""

import functools
import sys
import types
from collections.abc import Callable
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from ser.errors import UserError
from ser.ui.page.server_functions import STALE, takes_request


def checks_request(shape: type) -> Callable[[Callable[..., dict]], Callable[..., dict]]:
    """Return a decorator for a server function whose request has a given `shape`, a TypedDict.

    The function receives a request with every required field of the shape, each of the right type. Any other request,
    and a `UserError` of the function, is answered with `{"problem": sentence}`; see `takes_request`.
    """

    def decorate(function: Callable[..., dict]) -> Callable[..., dict]:
        @takes_request
        @functools.wraps(function)
        def answer(*arguments: Any) -> dict:
            *others, request = arguments
            return function(*others, checked(request, shape))

        return answer

    return decorate


def checked(request: object, shape: type) -> Any:
    """Return a request of the page as a `shape`; raise `UserError` if a field is missing or of another type.

    Fields of type `float` must be finite numbers and become floats; `bool` is not accepted as a number. Fields that
    the shape does not name stay as they are.

    >>> from typing import TypedDict
    >>> checked({"start_s": 1, "hint": True}, TypedDict("Part", {"start_s": float}))
    {'start_s': 1.0, 'hint': True}
    """
    if not isinstance(request, dict) or not shape.__required_keys__ <= request.keys():  # type: ignore[attr-defined]
        raise UserError(STALE)
    fields = get_type_hints(shape)
    return request | {name: _checked(request[name], fields[name]) for name in fields if name in request}


def _checked(value: object, field: Any) -> object:
    if is_typeddict(field):
        return checked(value, field)
    if get_origin(field) in (Union, types.UnionType):
        [field] = [kind for kind in get_args(field) if kind is not type(None)]
        return None if value is None else _checked(value, field)
    if field is float and type(value) in (int, float) and abs(value) <= sys.float_info.max:  # type: ignore[arg-type]
        return float(value)  # type: ignore[arg-type]
    if field is int and type(value) is int:
        return value
    if field not in (float, int) and isinstance(value, get_origin(field) or field):
        return value
    raise UserError(STALE)
