"""The head of the wide network: ours, trained on CREMA-D, on top of an encoder that is not.

It reads the outputs of the encoder's four layers, 20 ms a step, and has 1.3 M parameters at the default arguments:

- every number is limited and standardised by what it was like in the training clips, as a few are a hundred times the others
- a linear layer over all four layers at once, two convolutions in time of which one halves the steps, and a BiLSTM
- attentive mean and deviation over the steps, beside a linear layer on their plain mean and deviation
- two linear layers on that embedding: the acted emotion, and what listeners would vote

The shapes in the comments are those of 3.0 s (150 steps) at the default arguments.
"""

import torch
import torch.nn.functional as F
from torch import nn

from ser.labels import LABELS
from ser.network.model import BiLSTM, attentive_statistics, valid_steps

VARIANCE_FLOOR = 1e-4


class WideHead(nn.Module):
    """A small CNN + BiLSTM on the steps of an encoder.

    Parameters
    ----------
    inputs : numbers of a step: the outputs of all layers, one after the other
    width : channels of the convolutions
    hidden : units in each direction of each BiLSTM layer
    lstm_layers : number of BiLSTM layers
    direct : outputs of the linear layer on the plain mean and deviation of the inputs; 0 leaves it out
    dropout : probability of dropping a unit between the layers
    heard : whether to add a second linear layer on the embedding, which predicts the listeners' votes
    """

    ignores_padding = True  # only steps within `lengths` affect the output

    def __init__(
        self,
        inputs: int = 1536,
        width: int = 192,
        hidden: int = 128,
        lstm_layers: int = 1,
        direct: int = 128,
        dropout: float = 0.3,
        heard: bool = True,
    ):
        super().__init__()
        self.inputs = inputs
        self.arguments = {
            "inputs": inputs,
            "width": width,
            "hidden": hidden,
            "lstm_layers": lstm_layers,
            "direct": direct,
            "dropout": dropout,
            "heard": heard,
        }
        self.limit = nn.Buffer(torch.full((inputs,), 1e3))  # of the absolute value of each input
        self.mean = nn.Buffer(torch.zeros(inputs))
        self.deviation = nn.Buffer(torch.ones(inputs))
        self.project = nn.Linear(inputs, width, bias=False)
        self.project_norm = nn.BatchNorm1d(width)
        self.halve = nn.Conv1d(width, width, 5, stride=2, padding=2, bias=False)
        self.halve_norm = nn.BatchNorm1d(width)
        self.refine = nn.Conv1d(width, width, 3, padding=1, bias=False)
        self.refine_norm = nn.BatchNorm1d(width)
        widths = (width, *[2 * hidden] * lstm_layers)
        self.lstm = nn.ModuleList(BiLSTM(size, hidden) for size in widths[:-1])
        self.attention = nn.Sequential(nn.Linear(2 * hidden, 64), nn.Tanh(), nn.Linear(64, 1))
        self.dropout = nn.Dropout(dropout)
        self.direct = nn.Linear(2 * inputs, direct) if direct else None
        self.direct_size, self.embedding_size = direct, 4 * hidden + direct
        self.head = nn.Linear(self.embedding_size, len(LABELS))
        self.heard = nn.Linear(self.embedding_size, len(LABELS)) if heard else None

    def embed(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return the embedding, (batch, 4 * hidden + direct), of the steps that `forward` takes."""
        lengths = lengths.to(x.device).clamp(1, x.shape[1])
        valid = valid_steps(lengths, x.shape[1])
        x = torch.minimum(torch.maximum(x, -self.limit), self.limit)
        x = (x - self.mean) / self.deviation * valid[:, :, None]  # (batch, 150, 1536)
        statistics = self._plain_statistics(x, lengths, valid)  # (batch, 3072)
        return self.pool(self.project(x), lengths=lengths, statistics=statistics)

    def pool(
        self, projected: torch.Tensor, *, lengths: torch.Tensor, statistics: torch.Tensor
    ) -> torch.Tensor:
        """Return the embedding, (batch, 4 * hidden + direct), of standardised steps that were projected already.

        Parameters
        ----------
        projected : (batch, steps, width) outputs of `project`, which are zero after each clip's end
        lengths : (batch,) number of steps of each clip that are not padding
        statistics : (batch, 2 * inputs) mean of each standardised input over those steps, and its deviation less 1
        """
        x, valid = projected.transpose(1, 2), valid_steps(lengths, projected.shape[1])  # (batch, 192, 150)
        x = F.relu(self.project_norm(x)) * valid[:, None]
        lengths = (lengths - 1) // 2 + 1
        valid = valid_steps(lengths, (x.shape[2] - 1) // 2 + 1)
        x = F.relu(self.halve_norm(self.halve(x))) * valid[:, None]  # (batch, 192, 75)
        x = F.relu(self.refine_norm(self.refine(x)) + x) * valid[:, None]
        x = self.dropout(x.transpose(1, 2))  # (batch, 75, 192)
        for layer in self.lstm:
            x = self.dropout(layer(x, lengths))  # (batch, 75, 256)
        pooled = attentive_statistics(x, scores=self.attention(x), valid=valid)  # (batch, 512)
        if self.direct is None:
            return pooled
        return torch.cat([pooled, self.direct(self.dropout(statistics))], dim=1)  # (batch, 640)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return the six logits of each clip.

        Parameters
        ----------
        x : (batch, steps, inputs) float32 outputs of the encoder's layers
        lengths : (batch,) number of steps of each clip that are not padding

        Returns
        -------
        (batch, 6) logits in the order of `ser.labels.LABELS`
        """
        return self.head(self.dropout(self.embed(x, lengths)))

    def answers(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return the logits of `forward`, with `heard` followed by those of the listeners' votes: (batch, 12)."""
        return self.answers_of(self.embed(x, lengths))

    def answers_of(self, embedding: torch.Tensor) -> torch.Tensor:
        """Return the `answers` of an embedding."""
        embedding = self.dropout(embedding)
        heads = [self.head] if self.heard is None else [self.head, self.heard]
        return torch.cat([head(embedding) for head in heads], dim=1)

    def _plain_statistics(self, x: torch.Tensor, lengths: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        """Return the mean of each input over the valid steps, and its deviation less 1: both are about 0."""
        count, weights = lengths[:, None].to(x.dtype), valid[:, :, None].to(x.dtype)
        mean = (x * weights).sum(1) / count
        variance = ((x - mean[:, None]).square() * weights).sum(1) / count
        return torch.cat([mean, (variance + VARIANCE_FLOOR).sqrt() - 1], dim=1)
