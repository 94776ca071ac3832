"""Labels as TextGrids of Praat: one file in the long text format for each clip.

Each annotator has a tier for the label of the whole clip, and a tier "Ann: regions" for regions. Overlapping regions
go to further tiers, "Ann: regions 2". The text of an interval is the emotion and a number, "ANG #1". The last tier,
"Emotion Listener", stores the other fields as JSON under these numbers, so they survive when a boundary is moved or
the emotion is changed in Praat. An interval without a number is a new label.
Format: https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ser.annotation.formats.cells import CLIP_FIELDS, file_name, to_values
from ser.annotation.formats.contents import (
    WHOLE_S,
    BadFileError,
    FileContents,
    FileLabel,
    LeftOut,
    quoted,
    tier_annotator,
)
from ser.annotation.formats.praat_text import Interval, PraatTextError, Tier, read_tiers, write_tiers
from ser.annotation.formats.program_times import is_at, shifted, unshifted
from ser.annotation.label import LabelError, Row

ENDING = ".TextGrid"
DATA_TIER = "Emotion Listener"
KIND = "Emotion Listener labels"
_DATA = re.compile(r'\s*\{\s*"kind"\s*:')
_NUMBERED = re.compile(r"(.*?)\s*#(\d{1,9})\s*", re.DOTALL)


@dataclass
class _Data:
    """The contents of the data tier: fields of the clip, of the labels by number, and how much later all times are."""

    clip: dict = field(default_factory=dict)
    labels: dict[str, dict] = field(default_factory=dict)
    shift_s: float = 0.0

    @property
    def annotators(self) -> list[object]:
        """The annotators of the labels."""
        return [label.get("annotator") for label in self.labels.values()]


def export_textgrid(rows: list[Row], shifts: Mapping[str, float]) -> dict[str, str]:
    """Return a TextGrid for each clip.

    Parameters
    ----------
    rows : the labels
    shifts : how many seconds later Praat shows a clip, by its hash
    """
    clips: dict[str, list[Row]] = {}
    for row in rows:
        clips.setdefault(row.clip.hash, []).append(row)
    files: dict[str, str] = {}
    for clip_rows in clips.values():
        files[file_name(clip_rows[0].clip, ending=ENDING, taken=files)] = _textgrid(
            clip_rows, shifts.get(clip_rows[0].clip.hash, 0.0)
        )
    return files


def read_textgrid(text: str, *, file: str) -> FileContents:
    """Read a TextGrid in the long or the short text format; without a data tier, its name gives the clip.

    Raises `BadFileError`.
    """
    try:
        end_s, tiers = read_tiers(text)
    except PraatTextError as error:
        raise BadFileError(file, error.line, f"{error}.") from error
    data, used = _find_data(file, tiers), set[str]()
    program = "praat" if data is None else "decoded"
    contents = FileContents(left_out=Counter(), duration_s=end_s, program=program)
    data = data or _Data()
    for tier in tiers:
        for interval in tier.intervals:
            if not interval.text.strip() or _DATA.match(interval.text):
                continue
            if tier.is_of_points:
                contents.left_out[LeftOut("point", f" of the tier {quoted(tier.name)}")] += 1
                continue
            try:
                contents.labels.append(_label(tier.name, interval, data, used, end_s))
            except LabelError as error:
                raise BadFileError(file, interval.line, f"{error.problem}.") from error
    return contents


# ---- writing


def _textgrid(rows: list[Row], shift_s: float) -> str:
    end_s = max([rows[0].clip.duration_s or 0.0, *(row.label.end_s or 0.0 for row in rows)]) or 1.0
    end_s = max(end_s + shift_s, end_s)
    clip: dict[str, object] = {}
    fields: dict[str, dict[str, object]] = {}
    numbered: dict[str, list[tuple[int, Row]]] = {}
    for number, row in enumerate(rows, 1):
        values = {key: value for key, value in to_values(row).items() if value is not None}
        clip = {key: values.pop(key) for key in CLIP_FIELDS if key in values}
        for key in ("emotion",) if shift_s else ("emotion", "start_s", "end_s"):
            values.pop(key, None)
        fields[str(number)] = values | {"whole": row.label.whole}
        numbered.setdefault(row.label.annotator, []).append((number, row))
    tiers = [
        tier for annotator, labels in numbered.items() for tier in _tiers(annotator, labels, end_s, shift_s)
    ]
    data = {"kind": KIND, "clip": clip, "labels": fields} | ({"shift_s": shift_s} if shift_s else {})
    tiers.append((DATA_TIER, [Interval(0.0, end_s, json.dumps(data, ensure_ascii=False))]))
    return write_tiers(end_s, tiers)


def _tiers(
    annotator: str, labels: list[tuple[int, Row]], end_s: float, shift_s: float
) -> Iterator[tuple[str, list[Interval]]]:
    regions = []
    for number, row in labels:
        text = f"{row.label.emotion} #{number}"
        if row.label.region is None:
            yield annotator, [Interval(0.0, end_s, text)]
        else:
            regions.append(Interval(*shifted(row.label.region, shift_s), text))
    for i, layer in enumerate(_layers(regions), 1):
        yield f"{annotator}: regions{'' if i == 1 else f' {i}'}", _filled(layer, end_s)


def _layers(regions: list[Interval]) -> list[list[Interval]]:
    """Distribute regions over layers in which no two overlap."""
    layers: list[list[Interval]] = []
    for region in sorted(regions, key=lambda region: (region.start_s, region.end_s)):
        layer = next((layer for layer in layers if layer[-1].end_s <= region.start_s), None)
        if layer is None:
            layers.append([region])
        else:
            layer.append(region)
    return layers


def _filled(regions: list[Interval], end_s: float) -> list[Interval]:
    """Fill gaps with empty intervals, because the intervals of a Praat tier must be adjacent."""
    filled, filled_s = [], 0.0
    for region in regions:
        filled += [Interval(filled_s, region.start_s, "")] if region.start_s > filled_s else []
        filled.append(region)
        filled_s = region.end_s
    return filled + ([Interval(filled_s, end_s, "")] if filled_s < end_s else [])


# ---- reading


def _find_data(file: str, tiers: Iterable[Tier]) -> _Data | None:
    for tier in tiers:
        for interval in tier.intervals:
            if not _DATA.match(interval.text):
                continue
            try:
                values = json.loads(interval.text)
                data = _Data(values["clip"], values["labels"], values.get("shift_s", 0.0))
                valid = (
                    values["kind"] == KIND and isinstance(data.clip, dict) and isinstance(data.labels, dict)
                )
                valid = valid and isinstance(data.shift_s, float)
                valid = valid and all(isinstance(label, dict) for label in data.labels.values())
            except (ValueError, KeyError, TypeError, RecursionError):
                valid = False
            if not valid:
                raise BadFileError(file, interval.line, f"the JSON of the tier {DATA_TIER} is damaged.")
            return data
    return None


def _label(tier: str, interval: Interval, data: _Data, used: set[str], end_s: float) -> FileLabel:
    match = _NUMBERED.fullmatch(interval.text)
    emotion, number = match.groups() if match else (interval.text, None)
    start_s, end = unshifted((interval.start_s, interval.end_s), data.shift_s)
    times: dict[str, object] = {"start_s": start_s, "end_s": end}
    if number is None:
        annotator = tier_annotator(tier)
        if annotator in data.annotators:  # the tier is one that this app wrote
            return FileLabel(interval.line, data.clip | times | {"emotion": emotion, "annotator": annotator})
        return FileLabel(interval.line, data.clip | times | {"emotion": emotion}, tier)
    if number not in data.labels:
        raise LabelError(f"the tier {DATA_TIER} has no label #{number} (remove the number)")
    if number in used:
        raise LabelError(f"#{number} occurs twice (remove the number of the new label)")
    used.add(number)
    values = dict(data.labels[number])
    whole = values.pop("whole", False) is True
    if whole and interval.start_s <= WHOLE_S and interval.end_s >= end_s - WHOLE_S:
        return FileLabel(interval.line, data.clip | values | {"emotion": emotion})
    exact = values.get("start_s"), values.get("end_s")
    if is_at((start_s, end), exact):
        times = {"start_s": exact[0], "end_s": exact[1]}
    return FileLabel(interval.line, data.clip | values | times | {"emotion": emotion})
