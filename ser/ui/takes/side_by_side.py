"""Two takes side by side, as HTML: pictures, players, verdicts, scores on one scale, and the difference in words."""

import base64
from html import escape

from ser.labels import EMOTION_NAMES, LABELS
from ser.ui.parts.sentences import answer_sentence
from ser.ui.parts.shares import percent
from ser.ui.parts.stage import stage_button
from ser.ui.takes.panel import sound_address, verdict_dot
from ser.ui.takes.take import Take

MIN_DIFFERENCE = 0.05  # scores that differ by less are not mentioned
# "happier" reads better than "more happy"; the other emotions have no such form in use.
COMPARATIVES = {"ANG": "angrier", "HAP": "happier", "SAD": "sadder"}


def draw_comparison(first: Take, second: Take) -> str:
    """Draw two takes, the older one as A on the left."""
    return (
        '<section class="comparison" aria-labelledby="comparison-title"><header><h2 id="comparison-title" '
        'tabindex="-1">Side by side</h2>'
        f'{stage_button("#comparison", words="Present the comparison")}<button type="button" data-do="end">Close</button></header>'
        f'<p class="difference">{escape(difference(first, second))}</p>'
        f'<div class="pair"><div class="sides">{_side("A", first)}{_side("B", second)}</div>'
        f"{_scores(first, second)}</div></section>"
    )


def difference(first: Take, second: Take) -> str:
    """Describe in one or two sentences how the second take differs from the first."""
    a, b = first.recognition, second.recognition
    if silent := [take.name for take in (first, second) if take.recognition.verdict == "no_voice"]:
        names = _listed([f"“{name}”" for name in silent])
        return f"No voice was found in {names}, so there is nothing to compare."
    changes = {label: b.scores[label] - a.scores[label] for label in LABELS}
    largest = sorted(LABELS, key=lambda label: -abs(changes[label]))[:2]
    ways = [
        f"{_comparative(label, changes[label])} ({percent(b.scores[label])} vs {percent(a.scores[label])})"
        for label in largest
        if abs(changes[label]) >= MIN_DIFFERENCE
    ]
    if not ways:
        return "Both sound alike: no score differs by more than 5 percentage points."
    main_emotion = (
        f"Both sound mainly {EMOTION_NAMES[a.top].lower()}."
        if a.top == b.top
        else f"“{first.name}” sounds mainly {EMOTION_NAMES[a.top].lower()}, "
        f"“{second.name}” mainly {EMOTION_NAMES[b.top].lower()}."
    )
    return f"“{second.name}” sounds {_listed(ways)} than “{first.name}”. {main_emotion}"


def _comparative(label: str, change: float) -> str:
    adjective = EMOTION_NAMES[label].lower()
    return COMPARATIVES.get(label, f"more {adjective}") if change > 0 else f"less {adjective}"


def _side(letter: str, take: Take) -> str:
    recognition, window = take.recognition, take.pictured
    picture = base64.b64encode(take.png).decode()
    name = escape(take.name, quote=True)
    return (
        f'<article class="side" data-side="{letter}" aria-label="{letter}: {name}"><h3><b>{letter}</b>{name}</h3>'
        f'<p class="verdict">{verdict_dot(recognition)}{escape(answer_sentence(recognition))}</p>'
        f'<img src="data:image/png;base64,{picture}" width="600" height="600" alt="Log-mel spectrogram of {name}, '
        f'{window.start_s:.1f} to {window.end_s:.1f} s: time to the right, pitch upwards.">'
        f'<audio controls controlslist="nodownload noplaybackrate" preload="none" src="{escape(sound_address(take), quote=True)}" '
        f'aria-label="Play {letter}"></audio><p class="gone" role="status"></p></article>'
    )


def _scores(first: Take, second: Take) -> str:
    rows = "".join(
        f'<tr><th scope="row">{EMOTION_NAMES[label]}</th>'
        f"{_score(label, first.recognition.scores)}{_score(label, second.recognition.scores)}</tr>"
        for label in LABELS
    )
    return (
        '<table class="scores"><thead><tr><th scope="col">Score</th><th scope="col">A</th>'
        f'<th scope="col">B</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _score(label: str, scores: dict[str, float]) -> str:
    top = ' class="top"' if label == max(scores, key=scores.__getitem__) else ""
    return (
        f'<td{top}><span class="track" aria-hidden="true"><span class="fill" style="--score: {scores[label]:.4f}; '
        f'--colour: var(--emotion-{label})"></span></span><span class="percent">{percent(scores[label])}</span></td>'
    )


def _listed(words: list[str]) -> str:
    return " and ".join(words)
