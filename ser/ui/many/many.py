"""The inner tab "Many files": the page sends files in batches, and each batch is scored when it is its turn.

Files have names of the page's own making in the upload folder, which hold no name of a person's file, and which no other
recording has: so a file can be deleted as soon as it is scored.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any, TypedDict

import gradio as gr
from gradio.utils import get_upload_folder

from ser.audio.endings import SOUND_ENDINGS
from ser.errors import UserError
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Recognition, Unscored
from ser.recognition.voice_profile import Profile
from ser.ui.many.turns import CrowdedError, Turns, score_in_turn
from ser.ui.page.requests import checks_request
from ser.ui.page.served_files import start_module
from ser.ui.page.server_functions import STALE
from ser.ui.parts.own_emotions import colours_of

MAX_FILES = 100  # of a batch
UPLOAD_NAME = re.compile(
    r"many-[0-9a-f]{12}-\d{1,7}(\.[A-Za-z0-9]{1,5})?"
)  # as scripts/sending.js makes them
KEYS = (  # of `Recognition.to_dict`
    *("duration_s", "scores", "top", "verdict", "reason", "voice_s"),
    *("error", "heard", "intensity", "adaptation", "warning"),
)

COLUMNS = {
    "name": "File",
    "emotion": "Sounds",
    "score": "Score",
    "intensity": "Intensity",
    "length": "Length",
}
SORTS = {
    "order": "As chosen",
    "name": "By name",
    "emotion": "By emotion",
    "-score": "Surest first",
    "score": "Least sure first",
    "-intensity": "Strongest first",
    "-length": "Longest first",
}
NOTE = (
    "Files are sent in small batches, and deleted as soon as they are scored. Their names and this list stay in this browser: save "
    "the table before you close the page."
)


class BatchRequest(TypedDict):
    """Files that the page has uploaded.

    Attributes
    ----------
    paths : in the upload folder
    profile : of the speaker of all files, as JSON; None without one
    """

    paths: list[str]
    profile: str | None


def build(get_recognizer: Callable[[], Recognizer], *, speaker: gr.State, turns: Turns) -> None:
    """Add the contents of the tab.

    Parameters
    ----------
    get_recognizer : returns the recognizer, waiting for it if necessary
    speaker : state with the `ser.ui.record.speaker.Speaker` of the page
    turns : shared by all who score many files
    """

    @checks_request(BatchRequest)
    def score_batch(request: BatchRequest) -> dict:
        return answer_batch(request, recognizer=get_recognizer(), turns=turns)

    widget = gr.HTML(
        markup(),
        js_on_load=start_module(__file__, "scripts/many.js"),
        server_functions=[score_batch],
        elem_id="many",
        profile=None,  # of the speaker of this page, as JSON
        known_takes=0,
    )

    def offer(speaker: Any) -> gr.HTML:
        profile = speaker.profile
        return gr.HTML(
            profile=profile.to_json() if profile else None, known_takes=len(profile.logits) if profile else 0
        )

    speaker.change(offer, speaker, widget, api_visibility="private", show_progress="hidden")


def answer_batch(request: BatchRequest, *, recognizer: Recognizer, turns: Turns) -> dict[str, Any]:
    """Score a batch and delete its files.

    Returns
    -------
    dict with `rows`, an answer for each of the first files: all of them, if there was time; `network`, which changes
    with what scored them; and `emotions`, a list of code, name and colour. Or `{"busy": True}` if too many others wait,
    in which case the files are still there; or `{"gone": True}` if a file is not there any more, or never was
    """
    if not 0 < len(request["paths"]) <= MAX_FILES:
        raise UserError(STALE)
    files = [file for path in request["paths"] if (file := uploaded(path))]
    if len(files) < len(request["paths"]):
        return {"gone": True}  # the app has started again since, or deleted it as too old
    profile = Profile.from_json(request["profile"]) if request["profile"] else None
    if profile is not None:
        recognizer.check_profile(profile)
    try:
        answers = score_in_turn(
            [str(file) for file in files], recognizer=recognizer, turns=turns, profile=profile
        )
    except CrowdedError:
        return {"busy": True}
    for file in files[: len(answers)]:
        with suppress(OSError):
            file.unlink()
    adaptation = recognizer.adaptation
    return {
        "rows": [row_of(answer) for answer in answers],
        "network": f"{recognizer.checkpoint_id} {adaptation.name if adaptation else ''}".strip(),
        "emotions": emotions_of(answers),
    }


def uploaded(path: object) -> Path | None:
    """Return the path of a file that this tab has uploaded; None for any other path."""
    try:
        file = Path(str(path)).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # deleted, a loop of links, a null character
        return None
    folder = Path(get_upload_folder()).resolve()
    is_ours = UPLOAD_NAME.fullmatch(file.name) and file.is_relative_to(folder) and file.is_file()
    return file if is_ours else None


def row_of(answer: Recognition | Unscored) -> dict[str, Any]:
    """Return an answer without what is long or names a path: without its windows and the quality of its recording."""
    whole = answer.to_dict()
    return {key: whole[key] for key in KEYS}


def emotions_of(answers: list[Recognition | Unscored]) -> list[dict[str, str]]:
    """Return code, name and colour of each emotion that the answers name: those of an adaptation, or the six."""
    adapted = next((answer.adapted for answer in answers if isinstance(answer, Recognition)), None)
    names = EMOTION_NAMES if adapted is None or tuple(adapted.scores) == LABELS else adapted.names
    colours = colours_of(names)
    return [{"code": code, "name": name, "colour": colours[code]} for code, name in names.items()]


def markup() -> str:
    """Return the HTML of the tab before any file was chosen."""
    six = [
        {"code": label, "name": EMOTION_NAMES[label], "colour": f"var(--emotion-{label})"} for label in LABELS
    ]
    emotions = "".join(f'<option value="{label}">{EMOTION_NAMES[label]}</option>' for label in LABELS)
    sorts = "".join(f'<option value="{key}">{name}</option>' for key, name in SORTS.items())
    heads = "".join(
        f'<div class="cell {key}" role="columnheader" data-sort="{key}"><button type="button">{name}</button></div>'
        for key, name in COLUMNS.items()
    )
    return f"""<section class="many" data-state="empty" data-endings="{" ".join(sorted(SOUND_ENDINGS))}" data-emotions="{escape(json.dumps(six))}" aria-label="Many files">
<div class="many-choose">
<p class="many-lead">Score a whole folder, and take the table with you.</p>
<div class="many-buttons"><button type="button" class="main" data-do="files">Choose files</button>
<button type="button" data-do="folder">Choose a folder</button><span class="hint">or drop them here</span></div>
<input type="file" class="many-files" multiple accept="audio/*,video/mp4,video/webm" hidden aria-label="Sound files" tabindex="-1">
<input type="file" class="many-folder" webkitdirectory hidden aria-label="Folder of sound files" tabindex="-1">
<label class="many-voice" hidden><input type="checkbox"><span></span></label>
<p class="hint many-note">{escape(NOTE)}</p>
</div>
<p class="many-said" role="status" hidden></p>
<div class="many-progress" hidden>
<div class="many-bar"><progress max="1" value="0" aria-label="Files scored"></progress><p class="many-count"></p></div>
<div class="many-buttons"><button type="button" data-do="stop">Stop</button>
<button type="button" class="main" data-do="go" hidden>Go on</button>
<button type="button" data-do="retry" hidden>Try failed ones again</button>
<button type="button" data-do="rescore" hidden>Score all again</button>
<button type="button" data-do="csv">Save as CSV</button><button type="button" data-do="json">Save as JSON</button>
<button type="button" data-do="picture">Save the summary as PNG</button>
<button type="button" data-do="clear">Clear the list</button></div>
</div>
<div class="many-results" hidden>
<div class="many-list">
<div class="many-filter"><input type="search" placeholder="Find a name" aria-label="Find a name">
<select class="many-kind" aria-label="Show"><option value="">All files</option>{emotions}<option value="unsure">Not sure</option>
<option value="no_voice">No voice</option><option value="failed">Not scored</option></select>
<select class="many-sort" aria-label="Sort by">{sorts}</select><p class="many-shown"></p></div>
<div class="many-table" role="grid" tabindex="0" aria-label="Files; Enter opens one in Inspect">
<div class="head" role="row">{heads}</div><div class="body" role="rowgroup"></div></div>
</div>
<figure class="many-summary" aria-label="Summary"></figure>
</div>
</section>"""
