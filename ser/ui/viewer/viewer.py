"""The spectrogram viewer: its HTML, its scripts and its server functions."""

import base64
import json
from collections.abc import Callable
from html import escape
from pathlib import Path

import gradio as gr

from ser.labels import EMOTION_NAMES
from ser.recognition.recognizer import Recognizer
from ser.ui.page.served_files import EXAMPLES, read_beside
from ser.ui.viewer import drawing, listening
from ser.ui.viewer.sounds import Sounds

HERE = Path(__file__).resolve().parent
SCRIPTS = (
    "viewer.js",
    "picture_choices.js",
    "colours.js",
    "tiles.js",
    "axes.js",
    "strips.js",
    "picture.js",
    "pane.js",
    "pane_words.js",
    "zoom.js",
    "pointer.js",
    "open.js",
    "sound_player.js",
    "region.js",
    "scores_table.js",
    "scored_window.js",
    "overlays.js",
    "explanation.js",
    "tools.js",
    "start.js",
)  # one function, in this order


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
        js_on_load=read_beside(__file__, *(f"scripts/{name}" for name in SCRIPTS)),
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
