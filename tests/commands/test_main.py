"""The command line: help, exit statuses, and errors as one sentence on stderr."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ser.__main__ import build_parser, main
from ser.training.recipes import RECIPES

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (
    "recognize",
    "enroll",
    "split",
    "download",
    "prepare",
    "teacher",
    "train",
    "evaluate",
    "explain",
    "release",
    "benchmark",
    "annotations",
)


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "ser", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_help_lists_every_command():
    result = run("--help")
    assert result.returncode == 0
    assert all(command in result.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_explains_every_option(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert "None" not in text
    actions = build_parser()._subparsers._group_actions[0].choices[command]._actions
    assert all(action.help for action in actions)


def test_every_recipe_can_be_trained_from_the_command_line():
    commands = build_parser()._subparsers._group_actions[0].choices
    (network,) = [action for action in commands["train"]._actions if action.dest == "network"]
    assert set(network.choices) == set(RECIPES)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["recognize"],
        ["split"],
        ["split", "--data", "x", "--folds", "0"],
        ["prepare", "--data", "x"],
        ["train", "--data", "x", "--out", "y", "--network", "other"],
        ["evaluate", "--data", "x", "--split", "train"],
        ["recognize", "a.wav", "--format", "xml"],
    ],
)
def test_wrong_usage_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["split", "--data", "no-such-folder"],
        ["prepare", "--data", "no-such-folder", "--out", "out"],
        ["train", "--data", "no-such-folder", "--out", "out"],
        ["evaluate", "--data", "no-such-folder"],
        ["evaluate", "--data", "no-such-folder", "--checkpoint", "no-such-checkpoint"],
        ["recognize", "a.wav", "--checkpoint", "no-such-checkpoint"],
        ["release", "--data", "no-such-folder", "--run", "no-such-run", "--out", "out"],
        ["benchmark", "--data", "no-such-folder"],
    ],
)
def test_a_failure_is_one_sentence_and_status_1(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"ser {arguments[0]}: ")
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == []


def test_split_json_of_the_real_data_set(crema_d):
    result = run("split", "--data", str(crema_d), "--json")
    parts = json.loads(result.stdout)
    assert list(parts) == ["train", "val", "test"]
    assert {part: (found["clips"], len(found["actors"])) for part, found in parts.items()} == {
        "train": (5141, 63),
        "val": (1066, 13),
        "test": (1224, 15),
    }


def test_light_commands_do_not_import_torch():
    code = "import sys, ser.__main__ as m; m.build_parser(); import ser.corpus.crema_d; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
