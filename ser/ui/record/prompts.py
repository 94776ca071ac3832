"""Read aloud: the twelve sentences of the data set, and how actors who said one were heard."""

import random
from functools import cache
from html import escape
from pathlib import Path

import numpy as np

from ser.corpus.crema_d import SENTENCES, Corpus
from ser.corpus.votes import VOTE_COLUMNS
from ser.evaluation.predictions import PredictionsError, read_predictions
from ser.labels import EMOTION_NAMES, LABELS, MANNERS, NOUNS
from ser.recognition.result import Recognition
from ser.ui.parts.result import percent


def next_sentence(code: str | None, order: list[str]) -> tuple[str, list[str]]:
    """Return another sentence than `code`, and what is left of the shuffled `order`; all come before any again."""
    order = [other for other in order if other != code]
    if not order:
        order = [other for other in SENTENCES if other != code]
        random.shuffle(order)
    return order[0], order[1:]


class Actors:
    """How the test actors, whom the network had never heard, were heard saying each sentence.

    Parameters
    ----------
    predictions : the checkpoint's predictions.csv; where it is missing or damaged `show` says nothing
    corpus : the data set with its votes, where it is on this machine
    """

    def __init__(self, predictions: Path, corpus: Corpus | None = None):
        self._predictions = predictions
        self._corpus = corpus if corpus is not None and corpus.has_votes else None
        self.counts = cache(self._counts)

    def _counts(self, code: str) -> dict[str, tuple[np.ndarray, np.ndarray | None, int]]:
        """For each acted emotion: clips (6,) by what the network said, votes (6,) of people or None, actors."""
        try:
            table = read_predictions(self._predictions)
        except PredictionsError:  # the Data set tab says so
            return {}
        table = table[(table["split"] == "test") & (table["sentence"] == code)]
        counts = {}
        for label, clips in table.groupby("emotion"):
            network = clips["answer"].value_counts().reindex(LABELS, fill_value=0).to_numpy()
            votes = None
            if self._corpus is not None:
                there = self._corpus.clips.index.intersection(clips.index)
                votes = self._corpus.clips.loc[there, list(VOTE_COLUMNS)].to_numpy().sum(axis=0)
            counts[label] = network, votes, clips["actor"].nunique()
        return counts

    def show(self, code: str, recognition: Recognition | None = None) -> str:
        """Return a table, a row per acted emotion; above it what it says about the emotion that was heard."""
        counts = self.counts(code)
        if not counts:
            return ""
        people = any(votes is not None for _, votes, _ in counts.values())
        rows = "".join(_row(label, *counts[label][:2], people) for label in LABELS if label in counts)
        head = "<th>Asked to sound</th><th>The network heard</th>" + "<th>People heard</th>" * people
        return (
            f'<section class="actors-heard"><h3>How actors were heard saying “{escape(SENTENCES[code])}”</h3>'
            f"<p>{_comparison(counts, recognition)}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{_source(people)}</section>"
        )


def _comparison(counts: dict, recognition: Recognition | None) -> str:
    if recognition is None or recognition.verdict == "no_voice" or recognition.top not in counts:
        return "Even trained actors are often heard as something else than they meant."
    top = recognition.top
    network, votes, actors = counts[top]
    at = LABELS.index(top)
    said = (
        f"You sounded {EMOTION_NAMES[top].lower()} more than anything else. When {actors} actors were asked to say this "
        f"{MANNERS[top]}, the network heard {NOUNS[top]} in {network[at]} of {network.sum()} clips"
    )
    if votes is not None and votes.sum():
        said += f", and people who only heard the voice in {percent(votes[at] / votes.sum())} of their votes"
    return f"{said}."


def _row(label: str, network: np.ndarray, votes: np.ndarray | None, people: bool) -> str:
    cells = _shares("Network", network) + (_shares("People", votes) if people else "")
    return f'<tr><th scope="row">{EMOTION_NAMES[label]}</th>{cells}</tr>'


def _shares(who: str, counts: np.ndarray | None) -> str:
    """A cell with a stacked bar, and in words the two largest shares."""
    if counts is None or not counts.sum():
        return "<td>–</td>"
    shares = counts / counts.sum()
    parts = "".join(
        f'<span style="--share: {share:.4f}; --colour: var(--emotion-{label})"></span>'
        for label, share in zip(LABELS, shares, strict=True)
        if share
    )
    largest = [i for i in np.argsort(-shares, kind="stable")[:2] if shares[i]]
    words = ", ".join(f"{EMOTION_NAMES[LABELS[i]].lower()} {percent(shares[i])}" for i in largest)
    bar = f'<span class="shares" aria-hidden="true">{parts}</span>'
    return f'<td>{bar}<span class="words" data-who="{who}">{words}</span></td>'


def _source(people: bool) -> str:
    votes = " People: votes of the data set's raters who only heard the voice." if people else ""
    return (
        f'<p class="hint">Network: its highest score for each clip of the test actors, whom it never heard in training.'
        f"{votes}</p>"
    )
