"""Measure the batch-norm statistics of a network on some windows, as scales of its convolutions."""

import copy
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from ser.network.inputs import Inputs
from ser.network.model import EmotionNet, Network
from ser.network.scales import ForeignScalesError, Scale, Scales

Statistics = dict[str, tuple[torch.Tensor, torch.Tensor]]  # mean and variance by name


def measure_scales(network: nn.Module, *, inputs: Inputs, weight: float) -> dict[str, Scale]:
    """Return the scales that give a network the statistics of some windows; empty if it has none of batch norm.

    All windows pass through the network together, and each layer is normalised by what they have there, as in training.

    Parameters
    ----------
    network : the network, which stays as it is
    inputs : windows of the recordings, a hundred at most: their activations are all in memory
    weight : of the windows' statistics against those of training, 0 to 1
    """
    if not isinstance(network, EmotionNet) or not weight or not len(inputs):
        return {}
    measured = _measure(network, inputs)
    return {
        name: _scale(norm, mean=mean, variance=variance, weight=weight)
        for name, norm in _norms(network).items()
        for mean, variance in [measured[name]]
    }


def with_scales(network: Network, scales: Scales) -> Network:
    """Return a copy of a network with other scales of its convolutions.

    Raises
    ------
    ForeignScalesError
        if the network lacks one of the convolutions, or has it with another number of channels
    """
    changed = copy.deepcopy(network)
    norms = _norms(changed)
    for name, (factor, shift) in scales.items():
        norm = norms.get(name)
        if norm is None or norm.num_features != len(factor):
            raise ForeignScalesError(f"the network has no convolution {name} of {len(factor)} channels")
        multiplier, added = (torch.from_numpy(np.asarray(part, np.float32)) for part in (factor, shift))
        with torch.no_grad():
            norm.weight.copy_(norm.weight * multiplier)
            norm.bias.copy_(norm.bias * multiplier + added)
    return changed


def _norms(network: nn.Module) -> dict[str, nn.BatchNorm2d]:
    return {
        name.removesuffix(".norm"): module
        for name, module in network.named_modules()
        if isinstance(module, nn.BatchNorm2d)
    }


def _measure(network: EmotionNet, inputs: Inputs) -> Statistics:
    measured: Statistics = {}
    changed = copy.deepcopy(network).eval()

    def normalise_by_windows(name: str) -> Any:
        def hook(norm: nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
            (x,) = arguments
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            measured[name] = mean, variance
            batch_norm = cast(nn.BatchNorm2d, norm)
            batch_norm.running_mean, batch_norm.running_var = mean, variance

        return hook

    for name, norm in _norms(changed).items():
        norm.register_forward_pre_hook(normalise_by_windows(name))
    with torch.no_grad():
        changed.embed(torch.from_numpy(inputs.features), torch.from_numpy(inputs.lengths))
    return measured


def _scale(norm: nn.BatchNorm2d, *, mean: torch.Tensor, variance: torch.Tensor, weight: float) -> Scale:
    """Return what turns the output of a batch norm into that of one with the mixed statistics."""
    old_mean, old_variance = cast(torch.Tensor, norm.running_mean), cast(torch.Tensor, norm.running_var)
    new_mean = (1 - weight) * old_mean + weight * mean
    new_variance = (1 - weight) * old_variance + weight * variance
    new_variance = new_variance + weight * (1 - weight) * (mean - old_mean).square()  # of the mixture
    with torch.no_grad():
        deviation = (new_variance + norm.eps).sqrt()
        factor = (old_variance + norm.eps).sqrt() / deviation
        shift = norm.bias * (1 - factor) + norm.weight * (old_mean - new_mean) / deviation
    return Scale(factor.numpy().astype(np.float64), shift.numpy().astype(np.float64))
