"""Files are whole or absent."""

import pytest

from ser.files import write_atomically


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
