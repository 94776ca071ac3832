"""A training run: its epochs, the state that it resumes from, its curves and its checkpoint.

python -m ser train --data DIR --out DIR
torchrun --nproc-per-node 2 -m ser train --data DIR --out DIR
"""

import os
import shutil
import sys
import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TypedDict, cast

import numpy as np
import pandas as pd
import torch
import torch.distributed as dist
import torch.nn.functional as F
from tqdm import tqdm

from ser.corpus.crema_d import Corpus
from ser.corpus.layout import report_left_out
from ser.corpus.splits import Split, few_speakers_note
from ser.evaluation.metrics import metrics
from ser.network.card import FEATURE_NUMBERS
from ser.network.checkpoint import load_card
from ser.network.loading import save_checkpoint
from ser.network.weights import DamagedError, read_saved
from ser.recognition.calibration import fit_temperature
from ser.training.batches import ALONE, Shard, seeded_generator
from ser.training.data import (
    ENCODED,
    WAVEFORMS,
    EncodedData,
    TrainError,
    check_lessons,
    load_data,
    parts_of_run,
    split_of_run,
)
from ser.training.identity import content_of, data_identity, difference, difference_to_caches
from ser.training.recipes import TrainingOptions
from ser.training.speaker_trainer import GroupedTrainer
from ser.training.trainer import Trainer, Training, faster_precision
from ser.util.files import write_atomically

__all__ = ["Run", "TrainError", "train"]

DATA_LICENCE = (
    "Trained on CREMA-D (Cao et al. 2014), which is under the Open Database License 1.0 and the "
    "Database Contents License 1.0."
)
STATE_FILE = "state.pt"
# oneDNN keeps what it prepared for each shape that it has met, by default for a thousand: with clips of their own
# lengths that was 3 GB more in every epoch (PyTorch 2.13.0). The variables are read when they are first needed.
SHAPE_CACHES = ("LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY")
CACHED_SHAPES = 8


class EpochFigures(TypedDict):
    """A row of curves.csv."""

    epoch: int  # counted from 1
    train_loss: float
    val_loss: float
    val_accuracy: float
    val_uar: float
    seconds: float


class BestEpoch(TypedDict):
    """The epoch with the highest validation UAR, and its network."""

    uar: float
    epoch: int  # counted from 1
    weights: dict[str, torch.Tensor]
    temperature: float


class RunState(TypedDict):
    """What `state.pt` holds: all that the next epoch depends on."""

    identity: dict  # recipe, seeds, limit and data; must be the same when the run is resumed
    precision: str
    trainer: dict
    history: list[EpochFigures]
    best: BestEpoch


def train(options: TrainingOptions) -> dict | None:
    """Train a network; write a checkpoint, `curves.csv`, `curves.png` and `state.pt` to `options.out`.

    The checkpoint is the epoch with the highest validation UAR. The same seed gives the same result on the same
    machine. When torchrun starts several processes, they share every batch, and only the first one writes.

    Returns
    -------
    The card of the checkpoint; None in processes that write nothing.

    Raises
    ------
    TrainError
        if `out` holds another run, or any run while `resume` is False; or if the recipe cannot learn from these data
    CorpusError
        if there is no data set in `data`
    """
    shard = _join_group()
    try:
        run = Run(options, shard)
        run.load_data()
        run.start()
        for epoch in range(run.next_epoch, options.recipe.epochs):
            run.run_epoch(epoch)
        return run.finish() if shard.rank == 0 else None
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


def _join_group() -> Shard:
    """Join the group of processes if torchrun started this one; return this process's share."""
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
            "The processes that torchrun restarted could not find each other: start torchrun with "
            "TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 in its environment."
        ) from error
    return Shard(dist.get_rank(), dist.get_world_size())


class Run:
    """One training run and the files that it keeps in `options.out`."""

    def __init__(self, options: TrainingOptions, shard: Shard = ALONE):
        self.options, self.recipe, self.shard = options, options.recipe, shard
        self.out = Path(options.out)
        self.identity = {
            **asdict(options.recipe),
            "seed": options.seed,
            "split_seed": options.split_seed,
            "limit": options.limit,
            # None as in states from before these options
            "fold": list(options.fold) if options.fold else None,
            "validate_on": "clips" if options.validate_on == "clips" else None,
            "teacher's scores": content_of(options.teacher),
            "network to start from": content_of(options.start and Path(options.start) / "weights.pt"),
        }
        self.history: list[EpochFigures] = []
        self.best: BestEpoch | None = None
        self.saved = self._read_state()

    @property
    def next_epoch(self) -> int:
        """The epoch to run next, counted from 0."""
        return len(self.history)

    def load_data(self) -> None:
        """Read the training and validation clips as the recipe needs them.

        Raises
        ------
        TrainError
            if the run to continue was trained on others
        """
        check_lessons(self.options)
        corpus = Corpus(self.options.data)
        if self.shard.rank == 0:
            report_left_out(corpus.left_out)
        self.split: Split = split_of_run(self.options, corpus=corpus)
        self._check_data(corpus)
        note = few_speakers_note(self.split)
        if note and not self.options.fold and self.shard.rank == 0:
            tqdm.write(note, file=sys.stderr)
        self.data = load_data(self.options, corpus=corpus, split=self.split, shard=self.shard)

    def _check_data(self, corpus: Corpus) -> None:
        """Compare the clips with those of the run to continue, and remember them for its next state."""
        parts = parts_of_run(self.options, corpus=corpus, split=self.split)
        now = data_identity(corpus, parts=parts, votes=bool(self.recipe.votes))
        change: str | None = ""
        if self.saved:
            before = self.saved["identity"].get("data")
            change = (
                difference(before, now)
                if before
                else difference_to_caches(self.out, corpus=corpus, parts=parts)
            )
        if change is None and self.shard.rank == 0:
            tqdm.write(
                f"{self.out / STATE_FILE} is from a version that did not write down its clips: "
                "continue only if they are still the same.",
                file=sys.stderr,
            )
        if change:
            raise TrainError(
                f"The run in {self.out} was trained on other clips than {self.options.data} holds ({change}), "
                "and on them its split of the actors would be another: use the same data set, or choose another --out."
            )
        self.identity["data"] = now

    def start(self) -> None:
        """Build the network from the seed, or continue from the saved state."""
        for name in SHAPE_CACHES:
            os.environ.setdefault(name, str(CACHED_SHAPES))
        precision = self.options.precision
        if precision == "auto":
            precision = self.saved["precision"] if self.saved else faster_precision(self.recipe)
        if dist.is_initialized():  # each process may have measured another one: all use that of the first
            precisions = [precision]
            dist.broadcast_object_list(precisions)
            precision = precisions[0]
        torch.manual_seed(self.options.seed)
        self.trainer: Training = self._make_trainer(precision)
        if self.saved:
            try:
                self.trainer.load_state_dict(self.saved["trainer"])
            except (KeyError, RuntimeError, TypeError, ValueError) as error:
                raise self._unreadable_state() from error
            self.history, self.best = self.saved["history"], self.saved["best"]

    def _make_trainer(self, precision: str) -> Training:
        steps = len(self.data.batches)
        if isinstance(self.data, EncodedData):
            from ser.training.wide_trainer import WideTrainer

            return WideTrainer(
                self.recipe,
                steps_per_epoch=steps,
                scale=self.data.scale,
                precision=precision,
                shard=self.shard,
            )
        if self.options.start:
            from ser.training.start import started_from

            batch, _ = next(iter(self.data.batches.epoch(0)))
            grouped = started_from(self.options.start, split=self.split, batch=batch)
            return GroupedTrainer(
                self.recipe, steps_per_epoch=steps, precision=precision, shard=self.shard, grouped=grouped
            )
        trainer = GroupedTrainer if self.recipe.speakers else Trainer
        return trainer(self.recipe, steps_per_epoch=steps, precision=precision, shard=self.shard)

    def _unreadable_state(self) -> TrainError:
        return TrainError(
            f"{self.out / STATE_FILE} was written by another program or version: choose another --out to start over."
        )

    def run_epoch(self, epoch: int) -> None:
        """Train and validate one epoch, and save the state that the next one starts from."""
        started = time.perf_counter()
        # Dropout draws from the global generator. Seeding it here makes an epoch the same after a resume.
        torch.manual_seed(int(seeded_generator(self.options.seed, epoch, self.shard.rank, 1).initial_seed()))
        losses = []
        steps = tqdm(
            self.data.batches.epoch(epoch, self.shard),
            total=len(self.data.batches),
            desc=f"epoch {epoch + 1}/{self.recipe.epochs}",
            unit="batch",
            disable=None if self.shard.rank == 0 else True,
            leave=False,
        )
        for step, (batch, n_clips) in enumerate(steps):
            generator = seeded_generator(self.options.seed, epoch, step, self.shard.rank, 2)
            losses.append(self.trainer.step(batch, n_clips=n_clips, generator=generator))
        if self.shard.rank == 0:
            self._validate(epoch, float(np.mean(losses)), started)
            self._save()

    def _validate(self, epoch: int, train_loss: float, started: float) -> None:
        logits, labels = self.trainer.predict(self.data.validation())
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
        if self.best is None or scores["uar"] > self.best["uar"]:
            weights = {k: v.cpu().clone() for k, v in self.trainer.evaluated.state_dict().items()}
            self.best = {
                "uar": scores["uar"],
                "epoch": epoch + 1,
                "weights": weights,
                "temperature": fit_temperature(logits.numpy(), labels.numpy()),
            }
        tqdm.write("  ".join(f"{k} {v:.4g}" for k, v in self.history[-1].items()))

    def _save(self) -> None:
        assert self.best is not None, "an epoch was validated"
        state: RunState = {
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

    def _read_state(self) -> RunState | None:
        file = self.out / STATE_FILE
        if not file.exists():
            return None
        if not self.options.resume:
            raise TrainError(
                f"{self.out} already holds a run: add --resume to continue it, or choose another --out."
            )
        try:
            state = read_saved(file)
        except DamagedError as error:
            raise TrainError(f"{file} {error}: choose another --out to start over.") from error
        if not isinstance(state, dict) or not state.keys() >= RunState.__annotations__.keys():
            raise self._unreadable_state()
        differing = [key for key, value in self.identity.items() if state["identity"].get(key) != value]
        if differing:
            raise TrainError(
                f"The run in {self.out} was started with another {', '.join(differing)}: "
                "use the same arguments, or choose another --out."
            )
        return cast(RunState, state)

    def finish(self) -> dict:
        """Write the best epoch as a checkpoint; return its card."""
        assert self.best is not None, "a run has at least one epoch"
        network = self.trainer.evaluated.cpu()
        network.load_state_dict(self.best["weights"])
        best_row = self.history[self.best["epoch"] - 1]
        how = {
            "fold": "/".join(map(str, self.options.fold)) if self.options.fold else None,
            "validated_on": "clips" if self.options.validate_on == "clips" else None,
        }
        card = {
            "split": {
                "seed": self.options.split_seed,
                **{key: value for key, value in how.items() if value},
                **asdict(self.split),
            },
            "training": {
                "command": self.options.command,
                "seed": self.options.seed,
                "recipe": asdict(self.recipe),
                "best_epoch": self.best["epoch"],
                "precision": self.trainer.precision,
                "torch": torch.__version__,
            },
            "metrics": {"val_first_window": {k: best_row[k] for k in ("val_accuracy", "val_uar")}},
            "temperature": self.best["temperature"],
            "features": FEATURE_NUMBERS | {"top_db": self.recipe.floor_db},
            "from_speech": bool(self.recipe.speakers),
            "data_licence": DATA_LICENCE,
        }
        if isinstance(self.data, EncodedData):
            card["encoder"] = asdict(self.data.encoder)
        save_checkpoint(self.out, network=network, card=card)
        for folder in (WAVEFORMS, ENCODED):  # large, and can be made again
            shutil.rmtree(self.out / folder, ignore_errors=True)
        return load_card(self.out)


def save_curves(history: pd.DataFrame, path: Path) -> None:
    """Plot loss and validation UAR over the epochs in a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6))  # a constrained layout would draw it twice, after every epoch
    loss, uar = figure.subplots(
        1, 2, gridspec_kw={"left": 0.085, "right": 0.985, "top": 0.965, "bottom": 0.14, "wspace": 0.25}
    )
    loss.plot(history["epoch"], history["train_loss"], label="training")
    loss.plot(history["epoch"], history["val_loss"], label="validation")
    loss.set(xlabel="epoch", ylabel="cross-entropy")
    loss.legend()
    uar.plot(history["epoch"], history["val_uar"], color="tab:green")
    uar.set(xlabel="epoch", ylabel="validation UAR")
    with write_atomically(path) as file:
        figure.savefig(file, format="png", dpi=120)
