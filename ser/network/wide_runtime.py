"""Run the wide network: the encoder and our head on its steps, and the small network beside them where they are fused."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from ser.audio.features import TOP_DB
from ser.labels import LABELS
from ser.network.checkpoint import (
    CHECKPOINTS,
    Checkpoint,
    CheckpointError,
    checkpoint_id,
    top_db_of,
)
from ser.network.encoder import Encoder
from ser.network.encoder_files import EncoderError, EncoderSource, find_encoder
from ser.network.inputs import Inputs, prepare_inputs
from ser.network.scales import ForeignScalesError, Scales
from ser.network.session import ONNX_FILE, ForeignError, fits, open_session, shapes_of

if TYPE_CHECKING:
    from ser.network.interface import Runtime
    from ser.network.wide_head import WideHead

# Steps (n, steps, inputs) and lengths (n,) -> logits (n, 6), or (n, 12) with a second head, and embeddings (n, size).
Head = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


class OnnxHead:
    """The head in ONNX Runtime, on one CPU thread.

    Raises
    ------
    ForeignError
        if the file cannot be read, or its inputs and outputs are not those of a head for so many inputs
    """

    def __init__(self, file: Path, *, inputs: int):
        self._session = open_session(file)
        self._names = [entry.name for entry in self._session.get_inputs()]
        shapes = shapes_of([*self._session.get_inputs(), *self._session.get_outputs()])
        expected = [
            [("tensor(float)", [None, inputs]), ("tensor(int64)", []), ("tensor(float)", [logits])]
            for logits in (len(LABELS), 2 * len(LABELS))
        ]
        *others, (kind, embedding) = shapes
        if others not in expected or kind != "tensor(float)" or len(embedding) != 1:
            raise ForeignError(f"its inputs and outputs are {shapes}")

    def __call__(self, steps: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits and the embeddings, see `Head`."""
        logits, embedding = self._session.run(None, dict(zip(self._names, (steps, lengths), strict=True)))
        return logits, embedding


class TorchHead:
    """The head in PyTorch."""

    def __init__(self, network: WideHead):
        self.network = network

    def __call__(self, steps: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits and the embeddings, see `Head`."""
        import torch

        with torch.inference_mode():
            embedding = self.network.embed(torch.from_numpy(steps), torch.from_numpy(lengths))
            return self.network.answers_of(embedding).numpy(), embedding.numpy()


class WideRuntime:
    """The wide network. Threads may share it.

    Parameters
    ----------
    encoder, head : its two parts
    beside : runtime of the small network that it is fused with, or None
    top_db : the floor of the log-mels, in dB below the maximum, that the small network was trained with
    weights : of its own logits and of those of the small network, for the acted emotion and for the votes; (2, 2)
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        head: Head,
        beside: Runtime | None = None,
        top_db: float = TOP_DB,
        weights: Sequence[Sequence[float]] = ((1, 0), (1, 0)),
    ):
        self.encoder, self.head, self._beside, self._top_db = encoder, head, beside, top_db
        own, other = np.repeat(np.transpose(weights), len(LABELS), axis=1).astype(np.float32)  # (12,) each
        self._own, self._other = own, other

    def inputs(self, windows: Sequence[np.ndarray]) -> Inputs:
        """Return what the network reads of some windows, see `ser.network.runtime.Runtime`."""
        return prepare_inputs(windows, top_db=self._top_db, for_encoder=True)

    def steps(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Return the outputs of all layers, (n, steps, layers * width), zero-padded at the end, and the lengths (n,)."""
        outputs = [self.encoder(log_mel) for log_mel in inputs.encoder]  # (layers, steps, width) each
        lengths = np.array([output.shape[1] for output in outputs], np.int64)
        layers, width = self.encoder.layers, self.encoder.width
        steps = np.zeros((len(outputs), lengths.max(), layers, width), np.float32)
        for window, output in zip(steps, outputs, strict=True):
            window[: output.shape[1]] = output.swapaxes(0, 1)
        return steps.reshape(len(outputs), -1, layers * width), lengths

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Return the logits, see `ser.network.runtime.Runtime`."""
        return self.embed(inputs)[0]

    def embed(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits and the embeddings, see `ser.network.runtime.Runtime`; those of both networks if fused."""
        logits, embedding = self.head(*self.steps(inputs))
        if self._beside is None:
            return logits, embedding
        other, beside = self._beside.embed(inputs)
        n = min(logits.shape[1], other.shape[1])
        fused = self._own[:n] * _centred(logits[:, :n]) + self._other[:n] * _centred(other[:, :n])
        return fused, np.concatenate([embedding, beside], axis=1)

    def with_scales(self, scales: Scales) -> WideRuntime:
        """Return this runtime: its batch norm keeps its statistics; `ForeignScalesError` for those of another network."""
        if scales:
            raise ForeignScalesError(f"the wide network has no convolution {min(scales)} to scale")
        return self


def _centred(logits: np.ndarray) -> np.ndarray:
    """Return logits (n, 6) or (n, 12) with mean 0 over the emotions, which changes no score."""
    by_head = logits.reshape(len(logits), -1, len(LABELS))
    return (by_head - by_head.mean(axis=2, keepdims=True)).reshape(logits.shape)


def open_wide(checkpoint: Checkpoint, *, beside: Runtime | None) -> WideRuntime:
    """Return the runtime of a wide checkpoint.

    Parameters
    ----------
    beside : the runtime of the checkpoint that `fused_with` names, or None

    Raises
    ------
    EncoderError
        if the encoder is not installed, damaged, or not one for this head
    CheckpointError
        if the head cannot be read
    """
    source = EncoderSource.of(checkpoint)
    try:
        encoder = Encoder(find_encoder(source))
    except (ForeignError, ImportError) as error:
        raise EncoderError(
            f"The encoder in {source.folder} cannot be opened here ({error}): use the small network."
        ) from error
    inputs = encoder.layers * encoder.width
    if checkpoint.card["arguments"].get("inputs") != inputs:
        raise EncoderError(
            f"The encoder in {source.folder} gives {inputs} numbers a step, but the network in {checkpoint.folder} reads "
            f"{checkpoint.card['arguments'].get('inputs')}: restore the checkpoint folder from its source."
        )
    weights = [checkpoint.card["fusion"][key] for key in ("acted", "heard")] if beside else ((1, 0), (1, 0))
    head, top_db = _open_head(checkpoint, inputs), top_db_of(checkpoint)
    return WideRuntime(encoder, head=head, beside=beside, top_db=top_db, weights=weights)


def _open_head(checkpoint: Checkpoint, inputs: int) -> Head:
    file = checkpoint.folder / ONNX_FILE
    if checkpoint.network is None and fits(checkpoint, file):
        with contextlib.suppress(ImportError, ForeignError):
            return OnnxHead(file, inputs=inputs)
    from ser.network.loading import read_network  # imports PyTorch

    return TorchHead(cast("WideHead", checkpoint.network or read_network(checkpoint)))


def fused_with(checkpoint: Checkpoint) -> Path | None:
    """Return the folder of the small network that a wide one is fused with; None if it stands alone.

    It is beside the checkpoint's own folder, or one of the released ones.

    Raises
    ------
    CheckpointError
        if there is none with the weights that the card names
    """
    fusion = checkpoint.card.get("fusion")
    if fusion is None:
        return None
    name, _, _ = fusion["checkpoint"].rpartition("-")
    for folder in (checkpoint.folder.parent / name, CHECKPOINTS / name):
        with contextlib.suppress(OSError):
            if checkpoint_id(folder) == fusion["checkpoint"]:
                return folder
    raise CheckpointError(
        f"The network in {checkpoint.folder} works together with {fusion['checkpoint']}, which is not there: copy its "
        f"folder to {checkpoint.folder.parent / name}."
    )
