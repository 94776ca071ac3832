"""The store of labels: what it stores, what it rejects, and its history."""

import hashlib
import sqlite3
from dataclasses import replace

import pytest

from ser.annotation.store import (
    EMOTIONS,
    NAMES,
    Annotations,
    AnnotationsError,
    Clip,
    ConflictError,
    LabelError,
    hash_file,
)
from ser.labels import LABELS
from tests.helpers.annotation_store import CLIP, OTHER, SCORES, label


def test_the_eight_emotions_come_in_the_order_of_their_keys():
    assert list(EMOTIONS) == [*LABELS, "OTH", "UNC"]
    assert [NAMES[code] for code in EMOTIONS[-2:]] == ["Other", "Unclear"]


def test_a_clip_is_known_by_its_content(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"sound")
    assert hash_file(tmp_path / "a.wav") == hashlib.sha256(b"sound").hexdigest()
    assert hash_file((tmp_path / "a.wav").rename(tmp_path / "b.wav")) == hashlib.sha256(b"sound").hexdigest()


# ---- labels


def test_what_was_written_is_there_when_the_file_is_opened_again(path, store):
    full = label(
        intensity=3,
        confidence=1,
        start_s=0.1,
        end_s=1 / 3,
        note='it\'s\n"so" 😀 עברית',
        time="2026-01-31T12:00:00.123Z",
        scores=SCORES,
        checkpoint="emotion",
    )
    kept = store.write(full)
    assert kept == replace(full, revision=1)
    store.close()
    with Annotations(path) as again:
        assert again.labels() == [kept]
        assert again.clips() == [CLIP, OTHER]


def test_the_time_is_filled_in(store):
    assert store.write(label()).time.endswith("Z")


def test_any_number_of_regions_but_one_label_of_the_whole_clip(store):
    whole = store.write(label())
    regions = [store.write(label(start_s=0.5, end_s=end)) for end in (1, 1, 2)]
    assert store.labels(clip=CLIP.hash)[0] == whole
    assert sorted(region.id for region in regions) == sorted(found.id for found in store.labels()[1:])
    with pytest.raises(ConflictError, match="Ann has already labelled this whole clip"):
        store.write(label(emotion="SAD"))
    with pytest.raises(ConflictError):
        store.write(replace(regions[0], start_s=None, end_s=None))
    store.write(label("Bob"))
    store.write(label(clip=OTHER))


def test_labels_are_found_by_clip_and_by_annotator(store):
    ann, bob, other = store.write(label()), store.write(label("Bob")), store.write(label("Bob", clip=OTHER))
    assert store.labels(clip=CLIP.hash) == [ann, bob]
    assert store.labels(annotator="Bob") == [bob, other]
    assert store.labels(clip=OTHER.hash, annotator="Ann") == []
    assert store.labelled_clips("Bob") == {CLIP.hash, OTHER.hash}
    assert store.labelled_clips("nobody") == set()


def test_a_clip_that_was_not_seen_is_refused(store):
    with pytest.raises(AnnotationsError, match="open it first"):
        store.write(label(clip=Clip("c" * 64, "new.wav")))


def test_a_clip_that_is_seen_again_keeps_what_is_known_of_it(store):
    store.put_clip(Clip(CLIP.hash, "renamed.wav", None, "sitting", None))
    assert store.clips()[0] == replace(CLIP, name="renamed.wav")


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "1"},
        {"clip": "a.wav"},
        {"annotator": " "},
        {"annotator": "two\nlines"},
        {"emotion": "ang"},
        {"intensity": 4},
        {"confidence": True},
        {"start_s": 1.0},
        {"start_s": 2.0, "end_s": 1.0},
        {"start_s": -1.0, "end_s": 1.0},
        {"start_s": 0.0, "end_s": float("inf")},
        {"note": "\x00"},
        {"note": "\ud800"},
        {"note": "x" * 100_001},
        {"note": None},
        {"time": "yesterday"},
        {"time": "2026-02-31T12:00:00.000Z"},
        {"scores": {"ANG": 1.0}},
        {"scores": SCORES | {"ANG": float("nan")}},
        {"revision": -1},
    ],
)
def test_what_is_no_label_is_refused_with_a_sentence(store, wrong):
    with pytest.raises(LabelError, match=r"^This label cannot be saved because .*: correct it\.$"):
        store.write(replace(label(), **wrong))
    assert store.labels() == []
    assert store.history() == []


# ---- changes


def test_a_change_of_what_others_changed_meanwhile_is_refused(store):
    seen = store.write(label())
    newer = store.write(replace(seen, emotion="SAD"))
    with pytest.raises(ConflictError, match=r"changed in the meantime \(by Ann at 20.*Z\)") as caught:
        store.write(replace(seen, emotion="HAP"))
    assert caught.value.stored == newer
    assert caught.value.annotator == "Ann"
    assert caught.value.time == store.history()[-1].time
    with pytest.raises(ConflictError):
        store.delete(seen)
    assert store.labels() == [newer]


def test_a_change_of_what_was_deleted_is_refused(store):
    seen = store.write(label())
    store.delete(seen)
    for late in (replace(seen, emotion="SAD"), replace(seen, revision=0)):
        with pytest.raises(ConflictError, match="was deleted") as caught:
            store.write(late)
        assert caught.value.stored is None
    with pytest.raises(ConflictError):
        store.delete(seen)
    with pytest.raises(ConflictError, match="not in this file"):
        store.write(replace(label(), revision=3))


def test_nobody_takes_over_the_label_of_another(store):
    seen = store.write(label())
    for theirs in (replace(seen, annotator="Bob"), replace(seen, clip=OTHER.hash)):
        with pytest.raises(ConflictError, match="belongs to Ann"):
            store.write(theirs)
    assert store.labels() == [seen]


def test_every_change_is_in_the_history(store):
    first = store.write(label())
    second = store.write(replace(first, note="louder", start_s=0.1, end_s=0.7))
    store.write(label("Bob", clip=OTHER))
    store.delete(second)
    mine = store.history(clip=CLIP.hash)
    assert [(change.before, change.after) for change in mine] == [
        (None, first),
        (first, second),
        (second, None),
    ]
    assert [change.annotator for change in store.history()] == ["Ann", "Ann", "Bob", "Ann"]
    assert [change.number for change in store.history()] == [1, 2, 3, 4]
    assert store.version() == 4


def test_no_program_can_change_a_label_without_history_or_the_history_itself(path, store):
    kept = store.write(label())
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("UPDATE labels SET emotion = 'SAD'")
    assert [change.after.emotion for change in store.history()] == ["ANG", "SAD"]
    for statement in ("UPDATE history SET emotion = 'HAP'", "DELETE FROM history"):
        with pytest.raises(sqlite3.IntegrityError, match="history is kept"):
            db.execute(statement)
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("UPDATE labels SET annotator = 'Bob'")
    db.execute("DELETE FROM labels")
    db.close()
    assert store.history()[-1].before == replace(kept, emotion="SAD")
    assert store.history()[-1].after is None
