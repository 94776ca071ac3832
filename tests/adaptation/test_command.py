"""`python -m ser adapt`, and the commands that take an adaptation."""

import json
import os
import shutil
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
    assert main(["adapt", str(room), "--out", str(out)]) == 0
    assert "72 clips without labels" in capsys.readouterr().out
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


def test_a_room_is_offered_learned_on_demand_and_never_in_silence(room, tmp_path, capsys, monkeypatch):
    files = [str(path) for path in sorted(room.iterdir())[:12]]

    def scores(*extra: str) -> tuple[list, str]:
        assert main(["recognize", *files, "--format", "json", *extra]) == 0
        out, err = capsys.readouterr()
        return json.loads(out), err

    plain, silent = scores()
    assert (silent, plain[0]["adaptation"]) == ("", None)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    offered, words = scores()
    assert offered == plain
    assert f"12 recordings of the same folder: with --room {room} the network first learns" in words
    learned, words = scores("--room", str(room))
    assert "adjusted to what 72 recordings have in common" in words
    assert learned[0]["adaptation"]["name"].startswith(f"room of {room.name}")
    assert learned[0]["scores"] != plain[0]["scores"]

    (tmp_path / "few").mkdir()
    for file in files[:11]:
        shutil.copy(file, tmp_path / "few")
    assert main(["recognize", *files, "--room", str(tmp_path / "few")]) == 1
    assert "learned from 12 recordings of speech" in capsys.readouterr().err
    assert main(["recognize", *files, "--room", str(room), "--adaptation", "a.json"]) == 1
    assert "use either" in capsys.readouterr().err


def test_the_app_offers_the_room_of_the_folder_to_annotate(room, tmp_path, capsys):
    from ser.commands.app import load_recognizer
    from ser.commands.app import main as app

    few = tmp_path / "few"
    few.mkdir()
    shutil.copy(sorted(room.iterdir())[0], few)
    assert (
        app(["--annotate", str(room), "--host", "0.0.0.0"]) == 1
    )  # refuses to be open to all, after the offer
    offered = f"72 recordings of the same folder: with --room {room} the network"
    assert offered in capsys.readouterr().err
    assert app(["--annotate", str(few), "--host", "0.0.0.0"]) == 1
    assert "--room" not in capsys.readouterr().err
    assert app(["--room", str(few)]) == 1
    assert "has 1: choose a folder with more" in capsys.readouterr().err
    assert app(["--room", str(room), "--adaptation", str(few)]) == 1
    assert "use either" in capsys.readouterr().err
    assert load_recognizer(None, room=str(room)).adaptation.made_from == {
        "clips": 72,
        "speakers": 0,
        "labels": 0,
    }
    assert "adjusted to what 72 recordings" in capsys.readouterr().err


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


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes")
def test_killed_while_learning_it_leaves_no_file(room, labels, tmp_path):
    """Its labels come through a pipe: once it has read them all, it is learning."""
    out, pipe = tmp_path / "out", tmp_path / "labels.csv"
    out.mkdir()
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "ser", "adapt", str(room), "--labels", str(pipe)]
    with subprocess.Popen(
        [*command, "--out", str(out / "a.json")], cwd=ROOT, stderr=subprocess.PIPE
    ) as process:
        with pipe.open("wb") as end:
            end.write(labels.read_bytes())
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert list(out.iterdir()) == []


def test_the_app_takes_an_adaptation_with_emotions_of_its_own(tmp_path):
    import numpy as np

    from ser.commands.app import load_adaptation
    from ser.recognition.adaptation import Adaptation
    from ser.recognition.verdict import Thresholds

    adaptation = Adaptation(
        checkpoint="emotion-0",
        zero=np.zeros(6),
        emotions=("calm", "bored"),
        temperature=1.0,
        thresholds=Thresholds(),
    )
    adaptation.save(tmp_path / "a.json")
    assert load_adaptation(str(tmp_path / "a.json")).name_of_emotion == {"calm": "Calm", "bored": "Bored"}
