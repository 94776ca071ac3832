"""Labels as the tables of audformat: `db.yaml` and a table for each annotator, in CSV or Parquet.

`audformat.Database.load` opens them (https://audeering.github.io/audformat/data-tables.html). Their columns are file,
start, end and emotion, then the others of the CSV table.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from ser.annotation.formats.cells import COLUMNS, from_cells, to_cells, voice_of
from ser.annotation.formats.contents import BadFileError, FileContents, FileLabel, Writing
from ser.annotation.formats.csv_format import read_table, write_table
from ser.annotation.label import LabelError, Row
from ser.annotation.label_set import LabelSet
from ser.errors import UserError
from ser.labels import LABELS

AUDFORMAT_COLUMNS = ("file", "start", "end", "emotion", *(c for c in COLUMNS if c not in ("file", "emotion")))
_SCHEMES = dict.fromkeys(("duration_s", "start_s", "end_s", *LABELS), "number") | {
    "intensity": "grade",
    "confidence": "grade",
    "revision": "count",
    "final": "count",
    "emotion": "emotion",
}  # of columns; the others are text
# "1 days 02:03:04.5" as pandas writes it (which omits the time at midnight), or a number of seconds
_TIMEDELTA = re.compile(r"(?:(\d{1,6}) days?)? ?(?:(\d{1,6}):(\d{1,6}):)?(\d{1,9}(?:\.\d{1,30})?)?", re.ASCII)
_NANO = Decimal("1e-9")  # audformat rounds times to the nanosecond


def export_audformat(rows: list[Row], writing: Writing) -> dict[str, str]:
    """Return the header db.yaml and its tables.

    A table of audformat has at most one row for each region of a file. So there is a table for each annotator, and
    further ones if an annotator labelled the same region more than once.
    """
    tables: list[tuple[str, dict[tuple, dict[str, str]]]] = []
    for row in rows:
        cells = _audformat_cells(row, writing.choices.nouns)
        region = (cells["file"], cells["start"], cells["end"])
        for annotator, table in tables:
            if annotator == voice_of(row.label) and region not in table:
                table[region] = cells
                break
        else:
            tables.append((voice_of(row.label), {region: cells}))
    names = [f"labels-{number}" for number in range(1, len(tables) + 1)]
    files = {
        f"db.{name}.csv": write_table(AUDFORMAT_COLUMNS, table.values())
        for name, (_, table) in zip(names, tables, strict=True)
    }
    return {"db.yaml": _header(names, writing.choices)} | files


def to_parquet(files: Mapping[str, str]) -> dict[str, str | bytes]:
    """Return the files of `export_audformat` with their tables in Parquet, which is audformat's default.

    Raises `UserError` if pyarrow, which writes Parquet, is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UserError(
            "Tables in Parquet need pyarrow: pip install pyarrow, or export the tables as CSV."
        ) from error
    types = {
        "start": pyarrow.duration("ns"),
        "end": pyarrow.duration("ns"),
        "number": pyarrow.float64(),
        "grade": pyarrow.int64(),
        "count": pyarrow.int64(),
    }

    def value(column: str, cell: str) -> object:
        if not cell:
            return None
        if column in ("start", "end"):
            return int((_seconds(cell) or Decimal(0)).scaleb(9))
        kind = _SCHEMES.get(column)
        return float(cell) if kind == "number" else cell if kind not in types else int(cell)

    def table(text: str) -> bytes:
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        columns = {
            column: pyarrow.array(
                [value(column, row[column]) for row in rows],
                types.get(column) or types.get(_SCHEMES.get(column, ""), pyarrow.string()),
            )
            for column in AUDFORMAT_COLUMNS
        }
        content = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table(columns), content)
        return content.getvalue()

    return {
        f"{name.removesuffix('.csv')}.parquet" if name.endswith(".csv") else name: (
            table(text) if name.endswith(".csv") else text
        )
        for name, text in files.items()
    }


def read_audformat(text: str, *, file: str) -> FileContents:
    """Read a table of `export_audformat`, or one with file, start, end and emotion. Raises `BadFileError`."""
    contents = FileContents(left_out=Counter())
    if file.endswith((".yaml", ".yml")):
        return contents  # the header, which is the same for all tables
    for line, cells in read_table(text, file=file, columns=AUDFORMAT_COLUMNS, synonyms={}, contents=contents):
        try:
            contents.labels.append(FileLabel(line, from_cells(_plain_cells(cells))))
        except LabelError as error:
            raise BadFileError(file, line, f"{error.problem}.") from error
    return contents


def parquet_text(content: bytes, *, file: str) -> str:
    """Return a table in Parquet, audformat's default, as comma-separated values.

    Raises `BadFileError` if pyarrow, which reads Parquet, is not installed, or if the table is damaged.
    """
    try:
        import pyarrow.lib
        import pyarrow.parquet
    except ImportError as error:
        cure = 'install pyarrow, or save the database with storage_format="csv"'
        raise BadFileError(file, 0, f"this is a Parquet table ({cure}).") from error
    try:
        rows = pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
    except (pyarrow.lib.ArrowException, OSError) as error:
        raise BadFileError(file, 0, "this Parquet table is damaged; save it again.") from error
    texts = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    return write_table(tuple(texts[0]), texts) if texts else "file,emotion\r\n"


def _audformat_cells(row: Row, nouns: Mapping[str, str]) -> dict[str, str]:
    cells, label = to_cells(row), row.label
    return cells | {
        "start": _timedelta(label.start_s or 0.0),
        "end": "" if label.end_s is None else _timedelta(label.end_s),
        "emotion": nouns[label.emotion],
    }


def _plain_cells(cells: dict[str, str]) -> dict[str, str]:
    """Return cells with start_s and end_s in seconds: the exact ones unless start or end was changed."""
    cells = dict(cells)
    if not {"start", "end"} & set(cells):
        return cells
    start, end = _seconds(cells.pop("start", "")), _seconds(cells.pop("end", ""))
    if cells.get("end_s") or end is not None:
        for column, rounded in (("start_s", start or Decimal(0)), ("end_s", end)):
            exact = cells.get(column)
            if not exact or _rounded(exact) != rounded:
                cells[column] = "" if rounded is None else f"{rounded:f}"
    elif start:
        cells["start_s"] = f"{start:f}"  # to the end of the clip
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
    """Return the seconds of a Timedelta or of a number of seconds; None for an empty cell."""
    if text in ("", "NaT"):
        return None
    match = _TIMEDELTA.fullmatch(text)
    if not match:
        raise LabelError(f"the time {ascii(text)[:60]} does not have the form 0 days 00:00:01.250000")
    days, hours, minutes, seconds = (Decimal(part or 0) for part in match.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + seconds


def _header(tables: list[str], choices: LabelSet) -> str:
    """Return db.yaml, which describes the columns of the tables."""
    columns = "".join(
        f"      {column}: {{scheme_id: {_SCHEMES.get(column, 'text')}}}\n" for column in AUDFORMAT_COLUMNS[3:]
    )
    words = [
        json.dumps(noun) if choices.is_own else noun for noun in choices.nouns.values()
    ]  # quoted: "no" is false
    lists = "".join(f"  {table}:\n    type: segmented\n    columns:\n{columns}" for table in tables)
    return (
        "name: emotion-listener\nsource: Emotion Listener\nusage: unrestricted\n"
        "description: Labels of emotional speech; a table for each annotator.\nlanguages: []\nschemes:\n"
        f"  emotion:\n    dtype: str\n    labels: [{', '.join(words)}]\n"
        "  grade: {dtype: int, minimum: 1, maximum: 3}\n  count: {dtype: int, minimum: 0}\n"
        "  number: {dtype: float}\n  text: {dtype: str}\n"
        f"tables:{' {}' if not tables else ''}\n{lists}"
    )
