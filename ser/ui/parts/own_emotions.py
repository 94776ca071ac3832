"""The answer of an adaptation that has emotions of its own: its sentence and its bars, beside which the six stay."""

import re
from collections.abc import Mapping
from html import escape

from ser.annotation.label_set import PALETTE
from ser.recognition.result import AdaptedScores, Phrase, Recognition
from ser.ui.parts.shares import percent

MIN_CLOSE_SHARE = 0.5  # lowest share of the highest score at which another is called close

_CODE = re.compile(r"\w{1,40}", re.ASCII)


def own_answer(recognition: Recognition | Phrase) -> AdaptedScores | None:
    """Return the answer of an adaptation whose emotions are not the six; None without one."""
    adapted = recognition.adapted
    return adapted if adapted and adapted.has_own_emotions else None


def own_sentence(answer: AdaptedScores) -> str:
    """Describe the scores of other emotions than the six, and their verdict, in one sentence.

    >>> names = {"bored": "Bored", "calm": "Calm"}
    >>> own_sentence(AdaptedScores("office", {"bored": 0.6, "calm": 0.4}, "bored", "leaning", names))
    'Mainly bored, but calm is close.'
    """
    if answer.verdict == "no_voice":
        return "No voice was found in this recording."
    first, *others = sorted(answer.scores, key=answer.scores.__getitem__, reverse=True)
    near = [code for code in others if answer.scores[code] >= MIN_CLOSE_SHARE * answer.scores[first]]
    best, *close = (answer.names.get(code, code).lower() for code in (first, *near[:1]))
    if answer.verdict == "sure":
        return f"This sounds {best}."
    if answer.verdict == "leaning":
        return (
            f"Mainly {best}, but {close[0]} is close."
            if close
            else f"Mainly {best}, but this is not certain."
        )
    return f"Hard to tell: this could be {best} or {close[0]}." if close else f"Not sure: perhaps {best}."


def own_bars(answer: AdaptedScores) -> str:
    """Draw the bars of other emotions than the six, and a line that says whose bars follow after them."""
    top = answer.scores[answer.top]
    rows = [
        f'<li class="{"top" if row["score"] == top else ""}"><span class="name">{escape(row["name"])}</span>'
        f'<span class="track" aria-hidden="true"><span class="fill" style="--score: {row["score"]:.4f}; '
        f'--colour: {row["colour"]}"></span></span><span class="percent">{row["percent"]}</span></li>'
        for row in own_rows(answer)
    ]
    return (
        f'<ul class="bars own" aria-label="Scores of the adaptation">{"".join(rows)}</ul>'
        '<p class="six-follow">The six emotions of the network:</p>'
    )


def own_rows(answer: AdaptedScores) -> list[dict]:
    """Return the same for the scripts of the page: name, score, percent and colour of each emotion."""

    colours = colours_of(answer.scores)
    return [
        {"name": answer.names[code], "score": score, "percent": percent(score), "colour": colours[code]}
        for code, score in answer.scores.items()
    ]


def colours_of(emotions: Mapping[str, object]) -> dict[str, str]:
    """Return the colour of each emotion in CSS, by code: that of the labels of the desk, of the six, or one of its own."""
    return {
        code: f"var(--label-{code}, var(--emotion-{code}, {colour}))" if _CODE.fullmatch(code) else colour
        for code, colour in zip(emotions, PALETTE * 2, strict=False)
    }
