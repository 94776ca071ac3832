"""Recordings, labels and speakers: how a folder and a table are read, and what is refused."""

from pathlib import Path

import pytest

from ser.adaptation.clips import (
    Clip,
    NamedLabel,
    emotions_of,
    find_clips,
    read_labels,
    with_labels,
    with_speakers,
)
from ser.labels import LABELS
from ser.recognition.adaptation import AdaptationError


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("a.wav", "b.FLAC", "sub/a.wav", "sub/c.ogg", "notes.txt", ".hidden.wav"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"")
    return tmp_path


def names(clips, folder):
    return [clip.path.relative_to(folder).as_posix() for clip in clips]


def table(tmp_path, text, encoding="utf-8"):
    file = tmp_path / "labels.csv"
    file.write_bytes(text.encode(encoding))
    return read_labels(file)


def test_sound_files_are_found_in_order(folder):
    assert names(find_clips(folder), folder) == ["a.wav", "b.FLAC", "sub/a.wav", "sub/c.ogg"]


def test_no_folder_or_no_sound_is_refused(folder, tmp_path):
    with pytest.raises(AdaptationError, match="is not a folder"):
        find_clips(folder / "notes.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(AdaptationError, match="no sound files"):
        find_clips(tmp_path / "empty")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_are_read_as_people_save_them(tmp_path, encoding, delimiter):
    lines = ["File,Emotion,Speaker", "b.FLAC,angry,Zoë", "sub/c.ogg,NEU,", "sub\\a.wav,bored,2"]
    labels = table(tmp_path, "\r\n".join(line.replace(",", delimiter) for line in lines), encoding)
    assert labels == [
        NamedLabel("b.FLAC", "ANG", "Zoë"),
        NamedLabel("sub/c.ogg", "NEU"),
        NamedLabel("sub\\a.wav", "bored", "2"),
    ]


def test_the_desks_own_table_is_read_without_regions_and_other_answers(tmp_path):
    text = "id,file,annotator,emotion,start_s,end_s\n1,a.wav,x,HAP,,\n2,a.wav,y,OTH,,\n3,a.wav,x,SAD,0.5,1\n"
    assert table(tmp_path, text) == [NamedLabel("a.wav", "HAP")]


@pytest.mark.parametrize("text", ["", "name,emotion\na.wav,ANG", "file\na.wav"])
def test_other_tables_are_refused(tmp_path, text):
    with pytest.raises(AdaptationError, match="file,emotion"):
        table(tmp_path, text)


def test_text_that_is_not_utf_8_is_refused(tmp_path):
    with pytest.raises(AdaptationError, match="save it as UTF-8"):
        table(tmp_path, "file,emotion\nä.wav,ANG", "latin-1")


def test_labels_find_their_clips_and_the_majority_wins(folder):
    labels = [
        NamedLabel("sub/a.wav", "ANG", "7"),
        NamedLabel("sub/a.wav", "ANG"),
        NamedLabel("sub/a.wav", "SAD"),
        NamedLabel("c", "HAP"),
        NamedLabel("b.FLAC", "HAP"),
        NamedLabel("b.FLAC", "SAD"),
    ]
    clips = with_labels(find_clips(folder), labels=labels, folder=folder)
    assert [clip.emotion for clip in clips] == [None, None, "ANG", "HAP"]
    assert [clip.speaker for clip in clips] == [None, None, "7", None]


def test_labels_of_files_that_are_not_there_or_ambiguous_are_refused(folder):
    clips = find_clips(folder)
    with pytest.raises(AdaptationError, match=r"There is no d\.wav"):
        with_labels(clips, labels=[NamedLabel("d.wav", "ANG")], folder=folder)
    assert with_labels(clips, labels=[NamedLabel("a.wav", "ANG")], folder=folder)[0].emotion == "ANG"
    with pytest.raises(AdaptationError, match="Several files"):
        with_labels(clips, labels=[NamedLabel("elsewhere/a.wav", "ANG")], folder=folder)


def test_speakers_come_from_names_and_the_table_wins(folder):
    clips = with_speakers(find_clips(folder), "^(.)")
    assert [clip.speaker for clip in clips] == ["a", "b", "a", "c"]
    clips = with_labels(clips, labels=[NamedLabel("c.ogg", "ANG", "Ann")], folder=folder)
    assert clips[-1].speaker == "Ann"


@pytest.mark.parametrize(
    ("pattern", "problem"), [("(", "not a regular"), ("a", "no group"), ("(x)", "No speaker")]
)
def test_expressions_that_find_no_speaker_are_refused(folder, pattern, problem):
    with pytest.raises(AdaptationError, match=problem):
        with_speakers(find_clips(folder), pattern)


def test_the_emotions_are_the_six_the_labels_or_those_chosen():
    clips = [Clip(Path("a"), "ANG"), Clip(Path("b"), "SAD"), Clip(Path("c"))]
    assert emotions_of(clips) == LABELS
    assert emotions_of([*clips, Clip(Path("d"), "bored")]) == ("ANG", "SAD", "bored")
    assert emotions_of(clips, ["angry", "sad", "calm"]) == ("ANG", "SAD", "calm")
    assert emotions_of(clips, ["sad", "neutral", "happy", "fear", "disgust", "anger"]) == LABELS
    with pytest.raises(AdaptationError, match="SAD is not one of"):
        emotions_of(clips, ["ANG", "calm"])
    for chosen in (["ANG"], ["ANG", "angry"], ["ANG", " "], [f"e{i}" for i in range(21)]):
        with pytest.raises(AdaptationError):
            emotions_of(clips, chosen)
