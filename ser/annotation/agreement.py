"""How far annotators agree, with each other, with the network and with CREMA-D's crowd.

Counted are labels of whole clips: regions of two people are seldom the same stretch. "Other" and "Unclear" are
answers like the six emotions. Clips that only one person labelled say nothing about agreement and are left out.

- percent: the share of pairs of labels of a clip that agree, as a mean over clips.
- kappa: Cohen's for two annotators (Educational and Psychological Measurement 20, 1960); for more, Fleiss'
  (Psychological Bulletin 76, 1971) in the form for clips with unequal numbers of labels: agreement is the mean over
  clips with two labels or more, chance the mean over all clips of the shares of the emotions (Gwet, Handbook of
  Inter-Rater Reliability, 4th edition, 2014, chapter 2). With equal numbers it is Fleiss' own.
- alpha: Krippendorff's for nominal data (Content Analysis, 3rd edition, 2013, chapter 12).
- intervals: 95%, percentile bootstrap over clips; NaN for a single clip, which says nothing about others.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING

import numpy as np

from ser.annotation.label import EMOTIONS, Clip, Label
from ser.corpus.votes import VOTE_COLUMNS, majority
from ser.labels import LABELS

if TYPE_CHECKING:
    import pandas as pd

    from ser.evaluation.bootstrap import Estimate

DRAWS = 1000  # of the bootstrap


@dataclass(frozen=True)
class Pair:
    """Two annotators: how many clips both labelled, the share that they agree on, and Cohen's kappa.

    `percent` and `kappa` are None where they are not defined: without clips, and kappa also where both always
    gave one and the same emotion.
    """

    annotators: tuple[str, str]
    n: int
    percent: float | None
    kappa: float | None


@dataclass(frozen=True)
class Difference:
    """A clip that annotators gave different emotions: its hash, and emotion by annotator."""

    clip: str
    emotions: dict[str, str]


@dataclass(frozen=True)
class Agreement:
    """How far annotators agree.

    Attributes
    ----------
    annotators : all who labelled a whole clip, sorted
    n : clips with labels of two annotators or more
    labels : of these clips
    percent, kappa, alpha : with their intervals; None where not defined, as without such clips
    kappa_name : "Cohen's kappa" or "Fleiss' kappa"
    pairs : each two annotators
    differ : the clips that they differ on, those with the least agreement first
    regions : labels of regions, which are not counted
    """

    annotators: tuple[str, ...]
    n: int
    labels: int
    percent: "Estimate | None"
    kappa: "Estimate | None"
    kappa_name: str
    alpha: "Estimate | None"
    pairs: tuple[Pair, ...]
    differ: tuple[Difference, ...]
    regions: int


@dataclass(frozen=True)
class Against:
    """An annotator beside a reference that knows the six emotions.

    Attributes
    ----------
    annotator : whose labels
    n : clips that both have one of the six for
    percent, kappa : share of equal answers, with its interval, and Cohen's kappa; None where not defined
    differ : by clip: the annotator's emotion and the reference's
    left_out : clips that the annotator labelled as other or unclear, or that the reference does not know
    """

    annotator: str
    n: int
    percent: "Estimate | None"
    kappa: "Estimate | None"
    differ: dict[str, tuple[str, str]]
    left_out: int


def agreement(labels: Iterable[Label], *, draws: int = DRAWS) -> Agreement:
    """Measure how far all annotators agree; `draws` is how often the bootstrap draws."""
    labels = list(labels)
    heard = _by_clip(labels)
    annotators = tuple(sorted({label.annotator for label in labels if label.whole}))
    shared = {clip: emotions for clip, emotions in heard.items() if len(emotions) > 1}
    counts, two = _counts(shared), len(annotators) == 2
    # Clips of one label tell how often an emotion is given, to Fleiss' chance; the others decide.
    kappa = _cohen(_confusions(shared, annotators), draws) if two else _fleiss(_counts(heard), draws)
    return Agreement(
        annotators=annotators,
        n=len(shared),
        labels=int(counts.sum()),
        percent=_estimate(_observed(counts), draws, lambda sums: sums[..., 1] / sums[..., 0]),
        kappa=kappa,
        kappa_name="Cohen's kappa" if two else "Fleiss' kappa",
        alpha=_krippendorff(counts, draws),
        pairs=tuple(_pair(shared, pair) for pair in combinations(annotators, 2)),
        differ=_differences(shared),
        regions=sum(not label.whole for label in labels),
    )


def against(labels: Iterable[Label], *, reference: Mapping[str, str], draws: int = DRAWS) -> list[Against]:
    """Hold each annotator's labels of whole clips against a reference: emotion by the clip's hash."""
    heard = _by_clip(labels)
    annotators = sorted({annotator for emotions in heard.values() for annotator in emotions})
    return [_against(annotator, heard, reference, draws) for annotator in annotators]


# ---- references


def model_answers(labels: Iterable[Label]) -> dict[str, str]:
    """Return the emotion that scored highest, by clip, of the newest label of each whole clip that has scores."""
    answers = {}
    for label in sorted(labels, key=lambda label: label.time):
        if label.whole and label.scores:
            answers[label.clip] = max(LABELS, key=label.scores.__getitem__)
    return answers


def crowd_answers(votes: "pd.DataFrame") -> dict[str, str]:
    """Return the emotion that most of CREMA-D's raters heard in the voice, by the clip's name; no ties.

    `votes` has the columns of `ser.corpus.crema_d.read_voice_votes`, as has the table of a `Corpus`.
    """
    most = majority(votes[list(VOTE_COLUMNS)].to_numpy())
    return {clip: LABELS[place] for clip, place in zip(votes.index, most, strict=True) if place >= 0}


def by_content(answers: Mapping[str, str], clips: Iterable[Clip]) -> dict[str, str]:
    """Return answers by the clips' hashes, given by names such as 1001_DFA_ANG_XX."""
    stems = ((clip.hash, PureWindowsPath(clip.name).stem) for clip in clips)
    return {content: answers[stem] for content, stem in stems if stem in answers}


# ---- what is counted


def _by_clip(labels: Iterable[Label]) -> dict[str, dict[str, str]]:
    """Return emotion by annotator, by clip."""
    heard: dict[str, dict[str, str]] = {}
    for label in labels:
        if label.whole:
            heard.setdefault(label.clip, {})[label.annotator] = label.emotion
    return heard


def _counts(heard: Mapping[str, Mapping[str, str]]) -> np.ndarray:
    """Return (clips, 8): how many gave each emotion."""
    counts = np.zeros((len(heard), len(EMOTIONS)))
    for i, emotions in enumerate(heard.values()):
        for emotion, number in Counter(emotions.values()).items():
            counts[i, EMOTIONS.index(emotion)] = number
    return counts


def _confusions(heard: Mapping[str, Mapping[str, str]], pair: tuple[str, ...]) -> np.ndarray:
    """Return (clips that both labelled, 8, 8): a single 1 for each clip."""
    answers = [[EMOTIONS.index(e[name]) for name in pair] for e in heard.values() if set(pair) <= set(e)]
    found = np.zeros((len(answers), len(EMOTIONS), len(EMOTIONS)))
    for i, (one, other) in enumerate(answers):
        found[i, one, other] = 1
    return found


def _differences(heard: Mapping[str, Mapping[str, str]]) -> tuple[Difference, ...]:
    agreed = dict(zip(heard, _observed(_counts(heard))[:, 1], strict=True))
    clips = sorted((clip for clip in heard if agreed[clip] < 1), key=lambda clip: (agreed[clip], clip))
    return tuple(Difference(clip, dict(sorted(heard[clip].items()))) for clip in clips)


def _pair(heard: Mapping[str, Mapping[str, str]], pair: tuple[str, str]) -> Pair:
    confusions = _confusions(heard, pair)
    total = confusions.sum(0)
    percent = float(np.trace(total) / total.sum()) if len(confusions) else None
    return Pair(pair, len(confusions), percent, _known(_kappa(total)))


def _against(annotator: str, heard: dict, reference: Mapping[str, str], draws: int) -> Against:
    own = {clip: emotions[annotator] for clip, emotions in heard.items() if annotator in emotions}
    both = {
        clip: {"own": emotion, "reference": reference[clip]}
        for clip, emotion in own.items()
        if emotion in LABELS and reference.get(clip) in LABELS
    }
    return Against(
        annotator=annotator,
        n=len(both),
        percent=_estimate(_observed(_counts(both)), draws, lambda sums: sums[..., 1] / sums[..., 0]),
        kappa=_cohen(_confusions(both, ("own", "reference")), draws),
        differ={c: (e["own"], e["reference"]) for c, e in sorted(both.items()) if e["own"] != e["reference"]},
        left_out=len(own) - len(both),
    )


# ---- the figures


def _observed(counts: np.ndarray) -> np.ndarray:
    """Return (clips, 2): for each clip of two labels or more, 1 and the share of pairs that agree; else 0, 0."""
    n = counts.sum(1)
    some = n > 1
    agreed = (counts * (counts - 1)).sum(1) / np.where(some, n * (n - 1), 1)
    return np.stack([some, agreed * some], 1)


def _kappa(confusion: np.ndarray) -> np.ndarray:
    """Return Cohen's kappa of confusion matrices (..., 8, 8); NaN where chance alone would agree always."""
    n = confusion.sum((-1, -2))
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = np.trace(confusion, axis1=-2, axis2=-1) / n
        chance = (confusion.sum(-1) * confusion.sum(-2)).sum(-1) / n**2
        return np.where(chance < 1 - 1e-12, (observed - chance) / (1 - chance), np.nan)


def _cohen(confusions: np.ndarray, draws: int) -> "Estimate | None":
    return _estimate(confusions, draws, _kappa)


def _fleiss(counts: np.ndarray, draws: int) -> "Estimate | None":
    shares = counts / counts.sum(1, keepdims=True)
    clips = np.concatenate([_observed(counts), np.ones((len(counts), 1)), shares], 1)

    def kappa(sums: np.ndarray) -> np.ndarray:
        observed = sums[..., 1] / sums[..., 0]
        chance = ((sums[..., 3:] / sums[..., 2:3]) ** 2).sum(-1)
        return np.where(chance < 1 - 1e-12, (observed - chance) / (1 - chance), np.nan)

    return _estimate(clips, draws, kappa)


def _krippendorff(counts: np.ndarray, draws: int) -> "Estimate | None":
    import krippendorff

    from ser.evaluation.bootstrap import Estimate

    drawn = _estimate(_coincidences(counts), draws, _alpha)
    if drawn is None:
        return None
    value = krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
    return Estimate(float(value), drawn.low, drawn.high)


def _coincidences(counts: np.ndarray) -> np.ndarray:
    """Return (clips, 8, 8): what each clip, of two labels or more, adds to Krippendorff's coincidence matrix."""
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(len(EMOTIONS))
    return pairs / np.maximum(counts.sum(1) - 1, 1)[:, None, None]


def _alpha(coincidences: np.ndarray) -> np.ndarray:
    """Return alpha of coincidence matrices (..., 8, 8): the draws of the bootstrap are too many for the library."""
    totals = coincidences.sum(-1)
    n = totals.sum(-1)
    chance = n**2 - (totals**2).sum(-1)
    observed = n - np.trace(coincidences, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(chance > 1e-9, 1 - (n - 1) * observed / chance, np.nan)


def _estimate(clips: np.ndarray, draws: int, figure: Callable[[np.ndarray], np.ndarray]) -> "Estimate | None":
    """Return a figure of what clips add up to, with its interval; None where it is not defined."""
    from ser.evaluation.bootstrap import Estimate, bootstrap, interval

    if not len(clips):
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        value, drawn = figure(clips.sum(0)), figure(bootstrap(clips, draws=draws))
    if np.isnan(value):
        return None
    if len(clips) == 1 or np.isnan(drawn).all():
        return Estimate(float(value), float("nan"), float("nan"))
    return interval(value, drawn)


def _known(value: float | np.ndarray) -> float | None:
    return None if np.isnan(value) else float(value)
