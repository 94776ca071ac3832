"""Where a voice lies by itself: what is subtracted from its logits before they are read as emotions.

A network that knows a hundred voices answers a new one with the emotion which that voice, room and
microphone resemble, whatever is said. What all takes of a speaker have in common says nothing about emotion,
unless all of them are of one emotion: the more they differ, the more of what they share is the voice's own.
"""

from dataclasses import asdict, dataclass

import numpy as np

from ser.labels import LABELS

N = len(LABELS)
# What the numbers are chosen among, from the most trusting of takes to the least.
TAKES = (0.5, 1.0, 2.0, 4.0)
SPREADS = (0.9, 1.1, 1.3, 1.5, np.inf)
STEEPNESS = 10.0
COST = 0.01  # UAR that takes of a single emotion, or few takes, may cost against a first take


@dataclass(frozen=True)
class ZeroPoint:
    """The numbers by which takes become a zero point; chosen on validation, kept on a checkpoint's card.

    Attributes
    ----------
    offsets : six rows of six: the logits of an emotion's clips, less the mean over the emotions
    centre : six: where a voice is that needs no zero point; fitted on validation like a bias
    takes : so many takes count as much as knowing nothing about the voice
    spread : deviation of the takes' logits from which on they are believed to be of several emotions
    temperature : that of the scores once a zero point is subtracted
    """

    offsets: tuple[tuple[float, ...], ...]
    centre: tuple[float, ...]
    takes: float
    spread: float
    temperature: float = 1.0

    def to_dict(self) -> dict:
        """Return plain JSON values."""
        return asdict(self) | {"spread": None if np.isinf(self.spread) else self.spread}

    @classmethod
    def from_dict(cls, numbers: dict) -> "ZeroPoint":
        """Return what `to_dict` gave; `TypeError`, `KeyError` or `ValueError` for anything else."""
        offsets = np.asarray(numbers["offsets"], np.float64)
        centre = np.asarray(numbers["centre"], np.float64)
        takes = float(numbers["takes"])
        spread = np.inf if numbers["spread"] is None else float(numbers["spread"])
        temperature = float(numbers["temperature"])
        if offsets.shape != (N, N) or centre.shape != (N,):
            raise ValueError("the zero point's numbers are not six by six")
        if not (np.isfinite(offsets).all() and np.isfinite(centre).all() and np.isfinite(temperature)):
            raise ValueError("the zero point holds what is no number")
        if not takes > 0 or not spread > 0 or not temperature > 0:
            raise ValueError("the zero point's numbers are out of range")
        return cls(tuple(map(tuple, offsets.tolist())), tuple(centre.tolist()), takes, spread, temperature)

    def shift(self, logits: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return what the takes' voice adds to every logit, (6,); zeros where there are no takes.

        Parameters
        ----------
        logits : (takes, 6) of the network
        labels : (takes,) positions of the emotions that were asked for, -1 for none; None where none was

        What a known emotion adds is taken off first. What a take's own scores say that its emotion adds is
        taken off as far as the takes are alike: eight angry takes differ little and are then read as angry.
        """
        logits = centred(np.asarray(logits, np.float64).reshape(-1, N))
        if not len(logits):
            return np.zeros(N)
        labels = np.full(len(logits), -1) if labels is None else np.asarray(labels)
        offsets = np.asarray(self.offsets)
        guessed = self._alike(logits) * (_softmax(logits) @ offsets)
        explained = np.where(labels[:, None] >= 0, offsets[labels], guessed)
        return self.trust(len(logits)) * ((logits - explained).mean(axis=0) - np.asarray(self.centre))

    def trust(self, takes: int) -> float:
        """Return how far so many takes are believed, 0 for none and towards 1 for many."""
        return takes / (takes + self.takes)

    def _alike(self, logits: np.ndarray) -> float:
        """1 for takes that may all be of one emotion, 0 for takes that can not."""
        if len(logits) < 2 or np.isinf(self.spread):
            return 1.0
        return float(1 / (1 + np.exp(np.clip(STEEPNESS * (deviation(logits) - self.spread), -50, 50))))


def deviation(logits: np.ndarray) -> float:
    """Return the root mean square distance of logits (takes, 6) from their mean, in any of six directions."""
    logits = centred(logits)
    return float(np.sqrt(np.square(logits - logits.mean(axis=0)).sum() / (len(logits) - 1)))


def centred(logits: np.ndarray) -> np.ndarray:
    """Return logits (..., 6) less their mean: what is added to all six of a clip changes no score."""
    return logits - logits.mean(axis=-1, keepdims=True)


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
