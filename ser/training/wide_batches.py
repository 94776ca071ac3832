"""Training batches for the head of the wide network: groups of clips per speaker, as the encoder hears them.

As in `ser.training.speaker_batches`, with versions of the clips in place of augmentation on the fly.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from ser.labels import LABELS
from ser.training import augment
from ser.training.batches import ALONE, Batch, Shard, one_ahead, seeded_generator
from ser.training.speaker_batches import PROMPTED_SHARE, GroupOrder, draw_takes, shares_of_votes

if TYPE_CHECKING:
    import pandas as pd

    from ser.training.encoded_clips import EncodedCorpus

CLIPS_AT_ONCE = 64  # in validation
STYLE_SHARE = 0.5  # of the speakers have a part of another speaker's mean


class StepBatch(NamedTuple):
    """Groups of k clips per speaker, one speaker after the other, all of them once for each view: n clips.

    Blending two clips, and adding the same to all steps of a clip, can wait until after the projection, which is linear.
    """

    steps: torch.Tensor  # (all steps, inputs) int8, clip after clip
    lengths: torch.Tensor  # (n,) steps of each clip
    statistics: (
        torch.Tensor
    )  # (n, 2 * inputs) mean and deviation less 1 of the standardised steps, `shift` included
    shift: torch.Tensor  # (n, inputs) is added to the standardised steps
    share: torch.Tensor  # (n,) weight of the clip itself; the rest is that of `other`
    other: torch.Tensor  # (n,) positions of the clips that are blended in
    acted: torch.Tensor  # (n, 6) shares of the acted emotions
    perceived: torch.Tensor  # (n, 6) shares of the crowd's votes
    takes: torch.Tensor  # (views * speakers, k, k), as in `GroupBatch`
    prompted: torch.Tensor  # (views * speakers,) 1 where the acted emotions of the takes are known

    def blended(self, x: torch.Tensor) -> torch.Tensor:
        """Return x (n, ...) of each clip, blended with that of the other clip (mixup, Zhang et al. 2018)."""
        share = self.share.view(-1, *[1] * (x.ndim - 1)).to(x.dtype)
        return share * x + (1 - share) * x[self.other]


class StepBatches:
    """Batches of `speakers` groups of `per_speaker` clips; an epoch uses every clip about once.

    Parameters
    ----------
    corpus : the encoded clips
    table : rows of `Corpus.modelling` for these clips, with actors and votes
    speakers : groups in a batch
    per_speaker : clips in a group
    mixup : share of the batches in which each clip is blended with another one of its speaker
    seed : decides on batches, versions and augmentation
    views : how often a batch repeats the same clips and takes, each time in other versions
    """

    def __init__(
        self,
        corpus: EncodedCorpus,
        *,
        table: pd.DataFrame,
        speakers: int,
        per_speaker: int,
        mixup: float,
        seed: int,
        views: int = 1,
    ):
        self.versions, self.mixup, self.seed, self.views = corpus.versions, mixup, seed, views
        self.per_speaker = per_speaker
        self.groups = GroupOrder(
            table["actor"].to_numpy(), speakers=speakers, per_speaker=per_speaker, seed=seed
        )
        self.labels = torch.tensor([LABELS.index(emotion) for emotion in table["emotion"]])
        self.votes = shares_of_votes(table)

    def __len__(self) -> int:
        return len(self.groups)

    def epoch(self, epoch: int, shard: Shard = ALONE) -> Iterator[tuple[StepBatch, int]]:
        """Yield this process's speakers of each batch, and the number of clips in the whole batch."""
        order = self.groups.order(epoch)
        jobs = (
            partial(
                self.make,
                groups[shard.rank :: shard.world],
                seeded_generator(self.seed, epoch, step, shard.rank),
            )
            for step, groups in enumerate(order)
        )
        yield from zip(one_ahead(jobs), (groups.size for groups in order), strict=True)

    def make(self, groups: np.ndarray, generator: torch.Generator) -> StepBatch:
        """Return a batch of the clips of these (speakers, k) positions."""
        speakers, k = groups.shape
        steps, lengths, statistics, shifts = [], [], [], []
        for _ in range(self.views):
            chosen = torch.randint(len(self.versions), (speakers,), generator=generator).tolist()
            pairs = [
                (self.versions[version], int(clip))
                for version, row in zip(chosen, groups, strict=True)
                for clip in row
            ]
            steps += [version.of(clip) for version, clip in pairs]
            lengths.append(torch.stack([version.lengths[clip] for version, clip in pairs]))
            own = torch.stack([version.statistics[clip] for version, clip in pairs])
            shift = style_shift(own, speakers=speakers, generator=generator)
            statistics.append(own + F.pad(shift, (0, shift.shape[1])))
            shifts.append(shift)
        clips = torch.from_numpy(groups.ravel())
        takes = draw_takes(speakers, k=k, generator=generator)
        prompted = (augment.rand(speakers, generator=generator) < PROMPTED_SHARE).float()
        n = self.views * len(clips)
        mixed = augment.rand(1, generator=generator) < self.mixup
        share = torch.where(mixed, 0.5 + 0.5 * augment.rand(n, generator=generator), 1.0)
        other = augment.rand(n // k, k, generator=generator).argsort(1)
        return StepBatch(
            torch.cat(steps),
            torch.cat(lengths),
            torch.cat(statistics),
            torch.cat(shifts),
            share,
            (other + torch.arange(0, n, k)[:, None]).flatten(),
            F.one_hot(self.labels[clips], len(LABELS)).float().repeat(self.views, 1),
            self.votes[clips].repeat(self.views, 1),
            takes.repeat(self.views, 1, 1),
            prompted.repeat(self.views),
        )


def style_shift(statistics: torch.Tensor, *, speakers: int, generator: torch.Generator) -> torch.Tensor:
    """Return (n, inputs): what moves the mean of each speaker's clips towards that of another speaker, for some of them.

    That imitates another voice, room and microphone, as `ser.training.augment.mix_style` does.

    Parameters
    ----------
    statistics : (n, 2 * inputs) means and deviations of the clips, one speaker after the other
    speakers : their number
    """
    inputs, size = statistics.shape[1] // 2, len(statistics) // speakers
    mean = statistics[:, :inputs].view(speakers, size, inputs).mean(1)
    other = augment.rand(speakers, generator=generator).argsort()
    chosen = augment.rand(speakers, generator=generator) < STYLE_SHARE
    part = augment.rand(speakers, generator=generator) * chosen
    return (part[:, None] * (mean[other] - mean)).repeat_interleave(size, 0)


def encoded_batches(corpus: EncodedCorpus, labels: torch.Tensor) -> Iterator[Batch]:
    """Yield all clips as they are, in order: the encoder's steps (n, steps, inputs) float32, zero-padded at the end."""
    clips = corpus.versions[0]
    for first in range(0, len(labels), CLIPS_AT_ONCE):
        part = range(first, min(first + CLIPS_AT_ONCE, len(labels)))
        steps = [torch.from_numpy(corpus.scale.restored(clips.of(clip).numpy())) for clip in part]
        yield Batch(
            torch.nn.utils.rnn.pad_sequence(steps, batch_first=True),
            clips.lengths[first : part.stop],
            labels[first : part.stop],
        )
