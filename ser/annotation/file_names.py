"""Names of the files that labels are exported to: safe on every system, and no two alike."""

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from ser.annotation.label import Clip

_MOST_BYTES = 80  # of a part of a name; file systems take 255 in all


def file_name(clip: Clip, ending: str, taken: Collection[str], further: str = "") -> str:
    """Return a name for a file about a clip that is not `taken`: the clip's name, some of its hash, `further`."""
    parts = [_slug(PurePosixPath(clip.name).stem), clip.hash[:12], *([_slug(further)] if further else [])]
    name, number = f"{'_'.join(parts)}{ending}", 2
    while name.casefold() in {other.casefold() for other in taken}:
        name, number = f"{'_'.join(parts)}-{number}{ending}", number + 1
    return name


def _slug(text: str) -> str:
    """Return text with nothing that a file system minds.

    >>> _slug("../a b/c?"), _slug("עברית")
    ('a_b_c', 'עברית')
    """
    words = re.sub(r"[^\w-]+", "_", text).strip("_-")
    return words.encode()[:_MOST_BYTES].decode("utf-8", "ignore") or "clip"
