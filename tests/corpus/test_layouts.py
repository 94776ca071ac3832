"""Copies of CREMA-D in other layouts have the clips of the official one, and what is left out is named."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.commands.main import main
from ser.corpus.clip_names import read_clip_name
from ser.corpus.crema_d import Corpus, CorpusError
from ser.corpus.download import _is_wanted
from ser.corpus.layout import detect
from ser.corpus.prepare import prepare

WORDS = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fearful",
    "HAP": "Happy",
    "NEU": "neutral",
    "SAD": "sadness",
}
LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified"}


@pytest.fixture
def official(tmp_path, crema_d) -> Path:
    """A sentence by four actors in the official layout."""
    audio = tmp_path / "official" / "AudioWAV"
    audio.mkdir(parents=True)
    for actor in ("1001", "1002", "1003", "1040"):
        for path in sorted((crema_d / "AudioWAV").glob(f"{actor}_I[ET][OH]_*.wav")):
            shutil.copy(path, audio)
    return audio.parent


def copied(official: Path, new_name) -> Path:
    """Return a copy whose files have the paths that `new_name` makes of the official stems."""
    root = official.parent / "copy"
    for path in (official / "AudioWAV").iterdir():
        target = root / new_name(*path.stem.split("_"))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return root


def as_table(corpus: Corpus):
    return corpus.clips.drop(columns="duration_s")


@pytest.mark.parametrize(
    "new_name",
    [
        lambda *parts: "_".join(parts) + ".wav",
        lambda *parts: "_".join(parts).lower() + ".WAV",
        lambda a, s, e, x: f"audios/{a}_{s}_{WORDS[e]}_{LEVELS[x]}.wav",
        lambda a, s, e, x: f"train/{WORDS[e]}/{a}_{s}_{e}_{x}.wav",
        lambda a, s, e, x: f"AudioWAV/{a}/{a}_{s}_{e}_{x}.wav",
    ],
    ids=["flat", "lower case", "words", "folders of emotions", "folders of actors"],
)
def test_copies_in_other_layouts_are_read(official, new_name):
    corpus = Corpus(copied(official, new_name))
    assert as_table(corpus).equals(as_table(Corpus(official)))
    assert corpus.left_out == []
    assert all(corpus.path(clip).is_file() for clip in corpus.clips.index)


def test_other_kinds_of_sound_files_are_read(official):
    root = official.parent / "mp3"
    root.mkdir()
    for path in (official / "AudioWAV").iterdir():
        samples, rate = soundfile.read(path)
        soundfile.write(root / f"{path.stem}.mp3", samples, rate)
    corpus, original = Corpus(root), Corpus(official)
    assert list(corpus.clips.index) == list(original.clips.index)
    assert np.allclose(corpus.clips["duration_s"], original.clips["duration_s"], atol=0.1)
    assert prepare(corpus, out=root / "out", limit=2).prepared == 2


def test_the_one_clip_that_the_release_spells_otherwise_is_a_clip(official, crema_d):
    shutil.copy(crema_d / "processedResults" / "tabulatedVotes.csv", official / "tabulatedVotes.csv")
    (official / "processedResults").mkdir()
    shutil.move(official / "tabulatedVotes.csv", official / "processedResults")
    audio = official / "AudioWAV"
    before = Corpus(official).clips
    (audio / "1040_ITH_SAD_XX.wav").rename(audio / "1040_ITH_SAD_X.wav")
    corpus = Corpus(official)
    assert corpus.clips.equals(before)
    assert corpus.clips.filter(like="votes_").loc["1040_ITH_SAD_XX"].sum() > 0
    assert corpus.path("1040_ITH_SAD_XX").name == "1040_ITH_SAD_X.wav"
    shutil.copy(audio / "1040_ITH_SAD_X.wav", audio / "1040_ITH_SAD_XX.wav")
    both = Corpus(official)
    assert both.path("1040_ITH_SAD_XX").name == "1040_ITH_SAD_XX.wav"
    assert both.left_out == [
        "left out 1 file, as it is the same clip as 1040_ITH_SAD_XX.wav: 1040_ITH_SAD_X.wav"
    ]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("AudioWAV/1040_ITH_SAD_X.wav", True),
        ("AudioWAV/1001_DFA_ANG_XX.wav", True),
        ("AudioWAV/1001_dfa_ang_xx.wav", False),
        (r"AudioWAV/..\1001_DFA_ANG_XX.wav", False),
    ],
)
def test_the_download_takes_official_spellings_alone(path, wanted):
    assert _is_wanted(path) is wanted


@pytest.mark.parametrize(
    "name", ["1001_dfa_calm_xx", "101_DFA_ANG_XX", "1001_ANG_XX", "1001_dfa_angry_very", "OAF_back_angry"]
)
def test_names_of_other_things_are_none(name):
    with pytest.raises(ValueError, match=name.split("_")[0]):
        read_clip_name(name)


def with_table(official: Path, columns: tuple[str, str, str], label=WORDS.get) -> Path:
    root = official.parent / "with table"
    (root / "audio").mkdir(parents=True)
    with (root / "train.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["index", *columns])
        for i, path in enumerate(sorted((official / "AudioWAV").iterdir())):
            shutil.copy(path, root / "audio" / f"clip{i:04}.wav")
            actor, _, emotion, _ = path.stem.split("_")
            rows.writerow([i, f"audio/clip{i:04}.wav", label(emotion), actor])
    return root


@pytest.mark.parametrize(
    "columns",
    [("path", "label", "speaker_id"), ("file_name", "Emotion", "actor_id"), ("filename", "class", "speaker")],
)
def test_a_table_of_labels_and_speakers_is_read(official, columns):
    corpus = Corpus(with_table(official, columns))
    original = Corpus(official).clips
    assert corpus.clips["emotion"].tolist() == original.sort_index()["emotion"].tolist()
    assert corpus.clips["actor"].tolist() == original["actor"].tolist()
    assert corpus.split().part_of("1001") in ("train", "val", "test")


def test_numbers_for_emotions_are_refused_as_copies_number_them_differently(official):
    root = with_table(official, ("path", "label", "speaker_id"), label=list(WORDS).index)
    with pytest.raises(CorpusError, match=r"numbers the emotions.*write words such as anger"):
        Corpus(root)


def test_a_table_without_speakers_is_no_help(official):
    root = with_table(official, ("path", "label", "voice"))
    with pytest.raises(CorpusError, match="no table of its files with their label and speaker_id"):
        Corpus(root)


def test_parquet_tables_name_the_command_that_unpacks_them(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(CorpusError, match=r"Parquet tables.*`python -m ser download --unpack "):
        Corpus(tmp_path)


def test_commands_name_the_files_that_they_leave_out(official, capsys):
    for i in range(5):
        (official / "AudioWAV" / f"take {i}.wav").write_bytes(b"x")
    (official / "AudioWAV" / "1001_IEO_NEU_XX.wav").write_bytes(b"")
    assert main(["split", "--data", str(official)]) == 0
    said = capsys.readouterr().err
    assert (
        "left out 5 files whose name is not that of a clip: take 0.wav, take 1.wav, take 2.wav and 2 more"
        in said
    )
    assert (
        "left out 1 clip that cannot be read: 1001_IEO_NEU_XX.wav (1001_IEO_NEU_XX.wav is empty (0 bytes)"
        in said
    )


def test_the_corpus_of_a_folder_is_seen_by_its_names(official, tmp_path):
    assert detect(official) is detect(official / "AudioWAV") is detect(tmp_path / "nowhere") is None
    (tmp_path / "ravdess").mkdir()
    for actor in range(1, 7):
        (tmp_path / "ravdess" / f"03-01-0{actor}-01-01-01-{actor:02}.wav").write_bytes(b"x")
    (tmp_path / "ravdess" / "note.wav").write_bytes(b"x")
    assert detect(tmp_path / "ravdess").name == "ravdess"
    for i in range(8):
        (tmp_path / "ravdess" / f"note {i}.wav").write_bytes(b"x")
    assert detect(tmp_path / "ravdess") is None
