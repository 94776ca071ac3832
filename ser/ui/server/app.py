"""Build the app from its tabs and the side panel, and set the options of `launch`."""

from collections.abc import Callable, Sequence
from pathlib import Path

import gradio as gr

from ser.annotation.assignment import Assignment
from ser.annotation.guidelines import Block
from ser.annotation.label_set import STANDARD, LabelSet
from ser.annotation.labelling_queue import folder_queue
from ser.corpus.crema_d import Corpus
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.recognition.recognizer import Recognizer
from ser.ui.dataset import tab as dataset
from ser.ui.desk.labelling import Stores
from ser.ui.inspect import tab as inspect
from ser.ui.many.turns import Turns
from ser.ui.page import about, header
from ser.ui.page.served_files import HOUR_S
from ser.ui.page.theme import APP_ICON, make_css, make_head, make_theme
from ser.ui.record import tab as record
from ser.ui.results import tab as results
from ser.ui.server import api
from ser.ui.server.networks import Networks
from ser.ui.takes import sitting

TITLE = "Emotion Listener"


def build_app(
    get_recognizer: Callable[[], Recognizer],
    *,
    card: dict,
    predictions: Path,
    corpus: Corpus | None = None,
    annotate: str | None = None,
    annotations: str | None = None,
    choices: LabelSet = STANDARD,
    guidelines: Sequence[Block] = (),
    assignment: Assignment | None = None,
    max_queue: int = 32,
) -> gr.Blocks:
    """Return the app, ready for `launch(**launch_settings())`.

    Parameters
    ----------
    get_recognizer : returns the recognizer, waiting for it if necessary; it may load while the page is served. Where a
        wide network lies beside its checkpoint and is installed, browsers may choose that: see `ser.ui.server.networks`
    card : the checkpoint's card
    predictions : the checkpoint's predictions.csv; the Data set tab says if it is missing
    corpus : the data set, if available
    annotate : a folder of sound files to label
    annotations : file of the labels; by default annotations.sqlite in that folder; without a folder, labels last
        until the app stops
    choices : the labels that annotators may give
    guidelines : what annotators are told to do
    assignment : whom the clips to label are for; None for everyone
    max_queue : number of requests that may wait for their turn
    """
    folder = folder_queue(annotate) if annotate else None
    default_file = folder.root / "annotations.sqlite" if folder and folder.root else None
    stores = Stores(annotations or default_file, choices=choices)
    networks = Networks(get_recognizer, folder=predictions.parent, keep_in=stores.adaptations)
    turns = Turns()
    # Uploads are deleted when they are one hour old, checked every hour.
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(HOUR_S, HOUR_S)) as app:

        def adaptation_in_use(request: dict) -> dict:
            return networks.describe()

        header.build(TITLE, adaptation_in_use=adaptation_in_use, has_wide=networks.has_choice)
        takes = sitting.build()
        # A folder to label opens the desk first, unless the address says another tab: page/view.js reads the class.
        with gr.Tabs(overflow_behavior="wrap", elem_classes=["desk-first"] if folder else None):
            record.build(networks.current, corpus=corpus, takes=takes, predictions=predictions, turns=turns)
            inspect.build(
                networks,
                for_labels=get_recognizer,
                corpus=corpus,
                takes=takes,
                predictions=predictions,
                folder=folder,
                stores=stores,
                guidelines=guidelines,
                assignment=assignment,
            )
            dataset.build(predictions, corpus=corpus, get_recognizer=get_recognizer)
            results.build(checkpoints(predictions.parent), corpus=corpus, get_folder=lambda: networks.folder)
            about.build(
                card,
                adaptation_in_use=adaptation_in_use,
                get_wide_card=lambda: networks.wide_card,
                note=networks.note,
            )
        api.build(networks.current, predictions=predictions, corpus=corpus, turns=turns)
    # api_open=False: events that use the queue cannot be called without it.
    return app.queue(max_size=max_queue, default_concurrency_limit=2, api_open=False)


def checkpoints(own: Path) -> dict[str, Path]:
    """Return the folders of the checkpoints to compare, by name: the app's own first, then the released ones."""
    folders = {own.name: own}
    for card in sorted(DEFAULT_CHECKPOINT.parent.glob("*/card.json")):
        folder = card.parent
        if folder.resolve() != own.resolve():
            folders[folder.name if folder.name not in folders else f"{folder.name}, released"] = folder
    return folders


def launch_settings(choices: LabelSet = STANDARD) -> dict:
    """Return the arguments of `launch`: the app's looks, and settings that store and share nothing.

    Parameters
    ----------
    choices : the labels that annotators may give, whose colours the page has
    """
    return {
        "theme": make_theme(),
        "css": choices.css() + make_css(),
        "head": make_head(),
        "favicon_path": str(APP_ICON),  # also the icon of the installed app
        "pwa": True,
        "footer_links": ["api"],
        "share": False,
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "show_error": False,
        "state_session_capacity": 100,
    }
