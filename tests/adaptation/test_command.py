"""`python -m ser adapt`, and the commands that take an adaptation."""

import json
import os
import signal
import subprocess
import sys

import pytest

from ser.__main__ import main
from ser.labels import EMOTION_NAMES
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def labels(room, tmp_path_factory):
    file = tmp_path_factory.mktemp("labels") / "labels.csv"
    rows = [f"{path.name},{EMOTION_NAMES[path.stem[-3:]]}" for path in sorted(room.iterdir())]
    file.write_text("\n".join(["file,emotion", *rows]))
    return file


def test_a_folder_is_learned_and_used(room, labels, tmp_path, capsys):
    out = tmp_path / "room.json"
    command = ["adapt", str(room), "--labels", str(labels), "--speaker-from", r"^(\d{4})", "--out", str(out)]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "72 labelled clips of 4 speakers" in text
    assert "UAR by the number of labels: 8 labels" in text
    assert f"{out}: 72 clips of 4 speakers with 72 labels" in text
    assert main(command) == 1
    assert "--overwrite" in capsys.readouterr().err

    file = str(sorted(room.iterdir())[0])
    scores = []
    for extra in ([], ["--adaptation", str(out)], ["--adaptation", str(out), "--speaker-from", r"(\d{4})_"]):
        assert main(["recognize", file, "--format", "json", *extra]) == 0
        (row,) = json.loads(capsys.readouterr().out)
        scores.append(row["scores"])
        assert bool(row["adaptation"]) == bool(extra)
    assert len({json.dumps(each) for each in scores}) == 3
    assert row["adaptation"]["name"].startswith("room ")
    assert main(["enroll", file, "--adaptation", str(out), "--out", str(tmp_path / "me.json")]) == 0
    assert "+" in capsys.readouterr().out
    assert main(["recognize", file, "--speaker-from", "(x)"]) == 1
    assert "add --adaptation" in capsys.readouterr().err


def test_without_labels_and_with_the_json_of_the_desk(room, tmp_path, capsys):
    out = tmp_path / "a.json"
    assert main(["adapt", str(room), "--out", str(out)]) == 0  # in one, the noise hides the voice
    assert "71 clips without labels" in capsys.readouterr().out
    clips = sorted(room.iterdir())[:12]
    rows = [
        {"file": path.name, "clip": f"{i:064x}", "annotator": "x", "emotion": path.stem[-3:]}
        for i, path in enumerate(clips)
    ]
    (tmp_path / "labels.json").write_text(json.dumps(rows))
    command = [
        "adapt",
        str(room),
        "--labels",
        str(tmp_path / "labels.json"),
        "--out",
        str(out),
        "--overwrite",
    ]
    assert main(command) == 0
    assert "one speaker, which flatters" in capsys.readouterr().out


def test_labels_of_missing_files_are_named(room, tmp_path, capsys):
    (tmp_path / "labels.csv").write_text("file,emotion\nnobody.wav,ANG\n")
    command = [
        "adapt",
        str(room),
        "--labels",
        str(tmp_path / "labels.csv"),
        "--out",
        str(tmp_path / "a.json"),
    ]
    assert main(command) == 1
    assert "There is no nobody.wav" in capsys.readouterr().err
    assert not (tmp_path / "a.json").exists()


def test_killed_while_learning_it_leaves_no_file(room, labels, tmp_path):
    command = [sys.executable, "-m", "ser", "adapt", str(room), "--labels", str(labels)]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "a.json")],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.wait()
    assert list(tmp_path.iterdir()) == []


def test_the_app_refuses_emotions_that_it_does_not_show(tmp_path, capsys):
    import numpy as np

    from ser.commands.app import load_adaptation
    from ser.recognition.adaptation import Adaptation, AdaptationError
    from ser.recognition.verdict import Thresholds

    adaptation = Adaptation(
        checkpoint="emotion-0",
        zero=np.zeros(6),
        emotions=("calm", "bored"),
        temperature=1.0,
        thresholds=Thresholds(),
    )
    adaptation.save(tmp_path / "a.json")
    with pytest.raises(AdaptationError, match="the app shows the six"):
        load_adaptation(str(tmp_path / "a.json"))
