"""The two CNN + BiLSTM networks.

`PublishedCNNBiLSTM` is the network of the published notebook, layer for layer (2,356,614 parameters):

- three 3x3 convolutions, then a BiLSTM, of which only the last step is used
- sees 3.0 s including any padding, so padding after the clip affects the output

`EmotionNet` is the released one (1,797,441 parameters with the crowd's head):

- only frames within the clip count: the input is standardised over them, and padded steps are zeroed after every
  convolution, so a clip gets the same logits whatever padding follows it
- residual squeeze-and-excitation blocks; strides halve the bands five times and the frames twice: 64 ms a step
- attentive mean and deviation over all steps in place of the last step
- backward LSTMs start at each clip's own last step, without packing, which is five times as fast on a CPU
- optionally a second head on the same embedding: what listeners would vote

Both take (batch, 1, 128, frames) float32 log-mels of `ser.audio.features` and return (batch, 6) logits in the order of
`ser.labels.LABELS`. The shapes in the comments are those of 3.0 s (188 frames) at the default arguments.
"""

import torch
import torch.nn.functional as F
from torch import nn

from ser.audio.features import MIN_FRAMES, N_MELS
from ser.labels import LABELS


class PublishedCNNBiLSTM(nn.Module):
    """The network of the published notebook, layer for layer.

    Three 3x3 convolutions, a BiLSTM over the remaining 94 steps, and two linear layers on its last step.

    Parameters
    ----------
    dropout : probability of dropping an input of the first linear layer, 0.3 by default
    """

    ignores_padding = False  # padding after the clip affects the output

    def __init__(self, dropout: float = 0.3):
        super().__init__()
        self.arguments = {"dropout": dropout}
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d((2, 2)),  # (batch, 32, 64, 94)
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),  # (batch, 64, 32, 94): halves the bands only, to keep steps of 32 ms
            nn.Conv2d(64, 128, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),  # (batch, 128, 16, 94)
        )
        self.lstm = nn.LSTM(128 * (N_MELS // 8), 128, batch_first=True, bidirectional=True)
        self.head = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, len(LABELS))
        )

    def embed(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the (batch, 256) embedding: the last step of the BiLSTM."""
        _check_input(x)
        x = self.cnn(x)  # (batch, 128, 16, 94)
        x = x.permute(0, 3, 1, 2).flatten(2)  # (batch, 94, 2048): steps, channels * bands
        x, _ = self.lstm(x)  # (batch, 94, 256)
        return x[:, -1]

    def forward(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return (batch, 6) logits of (batch, 1, 128, frames) log-mels; this network ignores `lengths`."""
        return self.head(self.embed(x, lengths))

    def answers(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the logits of `forward`: this network has no other output."""
        return self(x, lengths)

    def answers_of(self, embedding: torch.Tensor) -> torch.Tensor:
        """Return the `answers` of an embedding."""
        return self.head(embedding)


class EmotionNet(nn.Module):
    """A residual CNN + BiLSTM that uses only the frames that hold sound.

    A strided stem, residual squeeze-and-excitation blocks, a linear layer to the width of the BiLSTM, two
    BiLSTM layers, and attentive statistics pooling: the weighted mean and deviation over all steps.

    Parameters
    ----------
    channels : output channels of each residual block, multiples of 16; the stem has as many as the first
    strides : (bands, frames) stride of each block; the stem's own is (2, 2)
    hidden : units in each direction of each BiLSTM layer
    dropout : probability of dropping a unit between the layers after the convolutions
    heard : whether to add a second linear layer on the embedding, which predicts the listeners' votes

    References
    ----------
    Squeeze-and-excitation: Hu et al. 2018. Attentive statistics pooling: Okabe et al. 2018.
    """

    ignores_padding = True  # only frames within `lengths` affect the output

    def __init__(
        self,
        channels: tuple[int, ...] = (32, 64, 128, 192),
        strides: tuple[tuple[int, int], ...] = ((2, 1), (2, 2), (2, 1), (2, 1)),
        hidden: int = 128,
        dropout: float = 0.3,
        heard: bool = False,
    ):
        super().__init__()
        if any(c % 16 or c < 16 for c in channels):
            # In the channels_last layout oneDNN's backward convolution crashes the process on 8 channels.
            raise ValueError(f"channels must be multiples of 16, got {tuple(channels)}")
        if not all(isinstance(step, int) and step >= 1 for stride in strides for step in stride):
            raise ValueError(f"strides must be whole numbers from 1, got {strides}")
        self.arguments = {
            "channels": list(channels),
            "strides": [list(s) for s in strides],
            "hidden": hidden,
            "dropout": dropout,
            "heard": heard,
        }
        self.stem = _ConvNorm(1, channels[0], 5, (2, 2))
        self.blocks = nn.ModuleList(
            _ResidualBlock(i, o, (bands, frames))
            for i, o, (bands, frames) in zip((channels[0], *channels), channels, strides, strict=False)
        )
        bands = N_MELS // 2
        for band_stride, _ in strides:
            bands //= band_stride
        width = 192
        self.project = nn.Linear(channels[-1] * bands, width)
        self.lstm = nn.ModuleList([BiLSTM(width, hidden), BiLSTM(2 * hidden, hidden)])
        self.attention = nn.Sequential(nn.Linear(2 * hidden, 64), nn.Tanh(), nn.Linear(64, 1))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(4 * hidden, len(LABELS))
        self.heard = nn.Linear(4 * hidden, len(LABELS)) if heard else None

    def embed(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the (batch, 4 * hidden) embedding: attentive mean and deviation of the BiLSTM's steps."""
        _check_input(x)
        if lengths is None:
            lengths = torch.full((len(x),), x.shape[-1], device=x.device)
        lengths = lengths.to(x.device).clamp(MIN_FRAMES // 8, x.shape[-1])
        x = _standardise_valid(x, valid_steps(lengths, x.shape[-1]))  # (batch, 1, 128, 188)
        x, lengths = self.stem(x, lengths)  # (batch, 32, 64, 94)
        x = F.relu(x)
        for block in self.blocks:
            # (batch, 32, 32, 94), (batch, 64, 16, 47), (batch, 128, 8, 47), (batch, 192, 4, 47)
            x, lengths = block(x, lengths)
        x = x.permute(0, 3, 1, 2).flatten(2)  # (batch, 47, 768): steps, channels * bands
        x = self.dropout(F.relu(self.project(x)))  # (batch, 47, 192)
        for layer in self.lstm:
            x = self.dropout(layer(x, lengths))  # (batch, 47, 256)
        return attentive_statistics(
            x, scores=self.attention(x), valid=valid_steps(lengths, x.shape[1])
        )  # (batch, 512)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the six logits of each clip.

        Parameters
        ----------
        x : (batch, 1, 128, frames) float32 log-mels, 32 frames or more
        lengths : (batch,) number of frames of each clip that are sound; all of them by default

        Returns
        -------
        (batch, 6) logits in the order of `ser.labels.LABELS`
        """
        return self.head(self.dropout(self.embed(x, lengths)))

    def answers(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the logits of `forward`, with `heard` followed by those of the listeners' votes: (batch, 12)."""
        return self.answers_of(self.embed(x, lengths))

    def answers_of(self, embedding: torch.Tensor) -> torch.Tensor:
        """Return the `answers` of an embedding."""
        embedding = self.dropout(embedding)
        if self.heard is None:
            return self.head(embedding)
        return torch.cat([self.head(embedding), self.heard(embedding)], dim=1)


class _ConvNorm(nn.Module):
    """Convolution and batch norm that keep padded frames at zero; also returns the new lengths."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: tuple[int, int] = (1, 1)):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.norm(self.conv(x))
        lengths = (lengths - 1) // self.conv.stride[1] + 1
        return x * valid_steps(lengths, x.shape[-1])[:, None, None, :], lengths


class _ResidualBlock(nn.Module):
    """Two 3x3 convolutions with squeeze-and-excitation and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int]):
        super().__init__()
        self.first = _ConvNorm(inputs, outputs, 3, stride)
        self.second = _ConvNorm(outputs, outputs, 3)
        self.shortcut = _ConvNorm(inputs, outputs, 1, stride)
        self.squeeze = nn.Linear(outputs, outputs // 8)
        self.excite = nn.Linear(outputs // 8, outputs)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        shortcut, _ = self.shortcut(x, lengths)
        x, lengths = self.first(x, lengths)
        x, lengths = self.second(F.relu(x), lengths)
        mean = x.sum((2, 3)) / (lengths * x.shape[2])[:, None]  # (batch, channels); padded frames are 0
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(mean))))
        return F.relu(x * gate[:, :, None, None] + shortcut), lengths


class BiLSTM(nn.Module):
    """One bidirectional LSTM layer whose backward pass starts at each clip's own last step.

    It gives the same numbers as a packed `nn.LSTM(bidirectional=True)` and is five times as fast on a CPU, because
    each clip is reversed within its length instead of being packed.

    Parameters
    ----------
    inputs : width of a step
    hidden : units in each direction
    """

    def __init__(self, inputs: int, hidden: int):
        super().__init__()
        self.ahead = nn.LSTM(inputs, hidden, batch_first=True)
        self.back = nn.LSTM(inputs, hidden, batch_first=True)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return (batch, steps, 2 * hidden) of (batch, steps, inputs); steps after `lengths` affect only themselves."""
        steps = torch.arange(x.shape[1], device=x.device)
        order = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)[:, :, None]
        ahead, _ = self.ahead(x)  # (batch, steps, hidden)
        back, _ = self.back(x.gather(1, order.expand(-1, -1, x.shape[2])))
        return torch.cat([ahead, back.gather(1, order.expand(-1, -1, back.shape[2]))], dim=2)


def _check_input(x: torch.Tensor) -> None:
    if x.ndim != 4 or x.shape[1] != 1 or x.shape[2] != N_MELS or x.shape[3] < MIN_FRAMES:
        raise ValueError(
            f"expected log-mels of shape (batch, 1, {N_MELS}, {MIN_FRAMES} frames or more), got {tuple(x.shape)}"
        )


def attentive_statistics(x: torch.Tensor, *, scores: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    """Return the mean and the deviation over the valid steps, (batch, 2 * width), weighted by a softmax of the scores.

    Parameters
    ----------
    x : (batch, steps, width)
    scores : (batch, steps, 1)
    valid : (batch, steps) bool
    """
    weights = scores.float().masked_fill(~valid[:, :, None], float("-inf")).softmax(dim=1)
    mean = (weights * x).sum(1)
    variance = (weights * (x - mean[:, None]).square()).sum(1)
    return torch.cat([mean, (variance + 1e-4).sqrt()], dim=1)


def valid_steps(lengths: torch.Tensor, steps: int) -> torch.Tensor:
    """Return the (batch, steps) mask of the steps before each clip's length, (batch,)."""
    return torch.arange(steps, device=lengths.device) < lengths[:, None]


def _standardise_valid(x: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    """Return x with mean 0 and deviation 1 over the valid frames of each clip, and zero elsewhere."""
    valid = valid[:, None, None, :]
    count = (valid.sum((1, 2, 3), keepdim=True) * x.shape[2]).clamp_min(1)
    x = (x - (x * valid).sum((1, 2, 3), keepdim=True) / count) * valid
    return x / (x.square().sum((1, 2, 3), keepdim=True) / count + 1e-6).sqrt()


Network = PublishedCNNBiLSTM | EmotionNet
NETWORKS: dict[str, type[Network]] = {"published": PublishedCNNBiLSTM, "emotion": EmotionNet}
