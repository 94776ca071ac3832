"""The Record tab: a microphone or a file, and at once the result."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import gradio as gr
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from ser.audio import AudioError
from ser.crema_d import SENTENCES, Corpus
from ser.labels import EMOTION_NAMES
from ser.recognize import Recognizer
from ser.ui import result
from ser.ui.theme import WAVEFORM

HERE = Path(__file__).resolve().parent
EXAMPLES = sorted((HERE.parent / "assets" / "examples").glob("*.flac"))

NOTE = (
    '<p class="microphone-note" role="status">Your voice is heard as it is: automatic gain, noise suppression and '
    "echo cancelling are switched off.</p>"
)


def build(get_recognizer: Callable[[], Recognizer], corpus: Corpus | None) -> gr.Tab:
    """Add the tab."""
    with gr.Tab("Record", id="record") as tab, gr.Row(elem_classes="record-layout"):
        with gr.Column(elem_classes="source"):
            audio = _recorder()
            again = gr.Button("Record again", variant="primary", size="lg", elem_id="again")
            gr.HTML(NOTE, js_on_load=(HERE / "microphone_note.js").read_text(encoding="utf-8"))
        with gr.Column(elem_classes="answer"):
            shown = gr.HTML(result.show_nothing(), elem_id="result")
        with gr.Column(elem_classes="examples"):
            _examples(audio)
            if corpus is not None and len(corpus.demo):
                _demo_clips(audio, corpus)

    again.click(None, js=(HERE / "record_again.js").read_text(encoding="utf-8"), api_visibility="private")
    private = {"api_visibility": "private", "show_progress": "hidden"}
    # `change` comes when the recording has reached the server; `stop_recording` may come before.
    scoring = audio.change(
        partial(score, get_recognizer), audio, shown, trigger_mode="always_last", **private
    )
    audio.start_recording(result.show_recording, None, shown, cancels=[scoring], queue=False, **private)
    audio.clear(result.show_nothing, None, shown, cancels=[scoring], queue=False, **private)
    return tab


def score(get_recognizer: Callable[[], Recognizer], file: str | None) -> Iterator[str]:
    """Clear the old result at once, then show the new one, or in one sentence why there is none."""
    if file is None:
        yield result.show_nothing()
        return
    yield result.show_busy()
    try:
        yield result.show_take(result.take(get_recognizer(), file))
    except AudioError as error:
        yield result.show_problem(str(error))


def _recorder() -> gr.Audio:
    # type="filepath" without a format: anything else sends uploads through ffmpeg, which few have.
    return gr.Audio(
        sources=["microphone", "upload"],
        type="filepath",
        label="Your voice",
        show_label=False,
        buttons=["download"],
        editable=False,
        waveform_options=WAVEFORM,
        elem_id="recorder",
    )


def _examples(audio: gr.Audio) -> None:
    gr.HTML('<h3 class="small">Or try an example</h3><p class="hint">A synthetic voice: no real emotion.</p>')
    with gr.Row(elem_classes="chips"):
        for path in EXAMPLES:
            button = gr.Button(path.stem.replace("_", " ").capitalize(), size="sm", min_width=0)
            button.click(
                partial(lend, path),
                None,
                audio,
                api_visibility="private",
                show_progress="hidden",
                queue=False,
            )


def _demo_clips(audio: gr.Audio, corpus: Corpus) -> None:
    choices = [
        (f"{EMOTION_NAMES[clip.emotion]} · actor {clip.actor} · {SENTENCES[clip.sentence]}", clip.Index)
        for clip in corpus.demo.itertuples()
    ]
    demo = gr.Dropdown(
        choices,
        value=None,
        label="Or a demo clip: an actor, kept out of training and test",
        elem_id="demo",
    )
    demo.input(
        lambda clip: lend(corpus.path(clip)), demo, audio, api_visibility="private", show_progress="hidden"
    )


def lend(path: Path) -> str:
    """Copy a file into gradio's own folder: it serves from nowhere else, and so needs no leave to."""
    return save_file_to_cache(path, get_upload_folder())
