"""Labels as JSON: a list of objects, one line per label."""

import json
import re
from collections import Counter
from collections.abc import Iterator

from ser.annotation.formats.cells import COLUMNS, to_values
from ser.annotation.formats.contents import BadFileError, FileContents, FileLabel, LeftOut, Writing, quoted
from ser.annotation.label import Row

_NO_SPACE = re.compile(r"[^ \t\n\r]")
_KEYS = {*COLUMNS, "scores"}


def export_json(rows: list[Row], _writing: Writing) -> dict[str, str]:
    """Return labels.json."""
    lines = [json.dumps(to_values(row), ensure_ascii=False) for row in rows]
    return {"labels.json": "[" + ",".join(f"\n{line}" for line in lines) + "\n]\n"}


def read_json(text: str, *, file: str) -> FileContents:
    """Read a list of objects like that of `export_json`; a missing key means null. Raises `BadFileError`."""
    contents = FileContents(left_out=Counter())
    for line, values in read_objects(text, file=file):
        for key in set(values) - _KEYS:
            contents.left_out[LeftOut("value", f" of {quoted(key)}")] += 1
        known = {key: value for key, value in values.items() if key in _KEYS}
        if known.get("emotion") in (None, ""):
            contents.left_out[LeftOut("object", " without an emotion")] += 1
        else:
            contents.labels.append(FileLabel(line, known))
    return contents


def read_objects(text: str, *, file: str) -> Iterator[tuple[int, dict]]:
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
