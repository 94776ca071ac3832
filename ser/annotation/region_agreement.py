"""How well two annotators agree on regions, which they seldom mark at exactly the same times.

Two regions of a clip are the same if they overlap by half at least: if the time that both cover is at least half of the
time that either covers (intersection over union, as in the detection of objects [1] and of sound events [2]). Each
region counts once, those that overlap most first. F1 is the harmonic mean of the shares of regions that have a partner:
1 if both marked the same ones. Only clips on which both marked a region count, as a clip without one may not have been
worked on.

References
----------
[1] Everingham et al., The Pascal Visual Object Classes Challenge, International Journal of Computer Vision 88, 2010
[2] Mesaros, Heittola and Virtanen, Metrics for polyphonic sound event detection, Applied Sciences 6, 2016
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ser.annotation.agreement import DRAWS, Estimate, cohen_kappa, estimate
from ser.annotation.label import Label

MIN_OVERLAP = 0.5


@dataclass(frozen=True)
class RegionPair:
    """Agreement of two annotators on regions.

    Attributes
    ----------
    annotators : their names
    clips : number of clips on which both marked a region
    regions : how many regions each marked there
    same : how many regions have a partner
    f1 : see the module; its interval is over clips
    percent : share of these pairs of regions with the same emotion; None without any
    kappa : Cohen's kappa of the emotions of these pairs; None if not defined
    """

    annotators: tuple[str, str]
    clips: int
    regions: tuple[int, int]
    same: int
    f1: Estimate | None
    percent: float | None
    kappa: float | None


def overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the time that both regions cover over the time that either covers.

    >>> overlap((0.0, 2.0), (1.0, 3.0)), overlap((0.0, 1.0), (2.0, 3.0))
    (0.3333333333333333, 0.0)
    """
    both = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, both) / (max(one[1], other[1]) - min(one[0], other[0])) if both > 0 else 0.0


def same_regions(ones: Sequence[Label], others: Sequence[Label]) -> list[tuple[Label, Label]]:
    """Return the pairs of regions of two annotators that are the same, given labels of regions of one clip."""
    overlaps = [
        (overlap(one.region, other.region), i, j)
        for i, one in enumerate(ones)
        for j, other in enumerate(others)
        if one.region and other.region
    ]
    taken_ones, taken_others, pairs = set(), set(), []
    for share, i, j in sorted(overlaps, key=lambda entry: (-entry[0], entry[1:])):
        if share < MIN_OVERLAP:
            break
        if i not in taken_ones and j not in taken_others:
            taken_ones.add(i)
            taken_others.add(j)
            pairs.append((ones[i], others[j]))
    return pairs


def region_agreement(labels: Iterable[Label], *, draws: int = DRAWS) -> list[RegionPair]:
    """Measure how well every two annotators agree on regions; those without a clip in common are left out.

    Parameters
    ----------
    labels : labels of all annotators; those of whole clips do not count
    draws : number of bootstrap resamples for the intervals
    """
    by_annotator: dict[str, dict[str, list[Label]]] = {}
    for label in labels:
        if not label.whole:
            by_annotator.setdefault(label.annotator, {}).setdefault(label.clip, []).append(label)
    pairs = []
    for one, other in combinations(sorted(by_annotator), 2):
        clips = sorted(by_annotator[one].keys() & by_annotator[other].keys())
        if clips:
            marked = [(by_annotator[one][clip], by_annotator[other][clip]) for clip in clips]
            pairs.append(_pair((one, other), marked, draws))
    return pairs


def _pair(
    annotators: tuple[str, str], marked: list[tuple[list[Label], list[Label]]], draws: int
) -> RegionPair:
    matches = [same_regions(ones, others) for ones, others in marked]
    sums = np.array(
        [
            (2 * len(match), len(ones) + len(others))
            for match, (ones, others) in zip(matches, marked, strict=True)
        ]
    )
    emotions = [(one.emotion, other.emotion) for match in matches for one, other in match]
    return RegionPair(
        annotators=annotators,
        clips=len(marked),
        regions=(sum(len(ones) for ones, _ in marked), sum(len(others) for _, others in marked)),
        same=len(emotions),
        f1=estimate(sums, draws=draws, measure=lambda total: total[..., 0] / total[..., 1]),
        percent=sum(one == other for one, other in emotions) / len(emotions) if emotions else None,
        kappa=cohen_kappa(emotions),
    )
