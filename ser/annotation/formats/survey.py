"""What a person has to decide before files come in: which tiers, what other words mean, which clip a file is about."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from ser.annotation.formats.contents import BadFileError, FileContents
from ser.annotation.formats.importing import ImportOptions, chosen_tiers, own_name, tier_words
from ser.annotation.formats.matching import KnownClips, NoClipError


@dataclass(frozen=True)
class TierChoice:
    """A tier: its name, the numbers of its texts and of those that are emotions, and whether it is read by default."""

    name: str
    texts: int
    emotions: int
    is_chosen: bool


@dataclass(frozen=True)
class WordChoice:
    """A word that is not an emotion: how often it occurs, by tier; the tier of a file without tiers is ""."""

    word: str
    counts: dict[str, int]


@dataclass(frozen=True)
class Questions:
    """What to ask before an import.

    Attributes
    ----------
    tiers : all tiers, if there is a choice; else empty
    words : words that are not emotions, the most frequent first
    files : files of whose clips nothing is known
    """

    tiers: list[TierChoice]
    words: list[WordChoice]
    files: list[str]

    def __bool__(self) -> bool:
        chosen = {tier.name for tier in self.tiers if tier.is_chosen} | {""}
        is_word_read = any(not self.tiers or chosen & set(word.counts) for word in self.words)
        return len(self.tiers) > 1 or bool(self.files) or is_word_read


def survey(contents: Mapping[str, FileContents], *, options: ImportOptions, clips: KnownClips) -> Questions:
    """Return what a person has to decide before these files come in."""
    texts, emotions, words = Counter[str](), Counter[str](), dict[str, Counter[str]]()
    chosen: set[str] = set()
    files = []
    for file, content in contents.items():
        for name, tier in tier_words(content, options=options).items():
            texts[name] += tier.texts
            emotions[name] += tier.emotions
        with suppress(BadFileError):  # it has none of the chosen ones
            chosen |= chosen_tiers(content, file=file, options=options)
        for label in content.labels:
            word = label.values.get("emotion")
            if isinstance(word, str) and not options.is_known(word):
                words.setdefault(word.strip(), Counter())[label.tier or ""] += 1
        if _is_unknown(file, content, options, clips):
            files.append(file)
    return Questions(
        [TierChoice(name, count, emotions[name], name in chosen) for name, count in texts.items()],
        sorted(
            (WordChoice(word, dict(counts)) for word, counts in words.items()),
            key=lambda word: (-sum(word.counts.values()), word.word),
        ),
        files,
    )


def _is_unknown(file: str, content: FileContents, options: ImportOptions, clips: KnownClips) -> bool:
    if not any({"clip", "file"}.isdisjoint(label.values) for label in content.labels):
        return False
    try:
        clips.find(None, own_name(file, options))
    except NoClipError:
        return True
    return False
