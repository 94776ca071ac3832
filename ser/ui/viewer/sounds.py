"""The sounds that are open in the Inspect tab: the page names one by a token, never by a path."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.audio.reading import SAMPLE_RATE, read_audio
from ser.errors import UserError

MOST_TOKENS = 10_000  # a name and a path each
MOST_SAMPLES = 30 * 60 * SAMPLE_RATE  # decoded sound kept in memory: 115 MB as float32

GONE = "That clip is no longer open here: choose it again."


@dataclass(frozen=True)
class Sound:
    """A decoded sound file.

    Attributes
    ----------
    name : what people call it
    path : the file
    samples : (n,) float32, mono, 16 kHz: what the network hears
    duration_s : length in seconds
    warnings : sentences for the person, such as that the file was cut off
    """

    name: str
    path: Path
    samples: np.ndarray
    duration_s: float
    warnings: tuple[str, ...] = ()


class Sounds:
    """Tokens and what they stand for; the sounds used last are kept decoded. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[str, tuple[Path, str]] = OrderedDict()
        self._decoded: OrderedDict[str, Sound] = OrderedDict()

    def put(self, path: Path, name: str) -> str:
        """Return a new token for a file that the caller has found fit to be shown."""
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._files[token] = path, name
            while len(self._files) > MOST_TOKENS:
                self._decoded.pop(self._files.popitem(last=False)[0], None)
        return token

    def get(self, token: object) -> Sound:
        """Return the sound of a token; `UserError` for an unknown one, `AudioError` for an unreadable file."""
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
        """Forget the sounds not used for longest, but never the newest."""
        kept = sum(len(sound.samples) for sound in self._decoded.values())
        while kept > MOST_SAMPLES and len(self._decoded) > 1:
            kept -= len(self._decoded.popitem(last=False)[1].samples)
