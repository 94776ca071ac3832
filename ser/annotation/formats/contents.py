"""What the reader of a format returns: the labels of one file as the file has them, and what is not a label."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from ser.annotation.label_set import STANDARD, LabelSet
from ser.errors import UserError

_REGIONS = re.compile(r"\A(.*): regions(?: \d+)?\Z", re.DOTALL)
WHOLE_S = 0.02  # a label that covers the clip but for this much at either end is one of the whole clip


class BadFileError(UserError, ValueError):
    """A label file that cannot be imported.

    Attributes
    ----------
    file : name of the file; empty if the error is not in a file
    line : line number from 1; 0 if the error concerns the whole file
    reason : what is wrong
    """

    def __init__(self, file: str, line: int, reason: str) -> None:
        place = f"{file}, line {line}: " if line else f"{file}: " if file else ""
        super().__init__(f"{place}{reason}")
        self.file, self.line, self.reason = file, line, reason


class Writing(NamedTuple):
    """How labels are written for a program.

    Attributes
    ----------
    shifts : how many seconds later the program shows a clip, by its hash
    choices : the labels that annotators may give, whose words some formats have
    """

    shifts: Mapping[str, float]
    choices: LabelSet = STANDARD


class FileLabel(NamedTuple):
    """A label as a file has it.

    Attributes
    ----------
    line : line of the file that it starts on
    values : a dict like that of `ser.annotation.formats.cells.to_values`, without what the file does not say. The
        emotion may be any word. A start without an end means to the end of the clip
    tier : name of the tier that it is in; None in a file without tiers, and for a label that this app wrote
    """

    line: int
    values: dict[str, Any]
    tier: str | None = None


class LeftOut(NamedTuple):
    """What an import leaves out.

    Attributes
    ----------
    noun : what it is, in the singular: "point"
    of : which ones: " of the tier 'clicks'"
    """

    noun: str
    of: str = ""


@dataclass(frozen=True)
class FileContents:
    """The labels of one file, and what is not a label.

    Attributes
    ----------
    labels : the labels in the order of the file
    left_out : what is not a label, with its count
    duration_s : duration of the clip as the file says it, in seconds; None if it does not
    program : one of `ser.annotation.formats.program_times.PROGRAMS`, as whose times those of the labels are taken
    """

    labels: list[FileLabel] = field(default_factory=list)
    left_out: Counter[LeftOut] = field(default_factory=Counter)
    duration_s: float | None = None
    program: str = "decoded"


class Interval(NamedTuple):
    """An interval of a tier: start and end in seconds, its text, and the line of the file that it starts on."""

    start_s: float
    end_s: float
    text: str
    line: int = 0


class Tier(NamedTuple):
    """A tier: its name, and its intervals; those of a tier of points start and end at the same time.

    `person` is the annotator, where the file names one for the tier.
    """

    name: str
    intervals: list[Interval]
    is_of_points: bool = False
    person: str | None = None


def plain_number(value: float) -> str:
    """Return a number with all of its digits and without an exponent, which not every program reads.

    >>> plain_number(0.00002), plain_number(1.5), plain_number(2)
    ('0.00002', '1.5', '2.0')
    """
    return f"{Decimal(repr(float(value))):f}"


def tier_annotator(tier: str) -> str:
    """Return the annotator that a tier is named after.

    >>> tier_annotator("Ann"), tier_annotator("Ann: regions"), tier_annotator("Ann: regions 2")
    ('Ann', 'Ann', 'Ann')
    """
    return _REGIONS.sub(r"\1", tier)


def quoted(text: str) -> str:
    """Return text in ASCII and at most 60 characters, to quote it in a message."""
    shown = ascii(text)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
