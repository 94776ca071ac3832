"""Other corpora of acted emotion by name: what the name of a file says, and who may be given a network trained on it.

A rule is a pattern or two for the end of a path, the corpus's own codes for emotions, and its licence. The patterns follow the
documentation of each corpus, and the copies of it that are found most; nothing is guessed from the sound.
"""

from __future__ import annotations

import csv
import functools
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Literal

from ser.corpus.errors import CorpusError
from ser.labels import LABELS

EMOTIONS = {  # of the corpora, as nouns; others, such as calm, boredom and surprise, are none of the six
    "anger": "ANG",
    "disgust": "DIS",
    "fear": "FEA",
    "happiness": "HAP",
    "neutral": "NEU",
    "sadness": "SAD",
}
WORDS = {code: word for word, code in EMOTIONS.items()}
_NOUNS = {  # what corpora write in place of these nouns
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "happy": "happiness",
    "joy": "happiness",
    "neutrality": "neutral",
    "sad": "sadness",
    "surprised": "surprise",
    "pleasant_surprise": "surprise",
    "pleasant_surprised": "surprise",
    "ps": "surprise",
    "excited": "excitement",
}

Sharing = Literal["free", "non-commercial", "no"]
SHARING = {
    "free": "A network trained on it may be given away, with credit where the licence asks for it.",
    "non-commercial": "A network trained on it may be given away for non-commercial use, under the same licence.",
    "no": "Keep a network trained on it to yourself.",
}


@dataclass(frozen=True)
class Licence:
    """What a corpus may be used for."""

    name: str  # as its authors state it
    sharing: Sharing  # of a network trained on it; "no" also where nothing is stated

    @property
    def sentence(self) -> str:
        """The licence, and what it means for a network trained on the corpus."""
        return f"{self.name}. {SHARING[self.sharing]}"


@dataclass(frozen=True)
class KnownClip:
    """What the name of a clip says."""

    speaker: str  # as in the corpus, in capitals
    word: str  # the emotion as an English noun, also if it is none of the six: "calm"
    emotion: str | None  # one of `ser.labels.LABELS`; None if the clip is left out
    left_out: str  # why the clip is left out; "" if it is not
    sentence: str  # the code of what is said; "" if the name has none
    recording: str  # the same for files that hold the same recording, such as a video and its sound


@dataclass(frozen=True)
class KnownCorpus:
    """A corpus whose files can be read by their names.

    The first of `patterns` that fits the end of a path without its suffix, in any case, is used. Its groups are emotion and
    speaker, and where a name has them sentence and copy, the part that differs between files with the same recording.
    """

    name: str  # for `--corpus`
    title: str
    language: str
    licence: Licence
    patterns: tuple[str, ...]
    codes: Mapping[str, str] = field(default_factory=dict)  # lower case, to the corpus's word for an emotion
    speakers: Mapping[str, str] = field(default_factory=dict)  # misspelt ids
    unsuitable: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # group, its value: why it is left out
    table: tuple[str, str, str, str] | None = None  # where names say nothing: file, and its columns
    shared_ids: str = ""  # what an id stands for if it is not one speaker

    def clip(self, path: str | os.PathLike) -> KnownClip | None:
        """Return what the name of a file says; None if it is not a name of this corpus.

        Give the path with its folders: some corpora name the speaker or the emotion there. Raises `CorpusError` if the
        corpus has a table of its clips and that is missing.
        """
        if self.table:
            return self._clip_of_table(Path(path))
        names = PureWindowsPath(path)  # splits at both "\\" and "/"
        text = names.with_suffix("").as_posix() if names.name else ""
        match = next((found for one in self.patterns if (found := _compiled(one).search(text))), None)
        if match is None:
            return None
        groups = {name: value.lower() for name, value in match.groupdict(default="").items()}
        reasons = [reason for name, values in self.unsuitable.items() if (reason := values.get(groups[name]))]
        whole, copy = match.group().lower(), match.span("copy") if "copy" in groups else (0, 0)
        first, last = (place - match.start() for place in copy)
        return self._make(
            groups["speaker"],
            code=groups["emotion"],
            sentence=groups.get("sentence", ""),
            reason=reasons[0] if reasons else "",
            recording=whole[: max(first, 0)] + whole[max(last, 0) :],
        )

    def _make(self, speaker: str, *, code: str, sentence: str, reason: str, recording: str) -> KnownClip:
        word = self.codes.get(code, code if not self.codes else f"code {code}")
        word = _NOUNS.get(word, word)
        emotion = EMOTIONS.get(word)
        if emotion is None and not reason:
            reason = f"{word} is not one of the six emotions"
        speaker = speaker.upper()
        return KnownClip(
            speaker=self.speakers.get(speaker, speaker),
            word=word,
            emotion=None if reason else emotion,
            left_out=reason,
            sentence=sentence.upper(),
            recording=recording,
        )

    def _clip_of_table(self, path: Path) -> KnownClip | None:
        assert self.table is not None
        file, *columns = self.table
        folders = [path.absolute().parent, *path.absolute().parents[1:4]]
        found = next((folder / file for folder in folders if (folder / file).is_file()), None)
        if found is None:
            raise CorpusError(
                f"{self.title} keeps its emotions in {file}, which is not near {path}: choose the folder that contains it."
            )
        row = _rows(found, tuple(columns), found.stat().st_mtime_ns).get(path.name.lower())
        if row is None:
            return None
        speaker, code = row
        return self._make(speaker, code=code.lower(), sentence="", reason="", recording=path.stem.lower())


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=/))(?:{pattern})$", re.IGNORECASE)


@functools.lru_cache(maxsize=4)
def _rows(file: Path, columns: tuple[str, ...], _: int) -> dict[str, tuple[str, str]]:
    """Read the speaker and the emotion of each file from a table; `_` is the table's time stamp."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        if not set(columns) <= set(rows.fieldnames or ()):
            raise CorpusError(
                f"{file} has no column {' or '.join(columns)}: take the table that came with the corpus."
            )
        name, speaker, emotion = columns
        return {row[name].lower(): (row[speaker] or "", row[emotion] or "") for row in rows if row[name]}


def emotion_of(word: str) -> str | None:
    """Return the code, one of `ser.labels.LABELS`, of an emotion written as a code or an English word; None for others."""
    word = word.strip().lower()
    return EMOTIONS.get(_NOUNS.get(word, word), word.upper() if word.upper() in LABELS else None)


def known_corpus(name: str) -> KnownCorpus:
    """Return the corpus with a name such as "ravdess", in any case; raise `CorpusError` with the choices."""
    corpus = CORPORA.get(name.strip().lower().replace("_", "-"))
    if corpus is None:
        raise CorpusError(f"There are no rules for a corpus named {name!r}: choose {', '.join(CORPORA)}.")
    return corpus


_BY = Licence("Creative Commons Attribution 4.0 (CC BY 4.0)", "free")
_BY_NC_SA = Licence(
    "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 (CC BY-NC-SA 4.0)", "non-commercial"
)
_CC0 = Licence("Public domain (CC0 1.0)", "free")


def _numbered(*words: str) -> dict[str, str]:
    """Return the words by their numbers, from 01."""
    return {f"{number:02}": word for number, word in enumerate(words, 1)}


_ALL = (
    KnownCorpus(
        "ravdess",
        "RAVDESS",
        "English",
        _BY_NC_SA,
        # modality-channel-emotion-intensity-statement-repetition-actor
        (
            r"(?P<copy>0[123])-(?P<channel>0[12])-(?P<emotion>0[1-8])-0[12]-(?P<sentence>0[12])-0[12]-(?P<speaker>[0-9]{2})",
        ),
        _numbered("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
        unsuitable={"copy": {"02": "a picture without sound"}, "channel": {"02": "sung, not spoken"}},
    ),
    KnownCorpus(
        "tess",
        "TESS",
        "English",
        Licence("Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 (CC BY-NC-ND 4.0)", "no"),
        # Some copies are in lower case, are numbered, or have the emotion in the folder's name only.
        (
            r"(?P<speaker>OAF|OA|YAF)_(?P<sentence>[a-z']+)_(?P<emotion>angry|disgust|fear|happy|neutral|ps|sad)"
            r"(?:[ _-]?\(?[0-9]+\)?)?",
            r"(?P<speaker>OAF|YAF)_(?P<emotion>angry|disgust|fear|happy|neutral|pleasant_surprised?|sad)/[^/]+",
        ),
        speakers={"OA": "OAF"},  # OA_bite_neutral, in the original
    ),
    KnownCorpus(
        "savee",
        "SAVEE",
        "English",
        Licence("For research only, after registration", "no"),
        (r"(?P<speaker>DC|JE|JK|KL)[_/]?(?P<emotion>sa|su|[adfhn])(?P<sentence>[0-9]{2})",),
        {
            "a": "anger",
            "d": "disgust",
            "f": "fear",
            "h": "happiness",
            "n": "neutral",
            "sa": "sadness",
            "su": "surprise",
        },
    ),
    KnownCorpus(
        "emodb",
        "EmoDB",
        "German",
        _CC0,
        (r"(?P<speaker>03|08|09|1[0-6])(?P<sentence>[ab][0-9]{2})(?P<emotion>[WLEAFTN])[a-z]?",),
        {  # Wut, Langeweile, Ekel, Angst, Freude, Trauer, neutral
            "w": "anger",
            "l": "boredom",
            "e": "disgust",
            "a": "fear",
            "f": "happiness",
            "t": "sadness",
            "n": "neutral",
        },
    ),
    KnownCorpus(
        "emovo",
        "EMOVO",
        "Italian",
        Licence("No licence is stated", "no"),
        (r"(?P<emotion>dis|gio|neu|pau|rab|sor|tri)-(?P<speaker>[fm][123])-(?P<sentence>[bdln][1-5])",),
        {
            "dis": "disgust",
            "gio": "happiness",
            "neu": "neutral",
            "pau": "fear",
            "rab": "anger",
            "sor": "surprise",
            "tri": "sadness",
        },
    ),
    KnownCorpus(
        "cafe",
        "CaFE",
        "French",
        _BY_NC_SA,
        # actor-emotion-intensity-sentence
        (r"(?P<speaker>0[1-9]|1[0-2])-(?P<emotion>[CDJNPST])-[12]-(?P<sentence>[1-6])",),
        {  # colère, dégoût, joie, neutre, peur, surprise, tristesse
            "c": "anger",
            "d": "disgust",
            "j": "happiness",
            "n": "neutral",
            "p": "fear",
            "s": "surprise",
            "t": "sadness",
        },
    ),
    KnownCorpus(
        "jl",
        "JL corpus",
        "English",
        _CC0,
        (r"(?P<speaker>(?:fe)?male[12])_(?P<emotion>[a-z]+)_(?P<sentence>[0-9]+[ab]?)_[0-9]",),
    ),
    KnownCorpus(
        "mesd",
        "MESD",
        "Spanish",
        _BY,
        (
            r"(?P<emotion>anger|disgust|fear|happiness|neutral|sadness)_(?P<speaker>[FMC])_[AB]_(?P<sentence>[^/]+)",
        ),
        shared_ids="F, M and C stand for women, men and children: a name does not say which of them speaks",
    ),
    KnownCorpus(
        "subesco",
        "SUBESCO",
        "Bangla",
        _BY,
        (
            r"(?P<speaker>[FM]_[0-9]{2})_[a-z]+_S_(?P<sentence>[0-9]{1,2})"
            r"_(?P<emotion>angry|disgust|fear|happy|neutral|sad|surprise)_[0-9]",
        ),
    ),
    KnownCorpus(
        "emozionalmente",
        "Emozionalmente",
        "Italian",
        _BY,
        (),
        table=("metadata/samples.csv", "file_name", "actor", "emotion_expressed"),
    ),
    KnownCorpus(
        "nemo",
        "nEMO",
        "Polish",
        _BY_NC_SA,  # as its own page says; some lists of corpora say otherwise
        (
            r"(?P<speaker>[A-Z]{2}[0-9])_(?P<emotion>anger|fear|happiness|neutral|sadness|surprised?)_(?P<sentence>[0-9]+)",
        ),
    ),
    KnownCorpus(
        "esd",
        "ESD",
        "English and Mandarin",
        Licence("For research only", "no"),
        # The emotion is in the folder's name only; some copies have no folders for training, evaluation and test.
        (
            r"(?P<speaker>[0-9]{4})/(?P<emotion>angry|happy|neutral|sad|surprise)/(?:train/|evaluation/|test/)?"
            r"(?P=speaker)_(?P<sentence>[0-9]{6})",
        ),
    ),
    KnownCorpus(
        "mead",
        "MEAD",
        "English",
        Licence("For research that is not commercial, after registration", "no"),
        (
            r"(?P<speaker>[MW][0-9]{3})/(?:audio/)?(?P<emotion>angry|contempt|disgusted|fear|happy|neutral|sad|surprised)"
            r"/level_[123]/(?P<sentence>[0-9]{3})",
        ),
    ),
    KnownCorpus(
        "asvp-esd",
        "ASVP-ESD",
        "Mandarin, English, French and others",
        # Its page says CC BY 4.0, but the clips are cut from films, broadcasts and videos of others.
        Licence(
            "Creative Commons Attribution 4.0 (CC BY 4.0), for clips from films and videos of others", "no"
        ),
        # modality-channel-emotion-intensity-statement-actor-age-source, then language and others if they are known
        (
            r"03-(?P<channel>0[12])-(?P<emotion>[0-9]{2})-[0-9]{2}-(?P<sentence>[0-9]+)-(?P<speaker>[0-9]+)-[0-9]{2}-[0-9]{2}"
            r"(?:-[0-9]{2}){0,4}",
        ),
        _numbered(
            *("boredom", "neutral", "happy", "sad", "angry", "fear", "disgust", "surprise"),
            *("excitement", "pleasure", "pain", "disappointment", "breath"),
        ),
        unsuitable={"channel": {"02": "a voice without words"}},
    ),
)
CORPORA = {corpus.name: corpus for corpus in _ALL}
