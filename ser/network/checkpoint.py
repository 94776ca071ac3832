"""The folder that a network is released in: its card, its weights, and the network where it is asked for.

Nothing here imports PyTorch before somebody asks for the network itself.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ser.errors import UserError
from ser.network.card import MAX_CARD_BYTES, differences
from ser.util.files import explain, write_atomically

if TYPE_CHECKING:
    from ser.network.model import Network

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"
DEFAULT_CHECKPOINT = CHECKPOINTS / "emotion"


class CheckpointError(UserError):
    """A checkpoint that is missing, damaged or made for something else."""


@dataclass(frozen=True)
class Checkpoint:
    """A released network, with the card that says where it comes from.

    `network` is the PyTorch network, in evaluation mode on the CPU, where it has been read:
    see `ser.network.loading`.
    """

    card: dict
    folder: Path
    network: Network | None = None


def open_checkpoint(folder: str | os.PathLike = DEFAULT_CHECKPOINT) -> Checkpoint:
    """Return the checkpoint in a folder, of which only the card has been read; `CheckpointError` without one."""
    return Checkpoint(load_card(folder), Path(folder))


def load_card(folder: str | os.PathLike) -> dict:
    """Read `card.json` of a checkpoint and check that this version of the code can use it.

    Raises
    ------
    CheckpointError
        when there is no readable card, or it differs from the code; the text says in what
    """
    folder = Path(folder)
    file, text = folder / "card.json", _read_card(folder)
    try:
        if len(text) > MAX_CARD_BYTES:
            raise ValueError("no card is as long")
        card = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{file} is damaged: restore the checkpoint folder from its source.") from error
    if found := differences(card):
        raise CheckpointError(
            f"The checkpoint in {folder} does not fit this version of Emotion Listener ({'; '.join(found)}): "
            "use the version that made it, or another checkpoint."
        )
    assert isinstance(card, dict), "this is the first of the differences"
    return card


def _read_card(folder: Path) -> bytes:
    file = folder / "card.json"
    try:
        if folder.exists() and not folder.is_dir():
            raise CheckpointError(f"{folder} is a file: name the folder that holds it with --checkpoint.")
        if file.exists() and not file.is_file():
            raise CheckpointError(f"{file} is not a file: restore the checkpoint folder from its source.")
        with file.open("rb") as content:
            return content.read(MAX_CARD_BYTES + 1)
    except FileNotFoundError as error:
        raise CheckpointError(
            f"There is no checkpoint in {folder}: name a folder that holds card.json and weights.pt with --checkpoint."
        ) from error
    except OSError as error:
        raise CheckpointError(f"The checkpoint in {folder} cannot be read: {explain(error)}") from error


def write_card(folder: Path, card: dict) -> None:
    """Write `card.json` into a folder, whole or not at all."""
    with write_atomically(folder / "card.json", "w", encoding="utf-8") as file:
        json.dump(card, file, indent=1)
        file.write("\n")


def checkpoint_id(folder: str | os.PathLike) -> str:
    """Return a checkpoint's name and the beginning of its weights' SHA-256, such as "emotion-0123456789ab"."""
    folder = Path(folder).resolve()
    with (folder / "weights.pt").open("rb") as file:
        return f"{folder.name}-{hashlib.file_digest(file, 'sha256').hexdigest()[:12]}"
