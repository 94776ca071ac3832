"""The sentences of the Results tab."""

import pytest

from ser.evaluation.bootstrap import Estimate
from ser.evaluation.results import GROUPINGS
from ser.ui.results.markup import _pair
from ser.ui.results.plots import TITLES
from ser.ui.results.words import MEASURES, human_names, of_groups, of_rows


@pytest.mark.parametrize("sign", [1, -1])
def test_the_interval_is_that_of_the_points_that_are_named(sign):
    low, high = sorted((sign * 0.014, sign * 0.048))
    said = _pair("one", "other", {"uar": Estimate(sign * 0.033, low, high)})
    assert "3.3 points of UAR " + ("better" if sign > 0 else "worse") in said
    assert "interval 1.4 to 4.8" in said


def figure(value: float, low: float, high: float) -> dict:
    return {"value": value, "low": low, "high": high}


def test_groups_whose_intervals_overlap_may_differ_by_chance():
    rows = [
        {"group": "Female", "uar": figure(0.70, 0.66, 0.74)},
        {"group": "Male", "uar": figure(0.65, 0.6, 0.7)},
    ]
    assert of_groups(rows, "sex").endswith("(65%): that may be chance.")
    rows[0]["uar"]["low"] = 0.71
    said = "Female voices are the easiest (UAR 70%), and male voices the hardest (65%)."
    assert of_groups(rows, "sex") == said
    assert of_groups(rows[:1], "sex") == ""


def test_the_network_that_runs_stands_beside_single_votes():
    rows = [
        {"name": "one", "who": "network", "accuracy": figure(0.52, 0.5, 0.6)},
        {"name": "two", "who": "network", "accuracy": figure(0.71, 0.7, 0.8)},
        {"name": "most", "who": "people", "accuracy": figure(0.47, 0.4, 0.5)},
        {"name": "single", "who": "people", "accuracy": figure(0.41, 0.4, 0.5)},
    ]
    said = "one names the acted emotion of 52 in 100 clips; a person who hears only the voice names 41."
    assert of_rows(rows, "one") == said
    assert of_rows(rows, "two").startswith("two names the acted emotion of 71 in 100 clips")


def test_the_name_of_a_network_is_written_small_inside_a_sentence():
    rates = {"uar": Estimate(0.2, 0.1, 0.3)}
    said = _pair("This app's network", "The notebook's network", rates)
    assert "<strong>This app&#x27;s network</strong> is" in said
    assert "than <strong>the notebook&#x27;s network</strong>" in said


def test_networks_have_names_for_people_and_measures_a_clause():
    assert human_names(["wide", "emotion", "mine"]) == {
        "wide": "This app's network",
        "emotion": "The small network",
        "mine": "mine",
    }
    assert MEASURES.keys() >= {"overview", "reliability", "curves", *GROUPINGS}
    assert MEASURES.keys() <= TITLES.keys()
