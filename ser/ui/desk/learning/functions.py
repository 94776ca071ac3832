"""Server functions: learn from the labels of a queue, use the result in this browser, save it and open it. No gradio here."""

import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, NotRequired

from ser.adaptation.clips import MIN_RECORDINGS
from ser.annotation.labelling_queue import Queue, QueueError
from ser.annotation.learning_clips import (
    clips_to_learn,
    emotions_by_clip,
    missing,
    speaker_rules,
)
from ser.annotation.validation import is_id
from ser.errors import UserError
from ser.recognition.adaptation import DEFAULT_NAME, Adaptation, name_from
from ser.ui.desk.clips import DeskRequest, QueueRequest
from ser.ui.desk.labelling import Labelling
from ser.ui.desk.learning.jobs import READING, Bench, Benches, Progress
from ser.ui.page.network_choice import Choice
from ser.ui.page.requests import checks_request
from ser.ui.page.server_functions import STALE
from ser.util.deadline import check_abandoned
from ser.util.text import plain

if TYPE_CHECKING:
    from ser.recognition.recognizer import Recognizer

MINE, MAJORITY = "mine", "majority"
READ = 0.05  # share of the work that is done once all clips are identified
NOTHING = "There is no adaptation here any more: learn again, or open one."


class LearnRequest(QueueRequest):
    """Whose labels of a queue to learn from, `MINE` or `MAJORITY`, and by which rule the speakers are known.

    `room` asks for what the recordings of the folder have in common, without any labels.
    """

    whose: NotRequired[str]
    way: NotRequired[str]
    room: NotRequired[bool]


class NameRequest(DeskRequest):
    """A name for the adaptation, and whether it is the one in use, and not the one that was learned last."""

    name: str
    in_use: NotRequired[bool]


class OpenRequest(DeskRequest):
    """The text of an adaptation file, and its name."""

    name: str
    text: str


class Learning:
    """The server functions for learning.

    Parameters
    ----------
    labelling : the clips and their labels
    choice : the network of a browser, and the adaptations that are in use
    """

    def __init__(self, labelling: Labelling, choice: Choice) -> None:
        self.desk, self.stores, self.choice = labelling.desk, labelling.stores, choice
        self.benches = Benches()

    @checks_request(LearnRequest)
    def learn_state(self, request: LearnRequest) -> dict:
        """Return what can be learned from a queue, what is being learned, and what was learned.

        Returns
        -------
        dict: labels and emotions, how many can be used; missing, a sentence about what they lack, or ""; annotators, how
        many there are; rules, ways to know the speakers; room, how many recordings of one folder could be learned from
        without labels, 0 if that is not offered; job, with share and task, or None; problem; result and in_use,
        see `ser.ui.desk.learning.figures.describe`, or None;
        kept, whether that in use will be there when the app starts again
        """
        from ser.ui.desk.learning.figures import describe

        bench, queue = self._bench(request), self.desk.queue(request)
        emotions = self._emotions(request, queue)
        adapted = self.choice.adapted()
        job, result = bench.job, bench.result
        return {
            "labels": len(emotions),
            "emotions": len(set(emotions.values())),
            "missing": missing(emotions),
            "annotators": len({label.annotator for label in self.stores.of(request).labels()}),
            "room": 0 if result or adapted else self._room(queue),
            "rules": [asdict(rule) for rule in speaker_rules(queue.entries)],
            "job": job and {"share": job.share, "task": job.task},
            "problem": bench.problem,
            "result": result and describe(result),
            "in_use": adapted and adapted.adaptation and describe(adapted.adaptation),
            "kept": self.choice.adaptations.is_kept(),
        }

    @checks_request(LearnRequest)
    def learn_start(self, request: LearnRequest) -> dict:
        """Start to learn from the labels of a queue, in the background: see `learn_state`."""
        bench, queue = self._bench(request), self.desk.queue(request)
        room = request.get("room") is True
        if lack := "" if room else missing(self._emotions(request, queue)):
            raise UserError(lack)
        recognizer = self.choice.released()  # here, as a thread of its own has no request

        def work(progress: Progress) -> Adaptation:
            if room:
                return self._learn_room(queue, recognizer=recognizer, progress=progress)
            return self._learn(request, queue=queue, recognizer=recognizer, progress=progress)

        self.benches.start(bench, work)
        return {}

    @checks_request(DeskRequest)
    def learn_stop(self, request: DeskRequest) -> dict:
        """Stop learning; what was learned before stays."""
        self.benches.stop(self._bench(request))
        return {}

    @checks_request(DeskRequest)
    def learn_discard(self, request: DeskRequest) -> dict:
        """Forget what was learned or opened last, and why learning failed."""
        bench = self._bench(request)
        bench.result, bench.problem = None, ""
        return {}

    @checks_request(NameRequest)
    def learn_use(self, request: NameRequest) -> dict:
        """Let this browser use what was learned last, under a name; the page makes a cookie of the token."""
        bench = self._bench(request)
        adapted = self.choice.released().adapted(_renamed(bench.result, request["name"]))
        self.choice.adaptations.drop()
        bench.result = None
        return {"token": self.choice.adaptations.put(adapted), "kept": self.choice.adaptations.keeps}

    @checks_request(DeskRequest)
    def learn_unuse(self, request: DeskRequest) -> dict:
        """Let this browser score without its adaptation; it can be used again."""
        adapted = self.choice.adapted()
        if adapted is not None:
            self._bench(request).result = adapted.adaptation
        self.choice.adaptations.drop()
        return {}

    @checks_request(NameRequest)
    def learn_save(self, request: NameRequest) -> dict:
        """Return an adaptation as a file: its name and its text."""
        result = self._bench(request).result
        if request.get("in_use") is True:
            adapted = self.choice.adapted()
            result = adapted.adaptation if adapted else None
        adaptation = _renamed(result, request["name"])
        stem = "_".join(re.findall(r"[\w.-]+", adaptation.name)).strip("._")
        return {"name": f"{stem or DEFAULT_NAME}.json", "text": adaptation.to_json()}

    @checks_request(OpenRequest)
    def learn_open(self, request: OpenRequest) -> dict:
        """Open an adaptation file; it can then be used, as one that was learned."""
        adaptation = Adaptation.from_json(request["text"], plain(request["name"])[:100] or "The file")
        self.choice.released().adapted(adaptation)  # raises an error if it does not fit
        bench = self._bench(request)
        bench.result, bench.problem = adaptation, ""
        return {}

    # ---- inside

    def _bench(self, request: DeskRequest) -> Bench:
        browser = request.get("browser")
        if not is_id(browser):
            raise UserError(STALE)
        return self.benches.of(str(browser))

    def _emotions(self, request: LearnRequest, queue: Queue) -> dict[str, str]:
        """Return the labels that can be learned from, by hash, of the clips in a queue."""
        annotator = None if request.get("whose") == MAJORITY else request.get("annotator") or ""
        choices = self.stores.choices
        known = {entry.hash for entry in queue.entries}
        emotions = emotions_by_clip(
            self.stores.of(request).labels(final=None), annotator=annotator, emotions=choices.emotions
        )
        return {clip: emotion for clip, emotion in emotions.items() if clip in known}

    def _room(self, queue: Queue) -> int:
        """Return how many recordings of one folder there are, if a room can be learned from them; else 0."""
        if queue.root is None or self.choice.current().adaptation is not None:
            return 0
        usable = [entry.path for entry in queue.entries if entry.problem is None]
        is_one = len({path.parent for path in usable}) == 1
        return len(usable) if is_one and len(usable) >= MIN_RECORDINGS else 0

    @staticmethod
    def _learn_room(queue: Queue, *, recognizer: "Recognizer", progress: Progress) -> Adaptation:
        from ser.adaptation.room import learn_room  # imports SciPy

        if queue.root is None:
            raise UserError(STALE)
        return learn_room(recognizer, folder=queue.root, progress=progress).adaptation

    def _learn(
        self, request: LearnRequest, *, queue: Queue, recognizer: "Recognizer", progress: Progress
    ) -> Adaptation:
        from ser.adaptation.learn import learn  # imports SciPy

        progress(0.0, READING)
        for entry in queue.entries:
            check_abandoned()
            try:
                queue.identify(entry)
            except QueueError:
                continue  # the queue says why
        emotions = self._emotions(request, queue)
        clips = clips_to_learn(queue.entries, emotions=emotions, way=request.get("way") or "")
        name = queue.root.name if queue.root else DEFAULT_NAME
        choices = self.stores.choices
        return learn(
            recognizer,
            clips=clips,
            emotions=choices.emotions if choices.is_own else None,
            words=choices.names if choices.is_own else None,
            name=name_from(name),
            progress=lambda share, task: progress(READ + (1 - READ) * share, task),
        ).adaptation


def _renamed(adaptation: Adaptation | None, name: str) -> Adaptation:
    if adaptation is None:
        raise UserError(NOTHING)
    return replace(adaptation, name=name_from(name))
