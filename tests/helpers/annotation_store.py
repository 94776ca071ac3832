"""One or two clips, and labels of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ser.annotation.store import Annotations, Clip, Label, new_id
from ser.labels import LABELS

SCORES = dict(zip(LABELS, (0.1, 0.2, 0.3, 0.15, 0.05, 0.2), strict=True))
CLIP = Clip("a" * 64, "one.wav", 2.5, "folder", "SAD")
OTHER = Clip("b" * 64, "two.wav")
# Every label is synced to disk, which adds up on a slow disk.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


def label(annotator="Ann", emotion="ANG", clip=CLIP, **further) -> Label:
    return Label(new_id(), clip.hash, annotator, emotion, **further)


@contextmanager
def emptied_after(file: Path) -> Iterator[Annotations]:
    """The labels in a file that an app keeps them in; all are deleted when the block ends."""
    with Annotations(file) as labels:
        yield labels
        for given in labels.labels(final=None):
            labels.delete(given)
