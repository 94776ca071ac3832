"""The Inspect tab: view and play a clip exactly, score any part of it, label it, and compare annotators."""

from collections.abc import Callable, Sequence
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from ser.annotation.assignment import Assignment
from ser.annotation.guidelines import Block
from ser.annotation.labelling_queue import Queue
from ser.corpus.crema_d import Corpus
from ser.errors import UserError
from ser.recognition.recognizer import Recognizer
from ser.ui.desk import agreement
from ser.ui.desk import desk as annotate
from ser.ui.desk.clips import Desk, SoundRequest
from ser.ui.desk.labelling import Labelling, Stores
from ser.ui.page.network_choice import Choice
from ser.ui.page.requests import checks_request
from ser.ui.page.served_files import EXAMPLES, start_module
from ser.ui.viewer import viewer as spectrogram

UNKNOWN = "That clip is not available: choose another."


def build(
    choice: Choice,
    *,
    for_labels: Callable[[], Recognizer],
    corpus: Corpus | None,
    takes: gr.State,
    predictions: Path,
    folder: Queue | None,
    stores: Stores,
    guidelines: Sequence[Block] = (),
    assignment: Assignment | None = None,
) -> gr.Tab:
    """Add the tab.

    Parameters
    ----------
    choice : the network that a browser has chosen, and its adaptation, whose scores order the clips
    for_labels : returns the recognizer whose scores are kept with labels: the same for all annotators
    corpus : the data set, or None
    takes : the takes of this session
    predictions : the checkpoint's predictions.csv
    folder : the queue of the folder to annotate, or None
    stores : where labels are kept
    guidelines : what annotators are told to do
    assignment : whom the clips are for; None for everyone
    """
    desk = Desk(
        folder,
        corpus=corpus,
        predictions=predictions,
        get_recognizer=for_labels,
        find_other=find_upload,
        get_adapted=choice.adapted,
        assignment=assignment,
    )
    labelling = Labelling(desk, stores, guidelines=guidelines)

    @checks_request(SoundRequest)
    def open_sound(request: SoundRequest) -> dict:
        clip = desk.find(request)
        token, sound = desk.sound(clip)
        labelling.scorer.start(clip)  # its label will need the scores
        return {
            "token": token,
            "name": clip.name,
            "duration_s": sound.duration_s,
            "kind": clip.kind,
            "key": clip.key,
            "blind": clip.blind,
            "warnings": list(sound.warnings),
        }

    with gr.Tab("Inspect", id="inspect") as tab:
        gr.HTML(
            '<button type="button" class="look small-button">Hide the desk</button>',
            js_on_load=start_module(__file__, "desk_switch.js"),
            elem_id="desk-switch",
        )
        with gr.Row(elem_classes="inspect-layout"):
            spectrogram.build(desk.sounds, get_recognizer=choice.current, open_sound=open_sound)
            annotate.build(desk, labelling=labelling, choice=choice, takes=takes)
        agreement.build(desk, stores=stores, corpus=corpus, takes=takes)
    return tab


def find_upload(request: SoundRequest) -> tuple[Path, str]:
    """Return path and name of an upload or an example; raise `UserError` for anything else."""
    kind, key = request["kind"], request["key"]
    if kind == "upload":
        path = Path(key).resolve()
        if path.is_relative_to(Path(get_upload_folder()).resolve()) and path.is_file():
            return path, request.get("name") or path.stem
    if kind == "example":
        for file in EXAMPLES:
            if file.stem == key:
                return file, key
    raise UserError(UNKNOWN)
