"""The HTML of the Results tab: plots made of HTML tables, and plots that `plots` draws as pictures."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ser.corpus.crema_d import SENTENCES
from ser.evaluation.bootstrap import RATES
from ser.evaluation.comparison import Comparison, Row, RowBesidePeople
from ser.evaluation.results import CHANCE, GROUPINGS, People, describe_rates
from ser.labels import EMOTION_NAMES, LABELS
from ser.ui.parts.shares import percent
from ser.ui.results.plots import RATE_NAMES, TITLES, svgs
from ser.ui.results.words import MEASURES, in_sentence, takeaway
from ser.util.intervals import Interval

if TYPE_CHECKING:
    import pandas as pd

COLUMN_TITLES = RATE_NAMES | {"ece": "Calibration error"}
GROUP_NOTES = {
    "actor": "Voices differ more than networks do. Each interval is over the clips of that one voice.",
    "sex": "As recorded in the data set.",
    "age": "As recorded in the data set.",
    "level": "Only one sentence was acted at three levels, and never as neutral. The other clips have no level.",
    "sentence": "The network knows no words. What differs is how easy each sentence is to act.",
}
FEW_VOICES_NOTE = " For groups of fewer than five voices the intervals are over clips, so they say little about other people."
EXPLANATIONS = {
    "confusion": "One row per acted emotion, one column per answer. Choose a cell to hear its clips.",
    "people": "How people who heard only the voice judged the same clips:",
    "reliability": (
        "Where the dots are on the line, the score can be trusted; below it, the network is too sure."
    ),
    "curves": (
        "The loss after each epoch, and the UAR on validation voices, by which the released epoch was chosen. "
        "Training clips are made harder on purpose, so their loss can be the higher one."
    ),
}
VOTES_MEAN = (
    "Most votes: what most listeners of a clip said, where emotions with equally many votes share the clip. Single votes: each "
    "answer of each listener by itself.",
    "Both are of these test clips. The Data set tab counts all the clips that it lists, and a tie as a miss.",
)
HOW_TO_HEAR = "To hear them, start the app with the data set: <code>python app.py --data DIR</code>."
INVITATION = '<p class="hint">Choose a number in the table to see its clips.</p>'


def page(comparison: Comparison, first: str = "") -> str:
    """Return the content of the tab, with the plots of one network; by default, and if that has no results, the first."""
    problems = "".join(f'<p class="warning">{escape(problem)}</p>' for problem in comparison.problems)
    if not comparison.results:
        return problems
    if first not in comparison.results:
        first = next(iter(comparison.results))
    return (
        f'{problems}<div class="results">{_overview(comparison, first)}{_networks(comparison, first)}'
        f'<div class="network-plots">{network_plots(comparison, first)}</div>'
        '<dialog class="presenting" aria-label="Presenting view" tabindex="-1"><div class="slide"></div><footer>'
        '<button type="button" data-step="-1" aria-label="Previous plot">‹</button><span class="place"></span>'
        '<button type="button" data-step="1" aria-label="Next plot">›</button>'
        '<button type="button" data-leave>Leave <kbd>Esc</kbd></button></footer></dialog></div>'
    )


def network_plots(comparison: Comparison, network: str) -> str:
    """Return all plots of one network."""
    plots = comparison.plots(network)
    groups = {by: _groups(comparison, network, by) for by in GROUPINGS if by in plots}
    small = "".join(groups.get(by, "") for by in ("sex", "age", "level"))
    votes = comparison.people(network)
    people = _people(votes, takeaway(comparison, network=network, plot="people")) if votes else ""
    curves = _picture(comparison, network, "curves") if "curves" in plots else ""
    return (
        f'<div class="confusing">{_confusion(comparison, network)}'
        f'<section class="cell-clips" aria-label="Clips of a cell">{INVITATION}</section>'
        '<p class="hidden-words" role="status"></p></div>'
        f'<div class="pair">{people}{_picture(comparison, network, "reliability")}</div>'
        f'<div class="pair">{groups["actor"]}<div class="stack">{small}</div></div>'
        f"{groups['sentence']}{curves}"
    )


def _plot(name: str, body: str, explained: str, note: str = "", of: str = "", said: str = "") -> str:
    title = TITLES[name]
    takeaway_html = f'<p class="takeaway">{escape(said)}</p>' if said else ""
    measures = f'<p class="measures">{MEASURES[name]}</p>' if name in MEASURES else ""
    subject = f" <span>· {escape(of)}</span>" if of else ""
    tools = "".join(
        f'<button type="button" data-{action}="{name}" aria-label="{words}: {title}">{face}</button>'
        for action, words, face in (
            ("present", "Present", "Present"),
            ("png", "Download as PNG", "PNG"),
            ("csv", "Download the numbers as CSV", "CSV"),
        )
    )
    note = f'<p class="note">{note}</p>' if note else ""
    return (
        f'<figure class="plot {name}" data-plot="{name}"><figcaption><h3>{title}{subject}</h3><div class="tools">{tools}</div></figcaption>'
        f'{takeaway_html}<p class="explained">{explained}</p>{body}{note}{measures}</figure>'
    )


def _networks(comparison: Comparison, chosen: str) -> str:
    choices = "".join(
        f'<label><input type="radio" name="network" value="{escape(name, quote=True)}"{" checked" if name == chosen else ""}>'
        f"<span>{escape(comparison.name_of(name))}</span></label>"
        for name in comparison.results
    )
    return f'<fieldset class="networks"><legend>Network</legend>{choices}</fieldset>'


def _overview(comparison: Comparison, running: str) -> str:
    results = next(iter(comparison.results.values()))
    same_clips = len(comparison.differences) == len(comparison.results) - 1
    clips = f"{len(results.clips):,} clips by {results.clips['actor'].nunique()} actors that no network learned from. "
    explained = (
        clips if same_clips else "Each network on its own test actors, which it did not learn from. "
    ) + "In small print: the 95% interval, the range to expect with other actors."
    heads = "".join(f'<th scope="col">{COLUMN_TITLES[key]}</th>' for key in COLUMN_TITLES)
    rows = "".join(_overview_row(row) for row in comparison.rows)
    table = (
        f'<table class="sides" style="--rows: {len(comparison.rows)}"><thead><tr><th scope="col"><span class="hidden-words">Network or people</span></th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
    lines = [
        *describe_rates().values(),
        *(VOTES_MEAN if any(row["who"] == "people" for row in comparison.rows) else ()),
    ]
    meanings = "".join(f"<li>{line}</li>" for line in lines)
    pairs = "".join(
        f"<p>{_pair(comparison.name_of(one), comparison.name_of(other), rates)}</p>"
        for one, other, rates in comparison.differences
    )
    note = f'<div class="pairs">{pairs}</div><ul class="meanings">{meanings}</ul>'
    said = takeaway(comparison, network=running, plot="overview")
    return _plot("overview", table, explained, note, said=said)


def _overview_row(row: Row) -> str:
    cells = "".join(
        f'<td data-head="{COLUMN_TITLES[rate]}"><strong>{percent(row[rate]["value"], 1)}</strong> {_interval_text(row[rate], 1)}'
        f"{_track([(row['who'], row[rate])])}</td>"
        for rate in RATES
    )
    ece = "–" if row["ece"] is None else f"<strong>{row['ece']:.3f}</strong>"
    return f'<tr class="{row["who"]}"><th scope="row">{escape(row["name"])}</th>{cells}<td data-head="{COLUMN_TITLES["ece"]}">{ece}</td></tr>'


def _pair(one: str, other: str, rates: dict) -> str:
    uar = rates["uar"]
    points = f"{100 * abs(uar.value):.1f} points of UAR"
    low, high = (
        (uar.low, uar.high) if uar.value > 0 else (-uar.high, -uar.low)
    )  # of the points that are named
    interval = f"(95% interval {100 * low:.1f} to {100 * high:.1f}, on the same clips)"
    names = f"<strong>{escape(one)}</strong>", f"<strong>{escape(in_sentence(other))}</strong>"
    if uar.low <= 0 <= uar.high:
        return f"{names[0]} and {names[1]} differ by {points} {interval}: that may be chance."
    return f"{names[0]} is {points} {'better' if uar.value > 0 else 'worse'} than {names[1]} {interval}."


def _interval_text(figure: Interval, digits: int = 0) -> str:
    return f"<small>{100 * figure['low']:.{digits}f}–{100 * figure['high']:.{digits}f}</small>"


def _track(marks: list[tuple[str, Interval]]) -> str:
    """Draw a line from 0 to 100% with a mark and an interval for each of network and people."""
    html = "".join(
        f'<i class="reach {who}" style="--low: {figure["low"]:.4f}; --high: {figure["high"]:.4f}"></i>'
        f'<i class="dot {who}" style="--value: {figure["value"]:.4f}"></i>'
        for who, figure in marks
    )
    return f'<div class="track" aria-hidden="true">{html}</div>'


def _groups(comparison: Comparison, network: str, by: str) -> str:
    rows = comparison.beside_people(network, by)
    people = any(row["people"] for row in rows)
    lines = "".join(_group(row) for row in rows)
    axis = "".join(f'<i style="--value: {tick / 100}">{tick}%</i>' for tick in (0, 25, 50, 75, 100))
    votes = '<th scope="col" class="number">people</th>' if people else ""
    head = (
        '<th scope="col"><span class="hidden-words">Group</span></th><th scope="col" class="count">clips</th>'
        f'<th scope="col" class="where"><span class="hidden-words">Position</span><div class="axis" aria-hidden="true">{axis}</div></th>'
        f'<th scope="col" class="number">UAR</th>{votes}'
    )
    table = (
        f'<table class="dots" style="--rows: {len(rows)}; --chance: {CHANCE:.4f}"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'
        f"{_legend(comparison.name_of(network), people)}"
    )
    few = by in ("sex", "age") and any(row["drawn"] == "clips" for row in rows)
    explained = GROUP_NOTES[by] + (FEW_VOICES_NOTE if few else "")
    return _plot(
        by,
        table,
        explained,
        of=comparison.name_of(network),
        said=takeaway(comparison, network=network, plot=by),
    )


def _group(row: RowBesidePeople) -> str:
    uar, people = row["uar"], row["people"]
    marks = [("network", uar)] + ([("people", people)] if people else [])
    voices = "" if row["actors"] == 1 else f"{row['actors']} voices, "
    votes = f'<td class="number people">{percent(people["value"])}</td>' if people else ""
    return (
        f'<tr><th scope="row">{escape(row["group"])}</th><td class="count" title="{voices}{row["clips"]} clips">{row["clips"]}</td>'
        f'<td class="where">{_track(marks)}</td><td class="number"><strong>{percent(uar["value"])}</strong> {_interval_text(uar)}</td>{votes}</tr>'
    )


def _legend(network: str, people: bool) -> str:
    votes = '<span><i class="key people"></i>people, single votes</span>' if people else ""
    return (
        f'<p class="legend"><span><i class="key network"></i>{escape(network)}, 95% interval</span>{votes}'
        '<span><i class="key chance"></i>guessing</span></p>'
    )


def _confusion(comparison: Comparison, network: str) -> str:
    counts = comparison.results[network].confusion
    said = takeaway(comparison, network=network, plot="confusion")
    matrix = _matrix(counts, buttons=True)
    return _plot("confusion", matrix, EXPLANATIONS["confusion"], of=comparison.name_of(network), said=said)


def _people(people: People, said: str) -> str:
    counts = [[int(count) for count in row] for row in people["votes"]["confusion"]]
    explained = f"{EXPLANATIONS['people']} {people['votes']['n']:,} votes."
    return _plot("people", _matrix(counts, buttons=False), explained, of="People", said=said)


def _matrix(counts: list[list[int]], buttons: bool) -> str:
    heads = "".join(f'<th scope="col"><span>{name}</span></th>' for name in EMOTION_NAMES.values())
    rows = "".join(
        f'<tr><th scope="row"><span>{EMOTION_NAMES[acted]}</span></th>'
        + "".join(
            _cell(acted, answer, counts[i][j], sum(counts[i]), buttons) for j, answer in enumerate(LABELS)
        )
        + "</tr>"
        for i, acted in enumerate(LABELS)
    )
    return (
        '<table class="confusion-table"><thead><tr><td class="corner"><span>acted&nbsp;↓ heard&nbsp;as&nbsp;→</span></td>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cell(acted: str, answer: str, count: int, of: int, button: bool) -> str:
    share = count / of if of else 0.0
    face = f"<strong>{count:,}</strong><small>{percent(share)}</small>"
    style = f'class="cell{" right" if acted == answer else ""}" style="--share: {share:.4f}"'
    if not button:
        return f"<td><span {style}>{face}</span></td>"
    words = f"Acted {EMOTION_NAMES[acted].lower()}, heard as {EMOTION_NAMES[answer].lower()}: {count} of {of} clips"
    return (
        f'<td><button type="button" {style} data-acted="{acted}" data-answer="{answer}" aria-pressed="false" '
        f'aria-label="{words}">{face}</button></td>'
    )


def _picture(comparison: Comparison, network: str, plot: str) -> str:
    alt = escape(_alt_text(comparison, network, plot), quote=True)
    light_and_dark = (svgs(comparison, network=network, plot=plot, dark=dark) for dark in (False, True))
    images = "".join(
        f'<div><img class="on-light" src="{light}" alt="{alt}"><img class="on-dark" src="{dark}" alt="{alt}"></div>'
        for light, dark in zip(*light_and_dark, strict=True)
    )
    images = f'<div class="images">{images}</div>'
    said = takeaway(comparison, network=network, plot=plot)
    return _plot(plot, images, EXPLANATIONS[plot], of=comparison.name_of(network), said=said)


def _alt_text(comparison: Comparison, network: str, plot: str) -> str:
    """Describe in words what a picture shows."""
    results, name = comparison.results[network], comparison.name_of(network)
    if plot == "reliability":
        bins = "; ".join(
            f"{percent(row['score'])} sure, right in {percent(row['accuracy']['value'])} of {row['clips']} clips"
            for row in results.reliability
        )
        return f"Reliability of {name}, calibration error {results.ece:.3f}: {bins}."
    if results.curves is None:
        return ""
    uar = results.curves["val_uar"]
    return (
        f"Training of {name} over {len(uar)} epochs: validation UAR peaks at {percent(uar.max(), 1)} in epoch "
        f"{int(uar.idxmax())}."
    )


def cell(clips: pd.DataFrame, *, acted: str, answer: str, playable: bool) -> str:
    """Return the clips of one cell of the confusion matrix: a heading, a player, a line for each clip."""
    s = "" if len(clips) == 1 else "s"
    words = f"Acted {EMOTION_NAMES[acted].lower()}, heard as {EMOTION_NAMES[answer].lower()}"
    lines = "".join(_clip(name, row, acted, answer, playable) for name, row in clips.iterrows())
    hint = "Choose a clip to hear it; ↓ plays the next one." if playable else HOW_TO_HEAR
    player = '<audio controls preload="none" aria-label="The chosen clip" hidden></audio>' if playable else ""
    return (
        f'<h4>{words}</h4><p class="counted"><strong>{len(clips)}</strong> clip{s}, most confident first. <span class="hint">{hint}</span></p>'
        f'<p class="warning" hidden></p>{player}<ul>{lines}</ul>'
    )


def _clip(name: str, row: pd.Series, acted: str, answer: str, playable: bool) -> str:
    scores = f"{EMOTION_NAMES[answer]} {percent(row[answer])}"
    if acted != answer:
        scores += f", {EMOTION_NAMES[acted].lower()} {percent(row[acted])}"
    all_six = ", ".join(f"{EMOTION_NAMES[label].lower()} {percent(row[label])}" for label in LABELS)
    bar = "".join(
        f'<i style="--score: {row[label]:.4f}; --colour: var(--emotion-{label})"></i>' for label in LABELS
    )
    face = (
        f'<span class="name">{escape(name)}</span><span class="scores">{scores}</span><span class="said">“{escape(SENTENCES.get(row["sentence"], row["sentence"]))}”</span>'
        f'<span class="six" role="img" aria-label="All six: {all_six}" title="{all_six}">{bar}</span>'
    )
    if playable:
        return f'<li><button type="button" data-clip="{escape(name, quote=True)}">{face}</button></li>'
    return f"<li><div>{face}</div></li>"
