"""Opening label files that are older, newer, damaged, or something else."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from ser.annotation import schema
from ser.annotation.store import (
    Annotations,
    AnnotationsError,
)
from tests.helpers.annotation_store import CLIP, label


def test_the_file_is_written_through_and_checks_its_references(path, store):
    db = store._connection()
    pragmas = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("DELETE FROM clips WHERE hash = ?", (store.write(label()).clip,))


def test_a_file_of_version_1_is_led_to_the_newest(path):
    db = sqlite3.connect(path)
    db.executescript(schema.STEPS[0])
    db.execute("INSERT INTO clips VALUES (?, 'one.wav', 2.5, 'folder', 'SAD')", (CLIP.hash,))
    old = label(time="2026-01-31T12:00:00.123Z", note="old", revision=1, start_s=0.1, end_s=0.3)
    for note in ("oldest", "old"):
        values = (old.id, CLIP.hash, "Ann", "ANG", None, None, 0.1, 0.3, note, old.time, None, None, 1)
        db.execute(f"INSERT OR REPLACE INTO labels VALUES ({', '.join('?' * 13)})", values)
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    with Annotations(path, read_only=True) as store:
        assert store.labels() == [old]
    with Annotations(path) as store:
        assert store.labels() == [old]
        assert store.clips() == [CLIP]
        assert store._read("PRAGMA user_version") == [(schema.VERSION,)]
        store.write(replace(old, note="new"))
        assert store.undo("Ann").after.note == "old"


def refused(path: Path, sentence: str) -> None:
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    for read_only in (False, True):
        with pytest.raises(AnnotationsError, match=sentence):
            Annotations(path, read_only=read_only)
    assert before.items() <= {file.name: file.read_bytes() for file in path.parent.iterdir()}.items()


def test_a_newer_file_is_refused(path):
    Annotations(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    refused(path, "newer Emotion Listener.*update the app")


def test_a_database_of_another_program_is_refused(path):
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE labels (id)")
    db.commit()
    db.close()
    refused(path, "another program")


@pytest.mark.parametrize("content", [b"clip,emotion\r\n", b"RIFF\x00\x00\x00\x00WAVE" * 500, b"SQLite"])
def test_what_is_no_database_is_refused(path, content):
    path.write_bytes(content)
    refused(path, "not a label file")


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_damaged_file_is_refused(path, store, damage):
    for _ in range(50):
        store.write(label(start_s=0, end_s=1, note="n" * 500))
    store.close()
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2 // 4096 * 4096])
    else:
        path.write_bytes(content[:4096] + bytes(len(content) - 4096))
    refused(path, "damaged.*restore a copy")


@pytest.mark.parametrize("place", ["/proc/labels.sqlite", "no folder/labels.sqlite", "."])
def test_a_place_that_cannot_keep_a_file_is_refused(tmp_path, place):
    with pytest.raises(AnnotationsError):
        Annotations(tmp_path / place)


def test_only_looking_makes_no_file_and_changes_nothing(path):
    with pytest.raises(AnnotationsError, match="no label file"):
        Annotations(path, read_only=True)
    assert not path.exists()
    with Annotations(path) as store:
        store.put_clip(CLIP)
        kept = store.write(label())
    with Annotations(path, read_only=True) as store:
        assert store.labels() == [kept]
        with pytest.raises(AnnotationsError, match="open read-only"):
            store.delete(kept)


def test_an_empty_file_becomes_a_file_of_labels(path):
    path.touch()
    with pytest.raises(AnnotationsError, match="is empty"):
        Annotations(path, read_only=True)
    with Annotations(path) as store:
        assert store.labels() == []
