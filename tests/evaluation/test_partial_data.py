"""Data sets with damaged clips, few clips or some of the emotions: what is there is measured, the rest is named."""

import json
import math

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser.commands.main import main
from ser.evaluation.enrolment_regimes import Windows, fit_zero_point
from ser.evaluation.metrics import metrics
from ser.evaluation.release import release
from ser.labels import LABELS
from ser.network.checkpoint import load_card


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Ten actors with a tone for every emotion, of which four files are damaged."""
    root = tmp_path_factory.mktemp("data")
    (root / "AudioWAV").mkdir()
    for actor in range(1001, 1011):
        for i, emotion in enumerate(LABELS):
            tone = 0.3 * np.sin(np.arange(14_000) * 0.06 * (1 + i) + actor)
            soundfile.write(root / "AudioWAV" / f"{actor}_IEO_{emotion}_XX.wav", tone, 16_000)
    for actor in ("1001", "1002", "1003"):
        (root / "AudioWAV" / f"{actor}_IEO_SAD_XX.wav").write_bytes(b"")
    soundfile.write(root / "AudioWAV" / "1004_IEO_SAD_XX.wav", np.zeros(0), 16_000)
    return root


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    arguments = ["--data", str(data), "--out", str(out), "--epochs", "1", "--batch-size", "16"]
    assert main(["train", *arguments, "--precision", "float32"]) == 0
    return out


@pytest.fixture(scope="module")
def released(data, run, tmp_path_factory):
    out = tmp_path_factory.mktemp("releases") / "released"
    release(
        data, run=run, out=out
    )  # the command would also write the file for ONNX Runtime, which takes most of the time
    return out


SAID = "left out 4 clips that cannot be read: 1001_IEO_SAD_XX.wav, 1002_IEO_SAD_XX.wav, 1003_IEO_SAD_XX.wav and 1 more"


@pytest.mark.parametrize("network", ["emotion", pytest.param("published", marks=pytest.mark.slow)])
def test_damaged_clips_are_left_out_of_training_and_named(data, tmp_path, capsys, network):
    arguments = ["--data", str(data), "--out", str(tmp_path / "run"), "--network", network, "--epochs", "1"]
    assert main(["train", *arguments, "--batch-size", "16", "--precision", "float32", "--limit", "12"]) == 0
    assert SAID in capsys.readouterr().err


def test_damaged_clips_are_left_out_of_a_release_and_of_its_figures(data, released, run, capsys):
    assert len(pd.read_csv(released / "predictions.csv")) == 56
    split = load_card(released)["split"]
    for part in ("val", "test"):
        assert (
            main(["evaluate", "--data", str(data), "--checkpoint", str(run), "--split", part, "--json"]) == 0
        )
        printed = capsys.readouterr()
        assert SAID in printed.err
        damaged = {"1001", "1002", "1003", "1004"} & set(split[part])
        assert json.loads(printed.out)["clips"] == 6 * len(split[part]) - len(damaged)


def test_profiles_of_damaged_and_of_few_clips(data, released, tmp_path, capsys):
    arguments = ["evaluate", "--checkpoint", str(released), "--profile", "takes"]
    assert main([*arguments, "--data", str(data), "--takes", "2"]) == 0
    printed = capsys.readouterr()
    assert SAID in printed.err
    assert "of 1 speaker, mean of 5 draws" in printed.out
    assert main([*arguments, "--data", str(data)]) == 1  # eight takes of six clips
    assert "No clip is left to score" in capsys.readouterr().err
    (tmp_path / "AudioWAV").mkdir()
    actor = load_card(released)["split"]["val"][0]
    for emotion in ("ANG", "HAP"):
        name = f"{actor}_IEO_{emotion}_XX.wav"
        (tmp_path / "AudioWAV" / name).write_bytes((data / "AudioWAV" / name).read_bytes())
    assert main([*arguments, "--data", str(tmp_path)]) == 1
    assert "choose a smaller --takes" in capsys.readouterr().err
    assert main([*arguments, "--data", str(tmp_path), "--takes", "1"]) == 0


def test_emotions_without_clips_do_not_count(data, run, tmp_path, capsys):
    right = metrics(np.eye(6)[[0, 3]], np.array([0, 3]))
    assert (right["uar"], right["macro_f1"], right["accuracy"]) == (1.0, 1.0, 1.0)
    half = metrics(np.eye(6)[[0, 1]], np.array([0, 3]))
    assert half["uar"] == 0.5
    assert half["macro_f1"] == pytest.approx(1 / 3)  # of anger, of happiness, and of the wrong disgust
    (tmp_path / "AudioWAV").mkdir()
    actor = load_card(run)["split"]["val"][0]
    for emotion in ("ANG", "HAP"):
        name = f"{actor}_IEO_{emotion}_XX.wav"
        (tmp_path / "AudioWAV" / name).write_bytes((data / "AudioWAV" / name).read_bytes())
    assert main(["evaluate", "--data", str(tmp_path), "--checkpoint", str(run)]) == 0
    printed = capsys.readouterr().out
    assert "no clips: disgusted, fearful, neutral, sad; the UAR is the mean of the others" in printed
    rows = {
        line.split()[0]: line.split()[1:]
        for line in printed.splitlines()
        if line.startswith(("Sad", "Angry"))
    }
    assert "-" not in rows["Angry"]
    assert next(line for line in printed.splitlines() if line.startswith("Sad ")).split() == [
        "Sad",
        "-",
        "-",
        "-",
        "0",
    ]


def test_a_zero_point_is_fitted_without_some_emotions_and_with_few_clips():
    generator = np.random.default_rng(0)
    labels = np.tile([0, 3, 4], 4)
    windows = Windows(
        np.eye(6)[labels] + generator.normal(size=(12, 6)), np.arange(12), labels, np.repeat(["a", "b"], 6)
    )
    zero_point = fit_zero_point(windows)
    numbers = np.array(zero_point.offsets)
    assert np.isfinite(numbers).all()
    assert np.allclose(numbers[[0, 3, 4]].mean(axis=0), 0)
    assert all(map(math.isfinite, (*zero_point.centre, zero_point.temperature)))
