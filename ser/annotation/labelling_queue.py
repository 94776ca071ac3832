"""The clips that wait to be labelled: where they lie, which they are, and which of them come first.

A clip is known by the hash of its bytes. Hashes, and the scores that tell which clips the network is unsure
of, are found in the background: the queue can be used at once and knows more as time goes on.
"""

import hashlib
import os
import re
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ser.annotation.store import hash_file
from ser.errors import UserError

SOUND_ENDINGS = {
    *(".wav", ".wave", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".au"),
    *(".m4a", ".mp4", ".aac", ".webm", ".mka", ".3gp", ".amr"),
}
LOW_PRIORITY = 15  # of the background thread: people who listen come first
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
Score = Callable[[Path], dict[str, float]]  # the network's six scores of a file, by label
GONE = "That clip is not in the queue: choose another."


class QueueError(UserError, ValueError):
    """The folder, or the clip that was asked for, is not there."""


@dataclass
class Entry:
    """A clip of the queue.

    Attributes
    ----------
    key : what the page calls it; the same from run to run
    name : what people see: the path within the folder, or the clip's name; always valid Unicode
    path : the file
    acted : the acted emotion, where the data set knows it
    hash : SHA-256 of the file's bytes in hex; None until it was read
    scores : the network's six, by label; None until it was scored
    problem : why it cannot be used, in one sentence; None where it can
    """

    key: str
    name: str
    path: Path
    acted: str | None = None
    hash: str | None = None
    scores: dict[str, float] | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far the background work is: clips in all, of known hash, of known scores; whether it goes on."""

    all: int
    hashed: int
    scored: int
    busy: bool


@dataclass
class Queue:
    """The clips of one source, in its own order. Threads may share it.

    Attributes
    ----------
    source : "folder", "dataset" or "sitting"
    entries : the clips
    root : the folder that no clip may lie outside of; None for clips that the app itself chose
    outside : how many links were left out because they lead out of the folder
    """

    source: str
    entries: list[Entry]
    root: Path | None = None
    outside: int = 0
    changes: list[int] = field(default_factory=list)  # indices of entries, in the order in which they changed

    def __post_init__(self) -> None:
        self._index = {entry.key: i for i, entry in enumerate(self.entries)}
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._stop = threading.Event()

    def find(self, key: str) -> Entry:
        """Return the clip of a key; `QueueError` where there is none, or where it now leads out of the folder."""
        if key not in self._index:
            raise QueueError(GONE)
        entry = self.entries[self._index[key]]
        if self.root is not None and not _is_inside(entry.path, self.root):
            raise QueueError(GONE)
        return entry

    def identify(self, entry: Entry) -> str:
        """Return the hash of a clip's bytes, from memory where it was read before; `QueueError` if unreadable."""
        if entry.hash is not None:
            return entry.hash
        try:
            content = hash_file(self.find(entry.key).path)
        except OSError as error:
            why = f"cannot be read ({error.strerror}): check its permissions"
            self._set(entry, problem=f"{entry.name} {why}.")
            raise QueueError(entry.problem) from error
        except QueueError:
            self._set(entry, problem=f"{entry.name} is no longer there: put it back, or start the app again.")
            raise
        self._set(entry, hash=content)
        return content

    def set_scores(self, scores: dict[str, dict[str, float]]) -> None:
        """Take over scores that are known already, by the clips' names."""
        for entry in self.entries:
            if entry.scores is None and entry.name in scores:
                self._set(entry, scores=scores[entry.name])

    @property
    def progress(self) -> Progress:
        """How far the background work is."""
        busy = self._worker is not None and self._worker.is_alive()
        hashed = sum(entry.hash is not None for entry in self.entries)
        return Progress(
            len(self.entries), hashed, sum(entry.scores is not None for entry in self.entries), busy
        )

    def start(
        self, score: Score | None = None, known: Callable[[], dict[str, dict[str, float]]] | None = None
    ) -> None:
        """Read, then score, in a thread of low priority, what is not known yet; once, however often it is asked.

        `known` returns scores that need not be computed, by the clips' names, `score` the scores of a file.
        """
        with self._lock:
            if self._worker is None:
                self._worker = threading.Thread(
                    target=self.work, args=(score, known), name="queue", daemon=True
                )
                self._worker.start()

    def work(
        self, score: Score | None = None, known: Callable[[], dict[str, dict[str, float]]] | None = None
    ) -> None:
        """Do what `start` starts, here and now."""
        _lower_priority()
        if known is not None:
            self.set_scores(known())
        for entry in self.entries:
            if self._stop.is_set():
                return
            with suppress(QueueError):
                self.identify(entry)
        if score is None:
            return
        scored = {entry.hash: entry.scores for entry in self.entries if entry.scores}
        for entry in self.entries:
            if self._stop.is_set():
                return
            if entry.scores is None and entry.problem is None:
                self._score(entry, score, scored)

    def stop(self) -> None:
        """End the background work after the clip that it is at."""
        self._stop.set()

    def _score(self, entry: Entry, score: Score, known: dict) -> None:
        try:
            if entry.hash not in known:
                known[entry.hash] = score(self.find(entry.key).path)
            self._set(entry, scores=known[entry.hash])
        except UserError as error:
            self._set(entry, problem=str(error))

    def _set(self, entry: Entry, **values: object) -> None:
        with self._lock:
            for name, value in values.items():
                setattr(entry, name, value)
            self.changes.append(self._index[entry.key])


def folder_queue(folder: str | os.PathLike) -> Queue:
    """Return the sound files of a folder and of the folders in it, in the order of their names.

    Hidden files and folders are left out, and so is all that is no regular file. A link to a file in the
    folder is a file; a link that leads out of the folder is left out and counted, and no folder is entered
    by a link. Raises `QueueError` where there is no such folder.
    """
    try:
        root = Path(folder).expanduser().resolve(strict=True)
        files, outside = _walk(root)
    except OSError as error:
        raise QueueError(
            f"{folder} cannot be read ({error.strerror}): give a folder of sound files."
        ) from error
    entries = [Entry(_key(path, root), shown_name(path.relative_to(root)), path) for path in files]
    return Queue("folder", entries, root, outside)


def _walk(root: Path) -> tuple[list[Path], int]:
    """Return the sound files below a folder, sorted, and the number of links that lead out of it."""
    files, outside, waiting = [], 0, [root]
    while waiting:
        folder = waiting.pop()
        try:
            found = list(os.scandir(folder))
        except OSError:
            if folder == root:
                raise
            continue  # a folder that may not be read
        for item in found:
            path = Path(item.path)
            if item.name.startswith("."):
                continue
            if item.is_symlink() and not _is_inside(path, root):
                outside += 1
            elif item.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif path.suffix.lower() in SOUND_ENDINGS and _is_file(path):
                files.append(path)
    return sorted(files, key=lambda path: [part.casefold() for part in path.parts]), outside


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # gone, a link to nothing, or a circle of links
        return False


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)  # to open a pipe would wait for ever
    except OSError:
        return False


def _key(path: Path, root: Path) -> str:
    return hashlib.sha256(os.fsencode(path.relative_to(root))).hexdigest()[:24]


def shown_name(path: str | os.PathLike) -> str:
    """Return a path as text; what is no Unicode, and what no text file may hold, becomes a mark in a diamond."""
    return _UNFIT.sub(
        "\N{REPLACEMENT CHARACTER}", os.fsencode(Path(path).as_posix()).decode("utf-8", "replace")
    )


def _lower_priority() -> None:
    """Let this thread alone wait for the others; only Linux has priorities for threads."""
    if sys.platform == "linux" and threading.current_thread() is not threading.main_thread():
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOW_PRIORITY)
