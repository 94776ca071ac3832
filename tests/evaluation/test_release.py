"""A finished run becomes a checkpoint folder whose figures `evaluate` reproduces."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser.evaluation.evaluate import evaluate
from ser.evaluation.release import ReleaseError, release
from ser.labels import LABELS
from ser.network.checkpoint import CheckpointError
from ser.network.loading import load_checkpoint
from ser.recognition.recognizer import Recognizer
from ser.recognition.verdict import fit_thresholds
from ser.training.recipes import TrainingOptions, recipe_with
from ser.training.run import train


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Ten actors, a tone for every emotion; one clip is longer than a window."""
    root = tmp_path_factory.mktemp("data")
    (root / "AudioWAV").mkdir()
    for actor in range(1001, 1011):
        for i, emotion in enumerate(LABELS):
            n = 60_000 if actor == 1003 else 14_000
            tone = 0.3 * np.sin(2 * np.pi * 200 * 1.6**i * np.arange(n) / 16_000)
            soundfile.write(root / "AudioWAV" / f"{actor}_IEO_{emotion}_XX.wav", tone, 16_000)
    return root


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    recipe = recipe_with("emotion", epochs=2, batch_size=16)
    train(TrainingOptions(data=data, out=out, recipe=recipe, precision="float32"))
    return out


@pytest.mark.parametrize("many", [1, 1000], ids=["by processes", "by threads"])
def test_everything_is_there_and_evaluate_reproduces_it(data, run, tmp_path, many, monkeypatch):
    monkeypatch.setattr("ser.recognition.bulk.MANY_FILES", many)
    text = release(data, run=run, out=tmp_path / "released")
    names = {file.name for file in (tmp_path / "released").iterdir()}
    assert names == {"weights.pt", "card.json", "predictions.csv", "curves.csv", "curves.png"}
    card = load_checkpoint(tmp_path / "released").card
    assert card["temperature"] != load_checkpoint(run).card["temperature"]
    monkeypatch.setattr("ser.recognition.bulk.MANY_FILES", 1000)
    for part in ("val", "test"):
        again = evaluate(data, checkpoint=tmp_path / "released", split=part)
        assert card["metrics"][part] == {k: v for k, v in again.items() if k != "checkpoint"}
        assert f"on the {part} split" in text
        assert f"UAR {again['uar']:.3f}" in text


def test_the_verdicts_thresholds_are_chosen_on_validation_alone(data, run, tmp_path):
    release(data, run=run, out=tmp_path / "released")
    table = pd.read_csv(tmp_path / "released" / "predictions.csv")
    chosen_on = table[table["split"] == "val"]
    labels = chosen_on["emotion"].map(LABELS.index).to_numpy()
    thresholds = fit_thresholds(chosen_on[list(LABELS)].to_numpy(), labels)
    said = Recognizer.load(tmp_path / "released").thresholds
    assert said == pytest.approx(thresholds, abs=1e-4)


def test_predictions_have_a_row_per_clip_with_the_cards_split(data, run, tmp_path):
    release(data, run=run, out=tmp_path / "released")
    table = pd.read_csv(tmp_path / "released" / "predictions.csv", dtype={"actor": str})
    assert list(table.columns) == ["clip", "actor", "sentence", "emotion", "level", "split", *LABELS]
    assert len(table) == 60
    assert np.allclose(table[list(LABELS)].sum(axis=1), 1, atol=1e-5)
    split = json.loads((tmp_path / "released" / "card.json").read_text())["split"]
    assert all(row.actor in split[row.split] for row in table.itertuples())


def test_only_a_finished_run_is_released(data, run, tmp_path):
    with pytest.raises(ReleaseError, match="another folder"):
        release(data, run=run, out=run)
    with pytest.raises(CheckpointError, match=r"card\.json"):
        release(data, run=tmp_path, out=tmp_path / "released")
    assert not (tmp_path / "released").exists()


def test_curves_of_an_earlier_network_do_not_stay(data, run, tmp_path):
    release(data, run=run, out=tmp_path / "released")
    for name in ("card.json", "weights.pt"):
        shutil.copy(run / name, tmp_path / name)
    release(data, run=tmp_path, out=tmp_path / "released")
    assert not list((tmp_path / "released").glob("curves*"))
