"""The Data set tab: every clip with its scores and how people heard it, and actor splits to try.

The page gets the whole table at once (half a megabyte) and filters, sorts and draws it without the server.
It asks the server only for sound, pictures and splits.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import gradio as gr

from ser.corpus.clip_names import LEVELS, SENTENCES
from ser.corpus.crema_d import PARTS, Corpus
from ser.corpus.votes import VOTE_COLUMNS
from ser.evaluation.clip_table import ALL, ClipsError, ClipTable
from ser.evaluation.known_table import KnownTable
from ser.evaluation.predictions import INTENSITY_COLUMN
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.recognizer import Recognizer
from ser.ui.dataset import splits
from ser.ui.dataset.clip import HOW_TO_HEAR, OpenedClip, Problem, open_clip
from ser.ui.dataset.splits import PART_NAMES
from ser.ui.page.served_files import read_beside, start_module
from ser.ui.page.server_functions import returns_problem

if TYPE_CHECKING:
    import pandas as pd

LEVEL_NAMES = LEVELS | {"XX": "not given"}
CROWD_NAMES = {"agrees": "as acted", "tied": "as acted, in a tie", "differs": "as something else"}
MILLIONTHS = 1_000_000  # scores are sent as whole numbers, which are a third shorter than decimals


class Words(TypedDict):
    """The words for all codes."""

    parts: list[list[str]]  # [code, name] each, in the order of `PARTS`
    emotions: dict[str, str]
    sentences: dict[str, str]
    levels: dict[str, str]


class Columns(TypedDict):
    """The table of clips as the page gets it, column by column. A clip's name says its actor, sentence, emotion and level."""

    clips: list[str]  # names
    parts: list[int]  # an index into `PARTS` for each clip
    scores: list[int]  # six for each clip, in millionths
    votes: list[int] | None  # six for each clip; None without the data set
    intensity: list[int | None] | None  # 0 to 100 for each clip; None for networks that do not estimate it
    ratings: list[int | None] | None  # the crowd's, for each clip; None without the data set
    speakers: dict[str, list]  # actor -> [age, sex]
    twins: dict[str, str]  # clip -> the clip with the same bytes
    sound: bool  # whether clips can be played
    words: Words
    names: (
        list[list[str]] | None
    )  # actor, sentence, emotion and level of each clip, if its name does not say them


class Waiting(TypedDict):
    """There is no table yet; the page asks again."""

    waiting: str  # how far it is


def build(predictions: Path, *, corpus: Corpus | None, get_recognizer: Callable[[], Recognizer]) -> gr.Tab:
    """Add the tab. Its table is read when the tab is first opened.

    Parameters
    ----------
    predictions : the checkpoint's predictions.csv
    get_recognizer : returns the network, which scores the clips of other corpora than CREMA-D
    corpus : the data set, if it is on this machine: adds sound, pictures, ages, sexes and votes
    """
    table = ClipTable(predictions, corpus)
    if corpus is not None and corpus.known:
        table = KnownTable(corpus, get_recognizer=get_recognizer)

    @returns_problem
    def read_clips(_: object) -> Columns | Waiting:
        try:
            table.check()
        except ClipsError:
            if isinstance(table, KnownTable) and table.is_scoring:
                return {"waiting": table.progress}
            raise
        return columns(table)

    def read_clip(clip: str) -> OpenedClip | Problem:
        return open_clip(table, clip)

    def read_split(form: dict) -> dict:
        return splits.answer(table, form)

    with gr.Tab("Data set", id="dataset") as tab, gr.Tabs(elem_classes="inner-tabs"):
        with gr.Tab("Clips", id="clips"):
            gr.HTML(
                html_template=page(table),
                js_on_load=start_module(__file__, "dataset.js"),
                server_functions=[read_clips, read_clip],
                apply_default_css=False,
                elem_id="dataset",
            )
        with gr.Tab("Actor splits", id="splits"):
            gr.HTML(
                html_template=splits.page(),
                js_on_load=start_module(__file__, "splits.js"),
                server_functions=[read_split],
                apply_default_css=False,
                elem_id="splits",
            )
    return tab


def columns(table: ClipTable) -> Columns:
    """Return the table for the page."""
    rows = table.table
    speakers, votes = {}, None
    if "age" in rows:
        described = table.actors.dropna(subset=["age", "sex"])
        speakers = {actor: [int(age), sex] for actor, age, sex in described[["age", "sex"]].itertuples()}
    if "crowd" in rows:
        votes = rows[list(VOTE_COLUMNS)].to_numpy().ravel().tolist()
    twins = rows["twin"][rows["twin"] != ""].to_dict() if "twin" in rows else {}
    is_other = table.corpus is not None and table.corpus.known is not None
    named = rows[["actor", "sentence", "emotion", "level"]].to_numpy().tolist() if is_other else None
    return {
        "clips": rows.index.tolist(),
        "parts": rows["part"].map(PARTS.index).tolist(),
        "scores": (rows[list(LABELS)].to_numpy() * MILLIONTHS).round().astype(int).ravel().tolist(),
        "votes": votes,
        "intensity": _rounded(rows, INTENSITY_COLUMN),
        "ratings": _rounded(rows, "rating"),
        "speakers": speakers,
        "twins": twins,
        "sound": table.corpus is not None,
        "words": {
            "parts": [[part, PART_NAMES[part]] for part in PARTS],
            "emotions": EMOTION_NAMES,
            "sentences": {code: code for code in sorted(set(rows["sentence"]))} if is_other else SENTENCES,
            "levels": LEVEL_NAMES,
        },
        "names": named,
    }


def _rounded(rows: pd.DataFrame, column: str) -> list[int | None] | None:
    """Return a column as whole numbers, None where there is none; None if there is no such column."""
    if column not in rows:
        return None
    return [None if value != value else round(value) for value in rows[column].tolist()]


def page(table: ClipTable) -> str:
    """Return the tab's HTML; the scripts fill it in."""
    emotions = list(EMOTION_NAMES.items())
    fields = [
        _choice("emotion", "Acted emotion", emotions),
        _choice("says", "Network says", emotions),
        _choice("right", "Network is", [("right", "right"), ("wrong", "wrong")]),
        _range("score", "Score %", 0, 100),
    ]
    is_other = table.corpus is not None and table.corpus.known is not None
    if not is_other:
        fields += [
            _choice("level", "Level", list(LEVEL_NAMES.items())),
            _choice("sentence", "Sentence", list(SENTENCES.items())),
        ]
    fields.append(_choice("actor", "Actor", []))
    if table.corpus is not None and not is_other:
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
    placeholders = {
        "@parts": parts,
        "@fields": "".join(fields),
        "@how": HOW_TO_HEAR,
        "@invitation": "hear the clip, and see its picture and scores here"
        if table.corpus is not None
        else "see its scores here",
    }
    html = read_beside(__file__, "dataset.html")
    for placeholder, content in placeholders.items():
        html = html.replace(placeholder, content)
    return html


def _choice(name: str, title: str, choices: list[tuple[str, str]]) -> str:
    options = "".join(f'<option value="{value}">{escape(word)}</option>' for value, word in choices)
    return (
        f'<div class="field {name}"><label for="filter-{name}">{title}</label>'
        f'<select id="filter-{name}" name="{name}"><option value="">all</option>{options}</select></div>'
    )


def _range(name: str, title: str, low: int, high: int) -> str:
    def end(which: str, value: int) -> str:
        return (
            f'<input type="number" name="{name}-{which}" min="{low}" max="{high}" inputmode="numeric" '
            f'placeholder="{value}" aria-label="{title}, {which}">'
        )

    return (
        f'<fieldset class="field {name}"><legend>{title}</legend>'
        f'<span class="range">{end("from", low)}<span aria-hidden="true">–</span>{end("to", high)}</span></fieldset>'
    )
