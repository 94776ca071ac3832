"""The commands of docs/adapting.md, run as they stand there."""

import re
import shlex
import shutil

import pytest

from ser.__main__ import main
from tests.conftest import ROOT

BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMANDS = [
    line
    for block in BLOCK.findall((ROOT / "docs" / "adapting.md").read_text(encoding="utf-8"))
    for line in block.splitlines()
    if line.startswith("python -m ser ")
]
OWN = {"ANG": "angry", "DIS": "bored", "SAD": "bored", "NEU": "calm"}


@pytest.mark.slow
def test_the_commands_run_in_their_order(room, tmp_path, monkeypatch, capsys):
    assert len(COMMANDS) >= 6
    monkeypatch.chdir(tmp_path)
    clips = sorted(room.iterdir())
    for file, clip in zip(("one.wav", "two.wav", "three.wav", "normal.wav", "new.wav"), clips, strict=False):
        shutil.copy(clip, file)
    shutil.copytree(room, "recordings")
    for command in COMMANDS:
        words = {} if "--emotions angry" not in command else OWN
        rows = [f"{clip.name},{words.get(clip.stem[-3:], clip.stem[-3:])}" for clip in clips]
        rows = [row for row in rows if not words or row.split(",")[1] in words.values()]
        (tmp_path / "labels.csv").write_text("\n".join(["file,emotion", *rows]))
        if "--out me.json" in command:
            (tmp_path / "me.json").unlink(missing_ok=True)  # each of them is a beginning
        assert main(shlex.split(command)[3:]) == 0, command
    assert "%" in capsys.readouterr().out
