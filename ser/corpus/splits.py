"""Which speakers are for training, validation and test, so that no figure is about a voice from training."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ser.corpus.errors import CorpusError

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED_SEED = 42
Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = ("train", "val", "test")
HELD_OUT_SHARE = 7  # one clip in so many, as in the split of the actors


@dataclass(frozen=True)
class Split:
    """The sorted ids of the actors for training, validation and test; raises `CorpusError` if an actor is in two."""

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        for part in PARTS:
            object.__setattr__(self, part, tuple(sorted(map(str, getattr(self, part)))))
        check_disjoint(self)

    def part_of(self, actor: str | int) -> str:
        """Return "train", "val" or "test"; raise `CorpusError` for an unknown actor."""
        for part in PARTS:
            if str(actor) in getattr(self, part):
                return part
        raise CorpusError(
            f"Actor {actor} is in no part of this split: create the split again from this data set."
        )


def check_disjoint(split: Split) -> None:
    """Raise `CorpusError` if an actor is in two parts, or twice in one."""
    seen: dict[str, str] = {}
    for part in PARTS:
        for actor in getattr(split, part):
            if actor in seen:
                raise CorpusError(
                    f"Actor {actor} is in {seen[actor]} and in {part}: put each actor in one part only, "
                    "so that no score is about a voice from training."
                )
            seen[actor] = part


def _shuffled(actors: Iterable[str], seed: int) -> list[str]:
    # Sorted first, so that the shuffle does not depend on the order of a set or of a folder listing.
    actors = sorted({str(actor) for actor in actors})
    random.Random(seed).shuffle(actors)
    return actors


def split_actors(actors: Iterable[str], seed: int = PUBLISHED_SEED) -> Split:
    """Split actors 70 / 15 / 15, at least one in each part; CREMA-D's 91 actors and seed 42 give the published split.

    Raises `CorpusError` for fewer than three actors.
    """
    actors = _shuffled(actors, seed)
    _check_enough(actors)
    train, val = min(int(len(actors) * 0.7), len(actors) - 2), max(1, int(len(actors) * 0.15))
    return Split(*map(tuple, (actors[:train], actors[train : train + val], actors[train + val :])))


def k_folds(actors: Iterable[str], *, k: int, seed: int = PUBLISHED_SEED) -> list[Split]:
    """Deal actors into `k` parts; fold i tests on part i, validates on part i + 1 and trains on the rest."""
    actors = _shuffled(actors, seed)
    _check_enough(actors)
    if not 3 <= k <= len(actors):
        raise CorpusError(f"{len(actors)} actors cannot be split into {k} folds: choose 3 to {len(actors)}.")
    parts = [tuple(actors[i::k]) for i in range(k)]
    folds = []
    for i, test in enumerate(parts):
        val = parts[(i + 1) % k]
        train = tuple(actor for actor in actors if actor not in test and actor not in val)
        folds.append(Split(train, val, test))
    return folds


def _check_enough(actors: list[str]) -> None:
    if len(actors) < len(PARTS):
        raise CorpusError(
            f"A split needs at least {len(PARTS)} speakers, one each for training, validation and test, and there "
            f"{'is' if len(actors) == 1 else 'are'} {len(actors)}: add recordings of other speakers, or use "
            "`train --validate-on clips`."
        )


def few_speakers_note(split: Split) -> str:
    """Return a sentence about a split whose validation or test part is a single voice; "" otherwise."""
    if min(len(split.val), len(split.test)) != 1:
        return ""
    speakers = len(split.train + split.val + split.test)
    return (
        f"With {speakers} speakers, validation or test is a single voice, whose figures say little about others: "
        f"`split --folds {min(speakers, 5)}` and `train --fold 1/{min(speakers, 5)}` use each voice in turn."
    )


def held_out_clips(clips: pd.DataFrame, seed: int = PUBLISHED_SEED) -> pd.Series:
    """Choose clips to validate on from every speaker, for `train --validate-on clips`.

    A seventh of the clips of each speaker and emotion is held out, but never all of them, and no recording that is there
    twice.

    Parameters
    ----------
    clips : rows of `Corpus.modelling`

    Returns
    -------
    bool Series with the index of `clips`

    Raises
    ------
    CorpusError
        if there are too few clips to hold one out
    """
    import numpy as np
    import pandas as pd

    generator, held_out = np.random.default_rng(seed), set()
    twins = clips["twin"]  # the same bytes twice: they stay in training
    singles = clips[~twins.isin(clips.index)].sort_index()
    for _, group in singles.groupby(["actor", "emotion"]):
        count = min(max(1, round(len(group) / HELD_OUT_SHARE)), len(group) - 1)
        held_out |= set(generator.permutation(group.index.to_numpy())[:count])
    if not held_out:
        raise CorpusError(
            "No clip can be held out to validate on: record at least two clips of one emotion and speaker."
        )
    return pd.Series(clips.index.isin(held_out), index=clips.index)
