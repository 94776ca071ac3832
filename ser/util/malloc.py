"""Let the C library keep memory that was freed for what comes next."""

import ctypes
import functools
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -3, -4  # from glibc's malloc.h; see `man mallopt`
CLIP_BYTES = 1 << 20  # no array of a clip of a few seconds is larger
MAX_KEPT_BYTES = 8 << 20  # at the end of each thread's memory


@functools.cache
def keep_freed_memory() -> bool:
    """Let glibc's malloc keep freed blocks of any size for the next step; return whether it does.

    By default, malloc returns every large block to the system, which has to clear a new one a moment later. That takes
    a third of the time of a training step of the published network on the CPU. Other C libraries are left as they are.
    """
    mallopt = _mallopt()
    return mallopt is not None and bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, -1))


@functools.cache
def keep_memory_of_clips() -> bool:
    """Let glibc's malloc keep freed blocks of the size of a clip's arrays; return whether it does.

    It costs a few megabytes, and saves a quarter of the time in which a clip is judged and its voice found.
    """
    if keep_freed_memory.cache_info().currsize:
        return keep_freed_memory()  # which keeps more
    mallopt = _mallopt()
    return mallopt is not None and bool(
        mallopt(M_MMAP_THRESHOLD, CLIP_BYTES) and mallopt(M_TRIM_THRESHOLD, MAX_KEPT_BYTES)
    )


def _mallopt() -> "ctypes._NamedFuncPointer | None":
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
