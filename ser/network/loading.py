"""Read a network from a checkpoint folder, and write one into it."""

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
from ser.network.wide_head import WideHead
from ser.util.files import explain, write_atomically, write_together

KINDS: dict[str, type[Network] | type[WideHead]] = {**NETWORKS, "wide": WideHead}  # by the name on the card


def save_checkpoint(folder: str | os.PathLike, *, network: nn.Module, card: dict) -> None:
    """Write `weights.pt` (float32) and `card.json` into `folder`, both or neither.

    Parameters
    ----------
    folder : the folder, created if necessary
    network : a network or a head, on any device; the card of a head names its `encoder`
    card : what to write on the card besides the format, network, arguments, labels and feature numbers, which
        are added here; if both have a key, the value in `card` wins
    """
    name = next(name for name, kind in KINDS.items() if type(network) is kind)
    card = {
        "format": CARD_FORMAT,
        "network": name,
        "arguments": network.arguments,
        "labels": list(LABELS),
        "features": FEATURE_NUMBERS,
    } | card
    # Clone each tensor: a view would be saved with the whole storage that it looks into.
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
        saying what is missing, damaged, or different from what this version of the code expects
    """
    checkpoint = open_checkpoint(folder)
    return replace(checkpoint, network=read_network(checkpoint))


def read_network(checkpoint: Checkpoint) -> Network | WideHead:
    """Read the network of a checkpoint onto the CPU, in evaluation mode; `CheckpointError` as `load_checkpoint`."""
    folder = checkpoint.folder
    file = folder / "weights.pt"
    try:
        return fill(_build_network(checkpoint.card, folder), read_saved(file)).eval()
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{file} is missing: copy the whole checkpoint folder, or choose another with --checkpoint."
        ) from error
    except OSError as error:
        raise CheckpointError(f"The checkpoint in {folder} cannot be read: {explain(error)}") from error
    except DamagedError as error:
        raise CheckpointError(f"{file} {error}: restore the checkpoint folder from its source.") from error


def _build_network(card: dict, folder: Path) -> Network | WideHead:
    try:
        with torch.device("meta"):  # uses no memory, however large the sizes on the card
            return KINDS[card["network"]](**card.get("arguments", {}))
    except (TypeError, ValueError, IndexError, ArithmeticError, RuntimeError) as error:
        raise CheckpointError(
            f"The arguments on the card in {folder} do not fit the network {card['network']!r}: "
            "restore the checkpoint folder from its source."
        ) from error
