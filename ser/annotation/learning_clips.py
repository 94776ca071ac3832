"""The clips and labels of a queue that a network can learn from, and who speaks in them."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ser.adaptation.clips import Clip
from ser.annotation.label import Label
from ser.annotation.label_set import STANDARD
from ser.annotation.labelling_queue import Entry

MIN_LABELS = 12
MIN_EMOTIONS = 2
MAX_UNLABELLED = 300  # clips without a label that are listened to; more change little and take long
UNKNOWN = "unknown"


def emotions_by_clip(
    labels: Sequence[Label], *, annotator: str | None, emotions: Collection[str] = STANDARD.emotions
) -> dict[str, str]:
    """Return the emotion of each clip, by hash, that an annotator gave it as a whole, or that most annotators gave.

    With final labels among them, those count in place of the majority.

    Clips that are "other" or "unclear", and those on which as many annotators say one thing as another, are left out.

    Parameters
    ----------
    labels : of any clips and annotators
    annotator : whose labels count; None for the majority
    emotions : the labels that are emotions
    """
    votes: dict[str, Counter[str]] = {}
    for label in labels:
        if label.whole and not label.final and annotator in (None, label.annotator):
            votes.setdefault(label.clip, Counter())[label.emotion] += 1
    chosen = {}
    for clip, counts in votes.items():
        (emotion, most), *others = counts.most_common()
        if emotion in emotions and (not others or others[0][1] < most):
            chosen[clip] = emotion
    for label in labels if annotator is None else ():
        if label.whole and label.final:
            chosen.pop(label.clip, None)
            if label.emotion in emotions:
                chosen[label.clip] = label.emotion
    return chosen


def missing(emotions: Mapping[str, str]) -> str:
    """Return what labels lack to learn from them, as a sentence; an empty one if they are enough.

    >>> missing({})
    '12 more labels are needed, of two emotions at least.'
    >>> missing({str(i): "SAD" for i in range(11)})
    '1 more label is needed, of another emotion.'
    """
    kinds = len(set(emotions.values()))
    more = max(MIN_LABELS - len(emotions), MIN_EMOTIONS - kinds if kinds else 0)
    if more <= 0:
        return ""
    rest = {
        0: ", of two emotions at least",
        1: ", of another emotion" if more == 1 else ", one of another emotion",
    }
    needed = f"{more} more label is needed" if more == 1 else f"{more} more labels are needed"
    return f"{needed}{rest.get(kinds, '')}."


# ---- who speaks


def _folder(entry: Entry) -> str | None:
    folder = PurePosixPath(entry.name).parent.as_posix()
    return None if folder == "." else folder


def _first_word(entry: Entry) -> str | None:
    return next((word for word in re.split(r"[\W_]+", PurePosixPath(entry.name).stem) if word), None)


def _first_two(entry: Entry) -> str | None:
    return PurePosixPath(entry.name).name[:2].strip() or None


_WAYS: dict[str, tuple[str, Callable[[Entry], str | None]]] = {
    "corpus": ("as the data set says", lambda entry: entry.speaker),
    "folder": ("a folder each", _folder),
    "word": ("the first word of the file name", _first_word),
    "letters": ("the first two letters of the file name", _first_two),
}


@dataclass(frozen=True)
class SpeakerRule:
    """A way to find out who speaks in the clips of a queue.

    Attributes
    ----------
    way : its name
    words : what the page calls it, with an example
    speakers : how many speakers it finds
    """

    way: str
    words: str
    speakers: int


def speaker_rules(entries: Sequence[Entry]) -> list[SpeakerRule]:
    """Return the ways that find several speakers in a queue, with several clips each; the first is always `UNKNOWN`."""
    rules = [SpeakerRule(UNKNOWN, "not known, or one speaker", 0)]
    for way, (words, rule) in _WAYS.items():
        names = [rule(entry) for entry in entries]
        speakers = sorted({name for name in names if name})
        if None not in names and 2 <= len(speakers) <= len(entries) / 2:
            rules.append(SpeakerRule(way, f"{words}: {len(speakers)}, such as {speakers[0]}", len(speakers)))
    return rules


def clips_to_learn(
    entries: Sequence[Entry], *, emotions: Mapping[str, str], way: str = UNKNOWN
) -> list[Clip]:
    """Return the clips of a queue to learn from: those with a label, and some of the others, in the queue's order.

    Parameters
    ----------
    entries : the queue; clips whose hash is not known have no label
    emotions : by hash, see `emotions_by_clip`
    way : of a `SpeakerRule`
    """
    rule = _WAYS[way][1] if way in _WAYS else lambda entry: None
    usable = [entry for entry in entries if entry.problem is None]
    others = [i for i, entry in enumerate(usable) if entry.hash not in emotions]
    step = max(1.0, len(others) / MAX_UNLABELLED)
    spread = {others[int(i * step)] for i in range(int(len(others) / step))}
    seen: set[str] = set()
    clips = []
    for i, entry in enumerate(usable):
        emotion = emotions.get(entry.hash or "")
        if entry.hash in seen or (emotion is None and i not in spread):
            continue  # the same bytes under two names count once
        if entry.hash:
            seen.add(entry.hash)
        clips.append(Clip(entry.path, emotion, rule(entry)))
    return clips
