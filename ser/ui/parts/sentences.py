"""The answer about a recording in sentences: what it sounds like, why that is not sure, and what to try."""

from html import escape

from ser.labels import EMOTION_NAMES, NOUNS
from ser.recognition.reason import Reason, acted_and_heard, differs, what_listeners_hear
from ser.recognition.result import Recognition
from ser.ui.parts.own_emotions import own_answer, own_sentence

MIN_NAMED_SCORE = 0.15  # lowest score at which a sentence mentions a second emotion
MIN_CLOSE_SHARE = 0.5  # lowest share of the highest score at which another is called close


def sentence(scores: dict[str, float], *, verdict: str, heard: dict[str, float] | None = None) -> str:
    """Describe six scores and their verdict in one sentence; also what listeners would hear, where that differs.

    >>> sentence({"ANG": 0.6, "DIS": 0.36, "FEA": 0.01, "HAP": 0.01, "NEU": 0.01, "SAD": 0.01}, verdict="leaning")
    'Mainly angry, but disgust is close.'
    """
    plain = _sentence(scores, verdict)
    if heard is None or not differs(scores, heard):
        return plain
    if verdict == "leaning":
        return acted_and_heard(scores, heard)
    return f"{plain.rstrip('.')}; {what_listeners_hear(heard)}." if verdict == "unsure" else plain


def _sentence(scores: dict[str, float], verdict: str) -> str:
    first, *others = sorted(scores, key=scores.__getitem__, reverse=True)
    best = EMOTION_NAMES[first].lower()
    near = [label for label in others if scores[label] >= MIN_NAMED_SCORE]
    if verdict == "no_voice":
        return "No voice was found in this recording."
    if verdict == "sure":
        return f"This sounds {best}."
    if verdict == "leaning":
        if not near:
            return f"Mainly {best}, but this is not certain."
        nouns = _listed([NOUNS[label] for label in near[:2]], "and")
        if scores[near[0]] >= MIN_CLOSE_SHARE * scores[first]:
            return f"Mainly {best}, but {nouns} {'are' if len(near) > 1 else 'is'} close."
        return f"Mainly {best}, with some {nouns.removeprefix('a ')}."
    names = [
        EMOTION_NAMES[label].lower()
        for label in others[:2]
        if scores[label] >= MIN_CLOSE_SHARE * scores[first]
    ]
    if not names:
        return f"Not sure: perhaps {best}."
    return f"Hard to tell: this could be {_listed([best, *names], 'or')}."


def answer_sentence(recognition: Recognition) -> str:
    """Describe the scores of a recording in one sentence: those of an adaptation's own emotions if there are any."""
    own = own_answer(recognition)
    return (
        own_sentence(own)
        if own
        else sentence(recognition.scores, verdict=recognition.verdict, heard=recognition.heard)
    )


def _listed(words: list[str], conjunction: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def left_out_note(left_out_s: float | None) -> str:
    """Say that a softer voice, which begins there, was not scored; empty if there is none."""
    if left_out_s is None:
        return ""
    return f" A much softer voice from {left_out_s:.1f} s on was left out: record it by itself."


def reason_note(reason: Reason | None, *, can_teach: bool = True) -> str:
    """Say why the verdict is not "sure", unless the headline does, and what to try; empty for one that is.

    What to try is left out where it is to teach a voice that cannot be taught (`can_teach`).
    """
    if reason is None:
        return ""
    why = "" if reason.kind == "listeners" else f"<strong>Why not sure?</strong> {escape(reason.why)} "
    cure = f"<strong>Try this:</strong> {escape(reason.cure)}" if can_teach or reason.kind != "unlike" else ""
    return f'<p class="reason">{why}{cure}</p>'
