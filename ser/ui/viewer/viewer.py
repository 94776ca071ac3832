"""The spectrogram viewer: its place on the page, and what it asks of the server."""

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
    "scripts/viewer.js",  # the viewer and its events
    "scripts/colours.js",
    "scripts/tiles.js",
    "scripts/axes.js",
    "scripts/strips.js",
    "scripts/picture.js",
    "scripts/pane.js",
    "scripts/pointer.js",
    "scripts/open.js",
    "scripts/sound_player.js",  # what people do with it
    "scripts/region.js",
    "scripts/window.js",
    "scripts/overlays.js",
    "scripts/why.js",
    "scripts/tools.js",
    "scripts/start.js",
)  # one function, in this order


def build(
    sounds: Sounds, get_recognizer: Callable[[], Recognizer], open_sound: Callable[[dict], dict]
) -> gr.HTML:
    """Add the viewer. `open_sound` turns what the page asks to open into a token and what is shown of it."""
    return gr.HTML(
        html_template=page(),
        js_on_load=read_beside(__file__, *SCRIPTS),
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
    picture = base64.b64encode((HERE / "example.png").read_bytes()).decode()
    html = read_beside(__file__, "viewer.html")
    html = html.replace("@emotions", escape(json.dumps(EMOTION_NAMES)))
    return html.replace("@examples", chips).replace("@picture", f"data:image/png;base64,{picture}")
