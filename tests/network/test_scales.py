"""A network with other batch-norm statistics: the same in both runtimes, and different from the released one."""

import numpy as np
import pytest
import torch

from ser.audio.reading import load_audio
from ser.network.batch_norm import measure_scales
from ser.network.checkpoint import DEFAULT_CHECKPOINT, open_checkpoint
from ser.network.inputs import Inputs
from ser.network.loading import load_checkpoint
from ser.network.runtime import TorchRuntime, open_runtime
from ser.network.scales import ForeignScalesError, Scale, rescaled
from ser.network.session import ONNX_FILE
from tests.conftest import ROOT

EXAMPLES = sorted((ROOT / "ser" / "assets" / "examples").glob("*.flac"))


@pytest.fixture(scope="module")
def network():
    return load_checkpoint().network


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return open_runtime(open_checkpoint()).inputs([load_audio(file)[:48_000] for file in EXAMPLES])


@pytest.fixture(scope="module")
def scales(network, inputs):
    return measure_scales(network, inputs=inputs, weight=0.9)


def test_both_runtimes_change_alike_and_noticeably(network, inputs, scales):
    released = open_runtime(open_checkpoint())
    by_onnx, by_torch = released.with_scales(scales), TorchRuntime(network).with_scales(scales)
    np.testing.assert_allclose(by_onnx(inputs), by_torch(inputs), atol=1e-4)
    assert np.abs(by_onnx(inputs) - released(inputs)).max() > 0.1
    np.testing.assert_allclose(TorchRuntime(network)(inputs), released(inputs), atol=1e-4)  # as it was


def test_the_logits_are_those_of_the_embedding(network, inputs):
    logits, embedding = open_runtime(open_checkpoint()).embed(inputs)
    assert embedding.shape == (len(inputs), network.head.in_features)
    with torch.no_grad():
        np.testing.assert_allclose(network.answers_of(torch.from_numpy(embedding)), logits, atol=1e-4)


def test_with_the_whole_weight_each_layer_is_normalised_by_the_windows(network, inputs):
    changed = TorchRuntime(network).with_scales(measure_scales(network, inputs=inputs, weight=1.0)).network
    outputs = {}
    for name, module in changed.named_modules():
        if name.endswith("first.norm"):
            module.register_forward_hook(lambda m, x, y, name=name: outputs.update({name: (m, y)}))
    with torch.no_grad():
        changed.embed(torch.from_numpy(inputs.features), torch.from_numpy(inputs.lengths))
    assert len(outputs) == 4
    released = dict(network.named_modules())
    for name, (_, output) in outputs.items():
        torch.testing.assert_close(output.mean((0, 2, 3)), released[name].bias, atol=1e-3, rtol=1e-3)
        deviation, expected = output.std((0, 2, 3), correction=0), released[name].weight.abs()
        varied = deviation > 0.01  # the others are silent, and have the little that keeps the division finite
        torch.testing.assert_close(deviation[varied], expected[varied], atol=1e-2, rtol=2e-2)


def test_no_weight_changes_nothing(network, inputs):
    assert measure_scales(network, inputs=inputs, weight=0.0) == {}
    runtime = open_runtime(open_checkpoint())
    assert runtime.with_scales({}) is runtime


@pytest.mark.parametrize(
    ("name", "channels"), [("blocks.9.first", 32), ("stem", 31), ("stem", 64), ("project", 192)]
)
def test_scales_of_another_network_are_refused(network, name, channels):
    scales = {name: Scale(np.ones(channels), np.zeros(channels))}
    with pytest.raises(ForeignScalesError, match="no convolution"):
        rescaled((DEFAULT_CHECKPOINT / ONNX_FILE).read_bytes(), scales)
    with pytest.raises(ForeignScalesError, match="no convolution"):
        TorchRuntime(network).with_scales(scales)
