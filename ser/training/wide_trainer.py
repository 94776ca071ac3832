"""Training of the wide network's head; the encoder is left as it is."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ser.network.wide_head import WideHead
from ser.training.augment import rand
from ser.training.batches import ALONE, Shard
from ser.training.encoded_clips import LEVELS, Scale
from ser.training.recipes import Recipe
from ser.training.speaker_trainer import GroupedNet, GroupedTrainer
from ser.training.wide_batches import StepBatch

MAX_STEP_MASK = 0.2  # of a clip's steps, in each of two masks
ONE_BRANCH_SHARE = 0.6  # of the speakers, whose clips one branch of the head answers alone


def head_for(scale: Scale) -> WideHead:
    """Return a new head that limits and standardises its inputs by a scale."""
    head = WideHead(inputs=len(scale.limit))
    for name in ("limit", "mean", "deviation"):
        getattr(head, name).copy_(torch.from_numpy(getattr(scale, name)))
    return head


class GroupedHead(GroupedNet):
    """A `WideHead` and the zero point that it learns."""

    network: WideHead

    def forward(self, batch: StepBatch, steps_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # type: ignore[override]  # another kind of batch
        """Return the acted and the perceived logits, (n, 6) each.

        Parameters
        ----------
        batch : the clips
        steps_mask : (n, steps) True where a step is hidden
        """
        longer = torch.maximum(batch.lengths, batch.lengths[batch.other])
        lengths = torch.where(batch.share < 1, longer, batch.lengths)
        projected = batch.blended(self._projected(batch)).masked_fill(steps_mask[:, :, None], 0.0)
        embedding = self.network.pool(projected, lengths=lengths, statistics=batch.blended(batch.statistics))
        embedding = embedding.float()
        return self.centred_answers(embedding, takes=batch.takes, acted=batch.acted, prompted=batch.prompted)

    def thinned(self, embedding: torch.Tensor, *, clips: int) -> torch.Tensor:
        """Return centred embeddings (n, width) of which some speakers' have one branch only, which counts twice.

        The branches are the BiLSTM and the plain statistics. Each learns to answer by itself, so that together they
        answer like an ensemble: the BiLSTM alone fits the acting studio of the training clips within a few epochs.
        """
        width, size = embedding.shape[1], self.network.direct_size
        if not self.training or not size:
            return embedding
        drawn = torch.rand(len(embedding) // clips, 1, device=embedding.device)
        direct_alone, recurrent_alone = drawn < ONE_BRANCH_SHARE / 2, drawn > 1 - ONE_BRANCH_SHARE / 2
        direct = 1.0 + direct_alone.float() - recurrent_alone.float()  # 2, 1 or 0
        recurrent = 2.0 - direct
        weights = torch.cat([recurrent.expand(-1, width - size), direct.expand(-1, size)], dim=1)
        return embedding * weights.repeat_interleave(clips, dim=0)

    def _projected(self, batch: StepBatch) -> torch.Tensor:
        """Return the (n, steps, width) projections of the standardised steps, 0 after each clip's end.

        They are computed from the 8-bit numbers, as standardising these first takes five times the memory and time.
        """
        head = self.network
        weight = head.project.weight / head.deviation
        flat = F.linear(
            batch.steps.to(
                torch.bfloat16 if torch.is_autocast_enabled(batch.steps.device.type) else torch.float32
            ),
            weight * (head.limit / LEVELS),
            -(weight @ head.mean),
        )
        valid = torch.arange(int(batch.lengths.max()), device=flat.device) < batch.lengths[:, None]
        projected = flat.new_zeros(*valid.shape, flat.shape[1])
        projected = projected.masked_scatter(valid[:, :, None].expand_as(projected), flat)
        return projected + head.project(batch.shift)[:, None] * valid[:, :, None]


class WideTrainer(GroupedTrainer):
    """The training of a `WideHead` on batches of speakers; parameters as in `GroupedTrainer`.

    Parameters
    ----------
    scale : what the inputs are like in the training clips
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        steps_per_epoch: int,
        scale: Scale,
        precision: str = "float32",
        shard: Shard = ALONE,
    ):
        grouped = GroupedHead(head_for(scale))
        super().__init__(
            recipe, steps_per_epoch=steps_per_epoch, precision=precision, shard=shard, grouped=grouped
        )

    def answers(self, batch: StepBatch, generator: torch.Generator) -> tuple[torch.Tensor, ...]:  # type: ignore[override]
        """Return the acted and the perceived logits of a batch, and the targets of both."""
        batch = StepBatch(*(part.to(self.device) for part in batch))
        acted, perceived = (batch.blended(part) for part in (batch.acted, batch.perceived))
        batch = batch._replace(acted=acted, perceived=perceived)
        mask = step_mask(batch.lengths, generator=generator).to(self.device)
        with self.autocast():
            acted_logits, perceived_logits = self.parallel(batch, mask)
        return acted_logits, perceived_logits, acted, perceived


def step_mask(lengths: torch.Tensor, *, generator: torch.Generator) -> torch.Tensor:
    """Return (n, steps), True in two random ranges of each clip's steps (SpecAugment, Park et al. 2019)."""
    lengths = lengths.cpu()
    steps = torch.arange(int(lengths.max()))
    hidden = torch.zeros(len(lengths), len(steps), dtype=torch.bool)
    for _ in range(2):
        width = (rand(len(lengths), generator=generator) * MAX_STEP_MASK * lengths).long()
        start = (rand(len(lengths), generator=generator) * (lengths - width)).long()
        hidden |= (steps >= start[:, None]) & (steps < (start + width)[:, None])
    return hidden
