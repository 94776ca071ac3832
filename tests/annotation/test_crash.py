"""Many processes write labels at the same time, and one is killed while writing."""

import os
import random
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ser.annotation.store import (
    Annotations,
    ConflictError,
)
from tests.conftest import ROOT
from tests.helpers.annotation_store import label


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
from ser.annotation.store import Annotations, Clip, Label, new_id
path, annotator, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Annotations(path) as store:
    store.put_clip(Clip("a" * 64, "one.wav", 2.5))
    for i in range(count):
        kept = store.write(Label(new_id(), "a" * 64, annotator, "ANG", start_s=i, end_s=i + 1, note=str(i)))
        print(kept.id, flush=True)
    sys.stdin.read()  # wait to be killed
"""


def writer(path: Path, annotator: str, count: int) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, str(path), annotator, str(count)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
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
    acknowledged += process.stdout.read().split()  # those printed before the end
    process.stdin.close()
    process.wait(timeout=60)
    assert process.returncode == -signal.SIGKILL
    with Annotations(disk) as store:
        found = [kept.id for kept in store.labels(annotator="Ann")]
        assert found[: len(acknowledged)] == acknowledged
        assert len(found) <= len(acknowledged) + 1  # one label may be stored without being acknowledged
        assert store.version() == len(found)
        assert [note.note for note in store.labels()] == [str(i) for i in range(len(found))]
        store.write(label("Ann"))
        assert store.undo("Ann").after is None
