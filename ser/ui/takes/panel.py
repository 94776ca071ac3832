"""How the takes of a sitting look in the side panel."""

from html import escape
from urllib.parse import quote

from ser.labels import EMOTION_NAMES
from ser.recognition.result import Recognition
from ser.ui.parts.result import VERDICT_WORDS, inspect_button, percent
from ser.ui.takes.take import LONGEST_NAME, MAX_TAKES, Take
from ser.util.text import counted

EMPTY = (
    '<p class="empty">Each recording gets a place here with its result: play it again, name it, '
    "put two side by side, or take the list with you.</p>"
)
FULL = f'<p class="full">Only the newest {MAX_TAKES} takes are kept: the oldest go.</p>'


def draw_panel(takes: list[Take], deleted: Take | None) -> str:
    """Draw the list, newest first. The script fills in local times, the host, and what is chosen."""
    rows = "".join(_row(take) for take in reversed(takes))
    middle = f'<ol class="takes" tabindex="-1">{rows}</ol>' if takes else EMPTY
    count = counted("take", len(takes))
    return (
        f'<button type="button" class="toggle" data-do="toggle" data-key="toggle" aria-controls="sitting-panel" '
        f'aria-expanded="false"><span>Takes</span><b>{len(takes)}</b></button>'
        f'<aside id="sitting-panel" aria-label="Takes of this sitting"><header><h2>This sitting</h2>'
        f'<span class="count">{count}</span><button type="button" class="close" data-do="toggle" '
        f'data-key="close" aria-label="Hide the takes">›</button></header>'
        f"{FULL if len(takes) == MAX_TAKES else ''}{middle}"
        f'{_undo(deleted) if deleted else ""}<p class="told" role="status" hidden></p>'
        f'{_tools(len(takes)) if takes else ""}<p class="privacy"></p></aside>'
        f"{_question(count) if takes else ''}"
    )


def verdict_words(recognition: Recognition) -> str:
    """Say a verdict in a few words, such as "Angry 62%, leaning"."""
    if recognition.verdict == "no_voice":
        return "No voice found"
    top = recognition.top
    return f"{EMOTION_NAMES[top]} {percent(recognition.scores[top])}, {VERDICT_WORDS[recognition.verdict].lower()}"


def verdict_dot(recognition: Recognition) -> str:
    """A dot in the emotion's colour: full when sure, half when leaning, else a ring."""
    kind = recognition.verdict.replace("_", "-")
    return f'<i class="dot {kind}" style="--colour: var(--emotion-{recognition.top})" aria-hidden="true"></i>'


def sound_address(take: Take) -> str:
    """Return where the page gets the take's sound, relative to itself."""
    return f"gradio_api/file={quote(take.file)}"


def _row(take: Take) -> str:
    key, name = escape(take.id, quote=True), escape(take.name, quote=True)
    asked = {"kind": "upload", "key": take.file, "name": take.name}
    return (
        f'<li data-id="{key}" data-time="{take.time}">'
        f'<button type="button" class="play" data-do="play" data-key="play-{key}" aria-pressed="false" '
        f'data-sound="{escape(sound_address(take), quote=True)}" aria-label="Play {name}"></button>'
        f'<input class="name" type="text" data-key="name-{key}" value="{name}" maxlength="{LONGEST_NAME}" '
        f'aria-label="Name of the take" autocomplete="off" spellcheck="false">'
        f'<button type="button" class="delete" data-do="delete" data-key="delete-{key}" '
        f'aria-label="Delete {name}" title="Delete">×</button>'
        f'<span class="verdict">{verdict_dot(take.recognition)}{verdict_words(take.recognition)}</span>'
        f'<div class="foot"><time datetime="{take.time}">{take.time[11:16]}</time>'
        f"{inspect_button(asked, f'Inspect {take.name}', f'look-{take.id}')}"
        f'<label class="choose"><input type="checkbox" data-key="choose-{key}" '
        f'aria-label="Choose {name} for comparing">Compare</label></div></li>'
    )


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


def _question(count: str) -> str:
    return (
        f'<dialog class="ask" aria-labelledby="ask-words"><p id="ask-words">Delete {count}, with what was recorded? '
        'This can not be undone.</p><form method="dialog"><button value="keep" autofocus>Keep</button>'
        '<button value="delete" class="all">Delete all</button></form></dialog>'
    )
