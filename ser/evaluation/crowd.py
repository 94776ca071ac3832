"""Compare a network's estimate of the perceived emotion with the votes of CREMA-D's crowd.

The measure is the Jensen-Shannon divergence in bits (Lin, IEEE Transactions on Information Theory 37(1), 1991): 0 for
equal shares, 1 for shares with no emotion in common. A dozen votes are a small sample, so even a perfect estimate
differs from them. Comparing one half of each clip's votes with the other half shows by how much.
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

MIN_VOTES = 4  # clips with fewer votes are left out: their halves would be too small
DRAWS = 20  # random halves per clip
GUESSES = {
    "network": "the network",
    "training_mean": "a constant guess: the mean of the training votes",
    "uniform": "a constant guess: one sixth for each emotion",
}


class PerceivedFigures(TypedDict):
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
    perceived: np.ndarray, *, votes: np.ndarray, training_votes: np.ndarray, seed: int = 0
) -> PerceivedFigures:
    """Measure how far the network and two constant guesses are from the crowd's votes, as means over clips.

    Parameters
    ----------
    perceived : (n, 6) the shares that the network estimates
    votes : (n, 6) vote counts of the same clips
    training_votes : (m, 6) vote counts of the clips that the network was trained on
    seed : of the random halves

    Returns
    -------
    `PerceivedFigures`: clips (how many were used), votes (mean number per clip), all (divergence of each guess from
    all votes of a clip) and half (from a random half of them; its "crowd" is the divergence between the two halves)
    """
    enough = votes.sum(axis=1) >= MIN_VOTES
    perceived, votes = perceived[enough], votes[enough].astype(int)
    mean = (training_votes / training_votes.sum(axis=1, keepdims=True).clip(min=1)).mean(axis=0)
    guesses = {
        "network": perceived,
        "training_mean": np.broadcast_to(mean, perceived.shape),
        "uniform": np.full(perceived.shape, 1 / len(LABELS)),
    }
    halves: dict[str, list[float]] = {name: [] for name in (*GUESSES, "crowd")}
    generator = np.random.default_rng(seed)
    for _ in range(DRAWS):
        half = np.stack([generator.multivariate_hypergeometric(row, row.sum() // 2) for row in votes])
        for name, guess in (guesses | {"crowd": votes - half}).items():
            halves[name].append(divergence(guess, half).mean())
    return {
        "clips": int(enough.sum()),
        "votes": float(votes.sum(axis=1).mean()),
        "all": {name: float(divergence(guess, votes).mean()) for name, guess in guesses.items()},
        "half": {name: float(np.mean(values)) for name, values in halves.items()},
    }


def perceived_figures(
    corpus: Corpus, *, table: pd.DataFrame, training_actors: tuple[str, ...]
) -> PerceivedFigures | None:
    """Return `against_votes` for the rows of `ser.evaluation.evaluate.predict_corpus`.

    Returns None if the network does not estimate perceived emotions or the data set has no votes.
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


def format_perceived(figures: PerceivedFigures) -> str:
    """Format the result of `against_votes` as text."""
    width = max(map(len, GUESSES.values()))
    rows = [
        f"{words:<{width}}  {figures['all'][name]:.3f}      {figures['half'][name]:.3f}"
        for name, words in GUESSES.items()
    ]
    return "\n".join(
        [
            f"Perceived emotions: Jensen-Shannon divergence in bits from {figures['votes']:.1f} votes per clip, "
            f"{figures['clips']} clips",
            f"{'':<{width}}  all votes  half of them",
            *rows,
            f"{'the other half of the crowd':<{width}}             {figures['half']['crowd']:.3f}",
        ]
    )
