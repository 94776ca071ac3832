"""The clips that a network was measured on: its scores, who speaks, how the crowd heard them, actor splits."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NotRequired, TypedDict

import numpy as np

from ser.corpus.crema_d import (
    PARTS,
    PUBLISHED_SEED,
    SENTENCES,
    Corpus,
    Split,
    k_folds,
    read_demographics,
    read_voice_votes,
    split_actors,
)
from ser.corpus.votes import VOTE_COLUMNS, most_voted
from ser.errors import UserError
from ser.evaluation.predictions import empty_predictions, read_predictions
from ser.labels import LABELS

if TYPE_CHECKING:
    import pandas as pd

ALL: Final = "all"
CROWD = ("agrees", "tied", "differs")  # the crowd's most frequent vote, held against the acted emotion
MAX_CLIPS = 1000  # in one answer of `ClipTable.clips`


class ClipsError(UserError, ValueError):
    """There are no such clips, or not so many of them."""


class ClipRow(TypedDict):
    """A clip with its scores; what only the data set knows is None without it."""

    clip: str
    actor: str
    part: str
    heard_in_training: bool
    sentence: str
    text: str
    emotion: str  # acted
    level: str
    says: str  # the emotion that scored highest
    scores: dict[str, float]
    age: int | None
    sex: str | None
    crowd: str | None  # one of `CROWD`
    twin: str | None
    votes: dict[str, int] | None


class PartDescription(TypedDict):
    """A part of a split: ids of its actors, and numbers of clips and, where sexes are known, of actors."""

    actors: list[str]
    clips: int
    emotions: dict[str, int]
    female: NotRequired[int]
    male: NotRequired[int]


class SplitDescription(TypedDict):
    """The three parts of a split, and the number of actors that are in two of them."""

    train: PartDescription
    val: PartDescription
    test: PartDescription
    shared_actors: int


class SplitAnswer(TypedDict):
    """One split (folds 0), or a cross-validation; a split that was not drawn has neither seed nor folds."""

    seed: NotRequired[int]
    folds: NotRequired[int]
    splits: list[SplitDescription]


class ClipTable:
    """predictions.csv of a checkpoint, joined with what the data set on this machine knows of each clip.

    Parameters
    ----------
    predictions : the checkpoint's predictions.csv; where there is none, the table has no rows
    corpus : the data set; without it age, sex, votes and twins are not known
    """

    def __init__(self, predictions: str | os.PathLike, corpus: Corpus | None = None) -> None:
        self.predictions = Path(predictions)
        self.corpus = corpus

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per clip, indexed by its name, in the order of the file.

        Columns: actor, sentence, emotion (acted), level, part, the six scores ANG to SAD, says (the best
        score's emotion), score; as far as the data set is there also age, sex, votes_ANG to votes_SAD
        (raters who only heard the clip), crowd (one of `CROWD`, "" without votes) and twin (the clip with
        the same bytes, or ""). Raises `ser.evaluation.predictions.PredictionsError` for a file that cannot be used.
        """
        table = read_predictions(self.predictions) if self.predictions.is_file() else empty_predictions()
        table = table.rename(columns={"split": "part", "answer": "says"})
        table = table[["actor", "sentence", "emotion", "level", "part", *LABELS, "says"]]
        table = table.assign(score=table[list(LABELS)].max(axis=1))
        if self.corpus is None or table.empty:
            return table
        demographics, votes = read_demographics(self.corpus.root), read_voice_votes(self.corpus.root)
        if demographics is not None:
            table = table.join(demographics[["age", "sex"]], on="actor")
            table["sex"] = table["sex"].str.lower()
        if votes is not None:
            table = table.join(votes.reindex(table.index, fill_value=0))
            table["crowd"] = _crowd(table)
        return table.assign(twin=self.corpus.clips["twin"].reindex(table.index, fill_value=""))

    @cached_property
    def actors(self) -> pd.DataFrame:
        """A row per actor, indexed and sorted by id: part, clips, clips of each emotion; age, sex if known."""
        groups = self.table.groupby("actor")
        actors = groups[[column for column in ("part", "age", "sex") if column in self.table]].first()
        actors["clips"] = groups.size()
        for label in LABELS:
            actors[label] = groups["emotion"].agg(lambda acted, label=label: int((acted == label).sum()))
        return actors.sort_index()

    def clips(
        self, part: str = "test", *, emotion: str = ALL, actor: str = ALL, limit: int = 100, offset: int = 0
    ) -> list[ClipRow]:
        """Return clips with their scores, in the order of their names.

        Parameters
        ----------
        part : "train", "val", "test" or "all"
        emotion : the acted emotion, "ANG" to "SAD", or "all"
        actor : "1001" to "1091", or "all"
        limit : how many at most, up to 1000
        offset : how many to leave out first

        Returns
        -------
        list of `ClipRow`
        """
        table = self.table
        for column, wanted, known in (
            ("part", part, PARTS),
            ("emotion", emotion, LABELS),
            ("actor", str(actor), sorted(set(table["actor"]))),
        ):
            if wanted not in (ALL, *known):
                raise ClipsError(
                    f"There is no {column} {wanted!r}: choose {', '.join(_ends(known))} or {ALL}."
                )
            if wanted != ALL:
                table = table[table[column] == wanted]
        if not 0 <= limit <= MAX_CLIPS or offset < 0:
            raise ClipsError(
                f"limit is 0 to {MAX_CLIPS} and offset 0 or more: ask for the rest page by page."
            )
        rows = table.sort_index().iloc[int(offset) : int(offset) + int(limit)]
        return [_describe(clip, row) for clip, row in zip(rows.index, rows.to_dict("records"), strict=True)]

    def split(self, seed: int = PUBLISHED_SEED, folds: int = 0) -> SplitAnswer:
        """Split the actors so that none is in two parts.

        Parameters
        ----------
        seed : seed of the shuffle; 42 gives the published membership
        folds : 0 for one split of 70 / 15 / 15, or 3 to the number of actors for a cross-validation

        Returns
        -------
        `SplitAnswer` with one split, or one per fold
        """
        self.check()
        ids = list(self.actors.index)
        splits = k_folds(ids, k=int(folds), seed=int(seed)) if folds else [split_actors(ids, int(seed))]
        return {
            "seed": int(seed),
            "folds": int(folds),
            "splits": [self.describe_split(split) for split in splits],
        }

    def check(self) -> None:
        """Raise `PredictionsError` where there is no table of predictions to answer from."""
        if self.table.empty:
            read_predictions(self.predictions)

    @property
    def own_split(self) -> dict[str, tuple[str, ...]]:
        """The actors of each part as predictions.csv has them: what this network was trained with."""
        return {part: tuple(sorted(set(self.table["actor"][self.table["part"] == part]))) for part in PARTS}

    def describe_split(self, split: Split | dict[str, tuple[str, ...]]) -> SplitDescription:
        """Describe the three parts of a split, and count the actors that are in two of them."""
        train, val, test = (
            split[part] if isinstance(split, dict) else getattr(split, part) for part in PARTS
        )
        shared = {*train} & {*val} | {*train} & {*test} | {*val} & {*test}
        return {
            "train": self.describe_part(train),
            "val": self.describe_part(val),
            "test": self.describe_part(test),
            "shared_actors": len(shared),
        }

    def describe_part(self, ids: tuple[str, ...]) -> PartDescription:
        """Count the clips of some actors, and the actors of each sex if known."""
        actors = self.actors.loc[list(ids)]
        part: PartDescription = {
            "actors": list(ids),
            "clips": int(actors["clips"].sum()),
            "emotions": {label: int(actors[label].sum()) for label in LABELS},
        }
        if "sex" in actors:
            part["female"] = int((actors["sex"] == "female").sum())
            part["male"] = int((actors["sex"] == "male").sum())
        return part


def _crowd(table: pd.DataFrame) -> pd.Series:
    """Compare each clip's most frequent vote with its acted emotion: one of `CROWD`, "" without votes."""
    import pandas as pd

    flags = most_voted(table[list(VOTE_COLUMNS)].to_numpy())
    n, acted = flags.sum(axis=1), table["emotion"].map(LABELS.index).to_numpy()
    named = flags[np.arange(len(table)), acted]
    crowd = np.select([n == 0, ~named, n == 1], ["", "differs", "agrees"], "tied")
    return pd.Series(crowd, table.index, dtype=object)


def _describe(clip: str, row: dict[str, Any]) -> ClipRow:
    known = {column: row.get(column) for column in ("age", "sex", "crowd", "twin")}
    known = {
        column: None if value in ("", None) or value != value else value for column, value in known.items()
    }
    votes = (
        {label: int(row[column]) for label, column in zip(LABELS, VOTE_COLUMNS, strict=True)}
        if known["crowd"]
        else None
    )
    return {
        "clip": clip,
        "actor": row["actor"],
        "part": row["part"],
        "heard_in_training": row["part"] == "train",
        "sentence": row["sentence"],
        "text": SENTENCES.get(row["sentence"], ""),
        "emotion": row["emotion"],
        "level": row["level"],
        "says": row["says"],
        "scores": {label: float(row[label]) for label in LABELS},
        "age": int(known["age"]) if known["age"] is not None else None,
        "sex": known["sex"],
        "crowd": known["crowd"],
        "twin": known["twin"],
        "votes": votes,
    }


def _ends(known: tuple[str, ...] | list[str]) -> list[str]:
    """Name all choices, or the first and last of many."""
    return list(known) if len(known) <= len(LABELS) else [f"{known[0]} to {known[-1]}"]
