"""The Data set tab of another corpus: its clips are scored while the app runs, and shown without what CREMA-D alone has."""

import json
import shutil
import threading
from pathlib import Path

import pytest

import ser
from ser.annotation.labelling_queue import folder_queue
from ser.annotation.store import new_id
from ser.corpus.crema_d import ServedCorpus
from ser.corpus.layout import detect
from ser.evaluation import known_table
from ser.evaluation.clip_table import ClipsError
from ser.evaluation.known_table import KnownTable
from ser.labels import LABELS
from ser.ui.dataset.tab import columns, page
from ser.ui.desk.clips import Desk, dataset_queue
from ser.ui.desk.labelling import Labelling, Stores
from tests.helpers.recognizers import EVEN_RECOGNIZER
from tests.helpers.sound_files import chirp, write


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


# Of a folder to annotate: files, and the speaker, the acted emotion and its word of each.
FOLDERS = {
    "EmoDB": {"03a01Wa.wav": ("03", "ANG", "anger"), "16b10La.wav": ("16", None, "boredom")},
    "RAVDESS": {
        "Actor_12/03-01-03-01-01-01-12.wav": ("12", "HAP", "happiness"),
        "Actor_12/03-02-04-01-01-01-12.wav": ("12", "SAD", "sadness"),  # sung
    },
    "MESD": {"Fear_F_A_abajo.wav": (None, "FEA", "fear")},  # F stands for any woman
    "a copy of CREMA-D": {"1001_dfa_angry_high.wav": ("1001", "ANG", "anger")},
    "recordings": {"1001_dfa_angry_high.wav": (None,) * 3, "me.wav": (None,) * 3, "you.wav": (None,) * 3},
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_to_annotate_has_the_speakers_and_acted_emotions_of_its_names(tmp_path, folder):
    for name in FOLDERS[folder]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"RIFF")
    entries = folder_queue(tmp_path).entries
    assert {entry.name: (entry.speaker, entry.acted, entry.acted_word) for entry in entries} == FOLDERS[
        folder
    ]


def test_the_acted_emotion_is_hidden_until_the_annotator_has_labelled_the_clip(tmp_path):
    write(tmp_path / "03a01Wa.wav", chirp(1.0))
    labelling = labelling_of(tmp_path)
    [entry] = labelling.desk.queues["folder"].entries
    sound = {"kind": "queue", "key": entry.key, "name": entry.name}

    def facts(**further) -> dict:
        return labelling.clip_labels({"annotator": "Ann", "request": sound} | further)["facts"]

    hidden = {"name": None, "speaker": "03", "acted": None, "hides_acted": True}
    shown = {"name": None, "speaker": "03", "acted": "anger", "hides_acted": False}
    assert facts() == hidden
    assert facts(others=True) == shown
    grades = {"intensity": None, "confidence": None, "start_s": None, "end_s": None, "note": ""}
    label = grades | {"id": new_id(), "annotator": "Ann", "emotion": "HAP", "revision": 0}
    letter = {"kind": "write", "label": label, "request": sound, "time": ""}
    stored = labelling.label_change({"annotator": "Ann", "letter": letter})["label"]
    assert facts() == shown
    assert facts(annotator="Ben") == hidden
    [clip] = labelling.stores.of({}).clips()
    assert (clip.acted, stored["emotion"]) == ("ANG", "HAP")


def labelling_of(folder: Path) -> Labelling:
    desk = Desk(
        folder_queue(folder),
        corpus=None,
        predictions=folder / "none.csv",
        get_recognizer=lambda: EVEN_RECOGNIZER,
        find_other=lambda request: None,
    )
    return Labelling(desk, Stores(folder / "labels.sqlite"))
