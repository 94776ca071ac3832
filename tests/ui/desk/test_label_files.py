"""Files of labels in the app: what it asks before an import, what a zip may hold, and which clips count as known."""

import base64
import importlib.util
import io
import zipfile
from pathlib import Path

import pytest
import soundfile

from ser.annotation.formats.contents import Interval
from ser.annotation.formats.praat_text import write_tiers
from ser.annotation.labelling_queue import folder_queue
from ser.annotation.store import Annotations, hash_file
from ser.ui.desk.clips import Desk
from ser.ui.desk.label_files import FORMATS, PARQUET, LabelFiles
from ser.ui.desk.labelling import Labelling, Stores
from tests.helpers.recognizers import EVEN_RECOGNIZER
from tests.helpers.sound_files import chirp, encode, write

GRID = write_tiers(
    1.0,
    [("emotion", [Interval(0, 0.5, "joy"), Interval(0.5, 1, "sad")]), ("words", [Interval(0, 1, "hello")])],
)


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "sounds"
    folder.mkdir()
    write(folder / "one.wav", chirp(1.0))
    return folder


def label_files_of(folder: Path, store: Path) -> LabelFiles:
    desk = Desk(
        folder_queue(folder),
        corpus=None,
        predictions=folder / "none.csv",
        get_recognizer=lambda: EVEN_RECOGNIZER,
        find_other=lambda request: None,
    )
    return LabelFiles(Labelling(desk, Stores(store)))


@pytest.fixture
def files(folder, tmp_path) -> LabelFiles:
    return label_files_of(folder, tmp_path / "labels.sqlite")


@pytest.fixture
def send(files):
    def send(contents: dict[str, str | bytes], format: str, **further) -> dict:
        encoded = [
            {
                "name": name,
                "base64": base64.b64encode(
                    content.encode() if isinstance(content, str) else content
                ).decode(),
            }
            for name, content in contents.items()
        ]
        return files.labels_import({"annotator": "Ann", "format": format, "files": encoded} | further)

    return send


def labels(tmp_path: Path) -> list:
    with Annotations(tmp_path / "labels.sqlite", read_only=True) as store:
        return store.labels()


def choices(**further) -> dict:
    return {"tiers": [], "tier_is_annotator": False, "words": {}, "clip": ""} | further


def test_tiers_and_unknown_words_are_asked_about_with_their_counts(send, tmp_path, folder):
    questions = send({"one.TextGrid": GRID}, "textgrid")["questions"]
    assert questions["tiers"] == [
        {"name": "emotion", "texts": 2, "emotions": 1, "is_chosen": True},
        {"name": "words", "texts": 1, "emotions": 0, "is_chosen": False},
    ]
    assert questions["words"] == [
        {"word": "hello", "counts": {"words": 1}},
        {"word": "joy", "counts": {"emotion": 1}},
    ]
    assert questions["files"] == []
    assert labels(tmp_path) == []
    answer = send(
        {"one.TextGrid": GRID}, "textgrid", choices=choices(tiers=["emotion"], words={"joy": "HAP"})
    )
    assert answer == {
        "new": 2,
        "same": 0,
        "replaced": 0,
        "left_out": ["1 text of the tier 'words'"],
        "notes": [],
    }
    found = [(label.clip, label.annotator, label.emotion) for label in labels(tmp_path)]
    assert found == [(hash_file(folder / "one.wav"), "Ann", emotion) for emotion in ("HAP", "SAD")]


def test_a_wrong_answer_is_refused(send, tmp_path):
    for wrong in ({"words": {"joy": "BLISS"}}, {"tiers": [1]}, {"words": {"joy": []}}):
        assert "problem" in send({"one.TextGrid": GRID}, "textgrid", choices=choices(**wrong))
    assert labels(tmp_path) == []


def test_nothing_is_asked_about_labels_that_are_clear(send, tmp_path):
    assert send({"one.txt": "0.1\t0.5\tsad\n"}, "audacity")["new"] == 1
    assert send({"t.csv": "file,emotion\none.wav,happy\n"}, "csv")["new"] == 1
    assert {label.emotion for label in labels(tmp_path)} == {"SAD", "HAP"}


def test_a_file_that_is_named_after_no_clip_asks_for_it_until_there_is_one(send, tmp_path):
    track = {"Labels 1.txt": "0.1\t0.5\tsad\n"}
    assert send(track, "audacity")["questions"]["files"] == ["Labels 1.txt"]
    assert send(track, "audacity", choices=choices(clip="two"))["questions"]["files"] == ["Labels 1.txt"]
    assert send(track, "audacity", choices=choices(clip="one.wav"))["new"] == 1


def zipped(contents: dict[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_what_systems_add_to_a_zip_and_the_sounds_in_it_are_left_alone(send, tmp_path, folder):
    grid = write_tiers(1.0, [("emotion", [Interval(0, 1, "sad")])])
    packed = zipped(
        {
            "labels/one.TextGrid": grid,
            "__MACOSX/labels/._one.TextGrid": b"\x00\x05\x16\x07\xff\xfe",
            "labels/.DS_Store": b"\x00\x00\x00\x01Bud1\xff",
            "labels/Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "labels/one.wav": (folder / "one.wav").read_bytes(),
            "README": "labels of one clip",
        }
    )
    assert send({"labels.zip": packed}, "textgrid")["new"] == 1
    together = {"one.TextGrid": grid, "one.wav": (folder / "one.wav").read_bytes(), ".DS_Store": b"\xff\x00"}
    assert send(together, "textgrid")["same"] == 1
    assert len(labels(tmp_path)) == 1


def test_a_binary_textgrid_says_how_to_save_it(send):
    problem = send({"one.TextGrid": b"ooBinaryFile\x08TextGrid\x00\xff"}, "textgrid")["problem"]
    assert 'choose "Save as text file..."' in problem


def test_sounds_are_exported_as_wav_beside_their_labels(files, send, folder):
    send({"one.txt": "0.1\t0.5\tsad\n"}, "audacity")
    answer = files.labels_export({"annotator": "Ann", "format": "textgrid", "wav": True})
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(answer["base64"]))) as archive:
        stems = [name.rpartition(".")[0] for name in archive.namelist()]
        [wav] = [name for name in archive.namelist() if name.endswith(".wav")]
        samples, rate = soundfile.read(io.BytesIO(archive.read(wav)))
    assert len(set(stems)) == 1
    assert (len(samples), rate) == (16_000, 16_000)
    (folder / "one.wav").unlink()
    assert (
        "one.wav" in files.labels_export({"annotator": "Ann", "format": "textgrid", "wav": True})["problem"]
    )


# How many milliseconds later each program shows what is decoded of an MP3 with a header at 44.1 kHz.
SHIFTS_MS = {"": 25.1, "audacity": 25.1, "praat": 37.0, "decoded": 0.0, "elan": 0.0}


@pytest.mark.parametrize(("times", "shift_ms"), SHIFTS_MS.items())
def test_the_program_whose_times_are_meant_can_be_chosen(folder, tmp_path, times, shift_ms):
    encode(folder / "spoken.mp3", "libmp3lame", chirp(2.0), 44_100)
    files = label_files_of(folder, tmp_path / "labels.sqlite")
    request = {"annotator": "Ann", "format": "audacity", "times": times}
    track = {"name": "spoken.txt", "base64": base64.b64encode(b"1.000000\t1.500000\tsad\n").decode()}
    answer = files.labels_import(request | {"files": [track]})
    assert answer["new"] == 1
    assert len(answer["notes"]) == bool(shift_ms)
    [label] = labels(tmp_path)
    assert label.start_s == pytest.approx(1 - shift_ms / 1000, abs=1e-4)

    exported = files.labels_export(request)
    assert len(exported["notes"]) == bool(shift_ms)
    start_s, *_ = base64.b64decode(exported["base64"]).decode().split("\t")
    assert float(start_s) == pytest.approx(1.0, abs=1e-6)


def test_a_format_with_the_times_of_the_decoded_sound_is_not_written_with_others(send, files):
    send({"one.txt": "0.1\t0.5\tsad\n"}, "audacity")
    for times, refused in (("praat", True), ("decoded", False), ("", False)):
        answer = files.labels_export({"annotator": "Ann", "format": "csv", "times": times})
        assert ("choose these" in answer.get("problem", "")) == refused
    assert "problem" in files.labels_export({"annotator": "Ann", "format": "csv", "times": "winamp"})


def test_parquet_is_offered_where_pyarrow_is_installed_and_comes_back(send, files):
    installed = importlib.util.find_spec("pyarrow") is not None
    assert (PARQUET in FORMATS) == installed
    send({"one.txt": "0.1\t0.5\tsad\n"}, "audacity")
    answer = files.labels_export({"annotator": "Ann", "format": PARQUET})
    assert ("problem" in answer) != installed
    if installed:
        packed = base64.b64decode(answer["base64"])
        assert send({"labels.zip": packed}, PARQUET) == {
            "new": 0,
            "same": 1,
            "replaced": 0,
            "left_out": [],
            "notes": [],
        }


def test_files_are_read_as_what_they_are_whatever_the_menu_says(send, tmp_path):
    grid = write_tiers(1.0, [("emotion", [Interval(0, 0.5, "sad")])])
    assert send({"one.TextGrid": grid}, "csv")["new"] == 1
    assert (
        send({"one.txt": "0.6\t0.7\thappy\n", "t.csv": "file,emotion\none.wav,angry\n"}, "rttm")["new"] == 2
    )
    assert send({"all.zip": zipped({"one.TextGrid": grid.replace("sad", "fear")})}, "json")["new"] == 1
    assert {label.emotion for label in labels(tmp_path)} == {"SAD", "HAP", "ANG", "FEA"}
    assert "line" in send({"one.txt": "what is this?"}, "csv")["problem"]


@pytest.mark.parametrize(("stay", "counts", "emotion"), [("stored", (1, 0), "SAD"), ("file", (1, 1), "HAP")])
def test_labels_that_differ_are_shown_and_somebody_chooses(send, tmp_path, stay, counts, emotion):
    send({"t.csv": "file,emotion\none.wav,sad\n"}, "csv")
    table = {"t.csv": "file,emotion,start_s,end_s\none.wav,happy,,\none.wav,angry,0.1,0.4\n"}
    asked = send(table, "csv")
    [conflict] = asked["conflicts"]
    assert (asked["differing"], conflict["name"], conflict["stored_name"]) == (1, "one.wav", "one.wav")
    assert (conflict["stored"]["emotion"], conflict["file"]["emotion"]) == ("SAD", "HAP")
    assert len(labels(tmp_path)) == 1  # nothing came in yet
    answer = send(table, "csv", stay=stay)
    assert (answer["new"], answer["replaced"]) == counts
    assert {label.emotion for label in labels(tmp_path)} == {emotion, "ANG"}
    assert "problem" in send(table, "csv", stay="whatever")
