"""One training step: network, optimiser, schedule and averaged weights, in one process or several."""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from ser.labels import LABELS
from ser.network.model import NETWORKS
from ser.training.augment import mixup
from ser.training.batches import ALONE, Batch, Shard
from ser.training.muon import JointOptimizer
from ser.training.recipes import Recipe
from ser.util.malloc import keep_freed_memory

AnyBatch = TypeVar("AnyBatch")


class Schedule(Protocol):
    """A schedule of learning rates."""

    def step(self) -> None:
        """Set the rates of the next step."""

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` continues from."""


class Training(ABC, Generic[AnyBatch]):
    """Network, optimiser and averaged weights, one step at a time; the same in one process or several.

    Subclasses define the loss and make the optimiser and the schedule.

    Parameters
    ----------
    recipe : what to train and how
    precision : "float32" or "bf16" (autocast)
    shard : which of several training processes this is
    network : the network to train
    """

    optimizer: torch.optim.Optimizer | JointOptimizer
    schedule: Schedule

    def __init__(self, recipe: Recipe, *, precision: str, shard: Shard, network: nn.Module):
        self.recipe, self.precision, self.shard = recipe, precision, shard
        self.device = training_device()
        keep_freed_memory()
        # channels_last makes the convolutions of both networks faster on CPU and GPU, at the same numbers.
        self.network: nn.Module = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # PyTorch's hints lack it
        self.average = torch.optim.swa_utils.AveragedModel(
            self.network,
            multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.ema),
            use_buffers=True,
        )
        self.parallel = DistributedDataParallel(self.network) if shard.world > 1 else self.network

    @property
    def evaluated(self) -> nn.Module:
        """The network that is validated and released: the averaged one if the recipe averages weights."""
        return self.average.module if self.recipe.ema else self.network

    @abstractmethod
    def loss(self, batch: AnyBatch, generator: torch.Generator) -> tuple[torch.Tensor, int]:
        """Return the mean loss of the clips of a batch, and their number."""

    def step(self, batch: AnyBatch, *, n_clips: int, generator: torch.Generator) -> float:
        """Train on this process's share of a batch of `n_clips`; return the share's mean loss."""
        self.network.train()
        loss, clips = self.loss(batch, generator)
        self.optimizer.zero_grad(set_to_none=True)
        # Processes average their gradients. Weighting each by its share of the clips gives the whole batch's gradient.
        (loss * (clips * self.shard.world / n_clips)).backward()
        self.optimizer.step()
        self.schedule.step()
        self.update_average()
        return loss.item()

    def update_average(self) -> None:
        """Average the weights if the recipe does."""
        if self.recipe.ema:
            self.average.update_parameters(self.network)

    def autocast(self) -> torch.autocast:
        """Return the context that runs the network in the chosen precision."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")

    @torch.inference_mode()
    def predict(
        self, batches: Iterable[Batch], network: nn.Module | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (clips, 6) logits of a network, `evaluated` if None, and the (clips,) label numbers."""
        network = (self.evaluated if network is None else network).eval()
        logits, labels = [], []
        for batch in batches:
            features = batch.features.to(self.device)
            if features.ndim == 4:
                features = features.contiguous(memory_format=torch.channels_last)
            with self.autocast():
                logits.append(network(features, batch.lengths.to(self.device)).float().cpu())
            labels.append(batch.labels)
        return torch.cat(logits), torch.cat(labels)

    def state_dict(self) -> dict:
        """Return everything that the next step depends on, as tensors and plain values."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def load_state_dict(self, state: dict) -> None:
        """Continue from what `state_dict` returned."""
        for name in ("network", "average", "optimizer", "schedule"):
            getattr(self, name).load_state_dict(state[name])


class Trainer(Training[Batch]):
    """Train any network on clips of any speaker.

    Parameters
    ----------
    recipe : what to train and how
    steps_per_epoch : batches in an epoch, for the learning-rate schedule
    precision : "float32" or "bf16" (autocast)
    shard : which of several training processes this is
    network : the network to train; a new one of the recipe's kind if None
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        steps_per_epoch: int,
        precision: str = "float32",
        shard: Shard = ALONE,
        network: nn.Module | None = None,
    ):
        super().__init__(
            recipe, precision=precision, shard=shard, network=network or NETWORKS[recipe.network]()
        )
        optimizer = torch.optim.AdamW(
            self.network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        # OneCycleLR divides by zero if the rate rises for exactly one step, a quarter of four.
        total = max(5, recipe.epochs * steps_per_epoch)
        self.optimizer = optimizer
        self.schedule = (
            torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.learning_rate, total, pct_start=0.25)
            if recipe.one_cycle
            else torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
        )

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[torch.Tensor, int]:
        """Return the mean cross-entropy of the acted emotions, and the number of clips."""
        features, lengths, labels = batch
        targets = F.one_hot(labels, len(LABELS)).float()
        if torch.rand((), generator=generator) < self.recipe.mixup_share:
            features, lengths, targets = mixup(
                features, lengths=lengths, targets=targets, generator=generator
            )
        features = features.to(self.device, memory_format=torch.channels_last)
        lengths, targets = lengths.to(self.device), targets.to(self.device)
        with self.autocast():
            logits = self.parallel(features, lengths)
        loss = F.cross_entropy(logits.float(), targets, label_smoothing=self.recipe.label_smoothing)
        return loss, len(labels)


def training_device() -> torch.device:
    """Return this process's GPU if there is one (torchrun numbers them), else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    return torch.device("cpu")


def _may_have_bf16() -> bool:
    """Return False if PyTorch knows that this processor has no units for bf16."""
    capabilities = torch.cpu.get_capabilities()
    units = [capabilities[name] for name in ("avx512_bf16", "amx_bf16") if name in capabilities]
    return not units or any(units)


def faster_precision(recipe: Recipe) -> str:
    """Time a few training steps in float32 and in bf16; return the name of the faster one.

    Processors with bf16 units run autocast twice as fast as float32. Those without run it up to twenty times slower,
    which is too slow even to try.
    """
    if training_device().type == "cpu" and not _may_have_bf16():
        return "float32"
    if recipe.versions:  # the processor is what matters, and these batches are log-mels
        recipe = replace(recipe, network="emotion")
    features = torch.randn(16, 1, 128, 188)
    batch = Batch(features, torch.full((16,), 188), torch.arange(16) % len(LABELS))
    seconds = {}
    for precision in ("float32", "bf16"):
        trainer = Trainer(recipe, steps_per_epoch=4, precision=precision)
        times = []
        for _ in range(4):
            start = time.perf_counter()
            trainer.step(batch, n_clips=16, generator=torch.Generator())
            times.append(time.perf_counter() - start)
        seconds[precision] = min(times)
    return min(seconds, key=seconds.__getitem__)
