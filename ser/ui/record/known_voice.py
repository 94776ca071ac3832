"""What this sitting knows of the voice that speaks: a profile made of its takes, and what it changes."""

from dataclasses import dataclass, replace

from ser.labels import LABELS
from ser.recognition.recognizer import Recognizer
from ser.recognition.voice_profile import Profile
from ser.ui.takes.take import Take

SPOKEN = ("microphone", "live")  # sources of takes that may be learned from quietly: somebody spoke just now


@dataclass(frozen=True)
class Known:
    """The voice of one page; nothing of it outlives the sitting unless it is saved.

    Attributes
    ----------
    loaded : a saved profile that the person opened
    quietly : whether the person agreed that other takes of the sitting are learned from too
    others : ids of takes that somebody else spoke, so to say: all before that was said
    profile : what scores are computed with; None for an unknown voice
    set_aside : the profile before "someone else is speaking", to come back to
    """

    loaded: Profile | None = None
    quietly: bool = False
    others: frozenset[str] = frozenset()
    profile: Profile | None = None
    set_aside: "Known | None" = None


def lesson(known: Known, takes: list[Take]) -> dict[str, Take]:
    """Return the newest prompted take of each emotion."""
    return {
        take.asked: take
        for take in takes
        if take.asked and take.id not in known.others and take.recognition.verdict != "no_voice"
    }


def learned(known: Known, takes: list[Take], checkpoint: str) -> Known:
    """Return what is known once the sitting holds these takes; a take that was deleted is unlearned."""
    prompted = lesson(known, takes)
    used = list(prompted.values()) if prompted.keys() == set(LABELS) else []
    if known.quietly:
        used += [
            take
            for take in takes
            if take.source in SPOKEN
            and not take.asked
            and take.id not in known.others
            and take.recognition.verdict != "no_voice"
        ]
    profile = known.loaded
    for take in used:
        profile = (profile or Profile(checkpoint)).with_take(take.recognition.logits, take.asked)
    return replace(known, profile=profile)


def someone_else(known: Known, takes: list[Take]) -> Known:
    """Begin with an unknown voice; what was known is set aside."""
    return Known(
        None, known.quietly, frozenset(take.id for take in takes), None, replace(known, set_aside=None)
    )


def changes(recognizer: Recognizer, takes: dict[str, Take]) -> list[dict]:
    """Return how each prompted take is heard without a profile and with one made of the five others.

    Returns
    -------
    one dict for each take: asked, before and after, the last two the six scores; no take is in the profile
    that it is scored with
    """
    rows = []
    for asked, take in takes.items():
        others = Profile(recognizer.checkpoint_id)
        for emotion, other in takes.items():
            if emotion != asked:
                others = others.with_take(other.recognition.logits, emotion)
        before = recognizer.scores_of(take.recognition.logits)
        after = recognizer.scores_of(take.recognition.logits, others)
        rows.append({"asked": asked, "before": before, "after": after})
    return rows
