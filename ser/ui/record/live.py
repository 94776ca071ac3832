"""Live mode: the scores follow a voice while it speaks.

The page records the sound and asks for the scores of each piece. gradio's own streaming would write every tenth of a
second to a file and lose the pieces that arrive while another is being scored.
"""

import base64
import binascii
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TypedDict

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder

from ser.errors import UserError
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.live import LiveScorer, Reading
from ser.recognition.reason import what_listeners_hear
from ser.recognition.recognizer import Recognizer
from ser.recognition.story import Step, story
from ser.recognition.voice_profile import Profile
from ser.ui.page.served_files import start_module
from ser.ui.page.server_functions import returns_problem
from ser.ui.parts.own_emotions import colours_of
from ser.ui.parts.result import score_file
from ser.ui.parts.shares import percent
from ser.ui.record import microphone
from ser.ui.record.speaker import Speaker
from ser.ui.takes.take import Take, add, make_take
from ser.util.text import counted

MAX_CONCURRENT = 2  # windows scored at the same time; another session waits, and then gets its newest window
MAX_SESSIONS = 32
IDLE_S = 60.0
MAX_CHUNK = 4_000_000  # characters of base64: 7 s at the highest rate; the page sends 3 s at most
MIN_SECOND_SCORE = 0.1  # lowest score at which a sure verdict names the second emotion
MIN_STEP_S = 1.2  # three readings; what is shorter is the change between two emotions

BEFORE = ("", "Ready", "Press Start or R, then speak. The scores follow your voice.")

MINUTE, WHOLE = "The last minute.", "The whole session."
HOW_TO_READ = (
    "Each row shows one emotion: the taller the column, the higher the score. The highest score is in full colour; "
    "grey means no speech."
)
NOTE = (
    "Each score covers the last three seconds of sound. The sound goes to the computer that runs this app, stays in "
    "its memory for those three seconds and is never written to a file. After Stop it is gone, unless you then keep "
    "the last half minute as a take."
)
NO_SOUND = "The page sent no sound: reload it and press Start again."


@dataclass(frozen=True)
class Chunk:
    """A piece of sound that the page sent.

    Attributes
    ----------
    session : name of the session
    rate : sample rate in Hz
    samples : (n,) int16
    lost_s : seconds of sound before this piece that the page did not send
    """

    session: str
    rate: int
    samples: np.ndarray
    lost_s: float = 0.0


class ShownReading(TypedDict):
    """A reading as the page shows it.

    Attributes
    ----------
    time_s : end of the scored window in the session, in seconds
    verdict : "sure", "leaning", "unsure" or "no_voice"
    scores : in the order of the emotions that `start` told the page; None without a voice
    percents : the scores as text
    top : index of the highest score; None without a voice
    manner, word, sentence : see `describe`
    """

    time_s: float
    verdict: str
    scores: list[float] | None
    percents: list[str]
    top: int | None
    manner: str
    word: str
    sentence: str


@dataclass
class _Session:
    scorer: LiveScorer
    lock: threading.Lock
    used: float  # time of the last chunk, by the clock of `Sessions`


class Sessions:
    """The scorers of all live sessions, each under a name that nobody can guess.

    A session ends when it is stopped. When another one starts, sessions that were idle for a minute end too, and if
    there are too many, so does the one that was idle longest.

    Parameters
    ----------
    get_recognizer : returns the recognizer, waiting for it if necessary
    clock : returns the time in seconds
    """

    def __init__(self, get_recognizer: Callable[[], Recognizer], clock: Callable[[], float] = time.monotonic):
        self._get_recognizer, self._clock = get_recognizer, clock
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._lock = threading.Lock()
        self._scoring = threading.BoundedSemaphore(MAX_CONCURRENT)

    def __len__(self) -> int:
        return len(self._sessions)

    def start(self, profile: Profile | None = None) -> str:
        """Start a session and return its name; raise `ProfileError` if the profile is of another network."""
        recognizer = self._get_recognizer()
        if profile is not None:
            recognizer.check_profile(profile)
        scorer, name = LiveScorer(recognizer, profile), secrets.token_urlsafe(16)
        with self._lock:
            now = self._clock()
            for other, session in list(self._sessions.items()):
                if now - session.used > IDLE_S or len(self._sessions) >= MAX_SESSIONS:
                    del self._sessions[other]
            self._sessions[name] = _Session(scorer, threading.Lock(), now)
        return name

    def names_of(self, name: str) -> dict[str, str]:
        """Return the emotions of a session by code: those of an adaptation where it has its own, otherwise the six."""
        with self._lock:
            session = self._sessions.get(name)
        return session.scorer.names if session else dict(EMOTION_NAMES)

    def hear(self, chunk: Chunk) -> Reading | None:
        """Feed a chunk to its session, and return a reading if there is a new one."""
        with self._lock:
            if chunk.session not in self._sessions:
                raise UserError("This session has ended: press Start to begin a new one.")
            session = self._sessions[chunk.session]
            session.used = self._clock()
            self._sessions.move_to_end(chunk.session)
        with session.lock, self._scoring:
            if chunk.lost_s > 0:
                session.scorer.skip(chunk.lost_s)
            return session.scorer.feed(chunk.rate, chunk.samples)

    def stop(self, name: str) -> LiveScorer | None:
        """End a session and return its scorer, or None if it had already ended."""
        with self._lock:
            session = self._sessions.pop(name, None)
        return session.scorer if session else None


def build(get_recognizer: Callable[[], Recognizer], *, takes: gr.State, speaker: gr.State) -> None:
    """Add the live mode.

    Parameters
    ----------
    get_recognizer : returns the recognizer, waiting for it if necessary
    takes : state with the takes of the session, `list[Take]`; "Keep" adds one
    speaker : state with the `Speaker` of the page
    """
    sessions = Sessions(get_recognizer)

    @returns_problem
    def start(profile: str | None) -> dict:
        session = sessions.start(Profile.from_json(profile) if profile else None)
        names = sessions.names_of(session)
        colours = colours_of(names) if names != EMOTION_NAMES else {}
        emotions = [
            {"code": code, "name": name, "colour": colours.get(code, f"var(--emotion-{code})")}
            for code, name in names.items()
        ]
        return {"session": session, "emotions": emotions}

    @returns_problem
    def hear(message: dict) -> dict:
        chunk = unpack(message)
        reading = sessions.hear(chunk)
        return {"reading": reading and show_reading(reading, names=sessions.names_of(chunk.session))}

    def stop(session: str) -> dict:
        scorer = sessions.stop(str(session))
        return {} if scorer is None else show_summary(scorer)

    def keep(takes: list[Take], speaker: Speaker, event: gr.EventData) -> list[Take]:
        try:
            return add(
                takes, keep_sound(str(event.path), recognizer=get_recognizer(), profile=speaker.profile)
            )
        except UserError as error:
            raise gr.Error(str(error)) from None

    widget = gr.HTML(
        markup(),
        js_on_load=start_module(__file__, "scripts/live.js", events=("keep",)),
        server_functions=[start, hear, stop],
        elem_id="live",
        profile=None,  # of the next session, as JSON
    )
    speaker.change(
        lambda speaker: gr.HTML(profile=speaker.profile.to_json() if speaker.profile else None),
        speaker,
        widget,
        api_visibility="private",
        show_progress="hidden",
    )
    keeping = widget.keep(keep, [takes, speaker], takes, api_visibility="private", show_progress="hidden")
    dispatch = "() => { window.dispatchEvent(new Event('live-kept')); return []; }"
    keeping.success(None, None, None, js=dispatch, api_visibility="private")


def keep_sound(path: str, *, recognizer: Recognizer, profile: Profile | None = None) -> Take:
    """Return a take of a sound that the page has uploaded; raise `UserError` for any other file."""
    file = Path(path).resolve()
    if not file.is_relative_to(Path(get_upload_folder()).resolve()):
        raise UserError(NO_SOUND)
    return make_take(
        score_file(str(file), recognizer=recognizer, name="Live", profile=profile), source="live"
    )


def unpack(message: dict) -> Chunk:
    """Return the chunk of a message from the page; raise `UserError` for anything else."""
    try:
        sound = str(message["sound"])
        if len(sound) > MAX_CHUNK:
            raise ValueError
        samples = np.frombuffer(base64.b64decode(sound, validate=True), "<i2")
        lost_s = float(message["lost_s"])
        if not np.isfinite(lost_s):
            raise ValueError
        return Chunk(str(message["session"]), int(message["rate"]), samples, lost_s)
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error):
        raise UserError(NO_SOUND) from None


def show_reading(reading: Reading, *, names: Mapping[str, str] = EMOTION_NAMES) -> ShownReading:
    """Return a reading as the page shows it; `names` are those of its emotions, by code."""
    manner, word, sentence = describe(reading, names=names)
    scores = reading.own or reading.scores
    return {
        "time_s": round(reading.time_s, 3),
        "verdict": reading.verdict,
        "scores": [round(score, 4) for score in scores] if scores else None,
        "percents": [percent(score) for score in scores] if scores else ["–"] * len(names),
        "top": int(np.argmax(scores)) if scores else None,
        "manner": manner,
        "word": word,
        "sentence": sentence,
    }


def describe(reading: Reading, *, names: Mapping[str, str] = EMOTION_NAMES) -> tuple[str, str, str]:
    """Return how sure a reading is, one large word for the whole room, and a sentence; `names` as in `show_reading`.

    >>> describe(Reading(3.0, "sure", (0.9, 0.02, 0.02, 0.02, 0.02, 0.02)))
    ('Sounds', 'Angry', '90%, a clear lead.')
    >>> describe(Reading(3.0, "no_voice"))
    ('', 'No voice', 'No speech right now, so there is nothing to score.')
    """
    if reading.silent:
        return (
            "",
            "Silence",
            "There is no sound at all. Check that the right microphone is selected and switched on.",
        )
    scores = reading.own or reading.scores
    if scores is None:
        return "", "No voice", "No speech right now, so there is nothing to score."
    first, second = sorted(range(len(scores)), key=lambda i: -scores[i])[:2]
    high, low = percent(scores[first]), percent(scores[second])
    words = list(names.values())
    name, other = words[first], words[second].lower()
    reason = reading.reason
    if reading.verdict == "unsure":
        why = f" {reason.why}" if reason and reason.kind == "short" else ""
        return "", "Not sure", f"Highest: {name.lower()} ({high}), {other} ({low}).{why}"
    if reading.verdict == "leaning":
        if reason and reason.kind == "listeners" and reading.heard:
            shares = dict(zip(LABELS, reading.heard, strict=True))
            return "Leaning towards", name, f"{high}; {what_listeners_hear(shares)}."
        return "Leaning towards", name, f"{high}, followed by {other} ({low})."
    rest = f"followed by {other} ({low})" if scores[second] >= MIN_SECOND_SCORE else "a clear lead"
    return "Sounds", name, f"{high}, {rest}."


def show_summary(scorer: LiveScorer) -> dict:
    """Return what the page shows after Stop.

    Returns
    -------
    dict with `summary`, a `ShownReading` with the average of all readings, and `timeline`, a list of the time and the
    scores, or None without a voice, of every reading
    """
    reading, n_readings = scorer.summary()
    summary = show_reading(reading, names=scorer.names)
    if n_readings:
        summary["manner"] = f"Overall: {summary['manner'].lower()}".rstrip(": ")
        sentence = summary["sentence"]
        mark = ";" if sentence.startswith("Highest") else ":"
        summary["sentence"] = (
            f"Average of {counted('reading', n_readings)}{mark} {sentence[0].lower()}{sentence[1:]}"
        )
        if told := story(_steps(scorer), min_s=MIN_STEP_S, names=scorer.names):
            summary["sentence"] += f" {told}"
        elif reading.reason:
            why = "" if reading.reason.kind == "listeners" else f" {reading.reason.why}"
            summary["sentence"] += f"{why} {reading.reason.cure}"
    else:
        summary["word"], summary["sentence"] = "No voice", "No voice was heard, so there are no scores."
    timeline = [
        [round(past.time_s, 2), scores and [round(score, 3) for score in scores]]
        for past in scorer.history
        for scores in [past.own or past.scores]
    ]
    return {"summary": summary, "timeline": timeline}


def markup() -> str:
    """Return the HTML of the live mode before Start."""
    manner, word, sentence = BEFORE
    rows = "".join(
        f'<li data-label="{label}"><span class="name" data-name="{EMOTION_NAMES[label]}">{EMOTION_NAMES[label]}</span><span class="track" '
        f'aria-hidden="true"><span class="fill" style="--score: 0; --colour: var(--emotion-{label})"></span></span>'
        '<span class="percent">–</span></li>'
        for label in LABELS
    )
    lanes = "".join(
        f'<li style="--colour: var(--emotion-{label})"><span>{EMOTION_NAMES[label]}</span></li>'
        for label in LABELS
    )
    return f"""<section class="live" data-state="idle" data-whole-caption="{WHOLE} {HOW_TO_READ}" aria-label="Live">
<div class="live-controls">
<button type="button" class="live-start">Start</button>
<span class="live-clock" role="timer" aria-label="Time">0:00</span>
<span class="live-level"><span class="live-meter" aria-hidden="true"><span></span></span><span class="live-loudness"></span></span>
<button type="button" class="live-keep" hidden></button>
<button type="button" class="live-wall">Wall view</button>
<button type="button" class="live-screen">Full screen</button>
{microphone.CHOICE}
</div>
<p class="warning live-problem" role="alert" hidden></p>
<div class="live-now">
<div class="live-verdict"><p class="live-manner">{manner}</p><p class="live-word">{word}</p>
<p class="live-sentence">{escape(sentence)}</p></div>
<ul class="bars live-bars" aria-label="Scores">{rows}</ul>
</div>
<p class="live-said" role="status"></p>
<figure class="live-timeline">
<ul aria-hidden="true">{lanes}</ul>
<canvas role="img" aria-label="Timeline: a row for each emotion, a column for each moment. The taller the column, the higher the score."></canvas>
<figcaption>{MINUTE} {HOW_TO_READ}</figcaption>
</figure>
<p class="live-note">{NOTE}</p>
</section>"""


def _steps(scorer: LiveScorer) -> list[Step]:
    """Return the emotion of each reading, and the time until the next one; an old reading may stand for several."""
    readings, codes = list(scorer.history), list(scorer.names)
    times_s = [reading.time_s for reading in readings]
    steps: list[Step] = []
    for reading, later_s in zip(readings, [*times_s[1:], scorer.time_s], strict=True):
        scores = reading.own or reading.scores
        is_clear = reading.verdict in ("sure", "leaning")
        top = codes[int(np.argmax(scores))] if scores and is_clear else None
        steps.append((top, later_s - reading.time_s))
    return steps
