"""What listeners heard, as shares of their votes, and how near a network comes to that.

The measure is the Jensen-Shannon divergence in bits (Lin, IEEE Transactions on Information Theory 37(1), 1991): 0 for
equal shares, 1 where they have no emotion in common. A dozen votes are a small sample of a crowd, so that even a
perfect answer differs from them; how much is seen where half of a clip's votes are held against the other half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np
from scipy.spatial.distance import jensenshannon

from ser.corpus.votes import VOTE_COLUMNS
from ser.evaluation.predictions import HEARD_COLUMNS
from ser.labels import LABELS

if TYPE_CHECKING:
    import pandas as pd

    from ser.corpus.crema_d import Corpus

MIN_VOTES = 4  # a clip with fewer has no halves worth the name
DRAWS = 20  # of the halves
GUESSES = {
    "network": "the network",
    "training_mean": "one answer for all clips: the mean of the training votes",
    "uniform": "one answer for all clips: a sixth for each emotion",
}


class HeardFigures(TypedDict):
    """What `against_votes` returns."""

    clips: int
    votes: float
    all: dict[str, float]
    half: dict[str, float]


def divergence(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the Jensen-Shannon divergence (n,) in bits between shares or counts (n, 6).

    >>> divergence(np.array([[2, 2, 0, 0, 0, 0]]), np.array([[0, 0, 1, 0, 0, 0]])).round(6).tolist()
    [1.0]
    """
    return np.square(jensenshannon(np.asarray(one, float), np.asarray(other, float), base=2, axis=1))


def against_votes(
    heard: np.ndarray, *, votes: np.ndarray, training_votes: np.ndarray, seed: int = 0
) -> HeardFigures:
    """Return how far the network's and others' guesses are from the crowd's votes, as means over clips.

    Parameters
    ----------
    heard : (n, 6) the network's shares
    votes : (n, 6) counts of the same clips' votes
    training_votes : (m, 6) counts of the clips that the network was trained on
    seed : of the halves

    Returns
    -------
    `HeardFigures`: clips; votes: the mean number of a clip; all: the divergence of each of `GUESSES` from all votes
    of a clip; half: from a random half of them, and crowd: of the other half from that one
    """
    kept = votes.sum(axis=1) >= MIN_VOTES
    heard, votes = heard[kept], votes[kept].astype(int)
    mean = (training_votes / training_votes.sum(axis=1, keepdims=True).clip(min=1)).mean(axis=0)
    guesses = {
        "network": heard,
        "training_mean": np.broadcast_to(mean, heard.shape),
        "uniform": np.full(heard.shape, 1 / len(LABELS)),
    }
    halves: dict[str, list[float]] = {name: [] for name in (*GUESSES, "crowd")}
    generator = np.random.default_rng(seed)
    for _ in range(DRAWS):
        half = np.stack([generator.multivariate_hypergeometric(row, row.sum() // 2) for row in votes])
        for name, guess in (guesses | {"crowd": votes - half}).items():
            halves[name].append(divergence(guess, half).mean())
    return {
        "clips": int(kept.sum()),
        "votes": float(votes.sum(axis=1).mean()),
        "all": {name: float(divergence(guess, votes).mean()) for name, guess in guesses.items()},
        "half": {name: float(np.mean(values)) for name, values in halves.items()},
    }


def heard_figures(
    corpus: Corpus, *, table: pd.DataFrame, training_actors: tuple[str, ...]
) -> HeardFigures | None:
    """Return `against_votes` for the rows of `ser.evaluation.evaluate.predict_corpus`.

    None where the network does not say what is heard, or the data set has no votes.
    """
    clips = corpus.modelling
    if not {*HEARD_COLUMNS} <= {*table.columns} or not corpus.has_votes:
        return None
    training = clips[clips["actor"].isin(training_actors)]
    return against_votes(
        table[list(HEARD_COLUMNS)].to_numpy(),
        votes=clips.loc[table.index, list(VOTE_COLUMNS)].to_numpy(),
        training_votes=training[list(VOTE_COLUMNS)].to_numpy(),
    )


def format_heard(figures: HeardFigures) -> str:
    """Return `against_votes` as text for people."""
    width = max(map(len, GUESSES.values()))
    rows = [
        f"{words:<{width}}  {figures['all'][name]:.3f}      {figures['half'][name]:.3f}"
        for name, words in GUESSES.items()
    ]
    return "\n".join(
        [
            f"What listeners heard: Jensen-Shannon divergence in bits from {figures['votes']:.1f} votes a clip, "
            f"{figures['clips']} clips",
            f"{'':<{width}}  all votes  half of them",
            *rows,
            f"{'the crowd itself: the other half':<{width}}             {figures['half']['crowd']:.3f}",
        ]
    )
