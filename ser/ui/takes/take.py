"""The takes of one sitting: what was recorded, how it was heard, and the tables that people take with them."""

import csv
import io
import json
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ser.labels import LABELS
from ser.recognition.result import Recognition, Window
from ser.util.text import shielded

MAX_TAKES = 200  # pictures of some 150 kB each: 30 MB a session
LONGEST_NAME = 80
NAMELESS = "Take"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

COLUMNS = (
    *("id", "name", "time", "source", "prompt", "asked", "known_takes", "duration_s", "verdict", "top"),
    *LABELS,
    *("problems", "warning"),
)


@dataclass(frozen=True)
class Take:
    """A recording of this sitting, with its recognition and the picture of one scored window of it.

    Attributes
    ----------
    id : short, unique
    name : what people call it, one line
    time : when it was recorded, ISO 8601 to the second with the offset from UTC
    file : where the app's upload folder has the sound, to play it again
    recognition : how it was heard
    pictured : the window that `png` shows
    png : its log-mel picture
    source : "microphone", "upload", "example" or "live"
    prompt : code of the sentence that was read aloud, if any
    asked : the emotion that the person was asked to act, so that the app learns the voice
    known_takes : takes of the profile that it was scored with; 0 for an unknown voice
    """

    id: str
    name: str
    time: str
    file: str
    recognition: Recognition
    pictured: Window
    png: bytes
    source: str
    prompt: str | None = None
    asked: str | None = None
    known_takes: int = 0

    def __hash__(self) -> int:  # gradio asks it whether its state has changed; the scores are no hashable
        return hash((self.id, self.name))


def make_take(
    name: str,
    file: str,
    recognition: Recognition,
    pictured: Window,
    png: bytes,
    source: str,
    **further: Any,
) -> Take:
    """Return a take of now, with an id of its own; `further` are the fields of `Take` that may be left out."""
    time = datetime.now().astimezone().isoformat(timespec="seconds")
    return Take(
        secrets.token_hex(4), clean_name(name), time, file, recognition, pictured, png, source, **further
    )


def clean_name(name: str) -> str:
    r"""Return a name as one line that fits a list; never an empty one.

    >>> clean_name("  two\nlines "), clean_name("")
    ('two lines', 'Take')
    """
    return " ".join(_CONTROL.sub(" ", name).split())[:LONGEST_NAME].strip() or NAMELESS


def add(takes: list[Take], take: Take) -> list[Take]:
    """Return the takes with one more at the end; beyond `MAX_TAKES` the oldest are left out.

    A name that is there already gets a number: people tell takes apart by their names.
    """
    numbered = replace(take, name=_unused(take.name, {other.name for other in takes}))
    return [*takes, numbered][-MAX_TAKES:]


def rename(takes: list[Take], take_id: str, name: str) -> list[Take]:
    """Return the takes with another name for one of them."""
    return [replace(take, name=clean_name(name)) if take.id == take_id else take for take in takes]


def find(takes: list[Take], take_id: str) -> Take | None:
    """Return the take with this id; None where it is gone."""
    return next((take for take in takes if take.id == take_id), None)


def discard_files(gone: list[Take], kept: list[Take]) -> None:
    """Delete the sound files of takes that are gone.

    A file that a kept take plays stays, and so does an example's: it is nobody's voice, and other people's
    takes of the same example play the same file.
    """
    in_use = {take.file for take in kept}
    for take in gone:
        if take.source != "example" and take.file not in in_use:
            Path(take.file).unlink(missing_ok=True)


def to_csv(takes: list[Take]) -> str:
    """Return a table with a row for each take and the columns `COLUMNS`; numbers are written in full.

    Text that a spreadsheet would run as a formula gets an apostrophe before it: `shielded`.
    """
    table = io.StringIO(newline="")
    # Text is quoted and numbers are not; and a lone carriage return must not read as the end of a row.
    writer = csv.writer(table, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for take in takes:
        writer.writerow(
            shielded(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in _row(take)
        )
    return table.getvalue()


def to_json(takes: list[Take]) -> str:
    """Return all that is known of each take but its picture, as it is: a JSON list."""
    return json.dumps([_fields(take) for take in takes], indent=1, ensure_ascii=False)


def _fields(take: Take) -> dict:
    recognition = take.recognition.to_dict() | {"warning": " ".join(take.recognition.file_warnings) or None}
    del recognition["file"]  # a path on this machine is no one's business elsewhere
    return {
        "id": take.id,
        "name": take.name,
        "time": take.time,
        "source": take.source,
        "prompt": take.prompt,
        "asked": take.asked,
        "known_takes": take.known_takes,
        "pictured": {"start_s": take.pictured.start_s, "end_s": take.pictured.end_s},
        **recognition,
    }


def _row(take: Take) -> list:
    heard = take.recognition
    return [
        *(take.id, take.name, take.time, take.source, take.prompt, take.asked, take.known_takes),
        *(heard.duration_s, heard.verdict, heard.top),
        *(heard.scores[label] for label in LABELS),
        " ".join(heard.quality.problems),
        " ".join(heard.file_warnings),
    ]


def _unused(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    stem = re.sub(r" \d+$", "", name)
    number = 2
    while f"{stem} {number}" in taken:
        number += 1
    return f"{stem} {number}"
