"""ONNX Runtime computes what PyTorch does, is used if its file fits the weights, and avoids loading PyTorch."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from ser.audio.features import N_SAMPLES
from ser.audio.reading import load_audio
from ser.network.checkpoint import DEFAULT_CHECKPOINT, open_checkpoint
from ser.network.loading import load_checkpoint, save_checkpoint
from ser.network.model import EmotionNet
from ser.network.runtime import OnnxRuntime, TorchRuntime, open_runtime
from ser.network.session import ONNX_FILE
from ser.recognition.recognizer import Recognizer
from tests.conftest import ROOT

EXAMPLES = sorted((ROOT / "ser" / "assets" / "examples").glob("*.flac"))


@pytest.fixture
def copied(tmp_path):
    return shutil.copytree(DEFAULT_CHECKPOINT, tmp_path / "checkpoint")


def test_the_released_network_scores_alike_in_both():
    by_onnx = Recognizer.load()
    by_torch = Recognizer(load_checkpoint())
    assert isinstance(by_onnx.runtime, OnnxRuntime)
    assert isinstance(by_torch.runtime, TorchRuntime)
    long = np.concatenate([load_audio(file) for file in EXAMPLES])
    for samples in (*map(load_audio, EXAMPLES), long, long[:5000]):
        ours, theirs = by_onnx.recognize(samples), by_torch.recognize(samples)
        assert len(ours.windows) == len(theirs.windows)
        for one, other in zip((ours, *ours.windows), (theirs, *theirs.windows), strict=True):
            assert one.scores == pytest.approx(other.scores, abs=1e-4)


def test_a_window_scores_the_same_alone_and_in_company():
    runtime = open_runtime(open_checkpoint())
    noise = np.random.default_rng(0).normal(size=(16, N_SAMPLES)).astype(np.float32)
    inputs = runtime.inputs([samples[: 1000 + 3000 * i] for i, samples in enumerate(noise)])
    together = runtime(inputs)
    alone = np.concatenate([runtime(inputs.part(slice(i, i + 1))) for i in range(16)])
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("changed", ["weights.pt", ONNX_FILE])
def test_a_file_of_other_weights_is_not_used(copied, changed):
    if changed == ONNX_FILE:
        (copied / ONNX_FILE).write_bytes(b"of another network")
    else:
        network = load_checkpoint(copied).network
        with torch.no_grad():
            network.head.bias[2] += 100
        torch.save(network.state_dict(), copied / changed)
    recognizer = Recognizer.load(copied)
    assert isinstance(recognizer.runtime, TorchRuntime)
    assert (recognizer.recognize(EXAMPLES[0]).top == "FEA") == (changed == "weights.pt")


def test_a_checkpoint_without_the_file_is_scored_all_the_same(copied):
    (copied / ONNX_FILE).unlink()
    assert isinstance(open_runtime(open_checkpoint(copied)), TorchRuntime)


def test_neither_scoring_nor_pictures_nor_reasons_import_pytorch():
    code = (
        "import sys; from ser.recognition.recognizer import Recognizer; from ser.recognition.explain import why\n"
        "from ser.audio.reading import load_audio; from ser.audio.tiles import Spectrograms\n"
        f"recognizer, samples = Recognizer.load(), load_audio({str(EXAMPLES[0])!r})\n"
        "print(recognizer.recognize(samples).top, why(recognizer, samples=samples, start=0, emotion='ANG').map.shape)\n"
        "print(Spectrograms(samples).tile('narrow', level=0, index=0).shape, 'torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "False"


def assert_tells_no_origin(folder):
    content = (folder / ONNX_FILE).read_bytes()
    assert b"stack_trace" not in content
    assert b".py" not in content


def test_the_released_file_does_not_tell_of_the_machine_that_made_it():
    assert_tells_no_origin(DEFAULT_CHECKPOINT)


@pytest.mark.slow
@pytest.mark.parametrize("heard", [False, True])
def test_any_checkpoint_can_be_written_so(tmp_path, heard):
    from ser.network.onnx_export import add_onnx

    torch.manual_seed(0)
    network = EmotionNet(channels=(16, 16, 16, 16), hidden=16, heard=heard).eval()
    save_checkpoint(tmp_path, network=network, card={})
    add_onnx(tmp_path)
    assert_tells_no_origin(tmp_path)
    assert set(json.loads((tmp_path / "card.json").read_text())["onnx"]) == {ONNX_FILE, "weights.pt"}
    recognizer = Recognizer.load(tmp_path)
    assert isinstance(recognizer.runtime, OnnxRuntime)
    ours, theirs = (who.recognize(EXAMPLES[0]) for who in (recognizer, Recognizer(load_checkpoint(tmp_path))))
    assert ours.scores == pytest.approx(theirs.scores, abs=1e-4)
    assert (ours.heard is None) == (not heard)
    if heard:
        assert ours.heard == pytest.approx(theirs.heard, abs=1e-4)
