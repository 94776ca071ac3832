"""The Inspect tab: look closely at a clip, listen exactly, ask the network about any stretch, label it."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import gradio as gr
from gradio.utils import get_upload_folder

from ser.annotation.labelling_queue import Queue
from ser.corpus.crema_d import Corpus
from ser.errors import UserError
from ser.recognition.recognizer import Recognizer
from ser.ui.desk import agreement
from ser.ui.desk import desk as annotate
from ser.ui.desk.clips import Desk
from ser.ui.desk.labelling import Labelling, Stores
from ser.ui.page.served_files import EXAMPLES, served_copy
from ser.ui.page.server_functions import takes_request
from ser.ui.viewer import viewer as spectrogram

UNKNOWN = "That clip is not here: choose another."


def build(
    get_recognizer: Callable[[], Recognizer],
    corpus: Corpus | None,
    takes: gr.State,
    predictions: Path,
    folder: Queue | None,
    stores: Stores,
) -> gr.Tab:
    """Add the tab.

    Parameters
    ----------
    get_recognizer : returns the recognizer, waiting for it if need be
    corpus, predictions : the data set, where it is on this machine, and the checkpoint's predictions.csv
    takes : the takes of this sitting
    folder : the folder that is annotated, if one is
    stores : where the labels are kept
    """
    desk = Desk(folder, corpus, predictions, get_recognizer, find)
    labelling = Labelling(desk, stores)

    @takes_request
    def open_sound(asked: dict) -> dict:
        found = desk.find(asked)
        token, sound = desk.sound(found)
        labelling.scorer.start(found)  # its label will want the scores
        return {
            "token": token,
            "name": found.name,
            "duration_s": sound.duration_s,
            "audio": quote(served_copy(found.path)),
            "kind": found.kind,
            "key": found.key,
            "warnings": list(sound.warnings),
        }

    with gr.Tab("Inspect", id="inspect") as tab:
        with gr.Row(elem_classes="inspect-layout"):
            spectrogram.build(desk.sounds, get_recognizer, open_sound)
            annotate.build(desk, labelling, takes)
        agreement.build(desk, stores, corpus, takes)
    return tab


def find(asked: dict) -> tuple[Path, str]:
    """Return an upload or an example that the page asks for and its name; `UserError` for anything else."""
    kind, key = asked.get("kind"), str(asked.get("key"))
    if kind == "upload":
        path = Path(key).resolve()
        if path.is_relative_to(Path(get_upload_folder()).resolve()) and path.is_file():
            return path, str(asked.get("name") or path.stem)
    if kind == "example" and (found := [file for file in EXAMPLES if file.stem == key]):
        return found[0], key
    raise UserError(UNKNOWN)
