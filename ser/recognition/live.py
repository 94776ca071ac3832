"""Score a voice while it speaks, in memory that does not grow with time."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soxr

from ser.audio.features import N_SAMPLES
from ser.audio.mixing import Mix
from ser.audio.quality import MIN_S, SILENT_PEAK
from ser.audio.reading import SAMPLE_RATE, AudioError
from ser.audio.voice import find_voice
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.adaptation import Adaptation
from ser.recognition.reason import Reason, explain_verdict
from ser.recognition.verdict import Thresholds, verdict
from ser.recognition.voice_profile import Profile
from ser.recognition.windows import WindowScores

EVERY_S = 0.4  # seconds of sound from one reading to the next: two and a half readings a second
FIRST_S = 1.0  # seconds of sound without a gap before the first reading
LEEWAY_S = 0.001  # sums of tenths of a second are not exact
RATES = (8_000, 192_000)  # Hz, the range of microphones

MAX_RECENT = 1500  # newest readings, all of which are kept: ten minutes
MAX_OLDER = 1500  # readings kept from the time before


class Scorer(Protocol):
    """The part of `ser.recognition.recognizer.Recognizer` that is used here."""

    thresholds: Thresholds
    adaptation: Adaptation | None  # its emotions, if it has some of its own, have a verdict of their own

    def read_window(self, samples: np.ndarray, profile: Profile | None) -> WindowScores:
        """Return the scores of samples (n,) of up to 3.0 s; without a profile, those of an unknown voice."""

    def is_unlike(self, distance: float) -> bool:
        """Whether a recording at this distance is unlike those that the network learned from."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The scores of the newest sound, at most 3.0 s.

    Attributes
    ----------
    time_s : end of that sound in seconds since the start
    verdict : one of `ser.recognition.verdict.VERDICTS`
    scores : six probabilities in the order of `ser.labels.LABELS`; None without a voice
    silent : whether there was not even noise, as from a microphone that is switched off
    heard : estimated shares of listeners, in the order of the scores; None for networks that do not estimate them
    reason : why the verdict is not "sure", and what to try; None where it is, and without a voice
    own : probabilities of an adaptation with emotions of its own, in its order, which the verdict is then about
    """

    time_s: float
    verdict: str
    scores: tuple[float, ...] | None = None
    silent: bool = False
    heard: tuple[float, ...] | None = None
    reason: Reason | None = None
    own: tuple[float, ...] | None = None


class History:
    """Readings in order of time: all of the newest, and fewer and fewer of those before them.

    Parameters
    ----------
    recent : number of newest readings that are all kept
    older : largest number of readings kept from before those; when it is reached, every second one is dropped

    Examples
    --------
    >>> history = History(recent=4, older=4)
    >>> for second in range(100):
    ...     history.append(Reading(second, "no_voice"))
    >>> [int(reading.time_s) for reading in history]
    [0, 32, 64, 96, 97, 98, 99]
    """

    def __init__(self, recent: int = MAX_RECENT, older: int = MAX_OLDER):
        self._recent: deque[Reading] = deque(maxlen=recent)
        self._older: list[Reading] = []
        self._max_older, self._seen, self._step = older, 0, 1

    def __len__(self) -> int:
        return len(self._older) + len(self._recent)

    def __iter__(self) -> Iterator[Reading]:
        yield from self._older
        yield from self._recent

    def append(self, reading: Reading) -> None:
        """Add the newest reading."""
        if len(self._recent) == self._recent.maxlen:
            self._thin(self._recent[0])
        self._recent.append(reading)

    def _thin(self, reading: Reading) -> None:
        if self._seen % self._step == 0:
            self._older.append(reading)
        self._seen += 1
        if len(self._older) > self._max_older:
            self._older = self._older[::2]
            self._step *= 2


class LiveScorer:
    """Takes in sound as it arrives, and scores the newest 3.0 s every 0.4 s.

    It keeps those 3.0 s of sound and the `history` of its readings.

    Examples
    --------
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
        self._unbroken_s = self._due_s = 0.0
        self._sums, self._voiced = np.zeros((3, len(LABELS))), 0  # of scores, shares of listeners, distances
        self._estimates_heard = False
        self._own_sums: np.ndarray | None = None
        self._mix = Mix()
        self._rate: int | None = None
        self._resampler: soxr.ResampleStream | None = None

    @property
    def names(self) -> dict[str, str]:
        """The emotions that readings are shown in, by code: an adaptation's own ones, or the six."""
        adaptation = self._recognizer.adaptation
        if adaptation is None or not adaptation.has_own_emotions:
            return dict(EMOTION_NAMES)
        return adaptation.name_of_emotion

    @property
    def window(self) -> np.ndarray:
        """The newest sound: at most 48,000 samples, mono, 16 kHz."""
        return self._window

    def feed(self, rate: int, samples: np.ndarray) -> Reading | None:
        """Take in a chunk of sound, and return a reading if one is due.

        A chunk gives at most one reading, of its end, however long it is, so that readings never lag.

        Parameters
        ----------
        rate : sampling rate of the chunk in Hz; it may change from chunk to chunk
        samples : (n,) or (n, channels), integers, or floats with full scale 1

        Raises
        ------
        AudioError
            if the chunk is not sound; it is then ignored
        """
        sound = self._resampled(rate, to_mono(samples, self._mix))
        self.time_s += len(samples) / rate
        self._unbroken_s += len(samples) / rate
        self._window = np.concatenate([self._window, sound])[-N_SAMPLES:]
        if self._unbroken_s + LEEWAY_S < FIRST_S or self.time_s + LEEWAY_S < self._due_s:
            return None
        self._due_s = self.time_s + EVERY_S
        reading = self._read()
        self.history.append(reading)
        return reading

    def skip(self, seconds: float) -> None:
        """Advance the time over lost sound; no window spans the gap."""
        self.time_s += seconds
        self._unbroken_s = 0.0
        self._window = self._window[:0]
        self._rate = None

    def summary(self) -> tuple[Reading, int]:
        """Return the mean of all readings with a voice, dated now, and their number."""
        if not self._voiced:
            return Reading(self.time_s, "no_voice"), 0
        scores, heard, distances = self._sums / self._voiced
        own = None if self._own_sums is None else self._own_sums / self._voiced
        mean = WindowScores(scores, heard if self._estimates_heard else None, float(distances[0]), own)
        return self._reading(mean), self._voiced

    def _read(self) -> Reading:
        if np.ptp(self._window) < 2 * SILENT_PEAK:
            return Reading(self.time_s, "no_voice", silent=True)
        voice_s = find_voice(self._window).voice_s
        if voice_s < MIN_S:
            return Reading(self.time_s, "no_voice")
        window = self._recognizer.read_window(self._window, self._profile)
        self._estimates_heard = window.heard is not None
        self._sums += [
            window.scores,
            np.zeros(len(LABELS)) if window.heard is None else window.heard,
            np.full(len(LABELS), window.distance),
        ]
        if window.own is not None:
            self._own_sums = window.own if self._own_sums is None else self._own_sums + window.own
        self._voiced += 1
        return self._reading(window, voice_s)

    def _reading(self, window: WindowScores, voice_s: float = np.inf) -> Reading:
        scores = dict(zip(LABELS, window.scores.tolist(), strict=True))
        heard = None if window.heard is None else dict(zip(LABELS, window.heard.tolist(), strict=True))
        if window.own is not None:
            return self._own_reading(window, voice_s)
        level = verdict(scores, thresholds=self._thresholds, voice_s=voice_s, heard=heard)
        reason = explain_verdict(
            level,
            scores=scores,
            voice_s=voice_s,
            heard=heard,
            is_unlike=self._profile is None and self._recognizer.is_unlike(window.distance),
            is_high=window.scores.max() >= self._thresholds.sure,
        )
        shares = None if heard is None else tuple(heard.values())
        return Reading(self.time_s, level, tuple(scores.values()), heard=shares, reason=reason)

    def _own_reading(self, window: WindowScores, voice_s: float) -> Reading:
        adaptation = self._recognizer.adaptation
        assert adaptation is not None
        assert window.own is not None
        own = dict(zip(adaptation.emotions, window.own.tolist(), strict=True))
        level = verdict(own, thresholds=adaptation.thresholds, voice_s=voice_s)
        return Reading(self.time_s, level, tuple(window.scores.tolist()), own=tuple(own.values()))

    def _resampled(self, rate: int, samples: np.ndarray) -> np.ndarray:
        if not RATES[0] <= rate <= RATES[1]:
            raise AudioError(f"{rate} Hz is not a microphone's sampling rate: choose another microphone.")
        if self._resampler is None or rate != self._rate:
            self._rate = rate
            self._resampler = soxr.ResampleStream(rate, SAMPLE_RATE, num_channels=1, dtype="float32")
        return self._resampler.resample_chunk(samples)


def to_mono(samples: np.ndarray, mix: Mix | None = None) -> np.ndarray:
    """Return samples (n,) or (n, channels) of any numeric type as float32 (n,) with full scale 1.

    Channels are averaged. Where they cancel each other, as one of opposite phase does, the loudest alone is taken.

    Parameters
    ----------
    samples : the sound
    mix : remembers the pieces of the same sound that came before

    >>> to_mono(np.array([[-32768, 0], [16384, 16384]], np.int16))
    array([-0.5,  0.5], dtype=float32)
    """
    samples = np.asarray(samples)
    if samples.ndim not in (1, 2) or 0 in samples.shape[1:] or samples.dtype.kind not in "iuf":
        raise AudioError(
            f"{samples.dtype} of shape {samples.shape} is not sound: pass (n,) or (n, channels)."
        )
    if samples.dtype.kind in "iu":
        info = np.iinfo(samples.dtype)
        scale = (float(info.max) - float(info.min) + 1) / 2
        middle = 0.0 if samples.dtype.kind == "i" else scale
        samples = (samples - middle) / scale
    samples = samples.astype(np.float32)
    if not np.isfinite(samples).all():
        raise AudioError("The microphone sends NaN or infinity: choose another microphone.")
    return samples if samples.ndim == 1 else (mix or Mix()).running(samples)
