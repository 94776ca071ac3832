"""Memory that a training step frees stays with the process: the next step needs as much again."""

import ctypes
import functools
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # from glibc's malloc.h; see `man mallopt`


@functools.cache
def keep_freed_memory() -> bool:
    """Let glibc's malloc keep freed blocks, however large; return whether it does.

    As it comes, it hands every large block back and has the system clear a new one a moment later: of a
    training step of the published network on the CPU a third of the time. Elsewhere nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    return mallopt is not None and bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, -1))
