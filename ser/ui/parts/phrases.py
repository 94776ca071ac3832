"""The phrases of a long recording, as HTML: blocks below its timeline, a list of them, and downloads."""

import base64
from dataclasses import replace
from html import escape
from typing import NamedTuple

from ser.annotation.phrase_labels import phrases_as_audacity, phrases_as_textgrid
from ser.labels import EMOTION_NAMES
from ser.recognition.report import VERDICT_WORDS, format_recognitions
from ser.recognition.result import Phrase, Recognition
from ser.ui.parts.own_emotions import colours_of, own_answer
from ser.util.text import counted


def draw(recognition: Recognition, *, name: str, file: str) -> str:
    """Draw the phrases; timeline.js plays the one that is clicked. Empty if there are none.

    Parameters
    ----------
    recognition : with phrases
    name : name of the recording, for the downloaded files
    file : path of the sound file, which says when Praat and Audacity show an MP3
    """
    if not recognition.phrases:
        return ""
    blocks = "".join(_block(phrase, recognition.duration_s) for phrase in recognition.phrases)
    rows = "".join(f"<li>{_row(phrase)}</li>" for phrase in recognition.phrases)
    # The blocks are for the pointer. The list has the same for keys and screen readers.
    return (
        f'<div class="phrases" aria-hidden="true"><span class="name">Phrases</span>{blocks}</div>'
        f'<details class="phrase-list"><summary>{counted("phrase", len(recognition.phrases))}, cut at the pauses</summary>'
        f'<ol>{rows}</ol><p class="saving">Download the phrases: {_downloads(recognition, name=name, file=file)}</p></details>'
    )


def badge(recognition: Recognition) -> str:
    """Draw the number of phrases, in the place of a verdict."""
    return f'<span class="badge">{counted("phrase", len(recognition.phrases))}</span>'


class _Answer(NamedTuple):
    """What is shown for a phrase: in an adaptation's emotions where it has its own, otherwise in the six."""

    word: str
    certainty: str
    verdict: str
    colour: str


def _answer(phrase: Phrase) -> _Answer:
    own = own_answer(phrase)
    verdict, top = (own.verdict, own.top) if own else (phrase.verdict, phrase.top)
    if verdict == "no_voice":
        return _Answer("No voice", "", verdict, "")
    score = own.scores[top] if own else phrase.scores[top]
    word = own.names[top] if own else EMOTION_NAMES[top]
    colour = colours_of(own.scores)[top] if own else f"var(--emotion-{top})"
    return _Answer(word, f"{VERDICT_WORDS[verdict]}, {score:.0%}", verdict, f"--colour: {colour}")


def _times(phrase: Phrase) -> str:
    return f"{phrase.start_s:.1f} to {phrase.end_s:.1f} s"


def _attributes(phrase: Phrase, kind: str) -> str:
    return f'type="button" class="{kind} {_answer(phrase).verdict}" data-from="{phrase.start_s:.3f}" data-to="{phrase.end_s:.3f}"'


def _block(phrase: Phrase, duration_s: float) -> str:
    left, right = (100 * min(seconds / duration_s, 1.0) for seconds in (phrase.start_s, phrase.end_s))
    answer = _answer(phrase)
    title = ": ".join((_times(phrase), ", ".join(filter(None, (answer.word.lower(), answer.certainty)))))
    mark = "?" if answer.verdict == "unsure" else ""
    return (
        f'<button {_attributes(phrase, "phrase")} tabindex="-1" title="{escape(title, quote=True)}" '
        f'style="left: {left:.2f}%; width: {right - left:.2f}%; {answer.colour}"><span>{escape(answer.word)}{mark}</span></button>'
    )


def _row(phrase: Phrase) -> str:
    answer = _answer(phrase)
    return (
        f'<button {_attributes(phrase, "phrase-row")} style="{answer.colour}"><span class="time">{_times(phrase)}</span> '
        f'<span class="word">{escape(answer.word)}</span> <span class="certainty">{answer.certainty}</span></button>'
    )


def _downloads(recognition: Recognition, *, name: str, file: str) -> str:
    # The path says when a program shows the file, but is not for people to see.
    heard, named = [replace(recognition, file=file or name)], [replace(recognition, file=name)]
    stem = f"{'_'.join(name.split())}_phrases"
    files = {
        "TextGrid": (f"{stem}.TextGrid", *phrases_as_textgrid(heard).values()),
        "Audacity labels": (f"{stem}.txt", *phrases_as_audacity(heard).values()),
        "CSV": (f"{stem}.csv", format_recognitions(named, style="csv", phrases=True) + "\n"),
    }
    links = []
    for words, (file_name, text) in files.items():
        data = base64.b64encode(text.encode()).decode()
        links.append(
            f'<a href="data:text/plain;base64,{data}" download="{escape(file_name, quote=True)}">{words}</a>'
        )
    return " ".join(links)
