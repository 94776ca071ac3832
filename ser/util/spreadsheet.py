"""Text in tables that spreadsheets open: none of it may run as a formula."""

import re

# A spreadsheet runs what begins so (and may trim blanks first). What already stands behind apostrophes
# gets one more, so that taking one away always gives the text back.
_FORMULA = re.compile(r"[\s']*[=+\-@＝＋－＠]|'*[\t\r\n]")


def shielded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: such text gets an apostrophe before it.

    >>> shielded("=1+1"), shielded("so-so"), shielded("'=1+1")
    ("'=1+1", 'so-so', "''=1+1")
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unshielded(text: str) -> str:
    """Return the text that `shielded` was given.

    >>> unshielded("'=1+1"), unshielded("so-so"), unshielded("'tis")
    ('=1+1', 'so-so', "'tis")
    """
    return text[1:] if text.startswith("'") and shielded(text[1:]) == text else text
