"""Training batches of a few speakers with several clips each, every speaker behind a microphone of their own.

The network is to learn what of a voice stays the same over its clips and says nothing about emotion. So each
speaker of a batch gets one microphone colour, one band limit, one room and one noise floor, drawn anew.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from ser import augment
from ser.audio import SAMPLE_RATE
from ser.features import HOP_LENGTH, TOP_DB
from ser.labels import LABELS
from ser.loaders import ALONE, Shard, WaveformCache, seeded_generator
from ser.tensor_features import mel_db, standardise
from ser.voice import TAIL_S, speech_edges

TAIL = round(TAIL_S * SAMPLE_RATE)
EARLIER, LATER = 4800, 3200  # samples by which a training clip may begin before or behind its speech
LONGEST_TAIL = 8000
FIRST_SHARE = 0.35  # of the clips are asked for as the first take of an unknown voice
PROMPTED_SHARE = 0.2  # of the speakers have takes whose emotion is known
VOTE_PRIOR = 0.25  # votes added to every emotion: few clips are heard by more than a dozen people


class GroupBatch(NamedTuple):
    """Clips of `speakers` times `clips`, one speaker after the other; k is the clips of a speaker.

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
    """The clips of a part in memory, and where the speech in them begins and ends."""

    def __init__(self, cache: WaveformCache):
        self.clips, self.labels = cache.clips, cache.labels
        self.edges = [speech_edges(clip.numpy() / np.float32(32768)) for clip in self.clips]

    def trimmed(self) -> "SpeechClips":
        """Return the clips cut at their edges, as the recognizer cuts them."""
        other = object.__new__(SpeechClips)
        other.labels = self.labels
        other.clips = [
            F.pad(clip[max(start, 0) : end], (max(-start, 0), 0))
            for clip, (start, end) in zip(self.clips, self.edges, strict=True)
        ]
        other.edges = [(0, len(clip)) for clip in other.clips]
        return other

    def cut(self, indices: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (n, SOURCE_SAMPLES) waveforms cut around the speech, not always well, and their lengths."""
        waveforms = torch.zeros(len(indices), augment.SOURCE_SAMPLES)
        lengths = torch.empty(len(indices), dtype=torch.long)
        draws = torch.rand(3, len(indices), generator=generator).tolist()
        for row, index in enumerate(indices.tolist()):
            early, late, where = (draw[row] for draw in draws)
            begin, end = self.edges[index]
            start = int(begin - EARLIER + early * (EARLIER + LATER))
            stop = min(len(self.clips[index]), end - TAIL + int(late * LONGEST_TAIL))
            start += int(where * (max(stop - start - augment.SOURCE_SAMPLES, 0) + 1))
            piece = F.pad(self.clips[index][max(start, 0) : stop], (min(max(-start, 0), EARLIER), 0))
            piece = piece[: augment.SOURCE_SAMPLES]
            waveforms[row, : len(piece)] = piece / 32768.0
            lengths[row] = max(len(piece), 1)
        return waveforms, lengths


class GroupBatches:
    """Batches of `speakers` groups of `clips` clips; every clip comes about once an epoch."""

    def __init__(
        self,
        clips: SpeechClips,
        table: pd.DataFrame,
        speakers: int,
        per_speaker: int,
        mixup: float,
        seed: int,
    ):
        self.clips, self.seed, self.mixup = clips, seed, mixup
        self.speakers, self.per_speaker = speakers, per_speaker
        actors = table["actor"].to_numpy()
        self.by_actor = [np.flatnonzero(actors == actor) for actor in sorted(set(actors))]
        votes = table[[f"votes_{label}" for label in LABELS]].to_numpy(np.float32) + VOTE_PRIOR
        self.votes = torch.from_numpy(votes / votes.sum(axis=1, keepdims=True))
        generator = seeded_generator(seed)
        self.noise = augment.noise_bank(generator)
        self.babble = augment.babble_bank(clips.clips, generator)

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
        with ThreadPoolExecutor(1) as pool:
            coming: tuple[Future[GroupBatch], int] | None = None
            for step, whole in enumerate([*self.order(epoch), None]):
                ready = coming
                if whole is not None:
                    own = whole[shard.rank :: shard.world]
                    coming = pool.submit(self._make, epoch, step, shard, own), whole.size
                if ready is not None:
                    yield ready[0].result(), ready[1]

    def _make(self, epoch: int, step: int, shard: Shard, groups: np.ndarray) -> GroupBatch:
        generator, k = seeded_generator(self.seed, epoch, step, shard.rank), self.per_speaker
        indices = torch.from_numpy(groups.ravel())
        waveforms, lengths = self.clips.cut(indices, generator)
        features, frames = grouped_log_mel(waveforms, lengths, self.noise, self.babble, k, generator)
        acted = F.one_hot(self.clips.labels[indices], len(LABELS)).float()
        batch = GroupBatch(
            features,
            frames,
            acted,
            self.votes[indices],
            draw_takes(len(groups), k, generator),
            (torch.rand(len(groups), generator=generator) < PROMPTED_SHARE).float(),
        )
        return mix_within(batch, k, generator) if torch.rand((), generator=generator) < self.mixup else batch


def grouped_log_mel(
    waveforms: torch.Tensor,
    lengths: torch.Tensor,
    noise: torch.Tensor,
    babble: torch.Tensor,
    k: int,
    generator: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """As `ser.augment.augmented_log_mel`, but each k clips in a row share microphone, line, room and floor."""
    waveforms, lengths = augment.vocode(waveforms, lengths, generator)
    valid = torch.arange(waveforms.shape[1]) < lengths[:, None]
    waveforms = augment.add_noise(waveforms, valid, noise, generator)
    waveforms = augment.add_noise(
        waveforms, valid, babble, generator, augment.BABBLE_SHARE, augment.BABBLE_SNR_DB
    )
    waveforms = augment.requantise(waveforms, generator) * valid
    db = mel_db(waveforms)
    speakers = len(db) // k
    db = db + augment.colour(speakers, generator).repeat_interleave(k, 0)
    db = db - augment.band_loss(speakers, generator).repeat_interleave(k, 0)
    db = augment.reverberate(db - db.amax((1, 2), keepdim=True), speakers, generator)
    floor = augment.floors(speakers, generator).repeat_interleave(k)
    db = torch.maximum(db, floor[:, None, None]).clamp_min(-TOP_DB)
    db, frames = augment.warp(db, torch.ceil(lengths / HOP_LENGTH), generator)
    return augment.mask(standardise(db).unsqueeze(1), generator), frames


def draw_takes(speakers: int, k: int, generator: torch.Generator) -> torch.Tensor:
    """Return (speakers, k, k): from which other clips the voice of each clip is known; from none for a third."""
    takes = torch.zeros(speakers, k, k)
    first = torch.rand(speakers, k, generator=generator) < FIRST_SHARE
    numbers = torch.randint(1, k, (speakers, k), generator=generator)
    for speaker, clip in (~first).nonzero().tolist():
        others = torch.randperm(k - 1, generator=generator)[: numbers[speaker, clip]]
        takes[speaker, clip, others + (others >= clip)] = 1  # a clip is never its own take
    return takes


def mix_within(batch: GroupBatch, k: int, generator: torch.Generator) -> GroupBatch:
    """Blend each clip with another of its speaker, which hears through the same microphone (mixup, Zhang et al. 2018)."""
    n = len(batch.features)
    share = 0.5 + 0.5 * torch.rand(n, generator=generator)
    other = torch.cat([torch.randperm(k, generator=generator) + i for i in range(0, n, k)])

    def blend(x: torch.Tensor) -> torch.Tensor:
        weight = share.view(-1, *[1] * (x.ndim - 1))
        return weight * x + (1 - weight) * x[other]

    return batch._replace(
        features=blend(batch.features),
        lengths=torch.maximum(batch.lengths, batch.lengths[other]),
        acted=blend(batch.acted),
        heard=blend(batch.heard),
    )
