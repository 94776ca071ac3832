"""The list of clips to download: a repository's archive, its LFS pointers, and archives that are neither."""

import io
import os
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser.__main__ import main
from ser.corpus import download as module
from ser.corpus.crema_d import Corpus, CorpusError
from ser.corpus.download import DownloadError, archive_url, download, read_archive
from ser.corpus.git_lfs import FetchError, Pointer, parse_pointer
from tests.helpers.lfs_server import ANGRY, TEXTS, LfsServer, has_all, make_archive, pointer_text, sha256

pytestmark = pytest.mark.usefixtures("no_waiting")


def test_no_server_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch, capsys, clips):
    with LfsServer(clips, TEXTS) as gone:
        pass
    out = tmp_path / "out"
    assert main(["download", "--out", str(out), "--source", gone.url]) == 1
    captured = capsys.readouterr()
    assert len(captured.err.strip().splitlines()) == 1
    assert "127.0.0.1 cannot be reached" in captured.err
    assert not out.exists()


@pytest.mark.parametrize(
    "archive",
    [
        b"<html>sign in</html>",
        b"",
        make_archive({"r/README.md": b"nothing else"}),
        make_archive({f"r/AudioWAV/{ANGRY}.wav": b"RIFF" + bytes(5000)}),
        make_archive({f"r/AudioWAV/{ANGRY}.wav": pointer_text(os.urandom(9)) for _ in "x"} | TEXTS)[:-60],
    ],
    ids=["page", "empty", "other", "audio itself", "cut"],
)
def test_an_archive_that_lists_no_clips_is_left_for_the_next(server, mirror, clips, tmp_path, archive):
    server.archive = archive
    with pytest.raises(DownloadError, match="archive"):
        download(tmp_path / "alone", sources=[server.url])
    assert not (tmp_path / "alone").exists()
    download(tmp_path, sources=[server.url, mirror.url])
    assert has_all(tmp_path, clips)


def test_an_archive_that_is_missing_or_too_long(server, tmp_path, monkeypatch):
    with pytest.raises(DownloadError, match="404"):
        download(tmp_path, sources=[f"{server.root}/nobody/nothing"])
    monkeypatch.setattr(module, "MAX_ARCHIVE_BYTES", 100)
    with pytest.raises(DownloadError, match="sent more than"):
        download(tmp_path, sources=[server.url])
    monkeypatch.undo()
    monkeypatch.setattr(module, "MAX_UNPACKED_BYTES", 10_000)
    with pytest.raises(DownloadError, match="unpacks to more"):
        download(tmp_path, sources=[server.url])


def test_no_member_of_an_archive_leads_out_of_the_folder(server, clips, tmp_path):
    evil = pointer_text(clips[ANGRY])
    names = (
        "../evil.wav",
        "/evil.wav",
        "r/AudioWAV/../../evil.wav",
        "r/AudioWAV/sub/1001_DFA_ANG_XX.wav",
    )
    link = tarfile.TarInfo("r/AudioWAV/1003_DFA_ANG_XX.wav")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    archive = make_archive(server.files | dict.fromkeys(names, evil), [link])
    listing = read_archive(io.BytesIO(archive))
    assert set(listing.pointers) == {f"AudioWAV/{name}.wav" for name in clips}
    assert set(listing.texts) == set(module.TEXTS)
    server.archive = archive
    download(tmp_path / "data", sources=[server.url])
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@given(st.binary(max_size=300))
def test_random_bytes_are_no_archive(content):
    with pytest.raises(FetchError):
        read_archive(io.BytesIO(content))


@pytest.mark.parametrize(
    ("source", "archive"),
    [
        (module.OFFICIAL, "https://github.com/CheyneyComputerScience/CREMA-D/archive/HEAD.tar.gz"),
        ("http://forge.local:3000/a/b.git/", "http://forge.local:3000/a/b/archive/HEAD.tar.gz"),
        (
            module.MIRROR,
            "https://gitlab.com/api/v4/projects/cs-cooper-lab%2Fcrema-d-mirror/repository/archive.tar.gz"
            "?include_lfs_blobs=false",
        ),
    ],
)
def test_where_a_repository_has_its_archive(source, archive):
    assert archive_url(source) == archive


@pytest.mark.parametrize("source", ["AudioWAV", "file:///etc", "git@github.com:a/b.git", "https://"])
def test_an_address_that_is_none(source, tmp_path):
    with pytest.raises(DownloadError, match="not a web address"):
        download(tmp_path, sources=[source])


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(DownloadError, match="not a folder"):
        download(tmp_path / "out")


# Pointers


def test_a_pointer_of_the_official_repository():
    text = (
        b"version https://git-lfs.github.com/spec/v1\n"
        b"oid sha256:80295870ec2f50f1c32131538292daac71d86b1d8440c9d1c81e23ffc56f93fc\n"
        b"size 55566\n"
    )
    sha = "80295870ec2f50f1c32131538292daac71d86b1d8440c9d1c81e23ffc56f93fc"
    assert parse_pointer(text) == Pointer(sha, 55566)


@given(st.binary(max_size=2000))
def test_every_content_has_a_pointer(content):
    assert parse_pointer(pointer_text(content)) == Pointer(sha256(content), len(content))


@given(st.binary(max_size=1200), st.booleans())
def test_anything_else_is_no_pointer(content, dressed_up):
    start = b"version https://git-lfs.github.com/spec/v1\n" if dressed_up else b""
    assert parse_pointer(start + content) is None


def test_a_folder_of_pointers_says_so_and_names_the_command(server, clips, tmp_path):
    (tmp_path / "AudioWAV").mkdir()
    for name, content in clips.items():
        (tmp_path / "AudioWAV" / f"{name}.wav").write_bytes(pointer_text(content))
    with pytest.raises(CorpusError, match=r"is a Git LFS pointer, not audio: .*python -m ser download --out"):
        Corpus(tmp_path)
    download(tmp_path, sources=[server.url])
    assert len(Corpus(tmp_path).clips) == len(clips)
