"""A factor and a shift for each channel of a network's convolutions: batch norm with other statistics, by its effect.

A network normalises the output of each convolution by the mean and deviation that it had in training. Other recordings
have others. What that changes is linear in each channel, so it can be multiplied into the weights of the convolution,
and scoring takes no longer. ONNX Runtime folds and rearranges weights when it opens a file, and ignores those that are
passed later without a word; so they are changed in the bytes of the file before it is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ser.util.protobuf import fields, varints

MAX_SCALE = 1e3  # of factors and shifts; those of real recordings stay below 10


class Scale(NamedTuple):
    """What a convolution's normalised output is multiplied by, and what is added then, (channels,) each."""

    factor: np.ndarray
    shift: np.ndarray


Scales = Mapping[str, Scale]  # by the name of the convolution with its batch norm, as "blocks.0.first"


class ForeignScalesError(Exception):
    """Scales that belong to another network."""


def rescaled(model: bytes, scales: Scales) -> bytes:
    """Return an ONNX file of `ser.network.onnx_export` with other scales of its convolutions.

    Raises
    ------
    ForeignScalesError
        if the file lacks one of the convolutions, or has it with another number of channels
    """
    changed, tensors = bytearray(model), {tensor.name: tensor for tensor in _initializers(model)}
    for name, (factor, shift) in scales.items():
        kernel = tensors.get(f"network.{name}.conv.weight")
        bias = tensors.get(f"network.{name}.conv.weight_bias")  # of the batch norm, which the exporter folds
        if kernel is None or bias is None or kernel.sizes[0] != len(factor) or bias.sizes != [len(shift)]:
            raise ForeignScalesError(f"the network has no convolution {name} of {len(factor)} channels")
        for tensor, values in (
            (kernel, kernel.read(model) * factor.reshape(-1, 1, 1, 1)),
            (bias, bias.read(model) * factor + shift),
        ):
            changed[tensor.start : tensor.stop] = values.astype("<f4").tobytes()
    return bytes(changed)


# ---- the few fields of an ONNX file that are needed; see onnx.proto


class _Tensor(NamedTuple):
    name: str
    sizes: list[int]
    start: int  # of its float32 values in the file
    stop: int

    def read(self, model: bytes) -> np.ndarray:
        return np.frombuffer(model[self.start : self.stop], "<f4").reshape(self.sizes)


_GRAPH, _INITIALIZER = 7, 5  # numbers of the fields
_DIMS, _DATA_TYPE, _NAME, _RAW_DATA, _FLOAT = 1, 2, 8, 9, 1


def _initializers(model: bytes) -> Iterator[_Tensor]:
    for field, start, stop, _ in fields(model):
        if field != _GRAPH:
            continue
        for inner, first, last, _ in fields(model, at=start, stop=stop):
            if inner == _INITIALIZER:
                yield from _float_tensor(model, first, last)


def _float_tensor(model: bytes, start: int, stop: int) -> Iterator[_Tensor]:
    name, sizes, kind, data = "", [], 0, (0, 0)
    for field, first, last, value in fields(model, at=start, stop=stop):
        if field == _DIMS and first == last:
            sizes.append(value)
        elif field == _DIMS:
            sizes += list(varints(model, at=first, stop=last))
        elif field == _DATA_TYPE:
            kind = value
        elif field == _NAME:
            name = model[first:last].decode()
        elif field == _RAW_DATA:
            data = first, last
    if kind == _FLOAT and data[1] - data[0] == 4 * int(np.prod(sizes)):
        yield _Tensor(name, sizes, *data)
