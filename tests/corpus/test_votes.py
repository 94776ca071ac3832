"""The crowd's most frequent vote: one emotion, several in a tie, none without votes."""

import numpy as np
import pytest

from ser.corpus.votes import majority, most_voted

CASES = [
    ("a clear majority", [1, 5, 0, 0, 2, 0], ["DIS"], 1),
    ("a majority of one", [0, 0, 3, 4, 3, 0], ["HAP"], 3),
    ("one vote", [0, 0, 0, 0, 0, 1], ["SAD"], 5),
    ("a tie of two", [4, 0, 0, 0, 4, 1], ["ANG", "NEU"], -1),
    ("a tie of all", [2] * 6, ["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"], -1),
    ("no votes", [0] * 6, [], -1),
]


@pytest.mark.parametrize(
    ("votes", "most", "place"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_most_votes_and_the_majority(votes, most, place):
    labels = np.array(["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"])
    assert labels[most_voted(np.array([votes]))[0]].tolist() == most
    assert majority(np.array([votes])).tolist() == [place]


def test_clips_are_judged_each_by_its_own_votes():
    votes = np.array([case[1] for case in CASES])
    assert majority(votes).tolist() == [case[3] for case in CASES]
    assert majority(votes[:0]).tolist() == []
    assert most_voted(votes[:0]).shape == (0, 6)
