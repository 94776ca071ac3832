"""A recognition as people see it: a sentence, what was wrong, six bars, the timeline, the picture."""

import base64
import json
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from ser.audio.features import WINDOW_S, log_mel
from ser.audio.png import render_png
from ser.audio.reading import read_audio
from ser.labels import EMOTION_NAMES, LABELS, NOUNS
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Recognition, Window
from ser.recognition.voice_profile import Profile
from ser.ui.parts import timeline
from ser.util.text import counted

WORTH_NAMING = 0.15  # of the other scores, the ones that a sentence mentions
FULL = 0.97  # of the window: the silence behind it is too narrow to be marked
WHOLE_S = 0.15  # of a recording left out at an end: nobody misses so little
CLOSE = 0.5  # of the highest score: one that reaches so much of it is close

VERDICT_WORDS = {"sure": "Sure", "leaning": "Leaning", "unsure": "Not sure", "no_voice": "No voice"}
VERDICT_SIGNS = {"sure": "●", "leaning": "◐", "unsure": "○", "no_voice": "–"}

READING = (
    "How to read it: time runs from left to right, pitch from low at the bottom to high at the top; the brighter, "
    "the louder. Stripes above each other are the tones of a voice: they rise and fall as its melody does."
)


@dataclass(frozen=True)
class Heard:
    """How a recording was heard, and what it takes to show that.

    Attributes
    ----------
    name : what people call it
    recognition : the recognizer's answer
    pictured : the window that `png` shows
    png : its log-mel picture
    waveform : (m, 2) lowest and highest samples, see `ser.ui.parts.timeline.peaks`
    known_takes : takes of the profile that it was scored with; 0 for an unknown voice
    file : where the app's upload folder has the sound, to open it in the Inspect tab
    """

    name: str
    recognition: Recognition
    pictured: Window
    png: bytes
    waveform: np.ndarray | None = None
    known_takes: int = 0
    file: str = ""


def listen(recognizer: Recognizer, file: str, name: str = "", profile: Profile | None = None) -> Heard:
    """Score a file. Raises `AudioError` with a sentence where there is no sound to score."""
    recording = read_audio(file)
    recognition = recognizer.recognize(recording, profile=profile)
    pictured = max(recognition.windows, key=lambda window: window.scores[recognition.top])
    png = render_png(log_mel(recording.samples[pictured.start : pictured.end]))
    known = len(profile.logits) if profile else 0
    waveform = timeline.peaks(recording.samples)
    return Heard(name or Path(file).stem, recognition, pictured, png, waveform, known, file)


def percent(score: float, digits: int = 0) -> str:
    """Return a score or a share as people read it, without a false zero.

    >>> percent(0.623), percent(0.605, 1), percent(0.002), percent(0.0)
    ('62%', '60.5%', '<1%', '0%')
    """
    least = 10.0 ** -(digits + 2)
    return f"<{least:.{digits}%}" if 0 < score < least / 2 else f"{score:.{digits}%}"


def sentence(scores: dict[str, float], verdict: str) -> str:
    """Say in one plain sentence what six scores and their verdict mean.

    >>> sentence({"ANG": 0.6, "DIS": 0.36, "FEA": 0.01, "HAP": 0.01, "NEU": 0.01, "SAD": 0.01}, "leaning")
    'More angry than anything else, but disgust is close.'
    """
    first, *others = sorted(scores, key=scores.__getitem__, reverse=True)
    best = EMOTION_NAMES[first].lower()
    near = [label for label in others if scores[label] >= WORTH_NAMING]
    if verdict == "no_voice":
        return "No voice was found in this recording."
    if verdict == "sure":
        return f"This sounds {best}."
    if verdict == "leaning":
        if not near:
            return f"More {best} than anything else, but this is not certain."
        nouns = _listed([NOUNS[label] for label in near[:2]], "and")
        if scores[near[0]] >= CLOSE * scores[first]:
            return f"More {best} than anything else, but {nouns} {'are' if len(near) > 1 else 'is'} close."
        return f"More {best} than anything else, with some {nouns.removeprefix('a ')}."
    names = [EMOTION_NAMES[label].lower() for label in others[:2] if scores[label] >= CLOSE * scores[first]]
    if not names:
        return f"Not sure: perhaps {best}."
    return f"Hard to tell: this could be {_listed([best, *names], 'or')}."


def _listed(words: list[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def scored_part(recognition: Recognition, pictured: Window) -> str:
    """Say which part of the recording the scores are about, and which part the picture shows."""
    duration, windows = recognition.duration_s, recognition.windows
    start, end = windows[0].start_s, windows[-1].end_s
    whole = start < WHOLE_S and duration - end < WHOLE_S
    voice = f"{start:.1f} to {end:.1f} s of {duration:.1f} s, where the voice is"
    if len(windows) > 1:
        best = EMOTION_NAMES[recognition.top].lower()
        return (
            f"{f'All {duration:.1f} s were scored' if whole else f'Scored was {voice}'}: {len(windows)} windows of {WINDOW_S:g} s, one each half second; the "
            "scores above are their mean. A lane shows one emotion's score in the window around each moment. The picture "
            f"shows {pictured.start_s:.1f} to {pictured.end_s:.1f} s (framed), the window that sounds most {best}."
        )
    if whole:
        return f"The whole recording was scored: {duration:.1f} s."
    if start == 0 and end == WINDOW_S:
        return f"The first {end:.1f} s of {duration:.1f} s were scored: this network hears no more."
    return f"Scored was {voice}."


def bars(scores: dict[str, float] | None) -> str:
    """Six bars, always in the same order; without scores their places, so that nothing jumps."""
    rows = []
    top = max(scores, key=scores.__getitem__) if scores else None
    for label in LABELS:
        score = scores[label] if scores else 0.0
        words = percent(score) if scores else "–"
        rows.append(
            f'<li class="{"top" if label == top else ""}"><span class="name">{EMOTION_NAMES[label]}</span>'
            f'<span class="track" aria-hidden="true"><span class="fill" style="--score: {score:.4f}; '
            f'--colour: var(--emotion-{label})"></span></span><span class="percent">{words}</span></li>'
        )
    return f'<ul class="bars" aria-label="Scores">{"".join(rows)}</ul>'


def listeners(heard: dict[str, float] | None, top: str) -> str:
    """Say what people would hear who do not know the voice, where the network learned that; else nothing.

    >>> heard = {"ANG": 0.06, "DIS": 0.05, "FEA": 0.04, "HAP": 0.03, "NEU": 0.6, "SAD": 0.22}
    >>> listeners(heard, "SAD")
    '<p class="listeners">Others may hear it differently: of 100 listeners, about 60 would say neutral, 22 sad.</p>'
    """
    if not heard:
        return ""
    first, second, *_ = sorted(heard, key=heard.__getitem__, reverse=True)
    shares = f"about {round(100 * heard[first])} would say {EMOTION_NAMES[first].lower()}"
    if heard[second] >= WORTH_NAMING:
        shares += f", {round(100 * heard[second])} {EMOTION_NAMES[second].lower()}"
    begin = "Of" if first == top else "Others may hear it differently: of"
    return f'<p class="listeners">{begin} 100 listeners, {shares}.</p>'


def picture(
    png: bytes | None, name: str = "", start_s: float = 0.0, sound_s: float = WINDOW_S, reading: str = READING
) -> str:
    """The log-mel PNG with its axes in words, how to read it, and a download; without one its place."""
    if png is None:
        return '<figure class="picture empty"><div class="frame"><span>The picture of the voice</span></div></figure>'
    data = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    file = escape(f"{'_'.join(name.split())}_log-mel.png", quote=True)
    framed = " Framed is what was scored; silence fills the rest." if sound_s < FULL * WINDOW_S else ""
    alt = f"Log-mel spectrogram of {start_s:.1f} to {start_s + WINDOW_S:.1f} s: time to the right, pitch upwards."
    return (
        f'<figure class="picture"><div class="frame"><span class="high">high</span><span class="low">low</span>'
        f'<img src="{data}" width="600" height="600" alt="{alt}">{_scored_window(sound_s)}</div>'
        f'<div class="ends" aria-hidden="true"><span>{start_s:.1f} s</span><span>{start_s + WINDOW_S:.1f} s</span></div>'
        f'<figcaption>{reading}{framed} <a href="{data}" download="{file}">Download PNG</a></figcaption></figure>'
    )


def _scored_window(sound_s: float) -> str:
    """The frame around what was scored, and what fills up the three seconds behind it."""
    share = sound_s / WINDOW_S
    if share >= FULL:
        return ""
    word = "silence, added" if share < 0.7 else ""
    return (
        f'<span class="window" style="width: {share:.2%}"></span>'
        f'<span class="padding" style="left: {share:.2%}">{word}</span>'
    )


def notes(sentences: tuple[str, ...]) -> str:
    """What the person should know about the recording before reading the scores."""
    return "".join(f'<p class="warning">{escape(sentence)}</p>' for sentence in sentences)


def known_voice(takes: int) -> str:
    """Say that the scores are those of a voice that is known, and offer to take it for another."""
    if not takes:
        return ""
    return (
        f'<p class="known-voice"><span>Your voice is known from {counted("take", takes)}.</span> '
        '<button type="button" data-voice="other">Someone else is speaking</button></p>'
    )


def inspect_button(request: dict, words: str = "", key: str = "") -> str:
    """A button that opens a sound in the Inspect tab: inspect.js reads its request.

    Parameters
    ----------
    request : kind, key and name of the sound
    words : what it says to who cannot see where it stands
    key : names the button to a script that puts the focus back
    """
    attributes = {"data-inspect": json.dumps(request), "aria-label": words, "data-key": key}
    given = "".join(f' {name}="{escape(value, quote=True)}"' for name, value in attributes.items() if value)
    return f'<button type="button" class="look small-button"{given}>Inspect</button>'


def _layout(state: str, headline: str, main: str, side: str, badge: str = "") -> str:
    return (
        f'<section class="result {state}"><div class="verdict"><h2>{headline}</h2>{badge}</div>'
        f'<div class="main">{main}</div><div class="side">{side}</div></section>'
    )


def show(heard: Heard) -> str:
    """The whole result of one recording."""
    recognition, window = heard.recognition, heard.pictured
    verdict = recognition.verdict
    scores = None if verdict == "no_voice" else recognition.scores
    badge = (
        f'<span class="badge {verdict}"><span aria-hidden="true">{VERDICT_SIGNS[verdict]}</span> '
        f"{VERDICT_WORDS[verdict]}</span>"
    )
    look = inspect_button({"kind": "upload", "key": heard.file, "name": heard.name}) if heard.file else ""
    part = scored_part(recognition, window) if scores else "Nothing was scored: the scores are about voices."
    main = (
        notes((*recognition.quality.advice, *recognition.file_warnings))
        + (known_voice(heard.known_takes) if scores else "")
        + bars(scores)
        + (listeners(recognition.heard, recognition.top) if scores else "")
        + timeline.draw(recognition, window, heard.waveform, lanes=scores is not None)
        + f'<p class="part">{part}</p>'
    )
    side = picture(heard.png, heard.name, window.start_s, window.end_s - window.start_s)
    return _layout(f"done {verdict}", sentence(recognition.scores, verdict), main, side, badge + look)


def show_nothing() -> str:
    """The place of a result, before there is one."""
    hint = '<p class="hint">Record a sentence, choose a file or try an example: the scores appear here.</p>'
    return _layout("nothing", "How does this voice sound?", hint + bars(None), picture(None))


def show_recording() -> str:
    """The place of a result while the person speaks."""
    hint = '<p class="hint">Say a sentence the way you want it to sound, then press Stop.</p>'
    return _layout("nothing", "Recording…", hint + bars(None), picture(None))


def show_busy() -> str:
    """The place of a result while it is being computed."""
    return _layout("busy", "Listening…", bars(None), picture(None))


def show_problem(problem: str) -> str:
    """The place of a result where there is none, and why."""
    main = f'<p class="warning">{escape(problem)}</p>{bars(None)}'
    return _layout("problem", "No scores for this one", main, picture(None))
