"""The clips of the data set with a network's scores, their speakers and the crowd's votes, and splits of the actors."""

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
    read_voice_ratings,
    read_voice_votes,
    split_actors,
)
from ser.corpus.votes import VOTE_COLUMNS, most_voted
from ser.errors import UserError
from ser.evaluation.predictions import INTENSITY_COLUMN, empty_predictions, read_predictions
from ser.labels import LABELS

if TYPE_CHECKING:
    import pandas as pd

ALL: Final = "all"
CROWD = ("agrees", "tied", "differs")  # the crowd's most frequent vote, compared with the acted emotion
MAX_CLIPS = 1000  # that `ClipTable.clips` returns at once


class ClipsError(UserError, ValueError):
    """A request for clips that do not exist, or for too many at once."""


class ClipRow(TypedDict):
    """A clip with its scores; age, sex, crowd, twin, votes and rating are None without the data set."""

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
    intensity: float | None  # 0 to 100; None for networks that do not estimate it
    rating: float | None  # the crowd's, 0 to 100


class PartDescription(TypedDict):
    """One part of a split; female and male are left out where the sex of the actors is not known."""

    actors: list[str]  # ids
    clips: int  # count
    emotions: dict[str, int]  # count of clips
    female: NotRequired[int]  # count of actors
    male: NotRequired[int]


class SplitDescription(TypedDict):
    """The three parts of a split, and the number of actors that are in more than one of them."""

    train: PartDescription
    val: PartDescription
    test: PartDescription
    shared_actors: int


class SplitAnswer(TypedDict):
    """One split (folds is 0), or the folds of a cross-validation; the network's own split has neither seed nor folds."""

    seed: NotRequired[int]
    folds: NotRequired[int]
    splits: list[SplitDescription]


class ClipTable:
    """The predictions.csv of a checkpoint, joined with what the data set on this machine knows about each clip.

    Parameters
    ----------
    predictions : the checkpoint's predictions.csv; if the file is missing, the table has no rows
    corpus : the data set; without it, age, sex, votes and twins are unknown
    """

    def __init__(self, predictions: str | os.PathLike, corpus: Corpus | None = None) -> None:
        self.predictions = Path(predictions)
        self.corpus = corpus

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per clip, indexed by its name, in the order of the file.

        The columns are actor, sentence, emotion (acted), level, part, the six scores ANG to SAD, says (the emotion
        with the highest score), score (the highest score) and, for networks that estimate it, intensity. With the data
        set, there are also age, sex, votes_ANG to votes_SAD and rating (of raters who heard the clip and did not see it), crowd (one of `CROWD`, or "" without votes) and twin (the clip
        with the same bytes, or ""). Raises `ser.evaluation.predictions.PredictionsError` for a file that cannot be used.
        """
        table = read_predictions(self.predictions) if self.predictions.is_file() else empty_predictions()
        table = table.rename(columns={"split": "part", "answer": "says"})
        optional = [column for column in (INTENSITY_COLUMN,) if column in table]
        table = table[["actor", "sentence", "emotion", "level", "part", *LABELS, "says", *optional]]
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
        ratings = read_voice_ratings(self.corpus.root)
        if ratings is not None:
            table = table.join(ratings)
        return table.assign(twin=self.corpus.clips["twin"].reindex(table.index, fill_value=""))

    @cached_property
    def actors(self) -> pd.DataFrame:
        """A row per actor, indexed and sorted by id: part, clips, clips of each emotion, and age and sex if known."""
        groups = self.table.groupby("actor")
        actors = groups[[column for column in ("part", "age", "sex") if column in self.table]].first()
        actors["clips"] = groups.size()
        for label in LABELS:
            actors[label] = groups["emotion"].agg(lambda acted, label=label: int((acted == label).sum()))
        return actors.sort_index()

    def clips(
        self, part: str = "test", *, emotion: str = ALL, actor: str = ALL, limit: int = 100, offset: int = 0
    ) -> list[ClipRow]:
        """Return clips with their scores, sorted by name.

        Parameters
        ----------
        part : "train", "val", "test" or "all"
        emotion : the acted emotion, "ANG" to "SAD", or "all"
        actor : "1001" to "1091", or "all"
        limit : maximum number of clips, up to 1000
        offset : number of clips to skip first

        Returns
        -------
        list of `ClipRow`
        """
        table = self.table
        for column, value, choices in (
            ("part", part, PARTS),
            ("emotion", emotion, LABELS),
            ("actor", str(actor), sorted(set(table["actor"]))),
        ):
            if value not in (ALL, *choices):
                raise ClipsError(
                    f"There is no {column} {value!r}: choose {', '.join(_ends(choices))} or {ALL}."
                )
            if value != ALL:
                table = table[table[column] == value]
        if not 0 <= limit <= MAX_CLIPS or offset < 0:
            raise ClipsError(
                f"limit must be 0 to {MAX_CLIPS} and offset 0 or more: for more clips, ask again with a higher offset."
            )
        rows = table.sort_index().iloc[int(offset) : int(offset) + int(limit)]
        return [_describe(clip, row) for clip, row in zip(rows.index, rows.to_dict("records"), strict=True)]

    def split(self, seed: int = PUBLISHED_SEED, folds: int = 0) -> SplitAnswer:
        """Split the actors so that none is in two parts.

        Parameters
        ----------
        seed : of the shuffle; 42 gives the published split
        folds : 0 for one split of 70 / 15 / 15, or the number of folds of a cross-validation: 3 to the number of actors

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
        """Raise `PredictionsError` if the checkpoint has no predictions."""
        if self.table.empty:
            read_predictions(self.predictions)

    @property
    def own_split(self) -> dict[str, tuple[str, ...]]:
        """The actors of each part in predictions.csv: the split that this network was trained with."""
        return {part: tuple(sorted(set(self.table["actor"][self.table["part"] == part]))) for part in PARTS}

    def describe_split(self, split: Split | dict[str, tuple[str, ...]]) -> SplitDescription:
        """Describe the three parts of a split, and count the actors that are in more than one of them."""
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
        """Count the clips of some actors and, if known, the actors of each sex."""
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
    agrees = flags[np.arange(len(table)), acted]
    crowd = np.select([n == 0, ~agrees, n == 1], ["", "differs", "agrees"], "tied")
    return pd.Series(crowd, table.index, dtype=object)


def _describe(clip: str, row: dict[str, Any]) -> ClipRow:
    facts = {
        column: row.get(column) for column in ("age", "sex", "crowd", "twin", "rating", INTENSITY_COLUMN)
    }
    facts = {
        column: None if value in ("", None) or value != value else value for column, value in facts.items()
    }
    votes = (
        {label: int(row[column]) for label, column in zip(LABELS, VOTE_COLUMNS, strict=True)}
        if facts["crowd"]
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
        "age": int(facts["age"]) if facts["age"] is not None else None,
        "sex": facts["sex"],
        "crowd": facts["crowd"],
        "twin": facts["twin"],
        "votes": votes,
        "intensity": facts[INTENSITY_COLUMN],
        "rating": facts["rating"],
    }


def _ends(choices: tuple[str, ...] | list[str]) -> list[str]:
    """Return all choices, or the first and last if there are many."""
    return list(choices) if len(choices) <= len(LABELS) else [f"{choices[0]} to {choices[-1]}"]
