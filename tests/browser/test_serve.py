"""Starting and stopping the app from the command line."""

import socket
import subprocess
import sys

import httpx
import pytest

from tests.browser.conftest import serving
from tests.conftest import ROOT


@pytest.mark.parametrize("flag", ["--data", pytest.param("--checkpoint", marks=pytest.mark.slow)])
def test_a_folder_that_is_not_there_is_one_sentence_and_status_1(tmp_path, flag, checkpoint):
    command = [sys.executable, "app.py", "--no-browser", "--checkpoint", str(checkpoint)]
    run = subprocess.run(
        [*command, flag, str(tmp_path / "nowhere")], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 1
    assert run.stdout == ""
    assert "nowhere" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_a_taken_port_gives_way_to_the_next_and_nothing_is_left_behind(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with serving(checkpoint, "--port", str(port)) as server:
            assert f":{port}" not in server.address
            assert httpx.get(server.address).status_code == 200
            made = sorted(path.name.rpartition("-")[0] for path in tmp_path.iterdir())
            assert made == ["emotion-listener", "emotion-listener-labels"]
    assert server.process.returncode == 0
    assert not list(tmp_path.iterdir())
