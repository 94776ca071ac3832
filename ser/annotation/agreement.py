"""How well annotators agree with each other, with the network and with CREMA-D's crowd.

Only labels of whole clips count; `ser.annotation.region_agreement` compares regions. "Other" and "Unclear" count
as answers like the emotions. Clips that only one person labelled say nothing about agreement and are left out.

- percent: of the pairs of labels of the same clip, the share that agree, as a mean over clips.
- kappa: for two annotators Cohen's kappa [1]; for more Fleiss' kappa [2], generalised to clips with unequal numbers
  of labels [3]: observed agreement is the mean over clips with two labels or more, and chance agreement follows from
  the shares of the emotions, as a mean over all clips. With equal numbers of labels this is Fleiss' original.
- alpha: Krippendorff's alpha for nominal data [4].
- intervals: 95%, from a percentile bootstrap over clips. They are NaN for a single clip.

References
----------
[1] Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20, 1960
[2] Fleiss, Measuring nominal scale agreement among many raters, Psychological Bulletin 76, 1971
[3] Gwet, Handbook of Inter-Rater Reliability, 4th edition, 2014, chapter 2
[4] Krippendorff, Content Analysis, 3rd edition, 2013, chapter 12
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ser.annotation.label import Clip, Label
from ser.corpus.votes import VOTE_COLUMNS, majority
from ser.labels import LABELS

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 1000  # resamples of the bootstrap
EmotionsByClip = Mapping[str, Mapping[str, str]]  # clip -> annotator -> emotion


class Estimate(NamedTuple):
    """A figure with its 95% interval.

    Attributes
    ----------
    value, low, high : the figure and the bounds of its interval, which are NaN for a single clip
    undefined_draws : number of resamples of the bootstrap for which the figure is not defined, because all labels in
        them are the same emotion; the interval is that of the others
    """

    value: float
    low: float
    high: float
    undefined_draws: int = 0


@dataclass(frozen=True)
class Pair:
    """Agreement of two annotators.

    Attributes
    ----------
    annotators : their names
    n : number of clips that both labelled
    percent : share of these clips on which they agree, 0 to 1; None if there are none
    kappa : Cohen's kappa; None if there are no clips, or if both gave all clips one and the same emotion
    emotions : those that either gave these clips, sorted
    confusion : (emotions, emotions): on how many clips the first annotator gave one and the second another
    """

    annotators: tuple[str, str]
    n: int
    percent: float | None
    kappa: float | None
    emotions: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Disagreement:
    """A clip on which annotators differ: its hash, and the emotion by annotator."""

    clip: str
    emotions: dict[str, str]


@dataclass(frozen=True)
class Agreement:
    """Agreement of all annotators.

    Attributes
    ----------
    annotators : names of all annotators who labelled a whole clip, sorted
    n : number of clips with labels of two or more annotators
    labels : number of labels of these clips
    percent, kappa, alpha : estimates with intervals; None if not defined, for example without such clips
    kappa_name : "Cohen's kappa" or "Fleiss' kappa"
    pairs : agreement of every two annotators
    differ : clips on which they differ, least agreement first
    regions : number of labels of regions, which do not count
    """

    annotators: tuple[str, ...]
    n: int
    labels: int
    percent: Estimate | None
    kappa: Estimate | None
    kappa_name: str
    alpha: Estimate | None
    pairs: tuple[Pair, ...]
    differ: tuple[Disagreement, ...]
    regions: int


@dataclass(frozen=True)
class ReferenceComparison:
    """An annotator compared with a reference that answers with one of the six emotions.

    Attributes
    ----------
    annotator : name of the annotator
    n : number of clips for which both gave one of the six emotions
    percent, kappa : share of equal answers and Cohen's kappa, with intervals; None if not defined
    differ : emotions of the annotator and of the reference, by clip, where they differ
    left_out : number of clips that the annotator labelled as other or unclear, or that the reference lacks
    """

    annotator: str
    n: int
    percent: Estimate | None
    kappa: Estimate | None
    differ: dict[str, tuple[str, str]]
    left_out: int


def agreement(labels: Iterable[Label], *, draws: int = DRAWS) -> Agreement:
    """Measure how well annotators agree.

    Parameters
    ----------
    labels : labels of all annotators
    draws : number of bootstrap resamples for the intervals
    """
    labels = list(labels)
    emotions_by_clip = _by_clip(labels)
    annotators = tuple(sorted({label.annotator for label in labels if label.whole}))
    shared = {clip: emotions for clip, emotions in emotions_by_clip.items() if len(emotions) > 1}
    counts, two = _counts(shared), len(annotators) == 2
    # Clips with a single label enter Fleiss' kappa too: they show how often each emotion is chosen.
    kappa = (
        _cohen(_confusions(shared, annotators), draws) if two else _fleiss(_counts(emotions_by_clip), draws)
    )
    return Agreement(
        annotators=annotators,
        n=len(shared),
        labels=int(counts.sum()),
        percent=estimate(_observed(counts), draws=draws, measure=lambda sums: sums[..., 1] / sums[..., 0]),
        kappa=kappa,
        kappa_name="Cohen's kappa" if two else "Fleiss' kappa",
        alpha=_krippendorff(counts, draws),
        pairs=tuple(_pair(shared, pair) for pair in combinations(annotators, 2)),
        differ=_differences(shared),
        regions=sum(not label.whole for label in labels),
    )


def compare_with_reference(
    labels: Iterable[Label], *, reference: Mapping[str, str], draws: int = DRAWS
) -> list[ReferenceComparison]:
    """Compare each annotator's labels of whole clips with a reference.

    Parameters
    ----------
    labels : labels of all annotators
    reference : emotions by the hashes of clips
    draws : number of bootstrap resamples for the intervals
    """
    emotions_by_clip = _by_clip(labels)
    annotators = sorted({annotator for emotions in emotions_by_clip.values() for annotator in emotions})
    return [_compare(annotator, emotions_by_clip, reference, draws) for annotator in annotators]


# ---- references


def network_answers(labels: Iterable[Label]) -> dict[str, str]:
    """Return the emotion with the highest score by clip, from the newest label of the whole clip that has scores."""
    answers = {}
    for label in sorted(labels, key=lambda label: label.time):
        if label.whole and label.scores:
            answers[label.clip] = max(LABELS, key=label.scores.__getitem__)
    return answers


def crowd_answers(votes: "pd.DataFrame") -> dict[str, str]:
    """Return the emotion that most of CREMA-D's raters perceived in the voice, by the name of the clip; without ties.

    Parameters
    ----------
    votes : a table of clips with the columns of `ser.corpus.crema_d.read_voice_votes`, which the table of a `Corpus` has as well
    """
    winners = majority(votes[list(VOTE_COLUMNS)].to_numpy())
    return {clip: LABELS[winner] for clip, winner in zip(votes.index, winners, strict=True) if winner >= 0}


def by_hash(answers: Mapping[str, str], clips: Iterable[Clip]) -> dict[str, str]:
    """Return answers by the hashes of clips, given answers by names like 1001_DFA_ANG_XX."""
    stems = ((clip.hash, PureWindowsPath(clip.name).stem) for clip in clips)
    return {clip_hash: answers[stem] for clip_hash, stem in stems if stem in answers}


# ---- counts


def _by_clip(labels: Iterable[Label]) -> dict[str, dict[str, str]]:
    """Return the emotions of whole clips: clip -> annotator -> emotion."""
    emotions_by_clip: dict[str, dict[str, str]] = {}
    for label in labels:
        if label.whole:
            emotions_by_clip.setdefault(label.clip, {})[label.annotator] = label.emotion
    return emotions_by_clip


def _codes(emotions_by_clip: EmotionsByClip) -> list[str]:
    """Return all emotions that were chosen. Those that nobody chose change none of the figures."""
    return sorted({emotion for emotions in emotions_by_clip.values() for emotion in emotions.values()})


def _counts(emotions_by_clip: EmotionsByClip) -> np.ndarray:
    """Return (clips, emotions): the number of annotators who chose each emotion."""
    codes = _codes(emotions_by_clip)
    counts = np.zeros((len(emotions_by_clip), len(codes)))
    for i, emotions in enumerate(emotions_by_clip.values()):
        for emotion, number in Counter(emotions.values()).items():
            counts[i, codes.index(emotion)] = number
    return counts


def _confusions(emotions_by_clip: EmotionsByClip, pair: tuple[str, ...]) -> np.ndarray:
    """Return (clips that both labelled, emotions, emotions): a confusion matrix per clip, with a single 1."""
    codes = _codes(emotions_by_clip)
    answers = [
        [codes.index(e[name]) for name in pair] for e in emotions_by_clip.values() if set(pair) <= set(e)
    ]
    confusions = np.zeros((len(answers), len(codes), len(codes)))
    for i, (one, other) in enumerate(answers):
        confusions[i, one, other] = 1
    return confusions


def _differences(emotions_by_clip: EmotionsByClip) -> tuple[Disagreement, ...]:
    shares = dict(zip(emotions_by_clip, _observed(_counts(emotions_by_clip))[:, 1], strict=True))
    clips = sorted(
        (clip for clip in emotions_by_clip if shares[clip] < 1), key=lambda clip: (shares[clip], clip)
    )
    return tuple(Disagreement(clip, dict(sorted(emotions_by_clip[clip].items()))) for clip in clips)


def _pair(emotions_by_clip: EmotionsByClip, pair: tuple[str, str]) -> Pair:
    confusions = _confusions(emotions_by_clip, pair)
    total = confusions.sum(0)
    percent = float(np.trace(total) / total.sum()) if len(confusions) else None
    kappa = float(_kappa(total))
    used = np.flatnonzero(total.sum(0) + total.sum(1)).tolist()
    codes = _codes(emotions_by_clip)
    return Pair(
        pair,
        len(confusions),
        percent,
        None if np.isnan(kappa) else kappa,
        tuple(codes[i] for i in used),
        tuple(tuple(int(total[i, j]) for j in used) for i in used),
    )


def _compare(
    annotator: str, emotions_by_clip: EmotionsByClip, reference: Mapping[str, str], draws: int
) -> ReferenceComparison:
    chosen = {
        clip: emotions[annotator] for clip, emotions in emotions_by_clip.items() if annotator in emotions
    }
    both = {
        clip: {"annotator": emotion, "reference": reference[clip]}
        for clip, emotion in chosen.items()
        if emotion in LABELS and reference.get(clip) in LABELS
    }
    return ReferenceComparison(
        annotator=annotator,
        n=len(both),
        percent=estimate(
            _observed(_counts(both)), draws=draws, measure=lambda sums: sums[..., 1] / sums[..., 0]
        ),
        kappa=_cohen(_confusions(both, ("annotator", "reference")), draws),
        differ={
            clip: (emotions["annotator"], emotions["reference"])
            for clip, emotions in sorted(both.items())
            if emotions["annotator"] != emotions["reference"]
        },
        left_out=len(chosen) - len(both),
    )


# ---- measures


def _observed(counts: np.ndarray) -> np.ndarray:
    """Return (clips, 2): 1 and the share of pairs that agree, for clips with two or more labels; else 0 and 0."""
    n = counts.sum(1)
    paired = n > 1
    agreed = (counts * (counts - 1)).sum(1) / np.where(paired, n * (n - 1), 1)
    return np.stack([paired, agreed * paired], 1)


def _kappa(confusion: np.ndarray) -> np.ndarray:
    """Return Cohen's kappa of confusion matrices (..., emotions, emotions); NaN if chance agreement is 1."""
    n = confusion.sum((-1, -2))
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = np.trace(confusion, axis1=-2, axis2=-1) / n
        chance = (confusion.sum(-1) * confusion.sum(-2)).sum(-1) / n**2
        return np.where(chance < 1 - 1e-12, (observed - chance) / (1 - chance), np.nan)


def cohen_kappa(answers: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of pairs of answers; None if it is not defined."""
    codes = sorted({code for pair in answers for code in pair})
    confusion = np.zeros((len(codes), len(codes)))
    for one, other in answers:
        confusion[codes.index(one), codes.index(other)] += 1
    kappa = float(_kappa(confusion))
    return None if np.isnan(kappa) else kappa


def _cohen(confusions: np.ndarray, draws: int) -> Estimate | None:
    return estimate(confusions, draws=draws, measure=_kappa)


def _fleiss(counts: np.ndarray, draws: int) -> Estimate | None:
    shares = counts / counts.sum(1, keepdims=True)
    clips = np.concatenate([_observed(counts), np.ones((len(counts), 1)), shares], 1)

    def kappa(sums: np.ndarray) -> np.ndarray:
        observed = sums[..., 1] / sums[..., 0]
        chance = ((sums[..., 3:] / sums[..., 2:3]) ** 2).sum(-1)
        return np.where(chance < 1 - 1e-12, (observed - chance) / (1 - chance), np.nan)

    return estimate(clips, draws=draws, measure=kappa)


def _krippendorff(counts: np.ndarray, draws: int) -> Estimate | None:
    import krippendorff

    bootstrapped = estimate(_coincidences(counts), draws=draws, measure=_alpha)
    if bootstrapped is None:
        return None
    value = krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
    return bootstrapped._replace(value=float(value))


def _coincidences(counts: np.ndarray) -> np.ndarray:
    """Return (clips, emotions, emotions): the contribution of each clip to Krippendorff's coincidence matrix."""
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1])
    return pairs / np.maximum(counts.sum(1) - 1, 1)[:, None, None]


def _alpha(coincidences: np.ndarray) -> np.ndarray:
    """Return alpha of coincidence matrices (..., emotions, emotions); the library is too slow for all draws of the bootstrap."""
    totals = coincidences.sum(-1)
    n = totals.sum(-1)
    chance = n**2 - (totals**2).sum(-1)
    observed = n - np.trace(coincidences, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(chance > 1e-9, 1 - (n - 1) * observed / chance, np.nan)


def estimate(
    clips: np.ndarray, *, draws: int, measure: Callable[[np.ndarray], np.ndarray]
) -> Estimate | None:
    """Return a measure of the sum over clips, with its interval; None if it is not defined."""
    from ser.util.intervals import bootstrap, interval

    if not len(clips):
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        value, resampled = measure(clips.sum(0)), measure(bootstrap(clips, draws=draws))
    if np.isnan(value):
        return None
    if len(clips) == 1 or np.isnan(resampled).all():
        return Estimate(float(value), float("nan"), float("nan"))
    _, low, high = interval(value, resampled)
    return Estimate(float(value), low, high, int(np.isnan(resampled).sum()))
