"""The network that a checkpoint folder holds: read out of it, and written into it."""

import os
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from ser.labels import LABELS
from ser.network.card import CARD_FORMAT, FEATURE_NUMBERS
from ser.network.checkpoint import (
    DEFAULT_CHECKPOINT,
    Checkpoint,
    CheckpointError,
    open_checkpoint,
    write_card,
)
from ser.network.model import NETWORKS, Network
from ser.network.weights import DamagedError, fill, read_saved
from ser.util.files import explain, write_atomically, write_together


def save_checkpoint(folder: str | os.PathLike, *, network: nn.Module, card: dict) -> None:
    """Write `weights.pt` (float32) and `card.json` into `folder`, both or neither.

    What loading needs (network, its arguments, labels, feature numbers) is added to `card` here.
    """
    name = next(name for name, kind in NETWORKS.items() if type(network) is kind)
    card = {
        "format": CARD_FORMAT,
        "network": name,
        "arguments": network.arguments,
        "labels": list(LABELS),
        "features": FEATURE_NUMBERS,
    } | card
    # A clone per tensor: a view would drag the storage it looks into along to the disk.
    weights = {key: value.detach().cpu().contiguous().clone() for key, value in network.state_dict().items()}
    with write_together(folder) as part:
        with write_atomically(part / "weights.pt") as file:
            torch.save(weights, file)
        write_card(part, card)


def load_checkpoint(folder: str | os.PathLike = DEFAULT_CHECKPOINT) -> Checkpoint:
    """Load a checkpoint onto the CPU, in evaluation mode.

    Raises
    ------
    CheckpointError
        naming what is missing, damaged, or differs from what this version of the code expects
    """
    checkpoint = open_checkpoint(folder)
    return replace(checkpoint, network=read_network(checkpoint))


def read_network(checkpoint: Checkpoint) -> Network:
    """Return the network of a checkpoint whose card has been read; see `load_checkpoint`."""
    folder = checkpoint.folder
    file = folder / "weights.pt"
    try:
        return fill(_build_network(checkpoint.card, folder), read_saved(file)).eval()
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{file} is missing: copy the whole checkpoint folder, or name another with --checkpoint."
        ) from error
    except OSError as error:
        raise CheckpointError(f"The checkpoint in {folder} cannot be read: {explain(error)}") from error
    except DamagedError as error:
        raise CheckpointError(f"{file} {error}: restore the checkpoint folder from its source.") from error


def _build_network(card: dict, folder: Path) -> Network:
    try:
        with torch.device("meta"):  # no memory, whatever sizes the card asks for
            return NETWORKS[card["network"]](**card.get("arguments", {}))
    except (TypeError, ValueError, IndexError, ArithmeticError, RuntimeError) as error:
        raise CheckpointError(
            f"The arguments on the card in {folder} are not those of the network {card['network']!r}: "
            "restore the checkpoint folder from its source."
        ) from error
