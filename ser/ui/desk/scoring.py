"""The network's scores of clips that are labelled: computed in the background, and added to stored labels.

A label is stored and acknowledged at once. If its scores are not ready by then, `ClipScorer` adds them later. If the
app is killed before that, the label is complete without them, and gets them when anyone next opens its clip at the
desk: labels hold a clip's hash, and only the opened clip says which file that is.
"""

import threading
import traceback
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from ser.annotation.store import Annotations, Label
from ser.audio.reading import SAMPLE_RATE
from ser.errors import UserError
from ser.labels import LABELS
from ser.ui.desk.clips import Desk, DeskClip

MAX_REMEMBERED = 5000  # parts of clips whose scores are kept
MAX_SCORED_S = 60.0  # a longer part would hold up all others
MAX_EXPORT_WAIT_S = 3.0  # how long an export waits for the scores of the last labels

Region = tuple[float, float]  # start and end, in seconds


@dataclass(frozen=True)
class Scored:
    """The network's answer about a clip or a region of it.

    Attributes
    ----------
    scores : six probabilities by label
    checkpoint : the network that gave them
    """

    scores: dict[str, float]
    checkpoint: str


class ClipScorer:
    """Scores clips one at a time, and adds the scores to stored labels. Threads may share it.

    Parameters
    ----------
    desk : the clips and the recognizer
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="scores")
        self._answers: OrderedDict[tuple, Future[Scored | None]] = OrderedDict()
        self._pending: dict[Future[bool], Annotations] = {}

    def start(self, clip: DeskClip, region: Region | None = None) -> Future[Scored | None]:
        """Start to score a clip or a region of it. The result is None if that is longer than `MAX_SCORED_S`."""
        key = (clip.path, region)
        with self._lock:
            if key not in self._answers or _failed(self._answers[key]):
                self._answers[key] = self._worker.submit(self._score, clip, region)
                while len(self._answers) > MAX_REMEMBERED:
                    self._answers.popitem(last=False)
            return self._answers[key]

    def ready(self, clip: DeskClip, region: Region | None) -> Scored | None:
        """Return the scores if they are known, without waiting; otherwise start to compute them and return None."""
        scores = clip.entry.scores if clip.entry and region is None and clip.source == "folder" else None
        if clip.entry and scores and tuple(scores) == LABELS:  # not those of an adaptation's own emotions
            return Scored(scores, self._desk.get_recognizer().checkpoint_id)
        answer = self.start(clip, region)
        return None if not answer.done() or _failed(answer) else answer.result()

    def attach(self, label: Label, *, store: Annotations, clip: DeskClip) -> Future[bool]:
        """Add the scores to a stored label as soon as they are ready.

        Returns
        -------
        future that says whether the scores were stored, see `Annotations.attach_scores`; its `result` does not raise
        """
        attached: Future[bool] = Future()
        with self._lock:
            self._pending[attached] = store

        def finish(answer: Future[Scored | None]) -> None:
            accepted = False
            try:
                scored = answer.result()
                if scored is not None:
                    accepted = store.attach_scores(label, scores=scored.scores, checkpoint=scored.checkpoint)
            except (UserError, ValueError):
                pass  # not a sound, a full or read-only disk, a closed store: the label is complete without scores
            except Exception:  # nobody waits for this: only the log can say what failed
                traceback.print_exc()
            finally:
                with self._lock:
                    del self._pending[attached]
                attached.set_result(accepted)

        self.start(clip, label.region).add_done_callback(finish)
        return attached

    def wait(self, store: Annotations) -> None:
        """Wait up to `MAX_EXPORT_WAIT_S` for the scores that are being computed for a store's labels."""
        with self._lock:
            pending = [attached for attached, of in self._pending.items() if of is store]
        wait(pending, MAX_EXPORT_WAIT_S)

    def _score(self, clip: DeskClip, region: Region | None) -> Scored | None:
        _, sound = self._desk.sound(clip)
        start, end = (round(at_s * SAMPLE_RATE) for at_s in region) if region else (0, len(sound.samples))
        samples = sound.samples[start:end]
        if len(samples) > MAX_SCORED_S * SAMPLE_RATE:
            return None
        recognizer = self._desk.get_recognizer()
        return Scored(recognizer.recognize(samples).scores, recognizer.checkpoint_id)


def _failed(answer: Future) -> bool:
    return answer.done() and answer.exception() is not None
