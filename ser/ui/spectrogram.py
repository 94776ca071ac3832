"""The spectrogram viewer: its place on the page, and what it asks of the server."""

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from ser.recognize import Recognizer
from ser.ui.sounds import Sounds

HERE = Path(__file__).resolve().parent
SCRIPTS = ("spectrogram.js",)  # one function, in this order


def build(
    sounds: Sounds, get_recognizer: Callable[[], Recognizer], open_sound: Callable[[dict], dict]
) -> gr.HTML:
    """Add the viewer. `open_sound` turns what the page asks to open into a token and what is shown of it."""
    return gr.HTML(
        html_template='<section class="viewer" aria-label="Spectrogram"></section>',
        js_on_load="\n".join((HERE / script).read_text(encoding="utf-8") for script in SCRIPTS),
        server_functions=[open_sound],
        apply_default_css=False,
        elem_id="spectrogram",
    )
