"""The table of the clips of another corpus, which are scored while the app runs: no checkpoint has their scores."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ser.corpus.crema_d import Corpus
from ser.evaluation.clip_table import ClipsError, ClipTable
from ser.evaluation.predictions import empty_predictions
from ser.labels import LABELS
from ser.recognition.result import Unscored

if TYPE_CHECKING:
    import pandas as pd

    from ser.recognition.recognizer import Recognizer

PATIENCE_S = 5.0  # that a request waits for the scores


class KnownTable(ClipTable):
    """The clips of another corpus with a network's scores, which a thread computes from the first request on.

    Parameters
    ----------
    corpus : the clips
    get_recognizer : returns the network, as soon as it is loaded
    """

    def __init__(self, corpus: Corpus, *, get_recognizer: Callable[[], Recognizer]) -> None:
        super().__init__(Path(), corpus)
        self._get_recognizer = get_recognizer
        self._clips = corpus.modelling
        self._scores: dict[str, list[float]] = {}
        self._done, self._lock = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None

    def check(self) -> None:
        """Raise `ClipsError` while the clips are being scored, and if there are none."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._score, name="scores of a corpus", daemon=True)
                self._thread.start()
        if not self._done.wait(PATIENCE_S):
            raise ClipsError(self.progress)
        if self.table.empty:
            raise ClipsError("No clip of this corpus could be scored: choose another folder with --data.")

    @property
    def progress(self) -> str:
        """A sentence that says how many clips are scored."""
        title = self.corpus.known.title if self.corpus and self.corpus.known else "the corpus"
        return f"Scoring the clips of {title}: {len(self._scores):,} of {len(self._clips):,} so far."

    @property
    def is_scoring(self) -> bool:
        """Whether the scores are still being computed."""
        return self._thread is not None and not self._done.is_set()

    def _score(self) -> None:
        assert self.corpus is not None
        try:
            recognizer = self._get_recognizer()
            for clip in self._clips.index:  # one at a time: people use the app meanwhile
                result = recognizer.recognize_or_error(self.corpus.path(clip))
                if not isinstance(result, Unscored):
                    self._scores[clip] = [result.scores[label] for label in LABELS]
        finally:
            self._done.set()

    @property
    def table(self) -> pd.DataFrame:
        """As that of `ClipTable`, without what comes from CREMA-D's own tables."""
        import pandas as pd

        if not self._done.is_set() or not self._scores:
            return empty_predictions().rename(columns={"split": "part", "answer": "says"}).assign(score=0.0)
        scores = pd.DataFrame.from_dict(self._scores, orient="index", columns=list(LABELS))
        table = self._clips.loc[scores.index, ["actor", "sentence", "emotion", "level"]]
        table = table.assign(part="test", **{label: scores[label] for label in LABELS})
        return table.assign(says=scores.idxmax(axis=1), score=scores.max(axis=1), twin="")
