"""From the labels of files to rows: which tiers hold labels, whose they are, of which clip, and which part of it.

The rules are the same for every format. They concern labels that another program wrote; a label that this app wrote
says all of this itself.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeGuard

from ser.annotation.formats.cells import CLIP_FIELDS, check_texts, to_row
from ser.annotation.formats.contents import (
    WHOLE_S,
    BadFileError,
    FileContents,
    FileLabel,
    LeftOut,
    quoted,
    tier_annotator,
)
from ser.annotation.formats.matching import KnownClips
from ser.annotation.formats.program_times import NAMES as PROGRAM_NAMES
from ser.annotation.label import Clip, LabelError, Row
from ser.annotation.label_set import STANDARD, LabelSet
from ser.annotation.validation import Rows
from ser.util.text import counted, plain

BEYOND_S = 0.05  # times beyond the clip by up to this much are cut; programs round, and decoders pad
MIN_REGION_MS = 30  # no shorter region is taken for one in milliseconds


@dataclass(frozen=True)
class ImportOptions:
    """How to read files that other programs wrote.

    Attributes
    ----------
    annotator : whose labels they are; None rejects labels that do not name their annotator
    tiers : names of the tiers to read; empty reads the ones that hold emotions
    tier_is_annotator : whether tiers are named after annotators
    words : emotions by other words, in any case, such as {"joy": "HAP"}; None leaves labels with this word out
    clip : name of the clip, for files that are not named after theirs
    times : the program whose times they are, one of `ser.annotation.formats.program_times.PROGRAMS`; None for the one
        that the format belongs to
    choices : the labels that annotators may give
    """

    annotator: str | None = None
    tiers: tuple[str, ...] = ()
    tier_is_annotator: bool = False
    words: Mapping[str, str | None] = field(default_factory=dict)
    clip: str | None = None
    times: str | None = None
    choices: LabelSet = STANDARD

    def __post_init__(self) -> None:
        words = {word.strip().casefold(): code for word, code in self.words.items()}
        object.__setattr__(self, "words", words)

    def code(self, word: object) -> object:
        """Return the code of a word, None to leave it out, or the word itself if it is unknown or not text."""
        if not isinstance(word, str):
            return word
        key = word.strip().casefold()
        return self.words[key] if key in self.words else self.choices.code_of(word)

    def is_known(self, word: object) -> bool:
        """Return whether a word is an emotion, or is to be left out."""
        code = self.code(word)
        return code is None or code in self.choices.codes


@dataclass(frozen=True)
class Reading:
    """What was read from label files.

    Attributes
    ----------
    rows : the labels with their clips, without duplicates
    left_out : what is not a label, with its count
    notes : sentences about labels that were moved, because another program shows a file at another time
    """

    rows: list[Row]
    left_out: Counter[LeftOut]
    notes: list[str] = field(default_factory=list)


class TierWords(NamedTuple):
    """A tier: how many texts it has, and how many of them are emotions."""

    texts: int
    emotions: int


class Moved:
    """How far labels are moved for other programs, to be put into words."""

    def __init__(self) -> None:
        self._labels: Counter[tuple[str, float]] = Counter()
        self._unknown: dict[str, str] = {}

    def add(self, clip: Clip, *, program: str, sign: int, shift_s: float | None) -> float:
        """Count a label of a clip that is moved by `sign * shift_s` seconds, and return its shift: 0 if unknown."""
        if shift_s is None:
            self._unknown[clip.name] = program
        elif shift_s:
            self._labels[program, sign * round(1000 * shift_s, 1)] += 1
        return shift_s or 0.0

    def notes(self) -> list[str]:
        """Return a sentence for each program and shift, and for each file that is needed to know."""
        moved = [
            f"{counted('label', count)} moved {abs(shift_ms):.1f} ms {'later' if shift_ms > 0 else 'earlier'}: "
            f"{PROGRAM_NAMES[program]} starts such MP3 files at another time."
            for (program, shift_ms), count in self._labels.items()
        ]
        unknown = [
            f"{plain(name)} is needed to know when {PROGRAM_NAMES[program]} starts it: its labels were not moved."
            for name, program in self._unknown.items()
        ]
        return moved + unknown


def to_rows(contents: Mapping[str, FileContents], *, options: ImportOptions, clips: KnownClips) -> Reading:
    """Return the rows of files; raise `BadFileError` if one is invalid, or if they contradict each other."""
    rows, left_out, moved = Rows(codes=options.choices.codes), Counter[LeftOut](), Moved()
    for file, content in contents.items():
        left_out.update(content.left_out)
        tiers = chosen_tiers(content, file=file, options=options)
        for label in content.labels:
            if label.tier is not None and label.tier not in tiers:
                left_out[LeftOut("text", f" of the tier {quoted(label.tier)}")] += 1
                continue
            if options.code(label.values.get("emotion")) is None:
                left_out[LeftOut("label", f" {quoted(label.values['emotion'].strip())}")] += 1
                continue
            try:
                rows.add(_row(file, label, content, options, clips, moved))
            except LabelError as error:
                raise BadFileError(file, label.line, f"{error.problem}.") from error
    return Reading(list(rows), left_out, moved.notes())


# ---- tiers


def tier_words(content: FileContents, *, options: ImportOptions) -> dict[str, TierWords]:
    """Return the tiers of a file by name, in its order."""
    tiers: dict[str, TierWords] = {}
    for label in content.labels:
        if label.tier is not None:
            texts, emotions = tiers.get(label.tier, TierWords(0, 0))
            known = options.is_known(label.values.get("emotion"))
            tiers[label.tier] = TierWords(texts + 1, emotions + known)
    return tiers


def chosen_tiers(content: FileContents, *, file: str, options: ImportOptions) -> set[str]:
    """Return the names of the tiers to read.

    Without a choice in `options`, a tier without any emotion is left out. So is one of which less than half are
    emotions, if another tier holds nothing else: sentences contain words like "sad". Of any other tier all texts must
    be emotions. Raises `BadFileError` if the file has none of the chosen tiers.
    """
    tiers = tier_words(content, options=options)
    if options.tiers:
        chosen = set(options.tiers) & set(tiers)
        if tiers and not chosen:
            raise BadFileError(file, 0, f"it has no tier {_listed(options.tiers)}, but {_listed(tiers)}.")
        return chosen
    if any(words.texts == words.emotions for words in tiers.values()):
        return {name for name, words in tiers.items() if 2 * words.emotions >= words.texts}
    with_emotions = {name for name, words in tiers.items() if words.emotions}
    return with_emotions or set(tiers)  # of which the first text is then refused


def _listed(names: Mapping[str, object] | tuple[str, ...]) -> str:
    return ", ".join(map(quoted, names))


# ---- one label


def _row(
    file: str,
    label: FileLabel,
    content: FileContents,
    options: ImportOptions,
    clips: KnownClips,
    moved: Moved,
) -> Row:
    values = dict(label.values)
    check_texts(values)
    values["emotion"] = options.code(values.get("emotion"))
    if isinstance(values["emotion"], str) and values["emotion"] not in options.choices.codes:
        word = quoted(values["emotion"])
        raise LabelError(
            f"the emotion {word} is not one of {', '.join(options.choices.codes)} (use --map for other words)"
        )
    annotator = _annotator(label, options)
    clip = _clip(file, values, options, clips)
    shift = 0.0
    if label.values.get("id") is None and _is_time(label.values.get("start_s")):
        program = options.times or content.program
        shift = moved.add(clip, program=program, sign=-1, shift_s=clips.shift_s(clip, program=program))
    times = _times(values, clip, file_duration_s=content.duration_s, shift_s=shift)
    return to_row(values | times, clip=clip, annotator=annotator)


def _annotator(label: FileLabel, options: ImportOptions) -> str:
    """Return whose label it is: what the label says, else what the person who imports it says."""
    annotator = label.values.get("annotator")
    if annotator is None and options.tier_is_annotator and label.tier is not None and label.tier.strip():
        annotator = tier_annotator(label.tier)
    annotator = options.annotator if annotator is None else annotator
    if annotator is None:
        cure = "use --annotator NAME" + ("" if label.tier is None else ", or --tier-is-annotator")
        raise LabelError(f"the label names no annotator ({cure})")
    return annotator


def _clip(file: str, values: dict, options: ImportOptions, clips: KnownClips) -> Clip:
    fields = {key: values.get(key) for key in CLIP_FIELDS}
    name = fields["file"]
    if name is None and fields["clip"] is None:
        name = own_name(file, options)
    clip = clips.find(fields["clip"], name)
    if fields["clip"] is None:
        return clip
    return Clip(
        clip.hash,
        clip.name if name is None else name,
        clip.duration_s if fields["duration_s"] is None else fields["duration_s"],
        clip.source if fields["source"] is None else fields["source"],
        fields["acted"],
    )


def own_name(file: str, options: ImportOptions) -> str:
    """Return the name of the clip that a file is about, if it does not say so inside."""
    return options.clip or file.rpartition(".")[0] or file


# ---- times


def _times(values: dict, clip: Clip, *, file_duration_s: float | None, shift_s: float) -> dict:
    """Return start and end of the label within the clip: both None if it covers the whole clip.

    Parameters
    ----------
    values : the label; its times are `shift_s` later than those of the clip
    clip : its clip
    file_duration_s : duration that the file gives for the clip, on the same scale as the times
    shift_s : how much later the program shows the clip
    """
    start_s, end_s = values.get("start_s"), values.get("end_s")
    limit_s = file_duration_s if clip.duration_s is None else clip.duration_s
    if not _is_time(start_s) or not (end_s is None or _is_time(end_s)):
        return {}  # none, or not valid
    if end_s is None:
        if start_s == 0:
            return {"start_s": None, "end_s": None}
        if limit_s is None:
            raise LabelError("it has no end, and the duration of the clip is unknown (use --sounds)")
        end_s = limit_s + shift_s
    is_all = file_duration_s is not None and start_s <= WHOLE_S and end_s >= file_duration_s - WHOLE_S
    if shift_s and is_all and end_s <= (limit_s or 0.0) + abs(shift_s) + BEYOND_S:
        return {"start_s": None, "end_s": None}  # all that the program shows of the clip
    if shift_s:
        start_s, end_s = max(start_s - shift_s, min(start_s, 0.0)), end_s - shift_s
    if clip.duration_s is not None:
        start_s, end_s = _within(start_s, end_s, clip.duration_s)
    is_own = values.get("id") is not None  # it says itself whether it is about the whole clip
    if not is_own and limit_s is not None and start_s <= WHOLE_S and end_s >= limit_s - WHOLE_S:
        return {"start_s": None, "end_s": None}
    return {"start_s": start_s, "end_s": end_s}


def _within(start_s: float, end_s: float, duration_s: float) -> tuple[float, float]:
    """Return times cut to those of the clip; raise `LabelError` if they are further beyond it than decoders pad."""
    if end_s > duration_s + BEYOND_S or start_s >= duration_s:
        milliseconds = (
            f" (these look like milliseconds: {start_s / 1000:g} to {end_s / 1000:g} s)"
            if start_s == int(start_s)
            and end_s == int(end_s)
            and end_s - start_s >= MIN_REGION_MS
            and end_s / 1000 <= duration_s + BEYOND_S
            else ""
        )
        raise LabelError(
            f"the times {start_s:g} and {end_s:g} s are beyond the clip, which lasts {duration_s:.3f} s{milliseconds}"
        )
    return 0.0 if -BEYOND_S <= start_s < 0 else start_s, min(end_s, duration_s)


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf
