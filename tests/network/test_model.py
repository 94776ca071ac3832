"""The networks' shapes, sizes and independence of padding; errors of checkpoints name the fault."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from ser.audio.features import N_SAMPLES
from ser.network.card import FEATURE_NUMBERS
from ser.network.checkpoint import CheckpointError, open_checkpoint
from ser.network.inputs import prepare_inputs
from ser.network.loading import load_checkpoint, save_checkpoint
from ser.network.model import NETWORKS, BiLSTM, EmotionNet, PublishedCNNBiLSTM
from ser.network.runtime import TorchRuntime, open_runtime


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


@pytest.fixture
def network() -> EmotionNet:
    torch.manual_seed(0)
    return EmotionNet().eval()


def log_mels(batch: int, frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(batch, 1, 128, frames, generator=torch.Generator().manual_seed(seed))


def test_published_network_is_the_notebooks():
    network = PublishedCNNBiLSTM()
    assert parameters(network) == 2_356_614
    with torch.inference_mode():
        assert network.cnn(log_mels(1, 188)).shape == (1, 128, 16, 94)


def test_emotion_network_stays_small():
    assert parameters(EmotionNet()) <= 3_000_000


@pytest.mark.parametrize("kind", NETWORKS.values())
@pytest.mark.parametrize("frames", [32, 33, 100, 188, 401])
def test_any_number_of_frames_gives_six_logits(kind, frames):
    with torch.inference_mode():
        logits = kind().eval()(log_mels(3, frames))
    assert logits.shape == (3, 6)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("kind", NETWORKS.values())
@pytest.mark.parametrize("shape", [(1, 1, 128, 31), (1, 1, 64, 188), (1, 2, 128, 188), (1, 128, 188)])
def test_input_of_another_shape_is_refused(kind, shape):
    with pytest.raises(ValueError, match="expected log-mels"):
        kind()(torch.zeros(shape))


@pytest.mark.parametrize("length", [32, 61, 100, 157])
def test_what_lies_behind_the_length_changes_nothing(network, length):
    clip, other = log_mels(1, 188), log_mels(1, 188, seed=1)
    other[..., :length] = clip[..., :length]
    lengths = torch.tensor([length])
    with torch.inference_mode():
        alone = network(clip[..., :length], lengths)
        assert torch.allclose(network(clip, lengths), alone, atol=1e-5)
        assert torch.allclose(network(other, lengths), alone, atol=1e-5)


def test_lengths_matter(network):
    clip = log_mels(1, 188)
    with torch.inference_mode():
        assert not torch.allclose(network(clip, torch.tensor([100])), network(clip), atol=1e-3)


def test_level_and_contrast_of_the_input_change_nothing(network):
    clip = log_mels(1, 188)
    with torch.inference_mode():
        assert torch.allclose(network(3 * clip + 2), network(clip), atol=1e-4)


def test_a_constant_clip_gives_finite_logits_and_gradients(network):
    logits = network.train()(torch.zeros(2, 1, 128, 188), torch.tensor([188, 32]))
    logits.sum().backward()
    assert torch.isfinite(logits).all()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


def test_turned_lstm_equals_the_packed_one():
    torch.manual_seed(0)
    ours = BiLSTM(5, 4)
    packed = nn.LSTM(5, 4, batch_first=True, bidirectional=True)
    for name, value in ours.ahead.named_parameters():
        getattr(packed, name).data.copy_(value)
    for name, value in ours.back.named_parameters():
        getattr(packed, f"{name}_reverse").data.copy_(value)
    x, lengths = torch.randn(3, 9, 5), torch.tensor([9, 4, 1])
    with torch.inference_mode():
        sequence = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
        expected, _ = nn.utils.rnn.pad_packed_sequence(packed(sequence)[0], batch_first=True)
        found = ours(x, lengths)
    for row, length in enumerate(lengths):
        assert torch.allclose(found[row, :length], expected[row, :length], atol=1e-6)


@pytest.mark.parametrize("kind", NETWORKS.values())
def test_checkpoint_round_trip(tmp_path, kind):
    torch.manual_seed(1)
    network = kind().eval()
    save_checkpoint(tmp_path / "new", network=network, card={"temperature": 1.5})
    loaded = load_checkpoint(tmp_path / "new")
    assert loaded.card["temperature"] == 1.5
    assert not loaded.network.training
    x = log_mels(2, 188)
    with torch.inference_mode():
        assert torch.equal(loaded.network(x), network(x))
    assert (tmp_path / "new" / "weights.pt").stat().st_size < 10_000_000


def test_arguments_come_back(tmp_path):
    save_checkpoint(
        tmp_path, network=EmotionNet(channels=(16, 32), strides=((2, 1), (2, 2)), hidden=16), card={}
    )
    assert load_checkpoint(tmp_path).network.arguments["channels"] == [16, 32]


def rewrite_card(folder, **changes):
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 99}, "format is 99"),
        ({"labels": ["ANG", "SAD"]}, "labels is"),
        ({"network": "other"}, "network is 'other'"),
        ({"network": ["emotion"]}, "network is"),
        ({"features": {"n_mels": 64}}, "n_mels is 64"),
        ({"features": None}, "sample_rate is None"),
        ({"features": FEATURE_NUMBERS | {"top_db": 90.0}}, "top_db is 90.0"),
        ({"features": FEATURE_NUMBERS | {"top_db": 10}}, "top_db is 10"),
        ({"features": FEATURE_NUMBERS | {"top_db": "deep"}}, "top_db is 'deep'"),
        ({"temperature": 0}, "temperature is 0"),
        ({"temperature": "warm"}, "temperature is 'warm'"),
        ({"split": {"train": ["1001"], "val": ["1002"]}}, "split does not list"),
        ({"split": {"train": ["1001"], "val": ["1002"], "test": ["1001"]}}, "actor 1001 is in more than one"),
        ({"arguments": {"depth": 3}}, "arguments on the card"),
        ({"arguments": {"channels": [8, 8]}}, "arguments on the card"),
        ({"arguments": {"channels": [16, 16], "strides": [[2, 1], [2, 2]]}}, "belongs to another network"),
    ],
)
def test_a_card_that_differs_is_refused_by_name(tmp_path, network, changes, said):
    save_checkpoint(tmp_path, network=network, card={})
    rewrite_card(tmp_path, **changes)
    with pytest.raises(CheckpointError, match=said):
        load_checkpoint(tmp_path)


def test_a_network_hears_down_to_the_floor_on_its_card(tmp_path):
    torch.manual_seed(0)
    save_checkpoint(tmp_path, network=EmotionNet(), card={"features": FEATURE_NUMBERS | {"top_db": 40.0}})
    noise = np.random.default_rng(0).normal(size=N_SAMPLES).astype(np.float32) * np.geomspace(
        1e-4, 1, N_SAMPLES
    )
    runtime = open_runtime(open_checkpoint(tmp_path))
    for heard in (runtime, TorchRuntime(runtime.network, top_db=40.0).with_scales({})):
        inputs = heard.inputs([noise.astype(np.float32)])
        np.testing.assert_array_equal(
            inputs.features, prepare_inputs([noise.astype(np.float32)], top_db=40).features
        )


class _Evil:
    def __reduce__(self):
        return (pytest.fail, ("a pickle ran code",))


@pytest.mark.parametrize("damage", ["absent", "empty", "text", "cut", "pickle"])
def test_damaged_weights_are_refused(tmp_path, network, damage):
    save_checkpoint(tmp_path, network=network, card={})
    weights = tmp_path / "weights.pt"
    whole = weights.read_bytes()
    if damage == "absent":
        weights.unlink()
    elif damage == "pickle":
        torch.save({"head.weight": _Evil()}, weights)
    else:
        weights.write_bytes({"empty": b"", "text": b"not weights", "cut": whole[: len(whole) // 2]}[damage])
    with pytest.raises(CheckpointError, match=r"weights\.pt"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("card", [None, "", "{", "[]", '"text"'])
def test_a_missing_or_damaged_card_is_refused(tmp_path, network, card):
    save_checkpoint(tmp_path, network=network, card={})
    (tmp_path / "card.json").unlink() if card is None else (tmp_path / "card.json").write_text(card)
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path)
