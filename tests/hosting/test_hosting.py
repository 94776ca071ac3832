"""systemd accepts the service file, and Hugging Face Spaces the front matter of the README."""

import configparser
import os
import shlex
import shutil
import socket
import subprocess
import sys

import httpx
import pytest
from huggingface_hub import SpaceCard

from tests.conftest import ROOT
from tests.helpers.hosting import README, SERVICE

COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
FOLDER = "/opt/emotion-listener"  # where docs/hosting.md puts the repository
STATE = "/var/lib/emotion-listener"  # what systemd makes of StateDirectory


def test_the_front_matter_is_what_spaces_reads():
    card = SpaceCard.load(README).data.to_dict()
    requirements = (ROOT / "requirements.txt").read_text().split()
    assert card["sdk"] == "gradio"
    assert f"gradio=={card['sdk_version']}" in requirements
    assert (ROOT / card["app_file"]).is_file()
    assert {card["colorFrom"], card["colorTo"]} <= set(COLOURS)
    assert card["license"] == "mit"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert card["title"]
    assert len(card["short_description"]) <= 60
    assert card["pinned"] is False


@pytest.fixture
def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string(SERVICE.read_text())
    return parser


def test_systemd_takes_the_unit(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd on this machine to verify the unit; the other tests start it")
    # The paths of the service file do not exist on this machine; python and the working directory must be.
    text = SERVICE.read_text().replace(f"{FOLDER}/venv/bin/python", sys.executable).replace(FOLDER, str(ROOT))
    file = tmp_path / "emotion-listener@.service"
    file.write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    about_it = [line for line in done.stderr.splitlines() if "emotion-listener" in line]
    assert not about_it  # what it does not know it warns of, and goes on


@pytest.mark.slow
def test_what_the_unit_starts_answers_and_ends_when_told(unit, tmp_path):
    service = unit["Service"]
    assert service["WorkingDirectory"] == FOLDER
    assert STATE.endswith(service["StateDirectory"])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = service["ExecStart"].replace("%i", str(port)).replace(STATE, str(tmp_path))
    command = command.replace(f"{FOLDER}/venv/bin/python", shlex.quote(sys.executable))
    environment = os.environ | dict(pair.split("=") for pair in service["Environment"].split())
    with subprocess.Popen(
        shlex.split(command), cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline().split()[4] == f"http://localhost:{port}"
            assert "Emotion Listener" in httpx.get(f"http://localhost:{port}/").text
        finally:
            process.terminate()
        assert process.wait(120) == 0
    assert (tmp_path / "annotations.sqlite").is_file()
