"""The Record tab: a microphone or a file, and at once the result."""

import json
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import Dependency

from ser.audio.quality import QUIET_DBFS
from ser.audio.reading import SAMPLE_RATE, AudioError
from ser.corpus.crema_d import SENTENCES, Corpus
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.recognizer import Recognizer
from ser.ui.page.served_files import EXAMPLES, read_beside, served_copy
from ser.ui.parts import result, timeline
from ser.ui.record import live, my_voice, prompts
from ser.ui.record.known_voice import Known
from ser.ui.takes import sitting
from ser.ui.takes.take import Take, add, make_take

LOUDEST_DB = 6.0  # the loudest tenth of a second of a sentence above its mean

NOTE = (
    '<p class="microphone-note" role="status">Your voice is heard as it is: automatic gain, noise suppression and '
    "echo cancelling are switched off.</p>"
)
TOO_LARGE = "The file is too large to upload: cut it, or save it as FLAC or MP3."
LOST = "The sound did not arrive: try again, and reload the page if that does not help."
REFUSED = "The microphone could not be opened: the note beside this says why. Uploading a file works."
FAILED = "The scores could not be computed: try again in a moment, and reload the page if that does not help."

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def build(
    get_recognizer: Callable[[], Recognizer], corpus: Corpus | None, takes: gr.State, predictions: Path
) -> gr.Tab:
    """Add the tab: one take, live, and below them the place where two takes are compared.

    Parameters
    ----------
    get_recognizer : returns the recognizer, waiting for it if need be
    corpus : the data set, where it is on this machine
    takes : the takes of this sitting, `list[ser.ui.takes.take.Take]`; each result that is shown adds one
    predictions : the checkpoint's predictions.csv
    """
    with gr.Tab("Record", id="record") as tab:
        known = gr.State(Known())  # within the tab: gradio miscounts tabs that have a state beside them
        with gr.Tabs(elem_classes="inner-tabs"):
            with gr.Tab("One take", id="one-take"):
                _build_one_take(get_recognizer, corpus, takes, known, prompts.Actors(predictions, corpus))
            with gr.Tab("Live", id="live"):
                live.build(get_recognizer, takes, known)
        sitting.build_comparison(takes)
    return tab


def _build_one_take(
    get_recognizer: Callable[[], Recognizer],
    corpus: Corpus | None,
    takes: gr.State,
    known: gr.State,
    actors: prompts.Actors,
) -> None:
    with gr.Row(elem_classes="record-layout"):
        with gr.Column(elem_classes="source"):
            sentence = _build_prompts()
            widget = gr.HTML(
                _recorder(), js_on_load=read_beside(__file__, "recorder.js"), elem_id="recorder-button"
            )
            audio = _audio()
            gr.HTML(NOTE, js_on_load=read_beside(__file__, "microphone_note.js"))
        with gr.Column(elem_classes="answer"):
            shown = gr.HTML(
                result.show_nothing(),
                js_on_load=read_beside(timeline.__file__, "timeline.js"),
                elem_id="result",
            )
            spoken = gr.HTML("", elem_id="spoken")
        with gr.Column(elem_classes="voice"):
            my_voice.build(get_recognizer, takes, known)
        with gr.Column(elem_classes="examples"):
            lent = _build_examples(audio)
            if corpus is not None and len(corpus.demo):
                lent.append(_build_demo_clips(audio, corpus))

    # Both are changed in place: calls that run side by side see the same ones.
    newest = gr.State({"number": 0})
    fresh = gr.State([])
    made = gr.JSON(visible=False)  # `window.take`, read by the page when an event leaves it
    _clear_at_once(widget, audio, shown, spoken)
    for arrival in lent:
        arrival.failure(None, None, shown, js=_html(result.show_problem(LOST)), **PRIVATE)
    widget.begin(
        supersede,
        [newest, made],
        None,
        js="(newest) => [newest, window.take]",
        queue=False,
        trigger_mode="multiple",
        **PRIVATE,
    )
    # `change` comes when the recording has reached the server; `stop_recording` may come before.
    scoring = audio.change(
        partial(score, get_recognizer, actors),
        [audio, made, sentence, newest, fresh, known],
        [shown, spoken],
        js="(audio, made, ...others) => [audio, window.take, ...others]",
        trigger_mode="multiple",  # a newer take does not wait for an older one
        **PRIVATE,
    )
    # On the queue: gradio tells no state's change of what runs beside it.
    scoring.success(keep, [takes, fresh], takes, concurrency_limit=1, trigger_mode="multiple", **PRIVATE)
    failed = f"() => window.take?.told ? {{__type__: 'update'}} : {json.dumps(result.show_problem(FAILED))}"
    scoring.failure(None, None, shown, js=failed, **PRIVATE)


def _clear_at_once(widget: gr.HTML, audio: gr.Audio, shown: gr.HTML, spoken: gr.HTML) -> None:
    """Empty the place of the result in the page itself, without asking the server."""
    recording, busy, nothing = result.show_recording(), result.show_busy(), result.show_nothing()
    begun = f"() => [window.take.source === 'microphone' ? {json.dumps(recording)} : {json.dumps(busy)}, '']"
    widget.begin(None, None, [shown, spoken], js=begun, **PRIVATE)
    widget.sent(None, None, shown, js=_html(busy), **PRIVATE)
    for event, problem in ((widget.large, TOO_LARGE), (widget.lost, LOST), (widget.refused, REFUSED)):
        event(None, None, shown, js=_html(result.show_problem(problem)), **PRIVATE)
    # gradio's own cross; the same event comes when a new take takes the place of the old one.
    cleared = (
        f"() => window.recorder.wasOwnClear() ? [{{__type__: 'update'}}, ''] : [{json.dumps(nothing)}, '']"
    )
    audio.clear(None, None, [shown, spoken], js=cleared, **PRIVATE)


def _html(value: str) -> str:
    return f"() => {json.dumps(value)}"


def supersede(newest: dict, made: dict) -> None:
    """Remember that a newer take has begun: what is still being scored is no longer shown."""
    newest["number"] = max(newest["number"], made["number"])


def score(
    get_recognizer: Callable[[], Recognizer],
    actors: prompts.Actors,
    file: str | None,
    made: dict,
    sentence: str | None,
    newest: dict,
    fresh: list[Take],
    known: Known,
) -> tuple:
    """Return the result and how actors said the same sentence, and put the take into `fresh`.

    For a take that is no longer the newest there is nothing of all that.
    """
    if file is None:
        return gr.skip(), gr.skip()
    supersede(newest, made)
    source = made["source"]
    asked = made.get("asked") if made.get("asked") in LABELS and source != "example" else None
    prompt = (sentence or None) if source == "microphone" and not asked else None
    try:
        # What teaches the voice is heard as that of an unknown one.
        profile = None if asked else known.profile
        heard = result.listen(get_recognizer(), file, _name(made, file), profile)
        page = result.show(heard)
    except AudioError as error:
        heard, page = None, result.show_problem(str(error))
    if made["number"] < newest["number"]:
        return gr.skip(), gr.skip()
    if heard is None:
        return page, ""
    said = actors.show(prompt, heard.recognition) if prompt else ""
    details = {"prompt": prompt, "asked": asked, "known_takes": heard.known_takes}
    fresh.append(make_take(heard.name, file, heard.recognition, heard.pictured, heard.png, source, **details))
    return page, said


def _name(made: dict, file: str) -> str:
    if made.get("asked") in LABELS and made["source"] != "example":
        return f"My voice, {EMOTION_NAMES[made['asked']].lower()}"
    return f"Recording {made['spoken']}" if made["source"] == "microphone" else Path(file).stem


def keep(takes: list[Take], fresh: list[Take]) -> list[Take] | dict:
    """Add the takes whose results were just shown; the list is read now, not when their scoring began."""
    if not fresh:
        return gr.skip()
    while fresh:
        takes = add(takes, fresh.pop(0))
    return takes


def _recorder() -> str:
    return f"""<div class="recorder" data-state="idle" data-quiet-db="{QUIET_DBFS + LOUDEST_DB}">
<button type="button" class="big" aria-describedby="recorder-hint"><span class="sign" aria-hidden="true"></span><span class="word">Record</span></button>
<div class="while"><span class="time" role="timer" aria-label="Time">0:00</span>
<div class="level"><div class="track" role="meter" aria-label="Level" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0"><span></span></div>
<p class="level-words" role="status"></p></div></div>
<p class="hint" id="recorder-hint">Press, speak, press again. <span class="keys">Or press <kbd>R</kbd></span></p>
<div class="other"><button type="button" class="upload">Upload a file</button><span class="hint">or drop one here</span>
<input type="file" accept="audio/*,video/mp4,video/webm" hidden aria-label="Sound file" tabindex="-1"></div>
<p class="said" role="status"></p>
</div>"""


def _audio() -> gr.Audio:
    # type="filepath" without a format: anything else sends uploads through ffmpeg, which few have.
    return gr.Audio(
        sources=["microphone", "upload"],
        type="filepath",
        label="Your voice",
        show_label=False,
        buttons=["download"],
        editable=False,
        # The browser encodes WAV itself, at the rate that the networks hear. The waveform is drawn with the result.
        waveform_options=gr.WaveformOptions(sample_rate=SAMPLE_RATE, show_recording_waveform=False),
        elem_id="recorder",
    )


def _build_prompts() -> gr.Dropdown:
    order = gr.State([])
    choices = [("Say anything", ""), *((text, code) for code, text in SENTENCES.items())]
    with gr.Column(elem_classes="read-aloud"), gr.Row():
        sentence = gr.Dropdown(choices, value="", label="Read aloud", elem_id="prompt", scale=3, min_width=0)
        another = gr.Button("Next sentence", size="sm", elem_id="next-prompt", scale=1, min_width=96)
    prompt = gr.HTML("", elem_id="prompt-text")
    another.click(prompts.next_sentence, [sentence, order], [sentence, order], queue=False, **PRIVATE)
    sentence.change(show_prompt, sentence, prompt, queue=False, **PRIVATE)
    return sentence


def show_prompt(code: str | None) -> str:
    """Return the sentence to read, large; nothing where none was chosen."""
    return f'<p class="prompt">{escape(SENTENCES[code])}</p>' if code else ""


def _build_examples(audio: gr.Audio) -> list[Dependency]:
    """Return the events that bring their sounds."""
    lent = []
    gr.HTML('<h3 class="small">Or try an example</h3><p class="hint">A synthetic voice: no real emotion.</p>')
    with gr.Row(elem_classes="chips"):
        for path in EXAMPLES:
            button = gr.Button(path.stem.replace("_", " ").capitalize(), size="sm", min_width=0)
            begin = "() => { window.recorder.begin('example'); return []; }"
            lent.append(
                button.click(partial(served_copy, path), None, audio, js=begin, queue=False, **PRIVATE)
            )
    return lent


def _build_demo_clips(audio: gr.Audio, corpus: Corpus) -> Dependency:
    """Return the event that brings a clip's sound."""
    choices = [
        (f"{EMOTION_NAMES[clip.emotion]} · actor {clip.actor} · {SENTENCES[clip.sentence]}", clip.Index)
        for clip in corpus.demo.itertuples()
    ]
    label = "Or a demo clip: an actor, kept out of training and test"
    demo = gr.Dropdown(choices, value=None, label=label, elem_id="demo")
    begin = "(clip) => { window.recorder.begin('example'); return [clip]; }"
    return demo.input(lambda clip: served_copy(corpus.path(clip)), demo, audio, js=begin, **PRIVATE)
