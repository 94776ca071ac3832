"""A training run: epochs, the state it resumes from, its curves and its checkpoint.

python -m ser train --data DIR --out DIR
torchrun --nproc-per-node 2 -m ser train --data DIR --out DIR
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.distributed as dist
import torch.nn.functional as F
from tqdm import tqdm

from ser.corpus.crema_d import Corpus, Split
from ser.errors import UserError
from ser.evaluation.metrics import fit_temperature, metrics
from ser.network.checkpoint import load_card
from ser.network.loading import save_checkpoint
from ser.network.weights import DamagedError, read_saved
from ser.training.batches import (
    ALONE,
    AugmentedBatches,
    Batch,
    MelBatches,
    MelDataset,
    Shard,
    WaveformCache,
    make_loaders,
    part_of_corpus,
    plain_batches,
    seeded_generator,
)
from ser.training.speaker_batches import GroupBatches, SpeechClips
from ser.training.speaker_trainer import GroupedTrainer
from ser.training.trainer import RECIPES, Recipe, Trainer, Training, faster_precision, training_device
from ser.util.files import write_atomically

__all__ = ["RECIPES", "MelDataset", "Recipe", "TrainError", "Trainer", "make_loaders", "train"]

WAVEFORMS = "waveforms"  # in the folder of a run, until it is finished
DATA_LICENCE = (
    "Trained on CREMA-D (Cao et al. 2014), which is under the Open Database License 1.0 and the "
    "Database Contents License 1.0."
)
STATE_FILE = "state.pt"
STATE = {"identity", "precision", "trainer", "history", "best"}


class TrainError(UserError):
    """A run that cannot start or go on as asked."""


def train(
    data: str | os.PathLike,
    out: str | os.PathLike,
    recipe: Recipe,
    seed: int = 0,
    split_seed: int = 42,
    precision: str = "auto",
    resume: bool = False,
    limit: int | None = None,
    command: str = "",
) -> dict | None:
    """Train a network and leave a checkpoint, `curves.csv`, `curves.png` and `state.pt` in `out`.

    The best epoch by validation UAR is kept. The same seed gives the same result on the same machine.
    Started by torchrun, the processes share every batch and the first of them writes.

    Parameters
    ----------
    limit : train and validate on this many clips each, for a trial
    command : what made the run, for the card

    Returns
    -------
    the card; None in the processes that write nothing

    Raises
    ------
    TrainError
        when `out` holds another run, or one that `resume` was not asked for
    CorpusError
        when there is no data set in `data`
    """
    shard = _join_group()
    try:
        run = Run(Path(out), recipe, seed, split_seed, limit, resume, shard)
        run.prepare_data(data)
        run.start(precision)
        for epoch in range(run.next_epoch, recipe.epochs):
            run.run_epoch(epoch)
        return run.finish(command) if shard.rank == 0 else None
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


def _join_group() -> Shard:
    """Join the processes that torchrun started, if it did."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return ALONE
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    try:
        dist.init_process_group(backend, timeout=timedelta(hours=2))
    except RuntimeError as error:
        if os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") == "0":
            raise
        raise TrainError(
            "The processes that torchrun started again did not find each other: start it with "
            "TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 in its environment."
        ) from error
    return Shard(dist.get_rank(), dist.get_world_size())


class Run:
    """One training run and the files it keeps in `out`."""

    def __init__(
        self,
        out: Path,
        recipe: Recipe,
        seed: int,
        split_seed: int,
        limit: int | None,
        resume: bool,
        shard: Shard,
    ):
        self.out, self.recipe, self.seed, self.shard, self.limit = out, recipe, seed, shard, limit
        self.split_seed = split_seed
        self.identity = {**asdict(recipe), "seed": seed, "split_seed": split_seed, "limit": limit}
        self.history: list[dict] = []
        self.best: dict = {"uar": -1.0}
        self.saved = self._read_state(resume)

    @property
    def next_epoch(self) -> int:
        """The epoch to run next, counted from 0."""
        return len(self.history)

    def prepare_data(self, data: str | os.PathLike) -> None:
        """Read the clips of both parts into what the recipe trains on."""
        corpus = Corpus(data)
        self.split: Split = corpus.split(self.split_seed)
        train_clips = part_of_corpus(corpus, self.split, "train")[: self.limit]
        val_clips = part_of_corpus(corpus, self.split, "val")[: self.limit]
        if self.recipe.speakers:
            if not corpus.has_votes:
                raise TrainError(
                    f"{data} has no processedResults/tabulatedVotes.csv, from which this recipe learns too: fetch the "
                    "whole data set with `python -m ser download`, or choose --network emotion."
                )
            clips = SpeechClips(self._waveforms(corpus, val_clips, "val")).trimmed()
            self.validation: Callable[[], Iterable[Batch]] = lambda: plain_batches(clips)
            self.batches: GroupBatches | AugmentedBatches | MelBatches = GroupBatches(
                SpeechClips(self._waveforms(corpus, train_clips, "train"), training_device()),
                train_clips,
                self.recipe.speakers,
                self.recipe.batch_size // self.recipe.speakers,
                self.recipe.mixup_share,
                self.seed,
                views=2 if self.recipe.consistency else 1,
            )
            if not len(self.batches):
                raise TrainError(
                    f"{data} has too few clips of each training actor for a batch: give the whole of CREMA-D."
                )
            return
        if self.recipe.augmented:
            cache = self._waveforms(corpus, val_clips, "val")
            self.validation = lambda: plain_batches(cache)
            self.batches = AugmentedBatches(
                self._waveforms(corpus, train_clips, "train"), self.recipe.batch_size, self.seed
            )
            return
        if self.shard.rank == 0:
            from ser.corpus.prepare import prepare  # with joblib, which only this recipe needs

            prepare(data, self.out / "prepared")
        if dist.is_initialized():
            dist.barrier()
        self.batches = MelBatches(
            MelDataset(self.out / "prepared", train_clips), self.recipe.batch_size, self.seed
        )
        validation = MelDataset(self.out / "prepared", val_clips)
        self.validation = MelBatches(validation, 64, seed=0).in_order

    def _waveforms(self, corpus: Corpus, clips: pd.DataFrame, part: str) -> WaveformCache:
        return WaveformCache(corpus, clips, self.out / WAVEFORMS / f"{part}.int16")

    def start(self, precision: str) -> None:
        """Build the network from the seed, or go on from the saved state."""
        if precision == "auto":
            precision = self.saved["precision"] if self.saved else faster_precision(self.recipe)
        if dist.is_initialized():  # all processes run what the first one measured
            chosen = [precision]
            dist.broadcast_object_list(chosen)
            precision = chosen[0]
        torch.manual_seed(self.seed)
        arguments = self.recipe, len(self.batches), precision, self.shard
        self.trainer: Training = GroupedTrainer(*arguments) if self.recipe.speakers else Trainer(*arguments)
        if self.saved:
            try:
                self.trainer.load_state_dict(self.saved["trainer"])
            except (KeyError, RuntimeError, TypeError, ValueError) as error:
                raise self._foreign() from error
            self.history, self.best = self.saved["history"], self.saved["best"]

    def _foreign(self) -> TrainError:
        return TrainError(
            f"{self.out / STATE_FILE} is of another program or version: name another --out to begin anew."
        )

    def run_epoch(self, epoch: int) -> None:
        """Train one epoch, validate, keep the best, and save the state that the next one starts from."""
        started = time.perf_counter()
        # Dropout draws from the global generator: seeded here, an epoch is the same after a resume.
        torch.manual_seed(int(seeded_generator(self.seed, epoch, self.shard.rank, 1).initial_seed()))
        losses = []
        steps = tqdm(
            self.batches.epoch(epoch, self.shard),
            total=len(self.batches),
            desc=f"epoch {epoch + 1}/{self.recipe.epochs}",
            unit="batch",
            disable=None if self.shard.rank == 0 else True,
            leave=False,
        )
        for step, (batch, whole) in enumerate(steps):
            generator = seeded_generator(self.seed, epoch, step, self.shard.rank, 2)
            losses.append(self.trainer.step(batch, whole, generator))
        if self.shard.rank == 0:
            self._validate(epoch, float(np.mean(losses)), started)
            self._save()

    def _validate(self, epoch: int, train_loss: float, started: float) -> None:
        logits, labels = self.trainer.predict(self.validation())
        scores = metrics(logits.softmax(1).numpy(), labels.numpy())
        self.history.append(
            {
                "epoch": epoch + 1,
                "train_loss": train_loss,
                "val_loss": F.cross_entropy(logits, labels).item(),
                "val_accuracy": scores["accuracy"],
                "val_uar": scores["uar"],
                "seconds": time.perf_counter() - started,
            }
        )
        if scores["uar"] > self.best["uar"]:
            weights = {k: v.cpu().clone() for k, v in self.trainer.evaluated.state_dict().items()}
            self.best = {
                "uar": scores["uar"],
                "epoch": epoch + 1,
                "weights": weights,
                "temperature": fit_temperature(logits.numpy(), labels.numpy()),
            }
        tqdm.write("  ".join(f"{k} {v:.4g}" for k, v in self.history[-1].items()))

    def _save(self) -> None:
        state = {
            "identity": self.identity,
            "precision": self.trainer.precision,
            "trainer": self.trainer.state_dict(),
            "history": self.history,
            "best": self.best,
        }
        self.out.mkdir(parents=True, exist_ok=True)
        with write_atomically(self.out / STATE_FILE) as file:
            torch.save(state, file)
        table = pd.DataFrame(self.history)
        with write_atomically(self.out / "curves.csv", "w", encoding="utf-8", newline="") as file:
            table.to_csv(file, index=False)
        save_curves(table, self.out / "curves.png")

    def _read_state(self, resume: bool) -> dict | None:
        file = self.out / STATE_FILE
        if not file.exists():
            return None
        if not resume:
            raise TrainError(f"{self.out} already holds a run: add --resume to go on, or name another --out.")
        try:
            state = read_saved(file)
        except DamagedError as error:
            raise TrainError(f"{file} {error}: name another --out to begin anew.") from error
        if not isinstance(state, dict) or not state.keys() >= STATE:
            raise self._foreign()
        differing = [k for k, v in self.identity.items() if state["identity"].get(k) != v]
        if differing:
            raise TrainError(
                f"The run in {self.out} was started with another {', '.join(differing)}: "
                "repeat its arguments, or name another --out."
            )
        return state

    def finish(self, command: str) -> dict:
        """Write the best epoch as a checkpoint and return its card."""
        network = self.trainer.evaluated.cpu()
        network.load_state_dict(self.best["weights"])
        best_row = self.history[self.best["epoch"] - 1]
        card = {
            "split": {"seed": self.split_seed, **asdict(self.split)},
            "training": {
                "command": command,
                "seed": self.seed,
                "recipe": asdict(self.recipe),
                "best_epoch": self.best["epoch"],
                "precision": self.trainer.precision,
                "torch": torch.__version__,
            },
            "metrics": {"val_first_window": {k: best_row[k] for k in ("val_accuracy", "val_uar")}},
            "temperature": self.best["temperature"],
            "from_speech": bool(self.recipe.speakers),
            "data_licence": DATA_LICENCE,
        }
        save_checkpoint(self.out, network=network, card=card)
        shutil.rmtree(self.out / WAVEFORMS, ignore_errors=True)  # it can be made again, and is large
        return load_card(self.out)


def save_curves(history: pd.DataFrame, path: Path) -> None:
    """Draw loss and validation UAR over the epochs into a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    loss, uar = figure.subplots(1, 2)
    loss.plot(history["epoch"], history["train_loss"], label="training")
    loss.plot(history["epoch"], history["val_loss"], label="validation")
    loss.set(xlabel="epoch", ylabel="cross-entropy")
    loss.legend()
    uar.plot(history["epoch"], history["val_uar"], color="tab:green")
    uar.set(xlabel="epoch", ylabel="validation UAR")
    with write_atomically(path) as file:
        figure.savefig(file, format="png", dpi=120)


def recipe_with(name: str, **changes: Any) -> Recipe:
    """Return a recipe by name with the given numbers changed; None leaves a number as it is."""
    return replace(RECIPES[name], **{key: value for key, value in changes.items() if value is not None})
