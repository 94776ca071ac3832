"""Two takes side by side: pictures, players, verdicts, the six scores on one scale, and the difference in words."""

import base64
from html import escape

from ser.labels import EMOTION_NAMES, LABELS
from ser.ui.parts.result import percent, sentence
from ser.ui.takes.panel import sound_address, verdict_dot
from ser.ui.takes.take import Take

WORTH_SAYING = 0.05  # scores that differ by less are called alike


def draw_comparison(first: Take, second: Take) -> str:
    """Draw both takes, the older at the left as A."""
    return (
        '<section class="comparison" aria-labelledby="comparison-title"><header><h2 id="comparison-title" '
        'tabindex="-1">Side by side</h2><button type="button" data-do="end">Close</button></header>'
        f'<p class="difference">{escape(difference(first, second))}</p>'
        f'<div class="pair"><div class="sides">{_side("A", first)}{_side("B", second)}</div>'
        f"{_scores(first, second)}</div></section>"
    )


def difference(first: Take, second: Take) -> str:
    """Say in a sentence or two how the second take sounds different from the first."""
    a, b = first.recognition, second.recognition
    if silent := [take.name for take in (first, second) if take.recognition.verdict == "no_voice"]:
        return (
            f"No voice was found in {_listed([f'“{name}”' for name in silent])}: there is nothing to compare."
        )
    changes = {label: b.scores[label] - a.scores[label] for label in LABELS}
    told = [label for label in LABELS if abs(changes[label]) >= WORTH_SAYING]
    if not told:
        return "Both sound alike: no score differs by more than 5 percentage points."
    told = sorted(told, key=lambda label: -abs(changes[label]))[:2]
    ways = [
        f"{'more' if changes[label] > 0 else 'less'} {EMOTION_NAMES[label].lower()} "
        f"({percent(b.scores[label])} against {percent(a.scores[label])})"
        for label in told
    ]
    most = (
        f"Both sound {EMOTION_NAMES[a.top].lower()} before anything else."
        if a.top == b.top
        else f"“{first.name}” sounds {EMOTION_NAMES[a.top].lower()} before anything else, "
        f"“{second.name}” {EMOTION_NAMES[b.top].lower()}."
    )
    return f"“{second.name}” sounds {_listed(ways)} than “{first.name}”. {most}"


def _side(letter: str, take: Take) -> str:
    heard, window = take.recognition, take.pictured
    picture = base64.b64encode(take.png).decode()
    name = escape(take.name, quote=True)
    return (
        f'<article class="side" data-side="{letter}" aria-label="{letter}: {name}"><h3><b>{letter}</b>{name}</h3>'
        f'<p class="verdict">{verdict_dot(heard)}{sentence(heard.scores, heard.verdict)}</p>'
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
