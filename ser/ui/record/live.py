"""Live: the scores follow a voice while it is spoken.

The page keeps the microphone and asks for the scores of what it heard; gradio's own streaming would write
each tenth of a second to a file, and lose those that come while one is scored.
"""

import base64
import binascii
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from html import escape
from pathlib import Path

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder

from ser.errors import UserError
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.live import LiveScorer, Reading
from ser.recognition.recognizer import Recognizer
from ser.recognition.voice_profile import Profile
from ser.ui.page.served_files import read_beside
from ser.ui.page.server_functions import returns_problem
from ser.ui.parts import result
from ser.ui.parts.result import percent
from ser.ui.record.known_voice import Known
from ser.ui.takes.take import Take, add, make_take

AT_ONCE = 2  # windows scored side by side; who comes third waits, and gets the newest window then
MOST_SESSIONS = 32
IDLE_S = 60.0
LONGEST_CHUNK = 4_000_000  # characters of base64: 7 s at the highest rate; the page sends 3 s at most

BEFORE = ("", "Ready", "Press Start, or R, and speak: the scores follow your voice.")

MINUTE, WHOLE = "The last minute.", "The whole session."
READING = "A row for each emotion: the higher a column, the higher the score. The strongest is in full colour, grey is no voice."
NOTE = (
    "Every score is about the last three seconds of sound. They go to the computer that runs this app, stay in its "
    "memory for these three seconds and are never written to a file: nothing is left after Stop, "
    "unless you then keep the last half minute as a take."
)


class Sessions:
    """The scorers of all who are live now, each under a name that nobody can guess.

    A session ends when it is stopped, or when others come and it was idle for a minute or is the one of
    too many that was quiet longest.
    """

    def __init__(self, get_recognizer: Callable[[], Recognizer], clock: Callable[[], float] = time.monotonic):
        self._get_recognizer, self._clock = get_recognizer, clock
        self._scorers: OrderedDict[str, tuple[LiveScorer, threading.Lock, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._scoring = threading.BoundedSemaphore(AT_ONCE)

    def __len__(self) -> int:
        return len(self._scorers)

    def start(self, profile: Profile | None = None) -> str:
        """Return the name of a new session; `ProfileError` for a profile of another network."""
        recognizer = self._get_recognizer()
        if profile is not None:
            recognizer.check_profile(profile)
        scorer, name = LiveScorer(recognizer, profile), secrets.token_urlsafe(16)
        with self._lock:
            now = self._clock()
            for other, (*_, used) in list(self._scorers.items()):
                if now - used > IDLE_S or len(self._scorers) >= MOST_SESSIONS:
                    del self._scorers[other]
            self._scorers[name] = scorer, threading.Lock(), now
        return name

    def hear(self, name: str, rate: int, samples: np.ndarray, lost_s: float = 0.0) -> Reading | None:
        """Feed a chunk to a session; `lost_s` of sound before it never came."""
        with self._lock:
            if name not in self._scorers:
                raise UserError("This session has ended: press Start to begin a new one.")
            scorer, alone, _ = self._scorers[name]
            self._scorers[name] = scorer, alone, self._clock()
            self._scorers.move_to_end(name)
        with alone, self._scoring:
            if lost_s > 0:
                scorer.skip(lost_s)
            return scorer.feed(rate, samples)

    def stop(self, name: str) -> LiveScorer | None:
        """End a session and return its scorer; None where it has ended before."""
        with self._lock:
            return self._scorers.pop(name, (None,))[0]


def build(get_recognizer: Callable[[], Recognizer], takes: gr.State, known: gr.State) -> None:
    """Add all of the live mode. `known` holds the voice of the page, `ser.ui.record.known_voice.Known`."""
    sessions = Sessions(get_recognizer)

    @returns_problem
    def start(profile: str | None) -> dict:
        return {"session": sessions.start(Profile.from_json(profile) if profile else None)}

    @returns_problem
    def hear(message: dict) -> dict:
        reading = sessions.hear(*unpack(message))
        return {"reading": reading and told(reading)}

    def stop(session: str) -> dict:
        scorer = sessions.stop(str(session))
        return {} if scorer is None else summarised(scorer)

    def keep(taken: list[Take], known: Known, event: gr.EventData) -> list[Take]:
        try:
            return add(taken, keep_sound(get_recognizer(), str(event.path), known.profile))
        except UserError as error:
            raise gr.Error(str(error)) from None

    widget = gr.HTML(
        markup(),
        js_on_load=read_beside(__file__, "live.js"),
        server_functions=[start, hear, stop],
        elem_id="live",
        profile=None,  # what the next session is scored with, as JSON
    )
    known.change(
        lambda known: gr.HTML(profile=known.profile.to_json() if known.profile else None),
        known,
        widget,
        api_visibility="private",
        show_progress="hidden",
    )
    kept = widget.keep(keep, [takes, known], takes, api_visibility="private", show_progress="hidden")
    told_so = "() => { window.dispatchEvent(new Event('live-kept')); return []; }"
    kept.success(None, None, None, js=told_so, api_visibility="private")


def keep_sound(recognizer: Recognizer, path: str, profile: Profile | None = None) -> Take:
    """Return a take of the sound that the page has uploaded."""
    file = Path(path).resolve()
    if not file.is_relative_to(Path(get_upload_folder()).resolve()):
        raise UserError("The page sent no sound: reload it and press Start again.")
    heard = result.listen(recognizer, str(file), "Live", profile)
    return make_take(
        heard.name,
        str(file),
        heard.recognition,
        heard.pictured,
        heard.png,
        "live",
        known_takes=heard.known_takes,
    )


def unpack(message: dict) -> tuple[str, int, np.ndarray, float]:
    """Return session, rate, samples (n,) int16 and lost seconds of a message of the page."""
    try:
        sound = str(message["sound"])
        if len(sound) > LONGEST_CHUNK:
            raise ValueError
        samples = np.frombuffer(base64.b64decode(sound, validate=True), "<i2")
        lost_s = float(message["lost_s"])
        if not np.isfinite(lost_s):
            raise ValueError
        return str(message["session"]), int(message["rate"]), samples, lost_s
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error):
        raise UserError("The page sent no sound: reload it and press Start again.") from None


def told(reading: Reading) -> dict:
    """Return a reading as the page shows it: plain JSON values, all words said."""
    manner, word, sentence = say(reading)
    scores = reading.scores
    return {
        "time_s": round(reading.time_s, 3),
        "verdict": reading.verdict,
        "scores": scores and [round(score, 4) for score in scores],
        "percents": [percent(score) for score in scores] if scores else ["–"] * len(LABELS),
        "top": int(np.argmax(scores)) if scores else None,
        "manner": manner,
        "word": word,
        "sentence": sentence,
    }


def say(reading: Reading) -> tuple[str, str, str]:
    """Return how sure it is, the word for the back of the room, and the sentence below it.

    >>> say(Reading(3.0, "sure", (0.9, 0.02, 0.02, 0.02, 0.02, 0.02)))
    ('Sounds', 'Angry', '90%, with nothing else close.')
    >>> say(Reading(3.0, "no_voice"))
    ('', 'No voice', 'Nobody speaks just now: there is nothing to score.')
    """
    if reading.silent:
        return "", "Silence", "Not even noise is heard: is the right microphone chosen, and switched on?"
    scores = reading.scores
    if scores is None:
        return "", "No voice", "Nobody speaks just now: there is nothing to score."
    first, second = sorted(range(len(LABELS)), key=lambda i: -scores[i])[:2]
    high, low = percent(scores[first]), percent(scores[second])
    name, other = EMOTION_NAMES[LABELS[first]], EMOTION_NAMES[LABELS[second]].lower()
    if reading.verdict == "unsure":
        return "", "Not sure", f"{name} ({high}) and {other} ({low}) come first."
    if reading.verdict == "leaning":
        return "Leaning towards", name, f"{high}, more than anything else; then {other} ({low})."
    rest = f"then {other} ({low})" if scores[second] >= 0.1 else "with nothing else close"
    return "Sounds", name, f"{high}, {rest}."


def summarised(scorer: LiveScorer) -> dict:
    """Return what is left after Stop: the mean of all readings, and the timeline of the whole session."""
    reading, voiced = scorer.summary()
    summary = told(reading)
    if voiced:
        summary["manner"] = f"All in all: {summary['manner'].lower()}".rstrip(": ")
        summary["sentence"] = f"The mean of {voiced} readings. {summary['sentence']}"
    else:
        summary["word"], summary["sentence"] = "No voice", "No voice was heard, so there are no scores."
    timeline = [
        [round(past.time_s, 2), past.scores and [round(score, 3) for score in past.scores]]
        for past in scorer.history
    ]
    return {"summary": summary, "timeline": timeline}


def markup() -> str:
    """The page before Start."""
    manner, word, sentence = BEFORE
    rows = "".join(
        f'<li data-label="{label}"><span class="name">{EMOTION_NAMES[label]}</span><span class="track" '
        f'aria-hidden="true"><span class="fill" style="--score: 0; --colour: var(--emotion-{label})"></span></span>'
        '<span class="percent">–</span></li>'
        for label in LABELS
    )
    lanes = "".join(
        f'<li style="--colour: var(--emotion-{label})">{EMOTION_NAMES[label]}</li>' for label in LABELS
    )
    return f"""<section class="live" data-state="idle" data-labels="{" ".join(LABELS)}" data-whole-caption="{WHOLE} {READING}" aria-label="Live">
<div class="live-controls">
<button type="button" class="live-start">Start</button>
<span class="live-clock" role="timer" aria-label="Time">0:00</span>
<span class="live-level"><span class="live-meter" aria-hidden="true"><span></span></span><span class="live-loudness"></span></span>
<button type="button" class="live-keep" hidden></button>
<button type="button" class="live-screen">Fill the screen</button>
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
<canvas role="img" aria-label="Timeline: a row for each emotion, a column for each moment; the higher, the higher the score."></canvas>
<figcaption>{MINUTE} {READING}</figcaption>
</figure>
<p class="live-note">{NOTE}</p>
</section>"""
