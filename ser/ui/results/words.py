"""The words of the Results tab: names of the networks, and what each plot shows in one sentence, computed from its figures."""

from collections.abc import Iterable, Sequence

from ser.evaluation.bootstrap import ReliabilityBin
from ser.evaluation.comparison import Comparison, Row, RowBesidePeople
from ser.evaluation.results import GROUPINGS
from ser.labels import LABELS, NOUNS
from ser.ui.parts.shares import percent

OWN = "This app's network"
RELEASED = {
    "emotion": "The small network",
    "wide": "The wide network",
    "published": "The notebook's network",
}
UAR = "UAR: the share of clips named as they were acted, averaged over the six emotions."
CALIBRATION = "Calibration error: how far the scores are from how often they are right; 0 is perfect."
MEASURES = {  # of the figures of a plot, a clause each, for its slide
    "overview": f"{UAR} F1: like UAR, but overusing an emotion lowers it. {CALIBRATION}",
    **dict.fromkeys(GROUPINGS, UAR),
    "reliability": CALIBRATION,
    "curves": UAR,
}
KINDS = {  # what a plot's groups are, in its takeaway
    "actor": "voice",
    "sex": "sex",
    "age": "age group",
    "level": "level",
    "sentence": "sentence",
}


def human_names(checkpoints: Iterable[str]) -> dict[str, str]:
    """Return what people call the networks, by the names of their checkpoints, of which the first is the app's own.

    >>> human_names(["emotion", "published", "mine"])
    {'emotion': "This app's network", 'published': "The notebook's network", 'mine': 'mine'}
    """
    return {name: OWN if place == 0 else RELEASED.get(name, name) for place, name in enumerate(checkpoints)}


def in_sentence(name: str) -> str:
    """Return the name of a network as it is written inside a sentence.

    >>> in_sentence("The notebook's network"), in_sentence("Mine")
    ("the notebook's network", 'Mine')
    """
    return name[0].lower() + name[1:] if name in (OWN, *RELEASED.values()) else name


def takeaway(comparison: Comparison, *, network: str, plot: str) -> str:
    """Return one sentence about a plot of one network, or of all in the overview; empty if it has no figures."""
    results = comparison.results[network]
    if plot == "overview":
        return of_rows(comparison.rows, comparison.name_of(network))
    if plot in GROUPINGS:
        return of_groups(comparison.beside_people(network, plot), KINDS[plot])
    if plot == "reliability":
        return of_reliability(results.reliability)
    if plot == "people":
        people = comparison.people(network)
        return of_confusion("People", people["votes"]["confusion"]) if people else ""
    if plot == "confusion":
        return of_confusion(comparison.name_of(network), results.confusion)
    if results.curves is None:
        return ""
    uar = results.curves["val_uar"]
    return f"It was best in epoch {int(uar.idxmax())} of {len(uar)}, with a UAR of {percent(uar.max())} on validation voices."


def of_rows(rows: Sequence[Row], network: str) -> str:
    """Say how a network, by its name among the rows, stands beside people.

    >>> figure = {"value": 0.651, "low": 0.6, "high": 0.7}
    >>> of_rows([{"name": "The small network", "who": "network", "accuracy": figure}], "The small network")
    'The small network names the acted emotion of 65 in 100 clips.'
    """
    row = next(row for row in rows if row["who"] == "network" and row["name"] == network)
    sentence = f"{network} names the acted emotion of {_in_100(row['accuracy']['value'])} in 100 clips"
    votes = [row for row in rows if row["who"] == "people"]
    if not votes:
        return f"{sentence}."
    single = votes[-1]["accuracy"]["value"]
    return f"{sentence}; a person who hears only the voice names {_in_100(single)}."


def of_confusion(who: str, counts: Sequence[Sequence[float]]) -> str:
    """Say which emotion is recognized best, and which two are confused most, as a share of the clips that were acted so.

    >>> of_confusion("People", [[9, 1, 0, 0, 0, 0], [0, 5, 0, 0, 5, 0], *[[0, 0, 0, 0, 0, 0]] * 4])
    'People recognize anger best (90%), and most often take disgust for a neutral voice (50%).'
    """
    shares = [[count / sum(row) if sum(row) else 0.0 for count in row] for row in counts]
    best = max(range(len(LABELS)), key=lambda i: shares[i][i])
    acted, answer = max(
        ((i, j) for i in range(len(LABELS)) for j in range(len(LABELS)) if i != j),
        key=lambda cell: shares[cell[0]][cell[1]],
    )
    verbs = ("recognize", "take") if who == "People" else ("recognizes", "takes")
    return (
        f"{who} {verbs[0]} {NOUNS[LABELS[best]]} best ({percent(shares[best][best])}), and most often {verbs[1]} "
        f"{NOUNS[LABELS[acted]]} for {NOUNS[LABELS[answer]]} ({percent(shares[acted][answer])})."
    )


def of_groups(rows: Sequence[RowBesidePeople], kind: str) -> str:
    """Say between which groups the UAR lies, and whether that may be chance: whether their intervals overlap.

    >>> high, low = {"value": 0.8, "low": 0.7, "high": 0.9}, {"value": 0.5, "low": 0.4, "high": 0.6}
    >>> of_groups([{"group": "a", "uar": high}, {"group": "b", "uar": low}], "voice")
    'The easiest voice is a (UAR 80%), and the hardest is b (50%).'

    >>> of_groups([{"group": "Female", "uar": high}, {"group": "Male", "uar": low}], "sex")
    'Female voices are the easiest (UAR 80%), and male voices the hardest (50%).'
    """
    if len(rows) < 2:
        return ""
    best = max(rows, key=lambda row: row["uar"]["value"])
    worst = min(rows, key=lambda row: row["uar"]["value"])
    chance = ": that may be chance" if best["uar"]["low"] <= worst["uar"]["high"] else ""
    shares = percent(best["uar"]["value"]), percent(worst["uar"]["value"])
    if kind == "sex":
        easiest, hardest = best["group"].capitalize(), worst["group"].lower()
        return f"{easiest} voices are the easiest (UAR {shares[0]}), and {hardest} voices the hardest ({shares[1]}){chance}."
    return (
        f"The easiest {kind} is {_quoted(best['group'], kind)} (UAR {shares[0]}), and the hardest is "
        f"{_quoted(worst['group'], kind)} ({shares[1]}){chance}."
    )


def of_reliability(bins: Sequence[ReliabilityBin]) -> str:
    """Say how far the scores of the fullest bin may be trusted.

    >>> accuracy = {"value": 0.84, "low": 0.8, "high": 0.9}
    >>> of_reliability([{"low": 0.8, "high": 0.9, "clips": 90, "score": 0.85, "accuracy": accuracy}])
    'Where it says about 85%, it is right in 84 of 100 clips.'
    """
    if not bins:
        return ""
    fullest = max(bins, key=lambda one: one["clips"])
    return f"Where it says about {percent(fullest['score'])}, it is right in {_in_100(fullest['accuracy']['value'])} of 100 clips."


def _in_100(share: float) -> int:
    return round(100 * share)


def _quoted(group: str, kind: str) -> str:
    return f"“{group}”" if kind == "sentence" else group
