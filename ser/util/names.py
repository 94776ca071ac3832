"""Names that people give to files, in a line of text."""

import os
import re

# What would break the line or drive the terminal, marks that turn the text behind them around, what is no Unicode.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(name: str | os.PathLike) -> str:
    r"""Return a name as text that can be printed; what is no text in it becomes a mark in a diamond.

    >>> plain("a\nb.wav"), plain("Grüße 😀.wav")
    ('a�b.wav', 'Grüße 😀.wav')
    """
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", os.fsdecode(name))
