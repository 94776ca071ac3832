"""How good a network is on corpora that it was not trained on: other voices, rooms, microphones and languages.

python -m ser evaluate --corpora ravdess=DIR emodb=DIR
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from ser.corpus.crema_d import Corpus
from ser.corpus.errors import CorpusError
from ser.corpus.known import CORPORA, known_corpus
from ser.corpus.layout import detect, report_left_out
from ser.evaluation.evaluate import RegimeFigures, clips_of_split, corpus_windows, evaluate_regime
from ser.recognition.familiar import counts_in_profiles
from ser.recognition.voice_profile import ProfileError

if TYPE_CHECKING:
    from ser.recognition.recognizer import Recognizer

TAKES = 8


class CorpusFigures(TypedDict):
    """How good the scores are on one corpus: plain JSON values."""

    corpus: str  # for people
    language: str
    licence: str  # "" for CREMA-D, which the released networks are trained on
    speakers: int
    clips: int
    emotions: int  # of the six that it has
    first: RegimeFigures
    takes: RegimeFigures | None  # after eight takes of each voice; None if that cannot be measured
    notes: list[str]  # what is left out, and why takes cannot be measured


def open_corpus(folder: str | os.PathLike, name: str | None = None) -> Corpus:
    """Open a corpus by its name, or by the names of its files; CREMA-D if neither says otherwise."""
    known = known_corpus(name) if name else detect(folder)
    return Corpus(folder, known=known)


def parse_corpus(text: str) -> tuple[str | None, Path]:
    """Parse NAME=DIR, or DIR alone; raise `CorpusError` for a name without rules."""
    name, equals, folder = text.partition("=")
    if equals and (name.strip().lower().replace("_", "-") in CORPORA or not Path(text).exists()):
        return known_corpus(name).name, Path(folder)
    return None, Path(text)


def evaluate_corpora(
    recognizer: Recognizer,
    *,
    corpora: Sequence[Corpus],
    split: str = "test",
    seed: int = 0,
    jobs: int | None = None,
    cluster: str | None = None,
) -> list[CorpusFigures]:
    """Measure first takes and takes of voices that eight others are known of, on each corpus.

    Parameters
    ----------
    split : "val" or "test", for CREMA-D; of other corpora all clips are used
    seed : of the draws of takes
    jobs, cluster : how the work is spread, see `ser.recognition.bulk`
    """
    return [
        evaluate_corpus(recognizer, corpus=corpus, split=split, seed=seed, jobs=jobs, cluster=cluster)
        for corpus in corpora
    ]


def evaluate_corpus(
    recognizer: Recognizer,
    *,
    corpus: Corpus,
    split: str = "test",
    seed: int = 0,
    jobs: int | None = None,
    cluster: str | None = None,
) -> CorpusFigures:
    """Measure one corpus; the parameters are those of `evaluate_corpora`."""
    report_left_out(corpus.left_out)
    known = corpus.known
    clips = corpus.modelling if known else clips_of_split(recognizer, corpus=corpus, split=split)
    if clips.empty:
        raise CorpusError(f"{corpus.root} has no clip that can be scored: choose another folder.")
    windows = corpus_windows(recognizer, corpus=corpus, clips=clips, jobs=jobs, cluster=cluster)
    notes = list(corpus.left_out)
    takes = None
    if known and known.shared_ids:
        notes.append(f"no figures after {TAKES} takes: {known.shared_ids}")
    else:
        try:
            unlike = known is not None and counts_in_profiles(recognizer.checkpoint.card["network"])
            takes = evaluate_regime(
                recognizer, windows=windows, regime="takes", takes=TAKES, seed=seed, unlike=unlike
            )
        except (CorpusError, ProfileError) as error:
            notes.append(f"no figures after {TAKES} takes: {error}")
    return {
        "corpus": known.title if known else f"CREMA-D ({split})",
        "language": known.language if known else "English",
        "licence": known.licence.sentence if known else "",
        "speakers": clips["actor"].nunique(),
        "clips": len(clips),
        "emotions": clips["emotion"].nunique(),
        "first": evaluate_regime(recognizer, windows=windows, regime="none"),
        "takes": takes,
        "notes": notes,
    }


def format_corpora(rows: Sequence[CorpusFigures]) -> str:
    """Format the result of `evaluate_corpora` as a table."""
    head = ["", "speakers", "clips", "emotions", "first take", "ECE", f"{TAKES} takes", "ECE"]
    table = [head]
    for row in rows:
        first, takes = row["first"], row["takes"]
        later = [f"{takes['uar']:.3f}", f"{takes['ece']:.3f}"] if takes else ["-", "-"]
        counts = [str(row["speakers"]), str(row["clips"]), str(row["emotions"])]
        table.append([row["corpus"], *counts, f"{first['uar']:.3f}", f"{first['ece']:.3f}", *later])
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    lines = [
        f"{line[0]:<{widths[0]}}"
        + "".join(f"{c:>{w + 3}}" for c, w in zip(line[1:], widths[1:], strict=True))
        for line in table
    ]
    return "\n".join(
        [
            "UAR over the emotions that a corpus has, for the first take of an unknown voice and after takes without labels",
            *lines,
        ]
    )
