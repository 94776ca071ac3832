"""Import of rows into a label file: all of them or none."""

from dataclasses import replace

import pytest

from ser.annotation.store import (
    Annotations,
    ConflictError,
    Imported,
    Label,
    LabelError,
    Row,
    new_id,
)
from tests.helpers.annotation_store import CLIP, OTHER, SCORES, label


def rows_of(*labels: Label) -> list[Row]:
    return [Row(found, CLIP if found.clip == CLIP.hash else OTHER) for found in labels]


def test_rows_come_in_once_however_often_they_are_imported(store, path):
    labels = [store.write(label()), store.write(label(start_s=0.25, end_s=0.75, scores=SCORES))]
    with Annotations(path.with_name("second.sqlite")) as second:
        assert second.import_rows(rows_of(*labels)) == Imported(new=2)
        assert second.import_rows(rows_of(*labels)) == Imported(same=2)
        assert sorted(second.labels(), key=lambda found: found.id) == sorted(
            labels, key=lambda found: found.id
        )
        assert second.clips() == [CLIP]
        assert [change.kind for change in second.history()] == ["import"] * 2


def test_an_import_that_contradicts_what_is_there_changes_nothing(store):
    kept = store.write(label())
    new = replace(label("Bob"), time=kept.time)
    for contrary in (replace(kept, note="other"), replace(kept, id=new_id())):
        with pytest.raises(ConflictError, match="import with --replace"):
            store.import_rows(rows_of(new, contrary))
        assert store.labels() == [kept]
    assert len(store.history()) == 1


def test_an_import_may_replace_what_is_there_and_the_history_keeps_it(store):
    kept = store.write(label())
    assert store.import_rows(rows_of(replace(kept, note="other")), replace=True) == Imported(replaced=1)
    assert [(found.note, found.revision) for found in store.labels()] == [("other", 2)]
    third = replace(kept, id=new_id(), emotion="SAD")
    assert store.import_rows(rows_of(third), replace=True) == Imported(replaced=1)
    assert [found.id for found in store.labels()] == [third.id]
    assert store.history()[1].before == kept


def test_what_a_file_brought_cannot_be_undone_from_beneath(store):
    elsewhere = store.write(label(clip=OTHER))
    kept = store.write(label())
    store.delete(kept)
    store.import_rows(rows_of(kept))
    assert store.undo("Ann").before.id == elsewhere.id
    assert store.undo("Ann") is None
    assert [found.id for found in store.labels()] == [kept.id]


def test_an_import_brings_back_what_was_deleted(store):
    kept = store.write(label())
    store.delete(kept)
    assert store.import_rows(rows_of(kept)) == Imported(new=1)
    assert store.labels() == [replace(kept, revision=2)]


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ({"note": "other"}, "twice with different content"),
        ({"id": "0" * 32}, "two labels for the whole clip"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(store, second, sentence):
    first = label(time="2026-01-31T12:00:00.123Z")
    with pytest.raises(LabelError, match=sentence):
        store.import_rows(rows_of(first, replace(first, **second)))
    assert store.labels() == []
