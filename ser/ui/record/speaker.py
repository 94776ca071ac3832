"""What a page knows about the voice of its speaker: a voice profile made of takes, and its effect on scores."""

from dataclasses import dataclass, replace

from ser.labels import LABELS
from ser.recognition.recognizer import Recognizer
from ser.recognition.voice_profile import Profile
from ser.ui.takes.take import Take

SPOKEN_SOURCES = (
    "microphone",
    "live",
)  # of takes that may be used without a prompt: they are surely the speaker's


NORMAL = "NEU"  # the emotion of a sentence in a normal voice, which makes a profile on its own
MIN_FLAT_NEUTRAL = 0.5  # a prompted take that scores so neutral, ...
MAX_FLAT_ASKED = 0.2  # ... and so little as it was asked for, was spoken flat
MAX_CHANGES = 6  # recordings of which the panel shows what a profile changes


@dataclass(frozen=True)
class Speaker:
    """The speaker of one page; it is lost with the page unless the profile is saved.

    Attributes
    ----------
    loaded : a saved profile that was opened
    uses_all : whether the person agreed to use all recordings of the session, not only the prompted ones
    excluded : ids of takes of other speakers, which are all takes before "Switch speaker"
    profile : the profile that recordings are scored with; None if there is none
    accepted : ids of prompted takes that were spoken flat, and that the person keeps all the same
    previous : the speaker before "Switch speaker", to switch back to
    """

    loaded: Profile | None = None
    uses_all: bool = False
    excluded: frozenset[str] = frozenset()
    profile: Profile | None = None
    accepted: frozenset[str] = frozenset()
    previous: "Speaker | None" = None


@dataclass(frozen=True)
class ChangedScores:
    """The six scores of a recording before and after a profile was made.

    Attributes
    ----------
    name : of the recording
    before : scores without a profile
    after : scores with the profile
    """

    name: str
    before: dict[str, float]
    after: dict[str, float]


@dataclass(frozen=True)
class PromptedScores:
    """The six scores of a prompted take.

    Attributes
    ----------
    asked : emotion that the person was asked to act
    before : scores without a profile
    after : scores with a profile made of the other prompted takes
    """

    asked: str
    before: dict[str, float]
    after: dict[str, float]


def is_flat(take: Take) -> bool:
    """Return whether a prompted take was spoken neutrally although another emotion was asked for."""
    if not take.asked or take.asked == NORMAL or take.recognition.verdict == "no_voice":
        return False
    scores = take.recognition.scores
    return scores[NORMAL] >= MIN_FLAT_NEUTRAL and scores[take.asked] <= MAX_FLAT_ASKED


def prompted_takes(speaker: Speaker, takes: list[Take]) -> dict[str, Take]:
    """Return the newest prompted take of each emotion.

    The first flat take of an emotion counts only if the person keeps it. The second one counts: nobody is asked twice.
    """
    prompted, was_asked_again = {}, set()
    for take in takes:
        if not take.asked or not _has_voice_of(speaker, take):
            continue
        if is_flat(take) and take.id not in speaker.accepted and take.asked not in was_asked_again:
            was_asked_again.add(take.asked)
        else:
            prompted[take.asked] = take
    return prompted


def with_takes(speaker: Speaker, *, takes: list[Take], checkpoint: str) -> Speaker:
    """Return the speaker with a profile made of these takes; takes that were deleted no longer count.

    Parameters
    ----------
    takes : all takes of the session
    checkpoint : id of the checkpoint that the profile is for
    """
    prompted = prompted_takes(speaker, takes)
    used = [take for emotion, take in prompted.items() if emotion == NORMAL]
    if prompted.keys() == set(LABELS):
        used = list(prompted.values())
    if speaker.uses_all:
        used += [
            take
            for take in takes
            if take.source in SPOKEN_SOURCES and not take.asked and _has_voice_of(speaker, take)
        ]
    profile = speaker.loaded
    for take in used:
        profile = (profile or Profile(checkpoint)).with_take(take.recognition.logits, take.asked)
        profile = profile.with_last_unlike(take.sounds_unlike)
    return replace(speaker, profile=profile)


def _has_voice_of(speaker: Speaker, take: Take) -> bool:
    return take.id not in speaker.excluded and take.recognition.verdict != "no_voice"


def switch_speaker(speaker: Speaker, takes: list[Take]) -> Speaker:
    """Return a new speaker, whom none of these takes belong to."""
    return Speaker(
        uses_all=speaker.uses_all,
        excluded=frozenset(take.id for take in takes),
        previous=replace(speaker, previous=None),
    )


def compare_scores(recognizer: Recognizer, takes: dict[str, Take]) -> list[PromptedScores]:
    """Score each prompted take without a profile, and with one made of only the other takes.

    Parameters
    ----------
    takes : one take for each emotion
    """
    rows = []
    for asked, take in takes.items():
        others = Profile(recognizer.checkpoint_id)
        for emotion, other in takes.items():
            if emotion != asked:
                others = others.with_take(other.recognition.logits, emotion)
        before = recognizer.scores_of(take.recognition)
        after = recognizer.scores_of(take.recognition, others)
        rows.append(PromptedScores(asked, before, after))
    return rows


def changed_scores(recognizer: Recognizer, *, speaker: Speaker, takes: list[Take]) -> list[ChangedScores]:
    """Score the newest recordings of the speaker that the profile was not made of, without it and with it."""
    others = [
        take
        for take in takes
        if take.source in (*SPOKEN_SOURCES, "upload") and not take.asked and _has_voice_of(speaker, take)
    ]
    if speaker.uses_all:
        others = [take for take in others if take.source not in SPOKEN_SOURCES]
    return [
        ChangedScores(
            take.name,
            recognizer.scores_of(take.recognition),
            recognizer.scores_of(take.recognition, speaker.profile),
        )
        for take in others[-MAX_CHANGES:]
    ]
