"""A full or read-only disk, ports in use, and Ctrl-C give one sentence and leave existing files intact."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.__main__ import main
from ser.annotation.store import Annotations, AnnotationsError, Clip, Label, new_id
from ser.errors import UserError
from ser.labels import LABELS
from tests.conftest import ROOT
from tests.helpers.small_disk import SmallDisk, read_only_folder

EXAMPLE = ROOT / "ser" / "assets" / "examples" / "even.flac"
FULL = r"(?:no space left on device|file too large)[^.]*; free some space"


@pytest.fixture
def disk(tmp_path):
    disk = SmallDisk(tmp_path / "disk")
    yield disk
    disk.close()


@pytest.fixture
def read_only(tmp_path):
    with read_only_folder(tmp_path / "read-only") as folder:
        yield folder


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Six clips of each of ten actors, laid out like CREMA-D."""
    root = tmp_path_factory.mktemp("data")
    (root / "AudioWAV").mkdir()
    for actor in range(1001, 1011):
        for i, emotion in enumerate(LABELS):
            tone = 0.3 * np.sin(2 * np.pi * 200 * 1.6**i * np.arange(14_000) / 16_000)
            soundfile.write(root / "AudioWAV" / f"{actor}_IEO_{emotion}_XX.wav", tone, 16_000)
    return root


@pytest.fixture
def labels(tmp_path) -> Path:
    """A file with labels of three clips."""
    path = tmp_path / "labels.sqlite"
    write_labels(path, range(3))
    return path


def write_labels(path: Path, numbers: range) -> None:
    with Annotations(path) as store:
        for i in numbers:
            clip = Clip(f"{i:064x}", f"{i}.wav", 2.0)
            store.put_clip(clip)
            store.write(Label(new_id(), clip.hash, "Ann", "ANG", note="long " * 400))


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files below a folder, including hidden ones."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def features_in(files: Iterable[str]) -> list[str]:
    return [name for name in files if name.endswith((".npy", ".png"))]  # not what they were made from


def command(*arguments, capsys) -> tuple[int, str]:
    """Run a command; return its status and its last message."""
    status = main([str(argument) for argument in arguments])
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return status, said.strip().split("\n")[-1].split("\r")[-1]


# ---- a full disk


@pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_prepare_on_a_full_disk_goes_on_once_there_is_room(data, disk, jobs, tmp_path, capsys):
    prepare = ["prepare", "--data", data, "--jobs", jobs, "--limit", "5" if jobs == "1" else "40", "--out"]
    assert command(*prepare, tmp_path / "whole", capsys=capsys)[0] == 0
    assert command(*prepare, disk.path, "--limit", "2", capsys=capsys)[0] == 0
    before = files_in(disk.path)
    with disk.with_room(50_000):
        status, said = command(*prepare, disk.path, capsys=capsys)
    assert (status, len(features_in(before))) == (1, 2)
    # Of two processes, either may meet the full disk first.
    clip = r"1001_\w+" if jobs == "1" else r"10\d\d_\w+"
    assert re.fullmatch(
        rf"ser prepare: /.*/mel_npy/{clip}\.npy: ({FULL}|.*; check whether the disk is full).*\.", said
    )
    assert features_in(files_in(disk.path)) == features_in(before)
    assert command(*prepare, disk.path, capsys=capsys)[0] == 0
    assert files_in(disk.path) == files_in(tmp_path / "whole")


@pytest.mark.parametrize("kind", ["csv", "textgrid"])
def test_an_export_onto_a_full_disk_leaves_the_last_one(labels, disk, kind, capsys):
    export = ["annotations", "export", "--annotations", labels, "--format", kind, "--out", disk.path / "out"]
    assert command(*export, capsys=capsys)[0] == 0
    before = files_in(disk.path)
    write_labels(labels, range(3, 20))
    with disk.with_room(5_000 if disk.mounted else 1_000):
        status, said = command(*export, "--overwrite", capsys=capsys)
    assert status == 1
    assert re.fullmatch(rf"ser annotations: {disk.path}/out/[^/.]+\.\w+: {FULL}.*\.", said)
    assert files_in(disk.path) == before
    assert command(*export, "--overwrite", capsys=capsys)[0] == 0
    assert files_in(disk.path) != before


def test_labels_on_a_full_disk_are_refused_and_the_others_kept(disk):
    path = disk.path / "labels.sqlite"
    write_labels(path, range(3))
    with Annotations(path) as store:
        before = store.labels()
        with (
            disk.with_room(200_000),
            pytest.raises(AnnotationsError, match=r"not saved to .*free some space"),
        ):
            write_some(store, range(1000), before)
        assert store.labels() == before
        write_some(store, range(2000, 2002), before)
    with Annotations(path) as store:
        assert store.labels() == before


def write_some(store: Annotations, numbers: range, kept: list[Label]) -> None:
    for i in numbers:
        store.put_clip(Clip(f"{i + 3:064x}", f"{i}.wav"))
        kept.append(store.write(Label(new_id(), f"{i + 3:064x}", "Ann", "SAD", note="long " * 400)))


@pytest.mark.slow
def test_training_and_release_on_a_full_disk_go_on_once_there_is_room(data, disk, tmp_path, capsys):
    run, out = disk.path / "run", disk.path / "released"
    train = ["train", "--data", data, "--out", run, "--network", "published", "--epochs", "2"]
    train += ["--precision", "float32", "--limit", "12"]
    with disk.with_room(100_000):  # room for the features of one clip at most
        status, said = command(*train, capsys=capsys)
    assert status == 1
    assert re.search(f"{FULL}|check whether the disk is full", said)
    with disk.with_room(12 * 2 * 100_000 + 70_000_000 if disk.mounted else 20_000_000):  # one state, not two
        status, said = command(*train, "--resume", capsys=capsys)
    assert status == 1
    assert re.fullmatch(rf"ser train: {run}/state\.pt: {FULL}.*\.", said)
    assert not [name for name in files_in(run) if name.endswith(".tmp")]
    assert (run / "state.pt").exists() == disk.mounted  # that of the first epoch
    assert command(*train, "--resume", capsys=capsys)[0] == 0

    release = ["release", "--data", data, "--run", run, "--out", out]
    assert command(*release, capsys=capsys)[0] == 0
    before = files_in(out)
    assert "weights.pt" in before
    with disk.with_room(1_000_000):
        status, said = command(*release, capsys=capsys)
    assert status == 1
    assert re.search(rf"{out}/[\w.]+: {FULL}", said)
    assert files_in(out) == before


# ---- a read-only disk


@pytest.mark.parametrize("what", ["prepare", "export", "import"])
def test_a_read_only_place_is_named_with_the_cure(what, data, labels, read_only, tmp_path, capsys):
    exported = tmp_path / "labels.csv"
    export = ["annotations", "export", "--annotations", labels, "--out"]
    assert command(*export, exported, capsys=capsys)[0] == 0
    arguments = {
        "prepare": ["prepare", "--data", data, "--jobs", "1", "--out", read_only / "out"],
        "export": [*export, read_only / "out"],
        "import": ["annotations", "import", exported, "--annotations", read_only / "labels.sqlite"],
    }
    status, said = command(*arguments[what], capsys=capsys)
    assert status == 1
    assert said.startswith(f"ser {arguments[what][0]}: ")
    assert str(read_only) in said
    assert re.search(r"choose a place|check the name|choose a file in a writable folder", said)


def test_labels_on_a_read_only_disk_can_be_exported(disk, tmp_path, capsys):
    write_labels(disk.path / "labels.sqlite", range(3))
    export = ["annotations", "export", "--annotations", disk.path / "labels.sqlite", "--out"]
    assert command(*export, tmp_path / "a.csv", capsys=capsys)[0] == 0
    with disk.read_only():
        assert command(*export, tmp_path / "b.csv", capsys=capsys) == (0, "")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def without_a_home(folder: Path) -> dict[str, str]:
    given = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR", "NUMBA_CACHE_DIR")
    kept = {name: value for name, value in os.environ.items() if name not in given}
    return kept | {"HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["recognize", EXAMPLE],
        pytest.param(["prepare", "--png", "--data", EXAMPLE.parent], marks=pytest.mark.slow),
    ],
    ids=["recognize", "prepare"],
)
def test_a_read_only_home_and_folder_are_no_hindrance(arguments, read_only, tmp_path):
    out = ["--out", tmp_path / "out"] if arguments[0] == "prepare" else []
    done = subprocess.run(
        [sys.executable, "-m", "ser", *map(str, arguments + out)],
        cwd=read_only,
        env=without_a_home(read_only),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, re.findall("(?i)warning|error|traceback", done.stderr)) == (0, [])
    assert done.stdout


# ---- ports in use


@pytest.mark.slow
def test_the_app_says_that_no_port_is_free():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 65535))
        taken.listen()
        app = subprocess.run(
            [sys.executable, "app.py", "--no-browser", "--port", "65535"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    assert app.returncode == 1
    assert (
        app.stderr
        == "No port at or above 65535 is free on 127.0.0.1: choose another with --port or --host.\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("port", [-1, 0, 65_536])
def test_a_port_that_there_is_not_is_named(port):
    from ser.ui.server.serve import free_port

    with pytest.raises(UserError, match=f"{port} is not a port number: choose one"):
        free_port("127.0.0.1", port)


@pytest.mark.slow
def test_the_app_with_a_read_only_home_takes_the_next_free_port(read_only):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        app = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py"), "--no-browser", "--port", str(port)],
            cwd=read_only,
            env=without_a_home(read_only),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with app:
            address = app.stdout.readline()
            app.send_signal(signal.SIGINT)
            _, said = app.communicate(timeout=120)
    found = re.search(r"http://localhost:(\d+)", address)
    assert found, said
    assert int(found[1]) > port
    assert f"Port {port} is in use, so the app uses port {found[1]}." in said
    assert (app.returncode, "Traceback" in said) == (0, False)


# ---- Ctrl-C

# Runs a command that receives a signal while it writes its n-th file to disk.
STOPPED = """
import os, signal, sys
from ser.__main__ import main
left, name, *arguments = sys.argv[1:]
left, fsync = int(left), os.fsync
def interrupted(file):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.Signals[name])
    fsync(file)
os.fsync = interrupted
sys.exit(main(arguments))
"""


def stopped(nth: int, *arguments, by: str = "SIGINT") -> tuple[int, str]:
    """Return the status and the last sentence of a process that was stopped while writing its nth file."""
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, str(nth), by, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.strip().split("\n")[-1].split("\r")[-1]


KEPT = "stopped; finished work is kept."


def test_an_export_that_is_stopped_leaves_the_last_one(labels, tmp_path, capsys):
    out = tmp_path / "out"
    export = ["annotations", "export", "--annotations", labels, "--format", "textgrid", "--out", out]
    assert command(*export, capsys=capsys)[0] == 0
    before = files_in(out)
    write_labels(labels, range(3, 8))
    assert stopped(4, *export, "--overwrite") == (130, f"ser annotations: {KEPT}")
    assert files_in(out) == before
    (tmp_path / "new").mkdir()
    assert stopped(4, *export[:-1], tmp_path / "new" / "out")[0] == 130
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.slow
def test_prepare_that_is_stopped_goes_on(data, tmp_path, capsys):
    prepare = ["prepare", "--data", data, "--jobs", "1", "--limit", "8", "--out"]
    said = f"ser prepare: {KEPT} Run the same command again to continue."
    assert stopped(5, *prepare, tmp_path / "out", by="SIGTERM") == (143, said)
    before = files_in(tmp_path / "out")
    assert 4 <= len(before) < 8  # clips begun by other threads are also complete
    assert not [name for name in before if name.endswith(".tmp")]
    assert command(*prepare, tmp_path / "out", capsys=capsys)[0] == 0
    assert command(*prepare, tmp_path / "whole", capsys=capsys)[0] == 0
    assert files_in(tmp_path / "out") == files_in(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["everybody", "parent"])
def test_prepare_in_processes_that_is_stopped_goes_on(data, tmp_path, whom, capsys):
    out = tmp_path / "out"
    prepare = ["prepare", "--png", "--data", data, "--jobs", "2", "--out"]
    with subprocess.Popen(
        [sys.executable, "-m", "ser", *map(str, prepare), str(out)],
        cwd=ROOT,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 120
        while not list(out.glob("mel_png/*.png")) and time.monotonic() < deadline:
            time.sleep(0.005)
        # Ctrl-C goes to all processes of a terminal; `kill -INT` to one.
        (os.killpg if whom == "everybody" else os.kill)(process.pid, signal.SIGINT)
        said = process.communicate(timeout=120)[1]
    assert process.returncode == 130, said
    assert said.strip().endswith(f"ser prepare: {KEPT} Run the same command again to continue.")
    assert "Traceback" not in said
    before = files_in(out)
    assert [name for name in before if name.endswith(".tmp")] == []
    assert command(*prepare, out, capsys=capsys)[0] == 0
    assert before.items() <= files_in(out).items()
    assert len(features_in(files_in(out))) == 120


@pytest.mark.slow
def test_training_that_is_stopped_goes_on_with_resume(data, tmp_path, capsys):
    run = tmp_path / "run"
    train = [
        "train",
        "--data",
        data,
        "--out",
        run,
        "--epochs",
        "2",
        "--limit",
        "12",
        "--precision",
        "float32",
    ]
    said = f"ser train: {KEPT} Run the same command with --resume to continue."
    assert stopped(1, *train) == (130, said)  # the clips
    assert files_in(run) == {}
    assert stopped(8, *train) == (130, said)  # the second epoch
    before = files_in(run)
    assert {"state.pt", "curves.csv", "curves.png"} <= before.keys()
    assert before["curves.csv"].count(b"\n") == 2
    assert stopped(5, *train, "--resume", by="SIGTERM") == (143, said)  # the checkpoint
    after = files_in(run)
    assert after["curves.csv"].count(b"\n") == 3
    assert after.keys() == before.keys()
    assert command(*train, "--resume", capsys=capsys)[0] == 0
    assert {"weights.pt", "card.json"} <= files_in(run).keys()
