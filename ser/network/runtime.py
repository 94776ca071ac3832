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

from ser.audio.features import MIN_FRAMES, N_FRAMES, N_MELS, TOP_DB
from ser.labels import LABELS
from ser.network.checkpoint import Checkpoint, CheckpointError, open_checkpoint, top_db_of
from ser.network.halves import STEPS, Halves, split_model
from ser.network.inputs import Inputs, prepare_inputs
from ser.network.interface import Runtime
from ser.network.scales import Scales, rescaled
from ser.network.session import ONNX_FILE, ForeignError, fits, open_session, shapes_of
from ser.network.wide_runtime import fused_with, open_wide

if TYPE_CHECKING:
    import torch
    from onnxruntime import InferenceSession

    from ser.network.model import Network

# Types and shapes of features, lengths, logits and embedding, without the first axis, the number of windows.
_SHAPES = [
    [("tensor(float)", [1, N_MELS, frames]), ("tensor(int64)", []), ("tensor(float)", [logits])]
    for frames in (N_FRAMES, None)  # None: any number
    for logits in (len(LABELS), 2 * len(LABELS))
]


WINDOWS_IN_CACHE = 4  # through the convolutions at a time: their intermediate results stay in the cache


def open_runtime(checkpoint: Checkpoint) -> Runtime:
    """Return the fastest available runtime of a checkpoint.

    An ONNX file that is damaged or belongs to another network is ignored.

    Raises
    ------
    CheckpointError
        if the network cannot be read, or the encoder that it needs is not installed
    """
    top_db = top_db_of(checkpoint)
    if checkpoint.card["network"] == "wide":
        return open_wide(checkpoint, beside=_open_beside(checkpoint))
    if checkpoint.network is not None:
        return TorchRuntime(cast("Network", checkpoint.network), top_db=top_db)
    file = checkpoint.folder / ONNX_FILE
    if fits(checkpoint, file):
        with contextlib.suppress(ImportError, ForeignError):  # the package does not exist for every machine
            return OnnxRuntime(file, top_db=top_db)
    from ser.network.loading import read_network  # imports PyTorch

    return TorchRuntime(cast("Network", read_network(checkpoint)), top_db=top_db)


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

    Parameters
    ----------
    file : the ONNX file, or what it holds
    top_db : the floor of its log-mels, in dB below the maximum

    Raises
    ------
    ForeignError
        if the file cannot be read, or its inputs and outputs are not those of a `Runtime`
    """

    def __init__(self, file: Path | bytes, *, top_db: float = TOP_DB):
        self._top_db = top_db
        self._model = file if isinstance(file, bytes) else _bytes_of(file)
        halves = _halves_of(self._model)
        self._whole: InferenceSession | None = None
        self._front = self._back = None
        if halves is None:
            session = self._whole_session()
            inputs, outputs = shapes_of(session.get_inputs()), shapes_of(session.get_outputs())
        else:
            self._front, self._back = open_session(halves.front), open_session(halves.back)
            inputs, outputs = shapes_of(self._front.get_inputs()), shapes_of(self._back.get_outputs())
        *others, (kind, embedding) = [*inputs, *outputs]
        if others not in _SHAPES or kind != "tensor(float)" or len(embedding) != 1:
            raise ForeignError(f"its inputs and outputs are {[*inputs, *outputs]}")
        self._ignores_padding = inputs[0][1][-1] is None

    def inputs(self, windows: Sequence[np.ndarray]) -> Inputs:
        """Return what the network reads of some windows, see `Runtime`."""
        return prepare_inputs(windows, top_db=self._top_db)

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Return the logits, see `Runtime`."""
        return self.embed(inputs)[0]

    def embed(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits and the embeddings, see `Runtime`."""
        # Shorter windows need masks: their padding up to `MIN_FRAMES` is read.
        if self._front is not None and self._back is not None and inputs.lengths.min() >= MIN_FRAMES:
            frames = np.zeros((1, 1, 1, int(inputs.lengths.max())), np.float32)
            feeds = {STEPS: self._steps(inputs, self._front), "lengths": inputs.lengths, "features": frames}
            logits, embedding = self._back.run(None, feeds)
            return logits, embedding
        features = _without_padding(inputs) if self._ignores_padding else inputs.features
        session = self._whole_session()
        names = [entry.name for entry in session.get_inputs()]
        logits, embedding = session.run(None, dict(zip(names, (features, inputs.lengths), strict=True)))
        return logits, embedding

    def _steps(self, inputs: Inputs, front: InferenceSession) -> np.ndarray:
        """Return the outputs of the convolutions (n, steps, width), zero-padded at the end."""
        parts: list[tuple[np.ndarray, np.ndarray]] = []  # windows, and their steps
        for length in np.unique(inputs.lengths).tolist():
            alike = np.flatnonzero(inputs.lengths == length)
            for rows in np.split(alike, range(WINDOWS_IN_CACHE, len(alike), WINDOWS_IN_CACHE)):
                features = np.ascontiguousarray(inputs.features[rows, :, :, :length])
                (steps,) = front.run(None, {"features": features, "lengths": inputs.lengths[rows]})
                parts.append((rows, steps))
        if len(parts) == 1:
            return parts[0][1]
        longest = parts[-1][1]  # lengths are in order
        padded = np.zeros((len(inputs), *longest.shape[1:]), np.float32)
        for rows, steps in parts:
            padded[rows, : steps.shape[1]] = steps
        return padded

    def _whole_session(self) -> InferenceSession:
        if self._whole is None:
            self._whole = open_session(self._model)
        return self._whole

    def with_scales(self, scales: Scales) -> OnnxRuntime:
        """Return a runtime with other scales, see `Runtime`."""
        return OnnxRuntime(rescaled(self._model, scales), top_db=self._top_db) if scales else self


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ForeignError(str(error)) from error


def _halves_of(model: bytes) -> Halves | None:
    try:
        return split_model(model)
    except (IndexError, UnicodeDecodeError, StopIteration) as error:
        raise ForeignError("it is not an ONNX file") from error


class TorchRuntime:
    """The network in PyTorch; `top_db` is the floor of its log-mels, in dB below the maximum."""

    def __init__(self, network: Network, *, top_db: float = TOP_DB):
        self.network, self._top_db = network, top_db

    def inputs(self, windows: Sequence[np.ndarray]) -> Inputs:
        """Return what the network reads of some windows, see `Runtime`."""
        return prepare_inputs(windows, top_db=self._top_db)

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

        return TorchRuntime(with_scales(self.network, scales), top_db=self._top_db) if scales else self


def _without_padding(inputs: Inputs) -> np.ndarray:
    """Return the features cut to the longest clip, (n, 1, 128, frames): the rest costs time and changes nothing."""
    frames = max(int(inputs.lengths.max()), MIN_FRAMES)
    return np.ascontiguousarray(inputs.features[..., :frames])
