"""Write files whole or not at all, by writing next to the target and then renaming; explain why that failed."""

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

    Readers, and runs after a crash, see the old file or the new one, never half of one. On an exception the temporary
    file is removed and `path` stays as it was.

    Parameters
    ----------
    path : the file to write
    mode, **kwargs : passed to `open`

    Raises
    ------
    OSError : as `open` and `write` do, with `path` as its file name
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    mode = mode.replace("w", "x")  # never open a file that someone else created
    try:
        with temporary.open(mode, **kwargs) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        _remove(temporary)
        hidden = error.__context__ if isinstance(error, RuntimeError) else None
        if isinstance(hidden, KeyboardInterrupt | OSError):
            # PyTorch cannot finish its archive after an error, and raises this instead of the error itself.
            _name_target(hidden, temporary, path)
            raise hidden from None
        _name_target(error, temporary, path)
        raise


@contextmanager
def write_together(folder: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary folder whose files are all moved into `folder` when the block succeeds.

    The temporary folder is inside `folder`, which is created if necessary. On an exception the temporary folder and
    any folder created here are removed. Write the files in the block with `write_atomically`, which makes sure that
    they are on the disk.
    """
    folder = Path(folder)
    new_folders = [one for one in (folder, *folder.parents) if not one.exists()]
    temporary = folder / f".{uuid.uuid4().hex}.tmp"
    try:
        temporary.mkdir(parents=True)
        yield temporary
        for file in sorted(file for file in temporary.rglob("*") if file.is_file()):
            target = folder / file.relative_to(temporary)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
        shutil.rmtree(temporary, ignore_errors=True)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        with contextlib.suppress(OSError):  # a folder that is not empty belongs to someone else
            for new_folder in new_folders:
                new_folder.rmdir()
        if isinstance(error, OSError) and error.filename and Path(error.filename).is_relative_to(temporary):
            error.filename = str(folder / Path(error.filename).relative_to(temporary))
        raise


def _remove(temporary: Path) -> None:
    # The failure before this one says more.
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


def _name_target(error: BaseException, temporary: Path, path: Path) -> None:
    """Make an error of the disk name the file that the caller knows instead of the temporary one."""
    if not isinstance(error, OSError):
        return
    if error.errno is None:  # NumPy says only how much it could not write
        raise OSError(errno.EIO, f"could not be written, {error}", str(path)) from error
    if error.filename in (None, str(temporary)):
        error.filename, error.filename2 = str(path), None


def explain(error: OSError) -> str:
    """Return one sentence that says what went wrong with a file or a folder, and how to fix it.

    >>> explain(PermissionError(errno.EACCES, "Permission denied", "/root/a.csv"))
    '/root/a.csv: permission denied; choose a place that can be read and written, or change its permissions.'
    """
    prefix = f"{error.filename}: " if error.filename else ""
    reason = (error.strerror or str(error)).lower()
    return f"{prefix}{reason}{_CURES.get(error.errno or 0, '')}."


_FULL = "; free some space, or choose a folder on another disk"
_FORBIDDEN = "; choose a place that can be read and written, or change its permissions"
_CURES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
    errno.ENOENT: "; check the name",
    errno.ENOTDIR: "; choose a folder",
    errno.EISDIR: "; choose a file",
    errno.EEXIST: "; choose another name",
    errno.ENAMETOOLONG: "; choose a shorter one",
    errno.EMFILE: "; close other programs, or allow more open files with `ulimit -n`",
    errno.EIO: "; check whether the disk is full or failing",
}
