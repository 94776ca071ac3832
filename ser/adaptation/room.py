"""A folder's room: what the network learns from the recordings of a folder that nobody has labelled."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ser.adaptation.clips import MIN_RECORDINGS, Clip, find_clips
from ser.adaptation.learn import Learned, learn
from ser.adaptation.material import Progress
from ser.recognition.adaptation import AdaptationError
from ser.recognition.recognizer import Recognizer
from ser.util.text import counted, plain

MAX_RECORDINGS = 300  # of more, as many evenly spread: their room is the same


def room_clips(folder: str | os.PathLike) -> list[Clip]:
    """Return the recordings of a folder that a room is learned from.

    Raises
    ------
    AdaptationError
        if it is not a folder, or has fewer than 12 of them
    """
    clips = find_clips(folder)
    _check(len(clips), folder)
    chosen = np.linspace(0, len(clips) - 1, min(len(clips), MAX_RECORDINGS)).round().astype(int)
    return [clips[i] for i in chosen]


def learn_room(recognizer: Recognizer, *, folder: str | os.PathLike, progress: Progress) -> Learned:
    """Learn what the recordings of a folder have in common, without labels.

    Raises
    ------
    AdaptationError
        if fewer than 12 recordings can be read and hold speech
    """
    clips = room_clips(folder)
    name = f"room of {plain(Path(folder).resolve().name)[:50]}".strip()
    learned = learn(recognizer, clips=clips, name=name, progress=progress)
    _check(learned.adaptation.made_from["clips"], folder)
    return learned


def _check(count: int, folder: str | os.PathLike) -> None:
    if count < MIN_RECORDINGS:
        raise AdaptationError(
            f"A room is learned from {MIN_RECORDINGS} recordings of speech, and {plain(folder)} has {count}: choose a folder "
            "with more."
        )


def offer(files: Sequence[str | os.PathLike]) -> str | None:
    """Return the sentence that offers to learn the room of some recordings; None unless 12 lie in one folder."""
    folders = {Path(file).parent for file in files}
    if len(files) < MIN_RECORDINGS or len(folders) > 1:
        return None
    count = counted("recording", len(files))
    return f"{count} of the same folder: with --room {plain(folders.pop())} the network first learns what they have in common."


def said(learned: Learned) -> str:
    """Return the sentence that the scores are adjusted to a room."""
    count = counted("recording", learned.adaptation.made_from["clips"])
    return f"The scores are adjusted to what {count} have in common ({learned.adaptation.name})."
