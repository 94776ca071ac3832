from importlib import util

import pytest

from ser.benchmark import pretrained
from ser.benchmark.pretrained import SIDES, compare_pretrained, format_pretrained
from ser.benchmark.workers import BenchmarkError, lay_out


def test_our_side_is_measured_in_a_process_of_its_own(tmp_path):
    lay_out(tmp_path, corpus=None, count=2)
    measurement = pretrained._run(SIDES[0], 1, tmp_path)
    assert 1e-3 < measurement["clip_s"] < 10
    assert 50e6 < measurement["bytes"] < 2e9
    assert 1e6 < measurement["parameters"] <= 3e6


def test_the_table_gives_ratios_against_the_first_row():
    rows = [
        {"label": "ours", "parameters": 2e6, "threads": "one", "rounds": 3, "clip_s": 0.02, "bytes": 2e8},
        {"label": "large", "parameters": 3e8, "threads": "all", "rounds": 3, "clip_s": 1.0, "bytes": 9e8},
    ]
    table = format_pretrained({"machine": {"cores": 2}, "clips": "CREMA-D", "rows": rows}).splitlines()
    assert table[1].split() == ["ours", "2.0", "M", "20", "ms", "(one)", "1", "200", "MB", "1.0"]
    assert table[2].split() == ["large", "300.0", "M", "1000", "ms", "(all)", "50", "900", "MB", "4.5"]


def test_the_missing_library_is_one_sentence(monkeypatch):
    monkeypatch.setattr(pretrained.util, "find_spec", lambda name: None)
    with pytest.raises(BenchmarkError, match=r"pip install -r tests/benchmark-requirements\.txt"):
        compare_pretrained(quick=True)


@pytest.mark.slow
@pytest.mark.skipif(
    util.find_spec("transformers") is None, reason="pip install -r tests/benchmark-requirements.txt"
)
def test_both_sizes_are_scored_beside_ours():
    result = compare_pretrained(quick=True)
    base, large = result["rows"][1:]
    assert [row["label"] for row in result["rows"]] == list(SIDES)
    assert 90e6 < base["parameters"] < 100e6 < 300e6 < large["parameters"] < 330e6  # as in the paper
