"""The network's scores of the clips that are labelled: computed in the background, added to labels later.

A label is stored and acknowledged at once. Where its scores are not ready by then, `ClipScorer` adds them to the
stored label when they are. Where the app is killed before that, the label is whole without them, and gets them when
its clip is next opened at the desk, by anyone: only then is it known again where the clip's file is.
"""

import threading
import traceback
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from ser.annotation.store import Annotations, Label
from ser.audio.reading import SAMPLE_RATE
from ser.errors import UserError
from ser.ui.desk.clips import Desk, Found

MAX_REMEMBERED = 5000  # parts of clips whose scores are kept
MAX_SCORED_S = 60.0  # a longer part would keep the others waiting
EXPORT_WAIT_S = 3.0  # how long an export waits for the scores of the last labels

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
    """Scores clips, one at a time, and adds the scores to labels that were stored before. Threads may share it.

    Parameters
    ----------
    desk : the clips and the recognizer
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="scores")
        self._answers: OrderedDict[tuple, Future[Scored | None]] = OrderedDict()
        self._arriving: dict[Future[bool], Annotations] = {}

    def start(self, clip: Found, region: Region | None = None) -> Future[Scored | None]:
        """Begin to score a clip or a region of it; the result is None for one of more than `MAX_SCORED_S`."""
        key = (clip.path, region)
        with self._lock:
            if key not in self._answers or _failed(self._answers[key]):
                self._answers[key] = self._worker.submit(self._score, clip, region)
                while len(self._answers) > MAX_REMEMBERED:
                    self._answers.popitem(last=False)
            return self._answers[key]

    def ready(self, clip: Found, region: Region | None) -> Scored | None:
        """Return the scores that are known now, without waiting, and begin to find those that are not."""
        if clip.entry and clip.entry.scores and region is None and clip.source == "folder":
            return Scored(clip.entry.scores, self._desk.get_recognizer().checkpoint_id)
        answer = self.start(clip, region)
        return None if not answer.done() or _failed(answer) else answer.result()

    def attach(self, store: Annotations, label: Label, *, clip: Found) -> Future[bool]:
        """Add the scores to a stored label as soon as they are ready.

        Returns
        -------
        future of whether the label took them, see `Annotations.attach_scores`; it never raises
        """
        attached: Future[bool] = Future()
        with self._lock:
            self._arriving[attached] = store

        def finish(answer: Future[Scored | None]) -> None:
            taken = False
            try:
                scored = answer.result()
                if scored is not None:
                    taken = store.attach_scores(label, scores=scored.scores, checkpoint=scored.checkpoint)
            except (UserError, ValueError):
                pass  # not a sound, a full or read-only disk, a closed store: the label is whole without its scores
            except Exception:  # the annotator has long gone on: nobody but the log is there to tell
                traceback.print_exc()
            finally:
                with self._lock:
                    del self._arriving[attached]
                attached.set_result(taken)

        self.start(clip, label.region).add_done_callback(finish)
        return attached

    def wait(self, store: Annotations) -> None:
        """Wait up to `EXPORT_WAIT_S` for the scores that a store's labels are going to get."""
        with self._lock:
            arriving = [attached for attached, of in self._arriving.items() if of is store]
        wait(arriving, EXPORT_WAIT_S)

    def _score(self, clip: Found, region: Region | None) -> Scored | None:
        _, sound = self._desk.sound(clip)
        start, end = (round(at_s * SAMPLE_RATE) for at_s in region) if region else (0, len(sound.samples))
        samples = sound.samples[start:end]
        if len(samples) > MAX_SCORED_S * SAMPLE_RATE:
            return None
        recognizer = self._desk.get_recognizer()
        return Scored(recognizer.recognize(samples).scores, recognizer.checkpoint_id)


def _failed(answer: Future) -> bool:
    return answer.done() and answer.exception() is not None
