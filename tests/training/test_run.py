"""Training learns, is repeatable, resumes after a kill, and gives the same result in one process or two."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from ser.labels import LABELS
from ser.network.loading import load_checkpoint
from ser.network.model import EmotionNet, PublishedCNNBiLSTM
from ser.training import trainer
from ser.training.batches import Batch, seeded_generator
from ser.training.recipes import RECIPES, TrainingOptions, recipe_with
from ser.training.run import TrainError, train
from ser.training.trainer import Trainer, faster_precision

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Ten actors whose emotions differ in pitch: a few steps are enough to learn them."""
    root = tmp_path_factory.mktemp("data")
    (root / "AudioWAV").mkdir()
    draw = np.random.default_rng(0)
    time = np.arange(14_000) / 16_000
    for actor in range(1001, 1011):
        for i, emotion in enumerate(LABELS):
            tone = 0.3 * np.sin(2 * np.pi * 200 * 1.6**i * time) + 0.01 * draw.normal(size=len(time))
            soundfile.write(root / "AudioWAV" / f"{actor}_IEO_{emotion}_XX.wav", tone, 16_000)
    return root


def batch(n: int = 12, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(n, 1, 128, 188, generator=generator)
    return Batch(features, torch.full((n,), 188), torch.arange(n) % 6)


def weights(network: torch.nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


@pytest.mark.parametrize("name", [pytest.param("published", marks=pytest.mark.slow), "emotion"])
def test_steps_learn_a_small_batch(name):
    torch.manual_seed(0)
    recipe = replace(RECIPES[name], epochs=1, mixup_share=0.0)
    network = EmotionNet(channels=(16, 32), strides=((2, 1), (2, 2)), hidden=16, dropout=0.0)
    if name == "published":
        network = PublishedCNNBiLSTM(dropout=0.0)
    trainer = Trainer(recipe, steps_per_epoch=30, network=network)
    losses = [trainer.step(batch(6), n_clips=6, generator=torch.Generator()) for _ in range(30)]
    assert losses[-1] < 0.8 * losses[0]


def test_averaged_weights_follow_the_trained_ones():
    torch.manual_seed(0)
    recipe = replace(RECIPES["emotion"], ema=0.5)
    network = EmotionNet(channels=(16,), strides=((2, 2),), hidden=8)
    trainer = Trainer(recipe, steps_per_epoch=10, network=network)
    before = weights(network).clone()
    trainer.step(batch(), n_clips=12, generator=torch.Generator())
    first = weights(network).clone()
    trainer.step(batch(), n_clips=12, generator=torch.Generator())
    second = weights(network)
    assert trainer.evaluated is not network
    assert not torch.equal(before, first)
    assert torch.allclose(weights(trainer.evaluated), (first + second) / 2, atol=1e-6)


@pytest.mark.parametrize("steps", range(1, 7))
def test_a_run_may_be_as_short_as_one_likes(steps):
    network = EmotionNet(channels=(16,), strides=((2, 2),), hidden=8)
    trainer = Trainer(replace(RECIPES["emotion"], epochs=1), steps_per_epoch=steps, network=network)
    before = weights(network).clone()
    for _ in range(steps):
        trainer.step(batch(2), n_clips=2, generator=torch.Generator())
    assert not torch.equal(before, weights(network))
    assert weights(network).isfinite().all()


@pytest.mark.slow
def test_precision_is_measured():
    assert faster_precision(RECIPES["published"]) in ("float32", "bf16")


@pytest.mark.skipif(torch.cuda.is_available(), reason="the GPU is used, not the processor")
def test_bf16_is_not_tried_where_the_processor_has_no_units_for_it(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False, "amx_bf16": False})
    monkeypatch.setattr(trainer, "Trainer", None)  # which would take the steps
    assert faster_precision(RECIPES["published"]) == "float32"


@pytest.mark.parametrize("name", [pytest.param("published", marks=pytest.mark.slow), "emotion"])
def test_a_run_leaves_a_checkpoint_and_its_curves(data, tmp_path, name):
    card = train(
        TrainingOptions(
            data=data,
            out=tmp_path / "run",
            recipe=recipe_with(name, epochs=2, batch_size=16),
            seed=1,
            command="the command",
        )
    )
    curves = pd.read_csv(tmp_path / "run" / "curves.csv")
    assert curves["epoch"].tolist() == [1, 2]
    assert curves[["train_loss", "val_loss", "val_uar"]].notna().all(axis=None)
    assert (tmp_path / "run" / "curves.png").read_bytes().startswith(b"\x89PNG")
    checkpoint = load_checkpoint(tmp_path / "run")
    assert checkpoint.card == card
    assert card["training"]["command"] == "the command"
    assert card["network"] == name
    actors = card["split"]["train"] + card["split"]["val"] + card["split"]["test"]
    assert sorted(actors) == [str(a) for a in range(1001, 1011)]
    best = curves["val_uar"].idxmax()
    assert card["training"]["best_epoch"] == best + 1
    assert card["metrics"]["val_first_window"]["val_uar"] == pytest.approx(curves["val_uar"][best])


def run_of(data, out, epochs, **more):
    recipe = replace(recipe_with("emotion", epochs=3, batch_size=16), one_cycle=False)
    recipe = replace(recipe, epochs=epochs)
    return train(TrainingOptions(data=data, out=out, recipe=recipe, precision="float32", **more))


def test_the_same_seed_gives_the_same_network_and_another_another(data, tmp_path):
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        run_of(data, tmp_path / out, 1, seed=seed)
    a, b, c = (weights(load_checkpoint(tmp_path / out).network) for out in "abc")
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_a_run_is_never_overwritten_nor_resumed_with_other_numbers(data, tmp_path):
    run_of(data, tmp_path, 1, seed=1)
    with pytest.raises(TrainError, match="--resume"):
        run_of(data, tmp_path, 1, seed=1)
    with pytest.raises(TrainError, match="another seed"):
        run_of(data, tmp_path, 1, seed=2, resume=True)


def command(data, out, *more) -> list[str]:
    arguments = ["train", "--data", str(data), "--out", str(out), "--epochs", "4", "--batch-size", "8"]
    return ["-m", "ser", *arguments, "--limit", "16", "--precision", "float32", *more]


ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


@pytest.mark.slow
def test_killed_runs_resume_to_the_uninterrupted_result(data, tmp_path):
    uninterrupted, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(
        [sys.executable, *command(data, uninterrupted)],
        env=ENVIRONMENT,
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    process = subprocess.Popen(
        [sys.executable, "-u", *command(data, killed)],
        env=ENVIRONMENT,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    for line in process.stdout:  # printed just before the state of the epoch is written: kill around that
        if line.startswith("epoch 2"):
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    assert 1 <= len(torch.load(killed / "state.pt", weights_only=True)["history"]) <= 3
    subprocess.run(
        [sys.executable, *command(data, killed, "--resume")],
        env=ENVIRONMENT,
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    first, second = (weights(load_checkpoint(out).network) for out in (uninterrupted, killed))
    assert torch.equal(first, second)
    columns = ["epoch", "train_loss", "val_loss", "val_uar"]
    curves = [pd.read_csv(out / "curves.csv")[columns] for out in (uninterrupted, killed)]
    pd.testing.assert_frame_equal(*curves)


STEP_IN_A_GROUP = """
import os, sys
import torch
import torch.distributed as dist
from ser.training.batches import Batch, Shard
from ser.network.model import PublishedCNNBiLSTM
from ser.training.recipes import RECIPES
from ser.training.trainer import Trainer

dist.init_process_group("gloo")
shard = Shard(dist.get_rank(), dist.get_world_size())
torch.manual_seed(0)
trainer = Trainer(RECIPES["published"], steps_per_epoch=1, shard=shard, network=PublishedCNNBiLSTM(dropout=0.0))
whole = torch.load(sys.argv[1], weights_only=True)
share = Batch(*(part[shard.rank :: shard.world] for part in whole))
trainer.step(share, n_clips=len(whole[0]), generator=torch.Generator())
if shard.rank == 0:
    gradients = {name: p.grad for name, p in trainer.network.named_parameters()}
    torch.save([gradients, trainer.network.state_dict()], sys.argv[2])
dist.destroy_process_group()
"""


def torchrun(*arguments: str) -> subprocess.CompletedProcess:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return subprocess.run(
        [*launcher, *arguments], env=ENVIRONMENT, cwd=ROOT, check=True, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "clips",
    [pytest.param(12, marks=pytest.mark.slow), 11],  # 11: the shares of the two processes differ
)
def test_two_processes_step_like_one(tmp_path, clips):
    """Without batch norm, dropout and augmentation, which necessarily differ between processes."""
    whole = batch(clips)
    torch.save(tuple(whole), tmp_path / "batch.pt")
    (tmp_path / "step.py").write_text(STEP_IN_A_GROUP)
    torchrun(str(tmp_path / "step.py"), str(tmp_path / "batch.pt"), str(tmp_path / "out.pt"))
    torch.manual_seed(0)
    alone = Trainer(RECIPES["published"], steps_per_epoch=1, network=PublishedCNNBiLSTM(dropout=0.0))
    alone.step(whole, n_clips=clips, generator=torch.Generator())
    gradients, state = torch.load(tmp_path / "out.pt", weights_only=True)
    for name, p in alone.network.named_parameters():
        scale = p.grad.abs().max()
        assert (p.grad - gradients[name]).abs().max() <= 1e-4 * scale, name
        # Adam divides by the size of the gradient, so a weight may differ where the gradient is rounding noise.
        assert torch.isclose(p, state[name], atol=1e-5).float().mean() > 0.995, name


@pytest.mark.slow
def test_torchrun_trains_a_whole_run(data, tmp_path):
    torchrun("-m", "ser", *command(data, tmp_path / "run")[2:])
    assert len(pd.read_csv(tmp_path / "run" / "curves.csv")) == 4
    training = load_checkpoint(tmp_path / "run").card["training"]
    assert training["recipe"]["epochs"] == 4
    assert training["command"].startswith("python -m ser train --data DIR --out ")


def test_steps_draw_from_their_numbers_alone():
    numbers = [
        torch.rand(3, generator=seeded_generator(*key)).tolist() for key in ((1, 2), (1, 2), (2, 1), (1,))
    ]
    assert numbers[0] == numbers[1]
    assert len({tuple(n) for n in numbers}) == 3
