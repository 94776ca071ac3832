"""What `torch.save` wrote, read with suspicion: no code in it runs, and it gets no more memory than it has bytes."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import IO, TypeVar

import torch
from torch import nn

MAX_FILE_BYTES = 1_000_000_000  # bytes; the networks of this project have 10 MB, what a run goes on from 40
MAX_WEIGHT = 1e6  # beyond that, or as NaN, a network answers with what is no number

AnyModule = TypeVar("AnyModule", bound=nn.Module)


class DamagedError(Exception):
    """What a file holds cannot be used; the text says why, as what follows the file's name."""


def read_saved(file: str | os.PathLike) -> object:
    """Return what `torch.save` wrote, on the CPU: tensors and plain values only.

    Raises
    ------
    OSError
        where the file cannot be opened
    DamagedError
        where it is not as it was written, or holds anything else
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
        except Exception as error:  # a damaged pickle, or zip, may raise anything
            raise DamagedError("is damaged") from error


def _check_archive(content: IO[bytes]) -> None:
    """Check the sums that PyTorch does not look at; one wrong bit in a weight is a wrong weight."""
    size = content.seek(0, os.SEEK_END)
    if size > MAX_FILE_BYTES:
        raise DamagedError(f"is larger than {MAX_FILE_BYTES / 1e9:g} GB")
    with zipfile.ZipFile(content) as archive:
        members = archive.infolist()
        packed = any(member.compress_type != zipfile.ZIP_STORED for member in members)
        if packed or sum(member.file_size for member in members) > size:
            raise DamagedError("is damaged")  # it would unpack to more than it is
        if archive.testzip() is not None:
            raise DamagedError("is damaged")


def fill(network: AnyModule, weights: object) -> AnyModule:
    """Give a network, which may be on the meta device, the weights of a state dict; return it.

    Raises
    ------
    DamagedError
        where they belong to another network, or are no numbers
    """
    expected = network.state_dict()
    if not isinstance(weights, dict) or weights.keys() != expected.keys():
        raise DamagedError("belongs to another network")
    for name, value in weights.items():
        if not _is_like(value, expected[name]):
            raise DamagedError("belongs to another network")
        if value.is_floating_point() and not (value.abs() < MAX_WEIGHT).all():
            raise DamagedError(f"holds what is no number in {name}")
        if name.endswith("running_var") and not (value >= 0).all():
            raise DamagedError(f"holds what is no variance in {name}")
    network.load_state_dict(weights, assign=True)
    return network


def _is_like(value: object, expected: torch.Tensor) -> bool:
    return (
        isinstance(value, torch.Tensor)
        and value.device.type == "cpu"  # there are tensors of the meta device, which hold nothing
        and value.layout == torch.strided
        and value.is_contiguous()  # a view of few numbers may claim to be many
        and (value.shape, value.dtype) == (expected.shape, expected.dtype)
    )
