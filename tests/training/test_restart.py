"""Training in several processes when one dies: torchrun restarts them from the last epoch."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from ser.labels import LABELS
from ser.network.loading import load_checkpoint
from tests.conftest import ROOT

EPOCHS = 4
# Otherwise restarted processes look for each other at the store of those that ended.
FRESH_STORE = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Ten actors whose emotions differ in pitch."""
    root = tmp_path_factory.mktemp("data")
    (root / "AudioWAV").mkdir()
    draw, time = np.random.default_rng(0), np.arange(14_000) / 16_000
    for actor in range(1001, 1011):
        for i, emotion in enumerate(LABELS):
            tone = 0.3 * np.sin(2 * np.pi * 200 * 1.6**i * time) + 0.01 * draw.normal(size=len(time))
            soundfile.write(root / "AudioWAV" / f"{actor}_IEO_{emotion}_XX.wav", tone, 16_000)
    return root


def start(data: Path, out: Path) -> subprocess.Popen:
    """Start training with the command of the README, which has --resume from the first start."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "1"]
    training = ["-m", "ser", "train", "--data", str(data), "--out", str(out), "--epochs", str(EPOCHS)]
    more = ["--batch-size", "8", "--limit", "16", "--precision", "float32", "--resume"]
    return subprocess.Popen(
        [sys.executable, *launcher, *training, *more],
        env={**os.environ, **FRESH_STORE, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def worker(launcher: subprocess.Popen, rank: int) -> int:
    """Return the process id of the worker of this rank."""
    for pid in Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split():
        if f"RANK={rank}" in Path(f"/proc/{pid}/environ").read_text().split("\0"):
            return int(pid)
    raise AssertionError(f"the launcher has no worker of rank {rank}")


def weights(out: Path) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in load_checkpoint(out).network.parameters()])


@pytest.fixture(scope="module")
def uninterrupted(data, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    with start(data, out) as launcher:
        launcher.communicate()
    return out


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="workers are found in /proc, which Linux has"
)
@pytest.mark.parametrize("lost", [0, 1])
def test_a_killed_worker_costs_an_epoch_at_most(data, tmp_path, uninterrupted, lost):
    epochs = []
    with start(data, tmp_path) as launcher:
        for line in launcher.stdout:
            if line.startswith("epoch"):
                epochs.append(int(line.split()[1]))
                if epochs == [1, 2]:
                    os.kill(worker(launcher, lost), signal.SIGKILL)
    assert launcher.returncode == 0
    assert sorted(set(epochs)) == [1, 2, 3, 4]
    assert len(epochs) <= EPOCHS + 1
    assert torch.equal(weights(tmp_path), weights(uninterrupted))
    curves = [pd.read_csv(out / "curves.csv") for out in (tmp_path, uninterrupted)]
    columns = ["epoch", "train_loss", "val_loss", "val_uar"]
    pd.testing.assert_frame_equal(*(table[columns] for table in curves))
    assert len(curves[0]) == EPOCHS
