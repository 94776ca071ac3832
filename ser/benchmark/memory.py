"""The memory of a process: measured; and of the app during a load test, judged and described."""

import contextlib
import statistics
import sys
import threading
from pathlib import Path
from typing import TypedDict

SETTLE_S = 60.0  # of the test: by then the app has loaded what it needs and filled its caches
EVERY_S = 1.0  # between two measurements
FLAT = 0.05  # growth allowed, as a share of the settled memory


class Memory(TypedDict):
    """The memory of the app in MB, and whether it stayed the same once it had settled."""

    mb: list[float]  # one measurement each second
    settled: float  # median of the first fifth of those that are judged
    end: float  # median of the last fifth
    flat: bool


class MemoryWatch:
    """Context manager that measures the resident memory of a process: `mb` holds a number for each second."""

    def __init__(self, pid: int, *, every_s: float = EVERY_S):
        self.mb: list[float] = []
        self._pid, self._every_s = pid, every_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._measure)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _measure(self) -> None:
        while (mb := resident_mb(self._pid)) is not None:
            self.mb.append(mb)
            if self._done.wait(self._every_s):
                return


def resident_mb(pid: int) -> float | None:
    """Return the resident memory of a process in MB; None without /proc, or if there is no such process."""
    return _status_mb(pid, "VmRSS:")


def tree_mb(pid: int) -> float:
    """Return the memory of a process and of those that it started, in MB; 0 without /proc, or if there is no such process.

    What several of them share is counted once, where the system tells.
    """
    folder = Path(f"/proc/{pid}")
    children: list[int] = []
    with contextlib.suppress(OSError):
        for task in (folder / "task").iterdir():
            children += [int(child) for child in (task / "children").read_text().split()]
    return (_shared_out_mb(folder) or resident_mb(pid) or 0.0) + sum(map(tree_mb, children))


def _shared_out_mb(folder: Path) -> float | None:
    with contextlib.suppress(OSError):
        for line in (folder / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return None


def _status_mb(pid: int | str, key: str) -> float | None:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) / 1024
    return None


def peak_bytes() -> int:
    """Return the peak memory of this process so far.

    On Linux, `getrusage` would return at least what the parent had when it started this process.
    """
    mb = _status_mb("self", "VmHWM:")
    if mb is not None:
        return round(mb * 1024**2)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def judge_memory(mb: list[float], seconds: float) -> Memory | None:
    """Judge whether memory stayed the same once it had settled; return None if there are too few measurements.

    >>> judge_memory([50, 90, 100, 101, 100, 101, 100, 101], 8)["flat"]
    True
    >>> judge_memory([50, 90, 100, 110, 120, 130, 140, 150], 8)["flat"]
    False
    """
    judged = mb[round(len(mb) * min(SETTLE_S, seconds / 2) / seconds) :]
    if len(judged) < 2:
        return None
    fifth = max(1, len(judged) // 5)
    settled, end = statistics.median(judged[:fifth]), statistics.median(judged[-fifth:])
    return {"mb": mb, "settled": settled, "end": end, "flat": end <= settled * (1 + FLAT)}


def format_memory(memory: Memory | None, seconds: float) -> str:
    """Return a sentence about the memory during a load test of this many seconds."""
    if memory is None:
        return "Memory: unknown, because this system has no /proc."
    verdict = "flat" if memory["flat"] else "NOT flat"
    every = max(1, len(memory["mb"]) // 8)
    course = ", ".join(f"{mb:.0f}" for mb in memory["mb"][::every])
    settled = min(SETTLE_S, seconds / 2)
    return (
        f"Memory of the app: {verdict} after {settled:g} s ({memory['settled']:.0f} MB then, {memory['end']:.0f} MB "
        f"at the end; over time: {course})."
    )
