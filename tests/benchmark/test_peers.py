"""Tools for parts of the work beside this project."""

from importlib import util

import pytest

from ser.audio.reading import load_audio
from ser.audio.voice import find_voice
from ser.benchmark import peers
from ser.benchmark.peers import FIRST, SIDES, agreement, compare_peers, format_peers
from ser.benchmark.workers import BenchmarkError, lay_out, run_worker

MISSING = [name for name in peers.LIBRARIES if util.find_spec(name) is None]


def test_our_voice_finder_is_measured_in_a_process_of_its_own(tmp_path):
    lay_out(tmp_path, corpus=None, count=2)
    measurement = run_worker("ser.benchmark.peers", "voice", str(tmp_path), threads=1, name="", cure="")
    assert 1e-4 < measurement["clip_s"] < 10
    assert 20e6 < measurement["bytes"] < 2e9
    voices = [find_voice(load_audio(clip)) for clip in sorted((tmp_path / "clips").glob("*.wav"))]
    assert measurement["edges"] == [[voice.start_s, voice.end_s] for voice in voices]


def test_features_have_no_edges(tmp_path):
    lay_out(tmp_path, corpus=None, count=1)
    assert peers.measure("log_mel", tmp_path)["edges"] == []


def test_edges_are_compared_where_both_find_a_voice():
    ours = [(1.0, 2.0), (1.08, 2.0), (1.2, 2.0), None, (0.0, 1.0), None]
    theirs = [(1.0, 2.02), (1.0, 2.04), (1.0, 2.3), (0.0, 1.0), None, None]
    compared = agreement(ours, theirs)
    assert (compared["clips"], compared["only_ours"], compared["only_theirs"]) == (3, 1, 1)
    assert compared["start_s"]["median"] == pytest.approx(0.08)
    assert compared["end_s"]["median"] == pytest.approx(-0.04)
    assert compared["start_near"] == pytest.approx([1 / 3, 2 / 3])
    assert compared["end_near"] == pytest.approx([2 / 3, 2 / 3])
    assert agreement([None], [(0.0, 1.0)]) is None


def test_the_table_and_the_sentences_say_what_was_measured():
    rows = [
        {"side": side, "clip_s": 0.002, "ratio": {"median": 2.5, "low": 2.0, "high": 3.0}, "mb": 100.0}
        for side in SIDES
    ]
    found = agreement([(1.08, 2.0)], [(1.0, 2.04)])
    result = {"machine": {"cores": 2}, "clips": "CREMA-D", "count": 1, "rounds": 3, "rows": rows}
    lines = format_peers(result | {"agreement": found}).splitlines()
    assert [line.split("  ")[0] for line in lines[1:7]] == [side.label for side in SIDES.values()]
    assert [line.split()[-3] == "1" for line in lines[1:7]] == [side in FIRST.values() for side in SIDES]
    assert "2.50 (2.00 to 3.00)" in lines[2]
    assert lines[8].startswith("The speech begins 80 ms later for ours")
    assert "at most 50 ms apart in 0% of clips, 100 ms in 100%" in lines[8]
    assert lines[9].startswith("The speech ends 40 ms earlier for ours")
    assert "speech" not in format_peers(result | {"agreement": None})


def test_missing_libraries_are_one_sentence(monkeypatch):
    monkeypatch.setattr(peers.util, "find_spec", lambda name: None)
    with pytest.raises(
        BenchmarkError, match=r"openSMILE and Silero VAD are missing: pip install -r tests/benchmark-req"
    ):
        compare_peers(quick=True)


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason="pip install -r tests/benchmark-requirements.txt")
def test_all_sides_do_their_work_on_the_same_clips():
    result = compare_peers(quick=True)
    assert [row["side"] for row in result["rows"]] == list(SIDES)
    assert all(row["clip_s"] > 0 and row["mb"] > 20 for row in result["rows"])
    assert result["agreement"]["clips"] == 3  # examples are plain speech
    assert result["agreement"]["start_near"][1] == 1
