"""Labels as files for other programs, and back: export then import gives the same rows.

Formats: "csv" and "audformat" (`ser.annotation.csv_format`), "json" (a list of objects, below), "textgrid"
(`ser.annotation.textgrid`) and "audacity" (`ser.annotation.audacity`). A file is read whole before anything of it
is kept, and one that is not right is refused with its line and the reason.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from ser.annotation.audacity import export_audacity, read_audacity
from ser.annotation.cells import BadFileError, Found, Known, to_row, to_values
from ser.annotation.csv_format import export_audformat, export_csv, read_audformat, read_csv
from ser.annotation.label import Clip, Label, LabelError, Row
from ser.annotation.textgrid import export_textgrid, read_textgrid
from ser.annotation.validation import Rows

__all__ = ["FORMATS", "BadFileError", "decode", "export", "guess_format", "read"]

_NO_SPACE = re.compile(r"[^ \t\n\r]")

MAX_BYTES = 200_000_000  # bytes of one file


class Reader(Protocol):
    """A function that reads the rows of a file's text."""

    def __call__(self, text: str, *, file: str, known: Known) -> Iterator[Found]:
        """Yield the rows; `BadFileError` where the text is not right."""


class Format(NamedTuple):
    """How rows become files (text by name), how one of these becomes rows, and how the names of these end."""

    export: Callable[[list[Row]], dict[str, str]]
    read: Reader
    ending: str


def export(labels: Iterable[Label], *, clips: Iterable[Clip], format: str) -> dict[str, str]:
    """Return labels as files of a format: text by file name.

    The clips are those that the labels are about, or more. The text is to be written as UTF-8, its line ends
    as they are.
    """
    known = {clip.hash: clip for clip in clips}
    return FORMATS[format].export([Row(label, known[label.clip]) for label in labels])


def read(
    files: dict[str, str] | str | os.PathLike | Iterable[str | os.PathLike],
    *,
    format: str,
    clips: Iterable[Clip] = (),
    annotator: str | None = None,
) -> list[Row]:
    """Return the rows of files, each once.

    Parameters
    ----------
    files : text by file name, or paths; of a folder, its files of the format are read
    format : one of `FORMATS`
    clips, annotator : for files that other programs made: the clips that they may mean by name, and whose
        labels they are where the file does not say it

    Raises
    ------
    BadFileError
        A file is not right, or contradicts itself or another one of them.
    """
    texts = files if isinstance(files, dict) else dict(_read_paths(files, format))
    known, rows = Known(clips, annotator), Rows()
    for file, text in texts.items():
        if format == "audformat" and file.endswith((".yaml", ".yml")):
            continue  # its header, which says what the columns of any such table hold
        for line, row in FORMATS[format].read(text.removeprefix("\ufeff"), file=file, known=known):
            try:
                rows.add(row)
            except LabelError as error:
                raise BadFileError(file, line, f"{error.problem}.") from error
    return list(rows)


def decode(file: str, content: bytes) -> str:
    """Return the text of a file; `BadFileError` for what is neither UTF-8 nor, with its mark, UTF-16."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadFileError(file, line, "this is no text in UTF-8; save it as UTF-8.") from error


def guess_format(file: str | os.PathLike) -> str:
    """Return the format of a file by its name, and for a table by its first line; `BadFileError` for none."""
    path = Path(file)
    if path.is_dir():
        raise BadFileError(str(path), 0, "say which format the files of a folder have, with --format.")
    if path.suffix.lower() in (".csv", ".tsv"):
        with path.open("rb") as opened:
            head = opened.read(200)
        return "audformat" if re.match(rb"(\xef\xbb\xbf)?\"?file\"?,\"?start\"?,", head) else "csv"
    for name, how in FORMATS.items():
        if path.suffix.lower() == how.ending.lower():
            return name
    raise BadFileError(str(path), 0, f"its name ends with none of {', '.join(sorted(_ENDINGS))}.")


def _read_paths(
    files: str | os.PathLike | Iterable[str | os.PathLike], format: str
) -> Iterator[tuple[str, str]]:
    for given in [files] if isinstance(files, str | os.PathLike) else files:
        path, ending = Path(given), FORMATS[format].ending.lower()
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in [file for file in inside if file == path or file.suffix.lower() == ending]:
            if file.stat().st_size > MAX_BYTES:
                raise BadFileError(str(file), 0, f"it is larger than {MAX_BYTES // 10**6} MB.")
            yield str(file), decode(str(file), file.read_bytes())


# ---- JSON


def export_json(rows: list[Row]) -> dict[str, str]:
    """Return labels.json: a list with an object for each label, a line each."""
    lines = [json.dumps(to_values(row), ensure_ascii=False) for row in rows]
    return {"labels.json": "[" + ",".join(f"\n{line}" for line in lines) + "\n]\n"}


def read_json(text: str, *, file: str, known: Known) -> Iterator[Found]:
    """Read a list of objects as `export_json` writes it; what is left out is taken as not given.

    Raises `BadFileError`.
    """
    for line, values in _objects(file, text):
        try:
            yield Found(line, to_row(values, known))
        except LabelError as error:
            raise BadFileError(file, line, f"{error.problem}.") from error


def _objects(file: str, text: str) -> Iterator[tuple[int, dict]]:
    """Yield the line and the value of each object of a list, one by one, so that each has its line."""
    decoder, at, line = json.JSONDecoder(), _skip(text, 0), 1 + text.count("\n", 0, _skip(text, 0))
    if text[at : at + 1] != "[":
        raise BadFileError(file, 1, "this is no JSON list of labels.")
    mark, counted = "[", at
    while True:
        at = _skip(text, at + 1)
        line, counted = line + text.count("\n", counted, at), at
        if mark == "[" and text[at : at + 1] == "]":
            break
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise BadFileError(
                file,
                getattr(error, "lineno", line),
                f"this is no JSON ({getattr(error, 'msg', 'too deep')}).",
            ) from error
        if not isinstance(value, dict):
            raise BadFileError(file, line, "this is no object that describes a label.")
        yield line, value
        at = _skip(text, at)
        mark = text[at : at + 1]
        if mark == "]":
            break
        if mark != ",":
            raise BadFileError(file, line, "a comma or the end of the list is wanted behind this label.")
    if _skip(text, at + 1) != len(text):
        raise BadFileError(file, line, "there is more behind the end of the list.")


def _skip(text: str, at: int) -> int:
    found = _NO_SPACE.search(text, at)
    return found.start() if found else len(text)


FORMATS = {
    "csv": Format(export_csv, read_csv, ".csv"),
    "json": Format(export_json, read_json, ".json"),
    "textgrid": Format(export_textgrid, read_textgrid, ".TextGrid"),
    "audacity": Format(export_audacity, read_audacity, ".txt"),
    "audformat": Format(export_audformat, read_audformat, ".csv"),
}
_ENDINGS = {how.ending for how in FORMATS.values()}
