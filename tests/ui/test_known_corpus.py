"""The Data set tab of another corpus: its clips are scored while the app runs, and shown without what CREMA-D alone has."""

import json
import shutil
import threading

import pytest

import ser
from ser.corpus.crema_d import ServedCorpus
from ser.corpus.layout import detect
from ser.evaluation import known_table
from ser.evaluation.clip_table import ClipsError
from ser.evaluation.known_table import KnownTable
from ser.labels import LABELS
from ser.ui.dataset.tab import columns, page
from ser.ui.desk.clips import dataset_queue


@pytest.fixture
def corpus(tmp_path, crema_d):
    for i, emotion in enumerate(("W", "N", "T"), 1):
        shutil.copy(crema_d / "AudioWAV" / "1001_DFA_ANG_XX.wav", tmp_path / f"03a0{i}{emotion}a.wav")
    (tmp_path / "08a01Fa.wav").write_bytes(b"")
    return ServedCorpus(tmp_path, known=detect(tmp_path))


def test_the_clips_are_scored_on_demand_and_shown(corpus, monkeypatch):
    monkeypatch.setattr(known_table, "PATIENCE_S", 60)
    table = KnownTable(corpus, get_recognizer=ser.Recognizer.load)
    table.check()
    sent = json.loads(json.dumps(columns(table)))
    assert sent["clips"] == ["03a01Wa", "03a02Na", "03a03Ta"]
    assert sent["names"] == [
        ["03", "A01", "ANG", "XX"],
        ["03", "A02", "NEU", "XX"],
        ["03", "A03", "SAD", "XX"],
    ]
    scores = ser.Recognizer.load().recognize(corpus.path("03a01Wa")).scores
    assert sent["scores"][:6] == [pytest.approx(1e6 * scores[label], abs=1) for label in LABELS]
    assert sent["votes"] is None
    assert sent["words"]["sentences"] == {"A01": "A01", "A02": "A02", "A03": "A03"}
    assert table.describe_split(table.own_split)["test"]["clips"] == 3
    html = page(table)
    assert "Acted emotion" in html
    assert "Crowd heard it" not in html
    assert "Level" not in html
    assert len(dataset_queue(corpus).entries) == 4


def test_meanwhile_the_page_reads_how_far_it_is(corpus, monkeypatch):
    monkeypatch.setattr(known_table, "PATIENCE_S", 0.01)
    loaded = threading.Event()

    def late() -> ser.Recognizer:
        loaded.wait(60)
        return ser.Recognizer.load()

    table = KnownTable(corpus, get_recognizer=late)
    with pytest.raises(ClipsError, match="Scoring the clips of EmoDB: 0 of 3 so far"):
        table.check()
    assert table.is_scoring
    loaded.set()
    monkeypatch.setattr(known_table, "PATIENCE_S", 60)
    table.check()
    assert not table.is_scoring
    assert len(table.table) == 3
