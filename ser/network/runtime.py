"""Run a network: with ONNX Runtime where the folder holds its file, with PyTorch otherwise.

ONNX Runtime gives the same numbers to a millionth in less time, and is imported in a tenth of the time. Its file is
made from the weights when a network is released: see `ser.network.onnx_export`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from ser.audio.features import MIN_FRAMES, N_FRAMES, N_MELS
from ser.labels import LABELS
from ser.network.checkpoint import Checkpoint, CheckpointError, open_checkpoint
from ser.network.inputs import Inputs, prepare_inputs
from ser.network.interface import Runtime
from ser.network.scales import Scales, rescaled
from ser.network.session import ONNX_FILE, ForeignError, fits, open_session, shapes_of
from ser.network.wide_runtime import fused_with, open_wide

if TYPE_CHECKING:
    import torch

    from ser.network.model import Network

# Types and shapes of features, lengths, logits and embedding, without the first axis, the number of windows.
_SHAPES = [
    [("tensor(float)", [1, N_MELS, frames]), ("tensor(int64)", []), ("tensor(float)", [logits])]
    for frames in (N_FRAMES, None)  # None: any number
    for logits in (len(LABELS), 2 * len(LABELS))
]


def open_runtime(checkpoint: Checkpoint) -> Runtime:
    """Return the fastest available runtime of a checkpoint.

    An ONNX file that is damaged or belongs to another network is ignored.

    Raises
    ------
    CheckpointError
        if the network cannot be read, or the encoder that it needs is not installed
    """
    if checkpoint.card["network"] == "wide":
        return open_wide(checkpoint, beside=_open_beside(checkpoint))
    if checkpoint.network is not None:
        return TorchRuntime(cast("Network", checkpoint.network))
    file = checkpoint.folder / ONNX_FILE
    if fits(checkpoint, file):
        with contextlib.suppress(ImportError, ForeignError):  # the package does not exist for every machine
            return OnnxRuntime(file)
    from ser.network.loading import read_network  # imports PyTorch

    return TorchRuntime(cast("Network", read_network(checkpoint)))


def _open_beside(checkpoint: Checkpoint) -> Runtime | None:
    """Return the runtime of the small network that a wide one is fused with; None if it stands alone."""
    folder = fused_with(checkpoint)
    if folder is None:
        return None
    small = open_checkpoint(folder)
    if small.card["network"] == "wide":
        raise CheckpointError(
            f"The network in {checkpoint.folder} is fused with another wide one: restore the folder from its source."
        )
    return open_runtime(small)


class OnnxRuntime:
    """The network in ONNX Runtime, on one CPU thread; `Recognizer` spreads long recordings over several.

    Raises
    ------
    ForeignError
        if the file cannot be read, or its inputs and outputs are not those of a `Runtime`
    """

    def __init__(self, file: Path | bytes):
        self._file = file
        self._session = open_session(file)
        self._names = [entry.name for entry in self._session.get_inputs()]
        shapes = shapes_of(self._session)
        *others, (kind, embedding) = shapes
        if others not in _SHAPES or kind != "tensor(float)" or len(embedding) != 1:
            raise ForeignError(f"its inputs and outputs are {shapes}")
        self._ignores_padding = shapes[0][1][-1] is None

    def inputs(self, windows: Sequence[np.ndarray]) -> Inputs:
        """Return what the network reads of some windows, see `Runtime`."""
        return prepare_inputs(windows)

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Return the logits, see `Runtime`."""
        return self.embed(inputs)[0]

    def embed(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits and the embeddings, see `Runtime`."""
        features = _without_padding(inputs) if self._ignores_padding else inputs.features
        feeds = dict(zip(self._names, (features, inputs.lengths), strict=True))
        logits, embedding = self._session.run(None, feeds)
        return logits, embedding

    def with_scales(self, scales: Scales) -> OnnxRuntime:
        """Return a runtime with other scales, see `Runtime`."""
        if not scales:
            return self
        model = self._file if isinstance(self._file, bytes) else self._file.read_bytes()
        return OnnxRuntime(rescaled(model, scales))


class TorchRuntime:
    """The network in PyTorch."""

    def __init__(self, network: Network):
        self.network = network

    def inputs(self, windows: Sequence[np.ndarray]) -> Inputs:
        """Return what the network reads of some windows, see `Runtime`."""
        return prepare_inputs(windows)

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Return the logits, see `Runtime`."""
        return self._run(self.network.answers, inputs)

    def embed(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits and the embeddings, see `Runtime`."""
        import torch

        embedding = self._run(self.network.embed, inputs)
        with torch.inference_mode():
            return self.network.answers_of(torch.from_numpy(embedding)).numpy(), embedding

    def _run(self, function: Callable[..., torch.Tensor], inputs: Inputs) -> np.ndarray:
        import torch

        features = _without_padding(inputs) if self.network.ignores_padding else inputs.features
        with torch.inference_mode():
            return function(torch.from_numpy(features), torch.from_numpy(inputs.lengths)).numpy()

    def with_scales(self, scales: Scales) -> TorchRuntime:
        """Return a runtime with other scales, see `Runtime`."""
        from ser.network.batch_norm import with_scales

        return TorchRuntime(with_scales(self.network, scales)) if scales else self


def _without_padding(inputs: Inputs) -> np.ndarray:
    """Return the features cut to the longest clip, (n, 1, 128, frames): the rest costs time and changes nothing."""
    frames = max(int(inputs.lengths.max()), MIN_FRAMES)
    return np.ascontiguousarray(inputs.features[..., :frames])
