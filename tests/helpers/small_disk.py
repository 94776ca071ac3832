"""Disks that are full, or that cannot be written to: mounted where that is allowed, else as near as can be had."""

import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _mount(path: Path, options: str) -> bool:
    path.mkdir(parents=True, exist_ok=True)
    try:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@contextmanager
def read_only_folder(path: Path) -> Iterator[Path]:
    """Give a folder in which nobody can write, not even root."""
    if not _mount(path, "ro,size=1m"):
        yield Path("/proc")  # which holds no files of anybody's, and takes none
        return
    try:
        yield path
    finally:
        subprocess.run(["umount", str(path)], check=True)


class SmallDisk:
    """A disk of its own in `path`, where mounting is allowed; else a limit on the size of every file."""

    def __init__(self, path: Path, size: int = 512 * 2**20):
        self.path = path
        self.mounted = _mount(path, f"size={size}")

    @contextmanager
    def with_room(self, n_bytes: int) -> Iterator[None]:
        """Leave so many bytes in the block: to all files together, or to each where nothing was mounted."""
        if self.mounted:
            _remount(self.path, _used(self.path) + n_bytes)
        else:
            before = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
        try:
            yield
        finally:
            if self.mounted:
                _remount(self.path, 512 * 2**20)
            else:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Let nobody write in the block; where nothing was mounted, root still may."""
        self._protect(True)
        try:
            yield
        finally:
            self._protect(False)

    def _protect(self, yes: bool) -> None:
        if self.mounted:
            subprocess.run(["mount", "-o", f"remount,{'ro' if yes else 'rw'}", str(self.path)], check=True)
        else:
            self.path.chmod(0o555 if yes else 0o755)

    def close(self) -> None:
        if self.mounted:
            subprocess.run(["umount", str(self.path)], check=True)


def _used(path: Path) -> int:
    return shutil.disk_usage(path).used


def _remount(path: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={max(size, 4096)}", str(path)], check=True)
