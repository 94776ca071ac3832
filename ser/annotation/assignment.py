"""Which clips are for whom: each clip of a queue is for `overlap` of the annotators.

Who that is follows from the clip alone, so it stays the same each time the app runs, and when clips are added. Everyone
gets about the same number, and every group of annotators has clips in common.
"""

import hashlib
from dataclasses import dataclass
from itertools import combinations

from ser.errors import UserError

MAX_ANNOTATORS = 12


class AssignmentError(UserError):
    """Names or an overlap that clips cannot be divided by."""


@dataclass(frozen=True)
class Assignment:
    """Annotators, and how many of them each clip is for.

    Attributes
    ----------
    names : the annotators
    overlap : how many of them each clip is for
    """

    names: tuple[str, ...]
    overlap: int

    def annotators(self, key: str) -> tuple[str, ...]:
        """Return whom the clip with this key of a queue is for.

        >>> Assignment(("Ann", "Bob", "Cleo"), 2).annotators("a clip")
        ('Bob', 'Cleo')
        """
        groups = list(combinations(self.names, self.overlap))
        number = int.from_bytes(hashlib.sha256(f"assigned {key}".encode()).digest()[:8])
        return groups[number % len(groups)]

    def knows(self, annotator: str | None) -> bool:
        """Whether an annotator is one of those, in upper or lower case."""
        return (annotator or "").casefold() in {name.casefold() for name in self.names}

    def is_for(self, key: str, annotator: str | None) -> bool:
        """Whether a clip is for an annotator. All clips are for someone who is none of those, such as who adjudicates."""
        if not self.knows(annotator):
            return True
        return (annotator or "").casefold() in {name.casefold() for name in self.annotators(key)}


def make_assignment(names: str, *, overlap: int) -> Assignment:
    """Return the assignment of the flags --assign, names with commas between them, and --overlap.

    Raises `AssignmentError` for fewer than two names, more than `MAX_ANNOTATORS`, equal ones, or an overlap that is
    not from 1 to their number.
    """
    annotators = tuple(" ".join(name.split()) for name in names.split(","))
    if "" in annotators or not 2 <= len(annotators) <= MAX_ANNOTATORS:
        raise AssignmentError(
            f"--assign needs 2 to {MAX_ANNOTATORS} names with commas between them, such as --assign Ann,Bob,Cleo."
        )
    if len({name.casefold() for name in annotators}) < len(annotators):
        raise AssignmentError("--assign has a name twice: give each annotator a name of their own.")
    if not 1 <= overlap <= len(annotators):
        raise AssignmentError(
            f"--overlap says how many people label each clip: choose 1 to {len(annotators)} for these names."
        )
    return Assignment(annotators, overlap)
