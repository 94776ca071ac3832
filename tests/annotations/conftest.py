"""Files of labels, empty and with two clips."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from annotation_store import CLIP, MEMORY, OTHER

from ser.annotations import Annotations


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
        store.see(CLIP)
        store.see(OTHER)
        yield store
