"""One list of endings holds for every folder that is searched, and knows what the decoders read."""

from pathlib import Path

import av
import pytest
import soundfile

from ser.annotation.labelling_queue import folder_queue
from ser.audio.endings import SOUND_ENDINGS
from ser.audio.reading import read_audio
from ser.audio.sources import AV_FORMATS
from ser.commands.main import build_parser
from ser.corpus.prepare import prepare
from tests.helpers.sound_files import chirp, write

# Pictures, subtitles, manifests and streams of a single kind in containers that may also hold sound.
NO_SOUND = {"avif", "heic", "heif", "ism", "isma", "ismv", "mj2", "psp", "mks", "m1v", "m2v", "mpv"}
BY_LIBSNDFILE = {
    "AIFF": "aiff", "AU": "au", "CAF": "caf", "FLAC": "flac", "MP3": "mp3", "OGG": "ogg", "RF64": "rf64", "VOC": "voc",
    "W64": "w64", "WAV": "wav", "WAVEX": "wav", "NIST": "nist", "IRCAM": "sf",
}  # fmt: skip
MUSICIANS = {"AVR", "HTK", "SVX", "MAT4", "MAT5", "MPC2K", "PAF", "PVF", "RAW", "SD2", "SDS", "WVE", "XI"}


def test_every_ending_of_a_container_that_is_read():
    missing = set()
    for name in AV_FORMATS.split(","):
        for mode in ("r", "w"):
            try:
                missing |= {
                    f".{ending}" for ending in av.ContainerFormat(name, mode).extensions - NO_SOUND
                } - SOUND_ENDINGS
            except ValueError:
                continue  # only read, or only written
    assert missing == set()


def test_every_format_of_libsndfile():
    assert set(soundfile.available_formats()) == set(BY_LIBSNDFILE) | MUSICIANS
    assert {f".{ending}" for ending in BY_LIBSNDFILE.values()} <= SOUND_ENDINGS


@pytest.fixture
def copies(tmp_path) -> Path:
    """Write a recording under every ending, and files of other kinds."""
    content = write(tmp_path / "a.flac", chirp(0.5)).read_bytes()
    folder = tmp_path / "copies"
    folder.mkdir()
    for ending in SOUND_ENDINGS:
        (folder / f"copy{ending.upper() if len(ending) == 4 else ending}").write_bytes(content)
    for name in ("notes.txt", "list.CSV", "cover.jpg", "README", ".hidden"):
        (folder / name).write_text("x")
    return folder


def test_the_queue_shows_all_and_names_what_it_leaves_out(copies):
    queue = folder_queue(copies)
    assert len(queue.entries) == len(SOUND_ENDINGS)
    assert queue.left_out == ("cover.jpg", "list.CSV", "notes.txt", "README")


def test_prepare_takes_all_and_names_what_it_leaves_out(copies, tmp_path, capsys):
    result = prepare(copies, out=tmp_path / "out", jobs=1)
    assert (result.prepared, result.skipped) == (len(SOUND_ENDINGS), [])
    error = capsys.readouterr().err
    assert (
        "left out 4 files whose names do not end like those of sound files: README, cover.jpg, list.CSV and 1 more"
        in error
    )


def test_any_ending_is_read_by_name(copies):
    for path in sorted(copies.glob("copy.*"))[::10]:
        assert read_audio(path).duration_s == 0.5


@pytest.mark.parametrize("command", [["recognize"], ["enroll", "--out", "a.json"], ["annotations", "import"]])
def test_wildcards_that_the_shell_left_are_expanded(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    for name in ("b.wav", "a.wav", "c.flac", "take[1].wav", ".hidden.wav", "in/d.wav"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()

    def files(*names: str) -> list[str]:
        labels = ["--annotations", "l.sqlite"] if command[0] == "annotations" else []
        return [str(file) for file in build_parser().parse_args([*command, *names, *labels]).files]

    assert files("*.wav") == ["a.wav", "b.wav", "take[1].wav"]
    assert files("c.flac", "?.wav") == ["c.flac", "a.wav", "b.wav"]
    assert files("take[1].wav") == ["take[1].wav"]
    assert files("**/d.wav") == [str(Path("in/d.wav"))]
    assert files("*.mp3") == ["*.mp3"]
    assert files(str(tmp_path / "*.flac")) == [str(tmp_path / "c.flac")]
