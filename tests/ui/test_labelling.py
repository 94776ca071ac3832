"""A label is stored and acknowledged at once; the network's scores are added to it when they are ready."""

import base64
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ser.annotation.formats import export
from ser.annotation.labelling_queue import folder_queue
from ser.annotation.store import Annotations, Row, hash_file, new_id
from ser.audio.reading import AudioError
from ser.errors import UserError
from ser.ui.desk.clips import Desk
from ser.ui.desk.label_files import LabelFiles
from ser.ui.desk.labelling import Labelling, Stores
from tests.helpers.annotation_store import SCORES
from tests.helpers.sound_files import chirp, write

WAIT_S = 30


class SlowRecognizer:
    """A recognizer that waits for `go` before it answers or fails."""

    checkpoint_id = "slow-1"

    def __init__(self) -> None:
        self.go = threading.Event()
        self.error: Exception | None = None

    def recognize(self, samples):
        assert self.go.wait(WAIT_S)
        if self.error:
            raise self.error
        return SimpleNamespace(scores=SCORES)


@pytest.fixture
def recognizer():
    recognizer = SlowRecognizer()
    yield recognizer
    recognizer.go.set()


@pytest.fixture
def folder(tmp_path) -> Path:
    write(tmp_path / "one.wav", chirp(1.0))
    return tmp_path


class Page:
    """The requests of one annotator's page about the only clip."""

    def __init__(self, folder: Path, labelling: Labelling, annotator: str = "Ann") -> None:
        self.labelling, self.annotator = labelling, annotator
        [entry] = labelling.desk.queues["folder"].entries
        self.request = {"kind": "queue", "key": entry.key, "name": entry.name}
        self.clip = hash_file(folder / "one.wav")

    def fresh(self, emotion: str = "ANG", **further) -> dict:
        grades = {"intensity": None, "confidence": None, "start_s": None, "end_s": None, "note": ""}
        return (
            grades
            | {"id": new_id(), "annotator": self.annotator, "emotion": emotion, "revision": 0}
            | further
        )

    def change(self, label: dict, kind: str = "write") -> dict:
        letter = {"kind": kind, "label": label, "request": self.request, "time": ""}
        return self.labelling.label_change({"annotator": self.annotator, "letter": letter})

    def write(self, label: dict) -> dict:
        return self.change(label)["label"]

    def open(self) -> list[dict]:
        return self.labelling.clip_labels({"annotator": self.annotator, "request": self.request})["labels"]

    def undo(self, redo: bool = False) -> dict:
        return self.labelling.label_undo({"annotator": self.annotator, "source": "folder", "redo": redo})


@pytest.fixture
def labels(folder) -> Path:
    return folder / "labels.sqlite"


@pytest.fixture
def labelling(folder, labels, recognizer) -> Labelling:
    desk = Desk(
        folder_queue(folder),
        corpus=None,
        predictions=folder / "none.csv",
        get_recognizer=lambda: recognizer,
        find_other=lambda request: None,
    )
    return Labelling(desk, Stores(labels))


@pytest.fixture
def page(folder, labelling) -> Page:
    return Page(folder, labelling)


@pytest.fixture
def store(labelling) -> Annotations:
    return labelling.stores.of({})


@pytest.fixture
def scores_arrive(recognizer, labelling, store):
    """Let the recognizer answer, and wait until the labels have its scores."""

    def arrive() -> None:
        recognizer.go.set()
        labelling.scorer.wait(store)

    return arrive


def test_a_label_is_stored_before_its_scores_are_there(page, store, scores_arrive):
    answered = page.write(page.fresh(note="loud"))
    [stored] = store.labels()
    assert (stored.id, stored.emotion, stored.note, stored.revision) == (answered["id"], "ANG", "loud", 1)
    assert stored.scores is None
    assert stored.checkpoint is None
    scores_arrive()
    [scored] = store.labels()
    assert scored == replace(stored, scores=SCORES, checkpoint="slow-1")


def test_scores_are_no_change_by_the_annotator(page, store, scores_arrive):
    seen = page.write(page.fresh())
    version, unscored = store.version(), store.scored()
    scores_arrive()
    assert [change.kind for change in store.history()] == ["change"]
    assert (store.version(), store.scored()) == (version, unscored + 1)
    changed = page.write(seen | {"emotion": "SAD"})  # as the page saw it, before the scores came
    assert (changed["emotion"], changed["revision"], changed["scores"]) == ("SAD", 2, SCORES)


def test_undo_and_redo_pass_over_the_arrival_of_scores(page, store, scores_arrive):
    first = page.write(page.fresh())
    scores_arrive()
    second = page.write(first | {"emotion": "SAD"})
    page.change(second, "delete")
    emotions = [page.undo()["change"]["emotion"] for _ in range(3)]
    assert emotions == ["SAD", "ANG", None]
    assert page.undo()["change"] is None
    emotions = []
    for _ in range(2):
        emotions.append(page.undo(redo=True)["change"]["emotion"])
        [label] = store.labels()
        assert (label.scores, label.checkpoint) == (SCORES, "slow-1")
    assert emotions == ["ANG", "SAD"]


def test_exports_are_those_of_labels_that_had_their_scores_at_once(page, store, scores_arrive, labels):
    label = page.fresh()
    page.write(label)
    scores_arrive()
    [late] = store.labels()
    with Annotations(labels.with_name("other.sqlite")) as other:
        [clip] = store.clips()
        other.put_clip(clip)
        at_once = other.write(replace(late, revision=0))
        for kind in ("csv", "json", "textgrid", "audacity", "audformat"):
            assert export([late], clips=[clip], format=kind) == export([at_once], clips=[clip], format=kind)


def test_an_export_waits_for_the_scores_of_the_last_label(page, labelling, recognizer, monkeypatch):
    page.write(page.fresh())
    answers = []
    files = LabelFiles(labelling)
    waiting = threading.Event()
    wait = labelling.scorer.wait
    monkeypatch.setattr(labelling.scorer, "wait", lambda store: (waiting.set(), wait(store)))
    export = threading.Thread(target=lambda: answers.append(files.labels_export({"format": "json"})))
    export.start()
    assert waiting.wait(WAIT_S)
    recognizer.go.set()
    export.join(WAIT_S)
    assert b"slow-1" in base64.b64decode(answers[0]["base64"])


def test_a_label_that_was_changed_meanwhile_gets_the_scores_too(page, store, scores_arrive):
    seen = page.write(page.fresh())
    page.write(seen | {"emotion": "SAD"})
    scores_arrive()
    [label] = store.labels()
    assert (label.emotion, label.revision, label.scores) == ("SAD", 2, SCORES)
    assert len(store.history()) == 2


def test_a_label_that_was_deleted_meanwhile_stays_deleted(page, store, scores_arrive):
    page.change(page.write(page.fresh()), "delete")
    scores_arrive()
    assert store.labels() == []
    assert len(store.history()) == 2
    assert page.undo()["change"]["emotion"] == "ANG"
    page.open()  # as the page does after an undo
    scores_arrive()
    assert store.labels()[0].scores == SCORES


def test_scores_of_one_region_are_not_added_to_another(store, page, scores_arrive):
    seen = page.write(page.fresh(start_s=0.0, end_s=0.5))
    stored = store.write(replace(store.labels()[0], start_s=0.1, end_s=0.6))
    assert not store.attach_scores(replace(stored, start_s=0.0, end_s=0.5), scores=SCORES, checkpoint="other")
    assert seen["id"] == stored.id
    scores_arrive()
    assert store.labels() == [stored]


def test_both_of_two_annotators_of_a_clip_get_the_scores(folder, page, labelling, store, scores_arrive):
    bob = Page(folder, labelling, "Bob")
    page.write(page.fresh())
    bob.write(bob.fresh("SAD"))
    scores_arrive()
    assert {label.annotator: label.scores for label in store.labels()} == {"Ann": SCORES, "Bob": SCORES}


@pytest.mark.parametrize(
    "error", [AudioError("Not a sound."), UserError("No network."), RuntimeError("Broken.")]
)
def test_a_recognizer_that_fails_costs_the_label_nothing_and_is_asked_again(
    page, store, recognizer, scores_arrive, error, capsys
):
    recognizer.error = error
    seen = page.write(page.fresh())
    scores_arrive()
    assert [label.scores for label in store.labels()] == [None]
    assert ("Broken." in capsys.readouterr().err) == isinstance(error, RuntimeError)  # for the log
    recognizer.error = None
    page.write(seen | {"emotion": "SAD"})
    scores_arrive()
    assert [(label.emotion, label.scores) for label in store.labels()] == [("SAD", SCORES)]


def test_a_store_that_was_closed_meanwhile_is_left_alone(page, store, labelling, labels, recognizer, capsys):
    page.write(page.fresh())
    store.close()
    recognizer.go.set()
    labelling.scorer.wait(store)
    assert capsys.readouterr().err == ""
    with Annotations(labels) as again:
        assert [label.scores for label in again.labels()] == [None]


def test_a_store_for_reading_takes_no_scores(page, store, labels):
    page.write(page.fresh())
    with Annotations(labels, read_only=True) as reader, pytest.raises(UserError, match="read-only"):
        reader.attach_scores(reader.labels()[0], scores=SCORES, checkpoint="slow-1")
    assert [label.scores for label in store.labels()] == [None]


def test_scores_that_the_last_run_could_not_add_come_when_the_clip_is_opened(page, store, scores_arrive):
    written = page.write(page.fresh())
    assert written["scores"] is None
    late = store.write(replace(store.labels()[0], id=new_id(), annotator="Bob", revision=0, scores=None))
    assert [label["scores"] for label in page.open()] == [None, None]
    scores_arrive()
    assert {label.id: label.scores for label in store.labels()} == {written["id"]: SCORES, late.id: SCORES}


def test_imported_labels_keep_what_their_file_says(page, store, scores_arrive):
    page.write(page.fresh())
    [clip] = store.clips()
    imported = replace(store.labels()[0], id=new_id(), annotator="Bob", revision=0)
    store.import_rows([Row(imported, clip)])
    page.open()
    scores_arrive()
    assert {label.annotator: label.scores for label in store.labels()} == {"Ann": SCORES, "Bob": None}


def test_a_failed_attachment_leaves_the_history_at_work(page, store, labels, scores_arrive):
    seen = page.write(page.fresh())
    with sqlite3.connect(labels) as db:
        db.execute(
            "CREATE TRIGGER full BEFORE UPDATE OF scores ON labels BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    scores_arrive()
    assert store.labels()[0].scores is None
    with sqlite3.connect(labels) as db:
        db.execute("DROP TRIGGER full")
    db.close()
    page.write(seen | {"emotion": "SAD"})
    assert [change.kind for change in store.history()] == ["change", "change"]
