"""What programs call: `/recognize`, the command line's answer over HTTP."""

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from ser.recognize import Recognizer


def build(get_recognizer: Callable[[], Recognizer]) -> None:
    """Add the endpoint `/recognize`: one file in, one object out; `error` says why there are no scores."""

    def recognize(file: str) -> dict:
        """Score a sound file: the object that `python -m ser recognize --format json` prints for it."""
        answer = get_recognizer().recognize_or_error(file).to_dict()
        return answer | {"file": Path(file).name}  # the folder is the server's own business

    # Components and not gr.api(), because gr.File refuses paths of this machine that were not uploaded.
    file = gr.File(visible=False, label="Sound file")
    answer = gr.JSON(visible=False, label="Recognition")
    gr.Button(visible=False).click(recognize, file, answer, api_name="recognize")
