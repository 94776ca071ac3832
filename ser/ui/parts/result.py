"""The result of a recording, as HTML: a sentence, warnings, six bars, the timeline and a spectrogram."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TypedDict

import numpy as np

from ser.audio.features import N_SAMPLES, WINDOW_S, log_mel
from ser.audio.png import render_png
from ser.audio.reading import read_audio
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.familiar import counts_in_profiles
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Recognition, Window
from ser.recognition.story import story_of
from ser.recognition.voice_profile import Profile
from ser.recognition.windows import left_out_of
from ser.ui.page.served_files import file_address, playable_copy
from ser.ui.parts import phrases, timeline
from ser.ui.parts.own_emotions import own_answer, own_bars
from ser.ui.parts.sentences import MIN_NAMED_SCORE, answer_sentence, left_out_note, reason_note
from ser.ui.parts.shares import percent
from ser.ui.parts.stage import stage_button
from ser.util.text import counted

FULL_WINDOW_SHARE = 0.97  # above it, the silence that fills the window is too narrow to be marked
NEGLIGIBLE_S = 0.15  # if no more than this is left out at either end, the whole recording counts as scored

VERDICT_WORDS = {"sure": "Sure", "leaning": "Leaning", "unsure": "Not sure", "no_voice": "No voice"}
VERDICT_SIGNS = {"sure": "●", "leaning": "◐", "unsure": "○", "no_voice": "–"}

TOO_SHORT = "This was too short to hear a voice in it."
HOW_TO_READ = (
    "Time runs from left to right, and pitch from low at the bottom to high at the top. Brighter is "
    "louder. The stacked stripes are the voice's tones; they follow its pitch."
)


@dataclass(frozen=True)
class Result:
    """A scored recording, with what is needed to show it.

    Attributes
    ----------
    name : the recording's name on the page
    recognition : the recognizer's answer
    pictured : the window that `png` shows
    png : log-mel spectrogram of that window
    waveform : (m, 2) lowest and highest samples, see `ser.ui.parts.timeline.peaks`
    known_takes : number of takes in the voice profile that was used; 0 without a profile
    strength : in one of `ser.recognition.intensity.WORDS`, how strong it sounds; "" if the network does not estimate it
    is_unlike : whether it sounds unlike what the network learned from, where a voice profile would help and there is none
    sounds_unlike : whether it sounds unlike that, where this matters to voice profiles
    file : path in the app's upload folder, to open the recording in the Inspect tab
    played : path of its decoded copy, which the page plays
    time : when it was scored, ISO 8601 to the second with the offset from UTC
    left_out_s : where a softer voice begins that was not scored; None if there is none
    """

    name: str
    recognition: Recognition
    pictured: Window
    png: bytes
    waveform: np.ndarray | None = None
    known_takes: int = 0
    is_unlike: bool = False
    sounds_unlike: bool = False
    strength: str = ""
    file: str = ""
    played: str = ""
    time: str = ""
    left_out_s: float | None = None


class InspectRequest(TypedDict):
    """A recording to open in the Inspect tab: its kind, such as "upload", its key within the kind, and its name."""

    kind: str
    key: str
    name: str


def score_file(
    file: str, *, recognizer: Recognizer, name: str = "", profile: Profile | None = None
) -> Result:
    """Score a sound file.

    Parameters
    ----------
    file : path of the sound file
    name : name of the recording; by default the file's name without its extension
    profile : voice profile of the speaker, if known

    Raises
    ------
    AudioError : if the file cannot be read or contains no sound
    """
    recording = read_audio(file)
    recognition = recognizer.recognize(recording, profile=profile)
    if len(recording.samples) > N_SAMPLES and recognition.verdict != "no_voice":
        recognition = replace(recognition, phrases=recognizer.recognize_phrases(recording, profile=profile))
    pictured = recognition.windows[most_like_it(recognition)]
    features = log_mel(recording.samples[pictured.start : pictured.end])
    return Result(
        name=name or Path(file).stem,
        recognition=recognition,
        pictured=pictured,
        png=render_png(features),
        waveform=timeline.peaks(recording.samples),
        known_takes=len(profile.logits) if profile else 0,
        is_unlike=profile is None
        and recognition.verdict != "no_voice"
        and recognizer.is_unlike(recognition.distance),
        sounds_unlike=recognizer.is_unlike(recognition.distance)
        and counts_in_profiles(recognizer.checkpoint.card["network"]),
        strength=recognizer.intensity.word(recognition.intensity)
        if recognizer.intensity and recognition.intensity is not None
        else "",
        file=file,
        played=playable_copy(Path(file), recording),
        time=datetime.now().astimezone().isoformat(timespec="seconds"),
        left_out_s=left_out_of(recording.samples, recognition.windows) if recognizer.from_speech else None,
    )


def most_like_it(recognition: Recognition) -> int:
    """Return the place of the window that sounds most like the answer, in whose emotions it was given."""
    own = own_answer(recognition)
    of_each, top = (own.windows, own.top) if own and own.windows else (None, recognition.top)
    scores = [one[top] for one in of_each or (window.scores for window in recognition.windows)]
    return scores.index(max(scores))


def scored_part(recognition: Recognition, pictured: Window) -> str:
    """Say which part of the recording was scored, and which part the picture shows."""
    duration, windows = recognition.duration_s, recognition.windows
    start, end = windows[0].start_s, windows[-1].end_s
    is_whole = start < NEGLIGIBLE_S and duration - end < NEGLIGIBLE_S
    speech = f"Scored: {start:.1f} to {end:.1f} s of {duration:.1f} s, the part with speech"
    if len(windows) > 1:
        own = own_answer(recognition)
        top = (own.names[own.top] if own else EMOTION_NAMES[recognition.top]).lower()
        return (
            f"{f'All {duration:.1f} s were scored' if is_whole else speech}, in {len(windows)} windows of "
            f"{WINDOW_S:g} s, one every half second. The bars are the average. Each row shows one emotion over time. "
            f"The picture shows {pictured.start_s:.1f} to {pictured.end_s:.1f} s (framed), the window that sounds most "
            f"{top}."
        )
    if is_whole:
        return f"The whole recording was scored: {duration:.1f} s."
    if start == 0 and end == WINDOW_S:
        return f"Scored: the first {end:.1f} s of {duration:.1f} s. This network scores no more than that."
    return f"{speech}."


def bars(scores: dict[str, float] | None) -> str:
    """Draw six bars, always in the same order; without scores, empty ones, to keep the layout still."""
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


def listeners(shares: dict[str, float] | None) -> str:
    """Say what listeners who do not know the voice would hear, if the network estimates that.

    Parameters
    ----------
    shares : estimated share of listeners for each emotion; None if the network does not estimate it

    >>> shares = {"ANG": 0.06, "DIS": 0.05, "FEA": 0.04, "HAP": 0.03, "NEU": 0.6, "SAD": 0.22}
    >>> listeners(shares)
    '<p class="listeners">We estimate that 60 of 100 people would say neutral, 22 sad.</p>'
    """
    if not shares:
        return ""
    first, second, *_ = sorted(shares, key=shares.__getitem__, reverse=True)
    answers = f"would say {EMOTION_NAMES[first].lower()}"
    if shares[second] >= MIN_NAMED_SCORE:
        answers += f", {round(100 * shares[second])} {EMOTION_NAMES[second].lower()}"
    return f'<p class="listeners">We estimate that {round(100 * shares[first])} of 100 people {answers}.</p>'


def intensity_note(intensity: float | None, word: str) -> str:
    """Say how strong the recording sounds, if the network estimates that.

    Parameters
    ----------
    intensity : 0 to 100; None if the network does not estimate it
    word : one of `ser.recognition.intensity.WORDS`

    >>> intensity_note(71.3, "strong")
    '<p class="listeners">Intensity: <strong>strong</strong>, about 71 of 100.</p>'
    """
    if intensity is None:
        return ""
    return f'<p class="listeners">Intensity: <strong>{word}</strong>, about {intensity:.0f} of 100.</p>'


def picture(png: bytes | None, *, name: str = "", start_s: float = 0.0, sound_s: float = WINDOW_S) -> str:
    """Draw a spectrogram with its axes in words, how to read it, and a download.

    Parameters
    ----------
    png : log-mel spectrogram of one window; None draws an empty frame of the same size
    name : name of the recording, for the downloaded file
    start_s : where the window starts in the recording, in seconds
    sound_s : length of the sound in the window, in seconds; added silence fills the rest
    """
    if png is None:
        return '<figure class="picture empty"><div class="frame"><span>Your voice will be pictured here</span></div></figure>'
    data = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    file = escape(f"{'_'.join(name.split())}_log-mel.png", quote=True)
    is_padded = sound_s < FULL_WINDOW_SHARE * WINDOW_S
    frame_note = " The frame marks what was scored; the rest is added silence." if is_padded else ""
    alt = f"Log-mel spectrogram of {start_s:.1f} to {start_s + WINDOW_S:.1f} s: time to the right, pitch upwards."
    return (
        f'<figure class="picture"><div class="frame"><span class="high">high</span><span class="low">low</span>'
        f'<img src="{data}" width="600" height="600" alt="{alt}">{_scored_window(sound_s)}</div>'
        f'<div class="ends" aria-hidden="true"><span>{start_s:.1f} s</span><span>{start_s + WINDOW_S:.1f} s</span></div>'
        f"<figcaption><details><summary>How to read it</summary>{HOW_TO_READ}{frame_note}</details>"
        f'<a href="{data}" download="{file}">Download PNG</a></figcaption></figure>'
    )


def _scored_window(sound_s: float) -> str:
    """Draw the frame around the scored sound, and mark the silence after it that fills the window."""
    share = sound_s / WINDOW_S
    if share >= FULL_WINDOW_SHARE:
        return ""
    word = "silence, added" if share < 0.7 else ""
    return (
        f'<span class="window" style="width: {share:.2%}"></span>'
        f'<span class="padding" style="left: {share:.2%}">{word}</span>'
    )


def notes(sentences: tuple[str, ...]) -> str:
    """Draw what a person should know about the recording before reading the scores."""
    return "".join(f'<p class="warning">{escape(sentence)}</p>' for sentence in sentences)


def voice_note(takes: int, *, is_upload: bool = False) -> str:
    """Say that the scores are adjusted to the speaker, and offer to switch; empty without a voice profile.

    Parameters
    ----------
    takes : number of takes in the voice profile
    is_upload : whether the recording is a file, in which somebody else may speak
    """
    if not takes:
        return ""
    words = f"Adjusted to your voice ({counted('take', takes)})"
    words += ", as if you spoke in this file. Does somebody else?" if is_upload else "."
    return (
        f'<p class="known-voice"><span>{words}</span> '
        '<button type="button" data-voice="other">Switch speaker</button></p>'
    )


def adaptation_note(recognition: Recognition) -> str:
    """Name the adaptation that a recording was scored with; empty without one."""
    if recognition.adapted is None:
        return ""
    return (
        f' Adapted: <span class="adaptation-used"><bdi>{escape(recognition.adapted.adaptation)}</bdi></span>.'
    )


def inspect_button(request: InspectRequest, *, words: str = "", key: str = "") -> str:
    """Draw a button that opens a recording in the Inspect tab; inspect.js reads the request.

    Parameters
    ----------
    request : what to open
    words : accessible name, where "Inspect" alone does not say which recording
    key : name of the button for scripts that restore the focus
    """
    attributes = {"data-inspect": json.dumps(request), "aria-label": words, "data-key": key}
    html = "".join(f' {name}="{escape(value, quote=True)}"' for name, value in attributes.items() if value)
    return f'<button type="button" class="look small-button"{html}>Inspect</button>'


def _take_along(result: Result, link: str) -> str:
    """Draw the buttons that copy a picture of the result and, if it has one, its link; take_along.js handles them."""
    name, time = escape(result.name, quote=True), escape(result.time, quote=True)
    copy_link = (
        f'<button type="button" class="look small-button" data-along="link" data-link="{escape(link, quote=True)}">Copy link</button>'
        if link
        else ""
    )
    return (
        f'<div class="along" data-name="{name}" data-time="{time}"><button type="button" class="look small-button" '
        f'data-along="picture">Copy picture</button>{copy_link}<span role="status"></span></div>'
    )


def _badge(verdict: str) -> str:
    sign = f'<span aria-hidden="true">{VERDICT_SIGNS[verdict]}</span>'
    return f'<span class="badge {verdict}">{sign} {VERDICT_WORDS[verdict]}</span>'


def _layout(state: str, headline: str, *, main: str, side: str, badge: str = "") -> str:
    tools = f'<div class="verdict-tools">{badge}</div>' if badge else ""  # which wrap together
    return (
        f'<section class="result {state}"><div class="verdict"><h2>{headline}</h2>{tools}</div>'
        f'<div class="main">{main}</div><div class="side">{side}</div></section>'
    )


def show(
    result: Result, *, note: str = "", is_upload: bool = False, can_teach: bool = True, link: str = ""
) -> str:
    """Draw the result of one recording as HTML.

    Parameters
    ----------
    note : HTML above the scores
    is_upload : as in `voice_note`
    can_teach : whether a voice profile is for this voice; not for those of others, such as examples
    link : name by which `ser.ui.takes.links` opens it again, if it has one
    """
    recognition, window = result.recognition, result.pictured
    own = own_answer(recognition)
    verdict = own.verdict if own else recognition.verdict
    scores = None if verdict == "no_voice" else recognition.scores
    told = story_of(recognition) if scores else ""
    # The verdict is on the average, which says nothing about a voice that changes.
    badge = phrases.badge(recognition) if told else _badge(verdict)
    inspect = (
        inspect_button(
            {"kind": "upload", "key": result.file, "name": result.name}, words="Inspect this recording"
        )
        if result.file
        else ""
    )
    stage = stage_button("#result", words="Present this result")
    part = scored_part(recognition, window) if scores else "No score: only speech is scored."
    part += left_out_note(result.left_out_s)
    offered = note and recognition.reason and recognition.reason.kind == "unlike"  # the note says the same
    explained = "" if offered or own or told else reason_note(recognition.reason, can_teach=can_teach)
    main = (
        notes((*recognition.quality.advice, *recognition.file_warnings))
        + (voice_note(result.known_takes, is_upload=is_upload) + note if scores else "")
        + (own_bars(own) if own and scores else "")
        + bars(scores)
        + (listeners(recognition.heard) + explained if scores else "")
        + (intensity_note(recognition.intensity, result.strength) if scores else "")
        + timeline.draw(
            recognition,
            pictured=window,
            waveform=result.waveform,
            lanes=scores is not None,
            sound=file_address(result.played) if result.played else "",
        )
        + (phrases.draw(recognition, name=result.name, file=result.file) if scores else "")
        + f'<p class="part">{part}{adaptation_note(recognition)}</p>'
        + _take_along(result, link)
    )
    side = picture(
        result.png, name=result.name, start_s=window.start_s, sound_s=window.end_s - window.start_s
    )
    is_short = verdict == "no_voice" and "too_short" in recognition.quality.problems
    headline = escape(told) or (TOO_SHORT if is_short else escape(answer_sentence(recognition)))
    return _layout(f"done {verdict}", headline, main=main, side=side, badge=badge + inspect + stage)


def show_nothing() -> str:
    """Draw the empty result, before the first recording."""
    hint = '<p class="hint">Record a sentence, choose a file or try an example. The scores appear here.</p>'
    return _layout("nothing", "How does this voice sound?", main=hint + bars(None), side=picture(None))


def show_recording() -> str:
    """Draw the empty result while the person speaks."""
    hint = '<p class="hint">Say a sentence the way you want it to sound, then press Stop.</p>'
    return _layout("nothing", "Recording…", main=hint + bars(None), side=picture(None))


def show_busy() -> str:
    """Draw the empty result while the recording is scored."""
    return _layout("busy", "Listening…", main=bars(None), side=picture(None))


def show_problem(problem: str) -> str:
    """Draw the empty result of a recording that could not be scored, with the reason."""
    main = f'<p class="warning">{escape(problem)}</p>{bars(None)}'
    return _layout("problem", "No scores for this recording", main=main, side=picture(None))
