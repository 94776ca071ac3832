"""Queues of clips: which files of a hostile folder they contain, the background work, filters and orders."""

import hashlib
import os
import threading
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from ser.annotation.labelling_queue import (
    Entry,
    Heard,
    QueueError,
    folder_queue,
)
from ser.annotation.queue_order import View, arrange, differing, entropy, margin
from ser.audio.reading import SAMPLE_RATE, AudioError
from ser.labels import LABELS

HOSTILE = (
    'it\'s "quoted".wav',
    "<img src=x onerror=alert(1)>.wav",
    "two\nlines.wav",
    "smile 😀.wav",
    "\u202egnp.wav",
    "%2e%2e%2fetc.wav",
    "-rf.wav",
    " leading.wav",
)


def write_sound(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = 0.1 * np.random.default_rng(seed).standard_normal(SAMPLE_RATE // 4)
    soundfile.write(path, samples, SAMPLE_RATE, subtype="PCM_16", format="WAV")
    return path


def names(queue):
    return [entry.name for entry in queue.entries]


def six(*values):
    return dict(zip(LABELS, values, strict=True))


def test_sound_files_of_all_folders_are_found_by_their_ending(tmp_path):
    for name in ("b.wav", "A.WAV", "deep/er/c.flac", "deep/d.mp3"):
        write_sound(tmp_path / name)
    for name in ("notes.txt", "sound.wav.part", "wav"):
        (tmp_path / name).write_text("no sound")
    assert names(folder_queue(tmp_path)) == ["A.WAV", "b.wav", "deep/d.mp3", "deep/er/c.flac"]


def test_hidden_files_and_what_is_no_file_are_left_out(tmp_path):
    write_sound(tmp_path / ".hidden.wav")
    write_sound(tmp_path / ".git" / "a.wav")
    (tmp_path / "folder.wav").mkdir()
    os.mkfifo(tmp_path / "pipe.wav")  # reading it would block forever
    write_sound(tmp_path / "a.wav")
    assert names(folder_queue(tmp_path)) == ["a.wav"]


def test_links_out_of_the_folder_are_left_out_and_counted(tmp_path):
    outside = write_sound(tmp_path / "outside" / "secret.wav")
    root = tmp_path / "root"
    write_sound(root / "a.wav")
    (root / "link.wav").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    (root / "passwords.wav").symlink_to("/etc/passwd")
    (root / "nothing.wav").symlink_to(tmp_path / "not there.wav")
    (root / "inside.wav").symlink_to(root / "a.wav")
    queue = folder_queue(root)
    assert names(queue) == ["a.wav", "inside.wav"]
    assert queue.links_outside == 4


def test_circles_of_links_end(tmp_path):
    write_sound(tmp_path / "a" / "a.wav")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    (tmp_path / "a" / "here").symlink_to(".")
    (tmp_path / "one.wav").symlink_to("other.wav")
    (tmp_path / "other.wav").symlink_to("one.wav")
    assert names(folder_queue(tmp_path)) == ["a/a.wav"]


def test_a_file_that_becomes_a_link_outside_is_no_longer_given(tmp_path):
    outside = write_sound(tmp_path / "outside.wav")
    root = tmp_path / "root"
    clip = write_sound(root / "a.wav")
    queue = folder_queue(root)
    assert queue.find(queue.entries[0].key).path == clip
    clip.unlink()
    clip.symlink_to(outside)
    with pytest.raises(QueueError):
        queue.find(queue.entries[0].key)


@pytest.mark.parametrize("key", ["", "..", "../outside.wav", "/etc/passwd", "a.wav", "None"])
def test_only_keys_of_the_queue_are_known(tmp_path, key):
    write_sound(tmp_path / "a.wav")
    with pytest.raises(QueueError):
        folder_queue(tmp_path).find(key)


def test_any_name_is_text(tmp_path):
    for i, name in enumerate(HOSTILE):
        write_sound(tmp_path / name, i)
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.wav"
    write_sound(tmp_path / "plain.wav", 99).rename(os.fsdecode(raw))
    queue = folder_queue(tmp_path)
    queue.work()
    assert set(names(queue)) == {*HOSTILE, "\ufffd\ufffd.wav"}
    assert len({entry.key for entry in queue.entries}) == len({entry.hash for entry in queue.entries}) == 9
    for entry in queue.entries:
        entry.name.encode()


def test_keys_are_the_same_when_the_folder_is_opened_again_and_has_grown(tmp_path):
    for name in ("b.wav", "c.wav"):
        write_sound(tmp_path / name)
    before = {entry.name: entry.key for entry in folder_queue(tmp_path).entries}
    write_sound(tmp_path / "a.wav")
    after = {entry.name: entry.key for entry in folder_queue(tmp_path).entries}
    assert before.items() < after.items()


@pytest.mark.parametrize("name", ["missing", "a file"])
def test_what_is_no_folder_is_refused_in_a_sentence(tmp_path, name):
    (tmp_path / "a file").write_text("")
    with pytest.raises(QueueError, match="choose a folder of sound files"):
        folder_queue(tmp_path / name)


def test_the_work_finds_hashes_scores_and_reasons(tmp_path):
    clip, twin = write_sound(tmp_path / "a.wav"), write_sound(tmp_path / "b.wav")
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    asked = []

    def score(path):
        asked.append(path)
        if path.name == "broken.wav":
            raise AudioError("broken.wav is not a sound file: copy it again.")
        return Heard(six(0.5, 0.5, 0, 0, 0, 0), 63.0)

    queue = folder_queue(tmp_path)
    queue.work(score)
    assert queue.entries[0].hash == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert queue.entries[0].hash == queue.entries[1].hash
    assert twin not in asked  # the same bytes are scored once
    assert [entry.problem for entry in queue.entries] == [
        None,
        None,
        "broken.wav is not a sound file: copy it again.",
    ]
    assert queue.progress.hashed == 3
    assert queue.progress.scored == 2
    assert [entry.intensity for entry in queue.entries] == [63.0, 63.0, None]
    assert set(queue.changes) == {0, 1, 2}


def test_the_queue_can_be_used_while_the_work_goes_on(tmp_path):
    for i in range(3):
        write_sound(tmp_path / f"{i}.wav", i)
    scoring, go_on = threading.Event(), threading.Event()

    def score(path):
        scoring.set()
        go_on.wait(30)
        return Heard(six(1, 0, 0, 0, 0, 0))

    queue = folder_queue(tmp_path)
    queue.start(score)
    queue.start(score)  # a second page
    assert scoring.wait(30)
    assert queue.progress.busy
    assert queue.progress.scored == 0
    assert len(arrange(queue.entries)) == 3
    assert queue.identify(queue.entries[2]) == queue.entries[2].hash
    queue.stop()
    go_on.set()


def test_files_that_may_not_be_read_or_are_gone_say_so(tmp_path, monkeypatch):
    for name in ("forbidden.wav", "gone.wav"):
        write_sound(tmp_path / name)
    queue = folder_queue(tmp_path)
    (tmp_path / "gone.wav").unlink()

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("ser.annotation.labelling_queue.hash_file", refuse)
    queue.work()
    forbidden, gone = (entry.problem for entry in queue.entries)
    assert forbidden == "forbidden.wav cannot be read (Permission denied): check its permissions."
    assert gone.startswith("gone.wav is no longer there")


def test_scores_that_are_known_are_not_computed(tmp_path):
    write_sound(tmp_path / "a.wav")
    queue = folder_queue(tmp_path)
    queue.work(score=None, known_scores=lambda: {"a.wav": Heard(six(0, 0, 0, 0, 0, 1), 50.0)})
    assert queue.entries[0].scores["SAD"] == 1
    assert queue.entries[0].intensity == 50.0
    assert queue.unscored().entries[0].intensity is None


# ---- order and filters

ENTRIES = [
    Entry("1", "b sure.wav", None, hash="h1", scores=six(0.98, 0.02, 0, 0, 0, 0), intensity=40.0),
    Entry("2", "a even.wav", None, hash="h2", scores=six(1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6)),
    Entry("3", "D two.wav", None, hash="h3", scores=six(0.5, 0.5, 0, 0, 0, 0), intensity=72.5),
    Entry("4", "c unknown.wav", None),
]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"order": "name"}, [1, 0, 3, 2]),
        ({"order": "entropy"}, [1, 2, 0, 3]),
        ({"order": "margin"}, [1, 2, 0, 3]),
        ({"order": "intensity"}, [2, 0, 1, 3]),
        ({"show": "unsure", "leaning": 0.4}, [1]),
        ({"show": "unsure", "leaning": 0.6, "order": "entropy"}, [1, 2]),
        ({"show": "unlabelled", "labelled": {"h1", "h3"}}, [1, 3]),
        ({"show": "differ", "differing": {"h3"}}, [2]),
        ({"search": "WAV two"}, [2]),
        ({"search": "no such"}, []),
    ],
)
def test_filters_and_orders(asked, expected):
    assert arrange(ENTRIES, View(**asked)) == expected


def test_an_unknown_filter_is_refused():
    with pytest.raises(QueueError):
        arrange(ENTRIES, View(show="<script>"))


@given(st.lists(st.floats(0, 1), min_size=6, max_size=6).filter(lambda weights: sum(weights) > 1e-6))
def test_uncertainty_is_between_none_and_all(weights):
    scores = six(*(weight / sum(weights) for weight in weights))
    assert -1e-9 <= entropy(scores) <= 1 + 1e-9
    assert -1e-9 <= margin(scores) <= 1 + 1e-9


@dataclass
class Given:
    """The fields of a label that `differing` reads."""

    clip: str
    annotator: str
    emotion: str
    start_s: float | None = None


def test_annotators_differ_only_about_whole_clips_and_with_each_other():
    labels = [
        *(Given("agreed", "ann", "ANG"), Given("agreed", "bob", "ANG")),
        *(Given("differ", "ann", "ANG"), Given("differ", "bob", "SAD")),
        *(Given("region", "ann", "ANG"), Given("region", "bob", "SAD", 0.5)),
        *(Given("alone", "ann", "ANG"), Given("alone", "ann", "SAD")),
    ]
    assert differing(labels) == {"differ"}
