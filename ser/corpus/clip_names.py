"""Names of CREMA-D's clips: actor, sentence, acted emotion and level, as in 1001_DFA_ANG_XX.wav."""

from __future__ import annotations

import os
from pathlib import PureWindowsPath
from typing import NamedTuple

from ser.corpus.known import emotion_of
from ser.labels import LABELS

SENTENCES = {
    "DFA": "Don't forget a jacket.",
    "IEO": "It's eleven o'clock.",
    "IOM": "I'm on my way to the meeting.",
    "ITH": "I think I have a doctor's appointment.",
    "ITS": "I think I've seen this before.",
    "IWL": "I would like a new alarm clock.",
    "IWW": "I wonder what this is about.",
    "MTI": "Maybe tomorrow it will be cold.",
    "TAI": "The airplane is almost full.",
    "TIE": "That is exactly what happened.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified"}
DEMO_CLIPS = (  # not in training, validation or test
    "1006_IOM_ANG_XX",
    "1014_WSI_DIS_XX",
    "1031_TSI_ANG_XX",
    "1036_IEO_HAP_LO",
    "1044_MTI_DIS_XX",
    "1053_WSI_FEA_XX",
    "1055_WSI_FEA_XX",
    "1057_DFA_NEU_XX",
    "1059_IEO_FEA_LO",
    "1070_WSI_ANG_XX",
)
SPELLINGS = {"X": "XX"}  # of levels


class ClipName(NamedTuple):
    """The parts of a clip's name; `str()` returns the name."""

    actor: str  # "1001" to "1091"; of other corpora, any text
    sentence: str  # a key of SENTENCES; of other corpora, any text
    emotion: str  # the acted emotion, one of LABELS
    level: str  # a key of LEVELS

    def __str__(self) -> str:
        return "_".join(self)


def parse_clip_name(name: str | os.PathLike) -> ClipName:
    """Parse the name of a clip, given as a path, a file name or a stem, such as `AudioWAV/1001_DFA_ANG_XX.wav`.

    The release spells one level X for XX, in 1040_ITH_SAD_X.wav; its tables have XX.

    Raises `ValueError` with the part of the name that is wrong.
    """
    stem = PureWindowsPath(name).stem  # splits at both "\\" and "/"
    parts = stem.split("_")
    if len(parts) != 4:
        raise ValueError(f"{stem!r} is not ACTOR_SENTENCE_EMOTION_LEVEL, as in 1001_DFA_ANG_XX")
    parts[3] = SPELLINGS.get(parts[3], parts[3])
    actor, *codes = parts
    if not (actor.isascii() and actor.isdigit() and len(actor) == 4):
        raise ValueError(f"{stem!r}: the actor {actor!r} is not four digits")
    for kind, code, choices in zip(
        ("sentence", "emotion", "level"), codes, (SENTENCES, LABELS, LEVELS), strict=True
    ):
        if code not in choices:
            raise ValueError(f"{stem!r}: the {kind} {code!r} is not one of {', '.join(choices)}")
    return ClipName(*parts)


def read_clip_name(name: str | os.PathLike) -> ClipName:
    """Parse the name of a clip as copies of the data set write it: in any case, with words in place of codes.

    Raises `ValueError` as `parse_clip_name` does.

    >>> str(read_clip_name("1001_dfa_angry_high.mp3"))
    '1001_DFA_ANG_HI'
    """
    parts = PureWindowsPath(name).stem.split("_")
    if len(parts) == 4:
        levels = {word: code for code, word in LEVELS.items()}
        parts[1:] = (
            parts[1].upper(),
            emotion_of(parts[2]) or parts[2].upper(),
            levels.get(parts[3].lower(), parts[3].upper()),
        )
    return parse_clip_name("_".join(parts))
