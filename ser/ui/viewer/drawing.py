"""Server functions that the spectrogram viewer draws with: a sound's waveform, its tiles, the scored window.

Each takes one dict of plain JSON from the page and returns one, or {"problem": sentence}. A sound is named by its
token. Spectrograms travel as bytes, round((dB + 100) * 2.55), lowest band first.
"""

import base64
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypedDict

import numpy as np

from ser.audio.features import FRAME_S, N_SAMPLES
from ser.audio.phrases import find_phrases, find_silences
from ser.audio.reading import SAMPLE_RATE
from ser.audio.tiles import FLOOR_DB, KINDS, LEVELS_PER_DB, SpectrogramError, Spectrograms, window_mel_db
from ser.audio.voice import find_voice
from ser.ui.page.requests import checks_request
from ser.ui.viewer.sounds import Sounds, TokenRequest

MIN_PAIR_SAMPLES = 8  # of a pair of the waveform: half a millisecond
MAX_PAIRS = 50_000  # of the detailed waveform: 100 KB
OVERVIEW_PAIRS = 2_000  # of the strip that shows the whole clip: more than it has pixels on any screen
MAX_CACHED = 20 * 60 * SAMPLE_RATE  # samples whose pictures are kept: 170 MB


class TileRequest(TokenRequest):
    """A tile of a sound's picture: the kind of picture, the level of detail, and the tile's index in it."""

    kind: str
    level: int
    tile: int


class WindowRequest(TokenRequest):
    """The window of a sound that begins at `start_s`, in seconds."""

    start_s: float


class Waveform(TypedDict):
    """A waveform for the page, see `waveform`."""

    bytes: str
    pairs: int
    step: int
    peak: float


def functions(sounds: Sounds) -> list[Callable[[dict], dict]]:
    """Return the server functions `read_about`, `read_picture`, `read_window`, `read_phrases` and `read_silences`."""
    cache = PictureCache(sounds)

    @checks_request(TokenRequest)
    def read_about(request: TokenRequest) -> dict:
        """Return a sound's length, its kinds of pictures, and its waveform in two levels of detail."""
        sound, pictures = sounds.get(request["token"]), cache.get(request["token"])
        return {
            "duration_s": sound.duration_s,
            "floor_db": FLOOR_DB,
            "kinds": {kind: pictures.about(kind) for kind in KINDS},
            "waveform": [waveform(sound.samples, max_pairs) for max_pairs in (OVERVIEW_PAIRS, MAX_PAIRS)],
        }

    @checks_request(TileRequest)
    def read_picture(request: TileRequest) -> dict:
        """Return one tile: its "bytes", row after row, and the numbers of its "bands" and "frames"."""
        pictures = cache.get(request["token"])
        tile = pictures.tile(request["kind"], level=request["level"], index=request["tile"])
        return {"bytes": _base64(tile), "bands": tile.shape[0], "frames": tile.shape[1]}

    @checks_request(WindowRequest)
    def read_window(request: WindowRequest) -> dict:
        """Return the log-mel that the network scores for a window, in dB below the window's own maximum."""
        samples = sounds.get(request["token"]).samples
        start = round(request["start_s"] * SAMPLE_RATE)
        if not 0 <= start < max(len(samples), 1):
            raise SpectrogramError("That window is outside the sound: choose one inside.")
        levels = np.round((window_mel_db(samples, start) - FLOOR_DB) * LEVELS_PER_DB).astype(np.uint8)
        return {
            "bytes": _base64(levels),
            "bands": levels.shape[0],
            "frames": levels.shape[1],
            "frame_s": FRAME_S,
            "start_s": start / SAMPLE_RATE,
            "end_s": min(start + N_SAMPLES, len(samples)) / SAMPLE_RATE,
        }

    @checks_request(TokenRequest)
    def read_phrases(request: TokenRequest) -> dict:
        """Return where the phrases of a sound start and end, in seconds; none without speech."""
        samples = sounds.get(request["token"]).samples
        voice = find_voice(samples)
        spans = find_phrases(samples, voice) if voice.spans else []
        return {"phrases": [[start / SAMPLE_RATE, end / SAMPLE_RATE] for start, end in spans]}

    @checks_request(TokenRequest)
    def read_silences(request: TokenRequest) -> dict:
        """Return where the silences of a sound start and end, in seconds."""
        spans = find_silences(sounds.get(request["token"]).samples)
        return {"silences": [[start / SAMPLE_RATE, end / SAMPLE_RATE] for start, end in spans]}

    return [read_about, read_picture, read_window, read_phrases, read_silences]


class PictureCache:
    """The pictures of the most recently viewed sounds. Threads may share it.

    Parameters
    ----------
    sounds : the open sounds
    """

    def __init__(self, sounds: Sounds):
        self._sounds = sounds
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Spectrograms, int]] = OrderedDict()

    def get(self, token: object) -> Spectrograms:
        """Return the pictures of a token's sound; raise `UserError` for an unknown token."""
        key, samples = str(token), self._sounds.get(token).samples
        with self._lock:
            pictures = self._kept.pop(key)[0] if key in self._kept else Spectrograms(samples)
            self._kept[key] = pictures, len(samples)
            # The two newest stay, whatever their length: they may be open one above the other.
            while len(self._kept) > 2 and sum(n for _, n in self._kept.values()) > MAX_CACHED:
                self._kept.popitem(last=False)
        return pictures


def waveform(samples: np.ndarray, max_pairs: int) -> Waveform:
    """Return the lowest and the highest sample of each `step` samples, as signed bytes that alternate.

    Parameters
    ----------
    samples : (n,) float32, from -1 to 1
    max_pairs : largest number of pairs; `step` is a power of two

    Returns
    -------
    bytes (base64; 127 is 1.0), pairs, step (in samples), and peak, the largest absolute sample
    """
    step = max(MIN_PAIR_SAMPLES, 2 ** math.ceil(math.log2(max(len(samples), 1) / max_pairs)))
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


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode()
