"""What the spectrogram viewer asks of the server about a stretch of sound: its scores, overlays, and why."""

from collections.abc import Callable

from ser.recognize import Recognizer
from ser.ui.sounds import Sounds


def functions(sounds: Sounds, get_recognizer: Callable[[], Recognizer]) -> list[Callable[[dict], dict]]:
    """Return the server functions; each takes and gives plain JSON, {"problem": sentence} when it cannot."""
    return []
