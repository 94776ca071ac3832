"""The folder that a network is released in: `card.json`, `weights.pt` and, if it was exported, `network.onnx`.

This module reads the card alone and never imports PyTorch; `ser.network.loading` reads the network.
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
    from ser.network.wide_head import WideHead

PACKAGE = Path(__file__).resolve().parents[1]
INSTALLED_CHECKPOINTS = (
    PACKAGE / "checkpoints"
)  # where a wheel has them; the repository has them beside the package
CHECKPOINTS = INSTALLED_CHECKPOINTS if INSTALLED_CHECKPOINTS.is_dir() else PACKAGE.parent / "checkpoints"
DEFAULT_CHECKPOINT = CHECKPOINTS / "emotion"
WIDE_CHECKPOINT = CHECKPOINTS / "wide"


class CheckpointError(UserError):
    """A checkpoint that is missing, damaged, or made for another version."""


@dataclass(frozen=True)
class Checkpoint:
    """A released network: its card, its folder, and the network itself once it has been read.

    Attributes
    ----------
    card : contents of `card.json`: how the network was trained and how to read its scores
    folder : the folder that holds the files
    network : the PyTorch network, or the wide one's head, in evaluation mode, on the CPU; None until `ser.network.loading` has read it
    """

    card: dict
    folder: Path
    network: Network | WideHead | None = None


def open_checkpoint(folder: str | os.PathLike = DEFAULT_CHECKPOINT) -> Checkpoint:
    """Return the checkpoint in a folder, of which only the card has been read.

    Raises
    ------
    CheckpointError
        as `load_card` does
    """
    return Checkpoint(load_card(folder), Path(folder))


def load_card(folder: str | os.PathLike) -> dict:
    """Read `card.json` of a checkpoint and check that this version of the code can use it.

    Raises
    ------
    CheckpointError
        if there is no readable card, or the code cannot use it; the text says why
    """
    folder = Path(folder)
    file, text = folder / "card.json", _read_card(folder)
    try:
        if len(text) > MAX_CARD_BYTES:
            raise ValueError("it is too large for a card")
        card = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{file} is damaged: restore the checkpoint folder from its source.") from error
    if problems := differences(card):
        raise CheckpointError(
            f"The checkpoint in {folder} does not fit this version of Emotion Listener ({'; '.join(problems)}): "
            "use the version that made it, or another checkpoint."
        )
    assert isinstance(card, dict), "`differences` checks this first"
    return card


def _read_card(folder: Path) -> bytes:
    file = folder / "card.json"
    try:
        if folder.exists() and not folder.is_dir():
            raise CheckpointError(f"{folder} is a file: point --checkpoint at the folder that contains it.")
        if file.exists() and not file.is_file():
            raise CheckpointError(f"{file} is not a file: restore the checkpoint folder from its source.")
        with file.open("rb") as content:
            return content.read(MAX_CARD_BYTES + 1)
    except FileNotFoundError as error:
        raise CheckpointError(
            f"There is no checkpoint in {folder}: point --checkpoint at a folder with card.json and weights.pt."
        ) from error
    except OSError as error:
        raise CheckpointError(f"The checkpoint in {folder} cannot be read: {explain(error)}") from error


def write_card(folder: Path, card: dict) -> None:
    """Write `card.json` into a folder, completely or not at all."""
    with write_atomically(folder / "card.json", "w", encoding="utf-8") as file:
        json.dump(card, file, indent=1)
        file.write("\n")


def top_db_of(checkpoint: Checkpoint) -> float:
    """Return the floor of the log-mels that a network was trained with, in dB below the maximum of a window."""
    return float(checkpoint.card["features"]["top_db"])


def checkpoint_id(folder: str | os.PathLike) -> str:
    """Return a checkpoint's name and the beginning of its weights' SHA-256, e.g. "emotion-0123456789ab"."""
    folder = Path(folder).resolve()
    with (folder / "weights.pt").open("rb") as file:
        return f"{folder.name}-{hashlib.file_digest(file, 'sha256').hexdigest()[:12]}"
