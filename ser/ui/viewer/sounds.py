"""The sounds that are open in the Inspect tab. The page names a sound by a token, never by a path."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np

from ser.audio.reading import SAMPLE_RATE, read_audio
from ser.errors import UserError

MAX_TOKENS = 10_000  # a name and a path each
MAX_SAMPLES = 30 * 60 * SAMPLE_RATE  # decoded sound kept in memory: 115 MB as float32

GONE = "That clip is no longer open here: choose it again."


class TokenRequest(TypedDict):
    """A request about an open sound: its token, which `Sounds.get` checks."""

    token: object


@dataclass(frozen=True)
class Sound:
    """A decoded sound file.

    Attributes
    ----------
    name : the name that is shown
    path : the file
    samples : (n,) float32, mono, 16 kHz: the network's input
    duration_s : length in seconds
    warnings : sentences for the user, for example that the file is incomplete
    """

    name: str
    path: Path
    samples: np.ndarray
    duration_s: float
    warnings: tuple[str, ...] = ()


class Sounds:
    """The open sounds by token; the most recently used ones stay decoded. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[str, tuple[Path, str]] = OrderedDict()
        self._decoded: OrderedDict[str, Sound] = OrderedDict()

    def put(self, path: Path, name: str) -> str:
        """Return a new token for a file that the page may have: the caller has checked that."""
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._files[token] = path, name
            while len(self._files) > MAX_TOKENS:
                self._decoded.pop(self._files.popitem(last=False)[0], None)
        return token

    def get(self, token: object) -> Sound:
        """Return the sound of a token; raise `UserError` for an unknown token, `AudioError` for an unreadable file."""
        token = str(token)
        with self._lock:
            if token not in self._files:
                raise UserError(GONE)
            path, name = self._files[token]
            if token in self._decoded:
                self._decoded.move_to_end(token)
                return self._decoded[token]
        recording = read_audio(path)
        sound = Sound(name, path, recording.samples, recording.duration_s, recording.warnings)
        with self._lock:
            self._decoded[token] = sound
            self._trim()
        return sound

    def _trim(self) -> None:
        """Drop the least recently used sounds, but never the newest."""
        kept = sum(len(sound.samples) for sound in self._decoded.values())
        while kept > MAX_SAMPLES and len(self._decoded) > 1:
            kept -= len(self._decoded.popitem(last=False)[1].samples)
