"""Actor splits: who is in which part, that nobody is in two, and what another seed or k folds would give."""

from __future__ import annotations

import csv
import io
import json
from html import escape

from ser.corpus.crema_d import PARTS, PUBLISHED_SEED
from ser.errors import UserError
from ser.evaluation.clip_table import ClipTable
from ser.labels import EMOTION_NAMES, LABELS
from ser.ui.page.served_files import read_beside
from ser.ui.page.server_functions import returns_problem

PART_NAMES = {"train": "Training", "val": "Validation", "test": "Test"}
PURPOSES = {
    "train": "The network learns from these voices, so its scores for them flatter.",
    "val": "Never learned from; used to choose among networks.",
    "test": "Never learned from, never chosen by: the honest measure.",
}
MODES = {"own": "This network's", "seed": "70 / 15 / 15 by seed", "folds": "k folds by seed"}
LARGEST_SEED = 2**31 - 1


def page() -> str:
    """Return the tab's HTML, whose places splits.js fills."""
    modes = "".join(
        f'<label><input type="radio" name="mode" value="{mode}"{" checked" if mode == "own" else ""}><span>{name}</span></label>'
        for mode, name in MODES.items()
    )
    html = read_beside(__file__, "splits.html")
    return (
        html.replace("@modes", modes)
        .replace("@seed", str(PUBLISHED_SEED))
        .replace("@most", str(LARGEST_SEED))
    )


@returns_problem
def answer(table: ClipTable, asked: dict) -> dict:
    """Return what the page shows and offers for download, or `problem`, a sentence.

    Parameters
    ----------
    asked : mode (a key of MODES), seed, folds (3 or more) and fold (counted from 1) as the form has them
    """
    table.check()
    mode, seed, folds, fold = _read(asked)
    made = {"splits": [table.describe_split(table.own_split)]} if mode == "own" else table.split(seed, folds)
    fold = min(fold, len(made["splits"]))
    return {
        "html": show(table, made, mode, fold),
        "csv": to_csv(table, made),
        "json": json.dumps(made, indent=2),
        "name": {"own": "split-of-this-network", "seed": f"split-seed-{seed}"}.get(
            mode, f"{folds}-folds-seed-{seed}"
        ),
    }


def _read(asked: dict) -> tuple[str, int, int, int]:
    mode = str(asked.get("mode"))
    if mode not in MODES:
        mode = "own"
    try:
        seed, folds, fold = (int(asked.get(name) or 0) for name in ("seed", "folds", "fold"))
    except (TypeError, ValueError):
        raise UserError("Seed and folds are whole numbers: type digits only.") from None
    if not 0 <= seed <= LARGEST_SEED:
        raise UserError(f"The seed is a whole number from 0 to {LARGEST_SEED}.")
    if mode == "folds" and not folds:
        raise UserError("Say how many folds: 3 or more.")
    return mode, seed, folds if mode == "folds" else 0, max(fold, 1)


def show(table: ClipTable, made: dict, mode: str, fold: int) -> str:
    """Return the proof, the grid of actors, a card per part and, with folds, a row per fold."""
    split = made["splits"][fold - 1]
    parts = {actor: part for part in PARTS for actor in split[part]["actors"]}
    return (
        f"{proof(table, split)}{_note(table, split, mode)}"
        f"{_folds(made, fold) if mode == 'folds' else ''}"
        f"{_grid(table, parts)}{_ages(table, split)}"
        f'<div class="parts">{"".join(_card(part, split[part]) for part in PARTS)}</div>'
    )


def proof(table: ClipTable, split: dict) -> str:
    """Count, for each two parts, the actors that are in both, and say what follows."""
    members = {part: set(split[part]["actors"]) for part in PARTS}
    pairs = [("train", "val"), ("train", "test"), ("val", "test")]
    shared = {pair: len(members[pair[0]] & members[pair[1]]) for pair in pairs}
    sums = " + ".join(str(len(members[part])) for part in PARTS)
    everyone = len(set().union(*members.values()))
    if any(shared.values()):
        said = f"Actors in more than one part: {split['shared_actors']}. The test scores flatter."
    else:
        said = f"Each of the {everyone} actors is in exactly one part: no test voice is heard in training."
    items = "".join(
        f"<li>{PART_NAMES[one]} ∩ {PART_NAMES[other]} = <strong>{count}</strong></li>"
        for (one, other), count in shared.items()
    )
    state = "wrong" if any(shared.values()) else "right"
    return (
        f'<div class="proof {state}"><p>{said}</p><ul>{items}<li>{sums} = <strong>{everyone}</strong> of '
        f"{len(table.actors)} actors</li></ul></div>"
    )


def _note(table: ClipTable, split: dict, mode: str) -> str:
    if mode == "own":
        return ""
    same = all(tuple(split[part]["actors"]) == table.own_split[part] for part in PARTS)
    said = (
        "This is the split that this network was trained with."
        if same
        else "What if: this network was trained with its own split, and its scores stay as they are."
    )
    return f'<p class="hint">{said}</p>'


def _speaker(table: ClipTable, actor: str) -> tuple[str, str]:
    """Return a speaker's sex and age in short and in words; empty where they are not known."""
    row = table.actors.loc[actor]
    age, sex = row.get("age"), row.get("sex")
    if age is None or age != age or not isinstance(sex, str):
        return "", ""
    return f"{sex[0].upper()} {age:.0f}", f"{sex}, {age:.0f} years"


def _grid(table: ClipTable, parts: dict[str, str]) -> str:
    cells = []
    for actor in table.actors.index:
        part = parts.get(actor, "none")
        short, words = _speaker(table, actor)
        title = ", ".join(filter(None, (f"Actor {actor}", words, f"{table.actors['clips'][actor]} clips")))
        cells.append(
            f'<li class="actor {part}" title="{escape(title)}"><strong>{escape(actor)}</strong>'
            f"<span>{escape(short)}</span><span>{PART_NAMES.get(part, 'in no part')}</span></li>"
        )
    key = " F is female, M male, the number is the age." if "age" in table.actors else ""
    return (
        f'<h2>Every actor, once</h2><p class="hint">{len(parts)} actors by number, each in the colour of the one '
        f'part that hears them.{key}</p><ul class="actor-grid">{"".join(cells)}</ul>'
    )


def _ages(table: ClipTable, split: dict) -> str:
    """Draw a mark for each actor along a line of ages, one line for each part; nothing without ages."""
    if "age" not in table.actors:
        return ""
    low, high = 15, 80  # years
    rows = []
    for part in PARTS:
        known = table.actors.loc[split[part]["actors"]].dropna(subset=["age"])
        stacked: dict[tuple, int] = {}
        marks = []
        for actor, age, sex in known[["age", "sex"]].itertuples():
            stacked[age] = stacked.get(age, -1) + 1
            marks.append(
                f'<span class="mark {part} {sex}" style="left: {100 * (age - low) / (high - low):.2f}%; '
                f'bottom: {9 * stacked[age]}px" title="Actor {actor}, {sex}, {age:.0f}"></span>'
            )
        tallest = 9 * (max(stacked.values(), default=0) + 1)
        said = (
            f"{split[part]['female']} female, {split[part]['male']} male, mean age {known['age'].mean():.0f}"
        )
        rows.append(
            f"<tr><th scope='row'>{PART_NAMES[part]}</th><td class='line'><div style='height: {tallest}px'>"
            f"{''.join(marks)}</div></td><td>{said}</td></tr>"
        )
    ticks = "".join(
        f'<span style="left: {100 * (age - low) / (high - low):.2f}%">{age}</span>'
        for age in range(20, 80, 10)
    )
    return (
        '<h2>Age and sex</h2><table class="ages"><tbody>'
        f'{"".join(rows)}</tbody><tfoot><tr><td></td><td class="ticks" aria-hidden="true"><div>{ticks}</div></td>'
        '<td class="hint">● female, ■ male</td></tr></tfoot></table>'
    )


def _card(part: str, counts: dict) -> str:
    most = max(*counts["emotions"].values(), 1)
    bars = "".join(
        f"<li><span>{EMOTION_NAMES[label]}</span><span class='track' aria-hidden='true'><span class='fill' "
        f"style='--share: {count / most:.3f}; --colour: var(--emotion-{label})'></span></span><strong>{count}</strong></li>"
        for label, count in counts["emotions"].items()
    )
    return (
        f'<article class="part-card {part}"><h3>{PART_NAMES[part]}</h3>'
        f'<p class="numbers"><strong>{len(counts["actors"])}</strong> actors <strong>{counts["clips"]:,}</strong> clips</p>'
        f'<p class="purpose">{PURPOSES[part]}</p><h4>Clips of each acted emotion</h4>'
        f'<ul class="emotions">{bars}</ul></article>'
    )


def _folds(made: dict, chosen: int) -> str:
    names = "".join(f'<th scope="col">{EMOTION_NAMES[label]}</th>' for label in LABELS)
    people = "".join(
        f'<th scope="col">{sex}</th>'
        for sex in ("Female", "Male")
        if sex.lower() in made["splits"][0]["test"]
    )
    rows = []
    for number, split in enumerate(made["splits"], 1):
        test = split["test"]
        cells = [
            len(test["actors"]),
            *(test[sex] for sex in ("female", "male") if sex in test),
            test["clips"],
        ]
        cells += [test["emotions"][label] for label in LABELS]
        current = ' aria-current="true"' if number == chosen else ""
        rows.append(
            f'<tr{current}><th scope="row"><button type="button" data-fold="{number}">Fold {number}</button></th>'
            f"{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        )
    tested = [actor for split in made["splits"] for actor in split["test"]["actors"]]
    once = "once" if len(set(tested)) == len(tested) else "more than once"
    return (
        f"<h2>The test part of each fold</h2><p class='hint'>All {len(set(tested))} actors are tested {once}. Choose a "
        f"fold to see its three parts; shown is fold {chosen}.</p><div class='fold-table' tabindex='0' role='region' aria-label='Folds'><table><thead><tr>"
        f"<th scope='col'>Fold</th><th scope='col'>Actors</th>{people}<th scope='col'>Clips</th>{names}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def to_csv(table: ClipTable, made: dict) -> str:
    """Write a row per fold and actor: fold (only with folds), actor, part, age and sex if known, clips, emotions."""
    known = [column for column in ("age", "sex", "clips", *LABELS) if column in table.actors]
    folds = len(made["splits"]) > 1
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*(["fold"] if folds else []), "actor", "part", *known])
    for number, split in enumerate(made["splits"], 1):
        parts = sorted((actor, part) for part in PARTS for actor in split[part]["actors"])
        for actor, part in parts:
            writer.writerow([*([number] if folds else []), actor, part, *table.actors.loc[actor, known]])
    return file.getvalue()
