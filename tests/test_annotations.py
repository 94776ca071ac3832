"""The store of labels: what is kept, what is refused, and what is left after a crash."""

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser import annotation_schema
from ser.annotations import (
    EMOTIONS,
    NAMES,
    Annotations,
    AnnotationsError,
    Clip,
    ConflictError,
    Imported,
    Label,
    LabelError,
    Row,
    hash_file,
    new_id,
)
from ser.labels import LABELS

SCORES = dict(zip(LABELS, (0.1, 0.2, 0.3, 0.15, 0.05, 0.2), strict=True))
CLIP = Clip("a" * 64, "one.wav", 2.5, "folder", "SAD")
OTHER = Clip("b" * 64, "two.wav")


def label(annotator="Ann", emotion="ANG", clip=CLIP, **further) -> Label:
    return Label(new_id(), clip.hash, annotator, emotion, **further)


MEMORY = (
    "/dev/shm" if Path("/dev/shm").is_dir() else None
)  # every label is synced: on a slow disk that adds up


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder) / "labels.sqlite"


@pytest.fixture
def disk(tmp_path) -> Path:
    return tmp_path / "labels.sqlite"


@pytest.fixture
def store(path):
    with Annotations(path) as store:
        store.see(CLIP)
        store.see(OTHER)
        yield store


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
    with pytest.raises(ConflictError, match="Ann labelled this whole clip already"):
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
    assert store.done("Bob") == {CLIP.hash, OTHER.hash}
    assert store.done("nobody") == set()


def test_a_clip_that_was_not_seen_is_refused(store):
    with pytest.raises(AnnotationsError, match="open it first"):
        store.write(label(clip=Clip("c" * 64, "new.wav")))


def test_a_clip_that_is_seen_again_keeps_what_is_known_of_it(store):
    store.see(Clip(CLIP.hash, "renamed.wav", None, "sitting", None))
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
    with pytest.raises(LabelError, match=r"^This label cannot be kept, for .*: correct it\.$"):
        store.write(replace(label(), **wrong))
    assert store.labels() == []
    assert store.history() == []


# ---- changes


def test_a_change_of_what_others_changed_meanwhile_is_refused(store):
    seen = store.write(label())
    newer = store.write(replace(seen, emotion="SAD"))
    with pytest.raises(ConflictError, match=r"changed meanwhile \(by Ann at 20.*Z\)") as caught:
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


# ---- undo and redo


def test_undo_and_redo_go_through_all_changes(store):
    first = store.write(label())
    second = store.write(replace(first, emotion="SAD"))
    store.delete(second)
    assert store.undo("Ann").after.emotion == "SAD"
    assert store.undo("Ann").after.emotion == "ANG"
    assert store.undo("Ann").after is None
    assert store.undo("Ann") is None
    assert store.labels() == []
    assert store.redo("Ann").after.emotion == "ANG"
    assert store.redo("Ann").after.emotion == "SAD"
    assert store.redo("Ann").after is None
    assert store.redo("Ann") is None
    kinds = [change.kind for change in store.history()]
    assert kinds == ["change"] * 3 + ["undo"] * 3 + ["redo"] * 3


def test_undo_is_each_annotators_own_and_outlives_a_restart(path, store):
    store.write(label())
    bobs = store.write(label("Bob"))
    store.close()
    with Annotations(path) as again:
        assert again.undo("Ann").before.annotator == "Ann"
        assert again.labels() == [bobs]
    with Annotations(path) as again:
        assert again.redo("Bob") is None
        assert again.redo("Ann").after.emotion == "ANG"


def test_a_new_change_ends_what_can_be_redone(store):
    store.write(label())
    store.undo("Ann")
    store.write(label(emotion="SAD"))
    assert store.redo("Ann") is None
    assert [found.emotion for found in store.labels()] == ["SAD"]


def test_a_window_that_did_not_see_the_undo_cannot_overwrite_it(store):
    first = store.write(label())
    second = store.write(replace(first, emotion="SAD"))
    store.undo("Ann")
    for seen in (first, second):
        with pytest.raises(ConflictError):
            store.write(replace(seen, emotion="HAP"))


MOVES = st.lists(st.tuples(st.sampled_from("wdur"), st.integers(0, 2)), max_size=40)


@settings(max_examples=30, deadline=None)
@given(moves=MOVES)
def test_undo_and_redo_are_what_a_stack_of_states_says(moves):
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        Annotations(Path(folder) / "labels.sqlite") as store,
    ):
        store.see(CLIP)
        ids, states, at = [new_id() for _ in range(3)], [{}], 0
        for step, (move, which) in enumerate(moves):
            current = {found.id: found for found in store.labels()}
            if move == "u":
                assert (store.undo("Ann") is None) == (at == 0)
                at = max(at - 1, 0)
            elif move == "r":
                assert (store.redo("Ann") is None) == (at == len(states) - 1)
                at = min(at + 1, len(states) - 1)
            elif move == "w" or ids[which] in current:
                state = dict(states[at])
                if move == "d":
                    store.delete(current[ids[which]])
                    del state[ids[which]]
                else:
                    ids[which] = ids[which] if ids[which] in current else new_id()
                    fresh = Label(ids[which], CLIP.hash, "Ann", "ANG", start_s=0, end_s=1)
                    store.write(replace(current.get(ids[which], fresh), note=str(step)))
                    state[ids[which]] = str(step)
                states, at = [*states[: at + 1], state], at + 1
            assert {found.id: found.note for found in store.labels()} == states[at]


# ---- files: import


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


# ---- files: opening


def test_the_file_is_written_through_and_checks_its_references(path, store):
    db = store._connection()
    pragmas = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("DELETE FROM clips WHERE hash = ?", (store.write(label()).clip,))


def test_a_file_of_version_1_is_led_to_the_newest(path):
    db = sqlite3.connect(path)
    db.executescript(annotation_schema.STEPS[0])
    db.execute("INSERT INTO clips VALUES (?, 'one.wav', 2.5, 'folder', 'SAD')", (CLIP.hash,))
    old = label(time="2026-01-31T12:00:00.123Z", note="old", revision=1, start_s=0.1, end_s=0.3)
    for note in ("oldest", "old"):
        values = (old.id, CLIP.hash, "Ann", "ANG", None, None, 0.1, 0.3, note, old.time, None, None, 1)
        db.execute(f"INSERT OR REPLACE INTO labels VALUES ({', '.join('?' * 13)})", values)
    db.execute(f"PRAGMA application_id = {annotation_schema.APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    with Annotations(path, read_only=True) as store:
        assert store.labels() == [old]
    with Annotations(path) as store:
        assert store.labels() == [old]
        assert store.clips() == [CLIP]
        assert store._read("PRAGMA user_version") == [(annotation_schema.VERSION,)]
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
    refused(path, "no file of labels")


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
    refused(path, "damaged.*put back a copy")


@pytest.mark.parametrize("place", ["/proc/labels.sqlite", "no folder/labels.sqlite", "."])
def test_a_place_that_cannot_keep_a_file_is_refused(tmp_path, place):
    with pytest.raises(AnnotationsError):
        Annotations(tmp_path / place)


def test_only_looking_makes_no_file_and_changes_nothing(path):
    with pytest.raises(AnnotationsError, match="no file of labels"):
        Annotations(path, read_only=True)
    assert not path.exists()
    with Annotations(path) as store:
        store.see(CLIP)
        kept = store.write(label())
    with Annotations(path, read_only=True) as store:
        assert store.labels() == [kept]
        with pytest.raises(AnnotationsError, match="for reading only"):
            store.delete(kept)


def test_an_empty_file_becomes_a_file_of_labels(path):
    path.touch()
    with pytest.raises(AnnotationsError, match="is empty"):
        Annotations(path, read_only=True)
    with Annotations(path) as store:
        assert store.labels() == []


# ---- many at a time


def test_threads_share_a_store(store):
    together = threading.Barrier(8)

    def work(name):
        together.wait()
        for i in range(20):
            kept = store.write(label(name, start_s=i, end_s=i + 1))
            store.write(replace(kept, emotion="SAD"))

    threads = [threading.Thread(target=work, args=(f"Ann {i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.labels()) == 160
    assert {found.emotion for found in store.labels()} == {"SAD"}
    assert store.version() == 320


def test_of_many_who_change_the_same_revision_one_succeeds(store):
    seen, together, outcomes = store.write(label()), threading.Barrier(8), []

    def work(i):
        together.wait()
        try:
            outcomes.append(store.write(replace(seen, note=str(i))))
        except ConflictError:
            outcomes.append(None)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = [kept for kept in outcomes if kept]
    assert len(outcomes) == 8
    assert store.labels() == [winner]


WRITER = """
import sys
from ser.annotations import Annotations, Clip, Label, new_id
path, annotator, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Annotations(path) as store:
    store.see(Clip("a" * 64, "one.wav", 2.5))
    for i in range(count):
        kept = store.write(Label(new_id(), "a" * 64, annotator, "ANG", start_s=i, end_s=i + 1, note=str(i)))
        print(kept.id, flush=True)
    sys.stdin.read()  # stay to be killed
"""


def writer(path: Path, annotator: str, count: int) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, str(path), annotator, str(count)]
    root = Path(__file__).resolve().parent.parent
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )


def test_two_processes_make_and_fill_a_file_at_a_time(path):
    processes = [writer(path, name, 50) for name in ("Ann", "Bob")]
    acknowledged = [process.communicate(timeout=60)[0].split() for process in processes]
    with Annotations(path) as store:
        for name, ids in zip(("Ann", "Bob"), acknowledged, strict=True):
            assert len(ids) == 50
            assert [found.id for found in store.labels(annotator=name)] == ids


@pytest.mark.parametrize(
    "seed", [3, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, 2, 4, 5))]
)
def test_no_acknowledged_label_is_lost_when_the_writer_is_killed(disk, seed):
    last = random.Random(seed).randrange(1, 999)
    process = writer(disk, "Ann", 1000)
    acknowledged = [process.stdout.readline().strip() for _ in range(last)]
    process.send_signal(signal.SIGKILL)
    acknowledged += process.stdout.read().split()  # those that it had time to print
    process.stdin.close()
    process.wait(timeout=60)
    assert process.returncode == -signal.SIGKILL
    with Annotations(disk) as store:
        found = [kept.id for kept in store.labels(annotator="Ann")]
        assert found[: len(acknowledged)] == acknowledged
        assert len(found) <= len(acknowledged) + 1  # one may be kept whose word had no time to come out
        assert store.version() == len(found)
        assert [note.note for note in store.labels()] == [str(i) for i in range(len(found))]
        store.write(label("Ann"))
        assert store.undo("Ann").after is None
