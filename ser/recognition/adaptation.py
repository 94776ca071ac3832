"""An adaptation: what a network learned from some recordings, and the file that keeps it.

It holds numbers and no sound, belongs to the checkpoint that computed them, and has up to four parts: scales of the
convolutions (`ser.network.scales`), which give the network the batch-norm statistics of the recordings; their zero
point; where there were labels, a linear head on the embedding; and the offsets of the speakers. `ser.adaptation` makes
one.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ser.errors import UserError
from ser.labels import EMOTION_NAMES, LABELS
from ser.network.inputs import Inputs
from ser.network.interface import Runtime
from ser.network.scales import MAX_SCALE, ForeignScalesError, Scale
from ser.recognition.result import AdaptedScores
from ser.recognition.speaker_offset import ZeroPoint, softmax
from ser.recognition.verdict import Thresholds, verdict
from ser.recognition.voice_profile import Profile
from ser.util.files import write_atomically

FORMAT = 1
KIND = "Emotion Listener adaptation"
MAX_BYTES = 1_000_000  # of an adaptation file; those of the released networks take less than 300 kB
MAX_EMOTIONS = 20
MAX_NAME = 60  # characters that a name is cut to
MAX_SPEAKERS = 2000
MAX_NUMBER = 1e4  # of logits and weights; those of real recordings stay below 100
DIGITS = 5  # that are significant: the scores agree to four decimals
DEFAULT_NAME = "adaptation"


class AdaptationError(UserError):
    """An adaptation that cannot be made, read, or used with this checkpoint."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Adaptation:
    """What a network learned from some recordings.

    Attributes
    ----------
    checkpoint : `ser.network.checkpoint.checkpoint_id` of the checkpoint
    name : what a person calls it
    created : date and time, in ISO 8601 and UTC
    scales : of the convolutions, by name; empty for the network's own statistics
    zero : (6,) what the recordings have in common, subtracted from the network's logits
    emotions : codes of the emotions of the head, in its order: `ser.labels.LABELS`, or a set of one's own
    weights, bias : (size, emotions) and (emotions,) of the head, which are added to the logits; None without labels
    centre : (emotions,) adapted logits of a voice whose offset is zero; None for zeros
    temperature : divisor of the adapted logits
    thresholds : of the verdicts
    speakers : offset (emotions,) of each speaker, by name
    words : what people see for the emotions, by code; those that are missing have their usual name
    made_from : counts of clips, speakers and labels, by those words
    figures : what the cross-validation found, as plain JSON values
    """

    checkpoint: str
    name: str = DEFAULT_NAME
    created: str = ""
    scales: Mapping[str, Scale] = field(default_factory=dict)
    zero: np.ndarray
    emotions: tuple[str, ...] = LABELS
    weights: np.ndarray | None = None
    bias: np.ndarray | None = None
    centre: np.ndarray | None = None
    temperature: float
    thresholds: Thresholds
    speakers: Mapping[str, np.ndarray] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    made_from: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_own_emotions(self) -> bool:
        """Whether its emotions are another set than the network's six."""
        return self.emotions != LABELS

    @property
    def centre_of_six(self) -> np.ndarray:
        """(6,) adapted logits of a voice whose offset is zero, for voice profiles."""
        return np.zeros(len(LABELS)) if self.centre is None or self.has_own_emotions else self.centre

    @functools.cached_property
    def id(self) -> str:
        """The beginning of the SHA-256 of its numbers, by which profiles and labels refer to it."""
        content = {
            k: v for k, v in self._content().items() if k not in ("name", "created", "figures", "words")
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]

    @property
    def name_of_emotion(self) -> dict[str, str]:
        """The name of each emotion by its code: its word, that of `ser.labels`, or the code itself."""
        names = EMOTION_NAMES | dict(self.words)
        return {code: names.get(code, code.capitalize()) for code in self.emotions}

    def result(
        self,
        own: np.ndarray | None,
        *,
        profile: Profile | KnownVoice | None,
        zero_point: Callable[[], ZeroPoint],
        voice_s: float,
        otherwise: tuple[dict[str, float], str],
    ) -> AdaptedScores:
        """Return the scores of its emotions.

        Parameters
        ----------
        own : logits (windows, emotions) of a set of emotions of its own; None if they are the six
        profile, zero_point : of the speaker and the network
        voice_s : length of the speech
        otherwise : the scores of the six, and their verdict
        """
        (scores, answer), each = otherwise, list[dict[str, float]]()
        if own is not None:
            windows = self.own_scores(own, profile=profile, zero_point=zero_point)
            scores = dict(zip(self.emotions, windows.mean(axis=0).tolist(), strict=True))
            answer = verdict(scores, thresholds=self.thresholds, voice_s=voice_s)
            each = [dict(zip(self.emotions, window, strict=True)) for window in windows.tolist()]
        top, names = max(scores, key=scores.__getitem__), self.name_of_emotion
        return AdaptedScores(f"{self.name} {self.id}", scores, top, answer, names, tuple(each))

    def own_scores(
        self, own: np.ndarray, *, profile: Profile | KnownVoice | None, zero_point: Callable[[], ZeroPoint]
    ) -> np.ndarray:
        """Return the scores (windows, emotions) of a set of emotions of its own; for the parameters see `result`."""
        if isinstance(profile, KnownVoice):
            own = own - profile.offset
        elif profile is not None:
            own = own - on_emotions(profile.shift(zero_point()), self.emotions)
        return softmax(own / self.temperature)

    def own_logits(self, logits: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
        """Return the logits (n, emotions) of the head, given the network's (n, 6) and the embeddings (n, size)."""
        based = on_emotions(logits - self.zero, self.emotions)
        return based if self.weights is None else based + embeddings @ self.weights + self.bias

    def voice(self, speaker: str | None) -> KnownVoice | None:
        """Return the offset of a speaker whose recordings it was made from, in the place of a profile; None if unknown."""
        if speaker is None or speaker not in self.speakers:
            return None
        return KnownVoice(self.id, self.speakers[speaker])

    # ---- the file

    def to_json(self) -> str:
        """Return the adaptation as the text that `save` writes."""
        return json.dumps({"kind": KIND, "format": FORMAT, **self._content()}, allow_nan=False) + "\n"

    def save(self, path: str | os.PathLike) -> None:
        """Write the adaptation to a JSON file, completely or not at all."""
        with write_atomically(path, "w", encoding="utf-8") as file:
            file.write(self.to_json())

    def _content(self) -> dict[str, Any]:
        scales = {name: [_short(part) for part in scale] for name, scale in self.scales.items()}
        return {
            "checkpoint": self.checkpoint,
            "name": self.name,
            "created": self.created,
            "made_from": dict(self.made_from),
            "emotions": list(self.emotions),
            **({"words": dict(self.words)} if self.words else {}),
            "temperature": self.temperature,
            "verdict": self.thresholds._asdict(),
            "zero": _short(self.zero),
            "bias": None if self.bias is None else _short(self.bias),
            "centre": None if self.centre is None else _short(self.centre),
            "speakers": {name: _short(offset) for name, offset in self.speakers.items()},
            "figures": dict(self.figures),
            "scales": scales,
            "weights": None if self.weights is None else _short(self.weights),
        }

    @classmethod
    def load(cls, path: str | os.PathLike) -> Adaptation:
        """Read an adaptation file; `AdaptationError` if it is missing or damaged."""
        try:
            with Path(path).open("rb") as file:
                text = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise AdaptationError(
                f"There is no readable adaptation at {path}: make one with `python -m ser adapt`."
            ) from error
        return cls.from_json(text, str(path))

    @classmethod
    def from_json(cls, text: bytes | str, name: str = "The file") -> Adaptation:
        """Return the adaptation in a text that `save` wrote; `AdaptationError` for anything else."""
        try:
            if len(text) > MAX_BYTES:
                raise ValueError
            content = json.loads(text)
            if content["kind"] != KIND:
                raise ValueError
            if content["format"] != FORMAT:
                raise AdaptationError(
                    f"{name} was made by another version of Emotion Listener: make a new one with `python -m ser adapt`."
                )
            return _checked(content)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            raise AdaptationError(
                f"{name} is damaged or not an adaptation: make one with `python -m ser adapt`."
            ) from error


@dataclass(frozen=True, eq=False)
class KnownVoice:
    """The offset of a speaker whose recordings an adaptation was made from: takes the place of a voice profile.

    Attributes
    ----------
    adaptation : `Adaptation.id`
    offset : (emotions,) what the voice adds to the adapted logits
    """

    adaptation: str
    offset: np.ndarray

    def shift(self, zero_point: ZeroPoint) -> np.ndarray:
        """Return what the voice adds to each logit, as `ser.recognition.voice_profile.Profile.shift` does."""
        return self.offset

    def weight(self, zero_point: ZeroPoint) -> float:
        """Return 1: the voice is known."""
        return 1.0


class AdaptedRuntime:
    """A network with an adaptation, as a `ser.network.runtime.Runtime`: in the time that it takes without one.

    The six logits are the adapted ones. Those of a set of emotions of one's own follow after all others.

    Attributes
    ----------
    adaptation : what the network learned
    released : the network without it

    Raises
    ------
    AdaptationError
        if the adaptation does not fit the network
    """

    def __init__(self, runtime: Runtime, adaptation: Adaptation):
        self.released = runtime
        try:
            self._runtime = runtime.with_scales(adaptation.scales)
        except ForeignScalesError as error:
            raise AdaptationError(
                f"The adaptation {adaptation.name!r} does not fit this network ({error}): make a new one with "
                "`python -m ser adapt`."
            ) from error
        self.adaptation = adaptation

    def inputs(self, windows: Any) -> Inputs:
        """Return what the network reads of some windows, see `Runtime`."""
        return self._runtime.inputs(windows)

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Return the logits, see `Runtime`, followed by those of the adaptation's own emotions if it has them."""
        return self.embed(inputs)[0]

    def embed(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits and the embeddings, see `Runtime`."""
        logits, embeddings = self._runtime.embed(inputs)
        adaptation, n = self.adaptation, len(LABELS)
        if adaptation.weights is not None and len(adaptation.weights) != embeddings.shape[1]:
            raise AdaptationError(
                f"The adaptation {adaptation.name!r} does not fit this network: make a new one with `python -m ser adapt`."
            )
        own = adaptation.own_logits(logits[:, :n], embeddings)
        six = logits[:, :n] - adaptation.zero if adaptation.has_own_emotions else own
        parts = [six, logits[:, n:], *([own] if adaptation.has_own_emotions else [])]
        return np.concatenate(parts, axis=1).astype(np.float32), embeddings

    def with_scales(self, scales: Any) -> Runtime:
        """Return the network without the adaptation, and with other scales."""
        return self.released.with_scales(scales)


def on_emotions(logits: np.ndarray, emotions: tuple[str, ...]) -> np.ndarray:
    """Return the logits (..., emotions) of a set of emotions, given those of the six (..., 6); 0 for all others."""
    logits = logits - logits.mean(axis=-1, keepdims=True)
    known = np.concatenate([logits, np.zeros((*logits.shape[:-1], 1))], axis=-1)
    return known[..., [LABELS.index(code) if code in LABELS else len(LABELS) for code in emotions]]


def name_from(text: str) -> str:
    r"""Return text as the name of an adaptation: one line that an adaptation file may hold, or `DEFAULT_NAME`.

    >>> name_from(" my\n room\u200b"), name_from(" ")
    ('my room', 'adaptation')
    """
    line = " ".join(text.split())
    return "".join(letter for letter in line if letter.isprintable())[:MAX_NAME].strip() or DEFAULT_NAME


def rounded(values: np.ndarray) -> np.ndarray:
    """Return numbers with as many significant digits as an adaptation file keeps."""
    values = np.asarray(values, np.float64)
    magnitude = np.floor(np.log10(np.abs(values), out=np.zeros_like(values), where=values != 0))
    scale = 10.0 ** (DIGITS - 1 - magnitude)
    return np.round(values * scale) / scale


def _short(values: np.ndarray) -> list:
    return rounded(values).tolist()


def _numbers(values: object, *shape: int, limit: float = MAX_NUMBER) -> np.ndarray:
    numbers = np.array(values, np.float64)
    if numbers.ndim != len(shape) or any(
        size not in (expected, -1) and expected != -1
        for size, expected in zip(numbers.shape, shape, strict=True)
    ):
        raise ValueError
    if not (np.abs(numbers) < limit).all():  # NaN is refused, too
        raise ValueError
    return numbers


def _text(value: object, longest: int = 200) -> str:
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise ValueError
    return value


def check_emotions(emotions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the codes of a set of emotions; `AdaptationError` unless they are 2 to 20 different printable words."""
    if len(set(emotions)) != len(emotions) or not 2 <= len(emotions) <= MAX_EMOTIONS:
        raise AdaptationError(
            f"{len(set(emotions))} emotions were given: use 2 to {MAX_EMOTIONS}, each of them once."
        )
    for code in emotions:
        if not code.strip() or len(code) > 40 or not code.isprintable():
            raise AdaptationError(f"{code!r} is not the word of an emotion: use up to 40 letters.")
    return emotions


def _checked(content: dict[str, Any]) -> Adaptation:
    """Return the adaptation of the file's content; errors of many kinds where it is not one."""
    try:
        emotions = check_emotions(tuple(_text(code) for code in content["emotions"]))
    except AdaptationError as error:
        raise ValueError from error
    n = len(emotions)
    scales = {
        _text(name): Scale(*(_numbers(part, -1, limit=MAX_SCALE) for part in parts))
        for name, parts in content["scales"].items()
    }
    weights = None if content["weights"] is None else _numbers(content["weights"], -1, n)
    bias = None if content["bias"] is None else _numbers(content["bias"], n)
    centre = None if content["centre"] is None else _numbers(content["centre"], n)
    temperature = float(_numbers(content["temperature"]))
    verdict = {name: float(_numbers(value, limit=1.001)) for name, value in content["verdict"].items()}
    if not temperature > 0 or (weights is None) != (bias is None) or len(content["speakers"]) > MAX_SPEAKERS:
        raise ValueError
    if any(len(factor) != len(shift) for factor, shift in scales.values()) or min(verdict.values()) < 0:
        raise ValueError
    figures = content["figures"]
    if not isinstance(figures, dict):
        raise ValueError
    return Adaptation(
        checkpoint=_text(content["checkpoint"]),
        name=_text(content["name"]),
        created=_text(content["created"]),
        scales=scales,
        zero=_numbers(content["zero"], len(LABELS)),
        emotions=emotions,
        words={_text(code): _text(word, 40) for code, word in content.get("words", {}).items()},
        weights=weights,
        bias=bias,
        centre=centre,
        temperature=temperature,
        thresholds=Thresholds(**verdict),
        speakers={_text(name): _numbers(offset, n) for name, offset in content["speakers"].items()},
        made_from={
            _text(name): int(_numbers(count, limit=2.0**53)) for name, count in content["made_from"].items()
        },
        figures=figures,
    )
