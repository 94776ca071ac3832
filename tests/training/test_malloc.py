import os
import subprocess
import sys
from pathlib import Path

import pytest

# Prints how many pages the system had to clear for twenty tensors of 40 MB, one after another.
FAULTS = """
import resource, sys, torch
from ser.util.malloc import keep_freed_memory
kept = keep_freed_memory() if sys.argv[1] == "keep" else None
for _ in range(20):  # until the heap is as large as it gets
    torch.ones(10_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.ones(10_000_000)
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> tuple[str, int]:
    # Settings of malloc in the environment would affect both runs.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MALLOC_")}
    process = subprocess.run(
        [sys.executable, "-c", FAULTS, how],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    kept, count = process.stdout.split()
    return kept, int(count)


def test_freed_memory_is_used_again():
    kept, count = faults("keep")
    if kept != "True":
        pytest.skip("the C library of this system is not glibc")
    assert count < faults("as it comes")[1] / 10
