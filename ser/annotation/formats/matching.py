"""Which clip a label file is about, found by hash or by name among the clips that are known."""

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PureWindowsPath
from typing import Generic, Protocol, TypeVar

from ser.annotation.formats.contents import quoted
from ser.annotation.formats.program_times import shift_s
from ser.annotation.label import Clip, LabelError
from ser.annotation.labelling_queue import Entry, Queue, folder_queue
from ser.annotation.store import hash_file
from ser.audio.endings import SOUND_ENDINGS
from ser.audio.reading import read_audio

T = TypeVar("T")


class NoClipError(LabelError):
    """No clip, or more than one, has the name that a file gives.

    Attributes
    ----------
    name : the name that was looked for
    """

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.name = name


class Sound(Protocol):
    """A sound file that labels may be about. Reading it takes time, so it is read only when a label names it."""

    name: str
    path: Path

    def clip(self) -> Clip:
        """Return the clip with its hash and its duration; raise `UserError` if the file cannot be read."""


class QueuedSound:
    """A sound file of a queue.

    Parameters
    ----------
    entry : its place in the queue
    queue : the queue
    """

    def __init__(self, entry: Entry, queue: Queue) -> None:
        self.path, self.name = entry.path, entry.name
        self._entry, self._queue = entry, queue
        self._clip: Clip | None = None

    def clip(self) -> Clip:
        """Return the clip, decoding the file the first time."""
        if self._clip is None:
            content, source = self._queue.identify(self._entry), self._queue.source
            duration_s = read_audio(self.path).duration_s
            self._clip = Clip(content, self.name, duration_s, source, self._entry.acted)
        return self._clip


def queued_sounds(queues: Iterable[Queue]) -> list[QueuedSound]:
    """Return the sound files of queues."""
    return [QueuedSound(entry, queue) for queue in queues for entry in queue.entries]


def folder_sounds(folder: Path) -> list[QueuedSound]:
    """Return the sound files in a folder and its subfolders; raise `QueueError` if the folder cannot be read."""
    return queued_sounds([folder_queue(folder)])


class KnownClips:
    """Clips that files may refer to.

    Parameters
    ----------
    stored : clips of the label file
    sounds : sound files that can be opened; of a name that is in both, the sound file counts
    """

    def __init__(self, stored: Iterable[Clip] = (), sounds: Iterable[Sound] = ()) -> None:
        self._stored = {clip.hash: clip for clip in stored}
        self._sounds = _Names((sound.name, sound) for sound in sounds)
        self._names = _Names((clip.name, clip) for clip in self._stored.values())
        self._opened: dict[str, Sound] = {}

    def find(self, content: object, name: str | None) -> Clip:
        """Return the clip with a hash or else with a name; raise `NoClipError` unless exactly one matches."""
        if isinstance(content, str):
            return self._stored.get(content) or Clip(content, name or content[:12])
        if name is None:
            raise LabelError("neither clip nor file names the labelled clip")
        sounds = self._sounds.find(name)
        clips = {clip.hash: clip for clip in map(self._open, sounds)}
        if not sounds:
            clips = {clip.hash: clip for clip in self._names.find(name)}
        if len(clips) != 1:
            count, cure = (
                ("several clips are", "add the hash") if clips else ("no clip is", "use --sounds or --clip")
            )
            raise NoClipError(name, f"{count} named {quoted(name)}, and the file gives no hash ({cure})")
        return next(iter(clips.values()))

    def shift_s(self, clip: Clip, *, program: str) -> float | None:
        """Return how many seconds later a program shows the clip than this app; None if its file is needed to know."""
        if program == "decoded":
            return 0.0
        if clip.hash in self._opened:
            return shift_s(self._opened[clip.hash].path, program=program)
        for sound in self._sounds.find(clip.name):
            with suppress(OSError):  # deleted meanwhile
                shift = shift_s(sound.path, program=program)
                if not shift or hash_file(sound.path) == clip.hash:
                    return shift
        return None if PureWindowsPath(clip.name).suffix.lower() == ".mp3" else 0.0

    def path(self, clip: Clip) -> Path | None:
        """Return the sound file of a clip, or None."""
        for sound in self._sounds.find(clip.name):
            with suppress(OSError):  # deleted meanwhile
                if hash_file(sound.path) == clip.hash:
                    return sound.path
        return None

    def _open(self, sound: Sound) -> Clip:
        clip = sound.clip()
        self._opened[clip.hash] = sound
        return clip


class _Names(Generic[T]):
    """Things by all the names that a file may call them."""

    def __init__(self, things: Iterable[tuple[str, T]]) -> None:
        self._exact: dict[str, list[T]] = {}
        self._folded: dict[str, list[T]] = {}
        for name, thing in things:
            for key in {*_endings(_normal(name)), *_endings(_stem(_normal(name)))}:
                self._exact.setdefault(key, []).append(thing)
                for folded in {key.casefold(), "_".join(key.casefold().split())}:  # RTTM has no spaces
                    self._folded.setdefault(folded, []).append(thing)

    def find(self, name: str) -> list[T]:
        """Return the things with a name: the whole path counts before its end, and the same case before another."""
        name = _normal(name)
        for wanted in (name, _stem(name)):
            for ending in _endings(wanted):
                if ending in self._exact:
                    return self._exact[ending]
        for wanted in (name, _stem(name)):
            for ending in _endings(wanted):
                if ending.casefold() in self._folded:
                    return self._folded[ending.casefold()]
        return []


def _normal(name: str) -> str:
    """Return a path with composed letters, as a Mac splits them, and one kind of slash."""
    return unicodedata.normalize("NFC", name).replace("\\", "/")


def _stem(name: str) -> str:
    """Return a path without the ending of a sound file."""
    ending = PureWindowsPath(name).suffix
    return name.removesuffix(ending) if ending.lower() in SOUND_ENDINGS else name


def _endings(path: str) -> Iterator[str]:
    """Yield a path, then what is left of it as its folders are taken away from the left.

    >>> list(_endings("a/b/c"))
    ['a/b/c', 'b/c', 'c']
    """
    parts = path.split("/")
    for i in range(len(parts)):
        yield "/".join(parts[i:])
