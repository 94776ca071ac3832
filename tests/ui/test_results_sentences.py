"""The sentences of the Results tab."""

import pytest

from ser.evaluation.bootstrap import Estimate
from ser.ui.results.markup import _pair


@pytest.mark.parametrize("sign", [1, -1])
def test_the_interval_is_that_of_the_points_that_are_named(sign):
    low, high = sorted((sign * 0.014, sign * 0.048))
    said = _pair("one", "other", {"uar": Estimate(sign * 0.033, low, high)})
    assert "3.3 points of UAR " + ("better" if sign > 0 else "worse") in said
    assert "interval 1.4 to 4.8" in said
