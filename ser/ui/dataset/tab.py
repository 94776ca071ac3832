"""The Data set tab: every clip with its scores and how people heard it, and actor splits to try.

The page gets the whole table at once, half a megabyte, and filters, sorts and draws it by itself: an answer
to a filter needs no server. Only sound, pictures and splits are asked for.
"""

from html import escape
from pathlib import Path

import gradio as gr

from ser.corpus.crema_d import LEVELS, PARTS, SENTENCES, Corpus
from ser.corpus.votes import VOTE_COLUMNS
from ser.evaluation.clip_table import ALL, ClipTable
from ser.labels import EMOTION_NAMES, LABELS
from ser.ui.dataset import splits
from ser.ui.dataset.clip import HOW_TO_HEAR, open_clip
from ser.ui.dataset.splits import PART_NAMES
from ser.ui.page.served_files import read_beside
from ser.ui.page.server_functions import returns_problem

LEVEL_NAMES = LEVELS | {"XX": "not given"}
CROWD_NAMES = {"agrees": "as acted", "tied": "as acted, in a tie", "differs": "as something else"}
SCRIPTS = (
    "dataset.js",
    "table.js",
    "clip.js",
    "start.js",
)  # one function, in this order
MILLIONTHS = 1_000_000  # scores travel as whole numbers: a third shorter


def build(predictions: Path, corpus: Corpus | None) -> gr.Tab:
    """Add the tab. Its table is read when the tab is first opened."""
    table = ClipTable(predictions, corpus)

    @returns_problem
    def read_clips(_: object) -> dict:
        table.check()
        return columns(table)

    def read_clip(clip: str) -> dict:
        return open_clip(table, clip)

    def read_split(asked: dict) -> dict:
        return splits.answer(table, asked)

    with gr.Tab("Data set", id="dataset") as tab, gr.Tabs(elem_classes="inner-tabs"):
        with gr.Tab("Clips", id="clips"):
            gr.HTML(
                html_template=page(table),
                js_on_load=read_beside(__file__, *SCRIPTS),
                server_functions=[read_clips, read_clip],
                apply_default_css=False,
                elem_id="dataset",
            )
        with gr.Tab("Actor splits", id="splits"):
            gr.HTML(
                html_template=splits.page(),
                js_on_load=read_beside(splits.__file__, "splits.js"),
                server_functions=[read_split],
                apply_default_css=False,
                elem_id="splits",
            )
    return tab


def columns(table: ClipTable) -> dict:
    """Return the table for the page, column by column; what a clip's name says is not said again.

    Returns
    -------
    dict: clips (names), parts (an index into PARTS each), scores and votes (six whole numbers a clip,
    scores in millionths; votes None without the data set), speakers (actor -> [age, sex]), twins
    (clip -> clip), and the words for all codes
    """
    rows = table.table
    speakers, votes = {}, None
    if "age" in rows:
        known = table.actors.dropna(subset=["age", "sex"])
        speakers = {actor: [int(age), sex] for actor, age, sex in known[["age", "sex"]].itertuples()}
    if "crowd" in rows:
        votes = rows[list(VOTE_COLUMNS)].to_numpy().ravel().tolist()
    twins = rows["twin"][rows["twin"] != ""].to_dict() if "twin" in rows else {}
    return {
        "clips": rows.index.tolist(),
        "parts": rows["part"].map(PARTS.index).tolist(),
        "scores": (rows[list(LABELS)].to_numpy() * MILLIONTHS).round().astype(int).ravel().tolist(),
        "votes": votes,
        "speakers": speakers,
        "twins": twins,
        "sound": table.corpus is not None,
        "words": {
            "parts": [[part, PART_NAMES[part]] for part in PARTS],
            "emotions": EMOTION_NAMES,
            "sentences": SENTENCES,
            "levels": LEVEL_NAMES,
        },
    }


def page(table: ClipTable) -> str:
    """Return the tab's HTML, whose places dataset.js fills."""
    emotions = list(EMOTION_NAMES.items())
    fields = [
        _choice("emotion", "Acted emotion", emotions),
        _choice("says", "Network says", emotions),
        _choice("right", "Network is", [("right", "right"), ("wrong", "wrong")]),
        _range("score", "Score %", 0, 100),
        _choice("level", "Level", list(LEVEL_NAMES.items())),
        _choice("sentence", "Sentence", list(SENTENCES.items())),
        _choice("actor", "Actor", []),
    ]
    if table.corpus is not None:
        fields += [
            _choice("sex", "Sex", [("female", "female"), ("male", "male")]),
            _range("age", "Age", 18, 99),
            _choice("crowd", "Crowd heard it", list(CROWD_NAMES.items())),
        ]
    parts = "".join(
        f'<label><input type="radio" name="part" value="{value}"{" checked" if value == "test" else ""}>'
        f'<span>{name} <span class="size" data-size="{value}"></span></span></label>'
        for value, name in (*((part, PART_NAMES[part]) for part in reversed(PARTS)), (ALL, "All"))
    )
    places = {
        "@parts": parts,
        "@fields": "".join(fields),
        "@how": HOW_TO_HEAR,
        "@invitation": "it plays, and its picture and scores appear here"
        if table.corpus is not None
        else "its scores appear here",
    }
    html = read_beside(__file__, "dataset.html")
    for place, content in places.items():
        html = html.replace(place, content)
    return html


def _choice(name: str, words: str, choices: list[tuple[str, str]]) -> str:
    options = "".join(f'<option value="{value}">{escape(word)}</option>' for value, word in choices)
    return (
        f'<div class="field {name}"><label for="filter-{name}">{words}</label>'
        f'<select id="filter-{name}" name="{name}"><option value="">all</option>{options}</select></div>'
    )


def _range(name: str, words: str, low: int, high: int) -> str:
    def end(which: str, value: int) -> str:
        return (
            f'<input type="number" name="{name}-{which}" min="{low}" max="{high}" inputmode="numeric" '
            f'placeholder="{value}" aria-label="{words}, {which}">'
        )

    return (
        f'<fieldset class="field {name}"><legend>{words}</legend>'
        f'<span class="range">{end("from", low)}<span aria-hidden="true">–</span>{end("to", high)}</span></fieldset>'
    )
