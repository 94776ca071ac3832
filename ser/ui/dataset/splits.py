"""Actor splits: which actors are in which part, that none is in two, and what another seed or k folds would give."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from ser.corpus.splits import PARTS, PUBLISHED_SEED, Part
from ser.errors import UserError
from ser.evaluation.clip_table import ClipTable, PartDescription, SplitAnswer, SplitDescription
from ser.labels import EMOTION_NAMES, LABELS
from ser.ui.page.served_files import read_beside
from ser.ui.page.server_functions import takes_request

PART_NAMES = {"train": "Training", "val": "Validation", "test": "Test"}
PURPOSES = {
    "train": "The network learns from these voices, so its scores for them are optimistic.",
    "val": "Never learned from; used to choose among networks.",
    "test": "Used neither to learn nor to choose: the honest measure.",
}
MODES = {"own": "This network's", "seed": "70 / 15 / 15 by seed", "folds": "k folds by seed"}
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class SplitRequest:
    """The split that the form asks for.

    Parameters
    ----------
    mode : a key of `MODES`
    seed : from 0 to `MAX_SEED`
    folds : 0 unless the mode is "folds"; `ClipTable.split` checks the upper limit
    fold : the fold to show, counted from 1
    """

    mode: str
    seed: int
    folds: int
    fold: int

    @classmethod
    def from_form(cls, form: Mapping[str, object]) -> SplitRequest:
        """Read the fields of the form, which may be text; `UserError` for values that make no sense."""
        mode = str(form.get("mode"))
        if mode not in MODES:
            mode = "own"
        try:
            seed, folds, fold = (int(str(form.get(name) or 0)) for name in ("seed", "folds", "fold"))
        except ValueError:
            raise UserError("Seed and folds must be whole numbers: type digits only.") from None
        if not 0 <= seed <= MAX_SEED:
            raise UserError(f"The seed must be a whole number from 0 to {MAX_SEED}.")
        if mode == "folds" and not folds:
            raise UserError("Enter the number of folds: 3 or more.")
        return cls(mode, seed, folds if mode == "folds" else 0, max(fold, 1))

    @property
    def file_name(self) -> str:
        """The name of a download, without its extension."""
        names = {"own": "split-of-this-network", "seed": f"split-seed-{self.seed}"}
        return names.get(self.mode, f"{self.folds}-folds-seed-{self.seed}")


def page() -> str:
    """Return the tab's HTML; splits.js fills it in."""
    modes = "".join(
        f'<label><input type="radio" name="mode" value="{mode}"{" checked" if mode == "own" else ""}><span>{name}</span></label>'
        for mode, name in MODES.items()
    )
    html = read_beside(__file__, "splits.html")
    return html.replace("@modes", modes).replace("@seed", str(PUBLISHED_SEED)).replace("@max", str(MAX_SEED))


@takes_request
def answer(table: ClipTable, form: dict) -> dict:
    """Return `html` to show, `csv` and `json` to download and their `name`, or `problem`, a sentence.

    Parameters
    ----------
    table : the clips whose actors are split
    form : mode, seed, folds and fold as in `SplitRequest`; numbers may be text
    """
    table.check()
    request = SplitRequest.from_form(form)
    result: SplitAnswer
    if request.mode == "own":
        result = {"splits": [table.describe_split(table.own_split)]}
    else:
        result = table.split(request.seed, request.folds)
    return {
        "html": show(table, result=result, mode=request.mode, fold=min(request.fold, len(result["splits"]))),
        "csv": to_csv(table, result["splits"]),
        "json": json.dumps(result, indent=2),
        "name": request.file_name,
    }


def show(table: ClipTable, *, result: SplitAnswer, mode: str, fold: int) -> str:
    """Return the proof, the grid of actors, a card for each part and, with folds, a row for each fold."""
    splits = result["splits"]
    split = splits[fold - 1]
    parts = {actor: part for part in PARTS for actor in split[part]["actors"]}
    return (
        f"{proof(table, split)}{_note(table, split, mode)}"
        f"{_folds(splits, fold) if mode == 'folds' else ''}"
        f"{_grid(table, parts)}{_ages(table, split)}"
        f'<div class="parts">{"".join(_card(part, split[part]) for part in PARTS)}</div>'
    )


def proof(table: ClipTable, split: SplitDescription) -> str:
    """Count the actors that each two parts share, and say what follows from it."""
    members = {part: set(split[part]["actors"]) for part in PARTS}
    pairs: list[tuple[Part, Part]] = [("train", "val"), ("train", "test"), ("val", "test")]
    shared = {pair: len(members[pair[0]] & members[pair[1]]) for pair in pairs}
    sums = " + ".join(str(len(members[part])) for part in PARTS)
    everyone = len(set().union(*members.values()))
    if any(shared.values()):
        verdict = f"Actors in more than one part: {split['shared_actors']}. The test scores are optimistic."
    else:
        verdict = f"Each of the {everyone} actors is in exactly one part: no test voice is heard in training."
    items = "".join(
        f"<li>{PART_NAMES[one]} ∩ {PART_NAMES[other]} = <strong>{count}</strong></li>"
        for (one, other), count in shared.items()
    )
    state = "wrong" if any(shared.values()) else "right"
    return (
        f'<div class="proof {state}"><p>{verdict}</p><ul>{items}<li>{sums} = <strong>{everyone}</strong> of '
        f"{len(table.actors)} actors</li></ul></div>"
    )


def _note(table: ClipTable, split: SplitDescription, mode: str) -> str:
    if mode == "own":
        return ""
    same = all(tuple(split[part]["actors"]) == table.own_split[part] for part in PARTS)
    note = (
        "This is the split that this network was trained with."
        if same
        else "What if? The network itself was trained with its own split, and its scores do not change."
    )
    return f'<p class="hint">{note}</p>'


def _sex_and_age(table: ClipTable, actor: str) -> tuple[str, str]:
    """Return an actor's sex and age, abbreviated and in words; empty strings where they are not known."""
    row = table.actors.loc[actor]
    age, sex = row.get("age"), row.get("sex")
    if age is None or age != age or not isinstance(sex, str):
        return "", ""
    return f"{sex[0].upper()} {age:.0f}", f"{sex}, {age:.0f} years"


def _grid(table: ClipTable, parts: Mapping[str, str]) -> str:
    cells = []
    for actor in table.actors.index:
        part = parts.get(actor, "none")
        short, words = _sex_and_age(table, actor)
        title = ", ".join(filter(None, (f"Actor {actor}", words, f"{table.actors['clips'][actor]} clips")))
        cells.append(
            f'<li class="actor {part}" title="{escape(title)}"><strong>{escape(actor)}</strong>'
            f"<span>{escape(short)}</span><span>{PART_NAMES.get(part, 'in no part')}</span></li>"
        )
    key = " F is female, M is male, and the number is the age." if "age" in table.actors else ""
    return (
        f'<h2>Every actor, once</h2><p class="hint">{len(parts)} actors by number, each in the colour of their '
        f'part.{key}</p><ul class="actor-grid">{"".join(cells)}</ul>'
    )


def _ages(table: ClipTable, split: SplitDescription) -> str:
    """Draw a mark for each actor on an axis of ages, with a row for each part; nothing if no age is known."""
    if "age" not in table.actors:
        return ""
    low, high = 15, 80  # years
    rows = []
    for part in PARTS:
        actors = table.actors.loc[split[part]["actors"]].dropna(subset=["age"])
        stacked: dict[float, int] = {}  # age -> marks drawn above each other, less one
        marks = []
        for actor, age, sex in actors[["age", "sex"]].itertuples():
            stacked[age] = stacked.get(age, -1) + 1
            marks.append(
                f'<span class="mark {part} {sex}" style="left: {100 * (age - low) / (high - low):.2f}%; '
                f'bottom: {9 * stacked[age]}px" title="Actor {actor}, {sex}, {age:.0f}"></span>'
            )
        height = 9 * (max(stacked.values(), default=0) + 1)
        summary = (
            f"{split[part]['female']} female, {split[part]['male']} male, mean age {actors['age'].mean():.0f}"
        )
        rows.append(
            f"<tr><th scope='row'>{PART_NAMES[part]}</th><td class='line'><div style='height: {height}px'>"
            f"{''.join(marks)}</div></td><td>{summary}</td></tr>"
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


def _card(part: str, counts: PartDescription) -> str:
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


def _folds(splits: list[SplitDescription], fold: int) -> str:
    names = "".join(f'<th scope="col">{EMOTION_NAMES[label]}</th>' for label in LABELS)
    people = "".join(
        f'<th scope="col">{sex}</th>' for sex in ("Female", "Male") if sex.lower() in splits[0]["test"]
    )
    rows = []
    for number, split in enumerate(splits, 1):
        test = split["test"]
        cells = [
            len(test["actors"]),
            *(test[sex] for sex in ("female", "male") if sex in test),
            test["clips"],
        ]
        cells += [test["emotions"][label] for label in LABELS]
        current = ' aria-current="true"' if number == fold else ""
        rows.append(
            f'<tr{current}><th scope="row"><button type="button" data-fold="{number}">Fold {number}</button></th>'
            f"{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        )
    tested = [actor for split in splits for actor in split["test"]["actors"]]
    once = "once" if len(set(tested)) == len(tested) else "more than once"
    return (
        f"<h2>The test part of each fold</h2><p class='hint'>All {len(set(tested))} actors are tested {once}. Choose a "
        f"fold to see its three parts. Now showing fold {fold}.</p><div class='fold-table' tabindex='0' role='region' aria-label='Folds'><table><thead><tr>"
        f"<th scope='col'>Fold</th><th scope='col'>Actors</th>{people}<th scope='col'>Clips</th>{names}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def to_csv(table: ClipTable, splits: list[SplitDescription]) -> str:
    """Return a row for each actor in each split as CSV.

    Columns: fold (only if there is more than one split), actor, part, age and sex (only if known), clips, and the
    clips of each emotion.
    """
    facts = [column for column in ("age", "sex", "clips", *LABELS) if column in table.actors]
    folds = len(splits) > 1
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*(["fold"] if folds else []), "actor", "part", *facts])
    for number, split in enumerate(splits, 1):
        parts = sorted((actor, part) for part in PARTS for actor in split[part]["actors"])
        for actor, part in parts:
            writer.writerow([*([number] if folds else []), actor, part, *table.actors.loc[actor, facts]])
    return file.getvalue()
