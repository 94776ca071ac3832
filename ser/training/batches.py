"""Training batches of prepared .npy files and of cached waveforms, and the notebook's loaders."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset

from ser.audio.features import N_FRAMES, N_SAMPLES, TOP_DB, fix_length, valid_frames
from ser.corpus.crema_d import Corpus, Split
from ser.corpus.provenance import RECIPE, Record
from ser.errors import UserError
from ser.network.tensor_features import log_mel_batch
from ser.training import augment
from ser.training.waveform_cache import WaveformCache, label_numbers

Item = TypeVar("Item")


class Batch(NamedTuple):
    """The input of a network for n clips, and their labels."""

    features: torch.Tensor  # (n, 1, 128, 188) float32 log-mels
    lengths: torch.Tensor  # (n,) frames before the padding
    labels: torch.Tensor  # (n,) positions of the acted emotions in `ser.labels.LABELS`


class LoaderError(UserError):
    """A prepared file is missing or was made by another version."""


class MelDataset(Dataset):
    """Prepared clips: an item is the (1, 128, 188) log-mel of a clip and its label number.

    Parameters
    ----------
    folder : output of `python -m ser prepare`, which holds mel_npy/
    clips : rows of `Corpus.modelling`; the index names the files, `emotion` the labels
    """

    def __init__(self, folder: str | os.PathLike, clips: pd.DataFrame):
        self.files = [Path(folder) / "mel_npy" / f"{clip}.npy" for clip in clips.index]
        self.labels = label_numbers(clips)
        recipe = Record.read(folder).recipe
        if recipe not in ({}, RECIPE):
            raise LoaderError(
                f"{folder} was prepared by another version: run `python -m ser prepare --data DIR --out {folder}` again."
            )
        missing = next((file for file in self.files if not file.is_file()), None)
        if missing:
            raise LoaderError(
                f"{missing} is missing: run `python -m ser prepare --data DIR --out {folder}` first."
            )

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(np.load(self.files[i])), self.labels[i]


def part_of_corpus(corpus: Corpus, *, split: Split, part: str) -> pd.DataFrame:
    """Return the modelling clips of the actors in `part` ("train", "val" or "test"), ordered by name."""
    clips = corpus.modelling
    return clips[clips["actor"].isin(getattr(split, part))].sort_index()


def make_loaders(
    folder: str | os.PathLike,
    *,
    corpus: Corpus,
    split: Split | None = None,
    batch_size: int = 32,
    seed: int = 42,
) -> tuple[DataLoader, DataLoader, DataLoader]:
    """Return the notebook's training, validation and test loaders of prepared .npy files.

    Each pass shuffles the training clips, in an order that follows from `seed`; the others are ordered by name.
    With the published split they hold 5141, 1066 and 1224 clips.

    Parameters
    ----------
    folder : output of `python -m ser prepare`, which holds mel_npy/
    split : actors of the three parts; the published split when None
    batch_size : clips in a batch
    """
    split = split or corpus.split()
    train, val, test = (
        MelDataset(folder, part_of_corpus(corpus, split=split, part=part))
        for part in ("train", "val", "test")
    )
    shuffled = DataLoader(train, batch_size, shuffle=True, generator=torch.Generator().manual_seed(seed))
    return shuffled, DataLoader(val, batch_size), DataLoader(test, batch_size)


class Shard(NamedTuple):
    """Which of several training processes this is; each takes its share of every batch."""

    rank: int = 0
    world: int = 1


ALONE = Shard()


def batch_order(n: int, *, batch_size: int, seed: int, epoch: int) -> list[torch.Tensor]:
    """Return the indices of the n clips, shuffled by seed and epoch and cut into batches; the last may be smaller."""
    return list(torch.randperm(n, generator=seeded_generator(seed, epoch)).split(batch_size))


def seeded_generator(*numbers: int, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a generator whose seed depends only on these numbers, so that any step can be repeated."""
    seed = int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
    return torch.Generator(device).manual_seed(seed)


def one_ahead(jobs: Iterable[Callable[[], Item]]) -> Iterator[Item]:
    """Yield the result of each job in order, while a thread works on the next job."""
    with ThreadPoolExecutor(1) as pool:
        pending: Future[Item] | None = None
        for job in jobs:
            ready, pending = pending, pool.submit(job)
            if ready is not None:
                yield ready.result()
        if pending is not None:
            yield pending.result()


class MelBatches:
    """Batches of a `MelDataset`, without augmentation: the published network learns from these."""

    def __init__(self, dataset: MelDataset, *, batch_size: int, seed: int):
        self.dataset, self.batch_size, self.seed = dataset, batch_size, seed

    def epoch(self, epoch: int, shard: Shard = ALONE) -> Iterator[tuple[Batch, int]]:
        """Yield this process's share of each batch, and the number of clips in the whole batch."""
        for indices in batch_order(
            len(self.dataset), batch_size=self.batch_size, seed=self.seed, epoch=epoch
        ):
            yield self._load(indices[shard.rank :: shard.world]), len(indices)

    def in_order(self) -> Iterator[Batch]:
        """Yield batches of all clips in the order of the data set."""
        yield from map(self._load, torch.arange(len(self.dataset)).split(self.batch_size))

    def _load(self, indices: torch.Tensor) -> Batch:
        features = torch.stack([self.dataset[i][0] for i in indices.tolist()])
        return Batch(features, torch.full((len(indices),), N_FRAMES), self.dataset.labels[indices])

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.batch_size)


class AugmentedBatches:
    """Batches of cached waveforms, augmented differently in every epoch."""

    def __init__(self, cache: WaveformCache, *, batch_size: int, seed: int):
        self.cache, self.batch_size, self.seed = cache, batch_size, seed
        self.noise = augment.noise_bank(seeded_generator(seed))

    def __len__(self) -> int:
        return -(-len(self.cache) // self.batch_size)

    def _make(self, epoch: int, step: int, shard: Shard, indices: torch.Tensor) -> Batch:
        generator = seeded_generator(self.seed, epoch, step, shard.rank)
        waveforms, lengths = self.cache.cut(indices, generator)
        features, frames = augment.augmented_log_mel(
            waveforms, lengths=lengths, noise=self.noise, generator=generator
        )
        return Batch(features, frames, self.cache.labels[indices])

    def epoch(self, epoch: int, shard: Shard = ALONE) -> Iterator[tuple[Batch, int]]:
        """Yield this process's share of each batch, and the number of clips in the whole batch.

        A thread prepares the next batch meanwhile.
        """
        order = batch_order(len(self.cache), batch_size=self.batch_size, seed=self.seed, epoch=epoch)
        jobs = (
            partial(self._make, epoch, step, shard, indices[shard.rank :: shard.world])
            for step, indices in enumerate(order)
        )
        yield from zip(one_ahead(jobs), map(len, order), strict=True)


def plain_batches(cache: WaveformCache, *, batch_size: int = 64, top_db: float = TOP_DB) -> Iterator[Batch]:
    """Yield batches of the first 3.0 s of every clip in order, without augmentation: for validation.

    `top_db` is the floor of the log-mels, in dB below the maximum.
    """
    for start in range(0, len(cache), batch_size):
        clips = [clip.numpy() / np.float32(32768) for clip in cache.clips[start : start + batch_size]]
        waveforms = torch.from_numpy(np.stack([fix_length(clip) for clip in clips]))
        lengths = torch.tensor([valid_frames(min(len(clip), N_SAMPLES)) for clip in clips])
        features = log_mel_batch(waveforms, top_db=top_db)
        yield Batch(features, lengths, cache.labels[start : start + batch_size])
