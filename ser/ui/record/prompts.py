"""Sentences to read aloud, and what the network and people heard when actors said them."""

import random
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import numpy as np

from ser.corpus.crema_d import SENTENCES, Corpus
from ser.corpus.votes import VOTE_COLUMNS
from ser.evaluation.predictions import PredictionsError, read_predictions
from ser.labels import EMOTION_NAMES, LABELS, MANNERS, NOUNS
from ser.recognition.result import Recognition
from ser.ui.parts.shares import percent
from ser.ui.parts.stage import stage_button


def next_sentence(code: str | None, order: list[str]) -> tuple[str, list[str]]:
    """Return the next sentence and the ones after it, in random order; none repeats before all were shown.

    Parameters
    ----------
    code : current sentence, which is not returned
    order : sentences still to come, as returned by the previous call
    """
    order = [other for other in order if other != code]
    if not order:
        order = [other for other in SENTENCES if other != code]
        random.shuffle(order)
    return order[0], order[1:]


@dataclass(frozen=True)
class Counts:
    """Answers to the clips of one sentence in one acted emotion.

    Attributes
    ----------
    network : (6,) clips by the network's answer
    votes : (6,) votes of people; None without the data set
    actors : number of actors
    """

    network: np.ndarray
    votes: np.ndarray | None
    actors: int


class Actors:
    """What was heard when the test actors, who are new to the network, said each sentence.

    Parameters
    ----------
    predictions : the checkpoint's predictions.csv; if it is missing or damaged, `show` returns nothing
    corpus : the data set with its votes, if available
    """

    def __init__(self, predictions: Path, corpus: Corpus | None = None):
        self._predictions = predictions
        self._clips = corpus.clips if corpus is not None else None
        self._corpus = corpus if corpus is not None and corpus.has_votes else None
        self.counts = cache(self._counts)

    def _counts(self, code: str) -> dict[str, Counts]:
        """Return the counts of each acted emotion."""
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
                available = self._corpus.clips.index.intersection(clips.index)
                votes = self._corpus.clips.loc[available, list(VOTE_COLUMNS)].to_numpy().sum(axis=0)
            counts[label] = Counts(network, votes, clips["actor"].nunique())
        return counts

    def name(self, clip: str) -> str | None:
        """Return the name in words of a clip of the data set, or None for any other file."""
        if self._clips is None or clip not in self._clips.index:
            return None
        row = self._clips.loc[clip]
        return f"Actor {row['actor']}, acted {EMOTION_NAMES[row['emotion']].lower()}"

    def show_clip(self, clip: str, recognition: Recognition) -> str:
        """Draw a clip of the data set as it was acted, as the network heard it, and as people did, if that is known."""
        if self._clips is None or clip not in self._clips.index or recognition.verdict == "no_voice":
            return ""
        row = self._clips.loc[clip]
        columns = [
            _column("Acted", row["emotion"], f"by actor {row['actor']}"),
            _column("The network", recognition.top, percent(recognition.scores[recognition.top])),
        ]
        if self._corpus is not None:
            votes = self._corpus.clips.loc[clip, list(VOTE_COLUMNS)].to_numpy(float)
            if votes.sum():
                most = LABELS[int(votes.argmax())]
                share = f"{percent(votes.max() / votes.sum())} of {int(votes.sum())} votes"
                columns.append(_column("People", most, share))
        return (
            '<section class="three-ways" aria-label="Acted, network, people"><header><h3>What was acted, and what was '
            f"heard</h3>{stage_button('#spoken', words='Present this clip')}</header>"
            f'<div class="columns">{"".join(columns)}</div></section>'
        )

    def show(self, code: str, recognition: Recognition | None = None) -> str:
        """Draw a table with a row for each acted emotion; a sentence above it refers to the given recognition."""
        counts = self.counts(code)
        if not counts:
            return ""
        people = any(row.votes is not None for row in counts.values())
        rows = "".join(_row(label, counts[label], people) for label in LABELS if label in counts)
        head = "<th>Asked to sound</th><th>The network heard</th>" + "<th>People heard</th>" * people
        return (
            f'<section class="actors-heard"><h3>What was heard when actors said “{escape(SENTENCES[code])}”</h3>'
            f"<p>{_comparison(counts, recognition)}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{_source(people)}</section>"
        )


def _column(who: str, label: str, said: str) -> str:
    return (
        f'<p style="--colour: var(--emotion-{label})"><span>{who}</span> <strong>{EMOTION_NAMES[label]}</strong> '
        f"<small>{said}</small></p>"
    )


def _comparison(counts: dict[str, Counts], recognition: Recognition | None) -> str:
    if recognition is None or recognition.verdict == "no_voice" or recognition.top not in counts:
        return "Even trained actors are often heard differently from what they meant."
    top = recognition.top
    network, votes = counts[top].network, counts[top].votes
    index = LABELS.index(top)
    sentences = (
        f"You sounded mainly {EMOTION_NAMES[top].lower()}. When {counts[top].actors} actors were asked to say this "
        f"{MANNERS[top]}, the network heard {NOUNS[top]} in {network[index]} of {network.sum()} clips"
    )
    if votes is not None and votes.sum():
        sentences += f", and people who heard only the voice did so in {percent(votes[index] / votes.sum())} of their votes"
    return f"{sentences}."


def _row(label: str, counts: Counts, people: bool) -> str:
    cells = _shares("Network", counts.network) + (_shares("People", counts.votes) if people else "")
    return f'<tr><th scope="row">{EMOTION_NAMES[label]}</th>{cells}</tr>'


def _shares(who: str, counts: np.ndarray | None) -> str:
    """Draw a cell with a stacked bar and the two largest shares in words."""
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
    votes = " People: votes of the data set's listeners who heard only the voice." if people else ""
    return (
        f'<p class="hint">Network: the highest score of each clip of the test actors, who were not used in training.'
        f"{votes}</p>"
    )
