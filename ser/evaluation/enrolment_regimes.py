"""Measure recognition of unknown voices, and of voices enrolled with a few takes, and fit what enrolment uses.

Enrolment clips are drawn at random for each speaker, within the regime, and are left out of the scoring. Every clip is
scored on its own.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from ser.evaluation.metrics import cautious_temperature
from ser.labels import LABELS
from ser.recognition.ground import Ground
from ser.recognition.speaker_offset import MAX_COST, NEUTRAL, SPREADS, TAKES, ZeroPoint, centred

DRAWS = 5  # of enrolment clips, per regime
# The choices of `evaluate --profile`. The last two show the effect of takes that all have the same emotion.
REGIMES = {
    "none": "first take of an unknown voice",
    "takes": "after {takes} takes of the voice, without labels",
    "prompted": "after one take of each emotion, with labels",
    "same": "after {takes} takes of one emotion, without labels",
    "neutral": "after {takes} neutral takes, without labels",
    "normal": "after one sentence in a normal voice",
}
NAMED_REGIMES = ("prompted", "normal")  # whose takes have labels


class Windows(NamedTuple):
    """The logits of every window of many clips."""

    logits: np.ndarray  # (windows, 6)
    clip: np.ndarray  # (windows,) position of each window's clip
    labels: np.ndarray  # (clips,) positions of the acted emotions
    speakers: np.ndarray  # (clips,) ids
    distances: np.ndarray | float = 0.0  # (windows,) from the training clips, see `ser.recognition.familiar`
    heard: np.ndarray | None = None  # (clips, 6) estimated shares of listeners

    def per_clip(self) -> np.ndarray:
        """Return the mean logits of each clip (clips, 6)."""
        sums = np.zeros((len(self.labels), self.logits.shape[1]))
        np.add.at(sums, self.clip, self.logits)
        return sums / np.bincount(self.clip, minlength=len(self.labels))[:, None]


class Draw(NamedTuple):
    """One draw of enrolment clips, and what they say about the n clips that are left to score."""

    clips: np.ndarray  # (n,) positions of the clips to score
    shifts: np.ndarray  # (n, 6) offset of each clip's speaker, to subtract from its logits
    weights: np.ndarray  # (n,) weight of the speaker's takes


def draw_takes(
    regime: str, *, clips: np.ndarray, labels: np.ndarray, takes: int, generator: np.random.Generator
) -> np.ndarray:
    """Draw the enrolment clips of one speaker, whose `clips` (n,) have `labels` (n,)."""
    if regime == "none":
        return clips[:0]
    if regime == "prompted":
        return np.array([generator.choice(clips[labels == emotion]) for emotion in np.unique(labels)])
    pool = clips
    if regime == "normal":
        return generator.choice(clips[labels == NEUTRAL], min(1, (labels == NEUTRAL).sum()), replace=False)
    if regime in ("same", "neutral"):
        emotion = NEUTRAL if regime == "neutral" else generator.choice(np.unique(labels))
        pool = clips[labels == emotion]
    return generator.choice(pool, min(takes, len(pool)), replace=False)


def draws(
    windows: Windows,
    *,
    zero_point: ZeroPoint | None,
    regime: str,
    takes: int = 8,
    seed: int = 0,
    unlike: bool = False,
) -> Iterator[Draw]:
    """Yield five draws of a regime, or a single one for "none", which draws nothing.

    `unlike` says whether the takes are unlike the recordings that the network learned from.
    """
    generator, mean = np.random.default_rng(seed), windows.per_clip()
    for _ in range(DRAWS if regime != "none" else 1):
        scored, shifts, weights = [], [], []
        for speaker in np.unique(windows.speakers):
            clips = np.flatnonzero(windows.speakers == speaker)
            chosen = draw_takes(
                regime, clips=clips, labels=windows.labels[clips], takes=takes, generator=generator
            )
            rest = np.setdiff1d(clips, chosen)
            labels = windows.labels[chosen] if regime in NAMED_REGIMES else None
            shift, weight = np.zeros(mean.shape[1]), 0.0
            if zero_point is not None and len(chosen):
                shift_of = zero_point.shift_of_unlike if unlike else zero_point.shift
                shift = shift_of(mean[chosen], labels)
                named = len(chosen) if regime in NAMED_REGIMES else 0
                weight = zero_point.weight(len(chosen) - named, named=named)
            scored.append(rest)
            shifts.append(np.tile(shift, (len(rest), 1)))
            weights.append(np.full(len(rest), weight))
        yield Draw(np.concatenate(scored), np.concatenate(shifts), np.concatenate(weights))


def probabilities(
    windows: Windows, *, draw: Draw, temperature: float = 1.0, ground: Ground | None = None
) -> np.ndarray:
    """Return the scores (n, 6) of the clips of a draw, as means over their windows.

    Parameters
    ----------
    temperature : of familiar recordings
    ground : how scores follow the distance of a recording; by default they do not
    """
    place = np.full(len(windows.labels), -1)
    place[draw.clips] = np.arange(len(draw.clips))
    of_window = place[windows.clip]
    chosen = of_window >= 0
    clip = of_window[chosen]
    logits = windows.logits[chosen] - draw.shifts[clip]
    if ground is not None:
        distance = np.broadcast_to(windows.distances, len(chosen))[chosen]
        logits = ground.applied(logits, distance=distance, known=draw.weights[clip])
    logits = logits / temperature
    logits = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores = np.zeros((len(draw.clips), logits.shape[1]))
    np.add.at(scores, clip, logits / logits.sum(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def regime_uar(
    windows: Windows, *, zero_point: ZeroPoint | None, regime: str, takes: int = 8, seed: int = 0
) -> float:
    """Return the unweighted average recall of a regime, as a mean over its draws; NaN if all clips are takes."""
    recalls = []
    for draw in draws(windows, zero_point=zero_point, regime=regime, takes=takes, seed=seed):
        if not len(draw.clips):
            continue
        labels = windows.labels[draw.clips]
        right = probabilities(windows, draw=draw).argmax(axis=1) == labels
        recalls.append(np.mean([right[labels == emotion].mean() for emotion in np.unique(labels)]))
    return float(np.mean(recalls)) if recalls else float("nan")


def fit_zero_point(windows: Windows) -> ZeroPoint:
    """Choose the parameters of a zero point on the clips of many speakers.

    Other rooms and microphones differ more than the speakers of one data set do. So of the
    candidates that cost little where takes can mislead, which is after one or two takes and after eight takes of the
    same emotion, this picks the one that gives takes the most weight.
    """
    logits = centred(windows.per_clip())
    acted = np.unique(windows.labels)
    means = np.tile(logits.mean(axis=0), (len(LABELS), 1))  # also for emotions without clips
    for emotion in acted:
        means[emotion] = logits[windows.labels == emotion].mean(axis=0)
    unenrolled = regime_uar(windows, zero_point=None, regime="none")
    risky = (("takes", 1), ("takes", 2), ("same", 8), ("neutral", 8))
    offsets = tuple(map(tuple, (means - means[acted].mean(axis=0)).tolist()))

    def cost(candidate: ZeroPoint) -> float:
        costs = [
            unenrolled - regime_uar(windows, zero_point=candidate, regime=regime, takes=takes)
            for regime, takes in risky
        ]
        return max((one for one in costs if not np.isnan(one)), default=0.0)

    candidates = [
        _with_centre(windows, ZeroPoint(offsets, (0.0,) * len(LABELS), takes, spread))
        for takes in TAKES
        for spread in SPREADS
    ]
    costs = [cost(candidate) for candidate in candidates]
    chosen = next((n for n, c in zip(candidates, costs, strict=True) if c <= MAX_COST), None)
    chosen = chosen or candidates[int(np.argmin(costs))]
    return replace(chosen, temperature=_temperature(windows, chosen))


def _with_centre(windows: Windows, zero_point: ZeroPoint) -> ZeroPoint:
    """Return the zero point with the centre that has the lowest cross-entropy after some takes.

    The mean over all voices would be that centre if the network's answers were unbiased. They are not.
    """
    all_draws = [
        draw
        for regime, takes in (("takes", 8), ("takes", 3), ("prompted", 6))
        for draw in draws(windows, zero_point=zero_point, regime=regime, takes=takes, seed=1)
    ]
    if not sum(len(draw.clips) for draw in all_draws):
        return zero_point
    logits = np.concatenate([windows.per_clip()[draw.clips] - draw.shifts for draw in all_draws])
    weights = np.concatenate([draw.weights for draw in all_draws])[:, None]
    acted = np.eye(len(LABELS))[np.concatenate([windows.labels[draw.clips] for draw in all_draws])]

    def cross_entropy(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        scaled = (logits + weights * numbers[:-1]) * np.exp(numbers[-1])
        error = softmax(scaled, axis=1) - acted
        slope = np.append(
            (weights * error).mean(axis=0) * np.exp(numbers[-1]), (error * scaled).sum(axis=1).mean()
        )
        return -(log_softmax(scaled, axis=1) * acted).sum(axis=1).mean(), slope

    optimum = minimize(cross_entropy, np.zeros(len(LABELS) + 1), jac=True)
    return replace(zero_point, centre=tuple(centred(optimum.x[:-1]).round(6).tolist()))


def _temperature(windows: Windows, zero_point: ZeroPoint) -> float:
    """Return one temperature that calibrates the scores of both kinds of profile, with and without labels."""
    all_draws = [
        draw
        for regime in ("takes", "prompted")
        for draw in draws(windows, zero_point=zero_point, regime=regime)
    ]
    logits = np.concatenate([windows.per_clip()[draw.clips] - draw.shifts for draw in all_draws])
    labels, speakers = (
        np.concatenate([values[draw.clips] for draw in all_draws])
        for values in (windows.labels, windows.speakers)
    )
    return round(cautious_temperature(logits, labels=labels, speakers=speakers), 4) if len(labels) else 1.0
