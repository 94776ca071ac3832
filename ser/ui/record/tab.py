"""The Record tab: a take from the microphone or a file with its result, the live mode, and many files at once."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import gradio as gr
from gradio.events import Dependency

from ser.audio.quality import QUIET_DBFS
from ser.audio.reading import SAMPLE_RATE, AudioError
from ser.corpus.crema_d import SENTENCES, Corpus
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.recognizer import Recognizer
from ser.ui.many import many
from ser.ui.many.turns import Turns
from ser.ui.page.served_files import EXAMPLE_NAMES, EXAMPLES, served_copy, start_module
from ser.ui.parts import result, timeline
from ser.ui.record import linked, live, microphone, my_voice, prompts
from ser.ui.record.speaker import Speaker
from ser.ui.takes import links, sitting
from ser.ui.takes.take import Take, add, make_take, score_again

PEAK_ABOVE_MEAN_DB = 6.0  # the loudest tenth of a second of a sentence above its mean

NOTE = '<p class="microphone-note" role="status"></p>'  # what is wrong with the microphone, if anything
HOW_IT_WORKS = (
    "Your voice is recorded unprocessed: volume and noise filters are off.",
    "A network that learned from actors gives a score to each of six emotions. The scores add up to 100%, and say how a voice "
    "sounds, not what somebody feels.",
    "Only the part with speech is scored, in windows of three seconds. Where two emotions are close, the app says so.",
)
TOO_LARGE = "The file is too large to upload: shorten it, or save it as FLAC or MP3."
LOST = "The sound did not arrive: try again, and reload the page if that does not help."
EMPTY = "Nothing was recorded: press Record, wait a moment, and speak."
REFUSED = "The microphone could not be opened: see the note above; you can upload a file instead."
PROBLEMS = {"large": TOO_LARGE, "lost": LOST, "empty": EMPTY, "refused": REFUSED}  # by the recorder's event
FAILED = "The scores could not be computed: try again in a moment, and reload the page if that does not help."

OWN_SOURCES = ("microphone", "upload")  # of recordings of the person; examples are other voices

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


class TakeRequest(TypedDict):
    """A take that the page has begun: `window.take` in scripts/recorder.js.

    Attributes
    ----------
    number : counts all takes of the page; only the newest one is shown
    spoken : counts the recordings from the microphone
    source : "microphone", "upload", "example" or "link"
    asked : emotion that the person was asked to act, if any
    link : of a take that is opened again, see `ser.ui.takes.links`
    again : whether the take that is shown is scored again, as another person speaks
    """

    number: int
    spoken: int
    source: str
    asked: NotRequired[str | None]
    link: NotRequired[str]
    again: NotRequired[bool]


@dataclass(eq=False)  # gradio compares states by their hash, and this one is changed in place
class Progress:
    """The takes of one page between the microphone and the side panel; concurrent calls share it.

    Attributes
    ----------
    newest : number of the newest take that was begun
    was_offered : whether a sentence in a normal voice was offered beside a result
    scored : takes whose results are shown, but which are not among the takes of the session yet
    rescored : the same of takes that are among them, with another answer
    """

    newest: int = 0
    was_offered: bool = False
    scored: list[Take] = field(default_factory=list)
    rescored: list[Take] = field(default_factory=list)


def build(
    get_recognizer: Callable[[], Recognizer],
    *,
    corpus: Corpus | None,
    takes: gr.State,
    predictions: Path,
    turns: Turns,
) -> gr.Tab:
    """Add the tab: one take, the live mode, many files and, below all, the comparison of two takes.

    Parameters
    ----------
    get_recognizer : returns the recognizer, waiting for it if necessary
    corpus : the data set, if available
    takes : state with the takes of the session, `list[Take]`; every result adds one
    predictions : the checkpoint's predictions.csv
    turns : shared by all who score many files
    """
    with gr.Tab("Record", id="record") as tab:
        speaker = gr.State(Speaker())  # inside the tab: gradio miscounts tabs that have a state next to them
        with gr.Tabs(elem_classes="inner-tabs"):
            with gr.Tab("One take", id="one-take"):
                actors = prompts.Actors(predictions, corpus)
                _build_one_take(get_recognizer, actors, corpus=corpus, takes=takes, speaker=speaker)
            with gr.Tab("Live", id="live"):
                live.build(get_recognizer, takes=takes, speaker=speaker)
            with gr.Tab("Many files", id="many-files"):
                many.build(get_recognizer, speaker=speaker, turns=turns)
        sitting.build_comparison(takes)
    return tab


def _build_one_take(
    get_recognizer: Callable[[], Recognizer],
    actors: prompts.Actors,
    *,
    corpus: Corpus | None,
    takes: gr.State,
    speaker: gr.State,
) -> None:
    with gr.Row(elem_classes="record-layout"):
        with gr.Column(elem_classes="source"):
            recorder = gr.HTML(
                _recorder(),
                js_on_load=start_module(
                    __file__, "scripts/recorder.js", events=("begin", "sent", "again", "open_link", *PROBLEMS)
                ),
                elem_id="recorder-button",
            )
            audio = _audio()
            gr.HTML(NOTE, js_on_load=start_module(__file__, "scripts/microphone_note.js"))
            sentence = _build_prompts()
        with gr.Column(elem_classes="answer"):
            result_html = gr.HTML(
                result.show_nothing(),
                js_on_load=start_module(timeline.__file__, "timeline.js"),
                elem_id="result",
            )
            actors_html = gr.HTML("", elem_id="spoken")
        with gr.Column(elem_classes="voice"):
            my_voice.build(get_recognizer, takes=takes, speaker=speaker)
        with gr.Column(elem_classes="examples"):
            loading = _build_examples(audio)
            if corpus is not None and len(corpus.demo):
                loading.append(_build_demo_clips(audio, corpus))
            gr.HTML(_how_it_works())

    progress = gr.State(Progress())
    request = gr.JSON(visible=False)  # carries `window.take`, which the page reads when it sends an event
    _clear_at_once(recorder, audio, result_html=result_html, actors_html=actors_html)
    for event in loading:
        event.failure(None, None, result_html, js=_html(result.show_problem(LOST)), **PRIVATE)
    recorder.begin(
        begin,
        [progress, request],
        None,
        js="(progress) => [progress, window.take]",
        queue=False,
        trigger_mode="multiple",
        **PRIVATE,
    )
    # `change` fires when the recording has reached the server; `stop_recording` may fire earlier.
    for due, again in ((audio.change, False), (recorder.again, True)):
        scoring = due(
            partial(score, get_recognizer, actors),
            [audio, request, sentence, progress, speaker],
            [result_html, actors_html],
            js=f"(audio, request, ...others) => [audio, {{...window.take, again: {json.dumps(again)}}}, ...others]",
            trigger_mode="multiple",  # a newer take does not wait for an older one
            **PRIVATE,
        )
        # A separate event on the queue: gradio does not report a change of state to events that run at the same time.
        scoring.success(
            keep, [takes, progress], takes, concurrency_limit=1, trigger_mode="multiple", **PRIVATE
        )
        failed = (
            f"() => window.take?.told ? {{__type__: 'update'}} : {json.dumps(result.show_problem(FAILED))}"
        )
        scoring.failure(None, None, result_html, js=failed, **PRIVATE)
    recorder.open_link(linked.open_link, None, [audio, result_html], queue=False, **PRIVATE)


def _clear_at_once(recorder: gr.HTML, audio: gr.Audio, *, result_html: gr.HTML, actors_html: gr.HTML) -> None:
    """Clear the old result in the page itself, without asking the server."""
    recording, busy, nothing = result.show_recording(), result.show_busy(), result.show_nothing()
    clear_result = (
        f"() => [window.take.source === 'microphone' ? {json.dumps(recording)} : {json.dumps(busy)}, '']"
    )
    recorder.begin(None, None, [result_html, actors_html], js=clear_result, **PRIVATE)
    recorder.sent(None, None, result_html, js=_html(busy), **PRIVATE)
    for event, problem in PROBLEMS.items():
        getattr(recorder, event)(None, None, result_html, js=_html(result.show_problem(problem)), **PRIVATE)
    # gradio's own Clear button; the same event also fires when a new take replaces the old one, and for the first upload.
    cleared = f"() => window.recorder.wasClearedByPerson() ? [{json.dumps(nothing)}, ''] : [{{__type__: 'update'}}, '']"
    audio.clear(None, None, [result_html, actors_html], js=cleared, **PRIVATE)


def _html(value: str) -> str:
    return f"() => {json.dumps(value)}"


def begin(progress: Progress, request: TakeRequest) -> None:
    """Record that a take has begun; results of older takes that are still being scored are not shown."""
    progress.newest = max(progress.newest, request["number"])


def score(
    get_recognizer: Callable[[], Recognizer],
    actors: prompts.Actors,
    file: str | None,
    request: TakeRequest,
    sentence: str | None,
    progress: Progress,
    speaker: Speaker,
) -> tuple:
    """Score a take and add it to `progress.scored`; a handler of gradio, after the first two parameters.

    Parameters
    ----------
    get_recognizer : returns the recognizer, waiting for it if necessary
    actors : what was heard when actors said the sentences
    file : the recording; None if it was cleared
    request : what the page knows about the take
    sentence : code of the sentence that was read aloud, if any
    progress : takes of the page that are being scored
    speaker : who speaks

    Returns
    -------
    HTML of the result, and of what was heard when actors said the same sentence; updates that change nothing if a
    newer take was begun
    """
    if file is None:
        return gr.skip(), gr.skip()
    begin(progress, request)
    source = request["source"]
    if source == "link":
        return linked.show(request.get("link", "")), ""
    asked = _asked(request)
    link = "" if asked else links.new_name()
    prompt = (sentence or None) if source == "microphone" and not asked else None
    try:
        scored = result.score_file(
            file,
            recognizer=get_recognizer(),
            name=_name(request, file, actors),
            # Prompted takes make the profile, and examples are other people's voices.
            profile=speaker.profile if source in OWN_SOURCES and not asked else None,
        )
        offers = scored.is_unlike and source in OWN_SOURCES and not (progress.was_offered or asked)
        page = result.show(
            scored,
            note=my_voice.offer() if offers else "",
            is_upload=source == "upload",
            can_teach=source in OWN_SOURCES,
            link=link,
        )
    except AudioError as error:
        scored, page, offers = None, result.show_problem(str(error)), False
    if request["number"] < progress.newest:
        return gr.skip(), gr.skip()
    if scored is None:
        return page, ""
    progress.was_offered |= offers
    take = make_take(scored, source=source, prompt=prompt, asked=asked, link=link)
    if link:
        links.keep(link, scored)
    if request.get("again"):
        progress.rescored.append(take)
        return page, gr.skip()
    progress.scored.append(take)
    if asked:  # no verdict while teaching: the panel says that the take was heard
        return result.show_nothing(), ""
    if source == "example":
        return page, actors.show_clip(Path(file).stem, scored.recognition)
    return page, actors.show(prompt, scored.recognition) if prompt else ""


def _asked(request: TakeRequest) -> str | None:
    emotion = request.get("asked")
    return emotion if emotion in LABELS and request["source"] != "example" else None


def _name(request: TakeRequest, file: str, actors: prompts.Actors) -> str:
    if asked := _asked(request):
        return f"My voice, {EMOTION_NAMES[asked].lower()}"
    if request["source"] == "microphone":
        return f"Recording {request['spoken']}"
    stem = Path(file).stem
    return (actors.name(stem) or EXAMPLE_NAMES.get(stem, stem)) if request["source"] == "example" else stem


def keep(takes: list[Take], progress: Progress) -> list[Take] | dict:
    """Add the scored takes to those of the session, as they are now and not as they were when scoring began.

    A take that was scored again gets its new answer.
    """
    if not progress.scored and not progress.rescored:
        return gr.skip()
    while progress.scored:
        takes = add(takes, progress.scored.pop(0))
    while progress.rescored:
        takes = score_again(takes, progress.rescored.pop(0))
    return takes


def _how_it_works() -> str:
    lines = "".join(f"<li>{line}</li>" for line in HOW_IT_WORKS)
    return f'<details class="how-it-works"><summary>How it works</summary><ul>{lines}</ul></details>'


def _recorder() -> str:
    return f"""<div class="recorder" data-state="idle" data-quiet-db="{QUIET_DBFS + PEAK_ABOVE_MEAN_DB}">
<button type="button" class="big" aria-describedby="recorder-hint"><span class="sign" aria-hidden="true"></span><span class="word">Record</span></button>
<div class="while"><span class="time" role="timer" aria-label="Time">0:00</span>
<div class="level"><div class="track" role="meter" aria-label="Level" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0"><span></span></div>
<p class="level-words" role="status"></p></div></div>
<p class="hint" id="recorder-hint">Press, speak, press again. <span class="keys">Or press <kbd>R</kbd></span></p>
{microphone.CHOICE}
<div class="other"><button type="button" class="upload">Upload a file</button><span class="hint">or drop one here</span>
<input type="file" accept="audio/*,video/mp4,video/webm" hidden aria-label="Sound file" tabindex="-1"></div>
<p class="said" role="status"></p>
</div>"""


def _audio() -> gr.Audio:
    # type="filepath" without a format: anything else needs ffmpeg, which few have installed.
    return gr.Audio(
        sources=["microphone", "upload"],
        type="filepath",
        label="Your voice",
        show_label=False,
        buttons=["download"],
        editable=False,
        # The browser encodes WAV itself, at the networks' sample rate. The waveform is drawn with the result.
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
    """Draw the sentence to read aloud; nothing if none was chosen."""
    return f'<p class="prompt">{escape(SENTENCES[code])}</p>' if code else ""


def _build_examples(audio: gr.Audio) -> list[Dependency]:
    """Add a button for each example, and return the events that load their sounds."""
    loading = []
    gr.HTML(
        '<h3 class="small">Or try an example</h3><p class="hint">A synthetic voice without real emotion.</p>'
    )
    with gr.Row(elem_classes="chips"):
        for path in EXAMPLES:
            button = gr.Button(EXAMPLE_NAMES[path.stem], size="sm", min_width=0)
            begin = "async () => { await window.recorder.begin('example'); return []; }"
            loading.append(
                button.click(partial(served_copy, path), None, audio, js=begin, queue=False, **PRIVATE)
            )
    return loading


def _build_demo_clips(audio: gr.Audio, corpus: Corpus) -> Dependency:
    """Add a menu of clips, and return the event that loads their sounds."""
    choices = [
        (f"{EMOTION_NAMES[clip.emotion]} · actor {clip.actor} · {SENTENCES[clip.sentence]}", clip.Index)
        for clip in corpus.demo.itertuples()
    ]
    label = "Or play an actor (clips kept out of training)"  # six of the ten actors are heard in training
    demo = gr.Dropdown(choices, value=None, label=label, elem_id="demo")
    begin = "async (clip) => { await window.recorder.begin('example'); return [clip]; }"
    # `input` fires twice, once more when the menu loses the focus.
    return demo.select(lambda clip: served_copy(corpus.path(clip)), demo, audio, js=begin, **PRIVATE)
