"""Regions of two annotators: which are the same, and how well they agree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser.annotation.region_agreement import overlap, region_agreement, same_regions
from tests.helpers.annotation_store import CLIP, OTHER, label


def region(start_s: float, end_s: float, emotion: str = "ANG", annotator: str = "Ann", clip=CLIP):
    return label(annotator, emotion, clip, start_s=start_s, end_s=end_s)


def test_regions_that_overlap_by_half_are_the_same():
    ann = [region(0.0, 1.0), region(2.0, 3.0), region(5.0, 6.0)]
    bob = [
        region(0.1, 1.1, annotator="Bob"),
        region(2.5, 3.5, annotator="Bob"),
        region(5.0, 6.5, annotator="Bob"),
    ]
    assert same_regions(ann, bob) == [
        (ann[0], bob[0]),
        (ann[2], bob[2]),
    ]  # 0.9 of 1.1 s, 0.5 of 1.5 s, 1.0 of 1.5 s


def test_each_region_has_one_partner_the_one_that_overlaps_most():
    ann = [region(0.0, 1.0), region(0.1, 1.0)]
    bob = [region(0.1, 1.0, annotator="Bob")]
    assert same_regions(ann, bob) == [(ann[1], bob[0])]
    assert same_regions(ann, []) == []


def test_f1_and_the_emotions_of_the_same_regions():
    labels = [
        *(region(0.0, 1.0, "ANG"), region(1.0, 2.0, "SAD"), region(3.0, 4.0, "HAP")),
        *(region(0.0, 1.0, "ANG", "Bob"), region(1.1, 2.0, "FEA", "Bob")),
        *(region(0.0, 1.0, "NEU", clip=OTHER), region(5.0, 6.0, "NEU", "Bob", OTHER)),
        region(0.0, 1.0, "ANG", "Cleo", OTHER),
        label("Dan", "ANG"),  # a label of a whole clip
    ]
    pairs = {pair.annotators: pair for pair in region_agreement(labels, draws=50)}
    both = pairs["Ann", "Bob"]
    assert (both.clips, both.regions, both.same) == (2, (4, 3), 2)
    assert both.f1.value == pytest.approx(2 * 2 / 7)
    assert (both.percent, both.kappa) == (0.5, pytest.approx(1 / 3))
    assert pairs["Ann", "Cleo"].f1.value == 1
    none = pairs["Bob", "Cleo"]
    assert (none.f1.value, none.percent, none.kappa) == (0, None, None)
    assert region_agreement([]) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 100).map(lambda second: round(second, 3)), min_size=4, max_size=4, unique=True))
def test_overlap_is_symmetric_and_a_share(seconds):
    one, other = tuple(sorted(seconds[:2])), tuple(sorted(seconds[2:]))
    assert overlap(one, other) == overlap(other, one)
    assert 0 <= overlap(one, other) < 1
    assert overlap(one, one) == 1
