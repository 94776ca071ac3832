"""The annotator's desk: the clips that the page may name, by kind and key and never by path, and their order.

No gradio here. What the page calls takes one dict and returns one dict of plain JSON.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ser.annotation.labelling_queue import Entry, Queue, QueueError
from ser.annotation.queue_order import View, arrange, entropy, margin
from ser.annotation.store import hash_file
from ser.corpus.crema_d import Corpus
from ser.errors import UserError
from ser.evaluation.clip_table import ClipTable
from ser.labels import LABELS
from ser.recognition.recognizer import Recognizer
from ser.ui.page.server_functions import STALE, takes_request
from ser.ui.takes.take import Take
from ser.ui.viewer.sounds import Sound, Sounds

MOST_SITTINGS = 200  # pages whose takes are in a queue
MOST_OPEN = 2000  # files whose tokens are known
SOURCE_TITLES = {"folder": "Folder {}", "dataset": "Data set", "sitting": "This sitting"}


@dataclass(frozen=True)
class Found:
    """A clip that the page asked for: its file, what people call it, and its place in a queue if it has one.

    `kind` and `key` are what the page calls it by, the queue's own where it is in one.
    """

    kind: str
    key: str
    path: Path
    name: str
    source: str
    entry: Entry | None = None
    queue: Queue | None = None


class Desk:
    """The queues of the app, and the sounds that are open.

    Parameters
    ----------
    folder : the folder that is annotated, if one is
    corpus, predictions : the data set and the checkpoint's scores of it
    get_recognizer : returns the recognizer, waiting for it if need be
    find_other : finds what is in no queue, such as an upload: dict of the page -> (path, name), or `UserError`
    """

    def __init__(
        self,
        folder: Queue | None,
        corpus: Corpus | None,
        predictions: Path,
        get_recognizer: Callable[[], Recognizer],
        find_other: Callable[[dict], tuple[Path, str]],
    ) -> None:
        self.get_recognizer = get_recognizer
        self.sounds = Sounds()
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
        self._tokens: OrderedDict[Path, str] = OrderedDict()

    # ---- clips

    def find(self, asked: object) -> Found:
        """Return the clip that the page names by `kind` and `key`; `UserError` for one that it may not have."""
        if not isinstance(asked, dict):
            raise UserError(STALE)
        kind, key = asked.get("kind"), str(asked.get("key"))
        if kind == "clip" and "dataset" in self.queues:
            return self._in(self.queues["dataset"], kind, key)
        if kind == "queue":
            sitting = self._sittings.get(key.partition("-")[0])
            queue = sitting or self.queues.get("folder")
            if queue is None:
                raise QueueError("That clip is not in the queue: choose another.")
            return self._in(queue, kind, key)
        path, name = self._find_other(asked)
        for queue in list(self._sittings.values()):  # a take is the same, however it was opened
            for entry in queue.entries:
                if entry.path == path:
                    return self._in(queue, "queue", entry.key)
        return Found(str(kind), key, path, name, "sitting")

    @staticmethod
    def _in(queue: Queue, kind: str, key: str) -> Found:
        entry = queue.find(key)
        return Found(kind, key, entry.path, entry.name, queue.source, entry, queue)

    @staticmethod
    def hash_of(found: Found) -> str:
        """Return the SHA-256 of a clip's bytes."""
        return found.queue.identify(found.entry) if found.entry and found.queue else hash_file(found.path)

    def sound(self, found: Found) -> tuple[str, Sound]:
        """Return a clip decoded, and its token; `AudioError` where it is no sound."""
        with self._lock:
            if found.path not in self._tokens:
                self._tokens[found.path] = self.sounds.put(found.path, found.name)
                while len(self._tokens) > MOST_OPEN:
                    self._tokens.popitem(last=False)
            token = self._tokens[found.path]
        with self._decoding:  # the viewer and the form ask for a clip at the same moment
            return token, self.sounds.get(token)

    # ---- queues

    def queue(self, asked: dict) -> Queue:
        """Return the queue that the page is at."""
        source = asked.get("source")
        if source == "sitting":
            return self._sittings.get(str(asked.get("sitting"))) or Queue("sitting", [])
        if source not in self.queues:
            raise UserError(STALE)
        return self.queues[source]

    def sources(self) -> list[dict]:
        """Return name and title of each source, the one to begin with first."""
        names = [*self.queues, "sitting"]
        titles = {name: SOURCE_TITLES[name] for name in names}
        folder = self.queues.get("folder")
        if folder and folder.root:
            titles["folder"] = titles["folder"].format(folder.root.name)
        return [{"name": name, "title": titles[name]} for name in names]

    def sit(self, token: str | None, takes: list[Take]) -> str:
        """Make the queue of a page's takes anew; return the token by which the page, and no other, names it."""
        token = token or secrets.token_hex(16)
        entries = [Entry(f"{token}-{take.id}", take.name, Path(take.file)) for take in reversed(takes)]
        queue = Queue("sitting", entries)
        for entry, take in zip(entries, reversed(takes), strict=True):
            entry.scores = take.recognition.scores
        queue.start()
        with self._lock:
            self._sittings[token] = queue
            self._sittings.move_to_end(token)
            while len(self._sittings) > MOST_SITTINGS:
                self._sittings.popitem(last=False)
        return token

    @takes_request
    def queue_rows(self, asked: dict) -> dict:
        """Return names and keys of all clips of a source."""
        queue = self.queue(asked)
        return {
            "names": [entry.name for entry in queue.entries],
            "keys": [entry.key for entry in queue.entries],
            "kind": "clip" if queue.source == "dataset" else "queue",
        }

    def arrange(self, asked: dict, labelled: set[str], differing: set[str]) -> list[int]:
        """Return the indices of the clips that the page wants to see, in the order that it wants."""
        leaning = 0.5
        if asked.get("show") == "unsure":
            leaning = self.get_recognizer().thresholds.leaning
        return arrange(
            self.queue(asked).entries,
            View(
                show=str(asked.get("show")),
                order=str(asked.get("order")),
                search=str(asked.get("search") or ""),
                labelled=labelled,
                differing=differing,
                leaning=leaning,
            ),
        )

    def news(self, asked: dict) -> dict:
        """Return what became known of a queue's clips, and begin to find out.

        `changes` holds [index, hash known, entropy, how far the two highest scores are apart, problem] of each.
        """
        queue = self.queue(asked)
        if queue.source == "folder":
            queue.start(self._score)
        elif queue.source == "dataset":
            queue.start(known=self._known_scores)
        since = asked.get("since")
        since = since if isinstance(since, int) and 0 <= since <= len(queue.changes) else 0
        now = len(queue.changes)
        changed = sorted(set(queue.changes[since:now])) if since else range(len(queue.entries))
        entries = [(i, queue.entries[i]) for i in changed]
        return {
            "since": now,
            "progress": asdict(queue.progress),
            "changes": [
                [
                    i,
                    entry.hash is not None,
                    round(entropy(entry.scores), 4) if entry.scores else None,
                    round(1 - margin(entry.scores), 4) if entry.scores else None,
                    entry.problem,
                ]
                for i, entry in entries
                if entry.hash or entry.scores or entry.problem
            ],
        }

    def _score(self, path: Path) -> dict[str, float]:
        return self.get_recognizer().recognize(path).scores

    def _known_scores(self) -> dict[str, dict[str, float]]:
        """Return what the network said of the data set's clips when it was measured, by name."""
        try:
            table = ClipTable(self._predictions).table[list(LABELS)]
        except UserError:  # told on the Data set tab
            return {}
        return dict(zip(table.index, table.to_dict("records"), strict=True))


def dataset_queue(corpus: Corpus) -> Queue:
    """Return the clips of the data set, in the order of their names."""
    acted = corpus.clips["emotion"].to_dict()
    return Queue(
        "dataset", [Entry(clip, clip, corpus.path(clip), emotion) for clip, emotion in acted.items()]
    )
