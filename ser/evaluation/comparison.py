"""Checkpoints side by side, and beside people: what the Results tab shows, and the numbers of each plot as a table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser.corpus.crema_d import Corpus
from ser.errors import UserError
from ser.evaluation.bootstrap import RATES, difference
from ser.evaluation.results import GROUPINGS, Results
from ser.labels import EMOTION_NAMES, LABELS
from ser.network.checkpoint import load_card

if TYPE_CHECKING:
    import pandas as pd

PLURALITY, VOTES = "People, most votes", "People, single votes"


class Comparison:
    """The checkpoints that can be shown, the first one being the app's own.

    Parameters
    ----------
    checkpoints : folder of each by name
    corpus : the data set, where it is at hand

    Attributes
    ----------
    results : dict of name to `Results`
    problems : for each checkpoint that can not be shown, the sentence that says why
    """

    def __init__(self, checkpoints: dict[str, Path], corpus: Corpus | None = None) -> None:
        self.corpus = corpus
        self.results: dict[str, Results] = {}
        self.problems: list[str] = []
        for name, folder in checkpoints.items():
            try:
                one = Results(folder, load_card(folder))
                one.curves  # noqa: B018  read now, so that a damaged file is told like the others
                self.results[name] = one
            except UserError as error:
                self.problems.append(str(error))
        self.people = cache(self._people)  # per network: another split has other clips
        self.groups = cache(self._groups)

    def _people(self, network: str) -> dict | None:
        return self.results[network].people(self.corpus)

    def _groups(self, network: str) -> dict[str, list[dict]]:
        return self.results[network].groups(self.corpus)

    @cached_property
    def rows(self) -> list[dict]:
        """Everybody's figures: name, who ("network" or "people"), clips, a dict per rate, ece (None for people)."""
        found = [
            {"name": name, "who": "network", "clips": len(one.clips), "ece": one.ece}
            | {rate: one.figures[rate]._asdict() for rate in RATES}
            for name, one in self.results.items()
        ]
        people = self.people(next(iter(self.results))) if self.results else None
        if people:
            found += [
                {"name": name, "who": "people", "clips": people["clips"], "ece": None}
                | {rate: people[key][rate] for rate in RATES}
                for name, key in ((PLURALITY, "plurality"), (VOTES, "votes"))
            ]
        return found

    @cached_property
    def differences(self) -> list[tuple[str, str, dict]]:
        """The first network against each other one that was measured on the same clips: name, name, rates."""
        return list(self._differences())

    def _differences(self) -> Iterator[tuple[str, str, dict]]:
        names = list(self.results)
        for other in names[1:]:
            try:
                yield names[0], other, difference(self.results[names[0]].answers, self.results[other].answers)
            except ValueError:
                continue  # another split: nothing to pair

    def plots(self, network: str) -> list[str]:
        """Return the names of the plots that can be shown of one network, in their order."""
        one = self.results[network]
        people = ["people"] if self.people(network) else []
        curves = ["curves"] if one.curves is not None else []
        return ["overview", "confusion", *people, *self.groups(network), "reliability", *curves]

    def table(self, network: str, plot: str) -> pd.DataFrame:
        """Return the numbers of one plot, a row per thing that it shows; `KeyError` for a plot there is not."""
        import pandas as pd

        one = self.results[network]
        if plot not in self.plots(network):
            raise KeyError(plot)
        if plot == "overview":
            return pd.DataFrame([_flat(row) for row in self.rows])
        if plot in GROUPINGS:
            rows = pd.DataFrame([_flat(row) for row in self.beside_people(network, plot)])
            return rows.rename(columns=lambda name: name.replace("people", "people_uar"))
        if plot == "reliability":
            return pd.DataFrame([_flat(row) for row in one.reliability])
        if plot == "curves":
            return one.curves
        people = self.people(network) if plot == "people" else None
        confusion = people["votes"]["confusion"] if people else one.confusion
        names = list(EMOTION_NAMES.values())
        return (
            pd.DataFrame(confusion, names, names)
            .rename_axis("acted")
            .reset_index()
            .astype(dict.fromkeys(names, int))
        )

    def beside_people(self, network: str, by: str) -> list[dict]:
        """Return the rows of a grouping, with `people`: the UAR of people's single votes as dict, or None."""
        people = self.people(network) or {"groups": {}}
        votes = {row["group"]: row["uar"] for row in people["groups"].get(by, ())}
        return [row | {"people": votes.get(row["group"])} for row in self.groups(network)[by]]


def _flat(row: dict) -> dict:
    """Turn figures with intervals into columns: `uar`, `uar_low`, `uar_high`; six recalls into a column each."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat |= {key: value["value"], f"{key}_low": value["low"], f"{key}_high": value["high"]}
        elif isinstance(value, list):
            flat |= {f"{key}_{label}": number for label, number in zip(LABELS, value, strict=True)}
        else:
            flat[key] = value
    return flat
