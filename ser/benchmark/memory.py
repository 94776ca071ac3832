"""The memory of the app over time: watched during a load test, then judged."""

import contextlib
import statistics
import threading
from pathlib import Path
from typing import TypedDict

SETTLE_S = 60.0  # of the test: what the app loads, caches and keeps for an hour is there by then
EVERY_S = 1.0  # between two looks at the memory
FLAT = 0.05  # of the memory when it has settled


class Memory(TypedDict):
    """The memory of the app: one number a second, and whether it stayed as it was once it had settled."""

    mb: list[float]
    settled: float
    end: float
    flat: bool


class MemoryWatch:
    """The resident memory of a process while the block lasts: `mb`, one number a second."""

    def __init__(self, pid: int, *, every_s: float = EVERY_S):
        self.mb: list[float] = []
        self._pid, self._every_s = pid, every_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while (now := resident_mb(self._pid)) is not None:
            self.mb.append(now)
            if self._done.wait(self._every_s):
                return


def resident_mb(pid: int) -> float | None:
    """Return the resident memory of a process; None where there is no /proc, or no such process."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return None


def judge_memory(mb: list[float], seconds: float) -> Memory | None:
    """Say whether memory stayed as it was when it had settled; None where too little was seen.

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
    """Return the memory of a load test of some seconds in a sentence."""
    if memory is None:
        return "Memory: not known here (it is read from /proc)."
    verdict = "flat" if memory["flat"] else "NOT flat"
    every = max(1, len(memory["mb"]) // 8)
    course = ", ".join(f"{mb:.0f}" for mb in memory["mb"][::every])
    settled = min(SETTLE_S, seconds / 2)
    return (
        f"Memory of the app: {verdict} after {settled:g} s ({memory['settled']:.0f} MB then, {memory['end']:.0f} MB "
        f"at the end; on the way {course})."
    )
