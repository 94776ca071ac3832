"""The library as a wheel: what is inside, and that it works where the repository is not."""

import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(name: str) -> dict[str, Requirement]:
    """The requirements that a file lists by name; options such as `-r` and `-c` are left out."""
    lines = (ROOT / name).read_text().splitlines()
    found = [Requirement(line) for line in lines if line.strip() and not line.startswith(("-", "#"))]
    return {requirement.name.lower(): requirement for requirement in found}


def version_of(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", requirement
    return specifier.version


def test_the_pins_of_requirements_lie_in_the_ranges_of_the_project():
    ranges = {requirement.name: requirement for requirement in map(Requirement, PROJECT["dependencies"])}
    exact = pins("requirements.txt")
    assert set(ranges) == set(exact)
    for name, requirement in ranges.items():
        assert requirement.specifier.contains(version_of(exact[name])), requirement


@pytest.mark.parametrize(
    ("extra", "file"),
    [("test", "tests/requirements.txt"), ("benchmark", "tests/benchmark-requirements.txt")],
)
def test_the_pins_of_the_extras_lie_in_their_ranges(extra, file):
    exact = pins(file)
    for requirement in map(Requirement, PROJECT["optional-dependencies"][extra]):
        assert requirement.specifier.contains(version_of(exact[requirement.name.lower()])), requirement


def test_the_constraints_pin_what_is_required_and_all_that_it_needs():
    constraints = pins("constraints.txt")
    for name in ("requirements.txt", "tests/requirements.txt"):
        for requirement in pins(name).values():
            assert version_of(constraints[requirement.name.lower()]) == version_of(requirement)
    assert "-c constraints.txt" in (ROOT / "requirements.txt").read_text().splitlines()
    for name in ("fastapi", "pydantic", "scipy", "pillow"):  # required by what is required
        assert version_of(constraints[name])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--no-index", "--wheel-dir", str(out), str(ROOT)], check=True)
    (file,) = out.glob("*.whl")
    return file


def test_the_wheel_holds_all_that_is_not_python(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}
    here = {
        str(path.relative_to(ROOT))
        for folder in ("ser", "checkpoints")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    needed = {name if name.startswith("ser/") else f"ser/{name}" for name in here}
    needed -= {name for name in needed if name.startswith("ser/assets/screenshots/")}
    needed -= {"ser/assets/examples/make_examples.py"}
    assert needed <= names
    assert "ser/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "findings/"))]


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The `bin` of an environment outside the repository that has the wheel, and what it depends on from this one."""
    folder = tmp_path_factory.mktemp("installed") / "environment"
    venv.create(folder, with_pip=False, symlinks=True)
    place = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index"]
    subprocess.run([*command, "--no-deps", str(wheel)], check=True)
    (place / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def run(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)


@pytest.mark.slow
def test_an_installed_library_scores_a_file(installed, tmp_path):
    (voice := tmp_path / "voice.flac").write_bytes((ROOT / "ser/assets/examples/even.flac").read_bytes())
    code = (
        "import ser; from ser import Recognizer; print(ser.__file__); "
        f"print(Recognizer.load().recognize({voice.name!r}).top)"
    )
    where, top = run([installed / "python", "-c", code], tmp_path).stdout.split()
    assert Path(where).is_relative_to(installed.parent)
    printed = run([installed / "emotion-listener", "recognize", voice, "--format", "json"], tmp_path).stdout
    here = [sys.executable, "-m", "ser", "recognize", str(voice), "--format", "json"]
    assert json.loads(printed) == json.loads(run(here, ROOT).stdout)
    assert json.loads(printed)[0]["top"] == top
    name, version = run([installed / "emotion-listener", "--version"], tmp_path).stdout.split()
    assert name == "emotion-listener"
    assert version == re.search(r'__version__ = "(.+)"', (ROOT / "ser/__init__.py").read_text())[1]


@pytest.mark.slow
def test_an_installed_app_serves(installed, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [installed / "emotion-listener", "app", "--no-browser", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert f"http://localhost:{port}" in process.stdout.readline()
            assert "Emotion Listener" in httpx.get(f"http://localhost:{port}/").text
        finally:
            process.terminate()
        assert process.wait(120) == 0
