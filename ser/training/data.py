"""What each recipe learns from and is validated on: one class for each kind of data, with the same interface."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import torch
import torch.distributed as dist

from ser.corpus.crema_d import Corpus
from ser.corpus.splits import Split, held_out_clips
from ser.errors import UserError
from ser.training.batches import (
    ALONE,
    AugmentedBatches,
    Batch,
    MelBatches,
    MelDataset,
    Shard,
    part_of_corpus,
    plain_batches,
)
from ser.training.recipes import TrainingOptions
from ser.training.speaker_batches import GroupBatches, SpeechClips
from ser.training.teacher import read_teacher
from ser.training.trainer import training_device
from ser.training.waveform_cache import WaveformCache, label_numbers

WAVEFORMS, ENCODED = "waveforms", "encoded"  # folders inside that of the run, until the run is finished


class TrainError(UserError):
    """A run that cannot start or continue as requested."""


class EpochBatches(Protocol):
    """The training batches of a recipe."""

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""

    def epoch(self, epoch: int, shard: Shard = ALONE) -> Iterator[tuple[Any, int]]:
        """Yield this process's share of each batch of an epoch, and the number of clips in the whole batch."""


class TrainingData(ABC):
    """Training batches, in another order in every epoch, and validation clips, always in the same order.

    Parameters
    ----------
    options : options of the run, whose folder caches the data
    corpus : the data set
    split : actors for training and for validation
    shard : which of several training processes this is
    """

    batches: EpochBatches

    def __init__(self, options: TrainingOptions, *, corpus: Corpus, split: Split, shard: Shard = ALONE):
        self.options, self.corpus, self.split = options, corpus, split
        self.out = Path(options.out)
        parts = parts_of_run(options, corpus=corpus, split=split)
        self.load(parts["train"], val=parts["val"], shard=shard)

    @abstractmethod
    def load(self, train: pd.DataFrame, *, val: pd.DataFrame, shard: Shard) -> None:
        """Read the clips of both parts, rows of `Corpus.modelling`."""

    @abstractmethod
    def validation(self) -> Iterable[Batch]:
        """Return all validation clips in order, without augmentation."""

    def waveforms(self, clips: pd.DataFrame, part: str) -> WaveformCache:
        """Return the waveforms of the clips of a part ("train" or "val"), cached in the run's folder."""
        return WaveformCache(self.corpus, clips=clips, file=self.out / WAVEFORMS / f"{part}.int16")


class PreparedData(TrainingData):
    """Log-mels in .npy files, without augmentation: the published network learns from these."""

    def load(self, train: pd.DataFrame, *, val: pd.DataFrame, shard: Shard) -> None:
        """Write the .npy files, in the first process alone, and open them."""
        folder = self.out / "prepared"
        if shard.rank == 0:
            from ser.corpus.prepare import prepare  # with joblib, which only this recipe needs

            prepare(self.corpus, out=folder)
        if dist.is_initialized():
            dist.barrier()
        self.batches = MelBatches(
            MelDataset(folder, train), batch_size=self.options.recipe.batch_size, seed=self.options.seed
        )
        self._validation = MelBatches(MelDataset(folder, val), batch_size=64, seed=0)

    def validation(self) -> Iterable[Batch]:
        """Return the prepared validation clips."""
        return self._validation.in_order()


class AugmentedData(TrainingData):
    """Waveforms, augmented differently in every epoch."""

    def load(self, train: pd.DataFrame, *, val: pd.DataFrame, shard: Shard) -> None:
        """Read the waveforms of both parts."""
        self._validation = self.waveforms(val, "val")
        self.batches = AugmentedBatches(
            self.waveforms(train, "train"),
            batch_size=self.options.recipe.batch_size,
            seed=self.options.seed,
        )

    def validation(self) -> Iterable[Batch]:
        """Return the first 3.0 s of every validation clip."""
        return plain_batches(self._validation)


class SpeakerData(TrainingData):
    """Groups of clips by speaker, with the crowd's votes."""

    def load(self, train: pd.DataFrame, *, val: pd.DataFrame, shard: Shard) -> None:
        """Read the waveforms of both parts and find the speech in them.

        Raises
        ------
        TrainError
            if the data set has no votes, or too few clips of each actor to fill a batch
        """
        options, recipe = self.options, self.options.recipe
        _check_votes(options, self.corpus)
        self._validation = SpeechClips(self.waveforms(val, "val")).trimmed()
        self.batches = GroupBatches(
            SpeechClips(self.waveforms(train, "train"), training_device()),
            table=train,
            speakers=recipe.speakers,
            per_speaker=recipe.batch_size // recipe.speakers,
            mixup=recipe.mixup_share,
            seed=options.seed,
            views=2 if recipe.consistency else 1,
            taught=self._taught(train),
            top_db=recipe.floor_db,
        )
        _check_batches(options, self.batches)

    def _taught(self, train: pd.DataFrame) -> torch.Tensor | None:
        if not self.options.teacher:
            return None
        return read_teacher(self.options.teacher, clips=train, unheard=self.split.val + self.split.test)

    def validation(self) -> Iterable[Batch]:
        """Return the first 3.0 s of every validation clip, trimmed to its speech as the recognizer does."""
        return plain_batches(self._validation, top_db=self.options.recipe.floor_db)


class EncodedData(TrainingData):
    """Groups of clips by speaker, as the encoder of the wide network hears them, with the crowd's votes.

    Attributes
    ----------
    encoder : where the encoder comes from
    scale : what its numbers are like in the training clips
    """

    def load(self, train: pd.DataFrame, *, val: pd.DataFrame, shard: Shard) -> None:
        """Encode the clips of both parts where that has not been done yet.

        Raises
        ------
        TrainError
            if the data set has no votes, or too few clips of each actor to fill a batch
        EncoderError
            if the encoder is not installed
        """
        from ser.network.encoder import Encoder
        from ser.network.encoder_files import PUBLISHED, find_encoder
        from ser.training.encoded_clips import EncodedCorpus
        from ser.training.wide_batches import StepBatches

        options, recipe = self.options, self.options.recipe
        _check_votes(options, self.corpus)
        self.encoder = PUBLISHED
        encoder = Encoder(find_encoder(self.encoder))
        folder = Path(options.encoded) if options.encoded else self.out / ENCODED
        if shard.rank and dist.is_initialized():
            dist.barrier()  # the first process writes the files
        versions = EncodedCorpus(
            self.corpus,
            clips=train,
            encoder=encoder,
            encoder_id=self.encoder.sha256,
            folder=folder / "train",
            versions=recipe.versions or 1,
        )
        self.scale = versions.scale
        self._encoded_validation = EncodedCorpus(
            self.corpus,
            clips=val,
            encoder=encoder,
            encoder_id=self.encoder.sha256,
            folder=folder / "val",
            versions=1,
            scale=self.scale,
        )
        if not shard.rank and dist.is_initialized():
            dist.barrier()
        self._labels = label_numbers(val)
        self.batches = StepBatches(
            versions,
            table=train,
            speakers=recipe.speakers,
            per_speaker=recipe.batch_size // recipe.speakers,
            mixup=recipe.mixup_share,
            seed=options.seed,
            views=2 if recipe.consistency else 1,
        )
        _check_batches(options, self.batches)

    def validation(self) -> Iterable[Batch]:
        """Return what the encoder hears in the first 3.0 s of every validation clip's speech."""
        from ser.training.wide_batches import encoded_batches

        return encoded_batches(self._encoded_validation, self._labels)


def check_lessons(options: TrainingOptions) -> None:
    """Raise `TrainError` if a recipe lacks its teacher or its first weights, or cannot use those that are named."""
    recipe = options.recipe
    if recipe.teacher and not (options.teacher and options.start):
        raise TrainError(
            "The recipe distilled trains a network further with a teacher: name the file that `python -m ser teacher` wrote with "
            "--teacher, and the folder of the network with --start."
        )
    if options.teacher and not recipe.teacher:
        raise TrainError("This recipe has no teacher: leave out --teacher, or choose --network distilled.")
    if options.start and (not recipe.speakers or recipe.versions):
        raise TrainError(
            "This recipe begins with random weights: leave out --start, or choose --network distilled or voices."
        )


def _check_votes(options: TrainingOptions, corpus: Corpus) -> None:
    if not corpus.has_votes:
        raise TrainError(
            f"{options.data} has no processedResults/tabulatedVotes.csv, which this recipe also learns from: fetch "
            "the whole data set with `python -m ser download`, or choose --network emotion."
        )


def _check_batches(options: TrainingOptions, batches: EpochBatches) -> None:
    if not len(batches):
        raise TrainError(
            f"{options.data} has too few clips of each training actor to fill a batch: use all of CREMA-D."
        )


def parts_of_run(options: TrainingOptions, *, corpus: Corpus, split: Split) -> dict[str, pd.DataFrame]:
    """Return the clips that a run trains on and is validated on, rows of `Corpus.modelling`, by "train" and "val"."""
    parts = {part: part_of_corpus(corpus, split=split, part=part) for part in ("train", "val")}
    if options.validate_on == "clips":
        held_out = held_out_clips(parts["train"], options.split_seed)
        parts = {"train": parts["train"][~held_out], "val": parts["train"][held_out]}
    return {part: clips[: options.limit] for part, clips in parts.items()}


def split_of_run(options: TrainingOptions, *, corpus: Corpus) -> Split:
    """Return the actors that a run trains on, is validated on and leaves for test.

    Raises
    ------
    TrainError
        if there is no such fold
    CorpusError
        if there are too few actors
    """
    if options.validate_on == "clips":
        return Split(tuple(corpus.modelling["actor"].unique()), (), ())
    return split_of(corpus, seed=options.split_seed, fold=options.fold)


def split_of(corpus: Corpus, *, seed: int, fold: tuple[int, int] | None) -> Split:
    """Return the split of the actors by a seed, or one of its folds such as (2, 5); raises as `split_of_run`."""
    if fold is None:
        return corpus.split(seed)
    number, count = fold
    folds = corpus.folds(count, seed)
    if not 1 <= number <= count:
        raise TrainError(f"There is no fold {number} of {count}: choose 1 to {count}.")
    return folds[number - 1]


def load_data(
    options: TrainingOptions, *, corpus: Corpus, split: Split, shard: Shard = ALONE
) -> TrainingData:
    """Return the data of the kind that a recipe learns from; the parameters are those of `TrainingData`."""
    if options.recipe.versions:
        kind: type[TrainingData] = EncodedData
    elif options.recipe.speakers:
        kind = SpeakerData
    else:
        kind = AugmentedData if options.recipe.augmented else PreparedData
    return kind(options, corpus=corpus, split=split, shard=shard)
