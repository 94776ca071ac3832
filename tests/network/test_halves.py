"""The two halves of a network's file give the numbers of the whole, and files that cannot be split are left whole."""

import numpy as np
import pytest

from ser.audio.features import MIN_FRAMES, N_FRAMES, N_MELS
from ser.network.checkpoint import CHECKPOINTS, DEFAULT_CHECKPOINT
from ser.network.halves import split_model
from ser.network.inputs import Inputs
from ser.network.runtime import OnnxRuntime
from ser.network.session import ONNX_FILE, open_session

FILE = DEFAULT_CHECKPOINT / ONNX_FILE


def windows(lengths: list[int]) -> Inputs:
    """Return noise, with more noise where the padding is: it must change nothing."""
    features = np.random.default_rng(0).normal(size=(len(lengths), 1, N_MELS, N_FRAMES))
    return Inputs(features.astype(np.float32), np.array(lengths, np.int64))


@pytest.mark.parametrize(
    "lengths",
    [
        [N_FRAMES, MIN_FRAMES, 61, 60, N_FRAMES, 61],
        [N_FRAMES] * 5,
        [75],
        [MIN_FRAMES - 1, 5, 100],  # too short for the halves
    ],
    ids=str,
)
def test_numbers_are_those_of_the_whole_file(lengths):
    inputs = windows(lengths)
    logits, embeddings = OnnxRuntime(FILE).embed(inputs)
    feeds = {"features": inputs.features, "lengths": inputs.lengths}
    expected_logits, expected_embeddings = open_session(FILE).run(None, feeds)
    np.testing.assert_allclose(logits, expected_logits, atol=1e-4)
    np.testing.assert_allclose(embeddings, expected_embeddings, atol=1e-4)


def test_only_what_ignores_padding_is_split():
    halves = split_model(FILE.read_bytes())
    assert halves is not None
    assert split_model(halves.front) is None
    assert split_model((CHECKPOINTS / "wide" / ONNX_FILE).read_bytes()) is None
