"""The takes of a session: recordings with their scores, and their export as CSV and JSON."""

import csv
import io
import json
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ser.labels import LABELS
from ser.recognition.result import Recognition, Window
from ser.ui.parts.result import Result
from ser.ui.takes import links
from ser.util.text import shielded

MAX_TAKES = 200  # per session; a picture takes about 150 kB, so 30 MB
MAX_NAME_LENGTH = 80
DEFAULT_NAME = "Take"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

COLUMNS = (
    *("id", "name", "time", "source", "prompt", "asked", "known_takes", "duration_s", "verdict", "top"),
    *LABELS,
    *("intensity", "problems", "warning"),
)


@dataclass(frozen=True)
class Take:
    """A recording of this session, with its recognition and the picture of one scored window.

    Attributes
    ----------
    id : short and unique
    name : shown to people, one line
    time : when it was recorded, ISO 8601 to the second with the offset from UTC
    file : path in the app's upload folder
    played : path of its decoded copy, which the page plays; by default `file`
    recognition : the recognizer's answer
    pictured : the window that `png` shows
    png : log-mel spectrogram of that window
    source : "microphone", "upload", "example" or "live"
    prompt : code of the sentence that was read aloud, if any
    asked : emotion that the person was asked to act, to create a voice profile
    known_takes : number of takes in the voice profile that was used; 0 without a profile
    sounds_unlike : as in `ser.ui.parts.result.Result`
    link : name by which `links` opens it again; "" if it cannot be opened again
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
    played: str = ""
    sounds_unlike: bool = False
    link: str = ""

    def __hash__(self) -> int:  # gradio detects changes of a state by it; the dict of scores is not hashable
        return hash((self.id, self.name, *self.recognition.scores.values()))


def make_take(
    result: Result, *, source: str, prompt: str | None = None, asked: str | None = None, link: str = ""
) -> Take:
    """Return a take with a new id; see `Take` for the parameters."""
    return Take(
        id=secrets.token_hex(4),
        name=clean_name(result.name),
        time=result.time or datetime.now().astimezone().isoformat(timespec="seconds"),
        file=result.file,
        recognition=result.recognition,
        pictured=result.pictured,
        png=result.png,
        source=source,
        prompt=prompt,
        asked=asked,
        known_takes=result.known_takes,
        sounds_unlike=result.sounds_unlike,
        played=result.played,
        link=link,
    )


def clean_name(name: str) -> str:
    r"""Return a name as one line of at most `MAX_NAME_LENGTH` characters; an empty one becomes `DEFAULT_NAME`.

    >>> clean_name("  two\nlines "), clean_name("")
    ('two lines', 'Take')
    """
    return " ".join(_CONTROL.sub(" ", name).split())[:MAX_NAME_LENGTH].strip() or DEFAULT_NAME


def add(takes: list[Take], take: Take) -> list[Take]:
    """Return the takes with one more at the end, without the oldest ones beyond `MAX_TAKES`.

    A name that is already in use gets a number, since people tell takes apart by their names.
    """
    numbered = replace(take, name=_unused(take.name, {other.name for other in takes}))
    return [*takes, numbered][-MAX_TAKES:]


def score_again(takes: list[Take], scored: Take) -> list[Take]:
    """Return the takes, the newest one of the same file with the answer and the link of another take.

    Its own link ends. Where the take was deleted meanwhile, so does the link of the other one.
    """
    for place in reversed(range(len(takes))):
        old = takes[place]
        if old.file == scored.file:
            links.end(old.link)
            kept = replace(
                scored, id=old.id, name=old.name, time=old.time, source=old.source, prompt=old.prompt
            )
            return [*takes[:place], kept, *takes[place + 1 :]]
    links.end(scored.link)
    return takes


def rename(takes: list[Take], *, take_id: str, name: str) -> list[Take]:
    """Return the takes, one of them with a new name."""
    return [replace(take, name=clean_name(name)) if take.id == take_id else take for take in takes]


def find(takes: list[Take], take_id: str) -> Take | None:
    """Return the take with this id, or None if it was deleted."""
    return next((take for take in takes if take.id == take_id), None)


def discard_files(deleted: list[Take], kept: list[Take]) -> None:
    """Delete the sound files of deleted takes, and end their links.

    Files that a kept take plays stay. So do examples: they are nobody's voice, and other people's takes of the
    same example play the same file.
    """
    in_use = {file for take in kept for file in (take.file, take.played)}
    linked = {take.link for take in kept}
    for take in deleted:
        if take.link not in linked:
            links.end(take.link)
        for file in {take.file, take.played} - in_use - {""}:
            if take.source != "example":
                Path(file).unlink(missing_ok=True)


def to_csv(takes: list[Take]) -> str:
    """Return a CSV table with a row for each take and the columns `COLUMNS`; numbers are written in full.

    Text that a spreadsheet would run as a formula gets an apostrophe in front, see `shielded`.
    """
    table = io.StringIO(newline="")
    # Quoting all text keeps a lone carriage return from being read as the end of a row.
    writer = csv.writer(table, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for take in takes:
        writer.writerow(
            shielded(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in _row(take)
        )
    return table.getvalue()


def to_json(takes: list[Take]) -> str:
    """Return a JSON list with all fields of each take except its picture."""
    return json.dumps([_fields(take) for take in takes], indent=1, ensure_ascii=False)


def _fields(take: Take) -> dict:
    recognition = take.recognition.to_dict() | {"warning": " ".join(take.recognition.file_warnings) or None}
    del recognition["file"]  # exports do not reveal paths of this machine
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
    recognition = take.recognition
    return [
        *(take.id, take.name, take.time, take.source, take.prompt, take.asked, take.known_takes),
        *(recognition.duration_s, recognition.verdict, recognition.top),
        *(recognition.scores[label] for label in LABELS),
        recognition.intensity,
        " ".join(recognition.quality.problems),
        " ".join(recognition.file_warnings),
    ]


def _unused(name: str, names: set[str]) -> str:
    if name not in names:
        return name
    stem = re.sub(r" \d+$", "", name)
    number = 2
    while f"{stem} {number}" in names:
        number += 1
    return f"{stem} {number}"
