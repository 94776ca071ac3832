"""The spectrogram viewer: its place on the page, and what it asks of the server."""

import base64
import json
from collections.abc import Callable
from html import escape
from pathlib import Path

import gradio as gr

from ser.labels import EMOTION_NAMES
from ser.recognize import Recognizer
from ser.ui import drawing, listening
from ser.ui.record import EXAMPLES
from ser.ui.sounds import Sounds

HERE = Path(__file__).resolve().parent
SCRIPTS = (
    "spectrogram.js",  # the viewer and its events
    "spectrogram_colours.js",
    "spectrogram_tiles.js",
    "spectrogram_axes.js",
    "spectrogram_strips.js",
    "spectrogram_picture.js",
    "spectrogram_pane.js",
    "spectrogram_pointer.js",
    "spectrogram_open.js",
    "sound_player.js",  # what people do with it
    "spectrogram_region.js",
    "spectrogram_window.js",
    "spectrogram_overlays.js",
    "spectrogram_why.js",
    "spectrogram_tools.js",
    "spectrogram_start.js",
)  # one function, in this order


def build(
    sounds: Sounds, get_recognizer: Callable[[], Recognizer], open_sound: Callable[[dict], dict]
) -> gr.HTML:
    """Add the viewer. `open_sound` turns what the page asks to open into a token and what is shown of it."""
    return gr.HTML(
        html_template=page(),
        js_on_load="\n".join((HERE / script).read_text(encoding="utf-8") for script in SCRIPTS),
        server_functions=[
            open_sound,
            *drawing.functions(sounds),
            *listening.functions(sounds, get_recognizer),
        ],
        apply_default_css=False,
        elem_id="spectrogram",
    )


def page() -> str:
    """Return the viewer's HTML: the toolbar, the place of the panes, and what an empty pane says."""
    chips = "".join(
        f'<button type="button" class="small-button" data-example="{escape(file.stem)}">'
        f"{escape(file.stem.replace('_', ' ').capitalize())}</button>"
        for file in EXAMPLES
    )
    # The log-mel of the first example in magma, 80 dB, in 32 steps.
    picture = base64.b64encode((HERE / "spectrogram_example.png").read_bytes()).decode()
    html = (HERE / "spectrogram.html").read_text(encoding="utf-8")
    html = html.replace("@emotions", escape(json.dumps(EMOTION_NAMES)))
    return html.replace("@examples", chips).replace("@picture", f"data:image/png;base64,{picture}")
