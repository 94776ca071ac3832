"""The encoder of the wide network: its log-mel, the cut graph, and steps that do not depend on silence before them."""

import librosa
import numpy as np
import onnxruntime
import pytest

from ser.audio.reading import load_audio
from ser.network.encoder import Encoder, encoder_log_mel
from ser.network.encoder_graph import StructureError, layers_of
from tests.conftest import ROOT
from tests.helpers import small_encoder

SAMPLES = load_audio(ROOT / "ser" / "assets" / "examples" / "even.flac")


@pytest.fixture
def encoder(tmp_path) -> Encoder:
    (tmp_path / "layers.onnx").write_bytes(layers_of(small_encoder.model()))
    return Encoder(tmp_path / "layers.onnx")


def whisper(samples: np.ndarray) -> np.ndarray:
    """The log-mel of Whisper, from its formula: (80, frames)."""
    padded = np.pad(samples.astype(np.float64), 200, mode="reflect")
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    spectrum = [np.fft.rfft(padded[start : start + 400] * hann) for start in range(0, len(samples), 160)]
    mel = librosa.filters.mel(sr=16_000, n_fft=400, n_mels=80) @ np.abs(np.transpose(spectrum)) ** 2
    logs = np.log10(np.maximum(mel, 1e-10))
    return (np.maximum(logs, logs.max() - 8) + 4) / 4


@pytest.mark.parametrize("n", [48_000, 31_999, 8_000])
def test_it_is_that_of_whisper_for_sound_after_silence(n):
    samples = SAMPLES[:n]
    log_mel = encoder_log_mel(samples)
    frames = 2 * (len(samples) // 320)
    assert log_mel.shape == (80, frames)
    assert log_mel.dtype == np.float32
    sound = samples[len(samples) % 320 :]
    sound = sound - sound.mean()
    padded = np.pad(sound, (128_000 - len(sound), 0))
    expected = whisper(padded / padded.std())[:, -frames:]
    # The first two frames reach in front of the sound, which is mirrored there.
    np.testing.assert_allclose(log_mel[:, 2:], expected[:, 2:], atol=1e-3)


@pytest.mark.parametrize(
    "samples", [np.zeros(48_000, np.float32), SAMPLES[:1], np.full(700, 0.3, np.float32)]
)
def test_silence_and_a_single_sample_have_one_too(samples):
    log_mel = encoder_log_mel(samples)
    assert log_mel.shape == (80, max(2 * (len(samples) // 320), 40))
    assert np.isfinite(log_mel).all()


def test_loudness_changes_nothing():
    np.testing.assert_allclose(encoder_log_mel(SAMPLES / 50), encoder_log_mel(SAMPLES), atol=0.01)


@pytest.mark.parametrize("steps", [400, 20])
def test_the_cut_graph_gives_what_the_whole_one_computes_inside(encoder, steps):
    """On shorter input it is the encoder that has no more than the last positions."""
    import onnx

    proto = onnx.load_from_string(small_encoder.model(positions=steps))
    norms = [node.input[0] for node in proto.graph.node if node.op_type == "LayerNormalization"]
    proto.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in norms[2::2])
    whole = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    log_mel = np.random.default_rng(0).normal(size=(80, 2 * steps)).astype(np.float32)
    _, *inside = whole.run(None, {"log_mel": log_mel[None]})
    layers = encoder(log_mel)
    assert layers.shape == (4, steps, small_encoder.WIDTH)
    np.testing.assert_allclose(layers, np.concatenate(inside), atol=1e-5)


def test_a_graph_of_another_structure_is_refused():
    with pytest.raises(StructureError, match="7 layer norms, expected 9"):
        layers_of(small_encoder.model(layers=3))
