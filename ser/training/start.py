"""Begin a run with the weights of a trained network in place of random ones."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import torch

from ser.network.loading import load_checkpoint
from ser.network.model import EmotionNet
from ser.training.data import TrainError
from ser.training.speaker_trainer import GroupedNet

if TYPE_CHECKING:
    from ser.corpus.splits import Split
    from ser.training.speaker_batches import GroupBatch


def started_from(folder: str | os.PathLike, *, split: Split, batch: GroupBatch) -> GroupedNet:
    """Return the network of a checkpoint, ready to be trained further for voices.

    A released network holds its general zero point in its biases. Its mean embedding of some clips takes that place: the
    answers to first takes stay what they are, and those after takes are about as they were.

    Parameters
    ----------
    folder : a checkpoint of the recipe `voices` or `distilled`
    split : the actors of the run
    batch : training clips

    Raises
    ------
    CheckpointError
        if the checkpoint cannot be read
    TrainError
        if it holds another kind of network, or one that was trained on actors that the run is validated or tested on
    """
    checkpoint = load_checkpoint(folder)
    network = checkpoint.network
    if not isinstance(network, EmotionNet) or network.heard is None:
        raise TrainError(
            f"The network in {folder} cannot be trained further for voices: name a checkpoint of "
            "`train --network voices` with --start."
        )
    heard = set(map(str, checkpoint.card.get("split", {}).get("train", ())))
    if not heard or heard & {*split.val, *split.test}:
        raise TrainError(
            f"The network in {folder} was trained on actors that this run keeps for validation or test: use the split of "
            "that network, or another --start."
        )
    with torch.inference_mode():
        general = network.embed(batch.features.cpu(), batch.lengths.cpu()).mean(0)
    return GroupedNet.from_released(network, general=general.clone())
