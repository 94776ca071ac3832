"""Queues of clips to be labelled: of a folder, of the data set, or of the takes of a session.

A clip is identified by the hash of its bytes. A background thread computes the hashes, and the scores that show which
clips the network is unsure of, so a queue can be used at once. `ser.annotation.queue_order` sorts and filters it.
"""

import functools
import hashlib
import os
import re
import stat
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from ser.annotation.store import hash_file
from ser.audio.endings import SOUND_ENDINGS
from ser.corpus.layout import file_facts
from ser.errors import UserError

LOW_PRIORITY = 15  # nice value of the background thread, so that it does not slow down the page
OWN_FILES = re.compile(
    r"annotations\.(sqlite(-wal|-shm|-journal)?|adaptations)"
)  # that the app keeps beside the clips
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Heard(NamedTuple):
    """What the network says about a clip: six scores by emotion, and how strong it sounds, 0 to 100, if it estimates that."""

    scores: dict[str, float]
    intensity: float | None = None


Score = Callable[[Path], Heard]
NamedScores = Callable[[], dict[str, Heard]]  # by the names of clips
NOT_IN_QUEUE = "This clip is not in the queue: choose another one."


class QueueError(UserError, ValueError):
    """A folder or a clip of a queue does not exist or cannot be read."""


@dataclass
class Entry:
    """A clip of a queue.

    Attributes
    ----------
    key : identifies the clip to the page; the same each time the app runs
    name : displayed name: the path within the folder, or the name of the clip; always valid Unicode
    path : path of the file
    acted : code of the acted emotion if it is known and one of the six, else None
    acted_word : the acted emotion as a noun, also if it is none of the six; None if it is not known
    speaker : id of the speaker; None if it is not known
    hash : SHA-256 of the file's bytes in hex; None until the file has been read
    scores : the network's six scores by emotion; None until the clip has been scored
    intensity : how strong it sounds to the network, 0 to 100; None until then, and if it does not estimate that
    problem : why the clip cannot be used, in one sentence; None if it can
    """

    key: str
    name: str
    path: Path
    acted: str | None = None
    acted_word: str | None = None
    speaker: str | None = None
    hash: str | None = None
    scores: dict[str, float] | None = None
    intensity: float | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Progress:
    """Progress of the background work: how many clips there are, are hashed and are scored, and whether it still runs."""

    all: int
    hashed: int
    scored: int
    busy: bool


@dataclass
class Queue:
    """The clips of one source in their original order. Threads may share a queue.

    Attributes
    ----------
    source : "folder", "dataset" or "sitting"
    entries : the clips
    root : folder that all clips must be in; None if the app itself chose the clips
    links_outside : number of links that were left out because they lead out of the folder
    left_out : displayed names of the files that were left out because their endings are not those of sound
    changes : indices of the entries that changed, in the order of the changes
    """

    source: str
    entries: list[Entry]
    root: Path | None = None
    links_outside: int = 0
    left_out: tuple[str, ...] = ()
    changes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._index = {entry.key: i for i, entry in enumerate(self.entries)}
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._stop = threading.Event()

    def find(self, key: str) -> Entry:
        """Return the clip with a key; raise `QueueError` if there is none, or if its path now leads out of the folder."""
        if key not in self._index:
            raise QueueError(NOT_IN_QUEUE)
        entry = self.entries[self._index[key]]
        if self.root is not None and not _is_inside(entry.path, self.root):
            raise QueueError(NOT_IN_QUEUE)
        return entry

    def identify(self, entry: Entry) -> str:
        """Return the hash of a clip's bytes, reading them only once; raise `QueueError` if they cannot be read."""
        if entry.hash is not None:
            return entry.hash
        try:
            content = hash_file(self.find(entry.key).path)
        except OSError as error:
            problem = f"{entry.name} cannot be read ({error.strerror}): check its permissions."
            self._set(entry, problem=problem)
            raise QueueError(problem) from error
        except QueueError:
            self._set(entry, problem=f"{entry.name} is no longer there: put it back or restart the app.")
            raise
        self._set(entry, hash=content)
        return content

    def unscored(self) -> "Queue":
        """Return a queue of the same clips, to score them with another network."""
        entries = [replace(entry, scores=None, intensity=None) for entry in self.entries]
        return Queue(self.source, entries, self.root, self.links_outside, self.left_out)

    def set_scores(self, heard: dict[str, Heard]) -> None:
        """Set scores that need not be computed, given by the names of clips."""
        for entry in self.entries:
            if entry.scores is None and entry.name in heard:
                self._set(entry, **heard[entry.name]._asdict())

    @functools.cached_property
    def neutral_names(self) -> tuple[str, ...]:
        """A number for each clip in place of its name, in an order that does not tell anything either.

        Both are the same each time the app runs, for an annotator who comes back.
        """
        order = sorted(
            range(len(self.entries)), key=lambda i: hashlib.sha256(self.entries[i].key.encode()).digest()
        )
        width = len(str(len(order)))
        numbers = {index: f"Clip {number:0{width}}" for number, index in enumerate(order, start=1)}
        return tuple(numbers[index] for index in range(len(order)))

    @property
    def names_tell(self) -> bool:
        """Whether the names of clips may tell the emotion, as those of a known corpus do."""
        return any(entry.acted_word is not None for entry in self.entries)

    def names(self, *, blind: bool) -> Sequence[str]:
        """Return the names to show, in the order of the entries: numbers for a blind annotator."""
        return self.neutral_names if blind else [entry.name for entry in self.entries]

    def name(self, entry: Entry, *, blind: bool) -> str:
        """Return the name to show for one clip: see `names`."""
        return self.neutral_names[self._index[entry.key]] if blind else entry.name

    @property
    def progress(self) -> Progress:
        """Progress of the background work."""
        return Progress(
            all=len(self.entries),
            hashed=sum(entry.hash is not None for entry in self.entries),
            scored=sum(entry.scores is not None for entry in self.entries),
            busy=self._worker is not None and self._worker.is_alive(),
        )

    def start(self, score: Score | None = None, *, known_scores: NamedScores | None = None) -> None:
        """Hash the clips, then score them, in a thread of low priority. Later calls do nothing.

        Parameters
        ----------
        score : scores a file; None leaves clips without scores
        known_scores : returns scores that need not be computed
        """
        with self._lock:
            if self._worker is None:
                self._worker = threading.Thread(
                    target=self.work,
                    args=(score,),
                    kwargs={"known_scores": known_scores},
                    name="queue",
                    daemon=True,
                )
                self._worker.start()

    def work(self, score: Score | None = None, *, known_scores: NamedScores | None = None) -> None:
        """Do the work of `start` in this thread."""
        _lower_priority()
        if known_scores is not None:
            self.set_scores(known_scores())
        for entry in self.entries:
            if self._stop.is_set():
                return
            with suppress(QueueError):
                self.identify(entry)
        if score is None:
            return
        heard_by_hash = {
            entry.hash: Heard(entry.scores, entry.intensity) for entry in self.entries if entry.scores
        }
        for entry in self.entries:
            if self._stop.is_set():
                return
            if entry.scores is None and entry.problem is None:
                self._score(entry, score, heard_by_hash)

    def stop(self) -> None:
        """Stop the background work after the current clip."""
        self._stop.set()

    def _score(self, entry: Entry, score: Score, heard_by_hash: dict) -> None:
        try:
            if entry.hash not in heard_by_hash:
                heard_by_hash[entry.hash] = score(self.find(entry.key).path)
            self._set(entry, **heard_by_hash[entry.hash]._asdict())
        except UserError as error:
            self._set(entry, problem=str(error))

    def _set(self, entry: Entry, **values: object) -> None:
        with self._lock:
            for name, value in values.items():
                setattr(entry, name, value)
            self.changes.append(self._index[entry.key])


def folder_queue(folder: str | os.PathLike) -> Queue:
    """Return a queue of the sound files in a folder and its subfolders, sorted by path.

    It leaves out hidden files and folders, and everything that is not a regular file, and names the files whose endings
    are not those of sound. It includes links to files in
    the folder, counts and leaves out links that lead out of the folder, and does not follow links to folders. Where the
    names are those of a known corpus, clips have their acted emotion and their speaker. Raises
    `QueueError` if the folder cannot be read.
    """
    try:
        root = Path(folder).expanduser().resolve(strict=True)
        files, links_outside, others = _walk(root)
    except OSError as error:
        raise QueueError(
            f"{folder} cannot be read ({error.strerror}): choose a folder of sound files."
        ) from error
    entries = [Entry(_key(path, root), _display_name(path.relative_to(root)), path) for path in files]
    facts = file_facts(root, files)
    for entry in entries:
        if fact := facts.get(entry.path):
            entry.acted, entry.acted_word, entry.speaker = fact.emotion, fact.word, fact.speaker or None
    left_out = tuple(_display_name(path.relative_to(root)) for path in others)
    return Queue("folder", entries, root, links_outside, left_out)


def _walk(root: Path) -> tuple[list[Path], int, list[Path]]:
    """Return the sorted sound files below a folder, the number of links that lead out of it, and the other files."""
    files: list[Path] = []
    others: list[Path] = []
    links_outside, folders = 0, [root]
    while folders:
        folder = folders.pop()
        try:
            items = list(os.scandir(folder))
        except OSError:
            if folder == root:
                raise
            continue  # a subfolder without permission to read it
        for item in items:
            path = Path(item.path)
            if item.name.startswith(".") or OWN_FILES.fullmatch(item.name):
                continue
            if item.is_symlink() and not _is_inside(path, root):
                links_outside += 1
            elif item.is_dir(follow_symlinks=False):
                folders.append(path)
            elif _is_file(path):
                (files if path.suffix.lower() in SOUND_ENDINGS else others).append(path)

    def by_name(path: Path) -> list[str]:
        return [part.casefold() for part in path.parts]

    return sorted(files, key=by_name), links_outside, sorted(others, key=by_name)


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # deleted, a dangling link, or a loop of links
        return False


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)  # opening a pipe would block forever
    except OSError:
        return False


def _key(path: Path, root: Path) -> str:
    return hashlib.sha256(os.fsencode(path.relative_to(root))).hexdigest()[:24]


def _display_name(path: str | os.PathLike) -> str:
    """Return a path as text, with U+FFFD for invalid Unicode and for control characters."""
    return _UNFIT.sub(
        "\N{REPLACEMENT CHARACTER}", os.fsencode(Path(path).as_posix()).decode("utf-8", "replace")
    )


def _lower_priority() -> None:
    """Lower the priority of this thread; only Linux has priorities for single threads."""
    if sys.platform == "linux" and threading.current_thread() is not threading.main_thread():
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOW_PRIORITY)
