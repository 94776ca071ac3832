"""TextGrids in Praat's text formats, as tiers of intervals and of points.

Praat reads only the strings in double quotes, the free-standing numbers, and flags like <exists>. This module does
the same, so it reads the long and the short format alike.
https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from ser.annotation.formats.contents import Interval, Tier, plain_number

SAVE_AS_TEXT = 'open it in Praat and choose "Save as text file..." in the Save menu'
_TOKEN = re.compile(
    r'"(?P<string>[^"]*+(?:""[^"]*+)*+)"'
    r"|(?P<open>\")"
    r"|![^\n\r]*+"  # a comment
    r"|<(?P<flag>\w++)>"
    r"|(?P<number>[-+]?\d++(?:\.\d*+)?(?:[eE][-+]?\d++)?)(?=\s|\Z)"
    r'|[^\s"]++'  # words that explain the numbers to people
    r"|\s++"
)
_LINE_END = re.compile(r"\r\n|\r|\n")


class PraatTextError(ValueError):
    """Text that is not a TextGrid; `line` is the line of the error."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


class _Token(NamedTuple):
    kind: str  # "string", "number" or "flag"
    text: str
    line: int


def write_tiers(end_s: float, tiers: Iterable[tuple[str, list[Interval]]]) -> str:
    """Return a TextGrid from 0 to `end_s` seconds in the long format, with times in full precision."""
    tiers = list(tiers)
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0 ",
        f"xmax = {plain_number(end_s)} ",
        "tiers? <exists> ",
        f"size = {len(tiers)} ",
        "item []: ",
    ]
    for i, (name, intervals) in enumerate(tiers, 1):
        lines += [
            f"    item [{i}]:",
            '        class = "IntervalTier" ',
            f"        name = {_quoted(name)} ",
            "        xmin = 0 ",
            f"        xmax = {plain_number(end_s)} ",
            f"        intervals: size = {len(intervals)} ",
        ]
        for k, interval in enumerate(intervals, 1):
            lines += [
                f"        intervals [{k}]:",
                f"            xmin = {plain_number(interval.start_s)} ",
                f"            xmax = {plain_number(interval.end_s)} ",
                f"            text = {_quoted(interval.text)} ",
            ]
    return "\n".join(lines) + "\n"


def read_tiers(text: str) -> tuple[float, list[Tier]]:
    """Return the end of a TextGrid in seconds and its tiers; raise `PraatTextError` for other text."""
    tokens = _Tokens(text)
    kind = tokens.take("string").text
    if kind == "Praat chronological TextGrid text file":
        raise PraatTextError(1, f"this is a chronological TextGrid ({SAVE_AS_TEXT})")
    if kind not in ("ooTextFile", "ooTextFile short") or tokens.take("string").text != "TextGrid":
        raise PraatTextError(1, "this is not a TextGrid in a text format; save it as a text file in Praat")
    _, end_s = _span(tokens)
    if tokens.take("flag").text != "exists":
        return end_s, []
    return end_s, [_tier(tokens) for _ in range(_count(tokens))]


def _tier(tokens: "_Tokens") -> Tier:
    kind = tokens.take("string")
    if kind.text not in ("IntervalTier", "TextTier"):
        raise PraatTextError(kind.line, "a tier holds neither intervals nor points; save it in Praat again")
    is_of_points = kind.text == "TextTier"
    name = tokens.take("string").text
    _span(tokens)
    intervals = []
    for _ in range(_count(tokens)):
        line = tokens.line
        start_s = float(tokens.take("number").text)
        end_s = start_s if is_of_points else float(tokens.take("number").text)
        intervals.append(Interval(start_s, end_s, tokens.take("string").text, line))
    return Tier(name, intervals, is_of_points)


def _span(tokens: "_Tokens") -> tuple[float, float]:
    return float(tokens.take("number").text), float(tokens.take("number").text)


def _count(tokens: "_Tokens") -> int:
    token = tokens.take("number")
    if not re.fullmatch(r"\d{1,9}", token.text):
        raise PraatTextError(token.line, f"{token.text[:40]} is not a count")
    return int(token.text)


class _Tokens:
    """The strings, numbers and flags of a text, to be taken in order."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def line(self) -> int:
        """The line of the next token."""
        return self._tokens[self._at].line

    def take(self, kind: str) -> _Token:
        """Return the next token; raise `PraatTextError` if it is of another kind."""
        token = self._tokens[self._at]
        if token.kind != kind:
            actual = "the end of the file" if token.kind == "end" else f"a {token.kind}"
            raise PraatTextError(token.line, f"a {kind} is expected here, not {actual}")
        self._at += 1
        return token


def _tokens(source: str) -> Iterable[_Token]:
    line = 1
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup
        if kind == "open":
            raise PraatTextError(line, 'the text that starts here has no closing "')
        if kind is not None:
            text = match[kind]
            yield _Token(kind, text.replace('""', '"') if kind == "string" else text, line)
        line += len(_LINE_END.findall(match[0]))
    yield _Token("end", "", line)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
