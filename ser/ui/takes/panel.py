"""The side panel with the takes of a session, as HTML."""

from html import escape

from ser.labels import EMOTION_NAMES
from ser.recognition.result import Recognition
from ser.recognition.story import story_of
from ser.ui.page.served_files import file_address
from ser.ui.parts.own_emotions import colours_of, own_answer
from ser.ui.parts.result import VERDICT_WORDS, InspectRequest, inspect_button
from ser.ui.parts.shares import percent
from ser.ui.takes.take import MAX_NAME_LENGTH, MAX_TAKES, Take
from ser.util.text import counted

EMPTY = '<p class="empty">Recordings appear here: replay, rename, compare, export.</p>'
FULL = f'<p class="full">Only the newest {MAX_TAKES} takes are kept; older ones are deleted.</p>'


def draw_panel(takes: list[Take], deleted: Take | None) -> str:
    """Draw the takes, newest first, and the offer to undo a deletion; sitting.js fills in times and choices."""
    rows = "".join(_row(take) for take in reversed(takes))
    content = f'<ol class="takes" tabindex="-1">{rows}</ol>' if takes else EMPTY
    count = counted("take", len(takes))
    return (
        f'<button type="button" class="toggle" data-do="toggle" data-key="toggle" aria-controls="sitting-panel" '
        f'aria-expanded="false"><span>Takes</span><b>{len(takes)}</b></button>'
        f'<aside id="sitting-panel" aria-label="Takes of this session"><header><h2>This session</h2>'
        f'<span class="count">{count}</span><button type="button" class="close" data-do="toggle" '
        f'data-key="close" aria-label="Hide the takes">›</button></header>'
        f"{FULL if len(takes) == MAX_TAKES else ''}{content}"
        f'{_undo(deleted) if deleted else ""}<p class="told" role="status" hidden></p>'
        f'{_tools(len(takes)) if takes else ""}<p class="privacy"></p></aside>'
    )


def verdict_words(recognition: Recognition) -> str:
    """Format a verdict in a few words, for example "Angry 62%, leaning"; or tell how the recording changes."""
    if recognition.verdict == "no_voice":
        return "No voice found"
    if told := story_of(recognition):
        return told.removesuffix(".")
    if own := own_answer(recognition):
        return f"{own.names[own.top]} {percent(own.scores[own.top])}, {VERDICT_WORDS[own.verdict].lower()}"
    top = recognition.top
    return f"{EMOTION_NAMES[top]} {percent(recognition.scores[top])}, {VERDICT_WORDS[recognition.verdict].lower()}"


def verdict_dot(recognition: Recognition) -> str:
    """Draw a dot in the emotion's colour: full if sure, half full if leaning, otherwise a ring; grey if it changes."""
    answer = own_answer(recognition) or recognition
    if answer.verdict != "no_voice" and story_of(recognition):
        return '<i class="dot unsure" style="--colour: var(--muted)" aria-hidden="true"></i>'
    kind, colour = answer.verdict.replace("_", "-"), colours_of(answer.scores)[answer.top]
    return f'<i class="dot {kind}" style="--colour: {colour}" aria-hidden="true"></i>'


def sound_address(take: Take) -> str:
    """Return the URL of the take's decoded sound, relative to the page."""
    return file_address(take.played or take.file)


def _row(take: Take) -> str:
    key, name = escape(take.id, quote=True), escape(take.name, quote=True)
    request: InspectRequest = {"kind": "upload", "key": take.file, "name": take.name}
    return (
        f'<li data-id="{key}" data-time="{take.time}">'
        f'<button type="button" class="play" data-do="play" data-key="play-{key}" aria-pressed="false" '
        f'data-sound="{escape(sound_address(take), quote=True)}" aria-label="Play {name}"></button>'
        f'<input class="name" type="text" data-key="name-{key}" value="{name}" maxlength="{MAX_NAME_LENGTH}" '
        f'aria-label="Name of the take" autocomplete="off" spellcheck="false">'
        f'<button type="button" class="delete" data-do="delete" data-key="delete-{key}" '
        f'aria-label="Delete {name}" title="Delete">×</button>'
        f'<span class="verdict">{_verdict(take)}</span>'
        f'<div class="foot"><time datetime="{take.time}">{take.time[11:16]}</time>'
        f"{inspect_button(request, words=f'Inspect {take.name}', key=f'look-{take.id}')}"
        f'<label class="choose"><input type="checkbox" data-key="choose-{key}" '
        f'aria-label="Choose {name} to compare">Compare</label></div></li>'
    )


def _verdict(take: Take) -> str:
    """Draw the verdict; of a take that teaches the voice, only what was asked for."""
    if take.asked and take.recognition.verdict != "no_voice":
        return f"Teaching: {EMOTION_NAMES[take.asked].lower()}"
    return verdict_dot(take.recognition) + escape(verdict_words(take.recognition))


def _undo(take: Take) -> str:
    return (
        f'<div class="undo" role="status" data-id="{escape(take.id, quote=True)}"><span>Deleted '
        f'<b>{escape(take.name)}</b></span><button type="button" data-do="undo" data-key="undo">Undo</button></div>'
    )


def _tools(n_takes: int) -> str:
    return (
        '<div class="compare"><span class="chosen" role="status"></span>'
        '<button type="button" data-do="compare" data-key="compare" disabled>Side by side</button></div>'
        '<div class="tools"><button type="button" data-do="csv" data-key="csv" aria-label="Save all as CSV">CSV'
        '</button><button type="button" data-do="json" data-key="json" aria-label="Save all as JSON">JSON</button>'
        '<button type="button" class="all" data-do="ask" data-key="ask">Delete all</button></div>'
    )
