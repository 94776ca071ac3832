"""The same clip as a slightly different voice would have said it: log-mels resampled in time and in frequency.

In training every clip is drawn so anew; a network that is to be scored looks at some fixed ones, and the
mean of what it says of each is its answer. A voice that speaks a little faster through a little shorter a
vocal tract is as angry as before, and what the network gets wrong of one it often gets right of the other.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from ser.features import N_FRAMES

# (tempo, vocal tract): 6 % slower and lower, 6 % faster and higher. Chosen on validation.
VIEWS = ((0.94, 0.98), (1.06, 1.02))


def resample(
    x: torch.Tensor, lengths: torch.Tensor, tempo: torch.Tensor, tract: torch.Tensor, frames: int = N_FRAMES
) -> tuple[torch.Tensor, torch.Tensor]:
    """Resample the time axis and the band axis in one bilinear step; behind the edges the edge goes on.

    Vocal tract length perturbation: Jaitly and Hinton 2013.

    Parameters
    ----------
    x : (batch, 1, bands, source frames) log-mels
    lengths : (batch,) source frames that hold sound
    tempo, tract : (batch,) how much faster, and the factor on the band axis

    Returns
    -------
    (batch, 1, bands, frames) and the (batch,) frames of it that hold sound
    """
    n, _, bands, source = x.shape
    # grid_sample counts from -1 to 1
    across = torch.arange(frames, device=x.device) * tempo[:, None] * 2 / (source - 1) - 1
    up = torch.arange(bands, device=x.device) * tract[:, None] * 2 / (bands - 1) - 1
    grid = torch.stack(
        [across[:, None, :].expand(n, bands, frames), up[:, :, None].expand(n, bands, frames)], dim=3
    )
    x = F.grid_sample(x, grid.to(x.dtype), padding_mode="border", align_corners=True)
    spoken = torch.floor((lengths - 1) / tempo) + 1  # the last one lies not behind the last that holds sound
    return x, spoken.clamp(1, frames).long()


def with_views(
    x: torch.Tensor, lengths: torch.Tensor, views: Sequence[tuple[float, float]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (1 + views) times as many log-mels and lengths: the batch as it is, then each view of it."""
    n, frames = x.shape[0], x.shape[-1]  # not `len`: an export would take it for a constant
    seen, seen_lengths = [x], [lengths]
    for tempo, tract in views:
        faster, longer = (torch.full((n,), factor, device=x.device) for factor in (tempo, tract))
        view, length = resample(x, lengths, faster, longer, frames)
        seen.append(view)
        seen_lengths.append(length)
    return torch.cat(seen), torch.cat(seen_lengths)
