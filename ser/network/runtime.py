"""What a network computes, by whichever way is at hand: ONNX Runtime, or PyTorch where there is no such file.

ONNX Runtime gives the same numbers to a millionth in less time, and is imported in a tenth of the time. The file
that it reads is made of the weights when a network is released, see `ser.network.onnx_export`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ser.audio.features import MIN_FRAMES, N_FRAMES, N_MELS
from ser.labels import LABELS
from ser.network.checkpoint import Checkpoint

if TYPE_CHECKING:
    from ser.network.model import Network

ONNX_FILE = "network.onnx"
MAX_FILE_BYTES = 200_000_000  # bytes; the networks of this project have 10 MB
# Of the features, the lengths and the logits, behind the number of windows.
_SHAPES = [
    [("tensor(float)", [1, N_MELS, frames]), ("tensor(int64)", []), ("tensor(float)", [logits])]
    for frames in (N_FRAMES, None)  # None: as many as there are
    for logits in (len(LABELS), 2 * len(LABELS))
]


class Runtime(Protocol):
    """Log-mels (n, 1, 128, 188) float32 and their sound's frames (n,) int64 -> logits (n, 6) or (n, 12) float32.

    The second six, of networks that learned it, are what listeners would vote. Threads may share it.
    """

    def __call__(self, features: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the logits."""


def open_runtime(checkpoint: Checkpoint) -> Runtime:
    """Return the faster way to compute a checkpoint's network; `CheckpointError` where it cannot be read.

    An ONNX file that is missing, damaged or of another network is as if it were not there.
    """
    if checkpoint.network is not None:
        return TorchRuntime(checkpoint.network)
    file = checkpoint.folder / ONNX_FILE
    if _fits(checkpoint, file):
        with contextlib.suppress(ImportError, ForeignError):  # the package is not there for every machine
            return OnnxRuntime(file)
    from ser.network.loading import read_network  # it needs PyTorch

    return TorchRuntime(read_network(checkpoint))


def fingerprints(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the ONNX file and of the weights that it was made of, as they stand on the card."""
    return {name: _sha256(folder / name) for name in (ONNX_FILE, "weights.pt")}


def _fits(checkpoint: Checkpoint, file: Path) -> bool:
    """Whether the ONNX file is the one that the card names, made of the weights beside it."""
    stated = checkpoint.card.get("onnx")
    files = (file, file.with_name("weights.pt"))
    try:
        if stated is None or not all(one.is_file() and one.stat().st_size <= MAX_FILE_BYTES for one in files):
            return False
        return stated == fingerprints(file.parent)
    except OSError:
        return False


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


class ForeignError(Exception):
    """An ONNX file that is of no network of this project."""


class OnnxRuntime:
    """The network in ONNX Runtime, on one thread of the CPU: `Recognizer` gives long recordings to several.

    Raises `ForeignError` for a file that it cannot read, or that takes or answers something else than a `Runtime`.
    """

    def __init__(self, file: Path):
        # It would tell Microsoft about each session, and reads this only when it is imported.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's have no base of their own, and are many
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

    def __call__(self, features: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the logits, see `Runtime`."""
        if self._ignores_padding:
            features = _without_padding(features, lengths)
        return self._session.run(None, dict(zip(self._names, (features, lengths), strict=True)))[0]


class TorchRuntime:
    """The network in PyTorch."""

    def __init__(self, network: Network):
        self.network = network

    def __call__(self, features: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the logits, see `Runtime`."""
        import torch

        if self.network.ignores_padding:
            features = _without_padding(features, lengths)
        with torch.inference_mode():
            return self.network.answers(torch.from_numpy(features), torch.from_numpy(lengths)).numpy()


def _without_padding(features: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the features (n, 1, 128, frames) up to where the longest ends: what follows costs time and says nothing."""
    frames = max(int(lengths.max()), MIN_FRAMES)
    return np.ascontiguousarray(features[..., :frames])
