"""Files that are either whole or absent: write beside the target, then rename; and why that may fail."""

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def write_atomically(path: str | os.PathLike, mode: str = "wb", **kwargs: Any) -> Iterator[IO]:
    """Open a temporary file in the folder of `path` and move it onto `path` when the block succeeds.

    A reader, or a run after a crash, sees the old file or the new one and never half of one. On an
    exception the temporary file is removed and `path` is as it was. `kwargs` go to `open`. Raises
    `OSError` as `open` and `write` do; its file name is that of `path`.
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
    except BaseException as error:
        _remove(part)
        hidden = error.__context__ if isinstance(error, RuntimeError) else None
        if isinstance(hidden, KeyboardInterrupt | OSError):
            # PyTorch, whose archive cannot be ended any more, covers up what ended it.
            _rename_in(hidden, part, path)
            raise hidden from None
        _rename_in(error, part, path)
        raise


@contextmanager
def write_together(folder: str | os.PathLike) -> Iterator[Path]:
    """Give a temporary folder whose files are moved into `folder` when the block succeeds: all, or none.

    It lies within `folder`, which is made where it is not there. On an exception nothing is left of both.
    The files in it are written with `write_atomically`, which brings them onto the disk.
    """
    folder = Path(folder)
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    part = folder / f".{uuid.uuid4().hex}.tmp"
    try:
        part.mkdir(parents=True)
        yield part
        for file in sorted(file for file in part.rglob("*") if file.is_file()):
            target = folder / file.relative_to(part)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
        shutil.rmtree(part, ignore_errors=True)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        with contextlib.suppress(OSError):  # a folder that is not empty is somebody's
            for one in made:
                one.rmdir()
        if isinstance(error, OSError) and error.filename and Path(error.filename).is_relative_to(part):
            error.filename = str(folder / Path(error.filename).relative_to(part))
        raise


def _remove(part: Path) -> None:
    # Whatever this says, the failure before it says more.
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)


def _rename_in(error: BaseException, part: Path, path: Path) -> None:
    """Let an error of the disk name the file that people know of."""
    if not isinstance(error, OSError):
        return
    if error.errno is None:  # NumPy's, who counts only how much it could not write
        raise OSError(errno.EIO, f"could not be written, {error}", str(path)) from error
    if error.filename in (None, str(part)):
        error.filename, error.filename2 = str(path), None


def explain(error: OSError) -> str:
    """Return what went wrong with a file or a folder, and the cure, in one sentence.

    >>> explain(PermissionError(errno.EACCES, "Permission denied", "/root/a.csv"))
    '/root/a.csv: permission denied; name a place that may be read and written, or change its permissions.'
    """
    where = f"{error.filename}: " if error.filename else ""
    reason = (error.strerror or str(error)).lower()
    return f"{where}{reason}{_CURES.get(error.errno or 0, '')}."


_FULL = "; make room, or name a folder on another disk"
_FORBIDDEN = "; name a place that may be read and written, or change its permissions"
_CURES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
    errno.ENOENT: "; check the name",
    errno.ENOTDIR: "; name a folder",
    errno.EISDIR: "; name a file",
    errno.EEXIST: "; name another",
    errno.ENAMETOOLONG: "; name a shorter one",
    errno.EMFILE: "; end other programs, or allow more with `ulimit -n`",
    errno.EIO: "; see whether the disk is full, or failing",
}
