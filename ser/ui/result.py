"""A recognition as people see it: a sentence, six bars, which part was scored, the picture."""

import base64
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from ser.audio import SAMPLE_RATE, WINDOW_S, AudioError, describe_problem, read_audio
from ser.features import log_mel, render_png
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognize import Recognition, Recognizer, Window

CLOSE = 0.10  # two scores less than this apart are no decision
CLEAR = 0.50
WORTH_NAMING = 0.15

READING = (
    "Time runs from left to right, pitch from low at the bottom to high at the top; the brighter, the louder. "
    "Stripes that lie one above the other are the tones of a voice: they rise and fall as its melody does."
)


@dataclass(frozen=True)
class Take:
    """A recording with its recognition, and the picture of one scored window of it."""

    name: str
    recognition: Recognition
    pictured: Window
    png: bytes


def take(recognizer: Recognizer, file: str) -> Take:
    """Score a file. Raises `AudioError` with a sentence where there is no voice to score."""
    recording = read_audio(file)
    if problem := describe_problem(recording.samples):
        raise AudioError(problem)
    recognition = recognizer.recognize(recording.samples)
    pictured = max(recognition.windows, key=lambda window: window.scores[recognition.top])
    part = recording.samples[round(pictured.start_s * SAMPLE_RATE) : round(pictured.end_s * SAMPLE_RATE)]
    recognition = replace(recognition, warnings=recording.warnings)
    return Take(Path(file).stem, recognition, pictured, render_png(log_mel(part)))


def percent(score: float) -> str:
    """Return a score as people read it, without a false zero.

    >>> percent(0.623), percent(0.002), percent(0.0)
    ('62%', '<1%', '0%')
    """
    return "<1%" if 0 < score < 0.005 else f"{score:.0%}"


def sentence(scores: dict[str, float]) -> str:
    """Say in one plain sentence what six scores mean.

    >>> sentence({"ANG": 0.7, "DIS": 0.06, "FEA": 0.06, "HAP": 0.06, "NEU": 0.06, "SAD": 0.06})
    'This sounds angry (70%).'
    """
    first, second = sorted(scores, key=scores.get, reverse=True)[:2]
    best, next_best = EMOTION_NAMES[first].lower(), EMOTION_NAMES[second].lower()
    high, low = percent(scores[first]), percent(scores[second])
    if scores[first] - scores[second] < CLOSE:
        return f"Hard to tell: {best} ({high}) and {next_best} ({low}) are close."
    if scores[first] < CLEAR:
        return f"More {best} than anything else ({high}), but far from sure."
    if scores[second] >= WORTH_NAMING:
        return f"This sounds {best} ({high}), with some {next_best} ({low})."
    return f"This sounds {best} ({high})."


def scored_part(recognition: Recognition, pictured: Window) -> str:
    """Say which part of the recording the scores are about, and which part the picture shows."""
    duration, windows = recognition.duration_s, recognition.windows
    if len(windows) > 1:
        best = EMOTION_NAMES[recognition.top].lower()
        return (
            f"All {duration:.1f} s were scored: {len(windows)} windows of {WINDOW_S:g} s, and their mean. The picture "
            f"shows {pictured.start_s:.1f} to {pictured.end_s:.1f} s, the window that sounds most {best}."
        )
    if duration > windows[0].end_s:
        return (
            f"The first {windows[0].end_s:.1f} s of {duration:.1f} s were scored: this network hears no more."
        )
    return f"The whole recording was scored: {duration:.1f} s."


def bars(scores: dict[str, float] | None) -> str:
    """Six bars, always in the same order; without scores their places, so that nothing jumps."""
    rows = []
    top = max(scores, key=scores.get) if scores else None
    for label in LABELS:
        score = scores[label] if scores else 0.0
        words = percent(score) if scores else "–"
        rows.append(
            f'<li class="{"top" if label == top else ""}"><span class="name">{EMOTION_NAMES[label]}</span>'
            f'<span class="track" aria-hidden="true"><span class="fill" style="--score: {score:.4f}; '
            f'--colour: var(--emotion-{label})"></span></span><span class="percent">{words}</span></li>'
        )
    return f'<ul class="bars" aria-label="Scores">{"".join(rows)}</ul>'


def strip(recognition: Recognition, pictured: Window) -> str:
    """A line as long as the recording: what was scored is filled, what the picture shows is framed."""
    duration = recognition.duration_s
    start, end = recognition.windows[0].start_s, recognition.windows[-1].end_s
    framed = len(recognition.windows) > 1 or end < duration
    frame = f'<span class="frame" style="{_place(pictured.start_s, pictured.end_s, duration)}"></span>'
    return (
        '<div class="part"><div class="strip" aria-hidden="true">'
        f'<span class="scored" style="{_place(start, end, duration)}"></span>{frame if framed else ""}</div>'
        f'<div class="ends" aria-hidden="true"><span>0 s</span><span>{duration:.1f} s</span></div>'
        f"<p>{scored_part(recognition, pictured)}</p></div>"
    )


def _place(start: float, end: float, duration: float) -> str:
    return f"left: {100 * start / duration:.2f}%; width: {100 * (end - start) / duration:.2f}%"


def picture(
    png: bytes | None, name: str = "", start_s: float = 0.0, sound_s: float = WINDOW_S, reading: str = READING
) -> str:
    """The log-mel PNG with its axes in words, how to read it, and a download; without one its place."""
    if png is None:
        return '<figure class="picture empty"><div class="frame"><span>The picture of the voice</span></div></figure>'
    data = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    file = escape(f"{name}_log-mel.png", quote=True)
    rest = (
        " The even part at the right is silence, added to fill three seconds."
        if sound_s < WINDOW_S - 0.1
        else ""
    )
    alt = f"Log-mel spectrogram of {start_s:.1f} to {start_s + WINDOW_S:.1f} s: time to the right, pitch upwards."
    return (
        f'<figure class="picture"><div class="frame"><span class="high">high</span><span class="low">low</span>'
        f'<img src="{data}" width="600" height="600" alt="{alt}"></div>'
        f'<div class="ends" aria-hidden="true"><span>{start_s:.1f} s</span><span>{start_s + WINDOW_S:.1f} s</span></div>'
        f'<figcaption>{reading}{rest} <a href="{data}" download="{file}">Download PNG</a></figcaption></figure>'
    )


def warnings(sentences: tuple[str, ...]) -> str:
    """What the person should know about the recording before reading the scores."""
    return "".join(f'<p class="warning">{escape(sentence)}</p>' for sentence in sentences)


def _layout(state: str, headline: str, main: str, side: str) -> str:
    # role=status: a screen reader says the sentence when it changes.
    return (
        f'<section class="result {state}"><div class="main"><h2 role="status">{headline}</h2>{main}</div>'
        f'<div class="side">{side}</div></section>'
    )


def show_take(taken: Take) -> str:
    """The whole result of one recording."""
    recognition, window = taken.recognition, taken.pictured
    sound_s = window.end_s - window.start_s
    main = warnings(recognition.warnings) + bars(recognition.scores) + strip(recognition, window)
    side = picture(taken.png, taken.name, window.start_s, sound_s)
    return _layout("done", sentence(recognition.scores), main, side)


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
