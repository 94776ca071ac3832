"""The corpus's table of clips, checked against known facts about the real data set and on small folders."""

import csv
import json
import random
import shutil

import numpy as np
import pytest
import soundfile

from ser.corpus.crema_d import (
    DEMO_CLIPS,
    ClipName,
    Corpus,
    CorpusError,
    describe_splits,
    split_actors,
)
from ser.errors import UserError
from ser.labels import LABELS

ACTORS = [str(actor) for actor in range(1001, 1092)]
METADATA_COLUMNS = (
    "filename filepath actor_id sentence_code sentence emotion_code emotion intensity label split"
)
SCANNED = ("duration_s", "silent", "twin")
VOTES = [f"votes_{label}" for label in LABELS]


@pytest.fixture(scope="module")
def corpus(crema_d):
    return Corpus(crema_d)


@pytest.fixture
def small(tmp_path, crema_d):
    """AudioWAV with one clip of each of 20 actors, and no CSV files."""
    (tmp_path / "AudioWAV").mkdir()
    for actor in ACTORS[:20]:
        shutil.copy(crema_d / "AudioWAV" / f"{actor}_DFA_ANG_XX.wav", tmp_path / "AudioWAV")
    return tmp_path


def test_corpus_counts(corpus):
    assert (len(corpus.clips), len(corpus.modelling), len(corpus.demo)) == (7442, 7431, 10)
    assert corpus.clips.index.is_unique
    assert list(corpus.clips.index) == sorted(corpus.clips.index)
    assert list(corpus.demo.index) == list(DEMO_CLIPS)
    counts = corpus.clips["emotion"].value_counts()
    assert dict(counts) == {"ANG": 1271, "DIS": 1271, "FEA": 1271, "HAP": 1271, "NEU": 1087, "SAD": 1271}
    fewer = corpus.clips["actor"].value_counts().loc[lambda n: n < 82]
    assert sorted(fewer.index) == ["1002", "1008", "1009", "1019", "1076"]
    assert corpus.strays == ()


def test_corpus_finds_the_silent_clip_and_the_identical_pairs(corpus):
    clips = corpus.clips
    assert list(clips.index[clips["silent"]]) == ["1076_MTI_SAD_XX"]
    pairs = {
        "1006_TIE_HAP_XX": "1006_TIE_NEU_XX",
        "1013_WSI_SAD_XX": "1013_WSI_DIS_XX",
        "1017_IWW_ANG_XX": "1017_IWW_FEA_XX",
    }
    both_ways = pairs | {b: a for a, b in pairs.items()}
    assert clips["twin"][clips["twin"] != ""].to_dict() == both_ways
    assert set(both_ways) <= set(corpus.modelling.index)


def test_corpus_rows(corpus):
    row = corpus.clips.loc["1036_IEO_HAP_LO"]
    assert (row["actor"], row["sentence"], row["text"]) == ("1036", "IEO", "It's eleven o'clock.")
    assert (row["emotion"], row["level"], row["demo"]) == ("HAP", "LO", True)
    clip = corpus.clips.loc["1001_DFA_ANG_XX"]
    assert (clip["age"], clip["sex"], clip["race"], clip["ethnicity"]) == (
        51,
        "Male",
        "Caucasian",
        "Not Hispanic",
    )


def test_corpus_durations(corpus):
    durations = corpus.clips["duration_s"]
    assert durations.between(1.26, 5.01).all()
    assert (durations > 3.0).mean() == pytest.approx(0.168, abs=0.0005)
    for clip in durations.index[::743]:
        samples, rate = soundfile.read(corpus.path(clip))
        assert durations[clip] == pytest.approx(len(samples) / rate)


def test_corpus_votes_are_those_of_voice_only(corpus):
    votes = corpus.clips[VOTES]
    assert votes.to_numpy().sum() == 68568
    assert votes.loc["1001_IEO_NEU_XX"].to_dict() == dict(zip(VOTES, (0, 0, 0, 1, 10, 0), strict=True))
    acted = votes.to_numpy()[np.arange(7442), [LABELS.index(e) for e in corpus.clips["emotion"]]]
    assert acted.sum() / 68568 == pytest.approx(0.400, abs=0.0005)


def test_corpus_sums_repeated_votes(small):
    (small / "processedResults").mkdir()
    (small / "processedResults" / "tabulatedVotes.csv").write_text(
        '"","A","D","F","H","N","S","fileName"\n'
        '"100001",1,0,0,0,2,0,"1001_DFA_ANG_XX"\n'
        '"100002",4,0,0,0,0,3,"1001_DFA_ANG_XX"\n'
        '"200001",9,9,9,9,9,9,"1001_DFA_ANG_XX"\n'
        '"300001",9,9,9,9,9,9,"1001_DFA_ANG_XX"\n'
    )
    votes = Corpus(small).clips[VOTES]
    assert votes.loc["1001_DFA_ANG_XX"].tolist() == [5, 0, 0, 0, 2, 3]
    assert votes.drop("1001_DFA_ANG_XX").to_numpy().sum() == 0


def test_corpus_split_is_the_published_one(corpus):
    split = corpus.split()
    assert split == split_actors(ACTORS)
    table = corpus.split_table(split)
    assert table["clips"].to_dict() == {"train": 5141, "val": 1066, "test": 1224}
    assert table["actors"].tolist() == [63, 13, 15]
    assert (table[list(LABELS)].sum(axis=1) == table["clips"]).all()
    assert (table["female"] + table["male"] == table["actors"]).all()


def test_describe_splits(corpus):
    split = corpus.split()
    parts = json.loads(describe_splits(corpus, splits=[split], as_json=True))
    assert list(parts) == ["train", "val", "test"]
    assert parts["val"] == {"clips": 1066, "actors": list(split.val)}
    assert parts["test"] == {"clips": 1224, "actors": list(split.test)}
    lines = describe_splits(corpus, splits=[split]).splitlines()
    assert lines[0].split() == ["part", "clips", "actors", *LABELS, "female", "male"]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["train", "5141", "63"],
        ["val", "1066", "13"],
        ["test", "1224", "15"],
    ]


def test_describe_folds(corpus):
    folds = corpus.folds(5, seed=1)
    dicts = json.loads(describe_splits(corpus, splits=folds, as_json=True))
    assert [tuple(fold["test"]["actors"]) for fold in dicts] == [fold.test for fold in folds]
    assert sum(fold["test"]["clips"] for fold in dicts) == 7431
    assert "fold 5 of 5\n" in describe_splits(corpus, splits=folds)


def test_modelling_metadata(corpus, tmp_path):
    path = tmp_path / "out" / "modelling_metadata.csv"
    corpus.write_metadata(path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 7431
    assert list(rows[0]) == METADATA_COLUMNS.split()
    assert rows[2] == {
        "filename": "1001_DFA_FEA_XX.wav",
        "filepath": "AudioWAV/1001_DFA_FEA_XX.wav",
        "actor_id": "1001",
        "sentence_code": "DFA",
        "sentence": "Don't forget a jacket.",
        "emotion_code": "FEA",
        "emotion": "Fearful",
        "intensity": "XX",
        "label": "2",
        "split": "val",
    }
    assert all((corpus.root / row["filepath"]).is_file() for row in rows[::500])
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_audio_dir_itself_may_be_given(small):
    inside, outside = Corpus(small / "AudioWAV"), Corpus(str(small))
    assert inside.root == outside.root == small
    assert inside.clips.equals(outside.clips)
    assert inside.path("1001_DFA_ANG_XX") == small / "AudioWAV" / "1001_DFA_ANG_XX.wav"


def test_corpus_without_csv_files(small):
    corpus = Corpus(small)
    assert list(corpus.clips.columns) == [
        *ClipName._fields[:2],
        "text",
        *ClipName._fields[2:],
        *SCANNED,
        "demo",
    ]
    assert "female" not in corpus.split_table(corpus.split())


def test_corpus_does_not_depend_on_the_order_of_files(small, tmp_path_factory):
    """Files made in another order are listed in another order by most file systems."""
    other = tmp_path_factory.mktemp("other")
    files = list((small / "AudioWAV").iterdir())
    random.Random(5).shuffle(files)
    for file in files:
        shutil.copy(file, other)
    assert Corpus(other).clips.equals(Corpus(small).clips)
    assert Corpus(other).split() == Corpus(small).split()


def test_corpus_keeps_files_that_cannot_be_read(small):
    """Whoever decodes them says why; dropping them here would lose them without a word."""
    audio = small / "AudioWAV"
    (audio / "1001_DFA_ANG_XX.wav").write_bytes(b"no sound at all")
    (audio / "1002_DFA_ANG_XX.wav").write_bytes(b"")
    for actor in ("1003", "1004"):
        soundfile.write(audio / f"{actor}_DFA_ANG_XX.wav", np.zeros(0), 16000)
    clips = Corpus(small).clips
    assert len(clips) == 20
    assert list(clips.index[clips["duration_s"].isna()]) == ["1001_DFA_ANG_XX", "1002_DFA_ANG_XX"]
    assert not clips["silent"].any()
    assert (clips["twin"] == "").all()


def test_corpus_sees_silence_and_twins_by_content(small):
    audio = small / "AudioWAV"
    samples, rate = soundfile.read(audio / "1001_DFA_ANG_XX.wav", dtype="int16")
    pause = samples.copy()
    pause[len(pause) // 2 - 500 : len(pause) // 2 + 500] = 0
    soundfile.write(audio / "1001_DFA_SAD_XX.wav", pause, rate)  # quiet in the middle only
    pause[-1] += 1
    soundfile.write(audio / "1001_DFA_DIS_XX.wav", pause, rate)  # one sample apart: no twin
    soundfile.write(audio / "1001_DFA_NEU_XX.wav", samples * 0, rate)
    for clip in ("1001_DFA_FEA_XX", "1001_DFA_HAP_XX"):
        shutil.copy(audio / "1001_DFA_ANG_XX.wav", audio / f"{clip}.wav")
    clips = Corpus(small).clips
    assert list(clips.index[clips["silent"]]) == ["1001_DFA_NEU_XX"]
    same = {"1001_DFA_ANG_XX", "1001_DFA_FEA_XX", "1001_DFA_HAP_XX"}
    assert set(clips.index[clips["twin"] != ""]) == same
    assert all(clips["twin"][clip] in same - {clip} for clip in same)


def test_corpus_names_strays_and_ignores_hidden_files(small):
    for name in ("my take.wav", "._1001_DFA_ANG_XX.wav", "notes.txt"):
        (small / "AudioWAV" / name).write_bytes(b"x")
    corpus = Corpus(small)
    assert [path.name for path in corpus.strays] == ["my take.wav"]
    assert len(corpus.clips) == 20


def test_missing_folder(tmp_path):
    with pytest.raises(CorpusError, match="AudioWAV"):
        Corpus(tmp_path / "nowhere")


@pytest.mark.parametrize("make", [lambda d: None, lambda d: (d / "AudioWAV").mkdir()])
def test_folder_without_clips(tmp_path, make):
    make(tmp_path)
    with pytest.raises(CorpusError, match="holds no clips"):
        Corpus(tmp_path)


def test_git_lfs_pointers(small):
    (small / "AudioWAV" / "1005_DFA_ANG_XX.wav").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 70000\n"
    )
    with pytest.raises(CorpusError, match="git lfs pull"):
        Corpus(small)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_broken_csv_is_named(small, text):
    (small / "VideoDemographics.csv").write_text(text)
    with pytest.raises(CorpusError, match=r"VideoDemographics\.csv"):
        Corpus(small)


def test_unknown_clip(small):
    corpus = Corpus(small)
    with pytest.raises(CorpusError, match="1001_XXX"):
        corpus.path("1001_XXX")


def test_errors_are_for_people():
    assert issubclass(CorpusError, UserError)
