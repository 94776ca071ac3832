"""Data sets of one to six speakers: every part has a speaker, or a sentence says what to do before anything is trained."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser.commands.main import main
from ser.labels import LABELS
from ser.network.checkpoint import load_card


def record(root: Path, actors: int) -> Path:
    (root / "AudioWAV").mkdir(parents=True)
    for actor in range(1001, 1001 + actors):
        for sentence in ("IEO", "TIE", "DFA"):
            for i, emotion in enumerate(LABELS):
                tone = (
                    0.3 * np.sin(np.arange(8000) * (0.05 * (1 + i) + 0.001 * len(sentence)))
                    + 1e-3 * actor % 7
                )
                name = f"{actor}_{sentence}_{emotion}_XX.wav"
                soundfile.write(
                    root / "AudioWAV" / name, tone * (0.5 + "IEO TIE DFA".index(sentence) / 40), 16_000
                )
    return root


def trained(data: Path, out: Path, *more: str) -> dict:
    arguments = ["--epochs", "1", "--batch-size", "16", "--precision", "float32"]
    assert main(["train", "--data", str(data), "--out", str(out), *arguments, *more]) == 0
    return load_card(out)


@pytest.mark.parametrize("actors", [3, 6])
def test_a_few_speakers_are_enough(tmp_path, capsys, actors):
    data = record(tmp_path / "data", actors)
    split = trained(data, tmp_path / "run")["split"]
    assert min(len(split[part]) for part in ("train", "val", "test")) == 1
    assert sum(len(split[part]) for part in ("train", "val", "test")) == actors
    assert f"With {actors} speakers, validation or test is a single voice" in capsys.readouterr().err


def test_a_fold_is_trained_in_place_of_the_split(tmp_path, capsys):
    data = record(tmp_path / "data", 4)
    assert main(["split", "--data", str(data), "--folds", "3", "--json"]) == 0
    folds = json.loads(capsys.readouterr().out)
    card = trained(data, tmp_path / "run", "--fold", "2/3")
    assert card["split"]["fold"] == "2/3"
    assert {part: card["split"][part] for part in folds[1]} == {
        part: folds[1][part]["actors"] for part in folds[1]
    }
    for out, wrong, said in (
        ("run", "1/3", "started with another fold"),
        ("new", "4/3", "no fold 4 of 3: choose 1 to 3"),
    ):
        arguments = ["train", "--data", str(data), "--out", str(tmp_path / out), "--resume", "--epochs", "1"]
        assert main([*arguments, "--batch-size", "16", "--fold", wrong]) == 1
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("actors", [1, 2])
def test_one_or_two_speakers_are_refused_before_anything_is_trained(tmp_path, capsys, actors):
    data = record(tmp_path / "data", actors)
    for command in (["train", "--out", str(tmp_path / "run")], ["split"], ["split", "--folds", "3"]):
        assert main([command[0], "--data", str(data), *command[1:]]) == 1
        printed = capsys.readouterr()
        assert "needs at least 3 speakers" in printed.err
        assert "`train --validate-on clips`" in printed.err
        assert printed.out == ""
    assert not (tmp_path / "run").exists()


def test_one_speaker_is_validated_on_other_clips(tmp_path, capsys):
    data = record(tmp_path / "data", 1)
    card = trained(data, tmp_path / "run", "--validate-on", "clips")
    assert card["split"] == {"seed": 42, "validated_on": "clips", "train": ["1001"], "val": [], "test": []}
    assert pd.read_csv(tmp_path / "run" / "curves.csv")["val_uar"].between(0, 1).all()
    assert main(["evaluate", "--data", str(data), "--checkpoint", str(tmp_path / "run")]) == 1
    assert "has no validation or test speakers" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["2", "a/3", "0/3", "2/"])
def test_a_fold_is_two_numbers(wrong, capsys):
    with pytest.raises(SystemExit):
        main(["train", "--data", ".", "--out", ".", "--fold", wrong])
    assert "--fold" in capsys.readouterr().err
