"""The Muon optimizer: its step, learning, and resuming."""

import copy

import pytest
import torch
from torch import nn

from ser.training.muon import JointOptimizer, Muon, orthogonalise


@pytest.mark.parametrize("shape", [(8, 8), (4, 30), (30, 4)])
def test_a_step_has_the_gradients_directions_at_equal_length(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    step = orthogonalise(matrix) / max(1, shape[0] / shape[1]) ** 0.5
    values = torch.linalg.svdvals(step)
    assert values.min() > 0.5
    assert values.max() < 1.3
    overlap = torch.diagonal(u.T @ step @ v.T)
    assert (overlap > 0.5).all()


def train(optimizer: JointOptimizer, network: nn.Module, steps: int) -> list[float]:
    x = torch.linspace(-1, 1, 64)[:, None] ** torch.arange(1, 5)
    y = torch.sin(3 * x[:, :1])
    losses = []
    for _ in range(steps):
        loss = (network(x) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def make() -> tuple[nn.Module, JointOptimizer]:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
    matrices = [weights for weights in network.parameters() if weights.ndim > 1]
    others = [weights for weights in network.parameters() if weights.ndim == 1]
    return network, JointOptimizer(Muon(matrices, 0.02, 0.01), torch.optim.AdamW(others, 0.01))


def test_it_learns():
    network, optimizer = make()
    losses = train(optimizer, network, 150)
    assert losses[-1] < 0.1 * losses[0]


def test_it_goes_on_where_it_stopped():
    network, optimizer = make()
    train(optimizer, network, 5)
    saved = copy.deepcopy((network.state_dict(), optimizer.state_dict()))
    through = train(optimizer, network, 5)
    again, other = make()
    again.load_state_dict(saved[0])
    other.load_state_dict(saved[1])
    assert train(other, again, 5) == through


def test_the_rate_is_a_share_of_each_peak():
    _, optimizer = make()
    optimizer.set_rate(0.5)
    assert [o.param_groups[0]["lr"] for o in optimizer.optimizers] == [0.01, 0.005]
