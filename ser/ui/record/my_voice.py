"""The panel "Teach it my voice": one sentence in a normal voice, or six prompted ones, make a voice profile.

It can be saved and opened again.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Any

import gradio as gr

from ser.corpus.crema_d import SENTENCES
from ser.errors import UserError
from ser.labels import EMOTION_NAMES, LABELS, MANNERS
from ser.recognition.recognizer import Recognizer
from ser.recognition.voice_profile import Profile
from ser.ui.page.served_files import start_module
from ser.ui.parts.shares import percent
from ser.ui.record.speaker import (
    NORMAL,
    ChangedScores,
    PromptedScores,
    Speaker,
    changed_scores,
    compare_scores,
    is_flat,
    prompted_takes,
    switch_speaker,
    with_takes,
)
from ser.ui.takes.take import Take
from ser.util.text import counted

EVENTS = (
    "voice_other",
    "voice_back",
    "voice_keep",
    "voice_forget",
    "voice_quietly",
    "voice_open",
    "voice_save",
)
# One at a time: each draws the panel from the speaker that the one before left, and none brings back what was forgotten.
QUIETLY: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_id": "voice",
    "concurrency_limit": 1,
}

# Ordered to warm up. Each emotion has a sentence of the data set and a scene to act.
LESSON = {
    "NEU": ("TIE", "as if you were reading from a list"),
    "HAP": ("IOM", "as if a friend is waiting for you there"),
    "ANG": ("DFA", "as if you have already said it twice"),
    "SAD": ("IEO", "as if it is time to say goodbye"),
    "FEA": ("ITS", "as if something is moving in the dark"),
    "DIS": ("TSI", "as if it is sticking to your hands"),
}
INVITATION = (
    "Every voice and every room is different. One sentence in your normal voice teaches the app how you sound here; six, "
    "one for each emotion, teach it more. What it learns is lost with this page unless you save it."
)
NORMAL_SENTENCE = "Say any sentence in your normal voice, as to a colleague."
OFFER = (
    "This recording is unlike those that the app learned from: another room, microphone or language. One sentence in your "
    "normal voice helps it."
)
AGAIN = "We didn't hear a voice. Please say it again."
HEARD = "Heard you."
QUIET = "Heard you, but that was very quiet: to say it again, closer to the microphone, press {name}."
MORE = {
    "HAP": "happier",
    "ANG": "angrier",
    "SAD": "sadder",
    "FEA": "more fearful",
    "DIS": "more disgusted",
}


def build(get_recognizer: Callable[[], Recognizer], *, takes: gr.State, speaker: gr.State) -> gr.HTML:
    """Add the panel, which updates the voice profile whenever the takes of the session change.

    Parameters
    ----------
    get_recognizer : returns the recognizer, waiting for it if necessary
    takes : state with the takes of the session, `list[Take]`
    speaker : state with the `Speaker` of the page
    """

    def update(
        speaker: Speaker, takes: list[Take], *, problem: str = "", file: dict | None = None
    ) -> tuple[Speaker, gr.HTML]:
        recognizer = get_recognizer()
        speaker = with_takes(speaker, takes=takes, checkpoint=recognizer.checkpoint_id)
        html = draw(speaker, takes=takes, recognizer=recognizer, problem=problem)
        return speaker, gr.HTML(html, file=file) if file else gr.HTML(html)

    def on_takes(speaker: Speaker, takes: list[Take]) -> tuple:
        return update(speaker, takes) if get_recognizer().supports_profiles else (gr.skip(), gr.skip())

    def on_other(speaker: Speaker, takes: list[Take]) -> tuple:
        return update(switch_speaker(speaker, takes), takes)

    def on_back(speaker: Speaker, takes: list[Take]) -> tuple:
        return update(speaker.previous or speaker, takes)

    def on_keep(speaker: Speaker, takes: list[Take]) -> tuple:
        last = {take.id for take in takes[-1:] if take.asked}
        return update(replace(speaker, accepted=speaker.accepted | last), takes)

    def on_forget(speaker: Speaker, takes: list[Take]) -> tuple:
        return update(Speaker(excluded=frozenset(take.id for take in takes)), takes)

    def on_quietly(speaker: Speaker, takes: list[Take], event: gr.EventData) -> tuple:
        return update(replace(speaker, uses_all=bool(event.on), profile=None), takes)

    def on_open(speaker: Speaker, takes: list[Take], event: gr.EventData) -> tuple:
        try:
            loaded = Profile.from_json(str(event.text), "The file")
            get_recognizer().check_profile(loaded)
        except UserError as error:
            return update(speaker, takes, problem=str(error))
        excluded = frozenset(take.id for take in takes)
        return update(Speaker(loaded, speaker.uses_all, excluded), takes)

    def on_save(speaker: Speaker, takes: list[Take]) -> tuple:
        now = datetime.now()
        text = speaker.profile.to_json() if speaker.profile else ""
        name = f"voice_{now:%Y-%m-%d_%H%M%S}.json"
        return update(speaker, takes, file={"name": name, "text": text, "number": now.timestamp()})

    panel = gr.HTML(
        draw(Speaker(), takes=[], recognizer=None),
        js_on_load=start_module(__file__, "scripts/my_voice.js", events=EVENTS),
        elem_id="my-voice",
        apply_default_css=False,
        file=None,
    )
    takes.change(on_takes, [speaker, takes], [speaker, panel], **QUIETLY)
    for event, handler in (
        (panel.voice_other, on_other),
        (panel.voice_back, on_back),
        (panel.voice_keep, on_keep),
        (panel.voice_forget, on_forget),
        (panel.voice_quietly, on_quietly),
        (panel.voice_open, on_open),
        (panel.voice_save, on_save),
    ):
        event(handler, [speaker, takes], [speaker, panel], **QUIETLY)
    return panel


def draw(speaker: Speaker, *, takes: list[Take], recognizer: Recognizer | None, problem: str = "") -> str:
    """Draw the panel; my_voice.js shows either the prompts or the profile.

    Parameters
    ----------
    takes : takes of the session
    recognizer : needed to show what a profile changes; None before it is loaded
    problem : a sentence to show
    """
    prompted = prompted_takes(speaker, takes)
    missing = [label for label in LESSON if label not in prompted]
    to_say = _still_to_say(missing)
    last = takes[-1] if takes else None
    if last and last.asked and last.recognition.verdict == "no_voice" and not problem:
        problem = AGAIN
    is_kept = last is not None and any(take.id == last.id for take in prompted.values())
    body = to_say + _without_profile(speaker)
    if recognizer and speaker.profile:
        comparison = _comparison(recognizer, prompted, is_open=bool(last and last.asked))
        if not comparison:
            comparison = what_a_profile_changes(
                changed_scores(recognizer, speaker=speaker, takes=takes), is_open=bool(last and last.asked)
            )
        body = _with_profile(speaker, len(speaker.profile.logits), to_say + comparison)
    return (
        f'<section class="my-voice" data-next="{missing[0] if missing else ""}" data-known="{int(bool(speaker.profile))}" '
        f'data-done="{len(prompted)}" data-take="{last.id if last else ""}" data-asked="{(last and last.asked) or ""}" aria-label="Teach it my voice"><h3>Teach it my voice</h3>'
        f'<p class="told" role="status">{escape(problem) or _once_more(last, is_kept)}</p>'
        f'<p class="heard" role="status">{_heard(last) if is_kept and last and not problem else ""}</p>'
        f'{_lesson(prompted)}<div class="voice-body">{body}</div></section>'
    )


def _heard(take: Take) -> str:
    """Say that a prompted take has arrived: while teaching, nobody learns how it sounded."""
    if not take.asked or "too_quiet" not in take.recognition.quality.problems:
        return HEARD
    # The normal sentence is said alone, too, and then has a button of its own.
    name = "Neutral or Normal sentence again" if take.asked == NORMAL else EMOTION_NAMES[take.asked]
    return QUIET.format(name=name)


def _once_more(take: Take | None, is_kept: bool) -> str:
    """Ask for more of the emotion where a prompted take was spoken flat; empty otherwise."""
    if take is None or not take.asked or is_kept or not is_flat(take):
        return ""
    return (
        f"<span>Heard you. Say it once more, {MORE[take.asked]}?</span> "
        '<button type="button" data-voice="keep">Keep it as it is</button>'
    )


def _still_to_say(missing: list[str]) -> str:
    """Say what is missing where some of the six sentences were said and others were not, or were deleted; else empty."""
    if not missing or len(missing) > len(LESSON) - 2:  # all; or at most one, which may be the normal sentence
        return ""
    names = [EMOTION_NAMES[label].lower() for label in missing]
    return (
        f'<p class="missing">{len(LESSON) - len(missing)} of the six sentences are here. They count once all six are: '
        f"“Six sentences” asks for what is missing ({', '.join(names)}).</p>"
    )


def _lesson(prompted: dict[str, Take]) -> str:
    prompts = "".join(
        f'<div class="ask" data-emotion="{label}" hidden><p class="how">Say it <b>{MANNERS[label]}</b>, {scene}:</p>'
        f'<p class="prompt">{escape(SENTENCES[sentence])}</p></div>'
        for label, (sentence, scene) in LESSON.items()
    )
    chips = "".join(
        f'<li><button type="button" data-voice="ask" data-emotion="{label}" class="{"done" if label in prompted else ""}" '
        f'style="--colour: var(--emotion-{label})"><span class="sign" aria-hidden="true">'
        f"{'✓' if label in prompted else i}</span>{EMOTION_NAMES[label]}"
        f'<span class="said-so">{", done" if label in prompted else ""}</span></button></li>'
        for i, label in enumerate(LESSON, 1)
    )
    return (
        f'<div class="lesson" hidden><div class="ask normal" data-emotion="{NORMAL}" hidden><p class="prompt">{NORMAL_SENTENCE}</p>'
        f'<p class="how">Three seconds are enough.</p></div>{prompts}<ol class="chips">{chips}</ol><p class="hint">Press Record, say it, then '
        "press Stop, or upload a recording.</p>"
        '<button type="button" class="quiet" data-voice="cancel">Stop teaching</button></div>'
    )


def _without_profile(speaker: Speaker) -> str:
    back = (
        '<button type="button" data-voice="back">It’s me again</button>'
        if speaker.previous and speaker.previous.profile
        else ""
    )
    return (
        f'<p class="invitation">{INVITATION}</p><div class="buttons"><button type="button" class="main" '
        'data-voice="normal">One normal sentence</button><button type="button" data-voice="begin">Six sentences</button>'
        f"{back}{_open()}</div>{_quietly(speaker)}"
    )


def _comparison(recognizer: Recognizer, prompted: dict[str, Take], *, is_open: bool) -> str:
    if prompted.keys() != set(LABELS):
        return ""
    table = what_changed(compare_scores(recognizer, prompted))
    return f"<details{' open' if is_open else ''}><summary>What changed</summary>{table}</details>"


def _with_profile(speaker: Speaker, n_takes: int, comparison: str) -> str:
    return (
        f'<h3 class="end" tabindex="-1">Now it knows your voice</h3>'
        f'<p class="known-from">Adjusted to your voice ({counted("take", n_takes)}). This applies to everything that you record '
        f"from now on.</p>{comparison}"
        '<div class="buttons"><button type="button" class="main only-end" data-voice="done">Record something</button>'
        '<button type="button" data-voice="save">Save the profile</button>'
        '<button type="button" data-voice="other">Switch speaker</button>'
        '<button type="button" data-voice="normal">Normal sentence again</button>'
        '<button type="button" data-voice="begin">Six sentences</button>'
        f'<button type="button" data-voice="forget">Forget my voice</button></div>{_quietly(speaker)}'
        '<p class="hint">The file holds six numbers for each take, and no sound. If you don\'t save it, it is lost when '
        "you close the page.</p>"
    )


def what_a_profile_changes(rows: list[ChangedScores], *, is_open: bool) -> str:
    """Draw the scores of other recordings with and without the profile; a hint where there are none."""
    if not rows:
        return '<p class="hint">Record another sentence: its scores are adjusted.</p>'
    moved = sum(_top(row.before) != _top(row.after) for row in rows)
    if not moved:
        words = "What you recorded before sounds the same as it did, though the percentages changed."
    elif len(rows) == 1:
        words = "Your other recording now sounds different."
    else:
        words = f"{moved} of your {len(rows)} other recordings now {'sounds' if moved == 1 else 'sound'} different."
    cells = "".join(
        f'<tr><th scope="row">{escape(row.name)}</th>{_cell(row.before)}{_cell(row.after)}</tr>'
        for row in rows
    )
    return (
        f"<details{' open' if is_open else ''}><summary>What changed</summary>"
        f'<p class="changed">{words}</p><table class="changes"><thead><tr><th scope="col">Recording</th><th scope="col">'
        f'Before</th><th scope="col">Now</th></tr></thead><tbody>{cells}</tbody></table></details>'
    )


def offer() -> str:
    """Draw the offer of one normal sentence, beside the first result that is unlike what the network learned from."""
    return (
        f'<p class="known-voice unlike"><span>{OFFER}</span> '
        '<button type="button" data-voice="normal">One normal sentence</button></p>'
    )


def what_changed(rows: list[PromptedScores]) -> str:
    """Draw the scores of each prompted take with and without the profile, and say whether it helped."""
    before = sum(_top(row.before) == row.asked for row in rows)
    after = sum(_top(row.after) == row.asked for row in rows)
    if after > before:
        words = f"It now hears {after} of your six takes as you meant them, instead of {before}."
    elif after == before:
        words = (
            f"It hears {after} of your six takes as you meant them: the same number as before, though the percentages "
            "changed."
        )
    else:
        words = (
            f"It now hears {after} of your six takes as you meant them, instead of {before}. Teach it again, acting "
            "more strongly, or continue without a profile."
        )
    cells = "".join(
        f'<tr><th scope="row">{EMOTION_NAMES[row.asked]}</th>{_cell(row.before, row.asked)}{_cell(row.after, row.asked)}'
        f"<td>{_say_again(row.asked)}</td></tr>"
        for row in sorted(rows, key=lambda row: LABELS.index(row.asked))
    )
    return (
        f'<p class="changed">{words}</p><table class="changes"><thead><tr><th scope="col">You meant</th><th scope="col">'
        f'Before</th><th scope="col">Now</th><td></td></tr></thead><tbody>{cells}</tbody></table>'
        '<p class="hint">Each recording is tested using only the other five.</p>'
    )


def _top(scores: dict[str, float]) -> str:
    return max(scores, key=scores.__getitem__)


def _cell(scores: dict[str, float], asked: str = "") -> str:
    top = _top(scores)
    check_mark = '<span class="right" title="as you meant it">✓</span>' if top == asked else ""
    return (
        f'<td><i class="dot" style="--colour: var(--emotion-{top})" aria-hidden="true"></i>{EMOTION_NAMES[top]} '
        f"{percent(scores[top])}{check_mark}</td>"
    )


def _say_again(emotion: str) -> str:
    words = f"Say the {EMOTION_NAMES[emotion].lower()} sentence again"
    return (
        f'<button type="button" class="again" data-voice="again" data-emotion="{emotion}" aria-label="{words}" '
        f'title="{words}"><span aria-hidden="true">↻</span></button>'
    )


def _open() -> str:
    return (
        '<button type="button" data-voice="choose">Open a saved profile</button>'
        '<input type="file" accept=".json,application/json" hidden tabindex="-1" aria-label="Profile file">'
    )


def _quietly(speaker: Speaker) -> str:
    return (
        f'<label class="quietly"><input type="checkbox" data-voice="quietly"{" checked" if speaker.uses_all else ""}>'
        "<span>Also learn from my other recordings in this session</span></label>"
    )
