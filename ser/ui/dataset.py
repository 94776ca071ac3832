"""The Data set tab: every clip with its scores, and which actor is in which part of the split."""

from functools import cache
from html import escape
from pathlib import Path

import gradio as gr
import pandas as pd

from ser.audio import AudioError, read_audio
from ser.crema_d import LEVELS, PARTS, SENTENCES, Corpus, CorpusError
from ser.features import log_mel, render_png
from ser.labels import EMOTION_NAMES, LABELS
from ser.ui import result
from ser.ui.record import lend
from ser.ui.theme import WAVEFORM

PART_NAMES = {"train": "Training", "val": "Validation", "test": "Test"}
PART_PURPOSES = {
    "train": "The network learned from these voices, so its scores for them flatter.",
    "val": "Never learned from; used to choose among networks.",
    "test": "Never learned from, never chosen by: the honest measure.",
}
ALL = "all"
COLUMNS = ["Clip", "Part", "Actor", "Acted", "Network says", "Score %", "Sentence", "Level"]
WIDTHS = [162, 92, 72, 96, 124, 84, 246, 92]  # pixels
NO_AUDIO = (
    "To hear the clips and see their pictures, start the app with the data set: "
    "<code>python app.py --data DIR</code>, where DIR holds CREMA-D's AudioWAV."
)


def build(predictions: Path, corpus: Corpus | None) -> gr.Tab:
    """Add the tab. Its table is read when the tab is first opened."""

    @cache
    def clips() -> pd.DataFrame:
        return read_predictions(predictions)

    def load(loaded: bool):
        if loaded:
            return [gr.skip()] * 6
        table = clips()
        if table.empty:
            return True, _missing(predictions), gr.skip(), gr.skip(), gr.skip(), _missing(predictions)
        shown = choose(table, "test", ALL, ALL)
        return True, overview(table), _parts(table), _actors(table, "test"), display(shown), count(shown)

    def narrow(part: str, emotion: str, actor: str):
        shown = choose(clips(), part, emotion, actor)
        return display(shown), count(shown)

    def change_part(part: str, emotion: str):
        return _actors(clips(), part), *narrow(part, emotion, ALL)

    def open_row(event: gr.SelectData):
        return show_clip(clips().loc[event.row_value[0]], corpus)

    with gr.Tab("Data set", id="dataset") as tab:
        loaded = gr.State(False)
        with gr.Tabs(elem_classes="inner-tabs"):
            with gr.Tab("Clips", id="browse"):
                part, emotion, actor = _filters()
                with gr.Row(elem_classes="browse-layout"):
                    with gr.Column(elem_classes="list"):
                        counted = gr.HTML('<p class="hint">Reading the table of clips…</p>', elem_id="count")
                        table = _table()
                    with gr.Column(elem_classes="detail"):
                        player = _player()
                        detail = gr.HTML(_invitation(corpus), elem_id="clip")
            with gr.Tab("Actor split", id="actors"):
                parts = gr.HTML(elem_id="parts")

    private = {"api_visibility": "private", "show_progress": "hidden"}
    tab.select(load, loaded, [loaded, parts, part, actor, table, counted], **private)
    part.input(change_part, [part, emotion], [actor, table, counted], **private)
    for choice in (emotion, actor):
        choice.input(narrow, [part, emotion, actor], [table, counted], **private)
    table.select(open_row, None, [player, detail], **private)
    return tab


def _filters() -> tuple[gr.Radio, gr.Dropdown, gr.Dropdown]:
    emotions = [("All emotions", ALL), *((name, label) for label, name in EMOTION_NAMES.items())]
    with gr.Row(elem_classes="filters"):
        part = gr.Radio(_part_choices({}), value="test", label="Part of the split", scale=4, min_width=300)
        emotion = gr.Dropdown(emotions, value=ALL, label="Acted emotion", min_width=150)
        actor = gr.Dropdown([("All actors", ALL)], value=ALL, label="Actor", min_width=150)
    return part, emotion, actor


def _table() -> gr.Dataframe:
    return gr.Dataframe(
        headers=COLUMNS,
        datatype=["number" if column == "Score %" else "str" for column in COLUMNS],
        column_widths=WIDTHS,
        interactive=False,
        buttons=[],
        max_height=520,
        show_label=False,
        elem_id="clips",
    )


def _player() -> gr.Audio:
    return gr.Audio(
        visible=False,
        interactive=False,
        autoplay=True,
        buttons=["download"],
        label="Clip",
        show_label=False,
        waveform_options=WAVEFORM,
        elem_id="player",
    )


def read_predictions(file: Path) -> pd.DataFrame:
    """Return predictions.csv indexed by clip, with the columns `top` and `score`; empty where there is none."""
    if not file.is_file():
        return pd.DataFrame()
    table = pd.read_csv(file, dtype={"actor": str}).set_index("clip", drop=False)
    table["top"] = table[list(LABELS)].idxmax(axis=1)
    table["score"] = table[list(LABELS)].max(axis=1)
    return table


def choose(table: pd.DataFrame, part: str, emotion: str, actor: str) -> pd.DataFrame:
    """Return the clips of one part, one acted emotion and one actor; `ALL` leaves a filter open."""
    if table.empty:
        return table
    for column, wanted in (("split", part), ("emotion", emotion), ("actor", actor)):
        if wanted != ALL:
            table = table[table[column] == wanted]
    return table


def display(table: pd.DataFrame) -> pd.DataFrame:
    """Return what the table on the page shows: codes as words, the best score in percent."""
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    columns = (
        table["clip"],
        table["split"].map(PART_NAMES),
        table["actor"],
        table["emotion"].map(EMOTION_NAMES),
        table["top"].map(EMOTION_NAMES),
        (100 * table["score"]).round().astype(int),
        table["sentence"].map(SENTENCES),
        table["level"].map(LEVELS | {"XX": "–"}),
    )
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def count(table: pd.DataFrame) -> str:
    """Say how many clips of how many actors are shown."""
    if table.empty:
        return "<p><strong>No clips</strong> fit these filters.</p>"
    clips, actors = len(table), table["actor"].nunique()
    s = "" if clips == 1 else "s"
    return f"<p><strong>{clips:,} clip{s}</strong> by {actors} actor{'' if actors == 1 else 's'}.</p>"


def overview(table: pd.DataFrame) -> str:
    """Three cards, one per part: how many clips and actors, which actors, how many of each emotion."""
    cards = "".join(_card(part, table[table["split"] == part]) for part in PARTS)
    per_actor = table.groupby("actor")["split"].nunique()
    if (per_actor == 1).all():
        proof = f"Each of the {len(per_actor)} actors is in exactly one part: no test voice was heard in training."
    else:
        proof = f"{(per_actor > 1).sum()} actors are in more than one part: the test scores flatter."
    return f'<p class="proof">{proof}</p><div class="parts">{cards}</div>'


def _card(part: str, table: pd.DataFrame) -> str:
    counts = table["emotion"].value_counts()
    most = max(counts.max(), 1) if len(counts) else 1
    columns = "".join(
        f'<li><span class="column" style="--share: {counts.get(label, 0) / most:.3f}; '
        f'--colour: var(--emotion-{label})"></span><span>{EMOTION_NAMES[label]}</span>'
        f"<strong>{counts.get(label, 0)}</strong></li>"
        for label in LABELS
    )
    actors = sorted(table["actor"].unique())
    return (
        f'<article class="part-card"><h3>{PART_NAMES[part]}</h3>'
        f'<p class="numbers"><strong>{len(actors)}</strong> actors <strong>{len(table):,}</strong> clips</p>'
        f'<p class="purpose">{PART_PURPOSES[part]}</p><h4>Clips of each acted emotion</h4>'
        f'<ul class="emotions">{columns}</ul><h4>Actors</h4><p class="actors">{" ".join(map(escape, actors))}</p></article>'
    )


def show_clip(row: pd.Series, corpus: Corpus | None) -> tuple:
    """Return the player and the description of one clip: its scores, and with the data set its picture."""
    scores = {label: float(row[label]) for label in LABELS}
    acted, says = EMOTION_NAMES[row["emotion"]], EMOTION_NAMES[row["top"]]
    verdict = "as acted" if row["emotion"] == row["top"] else f"acted was {acted.lower()}"
    words = (
        f'<h2>{escape(row["clip"])}</h2><p class="spoken">“{SENTENCES[row["sentence"]]}”</p>'
        f"<dl><dt>Acted</dt><dd>{acted}, level {LEVELS[row['level']]}</dd>"
        f"<dt>Network</dt><dd>{says} ({result.percent(scores[row['top']])}): {verdict}</dd>"
        f"<dt>Actor</dt><dd>{escape(row['actor'])}, {PART_NAMES[row['split']].lower()} part</dd></dl>"
    )
    if row["split"] == "train":
        words += '<p class="warning">Heard in training: this score flatters.</p>'
    player, picture = _sound(row["clip"], corpus)
    return player, f'<section class="clip">{words}{result.bars(scores)}{picture}</section>'


def _sound(clip: str, corpus: Corpus | None) -> tuple:
    hidden = gr.Audio(visible=False)
    if corpus is None:
        return hidden, f'<p class="hint">{NO_AUDIO}</p>'
    try:
        path = corpus.path(clip)
        recording = read_audio(path)
    except (AudioError, CorpusError) as error:
        return hidden, f'<p class="warning">{escape(str(error))}</p>'
    png = render_png(log_mel(recording.samples))
    picture = result.picture(png, clip, sound_s=recording.duration_s, reading="The first three seconds.")
    return gr.Audio(lend(path), visible=True), picture


def _part_choices(clips: dict[str, int]) -> list[tuple[str, str]]:
    names = [(PART_NAMES[part], part) for part in reversed(PARTS)] + [("All", ALL)]
    return [(f"{name} · {clips[part]:,}" if part in clips else name, part) for name, part in names]


def _parts(table: pd.DataFrame) -> gr.Radio:
    return gr.Radio(_part_choices(table["split"].value_counts().to_dict() | {ALL: len(table)}), value="test")


def _actors(table: pd.DataFrame, part: str) -> gr.Dropdown:
    actors = sorted(choose(table, part, ALL, ALL)["actor"].unique()) if not table.empty else []
    return gr.Dropdown([("All actors", ALL), *actors], value=ALL)


def _missing(file: Path) -> str:
    return (
        f'<p class="warning">There is no {file.name} beside this checkpoint, so there are no clips to show: '
        "use a released checkpoint.</p>"
    )


def _invitation(corpus: Corpus | None) -> str:
    more = "it plays, and" if corpus is not None else "and"
    rest = "" if corpus is not None else f"<p class='hint'>{NO_AUDIO}</p>"
    return (
        f'<section class="clip nothing"><p>Choose a row: {more} its scores appear here.</p>{rest}</section>'
    )
