"""A recording over time, as HTML: its waveform and, below it, a lane for each emotion."""

import json
from functools import partial
from html import escape
from typing import NamedTuple

import numpy as np

from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.result import Recognition, Window
from ser.ui.parts.own_emotions import colours_of, own_answer

COLUMNS = 400  # of the waveform
MIN_FULL_SCALE = (
    0.05  # waveforms are scaled to their peak, but not below this one: quiet recordings look quiet
)
END_SHARE = (
    0.22  # of the axis, before its end, where no other time is written: one and a half labels on a phone
)
WIDTH, HEIGHT = 1000, 100  # of the SVG's coordinates; the page stretches it


def peaks(samples: np.ndarray, columns: int = COLUMNS) -> np.ndarray:
    """Return the lowest and highest sample of each column of a waveform.

    Parameters
    ----------
    samples : (n,) float, n > 0

    Returns
    -------
    (m, 2) float32, m = min(n, columns)
    """
    starts = np.linspace(0, len(samples), min(columns, len(samples)), endpoint=False).astype(int)
    lows, highs = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    return np.stack([lows, highs], axis=1).astype(np.float32)


def centres(recognition: Recognition) -> list[float]:
    """Return the middle of each window in seconds, which is where its scores are drawn."""
    return [(window.start_s + window.end_s) / 2 for window in recognition.windows]


def draw(
    recognition: Recognition,
    *,
    pictured: Window,
    waveform: np.ndarray | None = None,
    lanes: bool = True,
    sound: str = "",
) -> str:
    """Draw a waveform that plays from where it is clicked and, below it, the lanes.

    Parameters
    ----------
    pictured : window that is framed, if there are several
    waveform : (m, 2) lowest and highest samples, see `peaks`; None leaves the waveform out
    lanes : whether to draw the scores; lanes are drawn only if there are several windows
    sound : URL of the decoded sound, which the player then plays
    """
    duration = recognition.duration_s
    has_lanes = lanes and len(recognition.windows) > 1
    scored = "".join(_mark("scored", span, duration) for span in _scored_spans(recognition) if lanes)
    frame = _mark("frame", (pictured.start_s, pictured.end_s), duration) if has_lanes else ""
    lanes_html = (
        "".join(map(partial(_lane, recognition), emotions_over_time(recognition))) if has_lanes else ""
    )
    names = json.dumps([one.name.lower() for one in emotions_over_time(recognition)])
    # A slider role: arrow keys move it, and screen readers say the time.
    return (
        f'<div class="timeline{" long" if has_lanes else ""}" role="slider" tabindex="0" data-windows="{_data(recognition) if has_lanes else []}" '
        f'data-names="{escape(names, quote=True)}" '
        f'data-duration="{duration:.3f}" data-sound="{escape(sound, quote=True)}" aria-label="Position in the recording; Enter plays from there" '
        f'aria-valuemin="0" aria-valuemax="{duration:.2f}" aria-valuenow="0" aria-valuetext="0.0 s">'
        f'<div class="wave">{scored}{_wave(waveform)}{frame}</div>{lanes_html}'
        '<span class="playhead" aria-hidden="true"></span>'
        f'<div class="seconds" aria-hidden="true">{_seconds(duration)}</div>'
        '<p class="readout" aria-hidden="true">Click to play from there.</p></div>'
    )


def _wave(waveform: np.ndarray | None) -> str:
    if waveform is None:
        return ""
    levels = HEIGHT / 2 * (1 - waveform / max(np.abs(waveform).max(), MIN_FULL_SCALE))
    x = (np.arange(len(levels)) + 0.5) * WIDTH / len(levels)
    lines = "".join(
        f"M{at:.1f} {high:.1f}V{max(low, high + 1):.1f}" for at, (low, high) in zip(x, levels, strict=True)
    )
    return _svg(f'<path class="line" d="{lines}"/>')


class EmotionOverTime(NamedTuple):
    """An emotion and its score in each window of a recording."""

    name: str
    colour: str
    scores: list[float]


def emotions_over_time(recognition: Recognition) -> list[EmotionOverTime]:
    """Return the emotions of a recording: those of its adaptation where that has some of its own, otherwise the six."""
    if (own := own_answer(recognition)) and own.windows:
        colours = colours_of(own.scores)
        return [
            EmotionOverTime(own.names[code], colours[code], [window[code] for window in own.windows])
            for code in own.scores
        ]
    return [
        EmotionOverTime(
            EMOTION_NAMES[label],
            f"var(--emotion-{label})",
            [window.scores[label] for window in recognition.windows],
        )
        for label in LABELS
    ]


def _lane(recognition: Recognition, emotion: EmotionOverTime) -> str:
    times, scores = [0.0, *centres(recognition), recognition.duration_s], emotion.scores
    scores = [scores[0], *scores, scores[-1]]  # held constant before the first middle and after the last
    points = " ".join(
        f"{WIDTH * time / recognition.duration_s:.1f},{HEIGHT * (1 - score):.1f}"
        for time, score in zip(times, scores, strict=True)
    )
    area = f'<polygon points="0,{HEIGHT} {points} {WIDTH},{HEIGHT}"/>'
    return (
        f'<div class="lane" style="--colour: {emotion.colour}"><span class="name" title="{escape(emotion.name, quote=True)}">{escape(emotion.name)}</span>'
        f"{_svg(area)}</div>"
    )


def _svg(shapes: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">{shapes}</svg>'


def _scored_spans(recognition: Recognition) -> list[tuple[float, float]]:
    """Return the parts that the windows cover, as ordered pairs of seconds."""
    spans: list[tuple[float, float]] = []
    for window in recognition.windows:
        if spans and window.start_s <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], window.end_s)
        else:
            spans.append((window.start_s, window.end_s))
    return spans


def _mark(kind: str, span: tuple[float, float], duration: float) -> str:
    left, right = (100 * min(max(seconds / duration, 0), 1) for seconds in span)
    return f'<span class="{kind}" style="left: {left:.2f}%; width: {right - left:.2f}%"></span>'


def _seconds(duration: float) -> str:
    """Label the axis with about six round times and the end, which has room for itself on a phone, too."""
    step = next(step for step in (0.5, 1, 2, 5, 10, 30, 60, 120) if duration / step <= 6 or step == 120)
    times = [step * i for i in range(int(duration / step) + 1) if step * i <= (1 - END_SHARE) * duration]
    marks = [f'<span style="left: {100 * time / duration:.2f}%">{clock(time)}</span>' for time in times]
    return "".join(marks) + f'<span class="end">{clock(duration)}</span>'


def clock(seconds: float) -> str:
    """Format a time.

    >>> clock(2), clock(2.53), clock(65)
    ('2 s', '2.5 s', '1:05')
    """
    if seconds >= 60:
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
    return f"{seconds:.1f}".removesuffix(".0") + " s"


def _data(recognition: Recognition) -> str:
    """Return the middle in seconds and the percentages of each window as JSON, for the readout at the pointer."""
    columns = zip(*(emotion.scores for emotion in emotions_over_time(recognition)), strict=True)
    rows = [
        [round(time, 2), *(round(100 * score) for score in scores)]
        for time, scores in zip(centres(recognition), columns, strict=True)
    ]
    return json.dumps(rows, separators=(",", ":"))
