"""What there is to say about agreement, for the page and for `python -m ser annotations agreement`."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from ser.annotation.agreement import Against, against, agreement, by_content, crowd_answers, model_answers
from ser.annotation.label import NAMES, Clip, Label
from ser.util.text import counted

if TYPE_CHECKING:
    import pandas as pd

    from ser.evaluation.bootstrap import Estimate

MOST_CLIPS = 20  # that are printed
LONGEST_NAME = 40  # of what is printed in a table
ALONE = "Agreement needs whole clips that two people labelled, each under their own name."


def report(
    labels: Iterable[Label],
    clips: Iterable[Clip],
    votes: "pd.DataFrame | None" = None,
) -> dict:
    """Return how far annotators agree as plain JSON.

    Parameters
    ----------
    labels, clips : of a store
    votes : CREMA-D's crowd, as `ser.corpus.crema_d.read_voice_votes` gives it, where it is on this machine

    Returns
    -------
    dict
        annotators, clips (that two or more labelled), labels (of these), regions (labels that are not counted),
        percent, kappa and alpha (each None, or value, low and high, where low and high may be None), kappa_name,
        pairs, differ (clip, its name, emotion by annotator), and network and crowd: a row for each annotator with
        clips, percent, kappa and left_out; the crowd is None without votes
    """
    labels, clips = list(labels), list(clips)
    found = agreement(labels)
    names = {clip.hash: clip.name for clip in clips}
    return {
        "annotators": list(found.annotators),
        "clips": found.n,
        "labels": found.labels,
        "regions": found.regions,
        "percent": _plain(found.percent),
        "kappa": _plain(found.kappa),
        "kappa_name": found.kappa_name,
        "alpha": _plain(found.alpha),
        "pairs": [
            {
                "annotators": list(pair.annotators),
                "clips": pair.n,
                "percent": pair.percent,
                "kappa": pair.kappa,
            }
            for pair in found.pairs
        ],
        "differ": [
            {"clip": differ.clip, "name": names[differ.clip], "emotions": differ.emotions}
            for differ in found.differ
        ],
        "network": _beside(labels, model_answers(labels)),
        "crowd": None if votes is None else _beside(labels, by_content(crowd_answers(votes), clips)),
    }


def format_report(said: Mapping) -> str:
    """Return a report for people to read."""
    parts = [_head(said)]
    if said["clips"]:
        parts.append(_figures(said))
    if len(said["pairs"]) > 1:
        rows = [(" and ".join(map(_cell, pair["annotators"])), pair) for pair in said["pairs"]]
        parts.append(_table("pair", rows))
    if said["differ"]:
        parts.append(_differ(said["differ"]))
    for title, rows in (("against the network", said["network"]), ("against the crowd", said["crowd"])):
        if any(row["clips"] for row in rows or []):
            parts.append(_table(title, [(_cell(row["annotator"]), row) for row in rows]))
    return "\n\n".join(parts)


def _beside(labels: list[Label], answers: Mapping[str, str]) -> list[dict]:
    return [_against(found) for found in against(labels, answers)]


def _against(found: Against) -> dict:
    return {
        "annotator": found.annotator,
        "clips": found.n,
        "percent": _plain(found.percent),
        "kappa": _plain(found.kappa),
        "left_out": found.left_out,
    }


def _plain(figure: "Estimate | None") -> dict | None:
    """Return a figure as JSON can hold it: no NaN."""
    if figure is None:
        return None
    return {name: None if math.isnan(value) else value for name, value in figure._asdict().items()}


# ---- as text


def _head(said: Mapping) -> str:
    people = said["annotators"]
    lines = [f"{counted('annotator', len(people))}: {', '.join(map(_cell, people)) or 'none'}"]
    if said["clips"]:
        lines.append(f"{counted('clip', said['clips'])} that two or more labelled, {said['labels']} labels")
    else:
        lines.append(ALONE)
    if said["regions"]:
        lines.append(f"{counted('label', said['regions'])} of regions not counted")
    return "\n".join(lines)


def _figures(said: Mapping) -> str:
    rows = [
        ("percent agreement", _percent(said["percent"])),
        (said["kappa_name"], _decimal(said["kappa"])),
        ("Krippendorff's alpha", _decimal(said["alpha"])),
    ]
    lines = [f"{name:<22}{value}" for name, value in rows]
    return "\n".join([*lines, "In brackets: 95% intervals, bootstrap over clips."])


def _table(title: str, rows: list[tuple[str, Mapping]]) -> str:
    width = max(len(title), *(len(name) for name, _ in rows)) + 2
    lines = [f"{title:<{width}}{'clips':>6}  {'agree':<24}Cohen's kappa"]
    for name, row in rows:
        agree, kappa = _percent(row["percent"]), _decimal(row["kappa"])
        lines.append(f"{name:<{width}}{row['clips']:>6}  {agree:<24}{kappa}")
    return "\n".join(lines)


def _differ(found: list[dict]) -> str:
    lines = [f"{counted('clip', len(found))} that they differ on, least agreement first"]
    for differ in found[:MOST_CLIPS]:
        emotions = ", ".join(f"{_cell(who)} {NAMES[emotion]}" for who, emotion in differ["emotions"].items())
        lines.append(f"  {_cell(differ['name'])}: {emotions}")
    if len(found) > MOST_CLIPS:
        lines.append(f"  and {len(found) - MOST_CLIPS} more: --json lists all")
    return "\n".join(lines)


def _percent(figure: Mapping | float | None) -> str:
    return _figure(figure, lambda value: f"{value:.1%}")


def _decimal(figure: Mapping | float | None) -> str:
    return _figure(figure, lambda value: f"{value:.3f}")


def _figure(figure: Mapping | float | None, write: Callable[[float], str]) -> str:
    if figure is None:
        return "not defined"
    if not isinstance(figure, Mapping):
        return write(figure)
    if figure["low"] is None:
        return write(figure["value"])
    return f"{write(figure['value'])} ({write(figure['low'])} to {write(figure['high'])})"


def _cell(name: str) -> str:
    """Return a name that people gave as one short line that does no harm to a terminal."""
    line = "".join(letter if letter.isprintable() else " " for letter in name)
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"
