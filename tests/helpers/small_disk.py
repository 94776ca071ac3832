"""Full and read-only disks: mounted if that is permitted, otherwise simulated as closely as possible."""

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
    """Yield a folder in which nobody can write, not even root."""
    if not _mount(path, "ro,size=1m"):
        yield Path("/proc")  # nobody can create files there
        return
    try:
        yield path
    finally:
        subprocess.run(["umount", str(path)], check=True)


class SmallDisk:
    """A separate disk in `path` if mounting is permitted; otherwise a limit on the size of every file."""

    def __init__(self, path: Path, size: int = 512 * 2**20):
        self.path = path
        self.mounted = _mount(path, f"size={size}")

    @contextmanager
    def with_room(self, n_bytes: int) -> Iterator[None]:
        """Leave `n_bytes` within the block: to all files together, or to each file if nothing is mounted."""
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
        """Let nobody write within the block; if nothing is mounted, root still can."""
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
