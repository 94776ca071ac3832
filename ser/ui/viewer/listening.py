"""What the spectrogram viewer asks of the server about a stretch of sound: samples, scores, overlays, why.

Each server function takes one dict of plain JSON from the page and returns one; {"problem": sentence} when
it cannot. A sound is named by its token, places in it are seconds, emotions are codes like "ANG".
"""

from __future__ import annotations

import base64
import functools
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ser.audio.features import N_SAMPLES, WINDOW_S
from ser.audio.reading import SAMPLE_RATE
from ser.errors import UserError
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.recognizer import Recognizer
from ser.ui.page.server_functions import takes_request
from ser.ui.parts.result import percent, sentence
from ser.ui.viewer.sounds import Sound, Sounds

if TYPE_CHECKING:
    from ser.audio.curves import Track

BLOCK_S = 10.0  # pitch takes about a fifth of the sound's own length: of long sounds only what is looked at
TINY_S = 1e-6
MOST_KEPT = 120  # of each overlay: ten minutes of pitch are 60 blocks of 625 numbers
MOST_SAMPLES = 20 * SAMPLE_RATE  # sent at once: 640 KB
LATE_S = 0.002  # a place may lie so far behind the end: lengths are rounded to the millisecond
OVERLAYS = ("pitch", "intensity", "voiced")


class PlaceError(UserError):
    """The page asked for a part of a sound that does not exist."""


def functions(sounds: Sounds, get_recognizer: Callable[[], Recognizer]) -> list[Callable[[dict], dict]]:
    """Return the server functions `read_samples`, `score`, `overlay` and `why`."""
    overlays = Overlays()

    @takes_request
    def read_samples(asked: dict) -> dict:
        """16-bit samples first ... first + count of what the network hears, as base64, lowest byte first."""
        samples = sounds.get(asked.get("token")).samples
        first, count = (_number(asked, key) for key in ("first", "count"))
        if not (0 <= first < len(samples) and 0 < count <= MOST_SAMPLES):
            raise PlaceError("There is no sound at that place.")
        part = samples[int(first) : int(first + count)]
        rounded = np.clip(np.round(part * 32768.0), -32768, 32767).astype("<i2")
        return {"bytes": _base64(rounded), "rate": SAMPLE_RATE, "samples": len(samples)}

    @takes_request
    def score(asked: dict) -> dict:
        """What `python -m ser recognize` says about the part by itself, cut out to the sample."""
        part = cut(sounds.get(asked.get("token")), asked)
        recognition = get_recognizer().recognize(part)
        return {
            "scores": list(recognition.scores.values()),
            "verdict": recognition.verdict,
            "sentence": sentence(recognition.scores, recognition.verdict),
            "percents": [percent(score) for score in recognition.scores.values()],
            "windows": [
                window.to_dict() | {"scores": list(window.scores.values())} for window in recognition.windows
            ],
            "advice": [*recognition.quality.advice],
        }

    @takes_request
    def overlay(asked: dict) -> dict:
        """A curve between two places, or for "voiced" the spans there; with "hint" what to say while it is made."""
        which = asked.get("which")
        if which not in OVERLAYS:
            raise PlaceError(
                f"There is no such overlay: choose {', '.join(OVERLAYS[:-1])} or {OVERLAYS[-1]}."
            )
        sound = sounds.get(asked.get("token"))
        start, end = span(sound, asked)
        if asked.get("hint") is True:
            from ser.audio.curves import first_time_hint

            return {"hint": which != "intensity" and first_time_hint()}
        places = start / SAMPLE_RATE, end / SAMPLE_RATE
        return overlays.read(str(asked["token"]), sound.samples, which, *places)

    @takes_request
    def why(asked: dict) -> dict:
        """Which cells of the window that begins at a place carried the score of an emotion."""
        emotion = asked.get("emotion")
        if emotion not in LABELS:
            raise PlaceError("There is no such emotion: choose one of the six.")
        sound = sounds.get(asked.get("token"))
        start = round(_number(asked, "start_s") * SAMPLE_RATE)
        if not 0 <= start < len(sound.samples):
            raise PlaceError("That window lies outside the sound.")
        from ser.recognition import explain  # not on the way to the first page

        reason = explain.why(get_recognizer(), samples=sound.samples, start=start, emotion=emotion)
        levels = np.round(np.clip(reason.map, 0, 1) * 255).astype(np.uint8)
        seconds = min(len(sound.samples) - start, N_SAMPLES) / SAMPLE_RATE
        return {
            "map": _base64(levels),
            "curve": [round(float(value), 4) for value in reason.curve],
            "words": words(reason.curve, emotion, start / SAMPLE_RATE, seconds),
        }

    return [read_samples, score, overlay, why]


def span(sound: Sound, asked: dict) -> tuple[int, int]:
    """Return the first sample of the part that is asked for and the one behind it; `PlaceError` when not in it."""
    start_s, end_s = (_number(asked, key) for key in ("start_s", "end_s"))
    if not (0 <= start_s < end_s <= sound.duration_s + LATE_S):
        raise PlaceError(f"That part lies outside the sound: choose one from 0 to {sound.duration_s:.2f} s.")
    start, end = round(start_s * SAMPLE_RATE), min(round(end_s * SAMPLE_RATE), len(sound.samples))
    if end <= start:
        raise PlaceError("That part is empty: choose a longer one.")
    return start, end


def cut(sound: Sound, asked: dict) -> np.ndarray:
    """Return the samples (n,) of the part that is asked for."""
    start, end = span(sound, asked)
    return sound.samples[start:end]


def words(curve: np.ndarray, emotion: str, start_s: float, seconds: float) -> str:
    """Say in one sentence where a curve of importance (188,) over a window is high, and what that means not.

    >>> words(np.r_[np.zeros(60), np.ones(30), np.zeros(98)], "SAD", 1.0, 3.0)
    'Sad was heard most between 2.0 and 2.2 s: hiding the bright parts lowers that score most. That shows what the network went by, not what makes a voice sad.'
    """
    name, frames = EMOTION_NAMES[emotion], max(1, math.ceil(seconds / WINDOW_S * len(curve)))
    weights = np.clip(curve[:frames], 0, None).astype(np.float64)
    if weights.sum() <= 0:
        return (
            f"No part of this window speaks for {name.lower()}: hiding any of it does not lower that score."
        )
    first, last = _densest_half(weights)
    edges = [start_s + edge * WINDOW_S / len(curve) for edge in (first, last + 1)]
    return (
        f"{name} was heard most between {edges[0]:.1f} and {min(edges[1], start_s + seconds):.1f} s: hiding the bright "
        f"parts lowers that score most. That shows what the network went by, not what makes a voice {name.lower()}."
    )


def _densest_half(weights: np.ndarray) -> tuple[int, int]:
    """Return the first and last index of the shortest run that holds half of all weight."""
    total = np.concatenate([[0.0], np.cumsum(weights)])
    ends = np.searchsorted(total, total[:-1] + total[-1] / 2)
    lengths = np.where(ends < len(total), ends - np.arange(len(weights)), len(weights) + 1)
    first = int(lengths.argmin())
    return first, int(ends[first]) - 1


class Overlays:
    """The curves over sounds, kept once they are computed. Threads may share it."""

    def __init__(self) -> None:
        self._locks = {which: threading.Lock() for which in OVERLAYS}
        self._kept: dict[str, OrderedDict[tuple, Track]] = {which: OrderedDict() for which in OVERLAYS}

    def read(self, token: str, samples: np.ndarray, which: str, start_s: float, end_s: float) -> dict:
        """Return {"first_s", "step_s", "values"}, None where there is none; for "voiced" {"spans"} in seconds."""
        from ser.audio import curves

        if which == "intensity":
            track = self._once(which, (token,), lambda: curves.intensity(samples))
        else:
            track = self._pitch(token, samples, start_s, end_s)
        places = track.first_s + track.step_s * np.arange(len(track.values))
        inside = np.flatnonzero((places >= start_s - TINY_S) & (places <= end_s + TINY_S))
        first_s = float(places[inside[0]]) if len(inside) else start_s
        part = curves.Track(first_s, track.step_s, track.values[inside])
        if which == "voiced":
            return {"spans": [list(span) for span in curves.voiced_parts(part)]}
        return part.to_dict()

    def _pitch(self, token: str, samples: np.ndarray, start_s: float, end_s: float) -> Track:
        """Return the pitch track of the blocks that a stretch touches."""
        from ser.audio import curves

        def compute(block: int) -> Track:
            begin_s, behind_s = block * BLOCK_S, (block + 1) * BLOCK_S
            track = curves.pitch(samples, start_s=begin_s, end_s=min(behind_s, len(samples) / SAMPLE_RATE))
            places = track.first_s + track.step_s * np.arange(len(track.values))
            own = places < behind_s - TINY_S  # the next block begins with the frame on the border
            return curves.Track(track.first_s, track.step_s, track.values[own])

        blocks = range(int(start_s / BLOCK_S), max(math.ceil(end_s / BLOCK_S), int(start_s / BLOCK_S) + 1))
        tracks = [self._once("pitch", (token, block), functools.partial(compute, block)) for block in blocks]
        return curves.Track(
            tracks[0].first_s, tracks[0].step_s, np.concatenate([track.values for track in tracks])
        )

    def _once(self, which: str, key: tuple, compute: Callable[[], Track]) -> Track:
        # Of a kind one at a time: two who open the same clip shall not both pay for the same computation.
        kept = self._kept[which]
        with self._locks[which]:
            if key not in kept:
                kept[key] = compute()
                while len(kept) > MOST_KEPT:
                    kept.popitem(last=False)
            kept.move_to_end(key)
            return kept[key]


def _number(asked: dict, key: str) -> float:
    value = asked.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PlaceError("A place in the sound must be a number of seconds.")
    return float(value)


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode()
