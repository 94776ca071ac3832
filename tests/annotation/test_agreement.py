"""Agreement of annotators, compared with published examples and with established libraries."""

import math

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from ser.annotation.agreement import (
    DRAWS,
    agreement,
    by_hash,
    compare_with_reference,
    crowd_answers,
    network_answers,
)
from ser.annotation.agreement_report import format_report, report
from ser.annotation.label import EMOTIONS, Clip, Label
from ser.annotation.region_agreement import overlap, region_agreement, same_regions
from ser.corpus.crema_d import read_voice_votes
from ser.labels import LABELS
from tests.helpers.annotation_store import CLIP, OTHER, label


def labels_of(table: dict[str, str]) -> list[Label]:
    """Return labels, given the answers of each annotator to clips 0, 1, ...: indices of EMOTIONS, "." for none."""
    return [
        Label(f"{i:032x}", f"{i:064x}", annotator, EMOTIONS[int(answer)])
        for annotator, answers in table.items()
        for i, answer in enumerate(answers)
        if answer != "."
    ]


def labels_of_counts(counts: list[list[int]]) -> list[Label]:
    """Return labels, given how many people chose each answer for each clip."""
    found = []
    for i, row in enumerate(counts):
        answers = [EMOTIONS[k] for k, number in enumerate(row) for _ in range(number)]
        found += [Label("", f"{i:064x}", f"rater {j}", answer) for j, answer in enumerate(answers)]
    return found


# Krippendorff: Computing Krippendorff's alpha-reliability, 2011, section C: 4 observers, 12 units, some not heard
KRIPPENDORFF = {"A": "123321412...", "B": "1233224125.3", "C": ".3332342251.", "D": "12332441251."}
# Fleiss: Measuring nominal scale agreement among many raters, 1971, table 1: 30 patients, 6 psychiatrists each
FLEISS = """00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"""


def test_krippendorffs_own_example():
    found = agreement(labels_of(KRIPPENDORFF))
    assert found.alpha.value == pytest.approx(0.743, abs=5e-4)
    assert found.alpha.low < found.alpha.value < found.alpha.high
    assert (found.annotators, found.n, found.labels) == (("A", "B", "C", "D"), 11, 40)


def test_unequal_numbers_of_labels_are_handled_as_gwet_does():
    # Gwet's software (irrCAC) gives these for the same data: Fleiss' kappa 0.76117, agreement 0.81818
    found = agreement(labels_of(KRIPPENDORFF))
    assert found.kappa_name == "Fleiss' kappa"
    assert found.kappa.value == pytest.approx(0.76117, abs=1e-5)
    assert found.percent.value == pytest.approx(0.81818, abs=1e-5)


def test_fleiss_own_example():
    counts = [[int(digit) for digit in row] for row in FLEISS.split()]
    found = agreement(labels_of_counts(counts))
    assert found.kappa.value == pytest.approx(0.430, abs=5e-4)
    assert found.percent.value == pytest.approx(0.556, abs=5e-4)
    assert found.n == 30


def test_cohens_kappa_of_two():
    ann, bob = "1" * 25 + "2" * 25, "1" * 20 + "2" * 5 + "1" * 10 + "2" * 15
    found = agreement(labels_of({"Ann": ann, "Bob": bob}))
    assert found.kappa_name == "Cohen's kappa"
    assert found.kappa.value == pytest.approx(0.4)
    assert found.percent.value == pytest.approx(0.7)
    assert found.kappa.low < 0.4 < found.kappa.high
    [pair] = found.pairs
    assert (pair.annotators, pair.n) == (("Ann", "Bob"), 50)
    assert (pair.percent, pair.kappa) == (pytest.approx(0.7), pytest.approx(0.4))


tables = st.integers(2, 4).flatmap(
    lambda raters: st.dictionaries(
        st.sampled_from(["Ann", "Bob", "Eve", "Zoë"]),
        st.text("01267.", min_size=12, max_size=12),
        min_size=raters,
        max_size=raters,
    )
)


@settings(max_examples=60, deadline=None)
@given(table=tables)
def test_figures_are_those_of_well_kept_libraries(table):
    found = agreement(labels_of(table), draws=20)
    codes = np.array([[math.nan if c == "." else int(c) for c in row] for row in table.values()])
    shared = (~np.isnan(codes)).sum(0) > 1
    assert found.n == shared.sum()
    if len(set(codes[:, shared][~np.isnan(codes[:, shared])])) > 1:
        alpha = krippendorff.alpha(reliability_data=codes, level_of_measurement="nominal")
        assert found.alpha.value == pytest.approx(alpha)
    else:
        assert found.alpha is None
    for pair in found.pairs:
        one, other = (np.array(list(table[name])) for name in pair.annotators)
        both = (one != ".") & (other != ".")
        assert pair.n == both.sum()
        if len(set(one[both]) | set(other[both])) > 1:
            assert pair.kappa == pytest.approx(cohen_kappa_score(one[both], other[both]))
            assert pair.percent == pytest.approx((one[both] == other[both]).mean())
        else:
            assert pair.kappa is None
    if found.kappa and len(found.annotators) == 2:
        assert found.kappa.value == pytest.approx(found.pairs[0].kappa)


@pytest.mark.parametrize("table", [{}, {"Ann": "123"}, {"Ann": "12..", "Bob": "..34"}])
def test_without_clips_in_common_nothing_is_claimed(table):
    found = agreement(labels_of(table))
    assert found.n == 0
    assert (found.percent, found.kappa, found.alpha, found.differ) == (None, None, None, ())


def test_who_always_says_the_same_has_no_kappa_but_a_percentage():
    found = agreement(labels_of({"Ann": "1111", "Bob": "1111", "Eve": "111."}))
    assert found.percent.value == 1
    assert found.kappa is None
    assert found.alpha is None


def test_the_clips_that_are_differed_on_come_with_the_least_agreement_first():
    found = agreement(labels_of({"Ann": "12340", "Bob": "13300", "Eve": "14.3."}))
    assert [(int(d.clip, 16), d.emotions) for d in found.differ] == [
        (1, {"Ann": "FEA", "Bob": "HAP", "Eve": "NEU"}),
        (3, {"Ann": "NEU", "Bob": "ANG", "Eve": "HAP"}),
    ]


def test_regions_are_not_counted_and_said_so():
    labels = labels_of({"Ann": "12", "Bob": "12"})
    region = Label("", labels[0].clip, "Ann", "SAD", start_s=0.5, end_s=1.0)
    found = agreement([*labels, region])
    assert found.regions == 1
    assert found.percent.value == 1


def test_one_clip_has_no_interval():
    found = agreement(labels_of({"Ann": "1", "Bob": "2"}))
    assert (found.percent.value, found.kappa.value, found.alpha.value) == (0, 0, 0)
    for figure in (found.percent, found.kappa, found.alpha):
        assert math.isnan(figure.low)
        assert math.isnan(figure.high)


def test_the_bootstrap_is_the_same_each_time():
    assert agreement(labels_of(KRIPPENDORFF)) == agreement(labels_of(KRIPPENDORFF))


# ---- against the network and the crowd


def test_each_annotator_is_held_against_a_reference():
    reference = {f"{i:064x}": LABELS[i] for i in range(5)}
    ann, bob = compare_with_reference(labels_of({"Ann": "012345", "Bob": "0217.."}), reference=reference)
    assert (ann.annotator, ann.n, ann.percent.value, ann.kappa.value) == ("Ann", 5, 1, 1)
    assert (ann.differ, ann.left_out) == ({}, 1)
    assert (bob.n, bob.left_out) == (3, 1)
    assert bob.percent.value == pytest.approx(1 / 3)
    assert bob.differ == {f"{1:064x}": ("FEA", "DIS"), f"{2:064x}": ("DIS", "FEA")}


def test_the_network_is_known_by_the_newest_scores():
    scores = dict(zip(LABELS, (0.1, 0.5, 0.1, 0.1, 0.1, 0.1), strict=True))
    old = Label("", "a" * 64, "Ann", "ANG", time="2026-01-01T00:00:00.000Z", scores=scores)
    newer = {**scores, "SAD": 0.9}
    new = Label("", "a" * 64, "Bob", "ANG", time="2026-01-02T00:00:00.000Z", scores=newer)
    region = Label("", "b" * 64, "Bob", "ANG", start_s=0, end_s=1, scores=scores)
    assert network_answers([new, old, region]) == {"a" * 64: "SAD"}


def test_the_crowd_is_known_by_the_names_of_clips(crema_d):
    votes = read_voice_votes(crema_d)
    answers = crowd_answers(votes)
    assert answers["1001_DFA_ANG_XX"] == votes.loc["1001_DFA_ANG_XX"].idxmax().removeprefix("votes_")
    assert 6000 < len(answers) < 7442  # without ties
    clips = [Clip("a" * 64, "AudioWAV/1001_DFA_ANG_XX.wav"), Clip("b" * 64, "other.wav")]
    assert by_hash(answers, clips) == {"a" * 64: answers["1001_DFA_ANG_XX"]}


def test_an_interval_says_how_many_resamples_have_no_kappa():
    """Annotators differ on one clip of three: the resamples without that clip hold nothing but one emotion."""
    labels = labels_of({"Ann": "000", "Bob": "500"})
    found = agreement(labels)
    assert found.kappa.value == 0
    undefined = found.kappa.undefined_draws
    assert undefined == pytest.approx(DRAWS * (2 / 3) ** 3, abs=60)
    printed = format_report(report(labels, clips=[Clip(f"{i:064x}", str(i)) for i in range(3)]))
    assert f"(0.000 to 0.000; undefined in {undefined} of 1,000 resamples)" in printed
    assert found.percent.undefined_draws == 0


# ---- regions


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
