"""Files that are either whole or absent: write beside the target, then rename."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def write_atomically(path: str | os.PathLike, mode: str = "wb", **kwargs) -> Iterator[IO]:
    """Open a temporary file in the folder of `path` and move it onto `path` when the block succeeds.

    A reader, or a run after a crash, sees the old file or the new one and never half of one. On an
    exception the temporary file is removed and `path` is as it was. `kwargs` go to `open`. Raises
    `OSError` as `open` does.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    mode = mode.replace("w", "x")  # never into a file of somebody else's
    try:
        with part.open(mode, **kwargs) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
