"""What the functions that a page asks have in common."""

import functools
from collections.abc import Callable

from ser.errors import UserError


def answered(function: Callable[[dict], dict]) -> Callable[[dict], dict]:
    """Return `function` for anything that a page may send; what people did wrong becomes `{"problem": sentence}`."""

    @functools.wraps(function)
    def answer(asked: object) -> dict:
        try:
            return function(asked if isinstance(asked, dict) else {})
        except UserError as error:
            return {"problem": str(error)}

    return answer
