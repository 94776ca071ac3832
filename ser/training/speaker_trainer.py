"""Training for voices that are known from some takes or from none: the network learns a zero point.

The embedding of a clip is centred on a zero point: the mean of its speaker's takes, shrunk towards a general zero
point the fewer takes there are. Both heads are linear, so subtracting from the embedding subtracts from the logits.
Therefore the released network can hold the general zero point in its biases, and voice profiles can hold logits.
"""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from ser.labels import LABELS
from ser.network.model import EmotionNet
from ser.network.wide_head import WideHead
from ser.training.batches import ALONE, Shard
from ser.training.muon import JointOptimizer, Muon
from ser.training.recipes import Recipe
from ser.training.speaker_batches import GroupBatch
from ser.training.trainer import Training

TwoHeaded = EmotionNet | WideHead  # networks with a head for each answer on one embedding

# This many takes weigh as much as the general zero point. The number is set, not learned: the network memorises the
# training voices, so a learned weight would end up where takes are hardly used. The recognizer's is chosen on validation.
TAKES = 0.5
WARM_UP = 0.2  # share of the steps in which the learning rate rises; then it falls along a cosine
START, END = 0.04, 1e-4  # shares of the peak


class GroupedNet(nn.Module):
    """An `EmotionNet` with two heads, and the zero point that it learns."""

    def __init__(self, network: TwoHeaded):
        super().__init__()
        width = network.head.in_features
        self.network = network
        self.general = nn.Parameter(torch.zeros(width))
        self.offsets = nn.Parameter(torch.zeros(len(LABELS), width))  # what each prompted emotion adds

    def forward(
        self,
        features: torch.Tensor,
        lengths: torch.Tensor,
        takes: torch.Tensor,
        acted: torch.Tensor,
        prompted: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the acted and the perceived logits, (n, 6) each, of the clips of a `GroupBatch`."""
        embedding = self.network.embed(features, lengths).float()
        return self.centred_answers(embedding, takes=takes, acted=acted, prompted=prompted)

    def centred_answers(
        self, embedding: torch.Tensor, *, takes: torch.Tensor, acted: torch.Tensor, prompted: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the acted and the perceived logits, (n, 6) each, of embeddings (n, width)."""
        speakers, clips, _ = takes.shape
        by_speaker = embedding.view(speakers, clips, -1)
        explained = prompted[:, None, None] * (acted.view(speakers, clips, -1) @ self.offsets)
        zero = self.zero_points(by_speaker - explained, takes).reshape(embedding.shape)
        centred = self.network.dropout(self.thinned(embedding - zero, clips=clips))
        acted_head, perceived_head = _heads(self.network)
        return acted_head(centred), perceived_head(centred)

    def thinned(self, embedding: torch.Tensor, *, clips: int) -> torch.Tensor:
        """Return centred embeddings (n, width), `clips` of each speaker, as the heads see them in training."""
        return embedding

    def zero_points(self, embedding: torch.Tensor, takes: torch.Tensor) -> torch.Tensor:
        """Return the (speakers, clips, width) zero point of every clip.

        Parameters
        ----------
        embedding : (speakers, clips, width)
        takes : (speakers, clips, clips): row q has 1 at each clip that serves as a take for clip q
        """
        n_takes = takes.sum(dim=2, keepdim=True)
        mean = takes @ embedding / n_takes.clamp_min(1)
        return self.general + n_takes / (n_takes + TAKES) * (mean - self.general)

    @classmethod
    @torch.no_grad()
    def from_released(cls, network: TwoHeaded, *, general: torch.Tensor) -> "GroupedNet":
        """Return what `released` made a network of, up to the general zero point, which has to be known.

        Whatever it is, the answer to a first take is that of the network.

        Parameters
        ----------
        network : is copied
        general : (width,)
        """
        grouped = cls(copy.deepcopy(network))
        grouped.general.copy_(general)
        for head in _heads(grouped.network):
            head.bias.add_(head.weight @ grouped.general)
        return grouped

    @torch.no_grad()
    def released(self) -> TwoHeaded:
        """Return a copy of the network alone, with the general zero point in the biases of its heads."""
        network = copy.deepcopy(self.network)
        for head in _heads(network):
            head.bias.sub_(head.weight @ self.general)
        return network


def _heads(network: TwoHeaded) -> tuple[nn.Linear, nn.Linear]:
    assert network.heard is not None, "it was built with both heads"
    return network.head, network.heard


class GroupedTrainer(Training[GroupBatch]):
    """The training of an `EmotionNet` and its zero point on batches of speakers; parameters as in `Trainer`."""

    def __init__(
        self,
        recipe: Recipe,
        *,
        steps_per_epoch: int,
        precision: str = "float32",
        shard: Shard = ALONE,
        grouped: GroupedNet | None = None,
    ):
        grouped = grouped or GroupedNet(EmotionNet(heard=True))
        super().__init__(recipe, precision=precision, shard=shard, network=grouped)
        optimizers = make_optimizers(grouped, recipe)
        self.optimizer = optimizers
        self.schedule = CosineSchedule(optimizers, recipe.epochs * steps_per_epoch)

    @property
    def evaluated(self) -> TwoHeaded:
        """The averaged network, which is validated and released; the general zero point is in its biases."""
        averaged = self.average.module
        assert isinstance(averaged, GroupedNet), "`__init__` made it"
        return averaged.released()

    def loss(self, batch: GroupBatch, generator: torch.Generator) -> tuple[torch.Tensor, int]:
        """Return the mean loss for the acted emotions, the crowd's votes and the teacher, and the number of clips."""
        acted_logits, perceived_logits, acted, perceived = self.answers(batch, generator)
        loss = F.cross_entropy(acted_logits.float(), acted, label_smoothing=self.recipe.label_smoothing)
        loss = loss + self.recipe.votes * F.cross_entropy(perceived_logits.float(), perceived)
        if self.recipe.teacher:
            taught = batch.taught.to(self.device)
            loss = loss + self.recipe.teacher * F.cross_entropy(acted_logits.float(), taught)
        if not self.recipe.consistency:
            return loss, len(acted)
        loss = loss + self.recipe.consistency * disagreement(*acted_logits.float().chunk(2))
        return loss, len(acted) // 2

    def answers(self, batch: GroupBatch, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
        """Return the acted and the perceived logits of a batch, and the targets of both; (n, 6) each."""
        features = batch.features.to(self.device, memory_format=torch.channels_last)
        lengths, acted, perceived, takes, prompted = (part.to(self.device) for part in batch[1:6])
        with self.autocast():
            return *self.parallel(features, lengths, takes, acted, prompted), acted, perceived

    def update_average(self) -> None:
        """Average the weights, over fewer steps in the beginning, because the first weights are poor."""
        n = int(self.average.n_averaged)
        decay = min(self.recipe.ema, (1 + n) / (10 + n))
        self.average.multi_avg_fn = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
        self.average.update_parameters(self.network)


def disagreement(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the mean of the two Kullback-Leibler divergences between the scores of two views, given (n, 6) logits.

    Source: R-Drop, Liang et al. 2021; two augmentations of a clip take the place of two dropout masks.
    """
    one, other = one.log_softmax(1), other.log_softmax(1)
    return ((one.exp() - other.exp()) * (one - other)).sum(1).mean() / 2


class CosineSchedule:
    """A learning rate that rises over a fifth of the steps and then falls along a cosine."""

    def __init__(self, optimizer: JointOptimizer, total: int):
        self.optimizer, self.total, self.done = optimizer, total, 0
        self.step()

    def factor(self, step: int) -> float:
        """Return the learning rate of a step, counted from 1, as a share of the peak."""
        progress = min(step / self.total, 1.0)
        if progress < WARM_UP:
            return START + (1 - START) * progress / WARM_UP
        return END + 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))

    def step(self) -> None:
        """Set the rates of the next step."""
        self.done += 1
        self.optimizer.set_rate(self.factor(self.done))

    def state_dict(self) -> dict:
        """Return the number of the step."""
        return {"done": self.done}

    def load_state_dict(self, state: dict) -> None:
        """Continue from what `state_dict` returned."""
        self.done = state["done"]
        self.optimizer.set_rate(self.factor(self.done))


def make_optimizers(network: GroupedNet, recipe: Recipe) -> JointOptimizer:
    """Return Muon for the convolutions and linear layers of the body and AdamW for all else.

    The zero point has five times the learning rate of the rest, and no weight decay.
    """
    muon, zero, rest = [], [], []
    for name, weights in network.named_parameters():
        if not name.startswith("network."):
            zero.append(weights)
        elif weights.ndim >= 2 and not any(
            part in name for part in ("lstm", "attention", "stem", "head", "heard")
        ):
            muon.append(weights)
        else:
            rest.append(weights)
    return JointOptimizer(
        Muon(muon, recipe.muon_rate, recipe.weight_decay),
        torch.optim.AdamW(rest, recipe.learning_rate, weight_decay=recipe.weight_decay),
        torch.optim.AdamW(zero, 5 * recipe.learning_rate, weight_decay=0.0),
    )
