"""Labels as RTTM, the format of speaker diarisation: a file for each annotator, with the emotion in place of the speaker.

A line holds only the file, the start, the duration and a name, none of them with spaces; everything else about a
label is lost.
"""

from collections import Counter

from ser.annotation.formats.cells import plain_name, voice_of
from ser.annotation.formats.contents import (
    BadFileError,
    FileContents,
    FileLabel,
    LeftOut,
    Writing,
    plain_number,
    quoted,
)
from ser.annotation.label import Row
from ser.annotation.label_set import LabelSet

_FIELDS = 9  # the tenth is missing in older files


def export_rttm(rows: list[Row], writing: Writing) -> dict[str, str]:
    """Return a file for each annotator. Labels of whole clips whose duration is unknown are left out."""
    files: dict[str, list[str]] = {}
    for row in rows:
        start_s, end_s = row.label.region or (0.0, row.clip.duration_s or 0.0)
        if end_s > start_s:
            clip = "_".join(plain_name(row.clip.name).split())
            times = f"{plain_number(start_s)} {plain_number(end_s - start_s)}"
            line = (
                f"SPEAKER {clip} 1 {times} <NA> <NA> {_word(row.label.emotion, writing.choices)} <NA> <NA>\n"
            )
            files.setdefault(voice_of(row.label), []).append(line)
    names: dict[str, str] = {}
    for annotator, lines in files.items():
        stem = name = plain_name(annotator) or "labels"
        while f"{name}.rttm".casefold() in {taken.casefold() for taken in names}:
            name += "-2" if name == stem else "2"
        names[f"{name}.rttm"] = "".join(lines)
    return names


def _word(emotion: str, choices: LabelSet) -> str:
    """Return what stands for an emotion: its code where its word has spaces, which separate fields."""
    noun = choices.nouns[emotion]
    return emotion if len(noun.split()) > 1 else noun


def read_rttm(text: str, *, file: str) -> FileContents:
    """Read an RTTM file; the name of a speaker is the emotion. Raises `BadFileError`."""
    contents = FileContents(left_out=Counter())
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split()
        if not parts or line.startswith(";;"):
            continue
        if parts[0] != "SPEAKER":
            contents.left_out[LeftOut("line", f" of the type {quoted(parts[0])}")] += 1
            continue
        try:
            start_s, duration_s = float(parts[3]), float(parts[4])
            word = parts[_FIELDS - 2]
        except (ValueError, IndexError) as error:
            raise BadFileError(
                file, number, "this is not a line of nine or ten fields with two times."
            ) from error
        times = {"start_s": start_s, "end_s": start_s + duration_s}
        contents.labels.append(FileLabel(number, times | {"file": parts[1], "emotion": word}))
    return contents
