"""How a long recording sounds from beginning to end, in one sentence."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ser.labels import EMOTION_NAMES
from ser.recognition.result import Phrase, Recognition

MAX_STEPS = 4  # more are summed up
MAX_NAMED = 3  # emotions in the sum
MIN_SHARE = 0.1  # of the time, of an emotion that the sum names

Step = tuple[
    str | None, float
]  # an emotion, or None where it is unsure or there is no voice; its length in seconds


def steps_of(phrases: Iterable[Phrase]) -> list[Step]:
    """Return an emotion for each phrase that has one, and its length in seconds.

    Where an adaptation has emotions of its own, it is one of them.
    """
    steps: list[Step] = []
    for phrase in phrases:
        own = phrase.adapted if phrase.adapted and phrase.adapted.has_own_emotions else None
        top, verdict = (own.top, own.verdict) if own else (phrase.top, phrase.verdict)
        steps.append((top if verdict in ("sure", "leaning") else None, phrase.end_s - phrase.start_s))
    return steps


def story_of(recognition: Recognition) -> str:
    """Tell how the phrases of a recording differ; empty where they do not, or were not scored."""
    own = recognition.adapted if recognition.adapted and recognition.adapted.has_own_emotions else None
    return story(steps_of(recognition.phrases), names=own.names if own else EMOTION_NAMES)


def story(steps: Iterable[Step], *, min_s: float = 0.0, names: Mapping[str, str] = EMOTION_NAMES) -> str:
    """Tell how the emotion of a recording changes; empty where it does not.

    Parameters
    ----------
    steps : in order of time
    min_s : an emotion that is shorter is left out
    names : what people see for the emotions, by code

    >>> story([("ANG", 2.0), (None, 1.0), ("DIS", 2.0), ("HAP", 1.5)])
    'First angry, then disgusted, then happy.'
    >>> story([("SAD", 2.0), ("HAP", 1.5), ("SAD", 3.0)])
    'First sad, then happy, then sad again.'
    >>> story([("ANG", 3.0), ("SAD", 1.0)] * 5)
    'Mostly angry, at times sad.'
    """
    runs = [
        (label, sum(seconds for _, seconds in run))
        for label, run in itertools.groupby((step for step in steps if step[0]), lambda step: step[0])
    ]
    runs = [(label, seconds) for label, seconds in runs if label and seconds >= min_s]
    labels = [label for label, _ in itertools.groupby(runs, lambda run: run[0])]
    if len(set(labels)) < 2:
        return ""
    if len(labels) > MAX_STEPS:
        return _summed_up(runs, names)
    words = [
        names[label].lower() + (" again" if label in labels[:i] else "") for i, label in enumerate(labels)
    ]
    return f"First {', then '.join(words)}."


def _summed_up(runs: list[tuple[str | None, float]], names: Mapping[str, str]) -> str:
    seconds: defaultdict[str, float] = defaultdict(float)
    for label, length_s in runs:
        seconds[label or ""] += length_s
    total_s = sum(seconds.values())
    ranked = sorted(seconds, key=seconds.__getitem__, reverse=True)
    named = [label for label in ranked if seconds[label] >= MIN_SHARE * total_s][:MAX_NAMED]
    first, *others = [names[label].lower() for label in named]
    if not others:
        return f"Mostly {first}."
    if seconds[ranked[0]] > total_s / 2:
        return f"Mostly {first}, at times {' or '.join(others)}."
    return f"Changing between {', '.join([first, *others[:-1]])} and {others[-1]}."
