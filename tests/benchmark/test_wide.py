"""The wide network's time and memory beside the small one's."""

import pytest

from ser.benchmark.wide import compare_wide, format_wide
from ser.network.encoder_files import DATA_VARIABLE, EncoderError
from tests.helpers import wide_checkpoint


def test_both_networks_score_the_same_clips_in_turn(tmp_path, monkeypatch):
    wide_checkpoint.install_encoder(tmp_path, monkeypatch)
    result = compare_wide(wide=wide_checkpoint.write_checkpoint(tmp_path / "wide"), quick=True)
    assert result["rounds"] == 1
    times = [result[name]["clip_s"]["median"] for name in ("small", "wide")]
    assert result["ratio"]["median"] == pytest.approx(times[1] / times[0])
    assert 50 < result["small"]["mb"] < 2000
    assert result["more_mb"] == pytest.approx(result["wide"]["mb"] - result["small"]["mb"])
    lines = format_wide(result).splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["small", "wide", "wide", "aim"]


def test_without_the_encoder_the_command_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    with pytest.raises(EncoderError, match="wide install"):
        compare_wide(wide=wide_checkpoint.write_checkpoint(tmp_path / "wide"), quick=True)
