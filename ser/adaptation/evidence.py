"""What some recordings and labels say, as arrays: the network's logits, standardised features, speakers and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import softmax

from ser.adaptation.heads import Correction, fit_correction
from ser.adaptation.material import Material
from ser.labels import LABELS
from ser.recognition.adaptation import on_emotions, rounded
from ser.recognition.recognizer import Recognizer
from ser.recognition.speaker_offset import ZeroPoint
from ser.recognition.voice_profile import ProfileError

HALF_TAKES = 2.0  # recordings of a speaker whose mean is subtracted by half
MIN_DEVIATION = (
    0.05  # of an embedding's number, as a share of the median: below, it is not standardised further
)


@dataclass(frozen=True)
class Evidence:
    """What recordings and labels say about a set of emotions.

    Attributes
    ----------
    material : the recordings as the network hears them
    emotions : the emotions, in order
    zero_point : of the network, with a centre of 0; None for networks that cannot adjust to a voice
    unit : the network's temperature, in whose units the head is fitted
    """

    material: Material
    emotions: tuple[str, ...]
    zero_point: ZeroPoint | None
    unit: float

    @classmethod
    def of(cls, recognizer: Recognizer, *, material: Material, emotions: tuple[str, ...]) -> Evidence:
        """Return the evidence of recordings for the network of a recognizer."""
        try:
            zero_point = replace(recognizer.zero_point, centre=(0.0,) * len(LABELS))
        except ProfileError:
            zero_point = None
        return cls(material, emotions, zero_point, recognizer.temperature)

    @cached_property
    def labels(self) -> np.ndarray:
        """(clips,) positions of the labels among the emotions, -1 without one."""
        places = {code: place for place, code in enumerate(self.emotions)}
        return np.array([-1 if c.emotion is None else places[c.emotion] for c in self.material.clips])

    @cached_property
    def speakers(self) -> np.ndarray:
        """(clips,) names of the speakers, "" where they are not known."""
        return np.array([clip.speaker or "" for clip in self.material.clips])

    @cached_property
    def zero(self) -> np.ndarray:
        """(6,) what the recordings' logits have in common, without what their emotions explain."""
        return rounded(self._shift(self.material.per_clip(self.material.logits), six=True))

    @cached_property
    def base(self) -> np.ndarray:
        """(windows, emotions) logits of the network with the recordings' statistics and zero point."""
        return on_emotions(self.material.logits - self.zero, self.emotions)

    @cached_property
    def standard(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation (size,) of the recordings' embeddings."""
        embeddings = self.material.per_clip(self.material.embeddings)
        deviation = embeddings.std(axis=0)
        return embeddings.mean(axis=0), np.maximum(deviation, MIN_DEVIATION * np.median(deviation) + 1e-6)

    @cached_property
    def features(self) -> np.ndarray:
        """(clips, size) standardised embeddings, less most of what those of a speaker have in common."""
        mean, deviation = self.standard
        features = (self.material.per_clip(self.material.embeddings) - mean) / deviation
        for clips in self.clips_of_speakers.values():
            features[clips] -= features[clips].mean(axis=0) * _weight(len(clips))
        return features

    @cached_property
    def clips_of_speakers(self) -> dict[str, np.ndarray]:
        """Positions of each known speaker's recordings, by name."""
        names = sorted(set(self.speakers) - {""})
        return {name: np.flatnonzero(self.speakers == name) for name in names}

    def fit(self, clips: np.ndarray) -> Correction:
        """Return the correction that some labelled clips teach."""
        base = self.material.per_clip(self.base) - self._offset_of_clip(None)
        return fit_correction(self.features[clips], labels=self.labels[clips], base=base[clips] / self.unit)

    def head(self, correction: Correction) -> tuple[np.ndarray, np.ndarray]:
        """Return weights (size, emotions) and bias of a correction, for embeddings as they are and logits in full."""
        mean, deviation = self.standard
        weights = rounded(self.unit * correction.weights / deviation[:, None])
        return weights, rounded(self.unit * correction.bias - mean @ weights)

    def logits(self, correction: Correction | None) -> np.ndarray:
        """Return the logits (windows, emotions) with a correction or without one."""
        if correction is None:
            return self.base
        weights, bias = self.head(correction)
        return self.base + self.material.embeddings @ weights + bias

    def centre(self, correction: Correction | None) -> np.ndarray:
        """Return the logits (emotions,) of a voice whose offset is zero: what labels say about all voices together."""
        return np.zeros(len(self.emotions)) if correction is None else rounded(self.unit * correction.bias)

    def offsets(self, correction: Correction | None) -> dict[str, np.ndarray]:
        """Return what each speaker's voice adds to the logits of a correction, (emotions,) by name."""
        means = self.material.per_clip(self.logits(correction)) - self.centre(correction)
        return {name: rounded(self._shift(means[clips])) for name, clips in self.clips_of_speakers.items()}

    def _offset_of_clip(self, correction: Correction | None) -> np.ndarray:
        offsets = self.offsets(correction)
        nothing = np.zeros(len(self.emotions))
        return np.array([offsets.get(name, nothing) for name in self.speakers])

    def answers(
        self, correction: Correction | None, *, clips: Sequence[int] | np.ndarray, speakers_known: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits of some clips' windows, and the position of each one's clip among these clips.

        With `speakers_known`, less what each speaker's voice adds, which all of the speaker's recordings say.
        """
        place = np.full(len(self.labels), -1)
        place[clips] = np.arange(len(clips))
        chosen = place[self.material.clip] >= 0
        windows = self.logits(correction)[chosen]
        if speakers_known:
            windows = windows - self._offset_of_clip(correction)[self.material.clip[chosen]]
        return windows, place[self.material.clip[chosen]]

    def _shift(self, logits: np.ndarray, *, six: bool = False) -> np.ndarray:
        if self.zero_point is not None and (six or self.emotions == LABELS):
            return self.zero_point.shift(logits)
        return logits.mean(axis=0) * _weight(len(logits))


def answers(evidence: Evidence) -> dict[str, dict[str, int]]:
    """Return how many recordings sound most like each emotion, before the network has learned from them and after."""
    material = evidence.material
    counts = {}
    for name, logits in (("before", material.released), ("after", material.logits - evidence.zero)):
        top = mean_scores(logits, clip=material.clip, temperature=evidence.unit).argmax(axis=1)
        counts[name] = dict(zip(LABELS, np.bincount(top, minlength=len(LABELS)).tolist(), strict=True))
    return counts


def mean_scores(windows: np.ndarray, *, clip: np.ndarray, temperature: float | np.ndarray) -> np.ndarray:
    """Return the scores (clips, emotions) as the app computes them: means over the windows of each clip.

    Parameters
    ----------
    windows : (windows, emotions) logits
    clip : (windows,) position of each one's clip
    temperature : divisor of the logits, one for all or one for each clip
    """
    divisor = np.broadcast_to(temperature, clip.max() + 1)[clip][:, None]
    scores = np.zeros((clip.max() + 1, windows.shape[1]))
    np.add.at(scores, clip, softmax(windows / divisor, axis=1))
    return scores / np.bincount(clip)[:, None]


def _weight(takes: int) -> float:
    return takes / (takes + HALF_TAKES)
