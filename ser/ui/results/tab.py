"""The Results tab: how good the networks are, compared with people; to read, or to present to a room."""

import base64
from collections.abc import Callable, Collection, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import TypedDict

import gradio as gr

from ser.audio.reading import AudioError, read_audio
from ser.corpus.crema_d import Corpus, CorpusError
from ser.errors import UserError
from ser.evaluation.comparison import Comparison
from ser.labels import LABELS
from ser.ui.page.served_files import playable_copy, start_module
from ser.ui.page.server_functions import STALE, returns_problem
from ser.ui.results import markup, plots, words

WAITING = '<p class="hint">Computing the results…</p>'
MIME_TYPES = {"png": "image/png", "csv": "text/csv"}


class CellRequest(TypedDict):
    """One cell of a network's confusion matrix."""

    network: str
    acted: str  # one of `LABELS`, as is the answer
    answer: str


class FileRequest(TypedDict):
    """A plot to download."""

    network: str
    plot: str  # a key of `plots.TITLES`
    kind: str  # a key of `MIME_TYPES`
    dark: bool  # whether the page is dark, and so the picture


def build(
    checkpoints: dict[str, Path], *, corpus: Corpus | None, get_folder: Callable[[], Path] | None = None
) -> gr.Tab:
    """Add the tab. Its content is computed when the tab is first opened, and then kept.

    Parameters
    ----------
    checkpoints : folder of each network by name, the app's own first
    corpus : the data set, if it is on this machine: clips can then be played, and people's votes are counted again
    get_folder : returns the checkpoint of the network that the browser of a request has chosen, whose plots are shown first
    """
    comparison = cache(lambda: Comparison(checkpoints, corpus, names=words.human_names(checkpoints)))
    show_page = cache(lambda first: markup.page(comparison(), first))
    show_network = cache(lambda network: markup.network_plots(comparison(), network))

    # The page's script calls these functions; gradio knows them by their names.
    @returns_problem
    def read_network(network: str) -> str:
        return show_network(_one_of(comparison().results, network))

    @returns_problem
    def read_cell(request: CellRequest) -> str:
        return list_cell(comparison(), **_check_cell(comparison(), request))

    def read_sound(clip: str) -> dict:
        return serve_clip(corpus, clip)

    @returns_problem
    def read_file(request: FileRequest) -> dict:
        return make_file(comparison(), **_check_file(comparison(), request))

    def load(loaded: bool) -> tuple:
        return (gr.skip(), gr.skip()) if loaded else (True, show_page(_name_of(checkpoints, get_folder)))

    with gr.Tab("Results", id="results") as tab:
        loaded = gr.State(False)
        page = gr.HTML(
            WAITING,
            js_on_load=start_module(__file__, "results.js"),
            server_functions=[read_network, read_cell, read_sound, read_file],
            apply_default_css=False,
            elem_id="results",
        )
    tab.select(load, loaded, [loaded, page], api_visibility="private", show_progress="hidden")
    return tab


def _name_of(checkpoints: dict[str, Path], get_folder: Callable[[], Path] | None) -> str:
    """Return the name of the network that the browser of the request has chosen; "" for the first one."""
    folder = get_folder().resolve() if get_folder else None
    return next((name for name, other in checkpoints.items() if other.resolve() == folder), "")


def _one_of(choices: Collection[str], value: object) -> str:
    """Return a value that the page sent; `UserError` unless it is one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        raise UserError(STALE)
    return value


def _check_cell(comparison: Comparison, request: object) -> CellRequest:
    fields = request if isinstance(request, Mapping) else {}
    return {
        "network": _one_of(comparison.results, fields.get("network")),
        "acted": _one_of(LABELS, fields.get("acted")),
        "answer": _one_of(LABELS, fields.get("answer")),
    }


def _check_file(comparison: Comparison, request: object) -> FileRequest:
    fields = request if isinstance(request, Mapping) else {}
    network = _one_of(comparison.results, fields.get("network"))
    return {
        "network": network,
        "plot": _one_of(comparison.plots(network), fields.get("plot")),
        "kind": _one_of(MIME_TYPES, fields.get("kind")),
        "dark": bool(fields.get("dark")),
    }


def list_cell(comparison: Comparison, *, network: str, acted: str, answer: str) -> str:
    """Return the clips of one cell of a network's confusion matrix, as HTML."""
    clips = comparison.results[network].cell(acted, answer)
    return markup.cell(clips, acted=acted, answer=answer, playable=comparison.corpus is not None)


def serve_clip(corpus: Corpus | None, clip: str) -> dict:
    """Return `audio`, the path from which gradio serves a clip, or `problem`: why it cannot be played."""
    if corpus is None:
        return {"problem": markup.HOW_TO_HEAR}
    try:
        path = corpus.path(clip)
        return {"audio": playable_copy(path, read_audio(path))}
    except (CorpusError, AudioError) as error:
        return {"problem": escape(str(error))}


def make_file(comparison: Comparison, *, network: str, plot: str, kind: str, dark: bool) -> dict:
    """Return a plot to download, as `kind` "png" or "csv": its name, its type, and its bytes in base64."""
    if kind == "png":
        content = plots.png(comparison, network=network, plot=plot, dark=dark)
    else:
        table = comparison.table(network, plot)
        content = table.to_csv(index=False, lineterminator="\n").encode()
    name = plot if plot == "overview" else f"{network}_{plot}"
    return {
        "name": f"{name}.{kind}",
        "type": MIME_TYPES[kind],
        "content": base64.b64encode(content).decode(),
    }
