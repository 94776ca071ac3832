"""Labels as a table: comma-separated values, and the tables that audformat reads.

The CSV table has a row for each label and the columns `ser.annotation.cells.COLUMNS`; text that a spreadsheet
would run as a formula has an apostrophe before it. The audformat tables open with `audformat.Database.load`
(https://audeering.github.io/audformat/data-tables.html): file, start, end, emotion, and the same columns.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from ser.annotation.cells import (
    COLUMNS,
    WORDS,
    BadFileError,
    Found,
    Known,
    emotion_code,
    to_cells,
    to_table_row,
)
from ser.annotation.label import LabelError, Row
from ser.labels import LABELS

AUDFORMAT_COLUMNS = ("file", "start", "end", "emotion", *(c for c in COLUMNS if c not in ("file", "emotion")))
# "1 days 02:03:04.5" as pandas writes it, where midnight is left out, or a number of seconds
_TIMEDELTA = re.compile(r"(?:(\d{1,6}) days?)? ?(?:(\d{1,6}):(\d{1,6}):)?(\d{1,9}(?:\.\d{1,30})?)?", re.ASCII)
_NANO = Decimal("1e-9")  # what the times of audformat are rounded to


def export_csv(rows: list[Row]) -> dict[str, str]:
    """Return labels.csv."""
    return {"labels.csv": _table(COLUMNS, map(to_cells, rows))}


def read_csv(text: str, *, file: str, known: Known) -> Iterator[Found]:
    """Read a table as `export_csv` writes it.

    Columns may be in any order, and any may be left out but the emotion, the annotator and the clip's hash or
    name. Commas, semicolons or tabs may part them. Raises `BadFileError`.
    """
    for line, cells in _cells(file, text):
        try:
            yield Found(line, to_table_row(cells, known))
        except LabelError as error:
            raise BadFileError(file, line, f"{error.problem}.") from error


def export_audformat(rows: list[Row]) -> dict[str, str]:
    """Return a header, db.yaml, and its tables.

    In audformat a stretch of a file has one row in a table. So there is a table for each annotator, and
    further ones where an annotator labelled the same stretch more than once.
    """
    tables: list[tuple[str, dict[tuple, dict[str, str]]]] = []
    for row in rows:
        cells = _audformat_cells(row)
        place = (cells["file"], cells["start"], cells["end"])
        for annotator, table in tables:
            if annotator == row.label.annotator and place not in table:
                table[place] = cells
                break
        else:
            tables.append((row.label.annotator, {place: cells}))
    names = [f"labels-{number}" for number in range(1, len(tables) + 1)]
    files = {
        f"db.{name}.csv": _table(AUDFORMAT_COLUMNS, table.values())
        for name, (_, table) in zip(names, tables, strict=True)
    }
    return {"db.yaml": _header(names)} | files


def read_audformat(text: str, *, file: str, known: Known) -> Iterator[Found]:
    """Read a table of `export_audformat`, or one that has file, start, end and emotion. Raises `BadFileError`."""
    for line, cells in _cells(file, text, AUDFORMAT_COLUMNS):
        try:
            yield Found(line, to_table_row(_plain_cells(cells), known))
        except LabelError as error:
            raise BadFileError(file, line, f"{error.problem}.") from error


def _table(columns: tuple[str, ...], rows: Iterable[dict[str, str]]) -> str:
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\r\n")  # a lone one of the two is quoted, too
    writer.writerow(columns)
    writer.writerows([row[column] for column in columns] for row in rows)
    return table.getvalue()


def _cells(file: str, text: str, allowed: tuple[str, ...] = COLUMNS) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line and the cells, by column, of each row."""
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns, line = None, 1
    try:
        for row in reader:
            if columns is None:
                columns = _check_columns(file, row, allowed)
            elif row and len(row) != len(columns):
                raise BadFileError(file, line, f"there are {len(row)} cells, and {len(columns)} columns.")
            elif row:
                yield line, dict(zip(columns, row, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadFileError(file, line, f"this is no table ({error}).") from error
    if columns is None:
        raise BadFileError(file, 1, "the table is empty.")


def _check_columns(file: str, columns: list[str], allowed: tuple[str, ...]) -> list[str]:
    columns = [column.strip() for column in columns]
    if "emotion" not in columns or not {"clip", "file"} & set(columns):
        raise BadFileError(file, 1, "there is no column emotion, or neither clip (its hash) nor file.")
    for i, column in enumerate(columns):
        if column not in allowed:
            raise BadFileError(file, 1, f"the column {ascii(column)[:60]} is none of {', '.join(allowed)}.")
        if column in columns[:i]:
            raise BadFileError(file, 1, f"the column {column} is there twice.")
    return columns


# ---- audformat


def _audformat_cells(row: Row) -> dict[str, str]:
    cells, label = to_cells(row), row.label
    return cells | {
        "start": _timedelta(label.start_s or 0.0),
        "end": "" if label.end_s is None else _timedelta(label.end_s),
        "emotion": WORDS[label.emotion],
    }


def _plain_cells(cells: dict[str, str]) -> dict[str, str]:
    """Return the cells of `to_table_row`: the exact times, unless start and end were changed since."""
    cells = cells | {"emotion": emotion_code(cells["emotion"])}
    if not {"start", "end"} & set(cells):
        return cells
    start, end = _seconds(cells.pop("start", "")), _seconds(cells.pop("end", ""))
    if cells.get("end_s") or end is not None:
        for column, rounded in (("start_s", start or Decimal(0)), ("end_s", end)):
            exact = cells.get(column)
            if not exact or _rounded(exact) != rounded:
                cells[column] = "" if rounded is None else str(rounded)
    elif start:
        raise LabelError("there is a start without an end")
    return cells


def _rounded(seconds: str) -> Decimal | None:
    try:
        return Decimal(seconds).quantize(_NANO)
    except ArithmeticError:
        return None


def _timedelta(seconds: float) -> str:
    """Return seconds as pandas writes a Timedelta.

    >>> _timedelta(90061.25)
    '1 days 01:01:01.250000000'
    """
    whole, nano = divmod(int(Decimal(str(seconds)).quantize(_NANO).scaleb(9)), 10**9)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours // 24} days {hours % 24:02}:{minute:02}:{second:02}.{nano:09}"


def _seconds(text: str) -> Decimal | None:
    """Return the seconds of a Timedelta, or of a number of seconds; None for none."""
    if text in ("", "NaT"):
        return None
    match = _TIMEDELTA.fullmatch(text)
    if not match:
        raise LabelError(f"the time {ascii(text)[:60]} is not like 0 days 00:00:01.250000")
    days, hours, minutes, seconds = (Decimal(part or 0) for part in match.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + seconds


def _header(tables: list[str]) -> str:
    """Return db.yaml: what the columns of the tables hold."""
    schemes = dict.fromkeys(("duration_s", "start_s", "end_s", *LABELS), "number")
    schemes |= {"intensity": "grade", "confidence": "grade", "revision": "count", "emotion": "emotion"}
    columns = "".join(
        f"      {column}: {{scheme_id: {schemes.get(column, 'text')}}}\n" for column in AUDFORMAT_COLUMNS[3:]
    )
    lists = "".join(f"  {table}:\n    type: segmented\n    columns:\n{columns}" for table in tables)
    return (
        "name: emotion-listener\nsource: Emotion Listener\nusage: unrestricted\n"
        "description: Labels of emotional speech; a table for each annotator.\nlanguages: []\nschemes:\n"
        f"  emotion:\n    dtype: str\n    labels: [{', '.join(WORDS.values())}]\n"
        "  grade: {dtype: int, minimum: 1, maximum: 3}\n  count: {dtype: int, minimum: 0}\n"
        "  number: {dtype: float}\n  text: {dtype: str}\n"
        f"tables:{' {}' if not tables else ''}\n{lists}"
    )
