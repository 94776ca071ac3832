"""Labels as label tracks of Audacity: a text file for each clip and annotator, with one line per label.

A line has start, end and text, separated by tabs
(https://manual.audacityteam.org/man/importing_and_exporting_labels.html). The text is the emotion, followed by the
other fields as JSON. Audacity rounds times to the microsecond; times that were not moved are restored from the JSON.
A label may have a second line with its lowest and highest frequency, which is ignored.
"""

import json
import re
from collections import Counter
from typing import Any

from ser.annotation.formats.cells import file_name, to_values, voice_of
from ser.annotation.formats.contents import (
    BadFileError,
    FileContents,
    FileLabel,
    LeftOut,
    Writing,
    plain_number,
)
from ser.annotation.formats.program_times import is_at, shifted, unshifted
from ser.annotation.label import LabelError, Row

SHIFT = "shift_s"
_TIME = re.compile(r"-?\d+(?:[.,]\d*)?(?:[eE][-+]?\d+)?")


def export_audacity(rows: list[Row], writing: Writing) -> dict[str, str]:
    """Return a label track for each clip and annotator.

    Parameters
    ----------
    rows : the labels
    writing : when Audacity shows each clip
    """
    tracks: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        tracks.setdefault((row.clip.hash, voice_of(row.label)), []).append(row)
    files: dict[str, str] = {}
    for (_, annotator), track in tracks.items():
        name = file_name(track[0].clip, ending=".txt", taken=files, suffix=annotator)
        files[name] = "".join(f"{_line(row, writing.shifts.get(row.clip.hash, 0.0))}\n" for row in track)
    return files


def read_audacity(text: str, *, file: str) -> FileContents:
    """Read a label track; without JSON, its name gives the clip. Raises `BadFileError`."""
    contents = FileContents(left_out=Counter(), program="audacity")
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if not line.strip() or line.startswith("\\\t"):
            continue
        try:
            label = _label(number, line)
        except LabelError as error:
            raise BadFileError(file, number, f"{error.problem}.") from error
        if isinstance(label, LeftOut):
            contents.left_out[label] += 1
        else:
            contents.labels.append(label)
    return contents


def _line(row: Row, shift_s: float) -> str:
    start_s, end_s = shifted(_span(row.label.region, row.clip.duration_s), shift_s)
    values = to_values(row)
    emotion = values.pop("emotion")
    fields = {key: value for key, value in values.items() if value is not None}
    fields |= {SHIFT: shift_s} if shift_s else {}
    return (
        f"{plain_number(start_s)}\t{plain_number(end_s)}\t{emotion} {json.dumps(fields, ensure_ascii=False)}"
    )


def _span(region: tuple[float, float] | None, duration_s: float | None) -> tuple[float, float]:
    """Return where a label is drawn: that of the whole clip from its start to its end, if that is known."""
    start_s, end_s = region or (0.0, duration_s or 0.0)
    return float(start_s), float(end_s)


def _label(number: int, line: str) -> FileLabel | LeftOut:
    start, _, rest = line.partition("\t")
    end, _, text = rest.partition("\t")
    if not (_TIME.fullmatch(start) and _TIME.fullmatch(end)):
        raise LabelError("this is not start, end and text separated by tabs")
    times = float(start.replace(",", ".")), float(end.replace(",", "."))
    emotion, brace, rest = text.partition("{")
    if brace:
        values = _json_object(brace + rest) | {"emotion": emotion}
        shift_s = values.pop(SHIFT, 0.0)
        if not isinstance(shift_s, float):
            raise LabelError(f"the JSON after the emotion is damaged ({SHIFT})")
        return FileLabel(number, values | _exact_times(unshifted(times, shift_s), values))
    if not text.strip():
        return LeftOut("label", " without a text")
    if times[0] == times[1]:
        return LeftOut("label", " of a point in time")
    return FileLabel(number, {"emotion": text, "start_s": times[0], "end_s": times[1]})


def _exact_times(times: tuple[float, float], values: dict) -> dict:
    """Return start and end of a label that this app wrote: as it wrote them, unless the label was moved."""
    exact = written = values.get("start_s"), values.get("end_s")
    if exact == (None, None):
        duration_s = values.get("duration_s")
        written = _span(None, duration_s if isinstance(duration_s, int | float) else None)
    if is_at(times, written):
        return {"start_s": exact[0], "end_s": exact[1]}
    return {"start_s": times[0], "end_s": times[1]}


def _json_object(text: str) -> dict[str, Any]:
    """Return a JSON object; raise `LabelError` for anything else."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LabelError(f"the JSON after the emotion is damaged ({error})") from error
    if not isinstance(values, dict):
        raise LabelError("the JSON after the emotion is not an object")
    return values
