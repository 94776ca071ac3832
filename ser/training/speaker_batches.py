"""Training batches of a few speakers with several clips each, every speaker behind a microphone of their own.

The network is to learn what of a voice stays the same over its clips and says nothing about emotion. So each
speaker of a batch gets one microphone colour, one band limit, one room and one noise floor, drawn anew.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from ser.audio.features import HOP_LENGTH, TOP_DB
from ser.audio.reading import SAMPLE_RATE
from ser.audio.voice import TAIL_S, speech_edges
from ser.corpus.votes import VOTE_COLUMNS
from ser.labels import LABELS
from ser.network.tensor_features import mel_db, standardise
from ser.training import augment
from ser.training.batches import ALONE, Shard, one_ahead, seeded_generator
from ser.training.waveform_cache import PADDING, Packed, WaveformCache

TAIL = round(TAIL_S * SAMPLE_RATE)
EARLIER, LATER = 4800, 3200  # samples by which a training clip may begin before or behind its speech
MAX_TAIL = 8000
FIRST_SHARE = 0.35  # of the clips are asked for as the first take of an unknown voice
PROMPTED_SHARE = 0.2  # of the speakers have takes whose emotion is known
VOTE_PRIOR = 0.25  # votes added to every emotion: few clips are heard by more than a dozen people


class GroupBatch(NamedTuple):
    """Clips of `speakers` times k, one speaker after the other; the whole as often as there are views.

    features (n, 1, 128, 188); lengths (n,); acted and heard (n, 6) target shares; takes (speakers, k, k): row q
    has 1 at the clips from which the voice of clip q is known; prompted (speakers,) 1 where the takes' emotions
    are known.
    """

    features: torch.Tensor
    lengths: torch.Tensor
    acted: torch.Tensor
    heard: torch.Tensor
    takes: torch.Tensor
    prompted: torch.Tensor


class SpeechClips(WaveformCache):
    """The clips of a part, and where the speech in them begins and ends."""

    def __init__(self, cache: WaveformCache, device: torch.device | str = "cpu"):
        edges = [speech_edges(clip.numpy() / np.float32(32768)) for clip in cache.clips]
        self._hold(cache.packed, cache.labels, edges, device)

    def _hold(
        self,
        packed: Packed,
        labels: torch.Tensor,
        edges: list[tuple[int, int]],
        device: torch.device | str,
    ) -> None:
        """Keep the samples in a row, so that a batch is cut out of them in one go, wherever they are."""
        self.packed, self.clips, self.edges, self.labels = packed, packed.clips, edges, labels.to(device)
        lengths = torch.tensor(packed.lengths, dtype=torch.long, device=device)
        self.ends = PADDING + lengths.cumsum(0)
        self.begins = self.ends - lengths
        self.speech = torch.tensor(edges, dtype=torch.long, device=device).view(-1, 2) + self.begins[:, None]
        self.samples = packed.samples.to(device)

    def trimmed(self) -> "SpeechClips":
        """Return the clips cut at their edges, as the recognizer cuts them."""
        packed = Packed.of(
            [
                F.pad(clip[max(start, 0) : end], (max(-start, 0), 0))
                for clip, (start, end) in zip(self.clips, self.edges, strict=True)
            ]
        )
        other = object.__new__(SpeechClips)
        other._hold(packed, self.labels, [(0, length) for length in packed.lengths], self.samples.device)
        return other

    def cut(self, indices: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (n, SOURCE_SAMPLES) waveforms cut around the speech, not always well, and their lengths."""
        early, late, where = augment.rand(3, len(indices), generator=generator)
        speech, clip_begins, clip_ends = self.speech[indices], self.begins[indices], self.ends[indices]
        start = speech[:, 0] - EARLIER + (early * (EARLIER + LATER)).long()
        stop = torch.minimum(speech[:, 1] - TAIL + (late * MAX_TAIL).long(), clip_ends)
        room = (stop - start - augment.SOURCE_SAMPLES).clamp_min(0)
        start = start + (where * (room + 1)).long()
        waveforms = self.samples.unfold(0, augment.SOURCE_SAMPLES, 1)[start] / 32768.0
        position = start[:, None] + torch.arange(augment.SOURCE_SAMPLES, device=start.device)
        inside = (position >= clip_begins[:, None]) & (position < stop[:, None])
        return waveforms * inside, (stop - start).clamp(1, augment.SOURCE_SAMPLES)


class GroupBatches:
    """Batches of `speakers` groups of `per_speaker` clips; every clip comes about once an epoch.

    With several `views` the batch comes as often, one after the other: the same clips and takes under other conditions.
    """

    def __init__(
        self,
        clips: SpeechClips,
        *,
        table: pd.DataFrame,
        speakers: int,
        per_speaker: int,
        mixup: float,
        seed: int,
        views: int = 1,
    ):
        self.views = views
        self.device = clips.samples.device
        self.clips, self.seed, self.mixup = clips, seed, mixup
        self.speakers, self.per_speaker = speakers, per_speaker
        actors = table["actor"].to_numpy()
        self.by_actor = [np.flatnonzero(actors == actor) for actor in sorted(set(actors))]
        votes = table[list(VOTE_COLUMNS)].to_numpy(np.float32) + VOTE_PRIOR
        self.votes = torch.from_numpy(votes / votes.sum(axis=1, keepdims=True)).to(self.device)
        generator = seeded_generator(seed)
        self.noise = augment.noise_bank(generator).to(self.device)
        self.babble = augment.babble_bank(clips.clips, generator=generator).to(self.device)

    def __len__(self) -> int:
        return sum(len(clips) // self.per_speaker for clips in self.by_actor) // self.speakers

    def order(self, epoch: int) -> list[np.ndarray]:
        """Return the clips of each batch, (speakers, per_speaker), drawn from seed and epoch."""
        generator, k = np.random.default_rng([self.seed, epoch]), self.per_speaker
        groups = []
        for clips in self.by_actor:
            shuffled = generator.permutation(clips)
            groups += [shuffled[i : i + k] for i in range(0, len(shuffled) - k + 1, k)]
        order = np.array(groups)[generator.permutation(len(groups))]
        return [order[i * self.speakers : (i + 1) * self.speakers] for i in range(len(self))]

    def epoch(self, epoch: int, shard: Shard = ALONE) -> Iterator[tuple[GroupBatch, int]]:
        """Yield this process's speakers of each batch, and the whole batch's clips; a thread works one ahead."""
        order = self.order(epoch)
        jobs = (
            partial(self._make, epoch, step, shard, groups[shard.rank :: shard.world])
            for step, groups in enumerate(order)
        )
        yield from zip(one_ahead(jobs), (groups.size for groups in order), strict=True)

    def _make(self, epoch: int, step: int, shard: Shard, groups: np.ndarray) -> GroupBatch:
        generator = seeded_generator(self.seed, epoch, step, shard.rank, device=self.device)
        indices = torch.from_numpy(groups.ravel()).to(self.device)
        first, *others = (self.make(indices, generator) for _ in range(self.views))
        views = [first, *(other._replace(takes=first.takes, prompted=first.prompted) for other in others)]
        return GroupBatch(*map(torch.cat, zip(*views, strict=True)))

    def make(self, indices: torch.Tensor, generator: torch.Generator) -> GroupBatch:
        """Return the clips (n,) of some groups, distorted; no shape depends on what is drawn."""
        k = self.per_speaker
        waveforms, lengths = self.clips.cut(indices, generator)
        features, frames = grouped_log_mel(
            waveforms, lengths=lengths, noise=self.noise, babble=self.babble, k=k, generator=generator
        )
        speakers = len(indices) // k
        batch = GroupBatch(
            features,
            frames,
            F.one_hot(self.clips.labels[indices], len(LABELS)).float(),
            self.votes[indices],
            draw_takes(speakers, k=k, generator=generator),
            (augment.rand(speakers, generator=generator) < PROMPTED_SHARE).float(),
        )
        return mix_within(batch, k=k, probability=self.mixup, generator=generator) if self.mixup else batch


def grouped_log_mel(
    waveforms: torch.Tensor,
    *,
    lengths: torch.Tensor,
    noise: torch.Tensor,
    babble: torch.Tensor,
    k: int,
    generator: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """As `ser.training.augment.augmented_log_mel`, but each k clips in a row share microphone, line, room and floor."""
    waveforms, lengths = augment.vocode(waveforms, lengths=lengths, generator=generator)
    valid = augment.before(lengths, waveforms.shape[1])
    waveforms = augment.add_noise(waveforms, valid=valid, noise=noise, generator=generator)
    waveforms = augment.add_noise(
        waveforms,
        valid=valid,
        noise=babble,
        generator=generator,
        share=augment.BABBLE_SHARE,
        snr_db=augment.BABBLE_SNR_DB,
    )
    waveforms = augment.requantise(waveforms, generator) * valid
    db = mel_db(waveforms)
    speakers = len(db) // k
    db = db + augment.colour(speakers, generator=generator).repeat_interleave(k, 0)
    db = db - augment.band_loss(speakers, generator).repeat_interleave(k, 0)
    db = augment.reverberate(db - db.amax((1, 2), keepdim=True), groups=speakers, generator=generator)
    floor = augment.floors(speakers, generator).repeat_interleave(k)
    db = torch.maximum(db, floor[:, None, None]).clamp_min(-TOP_DB)
    spoken = torch.ceil(lengths / HOP_LENGTH)
    db = augment.mix_style(
        db, valid=augment.before(spoken, db.shape[2]), groups=speakers, generator=generator
    )
    db, frames = augment.warp(db, frames=spoken, generator=generator)
    return augment.mask(standardise(db).unsqueeze(1), generator), frames


def draw_takes(speakers: int, *, k: int, generator: torch.Generator) -> torch.Tensor:
    """Return (speakers, k, k): from which other clips the voice of each clip is known; from none for a third."""
    device = generator.device
    first = augment.rand(speakers, k, generator=generator) < FIRST_SHARE
    numbers = torch.randint(1, k, (speakers, k), generator=generator, device=device)
    order = augment.rand(speakers, k, k, generator=generator)
    order = order + 2.0 * torch.eye(k, device=device)  # a clip comes last: it is never its own take
    ranks = order.argsort(2).argsort(2)
    return (ranks < torch.where(first, 0, numbers)[:, :, None]).float()


def mix_within(batch: GroupBatch, *, k: int, probability: float, generator: torch.Generator) -> GroupBatch:
    """Blend, in some batches, each clip with another of its speaker, which hears through the same microphone.

    Source: mixup, Zhang et al. 2018.
    """
    n = len(batch.features)
    mixed = augment.rand(1, generator=generator) < probability
    share = torch.where(mixed, 0.5 + 0.5 * augment.rand(n, generator=generator), 1.0)
    other = augment.rand(n // k, k, generator=generator).argsort(1)
    other = (other + torch.arange(0, n, k, device=other.device)[:, None]).flatten()

    def blend(x: torch.Tensor) -> torch.Tensor:
        weight = share.view(-1, *[1] * (x.ndim - 1))
        return weight * x + (1 - weight) * x[other]

    return batch._replace(
        features=blend(batch.features),
        lengths=torch.where(mixed, torch.maximum(batch.lengths, batch.lengths[other]), batch.lengths),
        acted=blend(batch.acted),
        heard=blend(batch.heard),
    )
