"""The recordings that a network learns from: the sound files of a folder, their labels and their speakers."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from ser.audio.endings import SOUND_ENDINGS
from ser.labels import EMOTION_NAMES, LABELS, NOUNS
from ser.recognition.adaptation import AdaptationError, check_emotions
from ser.util.text import plain, unshielded

MAX_CLIPS = 20_000
MIN_RECORDINGS = 12  # of a room: what fewer have in common may well be how they were said
MAX_LABEL_BYTES = 50_000_000
_CODES = {
    word.casefold(): code
    for words in (EMOTION_NAMES, NOUNS, {code: code for code in LABELS})
    for code, word in words.items()
} | {"neutral": "NEU"}
_NOT_EMOTIONS = {"", "OTH", "UNC"}  # what the desk writes for "other" and "unclear"


@dataclass(frozen=True)
class Clip:
    """A recording to learn from.

    Attributes
    ----------
    path : of the sound file
    emotion : its label, None without one
    speaker : who speaks, None where that is not known
    """

    path: Path
    emotion: str | None = None
    speaker: str | None = None


@dataclass(frozen=True)
class NamedLabel:
    """A label of a file, as a table has it.

    Attributes
    ----------
    file : name of the file, or its path within the folder
    emotion : code of one of the six emotions, or another word
    speaker : who speaks, None where the table does not say
    """

    file: str
    emotion: str
    speaker: str | None = None


def find_clips(folder: str | os.PathLike) -> list[Clip]:
    """Return the sound files of a folder and the folders in it, in the order of their names, without labels.

    Raises
    ------
    AdaptationError
        if it is not a folder, or has no sound files, or too many
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise AdaptationError(f"{plain(folder)} is not a folder: choose one with sound files.")
    paths = [
        Path(parent) / name
        for parent, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in SOUND_ENDINGS and not name.startswith(".")
    ]
    if not paths:
        raise AdaptationError(f"There are no sound files in {plain(folder)}: choose another folder.")
    if len(paths) > MAX_CLIPS:
        raise AdaptationError(
            f"There are {len(paths):,} sound files in {plain(folder)}: choose a folder with {MAX_CLIPS:,} at most."
        )
    return [Clip(path) for path in sorted(paths)]


def with_speakers(clips: Sequence[Clip], pattern: str) -> list[Clip]:
    r"""Return clips with the speaker that a group of a regular expression finds in the name of each file.

    >>> [clip.speaker for clip in with_speakers([Clip(Path("03a01Fa.ogg"))], r"(\d\d)")]
    ['03']

    Raises
    ------
    AdaptationError
        if the expression is not one, has no group, or finds nothing in a name
    """
    expression = speaker_expression(pattern)
    return [replace(clip, speaker=speaker_of(expression, clip.path)) for clip in clips]


def speaker_expression(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of --speaker-from; `AdaptationError` if it is not one, or has no group."""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise AdaptationError(f"{pattern!r} is not a regular expression ({error}): correct it.") from error
    if expression.groups < 1:
        raise AdaptationError(
            f"{pattern!r} has no group: put parentheses around the part of the name that is the speaker."
        )
    return expression


def speaker_of(expression: re.Pattern[str], path: Path) -> str:
    """Return the speaker that a regular expression finds in the name of a file; `AdaptationError` if it finds none."""
    match = expression.search(path.name)
    speaker = next((group for group in match.groups() if group), None) if match else None
    if not speaker:
        raise AdaptationError(
            f"No speaker is found in the name {plain(path.name)}: correct the regular expression of --speaker-from."
        )
    return plain(speaker)[:100]


def read_labels(file: str | os.PathLike) -> list[NamedLabel]:
    """Return the labels of a CSV table with the columns file and emotion, and perhaps speaker, start_s and end_s.

    Labels of regions are left out. Codes and names of the six emotions become codes.

    Raises
    ------
    AdaptationError
        if the file is not such a table
    OSError
        if it cannot be read
    """
    file = Path(file)
    with file.open("rb") as content:
        data = content.read(MAX_LABEL_BYTES + 1)
    if len(data) > MAX_LABEL_BYTES:
        raise AdaptationError(f"{plain(file)} is larger than {MAX_LABEL_BYTES // 10**6} MB: split it.")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise AdaptationError(f"{plain(file)} is not UTF-8 text: save it as UTF-8.") from error
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    try:
        columns = [column.strip().casefold() for column in rows.fieldnames or ()]
        if not {"file", "emotion"} <= set(columns):
            raise AdaptationError(
                f"{plain(file)} lacks the column file or emotion: its first line should be file,emotion or "
                "file,emotion,speaker."
            )
        rows.fieldnames = columns
        return [label for row in rows if (label := _label(row)) is not None]
    except csv.Error as error:
        raise AdaptationError(f"{plain(file)} is not a table ({error}): save it as CSV.") from error


def _label(row: Mapping[str, str | None]) -> NamedLabel | None:
    name, emotion = (unshielded((row[key] or "").strip()) for key in ("file", "emotion"))
    if not name or emotion in _NOT_EMOTIONS or (row.get("end_s") or "").strip():
        return None
    return NamedLabel(name, code_of(emotion), unshielded((row.get("speaker") or "").strip()) or None)


def code_of(word: str) -> str:
    """Return the code of an emotion given by its code or name; any other word as it is.

    >>> code_of("angry"), code_of("NEU"), code_of(" bored")
    ('ANG', 'NEU', 'bored')
    """
    return _CODES.get(word.strip().casefold(), word.strip())


def with_labels(clips: Sequence[Clip], *, labels: Iterable[NamedLabel], folder: Path) -> list[Clip]:
    """Return clips with their labels; of several labels of one clip the one that most have, none in a tie.

    A label names a file by its path within the folder, by its name, or by its name without the ending.

    Raises
    ------
    AdaptationError
        if a label's file is not among the clips, or several have its name
    """
    by_path: dict[str, int] = {}
    by_name: dict[str, list[int]] = {}
    for i, clip in enumerate(clips):
        is_inside = clip.path.is_relative_to(folder)
        by_path[clip.path.relative_to(folder).as_posix() if is_inside else clip.path.name] = i
        for name in {clip.path.name, clip.path.stem}:
            by_name.setdefault(name, []).append(i)
    votes: dict[int, Counter[str]] = {}
    labelled = list(clips)
    for label in labels:
        i = _place(label.file, by_path=by_path, by_name=by_name, folder=folder)
        votes.setdefault(i, Counter())[label.emotion] += 1
        if label.speaker is not None:
            labelled[i] = replace(labelled[i], speaker=label.speaker)
    for i, counts in votes.items():
        (emotion, most), *others = counts.most_common()
        if not others or others[0][1] < most:
            labelled[i] = replace(labelled[i], emotion=emotion)
    return labelled


def _place(name: str, *, by_path: Mapping[str, int], by_name: Mapping[str, list[int]], folder: Path) -> int:
    path = PureWindowsPath(name)  # splits at both kinds of slashes
    within = PurePosixPath(*path.parts).as_posix()
    if within in by_path:
        return by_path[within]
    for candidate in (path.name, path.stem):
        places = by_name.get(candidate, [])
        if len(places) == 1:
            return places[0]
        if places:
            raise AdaptationError(
                f"Several files in {plain(folder)} are named {plain(name)}: write the path within the folder."
            )
    raise AdaptationError(
        f"There is no {plain(name)} in {plain(folder)}: correct its name in the table of labels, or remove the row."
    )


def emotions_of(clips: Sequence[Clip], chosen: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the emotions to learn: those chosen, or the six if the labels are among them, or all that occur.

    Raises
    ------
    AdaptationError
        if there are fewer than 2 or more than 20, or a label is not one of those chosen
    """
    words = sorted({clip.emotion for clip in clips if clip.emotion is not None})
    if chosen is None:
        return LABELS if set(words) <= set(LABELS) else check_emotions(tuple(words))
    emotions = check_emotions(tuple(code_of(word) for word in chosen))
    if strangers := [word for word in words if word not in emotions]:
        raise AdaptationError(
            f"The label {plain(strangers[0])} is not one of the emotions {', '.join(emotions)}: add it to --emotions."
        )
    return LABELS if set(emotions) == set(LABELS) else emotions
