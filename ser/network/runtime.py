"""Run a network: with ONNX Runtime where the folder holds its file, with PyTorch otherwise.

ONNX Runtime gives the same numbers to a millionth in less time, and is imported in a tenth of the time. Its file is
made from the weights when a network is released: see `ser.network.onnx_export`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ser.audio.features import MIN_FRAMES, N_FRAMES, N_MELS
from ser.labels import LABELS
from ser.network.checkpoint import Checkpoint
from ser.network.inputs import Inputs, prepare_inputs

if TYPE_CHECKING:
    from ser.network.model import Network

ONNX_FILE = "network.onnx"
MAX_FILE_BYTES = 200_000_000  # the networks of this project take 10 MB
# Types and shapes of features, lengths and logits, without the first axis, the number of windows.
_SHAPES = [
    [("tensor(float)", [1, N_MELS, frames]), ("tensor(int64)", []), ("tensor(float)", [logits])]
    for frames in (N_FRAMES, None)  # None: any number
    for logits in (len(LABELS), 2 * len(LABELS))
]


class Runtime(Protocol):
    """Computes the logits of windows. Threads may share it."""

    def inputs(self, windows: Sequence[np.ndarray]) -> Inputs:
        """Return what the network reads of windows of up to 3.0 s: samples (n,) float32 each, mono, 16 kHz."""

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Return the logits of n windows.

        Returns
        -------
        (n, 6) float32, or (n, 12) for networks with a second head: the second six predict the listeners' votes
        """


def open_runtime(checkpoint: Checkpoint) -> Runtime:
    """Return the fastest available runtime of a checkpoint; `CheckpointError` if the network cannot be read.

    An ONNX file that is damaged or belongs to another network is ignored.
    """
    if checkpoint.network is not None:
        return TorchRuntime(checkpoint.network)
    file = checkpoint.folder / ONNX_FILE
    if _fits(checkpoint, file):
        with contextlib.suppress(ImportError, ForeignError):  # the package does not exist for every machine
            return OnnxRuntime(file)
    from ser.network.loading import read_network  # imports PyTorch

    return TorchRuntime(read_network(checkpoint))


def fingerprints(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the ONNX file and of the weights, as the card records them."""
    return {name: _sha256(folder / name) for name in (ONNX_FILE, "weights.pt")}


def _fits(checkpoint: Checkpoint, file: Path) -> bool:
    """Whether the ONNX file is the one recorded on the card, made from the weights in the same folder."""
    recorded = checkpoint.card.get("onnx")
    files = (file, file.with_name("weights.pt"))
    try:
        if recorded is None or not all(
            path.is_file() and path.stat().st_size <= MAX_FILE_BYTES for path in files
        ):
            return False
        return recorded == fingerprints(file.parent)
    except OSError:
        return False


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


class ForeignError(Exception):
    """An ONNX file that does not hold a network of this project."""


class OnnxRuntime:
    """The network in ONNX Runtime, on one CPU thread; `Recognizer` spreads long recordings over several.

    Raises
    ------
    ForeignError
        if the file cannot be read, or its inputs and outputs are not those of a `Runtime`
    """

    def __init__(self, file: Path):
        # It would report each session to Microsoft, and reads this variable only on import.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises many kinds without a common base
            raise ForeignError(str(error)) from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        self._names = [entry.name for entry in inputs]
        shapes = [
            (entry.type, [None if isinstance(size, str) else size for size in entry.shape[1:]])
            for entry in (*inputs, *outputs)
        ]
        if shapes not in _SHAPES:
            raise ForeignError(f"its inputs and outputs are {shapes}")
        self._ignores_padding = shapes[0][1][-1] is None

    def inputs(self, windows: Sequence[np.ndarray]) -> Inputs:
        """Return what the network reads of some windows, see `Runtime`."""
        return prepare_inputs(windows)

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Return the logits, see `Runtime`."""
        features = _without_padding(inputs) if self._ignores_padding else inputs.features
        return self._session.run(None, dict(zip(self._names, (features, inputs.lengths), strict=True)))[0]


class TorchRuntime:
    """The network in PyTorch."""

    def __init__(self, network: Network):
        self.network = network

    def inputs(self, windows: Sequence[np.ndarray]) -> Inputs:
        """Return what the network reads of some windows, see `Runtime`."""
        return prepare_inputs(windows)

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Return the logits, see `Runtime`."""
        import torch

        features = _without_padding(inputs) if self.network.ignores_padding else inputs.features
        with torch.inference_mode():
            return self.network.answers(torch.from_numpy(features), torch.from_numpy(inputs.lengths)).numpy()


def _without_padding(inputs: Inputs) -> np.ndarray:
    """Return the features cut to the longest clip, (n, 1, 128, frames): the rest costs time and changes nothing."""
    frames = max(int(inputs.lengths.max()), MIN_FRAMES)
    return np.ascontiguousarray(inputs.features[..., :frames])
