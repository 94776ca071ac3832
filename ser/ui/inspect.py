"""The Inspect tab: look closely at a clip, listen exactly, ask the network about any stretch, label it."""

from collections.abc import Callable
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from ser.crema_d import Corpus
from ser.errors import UserError
from ser.recognize import Recognizer
from ser.ui import spectrogram
from ser.ui.record import EXAMPLES, lend
from ser.ui.sounds import Sounds

UNKNOWN = "That clip is not here: choose another."


def build(get_recognizer: Callable[[], Recognizer], corpus: Corpus | None, takes: gr.State) -> gr.Tab:
    """Add the tab."""
    sounds = Sounds()

    def open_sound(asked) -> dict:
        try:
            path, name = find(asked, corpus)
            token = sounds.put(path, name)
            sound = sounds.get(token)
            return {"token": token, "name": name, "duration_s": sound.duration_s, "audio": lend(path)}
        except UserError as error:
            return {"problem": str(error)}

    with gr.Tab("Inspect", id="inspect") as tab:
        spectrogram.build(sounds, get_recognizer, open_sound)
    return tab


def find(asked: object, corpus: Corpus | None) -> tuple[Path, str]:
    """Return the file that the page asks for and its name; `UserError` for anything that it may not have."""
    kind, key = (asked.get("kind"), str(asked.get("key"))) if isinstance(asked, dict) else (None, "")
    if kind == "clip" and corpus is not None:
        return corpus.path(key), key
    if kind == "upload":
        path = Path(key).resolve()
        if path.is_relative_to(Path(get_upload_folder()).resolve()) and path.is_file():
            return path, str(asked.get("name") or path.stem)
    if kind == "example" and (found := [file for file in EXAMPLES if file.stem == key]):
        return found[0], key
    raise UserError(UNKNOWN)
