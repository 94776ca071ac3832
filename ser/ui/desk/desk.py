"""The annotator's desk, to the right of the viewer: the queue of clips, the label form, and their server functions."""

import functools
from collections.abc import Callable

import gradio as gr

from ser.ui.desk.clips import Desk
from ser.ui.desk.label_files import FORMATS, LabelFiles
from ser.ui.desk.labelling import Labelling
from ser.ui.desk.learning.functions import Learning
from ser.ui.page.network_choice import Choice
from ser.ui.page.served_files import read_beside, start_module
from ser.ui.takes.take import Take

PLACE = "<!-- learning -->"  # of learn.html in desk.html


def build(desk: Desk, *, labelling: Labelling, choice: Choice, takes: gr.State) -> gr.HTML:
    """Add the desk. A token that no other page knows names the queue of the page's own takes."""
    files, learning = LabelFiles(labelling), Learning(labelling, choice)
    methods = (
        *(labelling.desk_about, desk.queue_rows, labelling.queue_order, labelling.queue_news),
        *(labelling.clip_labels, labelling.label_history),
        *(
            labelling.label_change,
            labelling.label_undo,
            labelling.clip_mark,
            files.labels_export,
            files.labels_import,
        ),
        *(learning.learn_state, learning.learn_start, learning.learn_stop, learning.learn_discard),
        *(learning.learn_use, learning.learn_unuse, learning.learn_save, learning.learn_open),
    )
    widget = gr.HTML(
        html_template=read_beside(__file__, "desk.html").replace(
            PLACE, read_beside(__file__, "learning/learn.html")
        ),
        js_on_load=start_module(__file__, "scripts/start.js"),
        server_functions=[_plain(method) for method in methods],
        apply_default_css=False,
        elem_id="annotate",
        sitting=None,
        formats=FORMATS,
    )
    token = gr.State(None)

    def update_takes(token: str | None, takes: list[Take]) -> tuple[str, gr.HTML]:
        token = desk.update_takes(token, takes)
        # An update that comes before the page is drawn replaces all properties of the widget, so repeat them all.
        sitting = {"token": token, "takes": [take.id for take in takes]}
        return token, gr.HTML(sitting=sitting, formats=FORMATS)

    takes.change(
        update_takes, [token, takes], [token, widget], api_visibility="private", show_progress="hidden"
    )
    return widget


def _plain(method: Callable[[dict], dict]) -> Callable[[dict], dict]:
    """Return a method as a function: gradio sets attributes on server functions, which methods do not allow."""

    @functools.wraps(method)
    def call(request: dict) -> dict:
        return method(request)

    return call
