"""Muon: momentum whose step is orthogonalised, for convolutions and linear layers (Jordan et al. 2024).

Here it reaches in 7 epochs what AdamW reaches in 12. PyTorch's own Muon accepts matrices only, not convolutions.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

MOMENTUM = 0.95
STEPS = 5
# Of Newton-Schulz's fifth-degree polynomial: five steps bring all singular values between 0.7 and 1.2.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum with a step whose singular values are all near 1; weight decay as in AdamW.

    Parameters
    ----------
    parameters : weights of two axes or more; all axes after the first are flattened into one
    lr : learning rate, the length of the step
    weight_decay : share of the weights that is subtracted, times `lr`
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, weight_decay: float = 0.0):
        super().__init__(list(parameters), {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """Take one step."""
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is None:
                    continue
                state = self.state[weights]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(weights)
                momentum = state["momentum"].lerp_(weights.grad, 1 - MOMENTUM)
                update = orthogonalise(weights.grad.lerp(momentum, MOMENTUM).flatten(1))
                weights.mul_(1 - group["lr"] * group["weight_decay"])
                weights.sub_(update.reshape(weights.shape) * group["lr"])


def orthogonalise(matrix: torch.Tensor) -> torch.Tensor:
    """Return a matrix with the same singular vectors and all singular values near 1, larger for tall matrices."""
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(STEPS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if tall else x) * max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5


class JointOptimizer:
    """Several optimisers that step as one; each keeps its own peak learning rate."""

    def __init__(self, *optimizers: torch.optim.Optimizer):
        self.optimizers = optimizers
        self.peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]

    def set_rate(self, factor: float) -> None:
        """Set every learning rate to this factor times its peak."""
        for optimizer, peaks in zip(self.optimizers, self.peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * factor

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Reset all gradients."""
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=set_to_none)

    def step(self) -> None:
        """Take one step with each optimiser."""
        for optimizer in self.optimizers:
            optimizer.step()

    def state_dict(self) -> list[dict]:
        """Return the state of each optimiser."""
        return [optimizer.state_dict() for optimizer in self.optimizers]

    def load_state_dict(self, states: list[dict]) -> None:
        """Continue from what `state_dict` returned."""
        for optimizer, state in zip(self.optimizers, states, strict=True):
            optimizer.load_state_dict(state)
