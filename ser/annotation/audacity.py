"""Labels as label tracks of Audacity: a text file for each clip and annotator, with one line per label.

A line has start, end and text, separated by tabs
(https://manual.audacityteam.org/man/importing_and_exporting_labels.html). The text is the emotion, followed by the
other fields as JSON. Audacity rounds times to the microsecond; times that were not moved are restored from the JSON.
A label may have a second line with its lowest and highest frequency, which is ignored.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, TypeGuard

from ser.annotation.cells import BadFileError, FileRow, ImportContext, file_name, to_row, to_values
from ser.annotation.label import LabelError, Row

_ROUNDING_S = 1.5e-6
_TIME = re.compile(r"-?\d+(?:[.,]\d*)?(?:[eE][-+]?\d+)?")


def export_audacity(rows: list[Row]) -> dict[str, str]:
    """Return a label track for each clip and annotator."""
    tracks: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        tracks.setdefault((row.clip.hash, row.label.annotator), []).append(row)
    files: dict[str, str] = {}
    for (_, annotator), track in tracks.items():
        name = file_name(track[0].clip, ending=".txt", taken=files, suffix=annotator)
        files[name] = "".join(f"{_line(row)}\n" for row in track)
    return files


def read_audacity(text: str, *, file: str, context: ImportContext) -> Iterator[FileRow]:
    """Read a label track; without JSON, its name gives the clip and `context` the annotator.

    Raises `BadFileError`.
    """
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if not line.strip() or line.startswith("\\\t"):
            continue
        try:
            yield FileRow(number, _row(file, line, context))
        except LabelError as error:
            raise BadFileError(file, number, f"{error.problem}.") from error


def _line(row: Row) -> str:
    label = row.label
    start_s, end_s = label.region or (0.0, row.clip.duration_s or 0.0)
    values = to_values(row)
    emotion = values.pop("emotion")
    fields = {key: value for key, value in values.items() if value is not None}
    return f"{float(start_s)!r}\t{float(end_s)!r}\t{emotion} {json.dumps(fields, ensure_ascii=False)}"


def _row(file: str, line: str, context: ImportContext) -> Row:
    start, _, rest = line.partition("\t")
    end, _, text = rest.partition("\t")
    if not (_TIME.fullmatch(start) and _TIME.fullmatch(end)):
        raise LabelError("this is not start, end and text separated by tabs")
    emotion, brace, rest = text.partition("{")
    values: dict[str, Any] = _json_object(brace + rest) if brace else {"file": file.rpartition(".")[0]}
    start_s, end_s = (float(time.replace(",", ".")) for time in (start, end))
    exact_start, exact_end = values.get("start_s"), values.get("end_s")
    if brace and exact_start is None and exact_end is None:
        return to_row(
            values | {"emotion": emotion}, context
        )  # a label of the whole clip, wherever it was moved
    if _is_close(exact_start, start_s) and _is_close(exact_end, end_s):
        start_s, end_s = exact_start, exact_end
    return to_row(values | {"emotion": emotion, "start_s": start_s, "end_s": end_s}, context)


def _is_close(exact: object, time: float) -> TypeGuard[float]:
    return isinstance(exact, int | float) and abs(exact - time) <= _ROUNDING_S


def _json_object(text: str) -> dict:
    """Return a JSON object; raise `LabelError` for anything else."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LabelError(f"the JSON after the emotion is damaged ({error})") from error
    if not isinstance(values, dict):
        raise LabelError("the JSON after the emotion is not an object")
    return values
