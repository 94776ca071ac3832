"""Print recognitions as a table, JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.result import Phrase, Recognition, Unscored
from ser.util.text import plain, shielded

STYLES = ("table", "json", "csv")
VERDICT_WORDS = {"sure": "sure", "leaning": "leaning", "unsure": "unsure", "no_voice": "no voice"}


def format_recognitions(
    results: Sequence[Recognition | Unscored], *, style: str = "table", phrases: bool = False
) -> str:
    """Return the results as text without a final line break.

    Parameters
    ----------
    results : one for each file
    style : "table", a line per file with the highest-scoring emotion and all percentages; "json", a list of
        `Recognition.to_dict()`; or "csv", a row per file with file, duration_s, top, verdict, the six scores, intensity,
        warning and error. With an adaptation that has emotions of its own, these are in the table and come first in the CSV
    phrases : whether to print the phrases, too, of results that have them: after the line of their file, as the key
        "phrases" of each object, or, in CSV, as the rows, with start_s and end_s in place of duration_s

    Names pass through `ser.util.text.plain`, in CSV also through `ser.util.text.shielded`; JSON has them unchanged.
    """
    writers = {"table": _table, "json": _json, "csv": _csv}
    if style not in writers:
        raise ValueError(f"unknown style {style!r}: use {', '.join(STYLES)}")
    return writers[style](results, phrases)


def _json(results: Sequence[Recognition | Unscored], phrases: bool) -> str:
    rows = [result.to_dict() for result in results]
    for row in rows:
        scored = row.pop("phrases", [])
        row |= {"phrases": scored} if phrases else {}
    return json.dumps(rows, indent=2, allow_nan=False)


def _csv(results: Sequence[Recognition | Unscored], phrases: bool) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    own = _own_emotions(results)
    six = [f"six_{label}" for label in LABELS] if own else LABELS
    times = ["start_s", "end_s"] if phrases else ["duration_s"]
    rows.writerow(["file", *times, "top", "verdict", *own, *six, "intensity", "warning", "error"])
    for result in results:
        row = result.to_dict()
        for part in row.get("phrases", [{}]) if phrases else [row]:
            scores, adapted = part.get("scores") or {}, part.get("adaptation") or {}
            answer = adapted if own else part
            values = [row["file"], *map(part.get, times), answer.get("top"), answer.get("verdict")]
            values += [adapted.get("scores", {}).get(code) for code in own]
            values += [*(scores.get(label) for label in LABELS), part.get("intensity")]
            values += [row["warning"], row["error"]]
            rows.writerow([shielded(plain(cell)) if isinstance(cell, str) else cell for cell in values])
    return text.getvalue().rstrip("\n")


def _table(results: Sequence[Recognition | Unscored], phrases: bool) -> str:
    names = [plain(result.file or "recording") for result in results]
    width = max(map(len, [*names, "file", *(["  1000.00 to 1000.00 s"] if phrases else [])]))
    words = {code: EMOTION_NAMES.get(code, code) for code in _own_emotions(results)} or EMOTION_NAMES
    emotions, verdicts = (max(map(len, each.values())) for each in (words, VERDICT_WORDS))
    lines = [f"{'file':<{width}}  seconds  {'most likely':<{emotions + 6}}{'verdict':<{verdicts}}"]
    lines[0] += "".join(f"{name:>{len(name) + 2}}" for name in words.values())
    for name, result in zip(names, results, strict=True):
        if result.error is not None:
            lines.append(f"{name:<{width}}  not scored: {result.error}")
            continue
        parts: list[tuple[str, float, Recognition | Phrase]] = [(name, result.duration_s, result)]
        for phrase in result.phrases if phrases else ():
            times = f"  {phrase.start_s:.2f} to {phrase.end_s:.2f} s"
            parts.append((times, phrase.end_s - phrase.start_s, phrase))
        for part_name, length_s, part in parts:
            answer = part.adapted or part
            top = f"{words[answer.top]} {answer.scores[answer.top]:.0%}"
            line = f"{part_name:<{width}}  {length_s:7.1f}  {top:<{emotions + 6}}"
            line += f"{VERDICT_WORDS[answer.verdict]:<{verdicts}}"
            for code, emotion in words.items():
                line += f"{answer.scores[code]:>{len(emotion) + 2}.0%}"
            lines.append(line)
        lines += [f"  note: {warning}" for warning in result.warnings]
    return "\n".join(line.rstrip() for line in lines)


def _own_emotions(results: Sequence[Recognition | Unscored]) -> tuple[str, ...]:
    """Return the emotions of the adaptation that the files were scored with, if they are not the six."""
    adapted = next(
        (result.adapted for result in results if isinstance(result, Recognition) and result.adapted), None
    )
    return () if adapted is None or tuple(adapted.scores) == LABELS else tuple(adapted.scores)
