"""Guidelines for annotators: a Markdown file as blocks of plain text, from which the page makes its own elements.

Headings, paragraphs, lists, quotes, code, **strong**, *emphasis*, `code` and links to the web are understood. Nothing
of the file is HTML: tags stand there as text.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from ser.errors import UserError

MAX_BYTES = 200_000
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*")
_ITEM = re.compile(r"\s*(?:([-*+])|(\d{1,9})[.)])\s+(.*)")
_QUOTE = re.compile(r"\s*>\s?(.*)")
_FENCE = re.compile(r"\s*(```|~~~)")
_SPAN = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|__(?P<strong2>[^_]+)__|\*(?P<em>[^*\s][^*]*)\*"
    r"|(?<!\w)_(?P<em2>[^_\s][^_]*)_(?!\w)|\[(?P<link>[^\]]+)\]\((?P<address>[^)\s]+)\)"
)
_WEB = re.compile(r"https?://|mailto:", re.IGNORECASE)


class GuidelinesError(UserError):
    """The guidelines cannot be read."""


@dataclass(frozen=True)
class Span:
    """A piece of text: its kind is "text", "strong", "em", "code" or "link", which has an address."""

    kind: str
    text: str
    address: str = ""


@dataclass(frozen=True)
class Block:
    """A block of the guidelines.

    Attributes
    ----------
    kind : "heading", "paragraph", "item", "numbered", "quote" or "code"
    spans : its text
    level : of a heading, from 1
    """

    kind: str
    spans: tuple[Span, ...]
    level: int = 0


def read_guidelines(file: str | os.PathLike) -> list[Block]:
    """Return the blocks of a Markdown file in UTF-8; raise `GuidelinesError` if it cannot be read."""
    path = Path(file).expanduser()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise GuidelinesError(
            f"{file} cannot be read ({error.strerror}): choose a Markdown file with --guidelines."
        ) from error
    if len(content) > MAX_BYTES:
        raise GuidelinesError(f"{file} is larger than {MAX_BYTES // 1000} KB: keep the guidelines short.")
    try:
        return parse_markdown(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise GuidelinesError(f"{file} is not text in UTF-8: save it as UTF-8.") from error


def parse_markdown(text: str) -> list[Block]:
    """Return the blocks of a Markdown text.

    >>> [block.kind for block in parse_markdown("# Task\\nListen *twice*.\\n\\n- then label")]
    ['heading', 'paragraph', 'item']
    """
    blocks: list[Block] = []
    lines: list[str] = []  # of the paragraph that is being read
    kind = "paragraph"

    def end() -> None:
        if lines:
            blocks.append(Block(kind, _spans(" ".join(lines))))
            lines.clear()

    code: list[str] | None = None
    for line in text.splitlines():
        if code is not None:
            if _FENCE.match(line):
                blocks.append(Block("code", (Span("text", "\n".join(code)),)))
                code = None
            else:
                code.append(line)
            continue
        if _FENCE.match(line):
            end()
            code = []
        elif not line.strip():
            end()
            kind = "paragraph"
        elif heading := _HEADING.fullmatch(line.strip()):
            end()
            blocks.append(Block("heading", _spans(heading[2]), len(heading[1])))
            kind = "paragraph"
        elif item := _ITEM.fullmatch(line):
            end()
            kind = "item" if item[1] else "numbered"
            lines.append(item[3])
        elif quote := _QUOTE.fullmatch(line):
            if kind != "quote":
                end()
            kind = "quote"
            lines.append(quote[1])
        else:
            lines.append(line.strip())
    end()
    if code is not None:
        blocks.append(Block("code", (Span("text", "\n".join(code)),)))
    return blocks


def _spans(text: str) -> tuple[Span, ...]:
    spans, at = [], 0
    for match in _SPAN.finditer(text):
        if match.start() > at:
            spans.append(Span("text", text[at : match.start()]))
        at = match.end()
        found = {name: value for name, value in match.groupdict().items() if value is not None}
        if "link" in found:
            is_web = _WEB.match(found["address"])
            spans.append(Span("link", found["link"], found["address"]) if is_web else Span("text", match[0]))
        else:
            [(name, value)] = found.items()
            spans.append(Span(name.rstrip("2"), value))
    return (*spans, *([Span("text", text[at:])] if at < len(text) else []))
