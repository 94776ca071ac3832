"""Final labels and marks: who gives them, who may change them, and that files and exports keep them."""

import sqlite3
from dataclasses import replace

import pytest

from ser.annotation.formats import FORMATS, ImportOptions, KnownClips, export, read
from ser.annotation.store import Annotations, AnnotationsError, ConflictError, LabelError
from tests.helpers.annotation_store import CLIP, label


@pytest.fixture
def judged(store) -> Annotations:
    """Two annotators who differ, and the final label that Cleo gave."""
    for annotator, emotion in (("Ann", "ANG"), ("Bob", "SAD")):
        store.write(label(annotator=annotator, emotion=emotion))
    store.write(label(annotator="Cleo", emotion="ANG", note="listened twice", final=True))
    return store


def test_a_final_label_is_nobodys_own(judged):
    assert [one.annotator for one in judged.labels()] == ["Ann", "Bob"]
    [final] = judged.labels(final=True)
    assert (final.annotator, final.emotion, final.revision) == ("Cleo", "ANG", 1)
    assert len(judged.labels(final=None)) == 3
    assert judged.labelled_clips("Cleo") == set()
    own = judged.write(label(annotator="Cleo", emotion="FEA"))  # who decides may have labelled, too
    assert judged.labels(annotator="Cleo") == [own]


def test_a_clip_has_one_final_label_which_another_may_change(judged):
    with pytest.raises(ConflictError, match="Cleo has already given the final label of this clip"):
        judged.write(label(annotator="Ann", emotion="SAD", final=True))
    [final] = judged.labels(final=True)
    changed = judged.write(replace(final, annotator="Ann", emotion="SAD"))
    assert judged.labels(final=True) == [changed]
    with pytest.raises(ConflictError, match="changed in the meantime"):
        judged.write(replace(final, emotion="HAP"))
    assert judged.undo("Cleo") is None  # it is not hers any more
    assert judged.undo("Ann").after.annotator == "Cleo"
    assert [change.annotator for change in judged.history(clip=CLIP.hash)][-3:] == ["Cleo", "Ann", "Cleo"]


def test_an_own_label_never_becomes_a_final_one(judged):
    own = judged.labels(annotator="Ann")[0]
    judged.delete(judged.labels(final=True)[0])
    with pytest.raises(AnnotationsError):
        judged.write(replace(own, final=True))
    with pytest.raises(sqlite3.IntegrityError):
        judged._connection().execute("UPDATE labels SET annotator = 'Bob' WHERE id = ?", (own.id,))
    assert judged.undo("Cleo").after.final


def test_marks_are_set_and_taken_back_and_all_are_kept(judged):
    before = judged.version()
    judged.mark(CLIP.hash, annotator="Ann", kind="flagged")
    judged.mark(CLIP.hash, annotator="Bob", kind="skipped")
    judged.mark(CLIP.hash, annotator="Ann", kind="skipped")
    judged.mark(CLIP.hash, annotator="Ann", kind="skipped", is_set=False)
    assert [(one.annotator, one.kind) for one in judged.marks()] == [("Ann", "flagged"), ("Bob", "skipped")]
    assert [one.kind for one in judged.marks("Ann")] == ["flagged"]
    assert judged.version() > before
    assert judged._read("SELECT count(*) FROM marks") == [(4,)]
    with pytest.raises(sqlite3.IntegrityError):
        judged._connection().execute("DELETE FROM marks")
    with pytest.raises(LabelError):
        judged.mark(CLIP.hash, annotator="Ann", kind="liked")
    with pytest.raises(AnnotationsError):
        judged.mark("0" * 64, annotator="Ann", kind="flagged")


@pytest.mark.parametrize("format", [name for name, format in FORMATS.items() if format.keeps_all])
def test_exports_keep_which_label_is_final(judged, tmp_path, format):
    labels = judged.labels(final=None)
    files = export(labels, clips=judged.clips(), format=format)
    reading = read(files, format=format, clips=KnownClips(judged.clips()), options=ImportOptions())
    with Annotations(tmp_path / "other.sqlite") as other:
        other.import_rows(reading.rows)
        assert other.labels(final=None) == labels
        assert other.import_rows(reading.rows).same == 3


def test_a_file_without_final_labels_can_be_read_unchanged(path):
    from ser.annotation import schema

    db = sqlite3.connect(path)
    for step in schema.STEPS[:2]:
        db.executescript(step)
    db.execute("INSERT INTO clips VALUES (?, 'one.wav', 2.5, 'folder', 'SAD')", (CLIP.hash,))
    old = label(time="2026-01-31T12:00:00.123Z", revision=1)
    values = (old.id, CLIP.hash, "Ann", "ANG", None, None, None, None, "", old.time, None, None, 1)
    db.execute(f"INSERT INTO labels VALUES ({', '.join('?' * 13)})", values)
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.execute("PRAGMA user_version = 2")
    db.commit()
    db.close()
    before = path.read_bytes()
    with Annotations(path, read_only=True) as store:
        assert (store.labels(final=None), store.marks(), store.version()) == ([old], [], 1)
        assert [change.after for change in store.history()] == [old]
    assert path.read_bytes() == before
    with Annotations(path) as store:
        assert store.labels() == [old]
        store.mark(CLIP.hash, annotator="Ann", kind="flagged")
        assert store.undo("Ann").after is None
