"""Files are whole or absent, and errors name the cure."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from ser.util.files import explain, write_atomically, write_together
from tests.helpers.small_disk import SmallDisk


def test_text_and_bytes_arrive(tmp_path):
    with write_atomically(tmp_path / "a.txt", "w", encoding="utf-8") as file:
        file.write("grün")
    with write_atomically(tmp_path / "b.bin") as file:
        file.write(b"\x00\xff")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "grün"
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\xff"


def test_readers_see_the_old_file_until_the_new_one_is_whole(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with write_atomically(target, "w") as file:
        file.write("new")
        file.flush()
        assert target.read_text() == "old"
    assert target.read_text() == "new"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail_halfway():
        with write_atomically(target, "w") as file:
            file.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_halfway()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_result_is_as_readable_as_any_other_file(tmp_path):
    (tmp_path / "plain").write_text("")
    with write_atomically(tmp_path / "a", "w") as file:
        file.write("")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_missing_folder_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError), write_atomically(tmp_path / "no" / "a"):
        pass


# ---- several files


def files_in(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def write_and_stop(folder: Path, choose: Callable[[Path], Path]) -> None:
    with write_together(folder) as part:
        choose(part).write_text("new")
        raise KeyboardInterrupt


def test_files_arrive_together(tmp_path):
    (tmp_path / "a").write_text("old")
    with write_together(tmp_path) as part:
        (part / "a").write_text("new")
        (part / "deep" / "er").mkdir(parents=True)
        (part / "deep" / "er" / "b").write_text("b")
        assert (tmp_path / "a").read_text() == "old"
    assert files_in(tmp_path) == {"a": "new", "deep/er/b": "b"}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "deep"]


@pytest.mark.parametrize("out", ["", "new", "new/er"])
def test_a_failure_leaves_the_folder_as_it_was(tmp_path, out):
    (tmp_path / "a").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_and_stop(tmp_path / out, lambda part: part / "a")
    assert [file.name for file in tmp_path.iterdir()] == ["a"]
    assert files_in(tmp_path) == {"a": "old"}


def test_a_folder_that_another_filled_meanwhile_stays(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_and_stop(tmp_path / "new", lambda part: part.parent / "theirs")
    assert files_in(tmp_path) == {"new/theirs": "new"}


def test_an_error_names_the_file_that_people_know(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, write_together(tmp_path) as part:
        (part / "no" / "a").write_text("")
    assert caught.value.filename == str(tmp_path / "no" / "a")
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file") as caught, write_together(tmp_path / "file"):
        pass
    assert explain(caught.value).startswith(f"{tmp_path}/file: ")


# ---- how other libraries report a full disk and Ctrl-C


@pytest.fixture
def disk(tmp_path):
    disk = SmallDisk(tmp_path / "disk")
    yield disk
    disk.close()


NUMBERS = np.random.default_rng(0).normal(size=500_000)


@pytest.mark.parametrize(
    "write",
    [
        lambda file: file.write(NUMBERS.tobytes()),
        lambda file: np.save(file, NUMBERS),
        lambda file: torch.save({str(i): torch.from_numpy(NUMBERS) + i for i in range(3)}, file),
    ],
    ids=["Python", "NumPy", "PyTorch"],
)
def test_a_full_disk_is_an_oserror_and_leaves_the_old_file(disk, write):
    target = disk.path / "a"
    target.write_text("old")
    with (
        disk.with_room(100_000),
        pytest.raises(OSError, match=r".") as caught,
        write_atomically(target) as file,
    ):
        write(file)
    message = explain(caught.value)
    assert message.startswith(f"{target}: ")
    assert "disk" in message
    assert {file.name: file.read_text() for file in disk.path.iterdir()} == {"a": "old"}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))])
def test_ctrl_c_while_pytorch_writes_is_ctrl_c(tmp_path, stop):
    class Stopped:
        """A file whose second write fails."""

        def __init__(self, file):
            self.file, self.writes = file, 0

        def write(self, data) -> int:
            self.writes += 1
            if self.writes == 2:
                raise stop
            return self.file.write(data)

        def flush(self) -> None:
            self.file.flush()

    with (
        pytest.raises(type(stop) if isinstance(stop, OSError) else stop),
        write_atomically(tmp_path / "a") as f,
    ):
        torch.save({"a": torch.zeros(100_000)}, Stopped(f))
    assert list(tmp_path.iterdir()) == []


# ---- error messages


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EROFS, "choose a place"),
        (errno.ENOENT, "check the name"),
        (errno.EISDIR, "choose a file"),
    ],
)
def test_an_error_of_the_disk_is_one_sentence_with_a_cure(number, cure):
    message = explain(OSError(number, os.strerror(number), "/a/b.csv"))
    assert message == f"/a/b.csv: {os.strerror(number).lower()}; {message.partition('; ')[2]}"
    assert cure in message
    assert message.endswith(".")


def test_an_error_without_a_file_or_a_number_is_a_sentence_too():
    assert explain(OSError("it broke")) == "it broke."
