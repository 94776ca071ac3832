"""Filter and sort the clips of a queue."""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ser.annotation.label import Label
from ser.annotation.labelling_queue import Entry, QueueError

FILTERS = ("all", "mine", "unlabelled", "unsure", "differ", "adjudicate", "flagged")
ORDERS = ("given", "name", "entropy", "margin", "intensity")


@dataclass(frozen=True)
class View:
    """Which clips of a queue an annotator wants to see, and in what order.

    Attributes
    ----------
    show : one of `FILTERS`: all clips; those for the annotator; those of them not labelled yet; those whose highest
        score is below `leaning`; those on which annotators differ; those of them without a final label, which `differing`
        then holds alone; or those that someone flagged
    order : one of `ORDERS`: original order, by name, the most uncertain first by entropy or by margin, or the strongest
        first by intensity, with clips without scores at the end
    search : words that must all occur in the name, in upper or lower case
    names : the names to search and to order by if they are not the clips' own: then the original order is not shown either
    labelled : hashes of the clips that are labelled
    differing : hashes of the clips on which annotators differ: see `differing`
    flagged : hashes of the clips that someone flagged
    assigned : keys of the clips that are for the annotator; None for all
    leaning : the network is unsure of a clip if its highest score is below this, 0 to 1

    Raises
    ------
    QueueError
        `show` or `order` does not exist.
    """

    show: str = "all"
    order: str = "given"
    search: str = ""
    names: Sequence[str] = ()
    labelled: Collection[str] = ()
    differing: Collection[str] = ()
    flagged: Collection[str] = ()
    assigned: Collection[str] | None = None
    leaning: float = 0.5

    def __post_init__(self) -> None:
        if self.show not in FILTERS or self.order not in ORDERS:
            raise QueueError(
                f"The filter {self.show!r} or the order {self.order!r} does not exist: reload the page."
            )


ALL = View()


def entropy(scores: dict[str, float]) -> float:
    """Return the entropy of scores, normalised: 0 if one score is 1, and 1 if all are equal.

    >>> entropy({"ANG": 1.0, "SAD": 0.0}), entropy({"ANG": 0.5, "SAD": 0.5})
    (0.0, 1.0)
    """
    return (
        sum(-score * math.log(score) for score in scores.values() if score > 0) / math.log(len(scores)) + 0.0
    )


def margin(scores: dict[str, float]) -> float:
    """Return how close the two highest scores are: 1 if they are equal, and 0 if they are 1 and 0.

    >>> margin({"ANG": 0.75, "SAD": 0.25, "NEU": 0.0})
    0.5
    """
    first, second = sorted(scores.values(), reverse=True)[:2]
    return 1 - (first - second)


def arrange(entries: Sequence[Entry], view: View = ALL) -> list[int]:
    """Return the indices of the clips of a view, in its order."""
    words = view.search.casefold().split()
    names = view.names or [entry.name for entry in entries]

    def for_me(entry: Entry) -> bool:
        return view.assigned is None or entry.key in view.assigned

    matches: Callable[[Entry], bool] = {
        "all": lambda entry: True,
        "mine": for_me,
        "unlabelled": lambda entry: for_me(entry) and entry.hash not in view.labelled,
        "unsure": lambda entry: entry.scores is not None and max(entry.scores.values()) < view.leaning,
        "differ": lambda entry: entry.hash in view.differing,
        "adjudicate": lambda entry: entry.hash in view.differing,
        "flagged": lambda entry: entry.hash in view.flagged,
    }[view.show]
    chosen = [
        i
        for i, entry in enumerate(entries)
        if matches(entry) and all(word in names[i].casefold() for word in words)
    ]
    if view.order == "name" or view.names:
        chosen.sort(key=lambda i: names[i].casefold())
    if view.order == "name":
        return chosen
    if view.order == "given":
        return chosen
    if view.order == "intensity":
        return sorted(chosen, key=lambda i: -(entries[i].intensity or 0.0))
    measure = {"entropy": entropy, "margin": margin}[view.order]

    def certainty(i: int) -> float:
        scores = entries[i].scores
        return -measure(scores) if scores else math.inf

    return sorted(chosen, key=certainty)


def differing(labels: Iterable[Label]) -> set[str]:
    """Return the hashes of the clips that annotators gave different emotions, counting labels of whole clips only."""
    emotions_by_clip: dict[str, dict[str, str]] = {}
    for label in labels:
        if label.start_s is None:
            emotions_by_clip.setdefault(label.clip, {})[label.annotator] = label.emotion
    return {clip for clip, emotions in emotions_by_clip.items() if len(set(emotions.values())) > 1}
