"""What a network does where a recording is unlike those that it learned from: it is less sure, and expects plain speech.

The distance is that of `ser.recognition.familiar`. The numbers are chosen on validation clips as they are and through
other microphones, rooms, lines and codecs (`ser.evaluation.fit_ground`), and are on a checkpoint's card.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ser.labels import LABELS
from ser.recognition.adaptation import Adaptation

NEUTRAL = LABELS.index("NEU")


@dataclass(frozen=True)
class Ground:
    """How scores follow the distance of a recording.

    Attributes
    ----------
    starts, ends : distances between which they change; below and above they stay as at the nearer one
    softness : how much the logarithm of the temperature grows from one to the other
    plain : what is added to the logit of neutral at the farther one. A network hears some emotion in any new room,
        and most speech is plain
    """

    starts: float = 0.0
    ends: float = 1.0
    softness: float = 0.0
    plain: float = 0.0

    @classmethod
    def of(cls, card: dict[str, Any]) -> Ground:
        """Return that of a checkpoint's card; for one without, `Ground()`, which changes nothing."""
        return cls(**card.get("ground", {}))

    def to_dict(self) -> dict[str, float]:
        """Return what a card holds."""
        return asdict(self)

    def adapted(self, adaptation: Adaptation) -> Ground:
        """Return that of a network with an adaptation, which has a zero point of the recordings in its place.

        Its scores are calibrated on them if there are labels of the six emotions; if not, they stay softer far away.
        Where nothing was learned, nothing changes.
        """
        if not adaptation.scales and adaptation.weights is None and not adaptation.zero.any():
            return self
        is_calibrated = adaptation.made_from.get("labels") and not adaptation.has_own_emotions
        return Ground() if is_calibrated else replace(self, plain=0.0)

    def share(self, distance: np.ndarray | float) -> np.ndarray:
        """Return how far distances (...) are from the first to the last: 0 to 1."""
        return np.clip((np.asarray(distance, np.float64) - self.starts) / (self.ends - self.starts), 0, 1)

    def applied(
        self, logits: np.ndarray, *, distance: np.ndarray | float, known: np.ndarray | float = 0.0
    ) -> np.ndarray:
        """Return logits (..., 6) whose softmax, with the temperature of familiar recordings, gives the scores.

        Parameters
        ----------
        distance : (...) of each recording or window
        known : (...) how far the logits are those of a known voice, 0 to 1: what its takes say takes the place of this
        """
        share = (self.share(distance) * (1 - np.asarray(known)))[..., None]
        return (logits + self.plain * share * np.eye(len(LABELS))[NEUTRAL]) / np.exp(self.softness * share)
