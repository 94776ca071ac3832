"""What the page sends about labels, checked and read, and what it gets back. No gradio here."""

import hashlib
import re
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NotRequired

from ser.annotation.label_set import LabelSet
from ser.annotation.store import Change, Label, LabelError
from ser.annotation.validation import check_label, is_hash
from ser.errors import UserError
from ser.ui.desk.clips import DeskRequest, SoundRequest
from ser.ui.page.server_functions import STALE

MAX_NAME, MAX_NOTE = 60, 2000  # characters
NAMELESS = "Enter your name first: it is stored with each label."

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class Letter(DeskRequest):
    """A change of a label, which the page keeps and sends again until it is acknowledged.

    `kind` is "write" or "delete", `request` names the clip, `clip` holds its hash and name as far as the page knows
    them, `time` is when the change was made.
    """

    kind: str
    label: dict
    request: SoundRequest
    clip: NotRequired[dict | None]
    time: NotRequired[str | None]


def annotator_of(request: DeskRequest) -> str:
    """Return the annotator's name; raise `UserError` if it was not entered yet."""
    name = one_line(request.get("annotator"), max_length=MAX_NAME)
    if not name:
        raise UserError(NAMELESS)
    return name


def one_line(text: object, *, max_length: int) -> str:
    """Return text as one line without control characters; an empty string for anything but text."""
    return " ".join(_CONTROL.sub(" ", text).split())[:max_length].strip() if isinstance(text, str) else ""


def hash_of(clip: object) -> str:
    """Return the hash of a clip that the page names; raise `UserError` if it is none."""
    content = clip.get("hash") if isinstance(clip, dict) else None
    if not is_hash(content):
        raise UserError(STALE)
    return content


def read_label(letter: Letter, *, clip: str, annotator: str, choices: LabelSet) -> Label:
    """Return the label of a change; raise `UserError` if its fields do not make a label of this annotator."""
    fields = letter["label"]
    label = Label(
        id=fields.get("id", ""),
        clip=clip,
        annotator=annotator,
        emotion=fields.get("emotion", ""),
        intensity=fields.get("intensity"),
        confidence=fields.get("confidence"),
        start_s=fields.get("start_s"),
        end_s=fields.get("end_s"),
        note=one_line(fields.get("note"), max_length=MAX_NOTE),
        time=time_of(letter.get("time")),
        revision=fields.get("revision", -1),
        final=fields.get("final", False),
    )
    try:
        check_label(label, codes=choices.codes)
    except LabelError as error:
        raise UserError(STALE) from error
    if fields.get("annotator") != annotator:
        raise UserError(STALE)
    if label.region is None:
        return label
    start_s, end_s = map(float, label.region)  # JSON has 2 for 2.0
    return replace(label, start_s=start_s, end_s=end_s)


def time_of(text: str | None) -> str:
    """Return when a label was given, as the page says, because it may have waited there; a time in the future becomes now."""
    now = datetime.now(UTC)
    try:
        then = datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        then = now
    return min(then, now).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_same(stored: Label, label: Label) -> bool:
    """Return whether the stored label already has the content of the one to write."""
    fields = ("clip", "annotator", "emotion", "intensity", "confidence", "start_s", "end_s", "note", "final")
    return all(getattr(stored, field) == getattr(label, field) for field in fields)


def plain_change(change: Change) -> dict:
    """Return a change of a label as plain JSON values."""
    return {
        "before": change.before and asdict(change.before),
        "after": change.after and asdict(change.after),
        "annotator": change.annotator,
        "time": change.time,
    }


def identity(file: Path | None) -> str:
    """Return an id by which the page knows whether this is the same store as before."""
    return (
        hashlib.sha256(str(file.resolve()).encode("utf-8", "replace")).hexdigest()[:16] if file else "sitting"
    )
