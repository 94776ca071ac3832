"""Labels as tasks of Label Studio, in its JSON: a task for each clip, a region for each label.

A region has its times, in seconds and not rounded, in `value`, and the duration of the sound in `original_length`
beside it. Labels of whole clips are choices. What else there is about a label is kept in the `meta` of its region.
Label Studio puts eight hex digits before the names of uploaded files, which are taken away again. Its short form,
JSON-MIN, is read, too; an annotator without an e-mail address is "user 1".
https://labelstud.io/guide/export
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from ser.annotation.formats.cells import to_values, voice_of
from ser.annotation.formats.contents import BadFileError, FileContents, FileLabel, LeftOut, Writing, quoted
from ser.annotation.formats.json_format import read_objects
from ser.annotation.formats.program_times import is_at
from ser.annotation.label import Row
from ser.annotation.label_set import LabelSet
from ser.annotation.labelling_queue import SOUND_ENDINGS

META = "emotion_listener"
_UPLOADED = re.compile(r"[0-9a-f]{8}-(?=.)")


def export_label_studio(rows: list[Row], writing: Writing) -> dict[str, str]:
    """Return tasks.json, with an annotation for each annotator of a clip."""
    tasks: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        tasks.setdefault(row.clip.hash, {}).setdefault(voice_of(row.label), []).append(row)
    lines = [
        json.dumps(_task(annotators, writing.choices), ensure_ascii=False) for annotators in tasks.values()
    ]
    return {"tasks.json": "[" + ",".join(f"\n{line}" for line in lines) + "\n]\n"}


def read_label_studio(text: str, *, file: str) -> FileContents:
    """Read tasks in Label Studio's JSON or JSON-MIN; raise `BadFileError` for anything else."""
    contents = FileContents(left_out=Counter())
    for line, task in read_objects(text, file=file):
        try:
            name = _sound_name(task)
            for annotation, results in _annotations(task, contents.left_out):
                for result in results:
                    for values in _labels(result, contents.left_out):
                        is_own = "id" in values
                        named = {} if is_own or name is None else {"file": name}
                        tier = None if is_own else _annotator(annotation)
                        contents.labels.append(FileLabel(line, named | values, tier))
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            raise BadFileError(file, line, "this is not a task of Label Studio.") from error
    return contents


# ---- writing


def _task(annotators: dict[str, list[Row]], choices: LabelSet) -> dict:
    clip = next(iter(annotators.values()))[0].clip
    return {
        "data": {"audio": clip.name},
        "annotations": [
            {"result": [_result(row, choices.nouns) for row in rows]} for rows in annotators.values()
        ],
    }


def _result(row: Row, nouns: Mapping[str, str]) -> dict:
    label, duration_s = row.label, row.clip.duration_s
    fields = {key: value for key, value in to_values(row).items() if value is not None and key != "emotion"}
    kind = "choices" if label.region is None else "labels"
    value: dict[str, Any] = {kind: [nouns[label.emotion]]}
    if label.region is not None:
        value |= {"start": label.start_s, "end": label.end_s, "channel": 0}
    result = {"id": label.id[:10], "from_name": "emotion", "to_name": "audio", "type": kind, "value": value}
    length = {} if duration_s is None else {"original_length": duration_s}
    return result | length | {"meta": {META: fields}}


# ---- reading


def _sound_name(task: dict) -> str | None:
    """Return the name of a task's sound as it was before it was uploaded."""
    data = task.get("data", task)
    texts = [task.get("file_upload"), *(data.values() if isinstance(data, dict) else ())]
    for text in texts:
        if isinstance(text, str) and PurePosixPath(text.partition("?")[0]).suffix.lower() in SOUND_ENDINGS:
            path = unquote(text.partition("?")[0])
            name = path.rpartition("/")[2]
            return name[9:] if _UPLOADED.match(name) else path
    return None


def _annotations(task: dict, left_out: Counter[LeftOut]) -> Iterator[tuple[dict, list[dict]]]:
    """Yield each annotation of a task with its results."""
    if "annotations" in task or "data" in task:
        for annotation in task.get("annotations") or []:
            if annotation.get("was_cancelled"):
                left_out[LeftOut("annotation", " that was cancelled")] += 1
            else:
                yield annotation, annotation["result"]
        return
    regions: list[dict] = []
    for key, value in task.items():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict) and ({"labels", "choices"} & set(part)):
                regions.append({"value": part})
            elif key in ("emotion", "label") and isinstance(part, str):
                regions.append({"value": {"choices": [part]}})
    yield task, regions


def _annotator(annotation: dict) -> str:
    person = annotation.get("completed_by", annotation.get("annotator"))
    if isinstance(person, dict):
        return str(person.get("email") or f"user {person.get('id')}")
    return f"user {person}"


def _labels(result: dict, left_out: Counter[LeftOut]) -> Iterator[dict[str, Any]]:
    value = result["value"]
    words = value.get("labels") or value.get("choices")
    if not words:
        left_out[LeftOut("result", f" of the type {quoted(str(result.get('type')))}")] += 1
        return
    own = (result.get("meta") or {}).get(META)
    times = {"start_s": value["start"], "end_s": value["end"]} if "start" in value else {}
    if isinstance(own, dict) and own.get("id"):
        exact = own.get("start_s"), own.get("end_s")
        if times and is_at((float(value["start"]), float(value["end"])), exact):
            times = {}
        yield own | times | {"emotion": words[0]}
        return
    for word in words:
        yield times | {"emotion": str(word)}
