"""What the spectrogram viewer asks of the server to draw: what there is of a sound, its tiles, the scored window.

Each server function takes one dict of plain JSON from the page and returns one; {"problem": sentence} when it
cannot. A sound is named by its token. Pictures travel as bytes, round((dB + 100) * 2.55), lowest band first.
"""

import base64
import math
import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np

from ser.audio.features import FRAME_S, N_SAMPLES
from ser.audio.reading import SAMPLE_RATE
from ser.audio.tiles import FLOOR_DB, KINDS, LEVELS_PER_DB, SpectrogramError, Spectrograms, window_mel_db
from ser.ui.page.server_functions import takes_request
from ser.ui.viewer.sounds import Sounds

LEAST_SAMPLES = 8  # of a pair of the waveform: half a millisecond
MOST_PAIRS = 50_000  # in detail: 100 KB
FEW_PAIRS = 2_000  # more than any screen has for the strip of the whole clip
MOST_DRAWN = 20 * 60 * SAMPLE_RATE  # samples whose pictures are kept: 170 MB


def functions(sounds: Sounds) -> list[Callable[[dict], dict]]:
    """Return the server functions `read_about`, `read_picture` and `read_window`."""
    drawn = Drawn(sounds)

    @takes_request
    def read_about(asked: dict) -> dict:
        """What there is of a sound: its length, the kinds of pictures, the waveform in two levels of detail."""
        sound, pictures = sounds.get(asked.get("token")), drawn.get(asked.get("token"))
        return {
            "duration_s": sound.duration_s,
            "floor_db": FLOOR_DB,
            "kinds": {kind: pictures.about(kind) for kind in KINDS},
            "waveform": [waveform(sound.samples, most) for most in (FEW_PAIRS, MOST_PAIRS)],
        }

    @takes_request
    def read_picture(asked: dict) -> dict:
        """One tile of a kind and level: "bytes", row after row, and how many "bands" and "frames" they are."""
        level, index = (_whole(asked, key) for key in ("level", "tile"))
        tile = drawn.get(asked.get("token")).tile(str(asked.get("kind")), level=level, index=index)
        return {"bytes": _base64(tile), "bands": tile.shape[0], "frames": tile.shape[1]}

    @takes_request
    def read_window(asked: dict) -> dict:
        """The log-mel that the network scores of the window at a place, in dB below that window's own maximum."""
        samples, start_s = sounds.get(asked.get("token")).samples, asked.get("start_s")
        if isinstance(start_s, bool) or not isinstance(start_s, int | float) or not math.isfinite(start_s):
            raise SpectrogramError("A place in the sound must be a number of seconds.")
        start = round(start_s * SAMPLE_RATE)
        if not 0 <= start < max(len(samples), 1):
            raise SpectrogramError("That window lies outside the sound.")
        levels = np.round((window_mel_db(samples, start) - FLOOR_DB) * LEVELS_PER_DB).astype(np.uint8)
        return {
            "bytes": _base64(levels),
            "bands": levels.shape[0],
            "frames": levels.shape[1],
            "frame_s": FRAME_S,
            "start_s": start / SAMPLE_RATE,
            "end_s": min(start + N_SAMPLES, len(samples)) / SAMPLE_RATE,
        }

    return [read_about, read_picture, read_window]


class Drawn:
    """The pictures of the sounds that are looked at; of those looked at last they are kept. Threads may share it."""

    def __init__(self, sounds: Sounds):
        self._sounds = sounds
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Spectrograms, int]] = OrderedDict()

    def get(self, token: object) -> Spectrograms:
        """Return the pictures of a token's sound; `UserError` for an unknown token."""
        key, samples = str(token), self._sounds.get(token).samples
        with self._lock:
            pictures = self._kept.pop(key)[0] if key in self._kept else Spectrograms(samples)
            self._kept[key] = pictures, len(samples)
            # The two newest stay, whatever their length: they may be open one above the other.
            while len(self._kept) > 2 and sum(n for _, n in self._kept.values()) > MOST_DRAWN:
                self._kept.popitem(last=False)
        return pictures


def waveform(samples: np.ndarray, most: int) -> dict:
    """Return the lowest and highest sample of each stretch of `step` ones, as signed bytes that alternate.

    Parameters
    ----------
    samples : (n,) float32, from -1 to 1
    most : no more pairs than that; stretches are a power of two long

    Returns
    -------
    dict of bytes (base64), pairs and step (samples), peak (the largest absolute sample): bytes are 127 at 1.0
    """
    step = max(LEAST_SAMPLES, 2 ** math.ceil(math.log2(max(len(samples), 1) / most)))
    pairs = -(-len(samples) // step)
    padded = np.pad(samples, (0, pairs * step - len(samples)), mode="edge") if len(samples) else samples
    stretches = padded.reshape(pairs, step)
    ends = np.stack([stretches.min(1), stretches.max(1)], 1) if pairs else np.zeros((0, 2))
    return {
        "bytes": _base64(np.round(ends.clip(-1, 1) * 127).astype(np.int8)),
        "pairs": pairs,
        "step": step,
        "peak": float(np.abs(samples).max(initial=0.0)),
    }


def _whole(asked: dict, key: str) -> int:
    value = asked.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpectrogramError("A tile is asked for by whole numbers.")
    return value


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode()
