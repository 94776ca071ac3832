"""Read files of `torch.save` with suspicion: no code in them runs, and they get no more memory than they have bytes."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import IO, TypeVar

import torch
from torch import nn

MAX_FILE_BYTES = 1_000_000_000  # the networks of this project take 10 MB, the state of a training run 40
MAX_WEIGHT = 1e6  # with larger weights, or NaN, the logits are not finite numbers

AnyModule = TypeVar("AnyModule", bound=nn.Module)


class DamagedError(Exception):
    """A file whose contents cannot be used; the text says why, and continues a sentence that begins with the file's name."""


def read_saved(file: str | os.PathLike) -> object:
    """Return the contents of a `torch.save` file, on the CPU: tensors and plain values only.

    Raises
    ------
    OSError
        if the file cannot be opened
    DamagedError
        if the file was changed since it was written, or holds anything else
    """
    file = Path(file)
    if file.exists() and not file.is_file():
        raise DamagedError("is not a file")
    with file.open("rb") as content:
        try:
            _check_archive(content)
            content.seek(0)
            return torch.load(content, map_location="cpu", weights_only=True)
        except DamagedError:
            raise
        except Exception as error:  # a damaged pickle or zip may raise anything
            raise DamagedError("is damaged") from error


def _check_archive(content: IO[bytes]) -> None:
    """Verify the checksums, which PyTorch ignores: one wrong bit makes a wrong weight."""
    size = content.seek(0, os.SEEK_END)
    if size > MAX_FILE_BYTES:
        raise DamagedError(f"is larger than {MAX_FILE_BYTES / 1e9:g} GB")
    with zipfile.ZipFile(content) as archive:
        members = archive.infolist()
        compressed = any(member.compress_type != zipfile.ZIP_STORED for member in members)
        if compressed or sum(member.file_size for member in members) > size:
            raise DamagedError("is damaged")  # it would unpack to more bytes than it has
        if archive.testzip() is not None:
            raise DamagedError("is damaged")


def fill(network: AnyModule, weights: object) -> AnyModule:
    """Give a network, which may be on the meta device, the weights of a state dict, and return it.

    Raises
    ------
    DamagedError
        if the weights belong to another network, or hold NaN or values out of range
    """
    expected = network.state_dict()
    if not isinstance(weights, dict) or weights.keys() != expected.keys():
        raise DamagedError("belongs to another network")
    for name, value in weights.items():
        if not _is_like(value, expected[name]):
            raise DamagedError("belongs to another network")
        if value.is_floating_point() and not (value.abs() < MAX_WEIGHT).all():
            raise DamagedError(f"holds a value out of range in {name}")
        if name.endswith("running_var") and not (value >= 0).all():
            raise DamagedError(f"holds a negative variance in {name}")
    network.load_state_dict(weights, assign=True)
    return network


def _is_like(value: object, expected: torch.Tensor) -> bool:
    return (
        isinstance(value, torch.Tensor)
        and value.device.type == "cpu"  # tensors of the meta device hold nothing
        and value.layout == torch.strided
        and value.is_contiguous()  # a view of few numbers may claim a large shape
        and (value.shape, value.dtype) == (expected.shape, expected.dtype)
    )
