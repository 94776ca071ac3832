"""The votes of CREMA-D's crowd for each clip, and the emotion that most listeners chose."""

import numpy as np

from ser.labels import LABELS

VOTE_COLUMNS = tuple(f"votes_{label}" for label in LABELS)  # of `ser.corpus.crema_d.Corpus.clips`


def most_voted(votes: np.ndarray) -> np.ndarray:
    """Flag the emotions with the most votes of each clip.

    A tie flags every emotion that shares the maximum; the caller decides whether to share the clip among them or to
    leave it out. A clip without votes has no flags.

    Parameters
    ----------
    votes : (clips, 6) counts in the order of `ser.labels.LABELS`

    Returns
    -------
    (clips, 6) bool

    Examples
    --------
    >>> most_voted(np.array([[1, 5, 0, 0, 2, 0], [3, 0, 3, 0, 0, 0], [0, 0, 0, 0, 0, 0]])).sum(axis=1).tolist()
    [1, 2, 0]
    """
    votes = np.asarray(votes)
    return (votes == votes.max(axis=1, keepdims=True)) & (votes > 0)


def majority(votes: np.ndarray) -> np.ndarray:
    """Return the position (clips,) of the emotion with the most votes, and -1 for a tie or a clip without votes."""
    flags = most_voted(votes)
    return np.where(flags.sum(axis=1) == 1, flags.argmax(axis=1), -1)
