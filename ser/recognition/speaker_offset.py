"""A speaker's offset: what the voice itself adds to the logits, which is subtracted before scoring.

A network trained on a hundred voices hears in a new one the emotion that the voice, the room and the microphone
resemble, whatever is said. What all takes of a speaker have in common says nothing about emotion, unless they are all
of one emotion: the more the takes differ, the more of what they share belongs to the voice.
"""

from dataclasses import asdict, dataclass, replace

import numpy as np

from ser.labels import LABELS

N = len(LABELS)
NEUTRAL = LABELS.index("NEU")
# The candidates for `takes` and `spread`, from those that give takes the most weight to the least.
TAKES = (0.5, 1.0, 2.0, 4.0)
SPREADS = (0.9, 1.1, 1.3, 1.5, np.inf)
STEEPNESS = 10.0
# Chosen on validation and its clips under four conditions (two rooms, the telephone, another microphone), so that one
# neutral take helps most, and eight neutral takes without labels cost nothing.
HALF_NAMED = (
    0.5  # number of takes whose emotion is known that get half their full weight: one gets two thirds
)
SHARPNESS = 2.0  # factor of the logits, when they say which emotion a take may have
PLAIN = (
    1.5  # added to the logit of neutral then: most speech is plain, so a new room is likelier than a new mood
)
# Of takes unlike the recordings that the network learned from, its logits say less about the emotion: takes that are alike
# there are all the likelier to be plain, and are taken to be alike up to a larger deviation. Chosen on the clips of
# validation under the four conditions, so that neither eight takes of one emotion nor eight of several cost anything there.
UNLIKE_PLAIN = 1.0  # added to `PLAIN` for many takes that are alike
UNLIKE_SPREAD = 0.3  # added to `ZeroPoint.spread`
MAX_COST = 0.01  # largest loss of UAR that few takes, or takes of a single emotion, may cause


@dataclass(frozen=True)
class ZeroPoint:
    """The numbers that turn takes into a speaker's offset; chosen on validation, kept on a checkpoint's card.

    Attributes
    ----------
    offsets : six rows of six, the mean logits of each emotion's clips, less their mean over the emotions
    centre : six logits, those of a voice whose offset is zero; fitted on validation like a bias
    takes : number of takes without labels whose offset gets half its full weight, see `weight`
    spread : deviation of the takes' logits above which they are taken to be of several emotions
    temperature : divisor of the logits after the offset is subtracted
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
        """Return the zero point of a dict from `to_dict`.

        Raises `TypeError`, `KeyError` or `ValueError` for anything else.
        """
        offsets = np.asarray(numbers["offsets"], np.float64)
        centre = np.asarray(numbers["centre"], np.float64)
        takes = float(numbers["takes"])
        spread = np.inf if numbers["spread"] is None else float(numbers["spread"])
        temperature = float(numbers["temperature"])
        if offsets.shape != (N, N) or centre.shape != (N,):
            raise ValueError(
                "the offsets of the zero point are not six by six, or its centre is not six numbers"
            )
        if not (np.isfinite(offsets).all() and np.isfinite(centre).all() and np.isfinite(temperature)):
            raise ValueError("the zero point holds NaN or infinity")
        if not takes > 0 or not spread > 0 or not temperature > 0:
            raise ValueError("takes, spread and temperature of the zero point must be positive")
        return cls(tuple(map(tuple, offsets.tolist())), tuple(centre.tolist()), takes, spread, temperature)

    def shift(self, logits: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return what the voice of some takes adds to each logit, (6,); zeros where there are no takes.

        The part that a known emotion adds is subtracted first, and such takes count more. For a take without a label,
        that part is estimated from its own logits, less what the known takes say of the voice, and subtracted to the
        degree that the takes are alike: eight angry takes differ little, and are therefore taken as angry.

        Parameters
        ----------
        logits : (takes, 6) of the network
        labels : (takes,) positions of the acted emotions in `ser.labels.LABELS`, -1 where unknown; None if all are
        """
        return self._shift(logits, labels=labels, unlike=False)

    def shift_of_unlike(self, logits: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return the same for takes that are unlike the recordings that the network learned from.

        See `ser.recognition.familiar`. It is the same where the emotion of a take is known.
        """
        return self._shift(logits, labels=labels, unlike=True)

    def _shift(self, logits: np.ndarray, *, labels: np.ndarray | None, unlike: bool) -> np.ndarray:
        logits = centred(np.asarray(logits, np.float64).reshape(-1, N))
        if not len(logits):
            return np.zeros(N)
        labels = np.full(len(logits), -1) if labels is None else np.asarray(labels)
        named = labels >= 0
        offsets, centre, from_named = np.asarray(self.offsets), np.asarray(self.centre), np.zeros(N)
        if named.any():
            known = (logits[named] - offsets[labels[named]]).mean(axis=0) - centre
            from_named = self.weight(0, named=named.sum()) * known
        pooled, similarity, plain = logits - from_named, self._similarity(logits), PLAIN
        if unlike and not named.any():
            similarity = replace(self, spread=self.spread + UNLIKE_SPREAD)._similarity(logits)
            together = similarity * (1 - 1 / len(logits))  # to what degree the takes are judged as one
            pooled = (1 - together) * pooled + together * pooled.mean(axis=0)
            plain += together * UNLIKE_PLAIN
        likely = softmax(SHARPNESS * (pooled + plain * np.eye(N)[NEUTRAL]))  # (takes, 6)
        explained = np.where(named[:, None], offsets[labels], similarity * (likely @ offsets))
        trust = np.where(named, 1 / HALF_NAMED, 1 / self.takes)
        voice = np.average(logits - explained, axis=0, weights=trust) - centre
        return self.weight((~named).sum(), named=named.sum()) * voice

    def weight(self, takes: int, *, named: int = 0) -> float:
        """Return the weight of some takes without labels and some with: 0 for none, approaching 1 for many."""
        trust = takes / self.takes + named / HALF_NAMED
        return float(trust / (1 + trust))

    def _similarity(self, logits: np.ndarray) -> float:
        """1 for takes that may all be of one emotion, 0 for takes that cannot."""
        if len(logits) < 2 or np.isinf(self.spread):
            return 1.0
        return float(1 / (1 + np.exp(np.clip(STEEPNESS * (deviation(logits) - self.spread), -50, 50))))


def deviation(logits: np.ndarray) -> float:
    """Return the root mean square distance of logits (takes, 6) from their mean."""
    logits = centred(logits)
    return float(np.sqrt(np.square(logits - logits.mean(axis=0)).sum() / (len(logits) - 1)))


def centred(logits: np.ndarray) -> np.ndarray:
    """Return logits (..., 6) less their mean, as a number added to all six changes no score."""
    return logits - logits.mean(axis=-1, keepdims=True)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the softmax (..., 6) float64 of logits (..., 6)."""
    logits = logits.astype(np.float64)
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
