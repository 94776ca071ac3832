"""Why a verdict is not "sure", and what to try: one plain sentence each."""

from __future__ import annotations

from typing import NamedTuple

from ser.audio.quality import SHORT_VOICE_S
from ser.labels import EMOTION_NAMES, NOUNS

CLOSE_SHARE = 0.5  # a score is close to the highest from this share of it on
MOST = 0.5  # from this share on they are "most listeners"
CURES = {  # in the order in which a reason comes before others
    "short": "Say a whole sentence, two or three seconds long.",
    "unlike": "Teach it the voice: one sentence, spoken as usual, is enough.",
    "listeners": "Put more of that emotion into your voice, and others will hear it too.",
    "close": "Say it again with more of the emotion you mean, and compare.",
    "faint": "Say it again with more expression.",
}


class Reason(NamedTuple):
    """Why a verdict is not "sure".

    Attributes
    ----------
    kind : "short" (less speech than a word), "unlike" (the recording is unlike those the network learned from),
        "listeners" (they would hear another emotion), "close" (two emotions are) or "faint" (no emotion stands out)
    why, cure : one sentence each
    """

    kind: str
    why: str
    cure: str


def highest(scores: dict[str, float]) -> str:
    """Return the emotion with the highest score."""
    return max(scores, key=scores.__getitem__)


def differs(scores: dict[str, float], heard: dict[str, float] | None) -> bool:
    """Return whether listeners would hear another emotion than the one with the highest score."""
    return heard is not None and highest(heard) != highest(scores)


def what_listeners_hear(heard: dict[str, float]) -> str:
    """Say in half a sentence what listeners would hear.

    >>> what_listeners_hear({"ANG": 0.2, "NEU": 0.7, "SAD": 0.1})
    'most listeners would hear a neutral voice'
    """
    who = "most listeners would hear" if max(heard.values()) >= MOST else "listeners would most often hear"
    return f"{who} {NOUNS[highest(heard)]}"


def acted_and_heard(scores: dict[str, float], heard: dict[str, float]) -> str:
    """Say in one sentence what a voice acts, and what listeners would hear instead.

    >>> acted_and_heard({"HAP": 0.8, "NEU": 0.2}, {"HAP": 0.3, "NEU": 0.7})
    'Acted like happiness; most listeners would hear a neutral voice.'
    """
    return f"Acted like {NOUNS[highest(scores)]}; {what_listeners_hear(heard)}."


def explain_verdict(
    verdict: str,
    *,
    scores: dict[str, float],
    voice_s: float,
    heard: dict[str, float] | None,
    is_unlike: bool,
    is_high: bool,
) -> Reason | None:
    """Return why a verdict is not "sure"; None for one that is, and without a voice.

    Parameters
    ----------
    scores, heard, voice_s : as in `ser.recognition.result.Recognition`
    is_unlike : whether the recording is unlike those that the network learned from
    is_high : whether the highest score is high enough for "sure"
    """
    if verdict in ("sure", "no_voice"):
        return None
    first, second = sorted(scores, key=scores.__getitem__, reverse=True)[:2]
    kind = "faint"
    if voice_s < SHORT_VOICE_S:
        kind = "short"
    elif is_unlike and not is_high:
        kind = "unlike"
    elif verdict == "leaning" and differs(scores, heard):
        kind = "listeners"
    elif scores[second] >= CLOSE_SHARE * scores[first]:
        kind = "close"
    names = [EMOTION_NAMES.get(code, code).lower() for code in (first, second)]
    why = {
        "short": "There is less than a word of speech.",
        "unlike": "This recording is unlike those it learned from.",
        "listeners": acted_and_heard(scores, heard) if heard else "",
        "close": f"Two emotions are close: {names[0]} and {names[1]}.",
        "faint": f"Nothing stands out clearly, {names[0]} only a little.",
    }
    return Reason(kind, why[kind], CURES[kind])
