"""What a browser scores with: the app's own network or the wide one, and an adaptation. Cookies of the browser say so."""

import hashlib
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from gradio.context import LocalContext

from ser.recognition.adaptation import Adaptation, AdaptationError
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
    """The networks with adaptations that browsers use, by a token that only the browser knows. Threads may share it.

    Parameters
    ----------
    folder : where adaptations in use are kept, so that they are there when the app starts again; it is created for the
        first one. None forgets them when the app stops
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._by_token: OrderedDict[str, Recognizer] = OrderedDict()
        self._read: OrderedDict[str, Adaptation] = (
            OrderedDict()
        )  # from the folder, for networks that may yet be chosen

    def put(self, adapted: Recognizer) -> str:
        """Return a new token for a network with an adaptation; the browser uses it once its cookie has the token."""
        token = secrets.token_hex(16)
        with self._lock:
            self._remember(token, adapted)
        if self._folder is not None and adapted.adaptation is not None:
            with suppress(
                OSError
            ):  # a full or read-only disk: it lasts until the app stops, and `is_kept` says so
                self._folder.mkdir(exist_ok=True)
                self._delete_oldest()
                adapted.adaptation.save(self._file(token))
        return token

    def find(self, get_released: Callable[[], Recognizer]) -> Recognizer | None:
        """Return the network with the adaptation that the browser of this thread's request uses.

        Parameters
        ----------
        get_released : returns the network that the browser has chosen, for an adaptation that is read from the folder
        """
        token = _cookie(ADAPTATION_COOKIE)
        with self._lock:
            if token in self._by_token:
                self._by_token.move_to_end(token)
                return self._by_token[token]
            adaptation = self._read.get(token) or self._load(token)
            if adaptation is None:
                return None
            self._read[token] = adaptation
            while len(self._read) > MAX_IN_USE:
                self._read.popitem(last=False)
        try:
            adapted = get_released().adapted(adaptation)
        except AdaptationError:  # of another network
            return None
        with self._lock:
            self._remember(token, adapted)
        return adapted

    @property
    def keeps(self) -> bool:
        """Whether there is a folder to keep adaptations in."""
        return self._folder is not None

    def is_kept(self) -> bool:
        """Return whether the adaptation of this thread's request will be there when the app starts again."""
        token = _cookie(ADAPTATION_COOKIE)
        return self._folder is not None and _is_token(token) and self._file(token).is_file()

    def drop(self) -> None:
        """Forget the adaptation that the browser of this thread's request uses."""
        token = _cookie(ADAPTATION_COOKIE)
        with self._lock:
            self._by_token.pop(token, None)
            self._read.pop(token, None)
            if self._folder is not None and _is_token(token):
                with suppress(OSError):
                    self._file(token).unlink(missing_ok=True)

    def _remember(self, token: str, adapted: Recognizer) -> None:
        self._by_token[token] = adapted
        while len(self._by_token) > MAX_IN_USE:
            self._by_token.popitem(last=False)

    def _file(self, token: str) -> Path:
        """Return the file of a token; who sees its name does not know the token."""
        assert self._folder is not None
        return self._folder / f"{hashlib.sha256(token.encode()).hexdigest()[:32]}.json"

    def _load(self, token: str) -> Adaptation | None:
        if self._folder is None or not _is_token(token) or not self._file(token).is_file():
            return None
        with suppress(AdaptationError):  # damaged: as if there were none
            return Adaptation.load(self._file(token))
        return None

    def _delete_oldest(self) -> None:
        assert self._folder is not None
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) + 1 - MAX_IN_USE)]:
            file.unlink(missing_ok=True)


def _is_token(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None


class Choice(Protocol):
    """What the browser of the request that is being answered has chosen: `ser.ui.server.networks.Networks`."""

    adaptations: Adaptations

    def current(self) -> Recognizer:
        """Return what recordings are scored with."""

    def adapted(self) -> Recognizer | None:
        """Return the recognizer with the adaptation that the browser uses, if any."""

    def released(self) -> Recognizer:
        """Return the network without any adaptation."""
