"""Text for people: names that can be printed, table cells that cannot run as formulas, numbers of things."""

import os
import re
from collections.abc import Sequence

# Control characters and line ends would break the line or drive the terminal; direction marks would reverse the text
# after them; lone surrogates are not Unicode text.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# A spreadsheet runs a cell that begins like this as a formula, and may trim blanks first. A cell that already begins
# with apostrophes gets one more, so that removing one always restores the text.
_FORMULA = re.compile(r"[\s']*[=+\-@＝＋－＠]|'*[\t\r\n]")


def plain(name: str | os.PathLike) -> str:
    r"""Return a name as printable text, with U+FFFD in place of each character that cannot be printed.

    >>> plain("a\nb.wav"), plain("Grüße 😀.wav")
    ('a�b.wav', 'Grüße 😀.wav')
    """
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", os.fsdecode(name))


def shielded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe is put before text that could be one.

    >>> shielded("=1+1"), shielded("so-so"), shielded("'=1+1")
    ("'=1+1", 'so-so', "''=1+1")
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unshielded(text: str) -> str:
    """Return the text that `shielded` was called with.

    >>> unshielded("'=1+1"), unshielded("so-so"), unshielded("'tis")
    ('=1+1', 'so-so', "'tis")
    """
    return text[1:] if text.startswith("'") and shielded(text[1:]) == text else text


def counted(noun: str, count: int) -> str:
    """Return a count with its noun, whose plural ends in s.

    >>> counted("clip", 1), counted("clip", 0), counted("clip", 7442)
    ('1 clip', '0 clips', '7,442 clips')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def first_names(names: Sequence[str], n: int = 3) -> str:
    """Return the first of several names, and how many more there are.

    >>> first_names(["a.txt", "b.txt"]), first_names(["a", "b", "c", "d", "e"])
    ('a.txt, b.txt', 'a, b, c and 2 more')
    """
    more = len(names) - n
    return ", ".join(map(plain, names[:n])) + (f" and {more:,} more" if more > 0 else "")
