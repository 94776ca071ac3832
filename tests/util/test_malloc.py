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


# The same for a hundred arrays of 900 kB, which are as large as those of a clip.
CLIP_FAULTS = """
import resource, sys
import numpy as np
from ser.util.malloc import keep_memory_of_clips
kept = keep_memory_of_clips() if sys.argv[1] == "keep" else None
def work():
    for _ in range(100):
        parts = [np.ones(225_000, np.float32) for _ in range(4)]
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str, code: str = FAULTS) -> tuple[str, int]:
    # Settings of malloc in the environment would affect both runs.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MALLOC_")}
    process = subprocess.run(
        [sys.executable, "-c", code, how],
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


def test_freed_memory_of_clips_is_used_again():
    kept, count = faults("keep", CLIP_FAULTS)
    if kept != "True":
        pytest.skip("the C library of this system is not glibc")
    assert count < faults("as it comes", CLIP_FAULTS)[1] / 10


def test_what_training_keeps_is_not_taken_back_for_clips():
    code = "from ser.util.malloc import *; print(keep_freed_memory(), keep_memory_of_clips())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = done.stdout.split()
    assert first == second
