"""Downloading the clips from a local Git LFS server that can also fail; no internet."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ser.__main__ import main
from ser.corpus import download as module
from ser.corpus import git_lfs
from ser.corpus.crema_d import DEMO_CLIPS, Corpus
from ser.corpus.download import DownloadError, download
from tests.helpers.lfs_server import (
    ANGRY,
    NAMES,
    STALL,
    TEXTS,
    TWIN,
    Answer,
    LfsServer,
    has_all,
    pointer_text,
    sha256,
)

ROOT = Path(__file__).resolve().parents[2]
OVER_BUDGET = Answer(403, body=b'{"message": "This repository exceeded its LFS budget."}')


pytestmark = pytest.mark.usefixtures("no_waiting")


# What it is for


def test_all_clips_and_tables_arrive_in_the_layout_of_the_release(server, clips, tmp_path):
    result = download(tmp_path / "new" / "data", sources=[server.url])
    folder = tmp_path / "new" / "data"
    assert result == (folder, len(clips), sum(map(len, clips.values())), 0)
    assert has_all(folder, clips)
    wanted = {path: content for path, content in TEXTS.items() if path.endswith((".csv", "LICENSE.txt"))}
    assert {path: (folder / path).read_bytes() for path in wanted} == wanted
    assert not (folder / "README.md").exists()
    assert not (folder / "AudioMP3").exists()
    table = Corpus(folder).clips
    assert table.loc[ANGRY, "age"] == 51
    assert table.loc[ANGRY, "votes_ANG"] == 6
    assert table.loc[ANGRY, "twin"] == TWIN


@pytest.mark.parametrize("demo", [[], ["--demo"]])
def test_the_commands_in_a_row(server, tmp_path, capsys, demo):
    assert main(["download", "--out", str(tmp_path), "--source", server.url, *demo]) == 0
    printed = capsys.readouterr().out
    assert f"fetched {10 if demo else 14} clips" in printed
    assert "Open Database License" in printed
    assert "10.1109/TAFFC.2014.2336244" in printed
    # The demo clips are in no part of a split.
    assert main(["split", "--data", str(tmp_path)]) == (1 if demo else 0)


def test_demo_fetches_the_ten_clips_and_no_others(server, clips, tmp_path):
    assert download(tmp_path, demo=True, sources=[server.url]).fetched == 10
    assert has_all(tmp_path, {name: clips[name] for name in DEMO_CLIPS})
    assert server.n_object_gets == 10


def test_a_repository_without_a_demo_clip(clips, tmp_path):
    lacking = {name: content for name, content in clips.items() if name != DEMO_CLIPS[3]}
    with LfsServer(lacking, TEXTS) as server, pytest.raises(DownloadError, match=DEMO_CLIPS[3]):
        download(tmp_path, demo=True, sources=[server.url])


def test_clips_are_asked_for_in_batches(server, clips, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 4)
    download(tmp_path, sources=[server.url], jobs=2)
    assert sorted(map(len, server.batches)) == [2, 3, 4, 4]  # twins are one object
    assert {oid for batch in server.batches for oid in batch} == {sha256(clip) for clip in clips.values()}


# Started again


def test_whole_clips_are_kept_and_all_others_replaced(server, clips, tmp_path):
    download(tmp_path, sources=[server.url])
    before, folder = server.n_object_gets, tmp_path / "AudioWAV"
    damaged = bytearray(clips[NAMES[1]])
    damaged[-1] ^= 1
    (folder / f"{NAMES[1]}.wav").write_bytes(damaged)
    (folder / f"{NAMES[2]}.wav").write_bytes(pointer_text(clips[NAMES[2]]))  # a clone without git-lfs
    (folder / f"{NAMES[3]}.wav").unlink()
    result = download(tmp_path, sources=[server.url])
    assert (result.fetched, result.kept) == (3, len(clips) - 3)
    assert server.n_object_gets == before + 3
    assert has_all(tmp_path, clips)


def test_nothing_is_asked_for_when_nothing_is_missing(server, clips, tmp_path):
    download(tmp_path, sources=[server.url])
    server.refusal = OVER_BUDGET
    assert download(tmp_path, sources=[server.url]).kept == len(clips)


@pytest.mark.parametrize(
    ("part", "fault", "ranges"),
    [
        (lambda clip: clip[:1000], None, ["bytes=1000-"]),
        (lambda clip: clip[:1000], "no range", ["bytes=1000-"]),
        (lambda clip: clip[:1000], "other range", ["bytes=1000-"]),
        (lambda clip: b"?" * 1000, None, ["bytes=1000-", None]),
        (lambda clip: clip[:1000], Answer(416), ["bytes=1000-", None]),
        (lambda clip: clip + b"?", None, [None]),
        (lambda clip: b"?" * len(clip), None, [None]),
        (lambda clip: clip, None, []),
        (lambda clip: b"", None, [None]),
    ],
    ids=[
        "rest",
        "no ranges",
        "other range",
        "other bytes",
        "416",
        "too long",
        "all wrong",
        "all there",
        "empty",
    ],
)
def test_what_an_earlier_run_left_is_gone_on_with(server, clips, tmp_path, part, fault, ranges):
    clip = clips[DEMO_CLIPS[0]]
    (tmp_path / "AudioWAV").mkdir()
    (tmp_path / "AudioWAV" / f"{DEMO_CLIPS[0]}.wav.part").write_bytes(part(clip))
    server.object_faults[sha256(clip)] = [fault] if fault else []
    download(tmp_path, demo=True, sources=[server.url])
    assert [headers.get("Range") for headers in server.gets_of(clip)] == ranges
    assert has_all(tmp_path, {name: clips[name] for name in DEMO_CLIPS})


def test_a_killed_run_goes_on_where_it_stopped(server, clips, tmp_path):
    clip = clips[DEMO_CLIPS[0]]
    server.object_faults[sha256(clip)] = ["stall"]
    arguments = ["download", "--demo", "--jobs", "1", "--out", str(tmp_path), "--source", server.url]
    process = subprocess.Popen([sys.executable, "-m", "ser", *arguments], cwd=ROOT)
    part = tmp_path / "AudioWAV" / f"{DEMO_CLIPS[0]}.wav.part"
    try:
        assert server.stalled.wait(60)
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size == STALL):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    assert main(arguments) == 0
    assert [headers.get("Range") for headers in server.gets_of(clip)] == [None, f"bytes={STALL}-"]
    assert has_all(tmp_path, {name: clips[name] for name in DEMO_CLIPS})


# Faults that pass


@pytest.mark.parametrize(
    "faults",
    [
        ["cut"],
        ["cut", "cut", "cut"],
        ["wrong"],
        ["long"],
        [Answer(429, {"Retry-After": "0"})],
        [Answer(429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})],
        [Answer(503)],
        [Answer(500), "cut", Answer(502)],
        [Answer(403)],  # the address has run out: a new one is asked for
        [Answer(404)],
    ],
    ids=str,
)
def test_a_passing_fault_of_one_clip(server, clips, tmp_path, faults):
    server.object_faults[sha256(clips[NAMES[1]])] = faults
    download(tmp_path, sources=[server.url])
    assert faults == []
    assert has_all(tmp_path, clips)


def test_a_cut_clip_goes_on_in_the_same_run(server, clips, tmp_path):
    clip = clips[NAMES[1]]
    server.object_faults[sha256(clip)] = ["cut"]
    download(tmp_path, sources=[server.url])
    assert [headers.get("Range") for headers in server.gets_of(clip)] == [None, f"bytes={len(clip) // 2}-"]


@pytest.mark.parametrize("answer", [Answer(429, {"Retry-After": "0"}), Answer(503)])
def test_a_passing_fault_of_the_archive_or_a_batch(server, clips, tmp_path, answer):
    server.archive_faults[:] = server.batch_faults[:] = [answer, answer]
    download(tmp_path, sources=[server.url], jobs=1)
    assert server.archive_faults == server.batch_faults == []
    assert has_all(tmp_path, clips)


# Faults that stay: the mirror, or one sentence


@pytest.mark.parametrize(
    "refusal",
    [
        OVER_BUDGET,
        Answer(429),
        Answer(429, {"Retry-After": "3600"}),
        Answer(509),
        Answer(500),
        Answer(200, body=b"<html>sign in</html>"),
        Answer(200, body=b"[]"),
        Answer(200, body=b'{"objects": [{"oid": "0"}]}'),
        Answer(200, body=b'{"objects": []}'),
        Answer(200, body=b'{"transfer": "custom", "objects": []}'),
    ],
    ids=str,
)
def test_a_server_that_refuses_is_left_for_the_mirror(server, mirror, clips, tmp_path, capsys, refusal):
    server.refusal = refusal
    download(tmp_path, sources=[server.url, mirror.url])
    assert server.n_object_gets == 0
    assert has_all(tmp_path, clips)
    assert f"trying {mirror.url}" in capsys.readouterr().err


def test_a_long_pause_is_not_waited_for(server, mirror, tmp_path):
    server.refusal = Answer(429, {"Retry-After": "3600"})
    download(tmp_path, sources=[server.url, mirror.url], jobs=1)
    assert [method for method, _, _ in server.requests] == ["GET", "POST"]


def test_a_server_that_has_no_objects_left(server, mirror, clips, tmp_path):
    server.errors = {oid: {"code": 429, "message": "over quota"} for oid in server.objects}
    download(tmp_path, sources=[server.url, mirror.url])
    assert server.n_object_gets == 0
    assert has_all(tmp_path, clips)


@pytest.mark.parametrize("fault", ["wrong", "cut", "long", Answer(404), Answer(403), Answer(503)], ids=str)
def test_only_what_the_first_lacks_comes_from_the_mirror(server, mirror, clips, tmp_path, fault):
    clip = clips[NAMES[1]]
    server.object_faults[sha256(clip)] = [fault] * 50
    download(tmp_path, sources=[server.url, mirror.url])
    assert has_all(tmp_path, clips)
    assert mirror.n_object_gets == len(mirror.gets_of(clip)) == 1


def test_objects_with_errors_in_a_batch_come_from_the_mirror(server, mirror, clips, tmp_path):
    server.errors = {sha256(clips[NAMES[1]]): {"code": 410, "message": "removed"}}
    download(tmp_path, sources=[server.url, mirror.url], jobs=1)
    assert has_all(tmp_path, clips)
    assert mirror.n_object_gets == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [("wrong", "sha256"), ("long", "more than"), ("cut", "cut the connection"), (Answer(404), "404")],
)
def test_a_clip_that_cannot_be_had_is_named_and_all_others_are_kept(server, clips, tmp_path, fault, words):
    lost = NAMES[1]
    server.object_faults[sha256(clips[lost])] = [fault] * 50
    with pytest.raises(
        DownloadError, match=f"1 of {len(clips)} clips .*{lost}.*{words}.*run the same command"
    ):
        download(tmp_path, sources=[server.url])
    left = {path.stem for path in (tmp_path / "AudioWAV").glob("*.wav")}
    assert left == set(clips) - {lost}


def test_a_clip_that_is_asked_for_alone_and_lacking_stops_no_other(server, clips, tmp_path):
    server.errors = {sha256(clips[NAMES[1]]): {"code": 404, "message": "Object does not exist"}}
    with pytest.raises(DownloadError, match=f"1 of {len(clips)} .*{NAMES[1]}.*Object does not exist"):
        download(tmp_path, sources=[server.url], jobs=len(clips))


def test_refused_everywhere_is_one_sentence(server, mirror, tmp_path, capsys):
    server.refusal = mirror.refusal = OVER_BUDGET
    assert main(["download", "--out", str(tmp_path), "--source", server.url, "--source", mirror.url]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    last = captured.err.strip().splitlines()[-1]
    assert last.startswith(
        "ser download: 14 of 14 clips could not be fetched (127.0.0.1 answered 403 (This repo"
    )
    assert "--source" in last


def test_a_source_that_fails_again_and_again_is_given_up(server, clips, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_FAILURES", 3)
    server.object_faults = {sha256(clip): [Answer(404)] * 50 for clip in clips.values()}
    with pytest.raises(DownloadError, match="3 clips in a row"):
        download(tmp_path, sources=[server.url], jobs=1)
    assert server.n_object_gets == 3


def test_a_full_disk_ends_the_run(server, tmp_path, monkeypatch):
    def fetch(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(git_lfs.Connection, "fetch", fetch)
    with pytest.raises(OSError, match="No space left"):
        download(tmp_path, sources=[server.url])


def test_too_little_room_is_said_before_anything_is_fetched(server, tmp_path, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(DownloadError, match="free some space"):
        download(tmp_path, sources=[server.url])
    assert server.n_object_gets == 0
