"""Open ONNX files with ONNX Runtime, and recognise the one that was made from a checkpoint's weights."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ser.network.checkpoint import Checkpoint

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, NodeArg

ONNX_FILE = "network.onnx"
MAX_FILE_BYTES = 200_000_000  # the networks of this project take 10 MB


def fingerprints(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the ONNX file and of the weights, as the card records them."""
    return {name: _sha256(folder / name) for name in (ONNX_FILE, "weights.pt")}


def fits(checkpoint: Checkpoint, file: Path) -> bool:
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
    """An ONNX file that cannot be read, or does not hold what it should."""


def open_session(file: Path | bytes) -> InferenceSession:
    """Return a session on one CPU thread, which threads may share; `ForeignError` if the file cannot be read.

    In place of a path, `file` may be what it holds.
    """
    # It would report each session to Microsoft, and reads this variable only on import.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises many kinds without a common base
        raise ForeignError(str(error)) from error


def shapes_of(values: Sequence[NodeArg]) -> list[tuple[str, list[int | None]]]:
    """Return types and shapes of a session's inputs or outputs, without the first axis; None stands for any size."""
    return [
        (value.type, [None if isinstance(size, str) else size for size in value.shape[1:]])
        for value in values
    ]
