"""Training batches of a few speakers with several clips each, as if every speaker had a microphone of their own.

The network should learn which properties of a voice are the same in all its clips, and so say nothing about emotion.
Therefore each speaker in a batch gets one microphone colour, band limit, room and noise floor, drawn for each batch.
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
MAX_EARLY, MAX_LATE = 4800, 3200  # samples by which a training clip may begin before or after its speech
MAX_TAIL = 8000  # most samples that are kept after the speech
FIRST_SHARE = 0.35  # of the clips are scored as the first take of an unknown voice
PROMPTED_SHARE = 0.2  # of the speakers have takes whose acted emotion is known
VOTE_PRIOR = 0.25  # votes added to every emotion, because few clips have votes of more than a dozen people


class GroupBatch(NamedTuple):
    """Groups of k clips per speaker, one speaker after the other: n = speakers * k.

    With several views, all speakers are repeated for each view.
    """

    features: torch.Tensor  # (n, 1, 128, 188) float32 log-mels
    lengths: torch.Tensor  # (n,) frames before the padding
    acted: torch.Tensor  # (n, 6) shares of the acted emotions
    perceived: torch.Tensor  # (n, 6) shares of the crowd's votes
    takes: torch.Tensor  # (speakers, k, k): row q has 1 at each clip that serves as a take for clip q
    prompted: torch.Tensor  # (speakers,) 1 where the acted emotions of the takes are known
    taught: torch.Tensor  # (n, 6) a teacher's scores; without a teacher the same as `acted`


class SpeechClips(WaveformCache):
    """The clips of a part, and where their speech begins and ends."""

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
        """Keep all samples in one tensor, from which a batch can be cut in one operation on any device."""
        self.packed, self.clips, self.edges, self.labels = packed, packed.clips, edges, labels.to(device)
        lengths = torch.tensor(packed.lengths, dtype=torch.long, device=device)
        self.ends = PADDING + lengths.cumsum(0)
        self.begins = self.ends - lengths
        self.speech = torch.tensor(edges, dtype=torch.long, device=device).view(-1, 2) + self.begins[:, None]
        self.samples = packed.samples.to(device)

    def trimmed(self) -> "SpeechClips":
        """Return the clips trimmed to their speech, as the recognizer trims them."""
        packed = Packed.of(
            [
                F.pad(clip[max(start, 0) : end], (max(-start, 0), 0))
                for clip, (start, end) in zip(self.clips, self.edges, strict=True)
            ]
        )
        trimmed = object.__new__(SpeechClips)
        trimmed._hold(packed, self.labels, [(0, length) for length in packed.lengths], self.samples.device)
        return trimmed

    def cut(self, indices: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (n, SOURCE_SAMPLES) waveforms, cut around the speech, and their (n,) lengths in samples.

        The margins are random and may be negative: then some speech is cut off.
        """
        early, late, place = augment.rand(3, len(indices), generator=generator)
        speech, clip_begins, clip_ends = self.speech[indices], self.begins[indices], self.ends[indices]
        start = speech[:, 0] - MAX_EARLY + (early * (MAX_EARLY + MAX_LATE)).long()
        stop = torch.minimum(speech[:, 1] - TAIL + (late * MAX_TAIL).long(), clip_ends)
        room = (stop - start - augment.SOURCE_SAMPLES).clamp_min(0)
        start = start + (place * (room + 1)).long()
        waveforms = self.samples.unfold(0, augment.SOURCE_SAMPLES, 1)[start] / 32768.0
        position = start[:, None] + torch.arange(augment.SOURCE_SAMPLES, device=start.device)
        inside = (position >= clip_begins[:, None]) & (position < stop[:, None])
        return waveforms * inside, (stop - start).clamp(1, augment.SOURCE_SAMPLES)


class GroupOrder:
    """Which clips are in which batch: `speakers` groups of `per_speaker` clips; an epoch uses every clip about once.

    Parameters
    ----------
    actors : (clips,) ids
    seed : decides on the order, together with the epoch
    """

    def __init__(self, actors: np.ndarray, *, speakers: int, per_speaker: int, seed: int):
        self.speakers, self.per_speaker, self.seed = speakers, per_speaker, seed
        self.by_actor = [np.flatnonzero(actors == actor) for actor in sorted(set(actors))]

    def __len__(self) -> int:
        return sum(len(clips) // self.per_speaker for clips in self.by_actor) // self.speakers

    def order(self, epoch: int) -> list[np.ndarray]:
        """Return the indices of the clips of each batch, (speakers, per_speaker)."""
        generator, k = np.random.default_rng([self.seed, epoch]), self.per_speaker
        groups = []
        for clips in self.by_actor:
            shuffled = generator.permutation(clips)
            groups += [shuffled[i : i + k] for i in range(0, len(shuffled) - k + 1, k)]
        order = np.array(groups)[generator.permutation(len(groups))]
        return [order[i * self.speakers : (i + 1) * self.speakers] for i in range(len(self))]


def shares_of_votes(table: pd.DataFrame) -> torch.Tensor:
    """Return the (clips, 6) shares of the crowd's votes in rows of `Corpus.modelling`."""
    votes = table[list(VOTE_COLUMNS)].to_numpy(np.float32) + VOTE_PRIOR
    return torch.from_numpy(votes / votes.sum(axis=1, keepdims=True))


class GroupBatches:
    """Batches of `speakers` groups of `per_speaker` clips; an epoch uses every clip about once.

    Parameters
    ----------
    clips : the clips, on the device where batches are made
    table : rows of `Corpus.modelling` for these clips, with actors and votes
    speakers : groups in a batch
    per_speaker : clips in a group
    mixup : share of the batches in which each clip is blended with another one of its speaker
    seed : decides on batches and augmentation
    views : how often a batch repeats the same clips and takes, each time under other conditions
    taught : (clips, 6) a teacher's scores, or None
    top_db : floor of the log-mels, in dB below the maximum
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
        taught: torch.Tensor | None = None,
        top_db: float = TOP_DB,
    ):
        self.views, self.top_db = views, top_db
        self.device = clips.samples.device
        self.taught = None if taught is None else taught.to(self.device)
        self.clips, self.seed, self.mixup = clips, seed, mixup
        self.speakers, self.per_speaker = speakers, per_speaker
        self.groups = GroupOrder(
            table["actor"].to_numpy(), speakers=speakers, per_speaker=per_speaker, seed=seed
        )
        self.votes = shares_of_votes(table).to(self.device)
        generator = seeded_generator(seed)
        self.noise = augment.noise_bank(generator).to(self.device)
        self.babble = augment.babble_bank(clips.clips, generator=generator).to(self.device)

    def __len__(self) -> int:
        return len(self.groups)

    def order(self, epoch: int) -> list[np.ndarray]:
        """Return the indices of the clips of each batch, see `GroupOrder.order`."""
        return self.groups.order(epoch)

    def epoch(self, epoch: int, shard: Shard = ALONE) -> Iterator[tuple[GroupBatch, int]]:
        """Yield this process's speakers of each batch, and the number of clips in the whole batch.

        A thread prepares the next batch meanwhile.
        """
        order = self.order(epoch)
        jobs = (
            partial(self._make_views, epoch, step, shard, groups[shard.rank :: shard.world])
            for step, groups in enumerate(order)
        )
        yield from zip(one_ahead(jobs), (groups.size for groups in order), strict=True)

    def _make_views(self, epoch: int, step: int, shard: Shard, groups: np.ndarray) -> GroupBatch:
        generator = seeded_generator(self.seed, epoch, step, shard.rank, device=self.device)
        indices = torch.from_numpy(groups.ravel()).to(self.device)
        first, *others = (self.make(indices, generator) for _ in range(self.views))
        views = [first, *(other._replace(takes=first.takes, prompted=first.prompted) for other in others)]
        return GroupBatch(*map(torch.cat, zip(*views, strict=True)))

    def make(self, indices: torch.Tensor, generator: torch.Generator) -> GroupBatch:
        """Return a batch of the clips with these (n,) indices, augmented; no shape depends on random numbers."""
        k = self.per_speaker
        waveforms, lengths = self.clips.cut(indices, generator)
        features, frames = grouped_log_mel(
            waveforms,
            lengths=lengths,
            noise=self.noise,
            babble=self.babble,
            k=k,
            generator=generator,
            top_db=self.top_db,
        )
        speakers = len(indices) // k
        acted = F.one_hot(self.clips.labels[indices], len(LABELS)).float()
        batch = GroupBatch(
            features,
            frames,
            acted,
            self.votes[indices],
            draw_takes(speakers, k=k, generator=generator),
            (augment.rand(speakers, generator=generator) < PROMPTED_SHARE).float(),
            acted if self.taught is None else self.taught[indices],
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
    top_db: float = TOP_DB,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Augment as `ser.training.augment.augmented_log_mel`, with one microphone, line, room and floor for each k clips.

    Parameters
    ----------
    waveforms : (n, SOURCE_SAMPLES) float32, zero after the end of each clip; k clips of each speaker in a row
    lengths : (n,) samples before that end
    noise, babble : (kinds, samples) banks to draw from, see `noise_bank` and `babble_bank`

    Returns
    -------
    (n, 1, 128, 188) log-mels, and the (n,) number of their frames that hold sound
    """
    waveforms, lengths = augment.vocode(waveforms, lengths=lengths, generator=generator)
    valid = augment.valid_mask(lengths, waveforms.shape[1])
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
    floor = augment.noise_floors(speakers, generator).repeat_interleave(k)
    db = torch.maximum(db, floor[:, None, None]).clamp_min(-TOP_DB)
    sound_frames = torch.ceil(lengths / HOP_LENGTH)
    db = augment.mix_style(
        db, valid=augment.valid_mask(sound_frames, db.shape[2]), groups=speakers, generator=generator
    )
    db, frames = augment.warp(db, frames=sound_frames, generator=generator)
    if top_db < TOP_DB:
        db = (db - db.amax((1, 2), keepdim=True)).clamp_min(-top_db)
    return augment.mask(standardise(db).unsqueeze(1), generator), frames


def draw_takes(speakers: int, *, k: int, generator: torch.Generator) -> torch.Tensor:
    """Return (speakers, k, k): 1 where a clip (last axis) serves as a take for another one; a third have no takes."""
    device = generator.device
    first = augment.rand(speakers, k, generator=generator) < FIRST_SHARE
    n_takes = torch.randint(1, k, (speakers, k), generator=generator, device=device)
    order = augment.rand(speakers, k, k, generator=generator)
    order = order + 2.0 * torch.eye(k, device=device)  # puts the clip itself last: it is never its own take
    ranks = order.argsort(2).argsort(2)
    return (ranks < torch.where(first, 0, n_takes)[:, :, None]).float()


def mix_within(batch: GroupBatch, *, k: int, probability: float, generator: torch.Generator) -> GroupBatch:
    """In a share of batches, blend each clip with another one of the same speaker and microphone.

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
        perceived=blend(batch.perceived),
        taught=blend(batch.taught),
    )
