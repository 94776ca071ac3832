"""The Results tab: how good the networks are, beside people, for reading and for showing to a room."""

import base64
from functools import cache
from html import escape
from pathlib import Path

import gradio as gr

from ser.corpus.crema_d import Corpus, CorpusError
from ser.evaluation.comparison import Comparison
from ser.ui.page.served_files import read_beside, served_copy
from ser.ui.results import markup

WAITING = '<p class="hint">Counting the answers…</p>'


def build(checkpoints: dict[str, Path], corpus: Corpus | None) -> gr.Tab:
    """Add the tab. Everything on it is computed when it is first opened, and then kept.

    Parameters
    ----------
    checkpoints : folder of each network by name, the app's own first
    corpus : the data set, where it is on this machine: then clips play, and people are counted anew
    """
    comparison = cache(lambda: Comparison(checkpoints, corpus))
    show_page = cache(lambda: markup.page(comparison()))
    show_network = cache(lambda network: markup.network_plots(comparison(), network))

    # What the page's script asks for; gradio knows these functions by their names.
    def read_network(network: str) -> str:
        return show_network(network)

    def read_cell(asked: dict) -> str:
        return list_cell(comparison(), **asked)

    def read_sound(clip: str) -> dict:
        return lend_clip(corpus, clip)

    def read_file(asked: dict) -> dict:
        return make_file(comparison(), **asked)

    def load(loaded: bool) -> tuple:
        return (gr.skip(), gr.skip()) if loaded else (True, show_page())

    with gr.Tab("Results", id="results") as tab:
        loaded = gr.State(False)
        page = gr.HTML(
            WAITING,
            js_on_load=read_beside(__file__, "results.js"),
            server_functions=[read_network, read_cell, read_sound, read_file],
            apply_default_css=False,
            elem_id="results",
        )
    tab.select(load, loaded, [loaded, page], api_visibility="private", show_progress="hidden")
    return tab


def list_cell(comparison: Comparison, network: str, acted: str, answer: str) -> str:
    """Return the clips of one cell of a network's confusion matrix, as HTML."""
    clips = comparison.results[network].cell(acted, answer)
    return markup.cell(clips, acted, answer, playable=comparison.corpus is not None)


def lend_clip(corpus: Corpus | None, clip: str) -> dict:
    """Return `audio`, the path from which gradio serves a clip, or the `problem` why it can not."""
    if corpus is None:
        return {"problem": markup.SILENT}
    try:
        return {"audio": served_copy(corpus.path(clip))}
    except CorpusError as error:
        return {"problem": escape(str(error))}


def make_file(comparison: Comparison, network: str, plot: str, kind: str, dark: bool) -> dict:
    """Return a plot to download, as `kind` "png" or "csv": its name, its type, and its bytes in base64."""
    if kind == "png":
        from ser.ui.results import plots  # matplotlib takes half a second, and only this needs it

        content, mime = plots.png(comparison, network, plot, dark), "image/png"
    else:
        table = comparison.table(network, plot)
        content, mime = table.to_csv(index=False, lineterminator="\n").encode(), "text/csv"
    name = plot if plot == "overview" else f"{network}_{plot}"
    return {"name": f"{name}.{kind}", "type": mime, "content": base64.b64encode(content).decode()}
