"""A voice profile: a network's logits of some takes of one speaker, from which the speaker's offset follows.

It holds six numbers for each take and no sound, and works only with the checkpoint that computed them.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ser.errors import UserError
from ser.labels import LABELS
from ser.recognition.speaker_offset import ZeroPoint
from ser.util.files import write_atomically

FORMAT = 1
KIND = "Emotion Listener voice profile"
MAX_TAKES = 1000
MAX_BYTES = 1_000_000  # of a profile file


class ProfileError(UserError):
    """A profile that cannot be made, read, or used with this checkpoint."""


@dataclass(frozen=True)
class Profile:
    """A checkpoint's logits of takes of one speaker.

    Attributes
    ----------
    checkpoint : `ser.network.checkpoint.checkpoint_id` of the checkpoint
    logits : six numbers for each take
    emotions : for each take the emotion that the speaker was asked for, or None
    unlike : for each take whether it is unlike the recordings that the network learned from
    created : when the first take was added, in ISO 8601 and UTC
    """

    checkpoint: str
    logits: tuple[tuple[float, ...], ...] = ()
    emotions: tuple[str | None, ...] = ()
    created: str = ""
    unlike: tuple[bool, ...] = ()

    def with_take(self, logits: Sequence[float], emotion: str | None = None) -> "Profile":
        """Return the profile with one more take, given its six logits and the emotion asked for, if any.

        Raises `ProfileError` for an unknown emotion, and if the profile is full.
        """
        if emotion is not None and emotion not in LABELS:
            raise ProfileError(f"{emotion!r} is not an emotion code: use one of {', '.join(LABELS)}.")
        if len(self.logits) >= MAX_TAKES:
            raise ProfileError(f"A profile holds at most {MAX_TAKES} takes: start a new one.")
        now = self.created or datetime.now(UTC).isoformat(timespec="seconds")
        takes = (*self.logits, tuple(float(x) for x in logits))
        return Profile(self.checkpoint, takes, (*self.emotions, emotion), now, (*self._unlike, False))

    def with_last_unlike(self, unlike: bool) -> "Profile":
        """Return the profile with its last take as unlike the recordings that the network learned from, or as like them."""
        return replace(self, unlike=(*self._unlike[:-1], unlike))

    @property
    def _unlike(self) -> tuple[bool, ...]:
        """One for each take: of takes of which nobody knows, False."""
        return (*self.unlike, *[False] * (len(self.logits) - len(self.unlike)))

    def shift(self, zero_point: ZeroPoint) -> np.ndarray:
        """Return what the voice adds to each logit, (6,)."""
        labels = [-1 if emotion is None else LABELS.index(emotion) for emotion in self.emotions]
        is_unlike = 2 * sum(self._unlike) > len(self.logits)
        shift = zero_point.shift_of_unlike if is_unlike else zero_point.shift
        return shift(np.array(self.logits), np.array(labels, int))

    def weight(self, zero_point: ZeroPoint) -> float:
        """Return how far the voice counts as known, 0 to 1, see `ZeroPoint.weight`."""
        named = len(self.emotions) - self.emotions.count(None)
        return zero_point.weight(len(self.emotions) - named, named=named)

    def to_json(self) -> str:
        """Return the profile as the text that `save` writes."""
        takes = [
            {
                "emotion": emotion,
                "logits": [round(x, 6) for x in logits],
                **({"unlike": True} if unlike else {}),
            }
            for emotion, logits, unlike in zip(self.emotions, self.logits, self._unlike, strict=True)
        ]
        head = {"kind": KIND, "format": FORMAT, "checkpoint": self.checkpoint, "created": self.created}
        return json.dumps(head | {"takes": takes}, indent=1) + "\n"

    def save(self, path: str | os.PathLike) -> None:
        """Write the profile to a JSON file, completely or not at all."""
        with write_atomically(path, "w", encoding="utf-8") as file:
            file.write(self.to_json())

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Profile":
        """Read a profile file; `ProfileError` if it is missing or damaged."""
        try:
            with Path(path).open("rb") as file:
                text = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise ProfileError(
                f"There is no readable profile at {path}: make one with `python -m ser enroll`."
            ) from error
        return cls.from_json(text, str(path))

    @classmethod
    def from_json(cls, text: bytes | str, name: str = "The file") -> "Profile":
        """Return the profile in a text that `save` wrote; `ProfileError` for anything else."""
        try:
            if len(text) > MAX_BYTES:
                raise ValueError
            content = json.loads(text)
            if content["kind"] != KIND:
                raise ValueError
            if content["format"] != FORMAT:
                raise ProfileError(
                    f"{name} was made by another version of Emotion Listener: make a new one with `python -m ser enroll`."
                )
            takes = content["takes"]
            logits = np.array([take["logits"] for take in takes], np.float64)
            emotions = tuple(take["emotion"] for take in takes)
            is_valid = logits.shape == (len(takes), len(LABELS)) and np.isfinite(logits).all()
            if not is_valid or not 1 <= len(takes) <= MAX_TAKES or not {*emotions} <= {None, *LABELS}:
                raise ValueError
            return cls(
                str(content["checkpoint"]),
                tuple(map(tuple, logits.tolist())),
                emotions,
                str(content["created"]),
                tuple(take.get("unlike") is True for take in takes),
            )
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
            raise ProfileError(
                f"{name} is damaged or not a voice profile: make one with `python -m ser enroll`."
            ) from error
