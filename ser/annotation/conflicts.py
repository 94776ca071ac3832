"""Labels of files that differ from those that are stored, with both versions, for somebody to choose."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ser.annotation.label import Label, Row


@dataclass(frozen=True)
class Conflict:
    """A label of a file, and the stored one that it would replace."""

    row: Row
    stored: Label


def find_conflicts(rows: Iterable[Row], *, stored: Iterable[Label]) -> list[Conflict]:
    """Return which labels of files differ from stored ones, as `Annotations.import_rows` would refuse them.

    These are labels with the same id and other content, and a second label of an annotator for the same whole clip.

    Parameters
    ----------
    rows : the labels of files
    stored : all stored labels, the final ones included
    """
    stored = list(stored)
    by_id = {label.id: label for label in stored}
    whole = {_place(label): label for label in stored if label.whole}
    conflicts = []
    for row in rows:
        label, same = row.label, by_id.get(row.label.id)
        if same is not None and replace(same, revision=0) == replace(
            label, revision=0, time=label.time or same.time
        ):
            continue
        other = same or (whole.get(_place(label)) if label.whole else None)
        if other is not None:
            conflicts.append(Conflict(row, other))
    return conflicts


def _place(label: Label) -> tuple[str, str, bool]:
    return label.clip, "" if label.final else label.annotator, label.final
