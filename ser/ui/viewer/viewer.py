"""The spectrogram viewer: its HTML, its scripts and its server functions."""

import base64
import json
from collections.abc import Callable
from html import escape
from pathlib import Path

import gradio as gr

from ser.labels import EMOTION_NAMES
from ser.recognition.recognizer import Recognizer
from ser.ui.page.served_files import EXAMPLES, read_beside, start_module
from ser.ui.viewer import drawing, listening
from ser.ui.viewer.sounds import Sounds

HERE = Path(__file__).resolve().parent


def build(
    sounds: Sounds, *, get_recognizer: Callable[[], Recognizer], open_sound: Callable[[dict], dict]
) -> gr.HTML:
    """Add the viewer.

    Parameters
    ----------
    sounds : the open sounds
    get_recognizer : returns the recognizer, and waits until it is loaded
    open_sound : server function that opens a sound and returns its token, its name and its length
    """
    return gr.HTML(
        html_template=page(),
        js_on_load=start_module(__file__, "scripts/start.js"),
        server_functions=[
            open_sound,
            *drawing.functions(sounds),
            *listening.functions(sounds, get_recognizer),
        ],
        apply_default_css=False,
        elem_id="spectrogram",
    )


def page() -> str:
    """Return the viewer's HTML: the toolbar, the container of the panes, and the template of an empty pane."""
    chips = "".join(
        f'<button type="button" class="small-button" data-example="{escape(file.stem)}">'
        f"{escape(file.stem.replace('_', ' ').capitalize())}</button>"
        for file in EXAMPLES
    )
    # The log-mel of the first example in magma, 80 dB, in 32 steps.
    picture = base64.b64encode((HERE / "example.png").read_bytes()).decode()
    html = read_beside(__file__, "viewer.html")
    html = html.replace("@emotions", escape(json.dumps(EMOTION_NAMES)))
    return html.replace("@examples", chips).replace("@picture", f"data:image/png;base64,{picture}")
