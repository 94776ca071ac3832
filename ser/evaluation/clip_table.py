"""The clips that a network was measured on: its scores, who speaks, how the crowd heard them, actor splits."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

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
MOST_CLIPS = 1000  # in one answer of `ClipTable.clips`


class ClipsError(UserError, ValueError):
    """There are no such clips, or not so many of them."""


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
        self, part: str = "test", emotion: str = ALL, actor: str = ALL, limit: int = 100, offset: int = 0
    ) -> list[dict]:
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
        list of dict: clip, actor, part, heard_in_training, sentence, text, emotion, level, says, scores;
        where the data set is at hand age, sex, votes, crowd and twin, else None
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
        if not 0 <= limit <= MOST_CLIPS or offset < 0:
            raise ClipsError(
                f"limit is 0 to {MOST_CLIPS} and offset 0 or more: ask for the rest page by page."
            )
        rows = table.sort_index().iloc[int(offset) : int(offset) + int(limit)]
        return [_describe(clip, row) for clip, row in zip(rows.index, rows.to_dict("records"), strict=True)]

    def split(self, seed: int = PUBLISHED_SEED, folds: int = 0) -> dict:
        """Split the actors so that none is in two parts.

        Parameters
        ----------
        seed : seed of the shuffle; 42 gives the published membership
        folds : 0 for one split of 70 / 15 / 15, or 3 to the number of actors for a cross-validation

        Returns
        -------
        dict: seed, folds, and splits (one, or one per fold) of {"train": part, "val": part, "test": part,
        "shared_actors": number of actors in two parts}, where part is what `describe_part` returns
        """
        self.check()
        ids = list(self.actors.index)
        splits = k_folds(ids, int(folds), int(seed)) if folds else [split_actors(ids, int(seed))]
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

    def describe_split(self, split: Split | dict[str, tuple[str, ...]]) -> dict:
        """Describe the three parts of a split, and count the actors that are in two of them."""
        members = split if isinstance(split, dict) else {part: getattr(split, part) for part in PARTS}
        shared = set()
        for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
            shared |= set(members[one]) & set(members[other])
        parts = {part: self.describe_part(members[part]) for part in PARTS}
        return parts | {"shared_actors": len(shared)}

    def describe_part(self, ids: tuple[str, ...]) -> dict:
        """Return actors (ids), clips (count), emotions (count of each); female, male (counts) if known."""
        actors = self.actors.loc[list(ids)]
        part = {"actors": list(ids), "clips": int(actors["clips"].sum())}
        part["emotions"] = {label: int(actors[label].sum()) for label in LABELS}
        if "sex" in actors:
            part |= {sex: int((actors["sex"] == sex).sum()) for sex in ("female", "male")}
        return part


def _crowd(table: pd.DataFrame) -> pd.Series:
    """Compare each clip's most frequent vote with its acted emotion: one of `CROWD`, "" without votes."""
    import pandas as pd

    flags = most_voted(table[list(VOTE_COLUMNS)].to_numpy())
    n, acted = flags.sum(axis=1), table["emotion"].map(LABELS.index).to_numpy()
    named = flags[np.arange(len(table)), acted]
    crowd = np.select([n == 0, ~named, n == 1], ["", "differs", "agrees"], "tied")
    return pd.Series(crowd, table.index, dtype=object)


def _describe(clip: str, row: dict) -> dict:
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
        **{column: row[column] for column in ("actor", "part")},
        "heard_in_training": row["part"] == "train",
        "sentence": row["sentence"],
        "text": SENTENCES.get(row["sentence"], ""),
        **{column: row[column] for column in ("emotion", "level", "says")},
        "scores": {label: float(row[label]) for label in LABELS},
        **known,
        "age": int(known["age"]) if known["age"] is not None else None,
        "votes": votes,
    }


def _ends(known: tuple[str, ...] | list[str]) -> list[str]:
    """Name all choices, or the first and last of many."""
    return list(known) if len(known) <= len(LABELS) else [f"{known[0]} to {known[-1]}"]
