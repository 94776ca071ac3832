"""Copies of CREMA-D in Parquet files, as dataset hubs hold them, become folders that the commands read."""

import builtins
import json
from pathlib import Path

import pytest

from ser.commands.main import main
from ser.corpus.crema_d import Corpus
from ser.corpus.unpack import class_names, unpack_rows


@pytest.fixture
def sounds(crema_d) -> dict[str, bytes]:
    paths = sorted((crema_d / "AudioWAV").glob("100[123]_IEO_*.wav"))[::3]
    return {path.stem: path.read_bytes() for path in paths}


def unpacked(rows, tmp_path: Path) -> tuple[Corpus, tuple]:
    result = unpack_rows(rows, out=tmp_path)
    return Corpus(tmp_path), tuple(result)


def test_rows_with_a_file_name_get_the_names_of_the_release(sounds, tmp_path):
    rows = [
        {
            "audio": {"bytes": sound, "path": f"{stem}.wav" if i % 2 else None},
            "file": f"{stem}.wav",
            "major_emotion": "x",
        }
        for i, (stem, sound) in enumerate(sounds.items())
    ]
    corpus, counts = unpacked(rows, tmp_path)
    assert counts == (len(sounds), 0, 0)
    assert list(corpus.clips.index) == sorted(sounds)
    assert all(corpus.path(clip).read_bytes() == sound for clip, sound in sounds.items())


def test_rows_with_a_label_and_a_speaker_get_a_table(sounds, tmp_path):
    words = {"ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
    rows = [
        {"audio": {"bytes": sound, "path": None}, "label": words[stem.split("_")[2]], "speaker_id": stem[:4]}
        for stem, sound in sounds.items()
    ]
    rows += [{"audio": None, "label": "anger", "speaker_id": "1001"}]
    rows += [{"audio": {"bytes": b"RIFF", "path": None}, "label": 3, "speaker_id": "1001"}]
    corpus, counts = unpacked(rows, tmp_path)
    assert counts == (0, len(sounds), 2)
    assert corpus.clips["emotion"].tolist() == [stem.split("_")[2] for stem in sounds]
    assert corpus.clips["actor"].tolist() == [stem[:4] for stem in sounds]
    assert (corpus.clips["duration_s"] > 1).all()


def test_numbers_for_emotions_are_read_with_the_words_of_the_schema():
    words = ["Anger", "Happy", "Fear", "Sad", "Disgust", "Neutral"]
    features = {"audio": {"_type": "Audio"}, "emotion": {"names": words, "_type": "ClassLabel"}}
    schema = {b"huggingface": json.dumps({"info": {"features": features}}).encode(), b"pandas": b"{}"}
    assert class_names(schema) == {"emotion": words}
    for damaged in ({}, {b"huggingface": b"{"}, {b"huggingface": b"[]"}, {b"huggingface": b'{"info": {}}'}):
        assert class_names(damaged) == {}


def test_without_pyarrow_a_sentence_says_what_is_needed(tmp_path, capsys, monkeypatch):
    real = builtins.__import__

    def without(name, *more, **named):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["download", "--unpack", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "pip install pyarrow" in capsys.readouterr().err
