"""The clips of the annotator's desk and their order. The page names a clip by kind and key, never by a path.

No gradio here. Server functions take one dict of plain JSON and return one.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import NotRequired, TypedDict

from ser.annotation.assignment import Assignment
from ser.annotation.labelling_queue import NOT_IN_QUEUE, Entry, Heard, Queue, QueueError
from ser.annotation.queue_order import View, arrange, entropy, margin
from ser.annotation.store import hash_file
from ser.corpus.crema_d import Corpus
from ser.corpus.known import WORDS
from ser.errors import UserError
from ser.evaluation.clip_table import ClipTable
from ser.evaluation.predictions import INTENSITY_COLUMN
from ser.labels import LABELS
from ser.recognition.recognizer import Recognizer
from ser.ui.page.requests import checks_request
from ser.ui.page.server_functions import STALE
from ser.ui.takes.take import Take
from ser.ui.viewer.sounds import Sound, Sounds

MAX_SITTINGS = 200  # pages whose takes have a queue
MAX_OPEN = 2000  # files with a token
MAX_ADAPTED = 20  # queues with scores of an adaptation
SOURCE_TITLES = {"folder": "Folder {}", "dataset": "Data set", "sitting": "This session"}


class SoundRequest(TypedDict):
    """A sound that the page names: "clip" of the data set, "queue", "upload" or "example", and its key there.

    `blind` asks for a number in place of the name of a clip in a queue.
    """

    kind: str
    key: str
    name: NotRequired[str | None]
    blind: NotRequired[bool]


class DeskRequest(TypedDict):
    """What the desk sends with each request: the browser, its annotator, and the token of its takes."""

    browser: NotRequired[str | None]
    annotator: NotRequired[str | None]
    sitting: NotRequired[str | None]


class QueueRequest(DeskRequest):
    """A request about the queue of one source: "folder", "dataset" or "sitting"; `blind` asks for numbers as names."""

    source: str
    blind: NotRequired[bool]


class OrderRequest(QueueRequest):
    """Which clips of a queue to show, and in which order: see `ser.annotation.queue_order.View`."""

    show: str
    order: str
    search: NotRequired[str | None]


class NewsRequest(QueueRequest):
    """What changed in a queue since change number `since`, and the labels if they changed since `version`."""

    since: NotRequired[int | None]
    version: NotRequired[str | None]


@dataclass(frozen=True)
class DeskClip:
    """A clip that the page named.

    Attributes
    ----------
    kind, key : how the page names it; the queue's names if it is in a queue
    path : the file
    name : the name that is shown
    blind : whether that is a number in place of the clip's own name
    source : "folder", "dataset" or "sitting"
    entry, queue : its place in a queue, or None
    """

    kind: str
    key: str
    path: Path
    name: str
    source: str
    entry: Entry | None = None
    queue: Queue | None = None
    blind: bool = False

    @property
    def own_name(self) -> str:
        """The name that is stored with labels."""
        return self.entry.name if self.entry else self.name

    def facts(self, *, may_see_all: bool) -> dict:
        """Return what is known of the clip: None for what is not known, and for what is not to be seen yet."""
        entry = self.entry
        acted = entry.acted_word if entry else None
        return {
            "name": self.own_name if self.blind and may_see_all else None,
            "speaker": entry.speaker if entry else None,
            "acted": acted if may_see_all else None,
            "hides_acted": acted is not None and not may_see_all,
        }

    def without_names(self, error: UserError) -> UserError:
        """Return an error about the clip, which does not name its file to a blind annotator."""
        if not self.blind or self.entry is None:
            return error
        return UserError(_unnamed(str(error), self.entry, self.name))


class Desk:
    """The queues of the app, and the sounds that are open.

    Parameters
    ----------
    folder : the queue of the folder to annotate, or None
    corpus : the data set, or None
    predictions : the checkpoint's scores of the data set, a CSV file
    get_recognizer : returns the recognizer, and waits until it is loaded: its scores are kept with labels
    find_other : returns path and name of a sound that is in no queue, such as an upload, or raises `UserError`
    get_adapted : returns the recognizer with the adaptation that the browser uses, whose scores order the clips; None
        if it uses none
    assignment : whom the clips of the folder and of the data set are for; None for everyone
    """

    def __init__(
        self,
        folder: Queue | None,
        *,
        corpus: Corpus | None,
        predictions: Path,
        get_recognizer: Callable[[], Recognizer],
        find_other: Callable[[SoundRequest], tuple[Path, str]],
        get_adapted: Callable[[], Recognizer | None] = lambda: None,
        assignment: Assignment | None = None,
    ) -> None:
        self.get_recognizer, self._get_adapted = get_recognizer, get_adapted
        self.sounds, self.assignment = Sounds(), assignment
        self.queues: dict[str, Queue] = {}
        if folder is not None:
            self.queues["folder"] = folder
        if corpus is not None:
            self.queues["dataset"] = dataset_queue(corpus)
        self._predictions = predictions
        self._find_other = find_other
        self._lock = threading.Lock()
        self._decoding = threading.Lock()
        self._sittings: OrderedDict[str, Queue] = OrderedDict()
        self._adapted: OrderedDict[tuple[str, str], Queue] = OrderedDict()
        self._tokens: OrderedDict[tuple[Path, str], str] = OrderedDict()

    # ---- clips

    def find(self, request: SoundRequest) -> DeskClip:
        """Return the clip that the page names; raise `UserError` for one that it may not have."""
        kind, key = request["kind"], request["key"]
        if kind == "clip" and "dataset" in self.queues:
            return self._clip_in(self.queues["dataset"], request)
        if kind == "queue":
            sitting = self._sittings.get(key.partition("-")[0])
            queue = sitting or self.queues.get("folder")
            if queue is None:
                raise QueueError(NOT_IN_QUEUE)
            return self._clip_in(queue, request)
        path, name = self._find_other(request)
        for queue in list(self._sittings.values()):  # a take has one place, however it was opened
            for entry in queue.entries:
                if entry.path == path:
                    return self._clip_in(queue, {"kind": "queue", "key": entry.key})
        return DeskClip(kind, key, path, name, "sitting")

    @staticmethod
    def _clip_in(queue: Queue, request: SoundRequest) -> DeskClip:
        entry, blind = queue.find(request["key"]), request.get("blind", False)
        name = queue.name(entry, blind=blind)
        return DeskClip(request["kind"], entry.key, entry.path, name, queue.source, entry, queue, blind)

    @staticmethod
    def hash_of(clip: DeskClip) -> str:
        """Return the SHA-256 of a clip's bytes."""
        return clip.queue.identify(clip.entry) if clip.entry and clip.queue else hash_file(clip.path)

    def sound(self, clip: DeskClip) -> tuple[str, Sound]:
        """Return a clip's token and its decoded sound; raise `AudioError` if it is not a sound."""
        named = clip.path, clip.name
        with self._lock:
            if named not in self._tokens:
                self._tokens[named] = self.sounds.put(*named)
                while len(self._tokens) > MAX_OPEN:
                    self._tokens.popitem(last=False)
            token = self._tokens[named]
        with self._decoding:  # the viewer and the form request a clip at the same moment
            try:
                return token, self.sounds.get(token)
            except UserError as error:
                raise clip.without_names(error) from error

    # ---- queues

    def queue(self, request: QueueRequest) -> Queue:
        """Return the queue that the page shows."""
        source = request["source"]
        if source == "sitting":
            return self._sittings.get(str(request.get("sitting"))) or Queue("sitting", [])
        if source not in self.queues:
            raise UserError(STALE)
        adapted = self._get_adapted()
        return self.queues[source] if adapted is None else self._scored_by(adapted, source)

    def _scored_by(self, recognizer: Recognizer, source: str) -> Queue:
        """Return a queue's clips with the scores of an adaptation; they are computed in the background."""
        key = recognizer.checkpoint_id, source
        with self._lock:
            if key not in self._adapted:
                self._adapted[key] = queue = self.queues[source].unscored()
                queue.start(partial(_score, recognizer))
            self._adapted.move_to_end(key)
            while len(self._adapted) > MAX_ADAPTED:
                _, oldest = self._adapted.popitem(last=False)
                oldest.stop()
            return self._adapted[key]

    def sources(self) -> list[dict]:
        """Return name and title of each source, and whether names there tell the emotion; the first is to start with."""
        names = [*self.queues, "sitting"]
        titles = {name: SOURCE_TITLES[name] for name in names}
        folder = self.queues.get("folder")
        if folder and folder.root:
            titles["folder"] = titles["folder"].format(folder.root.name)
        tell = {name: queue.names_tell for name, queue in self.queues.items()}
        return [{"name": name, "title": titles[name], "tells": tell.get(name, False)} for name in names]

    def update_takes(self, token: str | None, takes: list[Take]) -> str:
        """Rebuild the queue of a page's takes; return its token, which only this page knows."""
        token = token or secrets.token_hex(16)
        entries = [Entry(f"{token}-{take.id}", take.name, Path(take.file)) for take in reversed(takes)]
        queue = Queue("sitting", entries)
        for entry, take in zip(entries, reversed(takes), strict=True):
            entry.scores, entry.intensity = take.recognition.adapted_scores, take.recognition.intensity
        queue.start()
        with self._lock:
            self._sittings[token] = queue
            self._sittings.move_to_end(token)
            while len(self._sittings) > MAX_SITTINGS:
                self._sittings.popitem(last=False)
        return token

    @checks_request(QueueRequest)
    def queue_rows(self, request: QueueRequest) -> dict:
        """Return names and keys of all clips of a source, and which of them are for the annotator, if they are divided."""
        queue = self.queue(request)
        assigned = self._assigned(queue, request)
        return {
            "names": list(queue.names(blind=request.get("blind", False))),
            "keys": [entry.key for entry in queue.entries],
            "kind": "clip" if queue.source == "dataset" else "queue",
            "mine": None if assigned is None else [entry.key in assigned for entry in queue.entries],
        }

    def arrange(
        self, request: OrderRequest, *, labelled: set[str], differing: set[str], flagged: set[str]
    ) -> list[int]:
        """Return the indices of the clips to show, in their order.

        Parameters
        ----------
        request : the queue, filter, order and search of the page
        labelled, differing, flagged : hashes of the clips that the annotator has labelled or skipped, that annotators
            differ on, and that someone flagged
        """
        leaning = 0.5
        if request["show"] == "unsure":
            recognizer = self._get_adapted() or self.get_recognizer()
            leaning = (recognizer.adaptation or recognizer).thresholds.leaning
        queue = self.queue(request)
        view = View(
            show=request["show"],
            order=request["order"],
            search=request.get("search") or "",
            names=queue.neutral_names if request.get("blind") else (),
            labelled=labelled,
            differing=differing,
            flagged=flagged,
            assigned=self._assigned(queue, request),
            leaning=leaning,
        )
        return arrange(queue.entries, view)

    def _assigned(self, queue: Queue, request: DeskRequest) -> set[str] | None:
        """Return the keys of the clips that are for the annotator; None if clips are not divided."""
        if self.assignment is None or queue.source == "sitting":
            return None
        annotator = request.get("annotator")
        return {entry.key for entry in queue.entries if self.assignment.is_for(entry.key, annotator)}

    def news(self, request: NewsRequest) -> dict:
        """Return what changed about a queue's clips, and start to hash and score them in the background.

        `changes` holds [index, whether the hash is known, entropy, distance of the two highest scores, problem,
        intensity] of each.
        """
        queue = self.queue(request)
        if queue.source == "folder":
            queue.start(lambda path: _score(self.get_recognizer(), path))
        elif queue.source == "dataset":
            queue.start(known_scores=self._known_scores)
        since = request.get("since")
        since = since if since and 0 <= since <= len(queue.changes) else 0
        now = len(queue.changes)
        changed = sorted(set(queue.changes[since:now])) if since else range(len(queue.entries))
        entries = [(i, queue.entries[i]) for i in changed]
        blind = request.get("blind", False)
        names = queue.names(blind=blind)
        return {
            "since": now,
            "progress": asdict(queue.progress),
            "changes": [
                [
                    i,
                    entry.hash is not None,
                    round(entropy(entry.scores), 4) if entry.scores else None,
                    round(1 - margin(entry.scores), 4) if entry.scores else None,
                    _unnamed(entry.problem, entry, names[i]) if entry.problem and blind else entry.problem,
                    None if entry.intensity is None else round(entry.intensity),
                ]
                for i, entry in entries
                if entry.hash or entry.scores or entry.problem
            ],
        }

    def _known_scores(self) -> dict[str, Heard]:
        """Return the network's scores of the data set's clips from its evaluation, by name."""
        try:
            table = ClipTable(self._predictions).table
        except UserError:  # the Data set tab says why
            return {}
        scores = table[list(LABELS)].to_dict("records")
        if INTENSITY_COLUMN not in table:
            return dict(zip(table.index, map(Heard, scores), strict=True))
        intensity = [None if value != value else value for value in table[INTENSITY_COLUMN].tolist()]
        return dict(zip(table.index, map(Heard, scores, intensity), strict=True))


def _score(recognizer: Recognizer, path: Path) -> Heard:
    result = recognizer.recognize(path)
    return Heard(result.adapted_scores, result.intensity)


def _unnamed(text: str, entry: Entry, name: str) -> str:
    """Return text about a clip with another name in place of its own, and of its file's."""
    for own_name in sorted((entry.name, entry.path.name), key=len, reverse=True):
        text = text.replace(own_name, name)
    return text


def dataset_queue(corpus: Corpus) -> Queue:
    """Return the clips of the data set, in the order of their names."""
    columns = corpus.clips[["emotion", "actor"]].itertuples(name=None)
    return Queue(
        "dataset",
        [
            Entry(clip, clip, corpus.path(clip), emotion, WORDS[emotion], str(actor))
            for clip, emotion, actor in columns
        ],
    )
