"""Teach it my voice: six prompted takes, what they change, and the profile to take along."""

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Any

import gradio as gr

from ser.corpus.crema_d import SENTENCES
from ser.errors import UserError
from ser.labels import EMOTION_NAMES, LABELS, MANNERS
from ser.recognition.recognizer import Recognizer
from ser.recognition.voice_profile import Profile, ProfileError
from ser.ui.page.served_files import read_beside
from ser.ui.parts.result import percent
from ser.ui.record.known_voice import Known, changes, learned, lesson, someone_else
from ser.ui.takes.take import Take
from ser.util.text import counted

QUIETLY: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

# In this order people warm up; each with a sentence of the data set and a scene to act it from.
LESSON = {
    "NEU": ("TIE", "as if you read it from a list"),
    "HAP": ("IOM", "as if a friend waited for you there"),
    "ANG": ("DFA", "as if you said it for the third time"),
    "SAD": ("IEO", "as if it were time to say goodbye"),
    "FEA": ("ITS", "as if something moved in the dark"),
    "DIS": ("TSI", "as if it stuck to your hands"),
}
INVITATION = (
    "Voices differ more than emotions do. Say six short sentences, one for each emotion, and the scores are about how "
    "you speak, not about who you are. It takes a minute, and nothing is kept unless you save it."
)
AGAIN = "No voice was heard in that one: say it once more."


def build(get_recognizer: Callable[[], Recognizer], takes: gr.State, known: gr.State) -> gr.HTML:
    """Add the panel; it learns whenever the takes of the sitting change."""

    def answer(known: Known, takes: list[Take], problem: str = "", file: dict | None = None) -> tuple:
        recognizer = get_recognizer()
        known = learned(known, takes, recognizer.checkpoint_id)
        drawn = draw(recognizer, known, takes, problem)
        return known, gr.HTML(drawn, file=file) if file else gr.HTML(drawn)

    def on_takes(known: Known, takes: list[Take]) -> tuple:
        return answer(known, takes) if can_learn(get_recognizer()) else (gr.skip(), gr.skip())

    def on_other(known: Known, takes: list[Take]) -> tuple:
        return answer(someone_else(known, takes), takes)

    def on_back(known: Known, takes: list[Take]) -> tuple:
        return answer(known.set_aside or known, takes)

    def on_forget(known: Known, takes: list[Take]) -> tuple:
        return answer(Known(others=frozenset(take.id for take in takes)), takes)

    def on_quietly(known: Known, takes: list[Take], event: gr.EventData) -> tuple:
        return answer(Known(known.loaded, bool(event.on), known.others, None, known.set_aside), takes)

    def on_open(known: Known, takes: list[Take], event: gr.EventData) -> tuple:
        try:
            loaded = Profile.from_json(str(event.text), "The file")
            get_recognizer().check_profile(loaded)
        except UserError as error:
            return answer(known, takes, str(error))
        return answer(Known(loaded, known.quietly, frozenset(take.id for take in takes)), takes)

    def on_save(known: Known, takes: list[Take]) -> tuple:
        now = datetime.now()
        text = known.profile.to_json() if known.profile else ""
        name = f"voice_{now:%Y-%m-%d_%H%M%S}.json"
        return answer(known, takes, file={"name": name, "text": text, "number": now.timestamp()})

    panel = gr.HTML(
        draw(None, Known(), []),
        js_on_load=read_beside(__file__, "my_voice.js"),
        elem_id="my-voice",
        apply_default_css=False,
        file=None,
    )
    takes.change(on_takes, [known, takes], [known, panel], **QUIETLY)
    for event, handler in (
        (panel.voice_other, on_other),
        (panel.voice_back, on_back),
        (panel.voice_forget, on_forget),
        (panel.voice_quietly, on_quietly),
        (panel.voice_open, on_open),
        (panel.voice_save, on_save),
    ):
        event(handler, [known, takes], [known, panel], **QUIETLY)
    return panel


def can_learn(recognizer: Recognizer) -> bool:
    """Whether the checkpoint has a zero point."""
    try:
        return bool(recognizer.zero_point)
    except ProfileError:
        return False


def draw(recognizer: Recognizer | None, known: Known, takes: list[Take], problem: str = "") -> str:
    """Draw the panel; the script shows the part that belongs to the moment."""
    done = lesson(known, takes)
    missing = [label for label in LESSON if label not in done]
    last = takes[-1] if takes else None
    if last and last.asked and last.recognition.verdict == "no_voice" and not problem:
        problem = AGAIN
    just_taught = bool(last and last.asked)
    body = _unknown(known)
    if recognizer and known.profile:
        body = _known(recognizer, known, len(known.profile.logits), done, just_taught)
    return (
        f'<section class="my-voice" data-next="{missing[0] if missing else ""}" data-known="{int(bool(known.profile))}" '
        f'data-done="{len(done)}" aria-label="Teach it my voice"><h3>Teach it my voice</h3>'
        f'<p class="told" role="status">{escape(problem)}</p>{_lesson(done)}<div class="voice-body">{body}</div></section>'
    )


def _lesson(done: dict[str, Take]) -> str:
    asks = "".join(
        f'<div class="ask" data-emotion="{label}" hidden><p class="how">Say it <b>{MANNERS[label]}</b>, {scene}:</p>'
        f'<p class="prompt">{escape(SENTENCES[sentence])}</p></div>'
        for label, (sentence, scene) in LESSON.items()
    )
    chips = "".join(
        f'<li><button type="button" data-voice="ask" data-emotion="{label}" class="{"done" if label in done else ""}" '
        f'style="--colour: var(--emotion-{label})"><span class="sign" aria-hidden="true">'
        f"{'✓' if label in done else i}</span>{EMOTION_NAMES[label]}"
        f'<span class="said-so">{", done" if label in done else ""}</span></button></li>'
        for i, label in enumerate(LESSON, 1)
    )
    return (
        f'<div class="lesson" hidden>{asks}<ol class="chips">{chips}</ol><p class="hint">Press Record, say it, press '
        'Stop; or upload a file of it.</p><button type="button" class="quiet" data-voice="cancel">Stop teaching</button></div>'
    )


def _unknown(known: Known) -> str:
    back = (
        '<button type="button" data-voice="back">It is me again</button>'
        if known.set_aside and known.set_aside.profile
        else ""
    )
    return (
        f'<p class="invitation">{INVITATION}</p><div class="buttons"><button type="button" class="main" '
        f'data-voice="begin">Begin</button>{back}{_open()}</div>{_quietly(known)}'
    )


def _known(recognizer: Recognizer, known: Known, n: int, done: dict[str, Take], just_taught: bool) -> str:
    changed = ""
    if done.keys() == set(LABELS):
        table = what_changed(changes(recognizer, done))
        changed = f"<details{' open' if just_taught else ''}><summary>What changed</summary>{table}</details>"
    return (
        f'<p class="known-from">Your voice is known from {counted("take", n)}. The scores of what you record '
        f"from now on take it into account.</p>{changed}"
        '<div class="buttons"><button type="button" class="main" data-voice="save">Save the profile</button>'
        '<button type="button" data-voice="other">Someone else is speaking</button>'
        '<button type="button" data-voice="begin">Teach it again</button>'
        f'<button type="button" data-voice="forget">Forget it</button></div>{_quietly(known)}'
        '<p class="hint">The file holds six numbers for each take, no sound. Unsaved, it is forgotten with this page.</p>'
    )


def what_changed(rows: list[dict]) -> str:
    """Draw how each prompted take was heard before and after, and say honestly whether it helped."""

    def right(row: dict, when: str) -> bool:
        return max(row[when], key=row[when].get) == row["asked"]

    before, after = (sum(right(row, when) for row in rows) for when in ("before", "after"))
    if after > before:
        words = f"It hears {after} of your six takes as you meant them now, {before} before."
    elif after == before:
        words = f"It hears {after} of your six takes as you meant them, as many as before; the scores moved all the same."
    else:
        words = (
            f"It hears {after} of your six takes as you meant them now, {before} before: teach it again, with more "
            "acting, or go on without."
        )
    cells = "".join(
        f'<tr><th scope="row">{EMOTION_NAMES[row["asked"]]}</th>{_cell(row, "before", right)}{_cell(row, "after", right)}</tr>'
        for row in sorted(rows, key=lambda row: LABELS.index(row["asked"]))
    )
    return (
        f'<p class="changed">{words}</p><table class="changes"><thead><tr><th scope="col">You meant</th><th scope="col">'
        f'Before</th><th scope="col">Now</th></tr></thead><tbody>{cells}</tbody></table>'
        '<p class="hint">Each take is scored with what the five others say of your voice, never with itself.</p>'
    )


def _cell(row: dict, when: str, right: Callable[[dict, str], bool]) -> str:
    scores = row[when]
    top = max(scores, key=scores.__getitem__)
    sign = '<span class="right" title="as you meant it">✓</span>' if right(row, when) else ""
    return (
        f'<td><i class="dot" style="--colour: var(--emotion-{top})" aria-hidden="true"></i>{EMOTION_NAMES[top]} '
        f"{percent(scores[top])}{sign}</td>"
    )


def _open() -> str:
    return (
        '<button type="button" data-voice="choose">Open a saved profile</button>'
        '<input type="file" accept=".json,application/json" hidden tabindex="-1" aria-label="Profile file">'
    )


def _quietly(known: Known) -> str:
    return (
        f'<label class="quietly"><input type="checkbox" data-voice="quietly"{" checked" if known.quietly else ""}>'
        "<span>Learn from my other recordings of this sitting, too</span></label>"
    )
