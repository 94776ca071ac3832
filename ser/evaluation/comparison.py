"""Compare checkpoints with each other and with people: the content of the Results tab, and each plot as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from ser.corpus.crema_d import Corpus
from ser.errors import UserError
from ser.evaluation.bootstrap import difference
from ser.evaluation.results import GROUPINGS, GroupRow, Groups, People, Results
from ser.labels import EMOTION_NAMES, LABELS
from ser.network.checkpoint import load_card
from ser.util.intervals import Estimate, Interval

if TYPE_CHECKING:
    import pandas as pd

PLURALITY, VOTES = "People, most votes", "People, single votes"


class Row(TypedDict):
    """Figures of a network or of people."""

    name: str
    who: str  # "network" or "people"
    clips: int
    ece: float | None  # None for people
    accuracy: Interval
    uar: Interval
    macro_f1: Interval


class RowBesidePeople(GroupRow):
    """A network's figures on a group of clips, beside those of people."""

    people: Interval | None  # UAR of people's single votes; None if they are not known


class Comparison:
    """The checkpoints that can be shown; the first one is the one that the app uses.

    Parameters
    ----------
    checkpoints : folder of each checkpoint, by name
    corpus : the data set, if it is available
    names : what people call the networks, by the names of their checkpoints; by default those names

    Attributes
    ----------
    results : `Results` by name
    problems : a sentence for each checkpoint that cannot be shown, with the reason
    """

    def __init__(
        self,
        checkpoints: dict[str, Path],
        corpus: Corpus | None = None,
        *,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.corpus = corpus
        self._names = names or {}
        self.results: dict[str, Results] = {}
        self.problems: list[str] = []
        for name, folder in checkpoints.items():
            try:
                results = Results(folder, load_card(folder))
                results.curves  # noqa: B018  read now, so that damage is reported with the other problems
                self.results[name] = results
            except UserError as error:
                self.problems.append(str(error))
        self.people = cache(self._people)  # per network, as splits differ in their clips
        self.groups = cache(self._groups)

    def name_of(self, network: str) -> str:
        """Return what people call a network, by the name of its checkpoint."""
        return self._names.get(network, network)

    def _people(self, network: str) -> People | None:
        return self.results[network].people(self.corpus)

    def _groups(self, network: str) -> Groups:
        return self.results[network].groups(self.corpus)

    @cached_property
    def rows(self) -> list[Row]:
        """The figures of every network and, if they are known, of people."""
        rows: list[Row] = [
            {
                "name": self.name_of(name),
                "who": "network",
                "clips": len(results.clips),
                "ece": results.ece,
                "accuracy": results.figures["accuracy"].to_dict(),
                "uar": results.figures["uar"].to_dict(),
                "macro_f1": results.figures["macro_f1"].to_dict(),
            }
            for name, results in self.results.items()
        ]
        people = self.people(next(iter(self.results))) if self.results else None
        if people:
            rows += [
                {
                    "name": name,
                    "who": "people",
                    "clips": people["clips"],
                    "ece": None,
                    "accuracy": figures["accuracy"],
                    "uar": figures["uar"],
                    "macro_f1": figures["macro_f1"],
                }
                for name, figures in ((PLURALITY, people["plurality"]), (VOTES, people["votes"]))
            ]
        return rows

    @cached_property
    def differences(self) -> list[tuple[str, str, dict[str, Estimate]]]:
        """The first network minus each other one that was measured on the same clips: both names, and the rates."""
        return list(self._differences())

    def _differences(self) -> Iterator[tuple[str, str, dict[str, Estimate]]]:
        names = list(self.results)
        for other in names[1:]:
            try:
                yield names[0], other, difference(self.results[names[0]].answers, self.results[other].answers)
            except ValueError:
                continue  # measured on another split

    def plots(self, network: str) -> list[str]:
        """Return the names of the plots that can be shown for one network, in their order."""
        results = self.results[network]
        people = ["people"] if self.people(network) else []
        curves = ["curves"] if results.curves is not None else []
        return ["overview", "confusion", *people, *self.groups(network), "reliability", *curves]

    def table(self, network: str, plot: str) -> pd.DataFrame:
        """Return the numbers behind one plot, a row for each item; raise `KeyError` for an unknown plot."""
        import pandas as pd

        results = self.results[network]
        if plot not in self.plots(network):
            raise KeyError(plot)
        if plot == "overview":
            return pd.DataFrame([_flat(row) for row in self.rows])
        if plot in GROUPINGS:
            rows = pd.DataFrame([_flat(row) for row in self.beside_people(network, plot)])
            return rows.rename(columns=lambda name: name.replace("people", "people_uar"))
        if plot == "reliability":
            return pd.DataFrame([_flat(row) for row in results.reliability])
        if plot == "curves":
            return results.curves
        people = self.people(network) if plot == "people" else None
        confusion = people["votes"]["confusion"] if people else results.confusion
        names = list(EMOTION_NAMES.values())
        return (
            pd.DataFrame(confusion, names, names)
            .rename_axis("acted")
            .reset_index()
            .astype(dict.fromkeys(names, int))
        )

    def beside_people(self, network: str, by: str) -> list[RowBesidePeople]:
        """Return the rows of one grouping, each with the UAR of people's single votes."""
        people = self.people(network)
        votes = {row["group"]: row["uar"] for row in people["groups"].get(by, ())} if people else {}
        return [{**row, "people": votes.get(row["group"])} for row in self.groups(network)[by]]


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten a row: an interval becomes `uar`, `uar_low` and `uar_high`, and the six recalls a column each."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat |= {key: value["value"], f"{key}_low": value["low"], f"{key}_high": value["high"]}
        elif isinstance(value, list):
            flat |= {f"{key}_{label}": number for label, number in zip(LABELS, value, strict=True)}
        else:
            flat[key] = value
    return flat
