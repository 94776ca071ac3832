"""What a browser scores with: the app's own network or the wide one, and an adaptation. Cookies of the browser say so."""

import secrets
import threading
from collections import OrderedDict
from typing import Protocol

from gradio.context import LocalContext

from ser.recognition.recognizer import Recognizer

COOKIE = "emotion-listener-network"  # also in remembered.js
ADAPTATION_COOKIE = "emotion-listener-adaptation"  # also in remembered.js
WIDE = "wide"
MAX_IN_USE = 200  # browsers with an adaptation; after that, those that have not scored for the longest time lose theirs


def _cookie(name: str) -> str:
    request = LocalContext.request.get(None)
    return "" if request is None else request.cookies.get(name, "")


def wants_wide() -> bool:
    """Whether the browser whose request is being answered in this thread chose the wide network."""
    return _cookie(COOKIE) == WIDE


class Adaptations:
    """The networks with adaptations that browsers use until the app stops, by a token that only the browser knows. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_token: OrderedDict[str, Recognizer] = OrderedDict()

    def put(self, adapted: Recognizer) -> str:
        """Return a new token for a network with an adaptation; the browser uses it once its cookie has the token."""
        token = secrets.token_hex(16)
        with self._lock:
            self._by_token[token] = adapted
            while len(self._by_token) > MAX_IN_USE:
                self._by_token.popitem(last=False)
        return token

    def find(self) -> Recognizer | None:
        """Return the network with the adaptation that the browser of this thread's request uses."""
        token = _cookie(ADAPTATION_COOKIE)
        with self._lock:
            if token in self._by_token:
                self._by_token.move_to_end(token)
            return self._by_token.get(token)

    def drop(self) -> None:
        """Forget the adaptation that the browser of this thread's request uses."""
        with self._lock:
            self._by_token.pop(_cookie(ADAPTATION_COOKIE), None)


class Choice(Protocol):
    """What the browser of the request that is being answered has chosen: `ser.ui.server.networks.Networks`."""

    adaptations: Adaptations

    def current(self) -> Recognizer:
        """Return what recordings are scored with."""

    def adapted(self) -> Recognizer | None:
        """Return the recognizer with the adaptation that the browser uses, if any."""

    def released(self) -> Recognizer:
        """Return the network without any adaptation."""
