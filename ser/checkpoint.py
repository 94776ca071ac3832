"""The folder that a network is released in: its card, its weights, and the network where it is asked for.

Nothing here imports PyTorch before somebody asks for the network itself.
"""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ser import features
from ser.audio import N_SAMPLES, SAMPLE_RATE
from ser.errors import UserError
from ser.labels import LABELS

if TYPE_CHECKING:
    from torch import nn

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
DEFAULT_CHECKPOINT = CHECKPOINTS / "emotion"
CARD_FORMAT = 1
FEATURE_NUMBERS = {
    "sample_rate": SAMPLE_RATE,
    "n_samples": N_SAMPLES,
    "n_fft": features.N_FFT,
    "hop_length": features.HOP_LENGTH,
    "n_mels": features.N_MELS,
    "top_db": features.TOP_DB,
    "std_epsilon": features.STD_EPSILON,
}
NETWORK_NAMES = ("published", "emotion")


class CheckpointError(UserError):
    """A checkpoint that is missing, damaged or made for something else."""


@dataclass(frozen=True)
class Checkpoint:
    """A released network, with the card that says where it comes from.

    `built` is the network where there is one already; else it is read when it is first asked for.
    """

    card: dict
    folder: Path
    built: nn.Module | None = None

    @functools.cached_property
    def network(self) -> nn.Module:
        """The PyTorch network in evaluation mode, on the CPU; `CheckpointError` where it cannot be read."""
        if self.built is not None:
            return self.built
        from ser.model import read_network

        return read_network(self.card, self.folder)


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
    file = Path(folder) / "card.json"
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(
            f"There is no checkpoint in {folder}: name a folder that holds card.json and weights.pt with --checkpoint."
        ) from error
    except ValueError as error:
        raise CheckpointError(f"{file} is damaged: restore the checkpoint folder from its source.") from error
    differences = _differences(card)
    if differences:
        raise CheckpointError(
            f"The checkpoint in {folder} does not fit this version of Emotion Listener ({'; '.join(differences)}): "
            "use the version that made it, or another checkpoint."
        )
    return card


def _differences(card: object) -> list[str]:
    if not isinstance(card, dict):
        return ["its card is not a JSON object"]
    expected = {"format": CARD_FORMAT, "labels": list(LABELS)}
    found = [
        f"{key} is {card.get(key)!r}, expected {value!r}"
        for key, value in expected.items()
        if card.get(key) != value
    ]
    if card.get("network") not in NETWORK_NAMES:  # a tuple: the card may hold what is not hashable
        found.append(f"network is {card.get('network')!r}, expected one of {', '.join(NETWORK_NAMES)}")
    temperature = card.get("temperature", 1.0)
    if not isinstance(temperature, int | float) or not 0 < temperature < float("inf"):
        found.append(f"temperature is {temperature!r}, expected a positive number")
    found += _split_differences(card.get("split"))
    numbers = card.get("features")
    numbers = numbers if isinstance(numbers, dict) else {}
    return found + [
        f"{key} is {numbers.get(key)!r}, expected {value!r}"
        for key, value in FEATURE_NUMBERS.items()
        if numbers.get(key) != value
    ]


def _split_differences(split: object) -> list[str]:
    """Say what is wrong with the actors on a card; a card may come without them."""
    if split is None:
        return []
    parts = [split.get(part) for part in ("train", "val", "test")] if isinstance(split, dict) else [None]
    if not all(isinstance(actors, list) and all(isinstance(a, str) for a in actors) for actors in parts):
        return ["its split does not list the actors of train, val and test"]
    actors = [actor for part in parts for actor in part]
    twice = sorted({actor for actor in actors if actors.count(actor) > 1})
    return [f"actor {', '.join(twice)} is in more than one part of its split"] if twice else []
