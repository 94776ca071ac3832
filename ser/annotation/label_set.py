"""The labels that annotators choose from: the six emotions with "other" and "unclear", or a set of one's own.

A set of one's own is a small table in CSV:

    code,word,key,colour
    bored,Bored,1,#8c6d1f
    calm,Calm,2,#00838f
    ANG,Angry,j,
    OTH,Something else,9,

The code is stored with each label, the word is what people see and what files for other programs have, the key gives
the label, the colour is that on a white background. An empty key is the number of the row, an empty colour one that no
other row has. Codes and names of the six emotions stand for those; OTH and UNC are answers that are no emotions, which
nothing is learned from.
"""

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.adaptation.clips import code_of
from ser.annotation.label import EMOTIONS, NAMES
from ser.errors import UserError
from ser.labels import NOUNS
from ser.util.text import counted, plain, unshielded

MIN_LABELS, MAX_LABELS = 2, 12
MAX_WORD = 30  # characters
MAX_BYTES = 100_000
NOT_EMOTIONS = ("OTH", "UNC")
COLUMNS = ("code", "word", "key", "colour")
MIN_CONTRAST = 3.0  # of a coloured mark to its background, as in WCAG 2.2
WHITE, DARK = (255, 255, 255), (25, 27, 34)  # backgrounds of the page
# Keys of the Inspect tab, and of the whole page, that are a letter or a digit: tests/annotation/test_label_set.py
TAKEN_KEYS = frozenset("0abcefghiklmnopstuvwxz")
PALETTE = (
    *("#d81f3c", "#00838f", "#8c3d86", "#b26a00", "#3f7d20", "#3b6fd1"),
    *("#8d5a3b", "#c2428f", "#546e7a", "#6a4fc7", "#6b7a00", "#a33b20"),
)
NOUN_OF = NOUNS | {"NEU": "neutral", "OTH": "other", "UNC": "unclear"}  # as in the data sets of audformat

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}")
_KEY = re.compile(r"[1-9a-z]")
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class LabelSetError(UserError):
    """A table of labels that cannot be used."""


@dataclass(frozen=True)
class Choice:
    """One of the labels of a set.

    Attributes
    ----------
    code : what is stored
    word : what people see
    key : the key that gives it
    noun : what files for other programs have
    colour : "#rrggbb" for a white background; None for that of the app
    """

    code: str
    word: str
    key: str
    noun: str
    colour: str | None = None

    @property
    def dark_colour(self) -> str | None:
        """The colour for a dark background: as light as needed to be seen there."""
        return self.colour and lightened(self.colour)


@dataclass(frozen=True)
class LabelSet:
    """The labels that annotators choose from.

    Attributes
    ----------
    choices : the labels, in the order of the page
    """

    choices: tuple[Choice, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The code of each label."""
        return tuple(choice.code for choice in self.choices)

    @property
    def names(self) -> dict[str, str]:
        """What people see, by code."""
        return {choice.code: choice.word for choice in self.choices}

    @property
    def nouns(self) -> dict[str, str]:
        """What files for other programs have, by code."""
        return {choice.code: choice.noun for choice in self.choices}

    @property
    def keys(self) -> dict[str, str]:
        """The key that gives each label, by code."""
        return {choice.code: choice.key for choice in self.choices}

    @property
    def emotions(self) -> tuple[str, ...]:
        """The codes that are emotions: all but "other" and "unclear"."""
        return tuple(code for code in self.codes if code not in NOT_EMOTIONS)

    @property
    def is_own(self) -> bool:
        """Whether it is another set than that of the app."""
        return self is not STANDARD

    def code_of(self, word: str) -> str:
        """Return the code of a label given by its code or word in any case; other text unchanged.

        >>> STANDARD.code_of("sad"), STANDARD.code_of("happiness"), STANDARD.code_of("calm")
        ('SAD', 'HAP', 'calm')
        """
        key = word.strip().casefold()
        for choice in self.choices:
            if key in (choice.code.casefold(), choice.word.casefold(), choice.noun.casefold()):
                return choice.code
        six = code_of(word)
        return six if six in self.codes else word

    def css(self) -> str:
        """Return style sheet rules that define the colour of each label that has one."""
        light = "".join(
            f"--label-{choice.code}: {choice.colour};" for choice in self.choices if choice.colour
        )
        dark = "".join(
            f"--label-{choice.code}: {choice.dark_colour};" for choice in self.choices if choice.colour
        )
        return f":root {{ {light} }}\n.dark {{ {dark} }}\n" if light else ""


STANDARD = LabelSet(
    tuple(Choice(code, NAMES[code], str(i), NOUN_OF[code]) for i, code in enumerate(EMOTIONS, 1))
)


def with_codes(emotions: Sequence[str]) -> LabelSet:
    """Return a set of emotions whose words are their codes, to read files of labels."""
    return LabelSet(
        tuple(Choice(code, NAMES.get(code, code), "", code) for code in (*emotions, *NOT_EMOTIONS))
    )


def read_label_set(file: str | os.PathLike) -> LabelSet:
    """Read a table of labels.

    Raises
    ------
    LabelSetError
        if the file cannot be read, is not such a table, or a row of it cannot be used; the sentence names the row
    """
    name = plain(file)
    try:
        with Path(file).open("rb") as content:
            data = content.read(MAX_BYTES + 1)
    except OSError as error:
        raise LabelSetError(
            f"{name} cannot be read ({error.strerror}): check the name of the file."
        ) from error
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelSetError(f"{name} is not UTF-8 text: save it as UTF-8.") from error
    if len(data) > MAX_BYTES or "\0" in text:
        raise LabelSetError(f"{name} is not a small table of labels: choose another file.")
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    try:
        rows.fieldnames = [column.strip().casefold() for column in rows.fieldnames or ()]
        if not {"code", "word"} <= set(rows.fieldnames):
            raise LabelSetError(
                f"{name} lacks the column code or word: its first line should be {','.join(COLUMNS)}."
            )
        table = [
            (rows.line_num, {column: unshielded((row.get(column) or "").strip()) for column in COLUMNS})
            for row in rows
        ]
    except csv.Error as error:
        raise LabelSetError(f"{name} is not a table ({error}): save it as CSV.") from error
    return _label_set(name, [(line, cells) for line, cells in table if any(cells.values())])


def check_used(labels: LabelSet, *, used: Iterable[str], file: Path) -> None:
    """Raise `LabelSetError` if a file of labels has codes that a set lacks."""
    if lacking := sorted(set(used) - set(labels.codes)):
        cure = (
            "add it to the table of --labels"
            if labels.is_own
            else "name the table that it was labelled with as --labels"
        )
        raise LabelSetError(
            f"{plain(file)} has the label {plain(lacking[0])}, which is not one of {', '.join(labels.codes)}: {cure}, or "
            "choose another label file."
        )


# ---- one row


def _label_set(name: str, rows: list[tuple[int, Mapping[str, str]]]) -> LabelSet:
    if not MIN_LABELS <= len(rows) <= MAX_LABELS:
        raise LabelSetError(
            f"{name} has {counted('label', len(rows))}: give {MIN_LABELS} to {MAX_LABELS}, a row each."
        )
    choices: list[Choice] = []
    colours = [colour for colour in PALETTE if colour not in {cells["colour"].lower() for _, cells in rows}]
    for number, (line, cells) in enumerate(rows, 1):
        try:
            choices.append(_choice(number, cells, choices, colours))
        except ValueError as error:
            raise LabelSetError(f"{name}, line {line}: {error}.") from error
    labels = LabelSet(tuple(choices))
    if len(labels.emotions) < MIN_LABELS:
        raise LabelSetError(
            f"{name} has {counted('emotion', len(labels.emotions))} beside {' and '.join(NOT_EMOTIONS)}: give {MIN_LABELS} at least."
        )
    return labels


def _choice(number: int, cells: Mapping[str, str], others: Sequence[Choice], colours: list[str]) -> Choice:
    """Return the label of a row; `ValueError` with a clause about what is wrong, and the cure."""
    given, word, key, colour = (cells[column] for column in COLUMNS)
    if not _CODE.fullmatch(given):
        raise ValueError(
            f"the code {ascii(given)[:40]} is not a short word: use up to 20 letters, digits and _, a letter first"
        )
    code = code_of(given.upper() if given.upper() in NAMES else given)
    if not word or len(word) > MAX_WORD or not word.isprintable():
        raise ValueError(f"the word of {code} is empty or long: use 1 to {MAX_WORD} printable characters")
    for other in others:
        if code.casefold() == other.code.casefold():
            raise ValueError(f"{given} and an earlier row are the same label: remove one of them")
        if {word.casefold(), code.casefold()} & {other.word.casefold(), other.code.casefold()}:
            raise ValueError(f"the word {word} stands for an earlier row as well: choose another")
    return Choice(code, word, _key(number, key.lower(), others), word, _colour(colour.lower(), code, colours))


def _key(number: int, key: str, others: Sequence[Choice]) -> str:
    free = "1 to 9, " + ", ".join(sorted(set("abcdefghijklmnopqrstuvwxyz") - TAKEN_KEYS))
    if not key and number > 9:
        raise ValueError(f"the tenth label and those after it need a key: give one of {free}")
    key = key or str(number)
    if key in TAKEN_KEYS:
        raise ValueError(f"the key {key} does something else on the page: use one of {free}")
    if not _KEY.fullmatch(key):
        raise ValueError(f"the key {ascii(key)[:20]} cannot be used: use one of {free}")
    if twin := next((other for other in others if other.key == key), None):
        raise ValueError(f"the key {key} is that of {twin.word} already: use another of {free}")
    return key


def _colour(colour: str, code: str, colours: list[str]) -> str | None:
    if not colour:
        return None if code in NAMES else colours.pop(0)
    if not _COLOUR.fullmatch(colour):
        raise ValueError(
            f"the colour {ascii(colour)[:20]} is not like #8c6d1f: write six hexadecimal digits after a #"
        )
    if (ratio := contrast(_rgb(colour), WHITE)) < MIN_CONTRAST:
        raise ValueError(
            f"the colour {colour} is hard to see on white ({ratio:.1f} to 1 in place of {MIN_CONTRAST:g} to 1): choose a "
            "darker one"
        )
    return colour


# ---- colours


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG defines it.

    >>> contrast((0, 0, 0), (255, 255, 255))
    21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lightened(colour: str) -> str:
    """Return a colour "#rrggbb" with as much white as it takes to be seen on the dark background.

    >>> lightened("#00838f"), lightened("#000000")
    ('#00838f', '#737373')
    """
    rgb = _rgb(colour)
    for share in range(0, 101, 5):
        mixed = tuple(round(part + (255 - part) * share / 100) for part in rgb)
        if contrast(mixed, DARK) >= MIN_CONTRAST:
            break
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def _luminance(rgb: Sequence[float]) -> float:
    parts = [part / 255 for part in rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
