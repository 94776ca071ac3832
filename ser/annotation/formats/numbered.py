"""Labels as tiers, for Praat and ELAN: their texts are an emotion and a number, and a last tier holds what else there is.

Each annotator has a tier for the label of the whole clip, and a tier "Ann: regions" for regions. Overlapping regions
go to further tiers, "Ann: regions 2". The text of an interval is the emotion and a number, "Angry #1". The last tier,
"Emotion Listener", stores the other fields as JSON under these numbers, so they survive when a boundary is moved or
the emotion is changed in the program. An interval without a number is a new label.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ser.annotation.formats.cells import CLIP_FIELDS, to_values, voice_of
from ser.annotation.formats.contents import (
    WHOLE_S,
    BadFileError,
    FileContents,
    FileLabel,
    Interval,
    LeftOut,
    Tier,
    quoted,
    tier_annotator,
)
from ser.annotation.formats.program_times import is_at, shifted, unshifted
from ser.annotation.label import LabelError, Row

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


# ---- writing


def write_numbered(
    rows: list[Row], *, names: Mapping[str, str], shift_s: float = 0.0, keeps_times: bool = True
) -> tuple[float, list[Tier]]:
    """Return the end of a file in seconds and its tiers: labels by annotator, with gaps, then the data tier.

    Parameters
    ----------
    rows : labels of one clip
    names : what the labels are called, by code
    shift_s : how many seconds later the program shows the clip
    keeps_times : whether the program keeps all digits of times; otherwise the data tier has them, too
    """
    end_s = max([rows[0].clip.duration_s or 0.0, *(row.label.end_s or 0.0 for row in rows)]) or 1.0
    end_s = max(end_s + shift_s, end_s)
    clip: dict[str, object] = {}
    fields: dict[str, dict[str, object]] = {}
    numbered: dict[str, list[tuple[int, Row]]] = {}
    for number, row in enumerate(rows, 1):
        values = {key: value for key, value in to_values(row).items() if value is not None}
        clip = {key: values.pop(key) for key in CLIP_FIELDS if key in values}
        for key in ("emotion", "start_s", "end_s") if keeps_times and not shift_s else ("emotion",):
            values.pop(key, None)
        fields[str(number)] = values | {"whole": row.label.whole}
        numbered.setdefault(voice_of(row.label), []).append((number, row))
    tiers = [
        tier
        for annotator, labels in numbered.items()
        for tier in _tiers(annotator, labels, names, end_s, shift_s)
    ]
    data = {"kind": KIND, "clip": clip, "labels": fields} | ({"shift_s": shift_s} if shift_s else {})
    tiers.append(Tier(DATA_TIER, [Interval(0.0, end_s, json.dumps(data, ensure_ascii=False))]))
    return end_s, tiers


def _tiers(
    annotator: str, labels: list[tuple[int, Row]], names: Mapping[str, str], end_s: float, shift_s: float
) -> Iterator[Tier]:
    regions = []
    for number, row in labels:
        text = f"{names[row.label.emotion]} #{number}"
        if row.label.region is None:
            yield Tier(annotator, [Interval(0.0, end_s, text)], person=annotator)
        else:
            regions.append(Interval(*shifted(row.label.region, shift_s), text))
    for i, layer in enumerate(_layers(regions), 1):
        yield Tier(f"{annotator}: regions{'' if i == 1 else f' {i}'}", layer, person=annotator)


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


# ---- reading


def read_numbered(
    tiers: list[Tier], *, file: str, end_s: float | None, program: str, in_whole_ms: bool = False
) -> FileContents:
    """Return the labels of the tiers of a file; raise `BadFileError` if its data tier is damaged.

    Parameters
    ----------
    tiers : all tiers
    file : name of the file, for messages
    end_s : the end of the file in seconds, None if it is not known
    program : whose times they are, if this app did not write the file
    in_whole_ms : whether the program has whole milliseconds
    """
    data, used = _find_data(file, tiers), set[str]()
    contents = FileContents(
        left_out=Counter(), duration_s=end_s, program=program if data is None else "decoded"
    )
    data = data or _Data()
    for tier in tiers:
        for interval in tier.intervals:
            if not interval.text.strip() or _DATA.match(interval.text):
                continue
            if tier.is_of_points:
                contents.left_out[LeftOut("point", f" of the tier {quoted(tier.name)}")] += 1
                continue
            try:
                contents.labels.append(_label(tier, interval, data, used, end_s, in_whole_ms))
            except LabelError as error:
                raise BadFileError(file, interval.line, f"{error.problem}.") from error
    return contents


def whole_ms(region: tuple[Any, Any]) -> tuple[float | None, float | None]:
    """Return a region in whole milliseconds, at least one; the times are seconds. (None, None) for what is not a region."""
    if not all(isinstance(time, int | float) and -math.inf < time < math.inf for time in region):
        return None, None
    start = round(1000 * region[0])
    return start / 1000, max(start + 1, round(1000 * region[1])) / 1000


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


def _label(
    tier: Tier, interval: Interval, data: _Data, used: set[str], end_s: float | None, in_whole_ms: bool
) -> FileLabel:
    match = _NUMBERED.fullmatch(interval.text)
    emotion, number = match.groups() if match else (interval.text, None)
    start_s, end = unshifted((interval.start_s, interval.end_s), data.shift_s)
    times: dict[str, object] = {"start_s": start_s, "end_s": end}
    if number is None:
        annotator = tier_annotator(tier.name)
        if annotator in data.annotators:  # the tier is one that this app wrote
            return FileLabel(interval.line, data.clip | times | {"emotion": emotion, "annotator": annotator})
        return FileLabel(interval.line, data.clip | times | {"emotion": emotion}, tier.name)
    if number not in data.labels:
        raise LabelError(f"the tier {DATA_TIER} has no label #{number} (remove the number)")
    if number in used:
        raise LabelError(f"#{number} occurs twice (remove the number of the new label)")
    used.add(number)
    values = dict(data.labels[number])
    whole = values.pop("whole", False) is True
    if whole and interval.start_s <= WHOLE_S and (end_s is None or interval.end_s >= end_s - WHOLE_S):
        return FileLabel(interval.line, data.clip | values | {"emotion": emotion})
    exact = values.get("start_s"), values.get("end_s")
    written = whole_ms(exact) if in_whole_ms else exact
    if is_at((start_s, end), written):
        times = {"start_s": exact[0], "end_s": exact[1]}
    return FileLabel(interval.line, data.clip | values | times | {"emotion": emotion})
