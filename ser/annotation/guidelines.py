"""Guidelines for annotators: a Markdown file as blocks of plain text, from which the page makes its own elements.

The file is read as CommonMark. Headings, paragraphs, lists, quotes, code, **strong**, *emphasis*, `code` and links to
the web are shown; of pictures and other links, their text. Nothing of the file is HTML: tags stand there as text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ser.errors import UserError

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_BYTES = 200_000
_WEB = re.compile(r"https?://|mailto:", re.IGNORECASE)
_LISTS = {"bullet_list_open": "item", "ordered_list_open": "numbered"}


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
    from markdown_it import MarkdownIt

    blocks: list[Block] = []
    around: list[str] = []  # kinds of the lists and quotes that the token is in
    kind, level = "paragraph", 0
    for token in MarkdownIt("commonmark", {"html": False}).parse(text):
        if token.type in _LISTS:
            around.append(_LISTS[token.type])
        elif token.type == "blockquote_open":
            around.append("quote")
        elif token.type in ("bullet_list_close", "ordered_list_close", "blockquote_close"):
            around.pop()
        elif token.type == "heading_open":
            kind, level = "heading", int(token.tag[1:])
        elif token.type == "paragraph_open":
            kind, level = around[-1] if around else "paragraph", 0
        elif token.type == "inline":
            blocks.append(Block(kind, tuple(_joined(_spans(token.children or []))), level))
        elif token.type in ("fence", "code_block"):
            blocks.append(Block("code", (Span("text", token.content.removesuffix("\n")),)))
    return blocks


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    """Yield pieces of text in the innermost of the marks around them; all of a link is the link."""
    marks: list[str] = []
    address = ""
    for token in tokens:
        if token.type in ("strong_open", "em_open"):
            marks.append(token.type.removesuffix("_open"))
        elif token.type in ("strong_close", "em_close"):
            marks.pop()
        elif token.type == "link_open":
            found = str(token.attrGet("href") or "")
            address = found if _WEB.match(found) else ""
        elif token.type == "link_close":
            address = ""
        else:
            is_break = token.type in ("softbreak", "hardbreak")
            kind = "code" if token.type == "code_inline" else marks[-1] if marks else "text"
            yield Span("link" if address else kind, " " if is_break else token.content, address)


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """Join neighbours of one kind, as of the lines of a paragraph."""
    last: Span | None = None
    for span in spans:
        if last and (last.kind, last.address) == (span.kind, span.address):
            last = Span(span.kind, last.text + span.text, span.address)
            continue
        if last:
            yield last
        last = span
    if last:
        yield last
