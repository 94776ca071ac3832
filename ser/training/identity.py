"""What a run is trained on, by content: a run is continued only on the same clips, actors and votes.

A folder that grew or shrank since gives another split of the actors, so that a voice from training could stand as test
on the card.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from ser.corpus.votes import VOTE_COLUMNS
from ser.util.text import counted

if TYPE_CHECKING:
    import pandas as pd

    from ser.corpus.crema_d import Corpus

HASHING_THREADS = 4
NAMES = {"train": "training", "val": "validation"}


class PartIdentity(TypedDict):
    """The clips of one part; two digests are equal if their clips are the same, in the same order."""

    clips: int
    actors: list[str]
    content: str  # of the files, with the actor and the acted emotion of each
    votes: str  # "" if the run does not learn from them


DataIdentity = dict[str, PartIdentity]  # by "train" and "val"


def data_identity(corpus: Corpus, *, parts: Mapping[str, pd.DataFrame], votes: bool) -> DataIdentity:
    """Return what the parts hold; each file is read once.

    Parameters
    ----------
    parts : rows of `Corpus.modelling`, by "train" and "val"
    votes : whether the run also learns from the crowd's votes
    """
    return {part: _part_identity(corpus, clips, votes) for part, clips in parts.items()}


def _part_identity(corpus: Corpus, clips: pd.DataFrame, votes: bool) -> PartIdentity:
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        digests = list(pool.map(_digest, map(corpus.path, clips.index)))
    rows = zip(digests, clips["actor"], clips["emotion"], strict=True)
    content = hashlib.sha256(json.dumps([*map(list, rows)]).encode())
    has_votes = votes and set(VOTE_COLUMNS) <= set(clips)
    counts = clips[list(VOTE_COLUMNS)].to_numpy().astype(int).tolist() if has_votes else []
    return {
        "clips": len(clips),
        "actors": sorted(set(clips["actor"])),
        "content": content.hexdigest(),
        "votes": hashlib.sha256(json.dumps(counts).encode()).hexdigest() if has_votes else "",
    }


def content_of(file: str | os.PathLike | None) -> str | None:
    """Return the digest of a file that a run also learns from; None without one, or where it is missing."""
    return _digest(Path(file)) if file and Path(file).is_file() else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def difference(before: DataIdentity, now: DataIdentity) -> str:
    """Return how the clips of a run differ from those that are there now, as a phrase; "" if they are the same."""
    for part, name in NAMES.items():
        old, new = before[part], now[part]
        sizes = [
            f"{counted('clip', one['clips'])} of {counted('actor', len(one['actors']))}" for one in (old, new)
        ]
        if sizes[0] != sizes[1]:
            return f"{sizes[0]} for {name}, now {sizes[1]}"
        if old["actors"] != new["actors"]:
            return f"other actors for {name}"
        if old["content"] != new["content"]:
            return f"other recordings or emotions for {name}"
        if old["votes"] != new["votes"]:
            return f"other votes for {name}"
    return ""


def difference_to_caches(out: Path, *, corpus: Corpus, parts: Mapping[str, pd.DataFrame]) -> str | None:
    """Return what `difference` does for a run from before its state held its identity, judging by what it cached.

    Returns
    -------
    None if the folder of the run holds no cache
    """
    seen = None
    for part, clips in parts.items():
        try:
            index = json.loads((out / "waveforms" / f"{part}.json").read_text(encoding="utf-8"))
            before = [(name, size) for name, size, *_ in index["origin"]]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        seen = ""
        if before != [(name, corpus.path(name).stat().st_size) for name in clips.index]:
            return f"{counted('clip', len(before))} for {NAMES[part]}, now {counted('clip', len(clips))} or others"
    prepared = {path.stem for path in (out / "prepared" / "mel_npy").glob("*.npy")}
    if prepared:
        seen = ""
        if prepared != set(corpus.modelling.index):
            return f"{counted('clip', len(prepared))}, now {counted('clip', len(corpus.modelling))} or others"
    return seen
