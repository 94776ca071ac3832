"""Requests of the page are checked against the TypedDict that a server function names."""

import math
from typing import NotRequired, TypedDict

import pytest

from ser.errors import UserError
from ser.ui.page.requests import checked, checks_request


class Sound(TypedDict):
    key: str


class Request(TypedDict):
    sound: Sound
    start_s: float
    level: int
    note: NotRequired[str | None]
    files: NotRequired[list]
    token: NotRequired[object]


GOOD = {"sound": {"key": "a"}, "start_s": 1, "level": 2}


@pytest.mark.parametrize(
    "further",
    [{}, {"note": None}, {"note": "loud"}, {"files": [1]}, {"token": ["a"]}, {"of another page": 1}],
)
def test_a_good_request_is_passed_on(further):
    request = checked(GOOD | further, Request)
    assert request == GOOD | further
    assert type(request["start_s"]) is float


@pytest.mark.parametrize(
    "fields",
    [
        *({"sound": sound} for sound in (None, "a", {}, {"key": 1})),
        *({"start_s": start_s} for start_s in (None, "1", True, math.nan, math.inf, -math.inf, 10**400)),
        *({"level": level} for level in (None, "1", True, 1.0)),
        {"note": 1},
        {"files": "a"},
    ],
)
def test_a_field_of_another_type_is_refused(fields):
    with pytest.raises(UserError):
        checked(GOOD | fields, Request)


@pytest.mark.parametrize("name", ["sound", "start_s", "level"])
def test_a_missing_field_is_refused(name):
    with pytest.raises(UserError):
        checked({key: value for key, value in GOOD.items() if key != name}, Request)


def test_a_server_function_gets_checked_requests_only():
    @checks_request(Request)
    def function(request: Request) -> dict:
        return {"start_s": request["start_s"]}

    assert function(GOOD) == {"start_s": 1.0}
    for request in (None, [], "x", {}):
        assert list(function(request)) == ["problem"]
