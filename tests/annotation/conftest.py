"""Label files, empty and with two clips."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser.annotation.store import Annotations
from tests.helpers.annotation_store import CLIP, MEMORY, OTHER


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder) / "labels.sqlite"


@pytest.fixture
def disk(tmp_path) -> Path:
    return tmp_path / "labels.sqlite"


@pytest.fixture
def store(path) -> Iterator[Annotations]:
    with Annotations(path) as store:
        store.put_clip(CLIP)
        store.put_clip(OTHER)
        yield store
