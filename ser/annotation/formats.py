"""Export of labels to files for other programs, and import from them.

Importing exported files gives the same rows. Formats: "csv" and "audformat" (`ser.annotation.csv_format`), "json" (a
list of objects, in this module), "textgrid" (`ser.annotation.textgrid`) and "audacity" (`ser.annotation.audacity`).
Files are read completely before any label is stored, and an invalid file is rejected with the line and the reason.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from ser.annotation.audacity import export_audacity, read_audacity
from ser.annotation.cells import BadFileError, FileRow, ImportContext, to_row, to_values
from ser.annotation.csv_format import export_audformat, export_csv, read_audformat, read_csv
from ser.annotation.label import Clip, Label, LabelError, Row
from ser.annotation.textgrid import export_textgrid, read_textgrid
from ser.annotation.validation import Rows

__all__ = ["FORMATS", "BadFileError", "decode", "export", "guess_format", "read"]

_NO_SPACE = re.compile(r"[^ \t\n\r]")

MAX_BYTES = 200_000_000  # of one file


class Reader(Protocol):
    """A function that reads the rows of a file's text."""

    def __call__(self, text: str, *, file: str, context: ImportContext) -> Iterator[FileRow]:
        """Yield the rows of a file; raise `BadFileError` if the text is invalid."""


class Format(NamedTuple):
    """A file format.

    Attributes
    ----------
    export : returns the files of rows: text by file name
    read : reads the rows of one file
    ending : of the file names
    """

    export: Callable[[list[Row]], dict[str, str]]
    read: Reader
    ending: str


def export(labels: Iterable[Label], *, clips: Iterable[Clip], format: str) -> dict[str, str]:
    """Return labels as files: text by file name.

    Parameters
    ----------
    labels : the labels
    clips : at least the clips of the labels
    format : one of `FORMATS`

    Returns
    -------
    dict
        Text by file name, to be written as UTF-8 without converting line ends.
    """
    clips_by_hash = {clip.hash: clip for clip in clips}
    return FORMATS[format].export([Row(label, clips_by_hash[label.clip]) for label in labels])


def read(
    files: dict[str, str] | str | os.PathLike | Iterable[str | os.PathLike],
    *,
    format: str,
    clips: Iterable[Clip] = (),
    annotator: str | None = None,
) -> list[Row]:
    """Return the rows of files, without duplicates.

    Parameters
    ----------
    files : text by file name, or paths of files and folders; of a folder, the files of the format are read
    format : one of `FORMATS`
    clips : clips that files of other programs may refer to by name
    annotator : annotator of labels that do not name one

    Raises
    ------
    BadFileError
        A file is invalid, or labels of the files contradict each other.
    """
    texts = files if isinstance(files, dict) else dict(_read_paths(files, format))
    context, rows = ImportContext(clips, annotator), Rows()
    for file, text in texts.items():
        if format == "audformat" and file.endswith((".yaml", ".yml")):
            continue  # the header, which is the same for all tables
        for line, row in FORMATS[format].read(text.removeprefix("\ufeff"), file=file, context=context):
            try:
                rows.add(row)
            except LabelError as error:
                raise BadFileError(file, line, f"{error.problem}.") from error
    return list(rows)


def decode(file: str, content: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with a byte order mark; else raise `BadFileError`."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadFileError(file, line, "this is not UTF-8 text; save the file as UTF-8.") from error


def guess_format(file: str | os.PathLike) -> str:
    """Return the format of a file, judged by its name and the first line of a table; raise `BadFileError` if unknown."""
    path = Path(file)
    if path.is_dir():
        raise BadFileError(str(path), 0, "a folder needs --format to say which files to read.")
    if path.suffix.lower() in (".csv", ".tsv"):
        with path.open("rb") as opened:
            head = opened.read(200)
        return "audformat" if re.match(rb"(\xef\xbb\xbf)?\"?file\"?,\"?start\"?,", head) else "csv"
    for name, format in FORMATS.items():
        if path.suffix.lower() == format.ending.lower():
            return name
    raise BadFileError(str(path), 0, f"its name does not end in {', '.join(sorted(_ENDINGS))}: use --format.")


def _read_paths(
    files: str | os.PathLike | Iterable[str | os.PathLike], format: str
) -> Iterator[tuple[str, str]]:
    ending = FORMATS[format].ending.lower()
    for path in map(Path, [files] if isinstance(files, str | os.PathLike) else files):
        candidates = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in [file for file in candidates if file == path or file.suffix.lower() == ending]:
            if file.stat().st_size > MAX_BYTES:
                raise BadFileError(str(file), 0, f"it is larger than {MAX_BYTES // 10**6} MB.")
            yield str(file), decode(str(file), file.read_bytes())


# ---- JSON


def export_json(rows: list[Row]) -> dict[str, str]:
    """Return labels.json: a list of objects, one line per label."""
    lines = [json.dumps(to_values(row), ensure_ascii=False) for row in rows]
    return {"labels.json": "[" + ",".join(f"\n{line}" for line in lines) + "\n]\n"}


def read_json(text: str, *, file: str, context: ImportContext) -> Iterator[FileRow]:
    """Read a list of objects like that of `export_json`; a missing key means null. Raises `BadFileError`."""
    for line, values in _objects(file, text):
        try:
            yield FileRow(line, to_row(values, context))
        except LabelError as error:
            raise BadFileError(file, line, f"{error.problem}.") from error


def _objects(file: str, text: str) -> Iterator[tuple[int, dict]]:
    """Yield each object of a list with its line; decoding the whole list at once would lose the lines."""
    decoder, at, line = json.JSONDecoder(), _skip(text, 0), 1 + text.count("\n", 0, _skip(text, 0))
    if text[at : at + 1] != "[":
        raise BadFileError(file, 1, "this is not a JSON list of labels.")
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
                f"this is not JSON ({getattr(error, 'msg', 'nested too deeply')}).",
            ) from error
        if not isinstance(value, dict):
            raise BadFileError(file, line, "this is not an object that describes a label.")
        yield line, value
        at = _skip(text, at)
        mark = text[at : at + 1]
        if mark == "]":
            break
        if mark != ",":
            raise BadFileError(file, line, "a comma or the end of the list is expected after this label.")
    if _skip(text, at + 1) != len(text):
        raise BadFileError(file, line, "there is more text after the end of the list.")


def _skip(text: str, at: int) -> int:
    match = _NO_SPACE.search(text, at)
    return match.start() if match else len(text)


FORMATS = {
    "csv": Format(export_csv, read_csv, ".csv"),
    "json": Format(export_json, read_json, ".json"),
    "textgrid": Format(export_textgrid, read_textgrid, ".TextGrid"),
    "audacity": Format(export_audacity, read_audacity, ".txt"),
    "audformat": Format(export_audformat, read_audformat, ".csv"),
}
_ENDINGS = {format.ending for format in FORMATS.values()}
