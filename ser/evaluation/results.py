"""Compute what the Results tab shows of one checkpoint: figures with intervals, groups, calibration, people's votes.

The input is a checkpoint folder: predictions.csv, card.json and curves.csv. People's votes and the sex and age of the
actors come from the data set if it is available, and otherwise from the aggregates on the card.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict

import numpy as np

from ser.corpus.clip_names import LEVELS, SENTENCES
from ser.corpus.crema_d import Corpus
from ser.corpus.votes import VOTE_COLUMNS, most_voted
from ser.errors import UserError
from ser.evaluation.bootstrap import Answers, ReliabilityBin, estimate, reliability
from ser.evaluation.predictions import PREDICTIONS_FILE, PredictionsError, read_predictions
from ser.labels import LABELS
from ser.recognition.calibration import expected_calibration_error
from ser.util.intervals import Estimate, Interval

if TYPE_CHECKING:
    import pandas as pd

MIN_ACTORS_TO_DRAW = 5  # with fewer actors, a bootstrap over actors says little: it draws clips instead
MIN_ACTORS_TO_SHOW = 3  # groups by sex or age with fewer actors would describe individuals
CHANCE = 1 / len(LABELS)  # UAR of any answer that does not depend on the sound
AGES = {"under 30": (0, 29), "30 to 39": (30, 39), "40 and over": (40, 200)}  # years, both ends included
GROUPINGS = ("actor", "sex", "age", "level", "sentence")
UNKNOWN_SENTENCE = "not known"
CURVES = ("train_loss", "val_loss", "val_uar")
HOW = (
    "votes of CREMA-D's raters who only heard the clip (tabulatedVotes.csv), on the clips of the split; "
    "plurality: the emotion with most votes of a clip, ties sharing the clip; intervals: bootstrap over actors"
)


class ResultsError(UserError):
    """The training curves of a checkpoint are damaged."""


class GroupFigures(TypedDict):
    """How well a network, or people, named the acted emotions of some clips."""

    actors: int
    clips: int
    drawn: str  # "actors" or "clips": what the bootstrap drew
    accuracy: Interval
    uar: Interval
    recall: list[float | None]  # six, in the order of `LABELS`; None for an emotion without clips


class GroupRow(GroupFigures):
    """The figures of one group of clips."""

    group: str


Groups = dict[str, list[GroupRow]]  # by one of `GROUPINGS`


class PeopleFigures(TypedDict):
    """How well people named the acted emotions."""

    n: int  # number of answers
    accuracy: Interval
    uar: Interval
    macro_f1: Interval
    confusion: list[list[float]]


class People(TypedDict):
    """How people heard the clips of a split; the card has it as `people`."""

    split: str
    clips: int
    actors: int
    how: str
    votes: PeopleFigures  # each vote counts as an answer
    plurality: PeopleFigures  # one answer per clip: the emotion with the most votes
    groups: Groups  # of the single votes


class Aggregates(TypedDict):
    """What a card keeps for machines without the data set; a key without values is left out."""

    people: NotRequired[People]
    groups: NotRequired[Groups]


def measure_groups(answers: Answers, names: Iterable[str | None]) -> list[GroupRow]:
    """Measure how well the acted emotions of each group of clips were named.

    Parameters
    ----------
    answers : the answers to the clips
    names : (clips,) the group of each clip, or None to leave the clip out

    Returns
    -------
    A row per group, in the order in which the groups first occur
    """
    names = np.array(list(names), dtype=object)
    return [
        {"group": name, **_measure_group(answers.where(names == name))}
        for name in dict.fromkeys(names)
        if name is not None
    ]


def _measure_group(answers: Answers) -> GroupFigures:
    actors = len(np.unique(answers.actors))
    drawn = "actors" if actors >= MIN_ACTORS_TO_DRAW else "clips"
    figures = estimate(answers.confusions(None if drawn == "actors" else np.arange(len(answers.acted))))
    confusion = answers.confusions().sum(0)
    acted = confusion.sum(1)
    return {
        "actors": actors,
        "clips": len(answers.acted),
        "drawn": drawn,
        "accuracy": figures["accuracy"].to_dict(),
        "uar": figures["uar"].to_dict(),
        "recall": [float(confusion[i, i] / acted[i]) if acted[i] else None for i in range(len(LABELS))],
    }


def group_names(clips: pd.DataFrame, by: str) -> list[str | None]:
    """Return the name of each clip's group.

    Groups by sex and age with fewer than three actors are None: their figures would describe individuals.

    Parameters
    ----------
    clips : with the columns actor, sentence and level, and with sex or age to group by those
    by : one of `GROUPINGS`
    """
    if by in ("sentence", "level"):
        words = SENTENCES if by == "sentence" else LEVELS
        return [words.get(code, code or UNKNOWN_SENTENCE) for code in clips[by]]
    if by == "actor":
        return list(clips["actor"])
    words = clips["sex"].str.capitalize() if by == "sex" else clips["age"].map(age_group)
    actors = clips["actor"].groupby(words.to_numpy()).nunique()
    return [word if isinstance(word, str) and actors[word] >= MIN_ACTORS_TO_SHOW else None for word in words]


def age_group(age: float) -> str | None:
    """Return the age group of an age in years, or None for an unknown age (NaN)."""
    return next((name for name, (low, high) in AGES.items() if low <= age <= high), None)


def all_groups(answers: Answers, clips: pd.DataFrame) -> Groups:
    """Return `measure_groups` for each of `GROUPINGS` that `clips` has as a column, with rows in their natural order."""
    return {
        by: _in_order(measure_groups(answers, group_names(clips, by)), by) for by in GROUPINGS if by in clips
    }


def _in_order(rows: list[GroupRow], by: str) -> list[GroupRow]:
    order = {"age": list(AGES), "level": list(LEVELS.values()), "sentence": list(SENTENCES.values())}.get(by)
    places = {name: f"{place:03}" for place, name in enumerate(order or ())}
    return sorted(rows, key=lambda row: places.get(row["group"], row["group"]))


class Results:
    """The predictions of one checkpoint on one split, and what they show.

    Parameters
    ----------
    folder : of the checkpoint
    card : the checkpoint's card
    part : "train", "val" or "test"

    Raises
    ------
    PredictionsError
        if predictions.csv is missing, damaged, for other emotions, or has no clip of the split
    """

    def __init__(self, folder: str | os.PathLike, card: dict, part: str = "test") -> None:
        self.folder, self.card = Path(folder), card
        table = read_predictions(self.folder / PREDICTIONS_FILE)
        self.clips = table[table["split"] == part]
        if self.clips.empty:
            raise PredictionsError(
                f"{self.folder / PREDICTIONS_FILE} has no clip of the {part} actors: use a complete checkpoint, made by `python -m ser release`."
            )

    @cached_property
    def scores(self) -> np.ndarray:
        """(clips, 6) calibrated scores."""
        return self.clips[list(LABELS)].to_numpy(dtype=np.float64)

    @cached_property
    def answers(self) -> Answers:
        """The emotion with the highest score of each clip."""
        shares = np.eye(len(LABELS))[self.scores.argmax(1)]
        return Answers(shares, _acted(self.clips), self.clips["actor"].to_numpy())

    @cached_property
    def figures(self) -> dict[str, Estimate]:
        """Accuracy, UAR and macro F1 with intervals."""
        return estimate(self.answers.confusions())

    @cached_property
    def ece(self) -> float:
        """The expected calibration error."""
        return expected_calibration_error(self.scores, self.answers.acted)

    @cached_property
    def confusion(self) -> list[list[int]]:
        """A row per acted emotion, a column per answer."""
        return self.answers.confusions().sum(0).astype(int).tolist()

    @cached_property
    def reliability(self) -> list[ReliabilityBin]:
        """The bins of the top score, see `ser.evaluation.bootstrap.reliability`."""
        return reliability(self.answers, self.scores)

    @cached_property
    def curves(self) -> pd.DataFrame | None:
        """A row per epoch of the training run, or None if the checkpoint has no curves.csv."""
        import pandas as pd

        file = self.folder / "curves.csv"
        if not file.is_file():
            return None
        try:
            table = pd.read_csv(file).set_index("epoch", drop=False).astype(float)
            table[list(CURVES)]  # raises KeyError if one is missing
            return table
        except (KeyError, ValueError) as error:
            raise ResultsError(
                f"{file} is damaged: restore the checkpoint folder from its source."
            ) from error

    def cell(self, acted: str, answer: str) -> pd.DataFrame:
        """Return the clips of one cell of the confusion matrix, highest score first."""
        cell = self.clips[(self.clips["emotion"] == acted) & (self.clips["answer"] == answer)]
        return cell.sort_values(answer, ascending=False, kind="stable")

    def groups(self, corpus: Corpus | None = None) -> Groups:
        """Return `all_groups`, with sex and age from the data set or else from the card, if it has them."""
        measured = all_groups(self.answers, describe_clips(self.clips, corpus))
        return {
            by: rows for by in GROUPINGS if (rows := measured.get(by) or self.card.get("groups", {}).get(by))
        }

    def people(self, corpus: Corpus | None = None) -> People | None:
        """Return how people heard the same clips, from the data set or else from the card; None if neither knows."""
        measured = None if corpus is None else measure_people(self.clips, corpus)
        return measured or self.card.get("people")


def aggregates(results: Results, corpus: Corpus) -> Aggregates:
    """Return what a card keeps for machines without the data set: `people`, and `groups` by sex and age."""
    kept: Aggregates = {}
    if people := measure_people(results.clips, corpus):
        kept["people"] = people
    if groups := {by: rows for by, rows in results.groups(corpus).items() if by in ("sex", "age")}:
        kept["groups"] = groups
    return kept


def describe_clips(clips: pd.DataFrame, corpus: Corpus | None) -> pd.DataFrame:
    """Add the sex and age of each actor to `clips`, if the data set is available and has them."""
    if corpus is None or "sex" not in corpus.clips:
        return clips
    actors = corpus.clips.drop_duplicates("actor").set_index("actor")[["sex", "age"]]
    return clips.join(actors, on="actor") if clips["actor"].isin(actors.index).all() else clips


def measure_people(clips: pd.DataFrame, corpus: Corpus) -> People | None:
    """Measure how well people who heard the clips and did not see them named the acted emotions.

    The result has only aggregates, nothing about a single rater. It is None if the data set lacks votes for a clip.
    """
    if not (clips.index.isin(corpus.clips.index).all() and corpus.has_votes):
        return None
    votes = corpus.clips.loc[clips.index, list(VOTE_COLUMNS)].to_numpy(dtype=np.float64)
    if not votes.sum(1).all():
        return None
    acted, actors = _acted(clips), clips["actor"].to_numpy()
    single_votes = Answers(votes, acted, actors)
    most = most_voted(votes)
    plurality = Answers(most / most.sum(1, keepdims=True), acted, actors)  # a tie shares the clip
    return {
        "split": clips["split"].iloc[0],
        "clips": len(clips),
        "actors": len(set(actors)),
        "how": HOW,
        "votes": _people_figures(single_votes, int(votes.sum())),
        "plurality": _people_figures(plurality, len(clips)),
        "groups": all_groups(single_votes, describe_clips(clips, corpus)),
    }


def _people_figures(answers: Answers, n: int) -> PeopleFigures:
    confusions = answers.confusions()
    figures = estimate(confusions)
    return {
        "n": n,
        "accuracy": figures["accuracy"].to_dict(),
        "uar": figures["uar"].to_dict(),
        "macro_f1": figures["macro_f1"].to_dict(),
        "confusion": confusions.sum(0).round(6).tolist(),
    }


def _acted(clips: pd.DataFrame) -> np.ndarray:
    return clips["emotion"].map(LABELS.index).to_numpy()


def describe_rates() -> dict[str, str]:
    """Explain each figure in one short line, for people who are new to these measures."""
    chance = f"{CHANCE:.0%}"
    return {
        "accuracy": "Accuracy: the share of clips whose acted emotion was named.",
        "uar": f"UAR: the same share for each emotion, averaged over the {len(LABELS)}, so that every emotion counts equally; guessing gives {chance}.",
        "macro_f1": "F1: like UAR, but overusing an emotion lowers it.",
        "ece": "Calibration error (ECE): how far “80% sure” is from being right in 80 of 100 cases; 0 is perfect.",
    }
