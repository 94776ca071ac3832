"""Labels as a table of comma-separated values: one row per label, with the columns `ser.annotation.formats.cells.COLUMNS`.

Text that a spreadsheet would run as a formula is preceded by an apostrophe. Tables that people made are read as
spreadsheets write them: in any order of columns, with other columns, decimal commas and empty cells at the end.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from ser.annotation.formats.cells import COLUMNS, from_cells, to_cells
from ser.annotation.formats.contents import BadFileError, FileContents, FileLabel, LeftOut, Writing, quoted
from ser.annotation.label import LabelError, Row
from ser.annotation.validation import NUMBER_FIELDS

BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as Windows-1252
_SYNONYMS = {"start": "start_s", "end": "end_s"}
_TIMES = frozenset((*("start_s", "end_s", "start", "end"), *NUMBER_FIELDS))
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+", re.ASCII)
# Columns of times under another name, in another unit: without them, labels of regions would become ones of whole clips.
_LIKE_TIMES = re.compile(
    r"(?:time[ _-]?)?(?:start|end|begin|onset|offset|from|to|stop)(?:[ _-]?time)?"
    r"[ _-]?[(\[]?(?:s|ms|sec|secs|seconds|msec|milliseconds|samples?|frames?)?[)\]]?|[tx]_?(?:min|max)"
)


def export_csv(rows: list[Row], _writing: Writing) -> dict[str, str]:
    """Return labels.csv, sorted by the names of clips."""
    ordered = sorted(rows, key=_by_name)
    return {"labels.csv": BYTE_ORDER_MARK + write_table(COLUMNS, map(to_cells, ordered))}


def _by_name(row: Row) -> tuple:
    """Return what labels are sorted by: the clip's name, then the time in the clip, those of the whole clip first."""
    clip, label = row.clip, row.label
    start_s, end_s = label.region or (-1.0, -1.0)
    return clip.name.casefold(), clip.name, clip.hash, start_s, end_s, label.annotator, label.time, label.id


def read_csv(text: str, *, file: str) -> FileContents:
    """Read a table like that of `export_csv`; only the column emotion is required. Raises `BadFileError`."""
    contents = FileContents(left_out=Counter())
    for line, cells in read_table(text, file=file, columns=COLUMNS, synonyms=_SYNONYMS, contents=contents):
        try:
            contents.labels.append(FileLabel(line, from_cells(cells)))
        except LabelError as error:
            raise BadFileError(file, line, f"{error.problem}.") from error
    return contents


def write_table(columns: tuple[str, ...], rows: Iterable[dict[str, str]]) -> str:
    """Return rows as comma-separated values with a line of column names."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\r\n")  # the writer quotes cells that contain either character
    writer.writerow(columns)
    writer.writerows([row[column] for column in columns] for row in rows)
    return table.getvalue()


def read_table(
    text: str, *, file: str, columns: tuple[str, ...], contents: FileContents, synonyms: dict[str, str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number of each row that has an emotion, and its cells by column.

    Parameters
    ----------
    text : the table, with commas, semicolons or tabs between the cells
    file : its name, for messages
    columns : names of columns that are read; upper and lower case count as the same
    contents : where to count columns that are left out, and rows without an emotion
    synonyms : other names of columns
    """
    skipped = 1 if re.match(r"sep=.\r?\n", text) else 0  # Excel's own first line
    head = text.split("\n", skipped + 1)[skipped] if text else ""
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names, line = None, 1
    try:
        for row in reader:
            if reader.line_num <= skipped:
                pass
            elif names is None:
                names = _names(file, row, columns, synonyms, contents)
            else:
                cells = _cells(file, line, row, names, delimiter)
                if cells.get("emotion", "").strip():
                    yield line, cells
                elif any(row):
                    contents.left_out[LeftOut("row", " without an emotion")] += 1
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadFileError(file, line, f"this is not a table ({error}).") from error
    if names is None:
        raise BadFileError(file, 1, "the table is empty.")


def _names(
    file: str, row: list[str], columns: tuple[str, ...], synonyms: dict[str, str], contents: FileContents
) -> list[str | None]:
    """Return the name of each column, None for those that are left out."""
    known = {column.casefold(): column for column in columns}
    titles = [title.strip() for title in row]
    while titles and not titles[-1]:  # Excel keeps the delimiters of columns whose cells were emptied
        titles.pop()
    names: list[str | None] = []
    for title in titles:
        folded = title.casefold()
        name = known.get(folded) or synonyms.get(folded)
        if name in names and name is not None:
            raise BadFileError(file, 1, f"the column {name} occurs twice.")
        names.append(name)
    if "emotion" not in names:
        raise BadFileError(file, 1, "the column emotion is missing: name the column of the emotions so.")
    for title, name in zip(titles, names, strict=True):
        if name is None:
            _check_no_times(file, title, names)
            contents.left_out[LeftOut("column", f" {quoted(title)}")] += 1
    return names


def _check_no_times(file: str, title: str, names: list[str | None]) -> None:
    """Refuse a column that seems to say which part of a clip is labelled: left out, the label would be of all of it."""
    if {"start_s", "end_s"} <= set(names) or {"start", "end"} <= set(names):
        return
    folded = title.casefold()
    is_length = folded.startswith(("duration", "length")) and "start_s" in names
    if is_length or _LIKE_TIMES.fullmatch(folded):
        cure = "name the columns of times start_s and end_s, in seconds, or delete them"
        raise BadFileError(file, 1, f"the column {quoted(title)} looks like times ({cure}).")


def _cells(file: str, line: int, row: list[str], names: list[str | None], delimiter: str) -> dict[str, str]:
    if not any(row):
        return {}
    if len(row) < len(names) or any(row[len(names) :]):
        raise BadFileError(
            file, line, f"this row has {len(row)} cells, and the table has {len(names)} columns."
        )
    cells = {name: cell for name, cell in zip(names, row, strict=False) if name is not None}
    if delimiter != ",":  # with decimal points, cells are separated by commas
        for name in _TIMES & set(cells):
            if _DECIMAL_COMMA.fullmatch(cells[name].strip()):
                cells[name] = cells[name].replace(",", ".")
    return cells
