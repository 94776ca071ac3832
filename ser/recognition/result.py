"""What the network says about one recording, and about each of its windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from ser.audio.quality import Quality
from ser.audio.reading import SAMPLE_RATE
from ser.labels import LABELS
from ser.recognition.reason import Reason


class Window(NamedTuple):
    """A part of a recording that was scored by itself: at most 3.0 s.

    Attributes
    ----------
    start, end : its first sample and the one after its last, at 16 kHz
    scores : probability of each emotion in the order of `ser.labels.LABELS`
    """

    start: int
    end: int
    scores: dict[str, float]

    @property
    def start_s(self) -> float:
        """Where it begins, in seconds."""
        return self.start / SAMPLE_RATE

    @property
    def end_s(self) -> float:
        """Where it ends, in seconds."""
        return self.end / SAMPLE_RATE

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, with seconds in place of samples."""
        return {"start_s": self.start_s, "end_s": self.end_s, "scores": self.scores}


class AdaptedScores(NamedTuple):
    """What a network with an adaptation says about a recording, in the adaptation's own emotions if it has them.

    Attributes
    ----------
    adaptation : its name and id
    scores : probability of each emotion, in the adaptation's order
    top : the emotion with the highest score
    verdict : as in `Recognition`
    names : what people see for the emotions, by code
    windows : scores of each window, in the order of those of the recording, if the adaptation has emotions of its own
    """

    adaptation: str
    scores: dict[str, float]
    top: str
    verdict: str
    names: dict[str, str]
    windows: tuple[dict[str, float], ...] = ()

    @property
    def has_own_emotions(self) -> bool:
        """Whether these are other emotions than the six."""
        return tuple(self.scores) != LABELS

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "name": self.adaptation,
            "scores": self.scores,
            "top": self.top,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """What the network says about one phrase of a recording, as if it were a recording by itself.

    Attributes
    ----------
    start, end : its first sample and the one after its last, at 16 kHz
    scores, top, verdict, reason, voice_s, heard, intensity, adapted : as in `Recognition`
    windows : the parts that were scored, in samples of the whole recording; one for a phrase of up to 3.0 s
    """

    start: int
    end: int
    scores: dict[str, float]
    top: str
    verdict: str
    voice_s: float
    windows: tuple[Window, ...]
    reason: Reason | None = None
    heard: dict[str, float] | None = None
    intensity: float | None = None
    adapted: AdaptedScores | None = None

    @property
    def start_s(self) -> float:
        """Where it begins, in seconds."""
        return self.start / SAMPLE_RATE

    @property
    def end_s(self) -> float:
        """Where it ends, in seconds."""
        return self.end / SAMPLE_RATE

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, with seconds in place of samples."""
        return {
            "start_s": self.start_s,
            "end_s": self.end_s,
            "scores": self.scores,
            "top": self.top,
            "verdict": self.verdict,
            "reason": self.reason._asdict() if self.reason else None,
            "voice_s": self.voice_s,
            "windows": [window.to_dict() for window in self.windows],
            "heard": self.heard,
            "intensity": self.intensity,
            "adaptation": self.adapted.to_dict() if self.adapted else None,
        }


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """What the network says about one recording.

    Attributes
    ----------
    file : path of the sound file as the caller passed it; None for samples or a `Recording`
    duration_s : length of the whole recording in seconds
    scores : probability of each emotion in the order of `ser.labels.LABELS`, the mean over the windows
    top : the emotion with the highest score
    verdict : "sure", "leaning" or "unsure" by the scores; "leaning" in place of "sure" where most listeners would hear
        another emotion; "unsure" regardless of them where there is less speech than a word, and "no_voice" where there
        is none
    reason : why it is not "sure", and what to try; None where it is, and without a voice
    voice_s : seconds of speech
    quality : measurements of the recording and the problems found in it
    logits : the network's own six numbers, the mean over the windows, without any profile: profiles are made of these
    distance : from the recordings that the network learned from, of which 95% are nearer than 1
    windows : the parts that were scored, in order of time
    file_warnings : sentences about the file, e.g. that it was cut off
    problem : why the recording is too short or too quiet to be judged, in one sentence; None where it is neither
    error : always None, as there are scores; `Unscored` has a sentence here
    heard : for networks that learned it, the estimated share of listeners who would perceive each emotion, all six by
        code; these are people who do not know the voice, with or without a profile
    intensity : for networks with a reading of it, how strongly such listeners would say that they hear the emotion they
        name, 0 to 100, with or without a profile
    adapted : scores of the adaptation that the network has; None without one. The six scores are adapted, too
    phrases : what `Recognizer.recognize_phrases` returns, where the caller wanted them; otherwise empty
    """

    file: str | None
    duration_s: float
    scores: dict[str, float]
    top: str
    verdict: str
    voice_s: float
    quality: Quality
    logits: tuple[float, ...]
    windows: tuple[Window, ...]
    reason: Reason | None = None
    distance: float = 0.0
    file_warnings: tuple[str, ...] = ()
    problem: str | None = None
    error: None = None
    heard: dict[str, float] | None = None
    intensity: float | None = None
    adapted: AdaptedScores | None = None
    phrases: tuple[Phrase, ...] = ()

    @property
    def adapted_scores(self) -> dict[str, float]:
        """The scores of the adaptation's emotions, if there is an adaptation; otherwise the six."""
        return self.adapted.scores if self.adapted else self.scores

    @property
    def warnings(self) -> tuple[str, ...]:
        """All warnings to show: those about the file, then the problem."""
        return (*self.file_warnings, self.problem) if self.problem else self.file_warnings

    def to_dict(self) -> dict[str, Any]:
        """Return what `python -m ser recognize --format json` prints for one file: plain JSON values.

        The key "phrases" is there only if there are phrases.
        """
        phrases = {"phrases": [phrase.to_dict() for phrase in self.phrases]} if self.phrases else {}
        return {
            "file": self.file,
            "duration_s": self.duration_s,
            "scores": self.scores,
            "top": self.top,
            "verdict": self.verdict,
            "reason": self.reason._asdict() if self.reason else None,
            "voice_s": self.voice_s,
            "quality": self.quality.to_dict(),
            "windows": [window.to_dict() for window in self.windows],
            "error": None,
            "heard": self.heard,
            "intensity": self.intensity,
            "adaptation": self.adapted.to_dict() if self.adapted else None,
            "warning": " ".join(self.warnings) or None,
            **phrases,
        }


@dataclass(frozen=True)
class Unscored:
    """A file that could not be scored.

    Attributes
    ----------
    file : path as the caller passed it
    error : why there are no scores, in one sentence
    """

    file: str
    error: str

    def to_dict(self) -> dict[str, Any]:
        """Return the keys of `Recognition.to_dict`, with None for every unknown value."""
        unknown = dict.fromkeys(("duration_s", "scores", "top", "verdict", "reason", "voice_s", "quality"))
        return {
            "file": self.file,
            **unknown,
            "windows": [],
            "error": self.error,
            "heard": None,
            "intensity": None,
            "adaptation": None,
            "warning": None,
        }
