"""Scores that follow a voice while it is spoken, in memory that does not grow with the time."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soxr

from ser.audio.features import N_SAMPLES
from ser.audio.quality import MIN_S, SILENT_PEAK
from ser.audio.reading import SAMPLE_RATE, AudioError
from ser.audio.voice import find_voice
from ser.labels import LABELS
from ser.recognition.verdict import Thresholds, verdict
from ser.recognition.voice_profile import Profile

EVERY_S = 0.4  # of sound from one reading to the next: two and a half in a second
FIRST_S = 1.0  # nothing is scored before so much was heard without a gap
LEEWAY_S = 0.001  # tenths of a second do not add up exactly
RATES = (8_000, 192_000)  # Hz, what microphones give

RECENT = 1500  # readings that are all kept: ten minutes
OLDER = 1500  # at most so many of those before


class Scorer(Protocol):
    """The part of `ser.recognition.recognizer.Recognizer` that is needed here."""

    thresholds: Thresholds

    def window_logits(self, samples: np.ndarray) -> tuple[list[int], np.ndarray]:
        """Return the first sample of each window of samples (n,), and the logits (windows, 6)."""

    def probabilities(self, logits: np.ndarray, profile: Profile | None) -> np.ndarray:
        """Return the scores (..., 6) of logits (..., 6), of an unknown voice where there is no profile."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a window of at most 3.0 s sounds like.

    Attributes
    ----------
    time_s : where the window ends, in seconds since the start
    verdict : one of `ser.recognition.verdict.VERDICTS`
    scores : (6,) probabilities in the order of `ser.labels.LABELS`; None without a voice
    silent : whether not even noise was heard, as from a microphone that is switched off
    """

    time_s: float
    verdict: str
    scores: tuple[float, ...] | None = None
    silent: bool = False


class History:
    """Readings in order of time, of which the last ones are all kept, and of older ones ever fewer.

    >>> history = History(recent=4, older=4)
    >>> for second in range(100):
    ...     history.append(Reading(second, "no_voice"))
    >>> [int(reading.time_s) for reading in history]
    [0, 32, 64, 96, 97, 98, 99]
    """

    def __init__(self, recent: int = RECENT, older: int = OLDER):
        self._recent: deque[Reading] = deque(maxlen=recent)
        self._older: list[Reading] = []
        self._most, self._seen, self._step = older, 0, 1

    def __len__(self) -> int:
        return len(self._older) + len(self._recent)

    def __iter__(self) -> Iterator[Reading]:
        yield from self._older
        yield from self._recent

    def append(self, reading: Reading) -> None:
        """Add the newest one."""
        if len(self._recent) == self._recent.maxlen:
            self._thin(self._recent[0])
        self._recent.append(reading)

    def _thin(self, reading: Reading) -> None:
        if self._seen % self._step == 0:
            self._older.append(reading)
        self._seen += 1
        if len(self._older) > self._most:
            self._older = self._older[::2]
            self._step *= 2


class LiveScorer:
    """Takes in sound as it comes, and scores the newest 3.0 s of it each 0.4 s.

    It holds these 3.0 s and the `history` of what it said, no other sound.

    >>> from ser.recognition.recognizer import Recognizer
    >>> live = LiveScorer(Recognizer.load())
    >>> live.feed(48_000, np.zeros(4_800, np.int16)) is None
    True
    """

    def __init__(self, recognizer: Scorer, profile: Profile | None = None):
        self.history = History()
        self.time_s = 0.0
        self._recognizer, self._profile = recognizer, profile
        self._thresholds = recognizer.thresholds
        self._window = np.zeros(0, np.float32)
        self._heard_s = self._due_s = 0.0
        self._sum, self._voiced = np.zeros(len(LABELS)), 0
        self._rate: int | None = None
        self._resampler: soxr.ResampleStream | None = None

    @property
    def window(self) -> np.ndarray:
        """The newest sound: at most 48,000 samples, mono, 16 kHz."""
        return self._window

    def feed(self, rate: int, samples: np.ndarray) -> Reading | None:
        """Take in a chunk, and return a reading when one is due.

        However long the chunk is there is at most one reading, of its end: it never lags behind.

        Parameters
        ----------
        rate : of the chunk, in Hz; it may change from chunk to chunk
        samples : (n,) or (n, channels), integers or floats with full scale 1

        Raises `AudioError` for anything that is no sound; the chunk is then left out.
        """
        sound = self._resampled(rate, to_mono(samples))
        self.time_s += len(samples) / rate
        self._heard_s += len(samples) / rate
        self._window = np.concatenate([self._window, sound])[-N_SAMPLES:]
        if self._heard_s + LEEWAY_S < FIRST_S or self.time_s + LEEWAY_S < self._due_s:
            return None
        self._due_s = self.time_s + EVERY_S
        reading = self._read()
        self.history.append(reading)
        return reading

    def skip(self, seconds: float) -> None:
        """Let the time go on by sound that was lost: what lies before it is no window with what follows."""
        self.time_s += seconds
        self._heard_s = 0.0
        self._window = self._window[:0]
        self._rate = None

    def summary(self) -> tuple[Reading, int]:
        """Return the mean of all readings with a voice, at the time of now, and their number."""
        if not self._voiced:
            return Reading(self.time_s, "no_voice"), 0
        return self._judged(self._sum / self._voiced), self._voiced

    def _read(self) -> Reading:
        if np.ptp(self._window) < 2 * SILENT_PEAK:
            return Reading(self.time_s, "no_voice", silent=True)
        voice_s = find_voice(self._window).voice_s
        if voice_s < MIN_S:
            return Reading(self.time_s, "no_voice")
        _, logits = self._recognizer.window_logits(self._window)
        scores = self._recognizer.probabilities(logits, self._profile)[-1]
        self._sum += scores
        self._voiced += 1
        return self._judged(scores, voice_s)

    def _judged(self, scores: np.ndarray, voice_s: float = np.inf) -> Reading:
        named = dict(zip(LABELS, scores.tolist(), strict=True))
        return Reading(
            self.time_s, verdict(named, thresholds=self._thresholds, voice_s=voice_s), tuple(named.values())
        )

    def _resampled(self, rate: int, samples: np.ndarray) -> np.ndarray:
        if not RATES[0] <= rate <= RATES[1]:
            raise AudioError(f"{rate} Hz is no rate of a microphone: choose another microphone.")
        if self._resampler is None or rate != self._rate:
            self._rate = rate
            self._resampler = soxr.ResampleStream(rate, SAMPLE_RATE, num_channels=1, dtype="float32")
        return self._resampler.resample_chunk(samples)


def to_mono(samples: np.ndarray) -> np.ndarray:
    """Return samples (n,) or (n, channels) of any type as float32 (n,) with full scale 1.

    >>> to_mono(np.array([[-32768, 0], [16384, 16384]], np.int16))
    array([-0.5,  0.5], dtype=float32)
    """
    samples = np.asarray(samples)
    if samples.ndim not in (1, 2) or 0 in samples.shape[1:] or samples.dtype.kind not in "iuf":
        raise AudioError(f"{samples.dtype} of shape {samples.shape} is no sound: give (n,) or (n, channels).")
    if samples.dtype.kind in "iu":
        info = np.iinfo(samples.dtype)
        scale = (float(info.max) - float(info.min) + 1) / 2
        middle = 0.0 if samples.dtype.kind == "i" else scale
        samples = (samples - middle) / scale
    if samples.ndim == 2:
        samples = samples.mean(axis=1)
    samples = samples.astype(np.float32)
    if not np.isfinite(samples).all():
        raise AudioError("The microphone gives NaN or infinity: choose another one.")
    return samples
