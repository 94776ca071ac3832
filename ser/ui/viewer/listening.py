"""Server functions about a part of a sound: its samples, its scores, the curves over it, and why it scores so.

Each takes one dict of plain JSON from the page and returns one, or {"problem": sentence}. A sound is named by its
token, places in it are seconds, emotions are codes like "ANG".
"""

import base64
import functools
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, NotRequired

import numpy as np

from ser.audio.features import N_SAMPLES, WINDOW_S
from ser.audio.pcm import to_int16
from ser.audio.reading import SAMPLE_RATE
from ser.errors import UserError
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Recognition
from ser.ui.page.requests import checks_request
from ser.ui.parts.own_emotions import own_answer, own_rows
from ser.ui.parts.sentences import answer_sentence
from ser.ui.parts.shares import percent
from ser.ui.viewer.sounds import Sound, Sounds, TokenRequest

if TYPE_CHECKING:
    from ser.audio.curves import Track

BLOCK_S = 10.0  # pitch takes about a fifth of the sound's length, so only the part in view of a long sound is tracked
TINY_S = 1e-6
MAX_KEPT = 120  # of each overlay: ten minutes of pitch are 60 blocks of 625 numbers
MAX_SAMPLES = 20 * SAMPLE_RATE  # sent at once: 640 KB
MAX_LATE_S = 0.002  # how far after the end a place may be: lengths are rounded to the millisecond
OVERLAYS = ("pitch", "intensity", "voiced", "formants")
CURES = {  # of `ser.recognition.reason`, for someone who listens and cannot say it again
    "short": "Select a longer part.",
    "unlike": "Label some of these recordings, and teach the network with them.",
    "listeners": "Listen, and label what you hear yourself.",
    "close": "Why? shows the evidence for each.",
    "faint": "Score the parts around it, too.",
}


class PlaceError(UserError):
    """A request for a part of a sound that does not exist."""


class SamplesRequest(TokenRequest):
    """`count` samples from sample `first` on."""

    first: float
    count: float


class PartRequest(TokenRequest):
    """The part of a sound from `start_s` to `end_s`, in seconds."""

    start_s: float
    end_s: float


class OverlayRequest(PartRequest):
    """One of `OVERLAYS` over a part of a sound, or a hint about how long it takes."""

    which: str
    hint: NotRequired[bool]


class WhyRequest(TokenRequest):
    """The evidence for an emotion in the window that begins at `start_s`, in seconds."""

    start_s: float
    emotion: str


def in_words(recognition: Recognition) -> str:
    """Return the sentence of a part of a clip, why it is not sure, and what the person who listens may try."""
    words, reason = answer_sentence(recognition), recognition.reason
    if reason is None or own_answer(recognition):
        return words
    why = [] if reason.kind == "listeners" else [reason.why]
    return " ".join([words, *why, CURES[reason.kind]])


def functions(sounds: Sounds, get_recognizer: Callable[[], Recognizer]) -> list[Callable[[dict], dict]]:
    """Return the server functions `read_samples`, `score`, `overlay` and `why`."""
    overlays = Overlays()

    @checks_request(SamplesRequest)
    def read_samples(request: SamplesRequest) -> dict:
        """Return 16-bit samples of the network's input as base64, lowest byte first."""
        samples = sounds.get(request["token"]).samples
        first, count = request["first"], request["count"]
        if not (0 <= first < len(samples) and 0 < count <= MAX_SAMPLES):
            raise PlaceError("There is no sound at that place: choose a place inside the clip.")
        part = samples[int(first) : int(first + count)]
        return {"bytes": _base64(to_int16(part)), "rate": SAMPLE_RATE, "samples": len(samples)}

    @checks_request(PartRequest)
    def score(request: PartRequest) -> dict:
        """Return what `python -m ser recognize` says about the part as a recording of its own, cut out to the sample."""
        part = cut(sounds.get(request["token"]), request)
        recognition = get_recognizer().recognize(part)
        own = own_answer(recognition)
        return {
            "scores": list(recognition.scores.values()),
            "verdict": (own or recognition).verdict,
            "own": own_rows(own) if own else [],
            "sentence": in_words(recognition),
            "percents": [percent(score) for score in recognition.scores.values()],
            "windows": [
                window.to_dict() | {"scores": list(window.scores.values())} for window in recognition.windows
            ],
            "advice": [*recognition.quality.advice],
        }

    @checks_request(OverlayRequest)
    def overlay(request: OverlayRequest) -> dict:
        """Return a curve over the part, spans for "voiced", points for "formants"; with "hint", only what to say while it is
        computed.
        """
        which = request["which"]
        if which not in OVERLAYS:
            raise PlaceError(
                f"There is no such overlay: choose {', '.join(OVERLAYS[:-1])} or {OVERLAYS[-1]}."
            )
        sound = sounds.get(request["token"])
        start, end = span(sound, request)
        if request.get("hint") is True:
            from ser.audio.curves import first_time_hint

            return {"hint": which in ("pitch", "voiced") and first_time_hint()}
        if which == "formants":
            from ser.audio.formants import formants

            points = formants(sound.samples, start_s=start / SAMPLE_RATE, end_s=end / SAMPLE_RATE)
            return {"points": np.round(points, 4).tolist()}
        return overlays.read(
            str(request["token"]),
            samples=sound.samples,
            which=which,
            start_s=start / SAMPLE_RATE,
            end_s=end / SAMPLE_RATE,
        )

    @checks_request(WhyRequest)
    def why(request: WhyRequest) -> dict:
        """Return how much each cell of a window contributed to the score of an emotion."""
        emotion = request["emotion"]
        if emotion not in LABELS:
            raise PlaceError("There is no such emotion: choose one of the six.")
        sound = sounds.get(request["token"])
        start = round(request["start_s"] * SAMPLE_RATE)
        if not 0 <= start < len(sound.samples):
            raise PlaceError("That window is outside the sound: choose one inside.")
        from ser.recognition import explain  # imported here to keep the start fast

        reason = explain.why(get_recognizer(), samples=sound.samples, start=start, emotion=emotion)
        levels = np.round(np.clip(reason.map, 0, 1) * 255).astype(np.uint8)
        duration_s = min(len(sound.samples) - start, N_SAMPLES) / SAMPLE_RATE
        return {
            "map": _base64(levels),
            "curve": [round(float(value), 4) for value in reason.curve],
            "words": words(reason.curve, emotion=emotion, start_s=start / SAMPLE_RATE, duration_s=duration_s),
        }

    return [read_samples, score, overlay, why]


def span(sound: Sound, request: PartRequest) -> tuple[int, int]:
    """Return the first sample of a part of a sound and the one after it; raise `PlaceError` if there is none."""
    start_s, end_s = request["start_s"], request["end_s"]
    if not (0 <= start_s < end_s <= sound.duration_s + MAX_LATE_S):
        raise PlaceError(f"That part is outside the sound: choose one from 0 to {sound.duration_s:.2f} s.")
    start, end = round(start_s * SAMPLE_RATE), min(round(end_s * SAMPLE_RATE), len(sound.samples))
    if end <= start:
        raise PlaceError("That part is empty: choose a longer one.")
    return start, end


def cut(sound: Sound, request: PartRequest) -> np.ndarray:
    """Return the samples (n,) of a part of a sound; raise `PlaceError` if there is none."""
    start, end = span(sound, request)
    return sound.samples[start:end]


def words(curve: np.ndarray, *, emotion: str, start_s: float, duration_s: float) -> str:
    """Say in a few words where the evidence for an emotion is, and what that does not mean.

    Parameters
    ----------
    curve : (188,) importance of each frame of a window, see `ser.recognition.explain.why`
    emotion : code of the emotion
    start_s : where the window begins, in seconds
    duration_s : length of the sound in the window, in seconds; the rest is padding

    >>> words(np.r_[np.zeros(60), np.ones(30), np.zeros(98)], emotion="SAD", start_s=1.0, duration_s=3.0)
    'Most of the evidence for sad is between 2.0 and 2.2 s: hiding the bright parts lowers that score most. This shows what the network relied on, not what makes a voice sad.'
    """
    name, frames = EMOTION_NAMES[emotion].lower(), max(1, math.ceil(duration_s / WINDOW_S * len(curve)))
    weights = np.clip(curve[:frames], 0, None).astype(np.float64)
    if weights.sum() <= 0:
        return f"No part of this window is evidence for {name}: hiding any part does not lower that score."
    first, last = _densest_half(weights)
    edges = [start_s + edge * WINDOW_S / len(curve) for edge in (first, last + 1)]
    return (
        f"Most of the evidence for {name} is between {edges[0]:.1f} and {min(edges[1], start_s + duration_s):.1f} s: "
        "hiding the bright parts lowers that score most. This shows what the network relied on, not what makes a "
        f"voice {name}."
    )


def _densest_half(weights: np.ndarray) -> tuple[int, int]:
    """Return the first and last index of the shortest run that holds half of all weight."""
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    ends = np.searchsorted(sums, sums[:-1] + sums[-1] / 2)
    lengths = np.where(ends < len(sums), ends - np.arange(len(weights)), len(weights) + 1)
    first = int(lengths.argmin())
    return first, int(ends[first]) - 1


class Overlays:
    """The curves over sounds, each computed once. Threads may share it."""

    def __init__(self) -> None:
        self._locks = {which: threading.Lock() for which in OVERLAYS}
        self._kept: dict[str, OrderedDict[tuple, Track]] = {which: OrderedDict() for which in OVERLAYS}

    def read(self, token: str, *, samples: np.ndarray, which: str, start_s: float, end_s: float) -> dict:
        """Return a curve over a part of a sound.

        Parameters
        ----------
        token : names the sound in the cache
        samples : (n,) float32, the whole sound
        which : one of `OVERLAYS`
        start_s, end_s : the part, in seconds

        Returns
        -------
        dict: first_s, step_s and values, where a value is None if the curve has a gap there; for "voiced" spans,
        pairs of seconds
        """
        from ser.audio import curves

        if which == "intensity":
            track = self._once(which, (token,), lambda: curves.intensity(samples))
        else:
            track = self._pitch(token, samples, start_s, end_s)
        times_s = track.first_s + track.step_s * np.arange(len(track.values))
        inside = np.flatnonzero((times_s >= start_s - TINY_S) & (times_s <= end_s + TINY_S))
        first_s = float(times_s[inside[0]]) if len(inside) else start_s
        part = curves.Track(first_s, track.step_s, track.values[inside])
        if which == "voiced":
            return {"spans": [list(span) for span in curves.voiced_parts(part)]}
        return part.to_dict()

    def _pitch(self, token: str, samples: np.ndarray, start_s: float, end_s: float) -> "Track":
        """Return the pitch track of all blocks that the part overlaps."""
        from ser.audio import curves

        def compute(block: int) -> "Track":
            begin_s, next_s = block * BLOCK_S, (block + 1) * BLOCK_S
            track = curves.pitch(samples, start_s=begin_s, end_s=min(next_s, len(samples) / SAMPLE_RATE))
            times_s = track.first_s + track.step_s * np.arange(len(track.values))
            in_block = times_s < next_s - TINY_S  # the next block begins with the frame on the border
            return curves.Track(track.first_s, track.step_s, track.values[in_block])

        blocks = range(int(start_s / BLOCK_S), max(math.ceil(end_s / BLOCK_S), int(start_s / BLOCK_S) + 1))
        tracks = [self._once("pitch", (token, block), functools.partial(compute, block)) for block in blocks]
        return curves.Track(
            tracks[0].first_s, tracks[0].step_s, np.concatenate([track.values for track in tracks])
        )

    def _once(self, which: str, key: tuple, compute: Callable[[], "Track"]) -> "Track":
        # One at a time for each kind: two people who open the same clip must not compute the same curve twice.
        kept = self._kept[which]
        with self._locks[which]:
            if key not in kept:
                kept[key] = compute()
                while len(kept) > MAX_KEPT:
                    kept.popitem(last=False)
            kept.move_to_end(key)
            return kept[key]


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode()
