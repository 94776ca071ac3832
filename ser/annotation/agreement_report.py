"""The report on agreement, for the page and for `python -m ser annotations agreement`."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from ser.annotation.agreement import (
    DRAWS,
    Estimate,
    agreement,
    by_hash,
    compare_with_reference,
    crowd_answers,
    network_answers,
)
from ser.annotation.label import Clip, Label
from ser.annotation.label_set import STANDARD, LabelSet
from ser.annotation.region_agreement import region_agreement
from ser.util.text import counted

if TYPE_CHECKING:
    import pandas as pd

MAX_CLIPS = 20  # to print
MAX_NAME = 40  # characters of a name in a table
ALONE = "Agreement needs whole clips that two people labelled, each under their own name."


class Figure(TypedDict):
    """A value with its 95% interval; the bounds are None for a single clip.

    `undefined_draws` is the number of the bootstrap's `DRAWS` resamples for which the figure is not defined.
    """

    value: float
    low: float | None
    high: float | None
    undefined_draws: int


class PairRow(TypedDict):
    """Two annotators: the number of clips that both labelled, the share on which they agree, and Cohen's kappa.

    `confusion` holds on how many clips the first gave the emotion of a row and the second that of a column, in the order
    of `emotions`.
    """

    annotators: list[str]
    clips: int
    percent: float | None
    kappa: float | None
    emotions: list[str]
    confusion: list[list[int]]


class RegionRow(TypedDict):
    """Two annotators on regions: see `ser.annotation.region_agreement.RegionPair`."""

    annotators: list[str]
    clips: int
    regions: list[int]
    same: int
    f1: Figure | None
    percent: float | None
    kappa: float | None


class FinalLabel(TypedDict):
    """The final label of a clip: the emotion, and who gave it."""

    emotion: str
    annotator: str


class DifferingClip(TypedDict):
    """A clip on which annotators differ: its hash, its name, the emotion by annotator, and its final label or None."""

    clip: str
    name: str
    emotions: dict[str, str]
    final: FinalLabel | None


class ReferenceRow(TypedDict):
    """An annotator compared with the network or with the crowd.

    `clips` is the number of clips for which both gave one of the six emotions, `left_out` that of the annotator's other
    clips.
    """

    annotator: str
    clips: int
    percent: Figure | None
    kappa: Figure | None
    left_out: int


class Report(TypedDict):
    """How well annotators agree, as JSON.

    Attributes
    ----------
    annotators : names of all annotators who labelled a whole clip, sorted
    clips : number of clips that two or more annotators labelled
    labels : number of labels of these clips
    regions : number of labels of regions, which only `region_pairs` count
    percent, kappa, alpha : None if not defined
    kappa_name : "Cohen's kappa" or "Fleiss' kappa"
    pairs : every two annotators
    differ : clips on which annotators differ, least agreement first
    region_pairs : every two annotators who marked regions on the same clips
    network, crowd, final : a row for each annotator; `crowd` is None without the votes of CREMA-D's crowd, and `final`
        compares with the final labels
    finals : number of final labels of whole clips
    """

    annotators: list[str]
    clips: int
    labels: int
    regions: int
    percent: Figure | None
    kappa: Figure | None
    kappa_name: str
    alpha: Figure | None
    pairs: list[PairRow]
    differ: list[DifferingClip]
    network: list[ReferenceRow]
    crowd: list[ReferenceRow] | None
    region_pairs: list[RegionRow]
    final: list[ReferenceRow]
    finals: int


def report(
    labels: Iterable[Label],
    *,
    finals: Iterable[Label] = (),
    clips: Iterable[Clip],
    votes: "pd.DataFrame | None" = None,
) -> Report:
    """Return a report on how well annotators agree.

    Parameters
    ----------
    labels : labels of all annotators
    finals : the final labels
    clips : their clips
    votes : votes of CREMA-D's crowd as from `ser.corpus.crema_d.read_voice_votes`; None leaves the crowd out
    """
    labels, clips = list(labels), list(clips)
    result = agreement(labels)
    names = {clip.hash: clip.name for clip in clips}
    final = {label.clip: label for label in finals if label.whole}
    return {
        "annotators": list(result.annotators),
        "clips": result.n,
        "labels": result.labels,
        "regions": result.regions,
        "percent": _figure(result.percent),
        "kappa": _figure(result.kappa),
        "kappa_name": result.kappa_name,
        "alpha": _figure(result.alpha),
        "pairs": [
            {
                "annotators": list(pair.annotators),
                "clips": pair.n,
                "percent": pair.percent,
                "kappa": pair.kappa,
                "emotions": list(pair.emotions),
                "confusion": [list(row) for row in pair.confusion],
            }
            for pair in result.pairs
        ],
        "differ": [
            {
                "clip": differ.clip,
                "name": names[differ.clip],
                "emotions": differ.emotions,
                "final": _final(final.get(differ.clip)),
            }
            for differ in result.differ
        ],
        "network": _compared(labels, network_answers(labels)),
        "crowd": None if votes is None else _compared(labels, by_hash(crowd_answers(votes), clips)),
        "region_pairs": [
            {
                "annotators": list(pair.annotators),
                "clips": pair.clips,
                "regions": list(pair.regions),
                "same": pair.same,
                "f1": _figure(pair.f1),
                "percent": pair.percent,
                "kappa": pair.kappa,
            }
            for pair in region_agreement(labels)
        ],
        "final": _compared(labels, {clip: label.emotion for clip, label in final.items()}) if final else [],
        "finals": len(final),
    }


def format_report(report: Report, *, choices: LabelSet = STANDARD) -> str:
    """Return a report as text, with the words of the labels that annotators may give."""
    parts = [_head(report)]
    if report["clips"]:
        parts.append(_figures(report))
    if len(report["pairs"]) > 1:
        pairs = [(" and ".join(map(_cell, pair["annotators"])), pair) for pair in report["pairs"]]
        parts.append(_table("pair", pairs))
    parts += [_confusion(pair, choices.names) for pair in report["pairs"] if pair["clips"]]
    if report["region_pairs"]:
        parts.append(_regions(report["region_pairs"]))
    if report["differ"]:
        parts.append(_differ(report["differ"], choices.names))
    for title, rows in (
        ("compared with the network", report["network"]),
        ("compared with the crowd", report["crowd"]),
        ("compared with the final labels", report["final"]),
    ):
        if rows and any(row["clips"] for row in rows):
            parts.append(_table(title, [(_cell(row["annotator"]), row) for row in rows]))
    return "\n\n".join(parts)


def _compared(labels: list[Label], reference: Mapping[str, str]) -> list[ReferenceRow]:
    return [
        {
            "annotator": row.annotator,
            "clips": row.n,
            "percent": _figure(row.percent),
            "kappa": _figure(row.kappa),
            "left_out": row.left_out,
        }
        for row in compare_with_reference(labels, reference=reference)
    ]


def _final(label: Label | None) -> FinalLabel | None:
    return None if label is None else {"emotion": label.emotion, "annotator": label.annotator}


def _figure(estimate: Estimate | None) -> Figure | None:
    """Return an estimate as JSON, which has no NaN."""
    if estimate is None:
        return None
    low, high = (None if math.isnan(bound) else bound for bound in (estimate.low, estimate.high))
    return {
        "value": estimate.value,
        "low": low,
        "high": high,
        "undefined_draws": estimate.undefined_draws,
    }


# ---- as text


def _head(report: Report) -> str:
    people = report["annotators"]
    lines = [f"{counted('annotator', len(people))}: {', '.join(map(_cell, people)) or 'none'}"]
    if report["clips"]:
        lines.append(f"{counted('clip', report['clips'])} labelled by two or more, {report['labels']} labels")
    else:
        lines.append(ALONE)
    if report["regions"]:
        lines.append(f"{counted('label', report['regions'])} of regions, compared by overlap")
    return "\n".join(lines)


def _figures(report: Report) -> str:
    rows = [
        ("percent agreement", _percent(report["percent"])),
        (report["kappa_name"], _decimal(report["kappa"])),
        ("Krippendorff's alpha", _decimal(report["alpha"])),
    ]
    lines = [f"{name:<22}{value}" for name, value in rows]
    return "\n".join([*lines, "In parentheses: 95% intervals from a bootstrap over clips."])


def _table(title: str, rows: Sequence[tuple[str, PairRow | ReferenceRow]]) -> str:
    width = max(len(title), *(len(name) for name, _ in rows)) + 2
    lines = [f"{title:<{width}}{'clips':>6}  {'agree':<24}Cohen's kappa"]
    for name, row in rows:
        agree, kappa = _percent(row["percent"]), _decimal(row["kappa"])
        lines.append(f"{name:<{width}}{row['clips']:>6}  {agree:<24}{kappa}")
    return "\n".join(lines)


def _confusion(pair: PairRow, names: Mapping[str, str]) -> str:
    one, other = map(_cell, pair["annotators"])
    words = [names[emotion] for emotion in pair["emotions"]]
    width = max(9, *(len(word) for word in words)) + 2
    lines = [f"Clips by the labels of {one} (rows) and {other} (columns)"]
    lines.append(" " * width + "".join(f"{word:>{width}}" for word in words))
    for word, row in zip(words, pair["confusion"], strict=True):
        lines.append(f"{word:<{width}}" + "".join(f"{count:>{width}}" for count in row))
    return "\n".join(lines)


def _regions(rows: list[RegionRow]) -> str:
    lines = ["Regions, the same if they overlap by half: F1, and the emotions of the same ones"]
    for row in rows:
        one, other = map(_cell, row["annotators"])
        lines.append(
            f"  {one} ({row['regions'][0]}) and {other} ({row['regions'][1]}), {counted('clip', row['clips'])}: "
            f"F1 {_decimal(row['f1'])}, agree {_percent(row['percent'])}, Cohen's kappa {_decimal(row['kappa'])}"
        )
    return "\n".join(lines)


def _differ(clips: list[DifferingClip], names: Mapping[str, str]) -> str:
    lines = [f"{counted('clip', len(clips))} on which annotators differ, least agreement first"]
    for differ in clips[:MAX_CLIPS]:
        given = [f"{_cell(who)} {names[emotion]}" for who, emotion in differ["emotions"].items()]
        if final := differ["final"]:
            given.append(f"final {names[final['emotion']]} by {_cell(final['annotator'])}")
        emotions = ", ".join(given)
        lines.append(f"  {_cell(differ['name'])}: {emotions}")
    if len(clips) > MAX_CLIPS:
        lines.append(f"  and {len(clips) - MAX_CLIPS} more; --json lists all")
    return "\n".join(lines)


def _percent(figure: Figure | float | None) -> str:
    return _with_interval(figure, lambda value: f"{value:.1%}")


def _decimal(figure: Figure | float | None) -> str:
    return _with_interval(figure, lambda value: f"{value:.3f}")


def _with_interval(figure: Figure | float | None, write: Callable[[float], str]) -> str:
    if figure is None:
        return "not defined"
    if isinstance(figure, int | float):
        return write(figure)
    if figure["low"] is None or figure["high"] is None:
        return write(figure["value"])
    undefined = figure["undefined_draws"]
    note = f"; undefined in {undefined:,} of {DRAWS:,} resamples" if undefined else ""
    return f"{write(figure['value'])} ({write(figure['low'])} to {write(figure['high'])}{note})"


def _cell(name: str) -> str:
    """Return a name as one short line of printable characters."""
    line = "".join(letter if letter.isprintable() else " " for letter in name)
    return line if len(line) <= MAX_NAME else f"{line[: MAX_NAME - 1]}…"
