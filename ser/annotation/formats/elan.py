"""Labels as ELAN annotation documents: one .eaf file for each clip, with the tiers of `numbered`.

ELAN keeps whole milliseconds; times that were not moved are restored from the data tier. A time slot of a subdivision
may lack its time: it is put between its neighbours. An annotation that refers to another one has its time. TIME_ORIGIN
says at what time of the sound the document begins.
Format: https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PureWindowsPath
from urllib.parse import quote, unquote
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from ser.annotation.formats.cells import file_name
from ser.annotation.formats.contents import BadFileError, FileContents, Interval, Tier, Writing
from ser.annotation.formats.numbered import read_numbered, whole_ms, write_numbered
from ser.annotation.label import Row
from ser.annotation.labelling_queue import SOUND_ENDINGS

ENDING = ".eaf"
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="{date}" FORMAT="3.0" VERSION="3.0"\
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\
 xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
        <MEDIA_DESCRIPTOR MEDIA_URL={url} RELATIVE_MEDIA_URL={url} MIME_TYPE="audio/*"/>
    </HEADER>
    <TIME_ORDER>
"""
_END = """    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
"""


@dataclass
class _Annotation:
    """An annotation: the slots that it lies between, or the annotation that it refers to and the one before it there."""

    line: int
    slots: tuple[str, str] | None = None
    parent: str | None = None
    previous: str | None = None
    text: str = ""


@dataclass
class _Document:
    slots: dict[str, float | None] = field(default_factory=dict)  # seconds by id
    media: list[tuple[str, float]] = field(
        default_factory=list
    )  # name, seconds of its sound before the document
    tiers: list[tuple[str, str | None, list[str]]] = field(default_factory=list)  # name, annotator, ids
    annotations: dict[str, _Annotation] = field(default_factory=dict)


def export_elan(rows: list[Row], writing: Writing) -> dict[str, str]:
    """Return an annotation document for each clip.

    Parameters
    ----------
    rows : the labels
    writing : when ELAN shows each clip
    """
    clips: dict[str, list[Row]] = {}
    for row in rows:
        clips.setdefault(row.clip.hash, []).append(row)
    files: dict[str, str] = {}
    for content, clip_rows in clips.items():
        name = file_name(clip_rows[0].clip, ending=ENDING, taken=files)
        files[name] = _document(clip_rows, writing.shifts.get(content, 0.0), writing.choices.names)
    return files


def read_elan(text: str, *, file: str) -> FileContents:
    """Read an annotation document; raise `BadFileError` if it is not one, or refers to what it does not have."""
    document = _parse(file, text)
    name, origin_s = _sound(document)
    try:
        times = _times(document)
        tiers = [
            Tier(
                tier,
                [_interval(document.annotations[key], times[key], origin_s) for key in keys],
                False,
                person,
            )
            for tier, person, keys in document.tiers
        ]
    except (KeyError, RecursionError) as error:
        raise BadFileError(file, 1, f"it refers to {error}, which it does not have.") from error
    contents = read_numbered(tiers, file=file, end_s=None, program="elan", in_whole_ms=True)
    for label in contents.labels:
        if name and not {"clip", "file"} & set(label.values):
            label.values["file"] = name
    return contents


# ---- writing


def _document(rows: list[Row], shift_s: float, names: Mapping[str, str]) -> str:
    _, tiers = write_numbered(rows, names=names, shift_s=shift_s, keeps_times=False)
    times: list[int] = []
    body: list[str] = []
    taken: set[str] = set()
    for tier in tiers:
        name, number = tier.name, 2
        while name in taken:
            name, number = f"{tier.name} ({number})", number + 1
        taken.add(name)
        person = f" ANNOTATOR={_quoted(tier.person)}" if tier.person else ""
        body.append(f'    <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID={_quoted(name)}{person}>\n')
        for interval in tier.intervals:
            times += [round(1000 * (time or 0.0)) for time in whole_ms((interval.start_s, interval.end_s))]
            slots = f'TIME_SLOT_REF1="ts{len(times) - 1}" TIME_SLOT_REF2="ts{len(times)}"'
            body.append(
                f'        <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{len(times) // 2}" {slots}>'
                f"<ANNOTATION_VALUE>{_escaped(interval.text)}</ANNOTATION_VALUE>"
                "</ALIGNABLE_ANNOTATION></ANNOTATION>\n"
            )
        body.append("    </TIER>\n")
    url = quoteattr("file:///./" + quote(PureWindowsPath(rows[0].clip.name).name, safe=""))
    head = _HEAD.format(date=datetime.now(UTC).isoformat(timespec="seconds"), url=url)
    slots = "".join(
        f'        <TIME_SLOT TIME_SLOT_ID="ts{i}" TIME_VALUE="{time}"/>\n' for i, time in enumerate(times, 1)
    )
    return f"{head}{slots}    </TIME_ORDER>\n{''.join(body)}{_END}"


def _escaped(text: str) -> str:
    """Return text for XML; what XML cannot hold becomes a reference of JSON, which only the data tier contains."""
    text = "".join(f"\\u{ord(c):04x}" if c in "\ufffe\uffff\x7f\x85\u2028\r" else c for c in text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    return quoteattr(text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd"))


# ---- reading


def _parse(file: str, text: str) -> _Document:
    document, reader = _Document(), expat.ParserCreate()
    current: list[_Annotation] = []
    values: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "TIME_SLOT":
            value = attributes.get("TIME_VALUE")
            document.slots[attributes["TIME_SLOT_ID"]] = None if value is None else int(value) / 1000
        elif name == "MEDIA_DESCRIPTOR":
            url = attributes.get("MEDIA_URL") or attributes.get("RELATIVE_MEDIA_URL", "")
            origin_s = int(attributes.get("TIME_ORIGIN", 0)) / 1000
            document.media.append((PureWindowsPath(unquote(url)).name, origin_s))
        elif name == "TIER":
            document.tiers.append((attributes["TIER_ID"], attributes.get("ANNOTATOR"), []))
        elif name in ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION"):
            slots = attributes.get("TIME_SLOT_REF1"), attributes.get("TIME_SLOT_REF2")
            annotation = _Annotation(
                reader.CurrentLineNumber,
                (slots[0], slots[1]) if slots[0] and slots[1] else None,
                attributes.get("ANNOTATION_REF"),
                attributes.get("PREVIOUS_ANNOTATION"),
            )
            document.annotations[attributes["ANNOTATION_ID"]] = annotation
            document.tiers[-1][2].append(attributes["ANNOTATION_ID"])
            current[:] = [annotation]
        values.clear()

    def end(name: str) -> None:
        if name == "ANNOTATION_VALUE" and current:
            current[0].text = "".join(values)

    reader.StartElementHandler, reader.EndElementHandler = start, end
    reader.CharacterDataHandler = values.append
    try:
        reader.Parse(text.encode("utf-8"), True)
    except (expat.ExpatError, KeyError, ValueError, IndexError) as error:
        line = max(reader.CurrentLineNumber, 1)
        raise BadFileError(file, line, f"this is not an annotation document of ELAN ({error}).") from error
    if "<ANNOTATION_DOCUMENT" not in text:
        raise BadFileError(file, 1, "this is not an annotation document of ELAN.")
    return document


def _sound(document: _Document) -> tuple[str | None, float]:
    """Return the name of the sound and the time of it at which the document begins."""
    sounds = [media for media in document.media if PureWindowsPath(media[0]).suffix.lower() in SOUND_ENDINGS]
    waves = [media for media in sounds if media[0].lower().endswith((".wav", ".wave"))]
    return next(iter([*waves, *sounds]), (None, 0.0))


def _interval(annotation: _Annotation, times: tuple[float, float], origin_s: float) -> Interval:
    return Interval(times[0] + origin_s, times[1] + origin_s, annotation.text, annotation.line)


def _times(document: _Document) -> dict[str, tuple[float, float]]:
    """Return start and end of each annotation in seconds."""
    _fill_slots(document)
    times: dict[str, tuple[float, float]] = {}
    siblings: dict[tuple[str, int], list[str]] = {}
    for i, (_, _, keys) in enumerate(document.tiers):
        for key in keys:
            annotation = document.annotations[key]
            if annotation.slots is None:
                siblings.setdefault((str(annotation.parent), i), []).append(key)

    def find(key: str, depth: int = 0) -> tuple[float, float]:
        if depth > len(document.tiers):
            raise KeyError(key)  # annotations that refer to each other
        if key not in times:
            annotation = document.annotations[key]
            if annotation.slots is not None:
                start_s, end_s = (document.slots[slot] for slot in annotation.slots)
                if start_s is None or end_s is None:
                    raise KeyError(key)
                times[key] = start_s, end_s
            else:
                parent = str(annotation.parent)
                start_s, end_s = find(parent, depth + 1)
                for tier in range(len(document.tiers)):
                    parts = siblings.get((parent, tier), [])
                    step = (end_s - start_s) / max(len(parts), 1)
                    for n, part in enumerate(parts):
                        times[part] = start_s + n * step, start_s + (n + 1) * step
        return times[key]

    for key in document.annotations:
        find(key)
    return times


def _fill_slots(document: _Document) -> None:
    """Give each slot without a time one: at equal distances between the slots of its tier that have one."""
    for _, _, keys in document.tiers:
        pairs = [document.annotations[key].slots for key in keys]
        after = {pair[0]: pair[1] for pair in pairs if pair}
        for first in list(after):
            if document.slots[first] is None:
                continue
            chain = [first]
            while (
                chain[-1] in after and document.slots[after[chain[-1]]] is None and len(chain) <= len(after)
            ):
                chain.append(after[chain[-1]])
            last = after.get(chain[-1])
            start_s, end_s = document.slots[first], document.slots.get(last or "")
            if start_s is not None and end_s is not None:
                for n, slot in enumerate(chain[1:], 1):
                    document.slots[slot] = start_s + n * (end_s - start_s) / len(chain)
