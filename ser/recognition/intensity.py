"""How strong a voice sounds, 0 to 100: a linear reading of the network's embedding, fitted to the crowd's ratings.

CREMA-D's listeners named an emotion and said how strongly they heard it, neutral included. The mean over the listeners
of a clip is what this predicts. It changes no score: the network was not trained for it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

WORDS = ("weak", "medium", "strong")
HIGHEST = 100.0  # of the crowd's scale, which begins at 0


@dataclass(frozen=True)
class Readout:
    """The linear reading; fitted on the training actors, kept on a checkpoint's card.

    Attributes
    ----------
    weights : one for each number of the embedding
    bias : added to their sum
    levels : ratings that end the lowest and the second third of the training clips
    loudness : slope and intercept of the line from the level of the speech in dB to the rating, for comparison
    """

    weights: tuple[float, ...]
    bias: float
    levels: tuple[float, float]
    loudness: tuple[float, float]

    def to_dict(self) -> dict:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, numbers: dict) -> Readout:
        """Return the reading of a dict from `to_dict`, as `ser.network.card` has checked it."""
        low, high = numbers["levels"]
        slope, intercept = numbers["loudness"]
        return cls(tuple(numbers["weights"]), numbers["bias"], (low, high), (slope, intercept))

    def fits(self, embeddings: np.ndarray) -> bool:
        """Whether the embeddings (n, size) have as many numbers as this reads."""
        return embeddings.shape[1] == len(self.weights)

    def rating(self, embeddings: np.ndarray) -> float:
        """Return the rating of a recording, 0 to 100, from the embeddings (n, size) of its windows."""
        mean = embeddings.mean(axis=0, dtype=np.float64)
        return float(np.clip(mean @ np.asarray(self.weights) + self.bias, 0.0, HIGHEST))

    def word(self, rating: float) -> str:
        """Return one of `WORDS`: in which third of the training clips' ratings a rating lies.

        >>> [Readout((), 0, (50, 60), (0, 0)).word(rating) for rating in (40, 55, 70)]
        ['weak', 'medium', 'strong']
        """
        return WORDS[int(np.searchsorted(self.levels, rating))]
