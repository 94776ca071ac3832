"""The argument --room: a folder whose recordings the network first learns from, without labels."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from ser.recognition.recognizer import Recognizer

HELP = "folder of 12 or more recordings of the same kind: the network first learns what they have in common, without labels"


def in_room(recognizer: "Recognizer", folder: "str | os.PathLike") -> "Recognizer":
    """Return a recognizer that has learned a folder's room, and say on stderr that it has."""
    from ser.adaptation.room import learn_room, said
    from ser.commands.adapt import learning_bar

    with learning_bar() as progress:
        learned = learn_room(recognizer, folder=folder, progress=progress)
    print(said(learned), file=sys.stderr)
    return recognizer.adapted(learned.adaptation)


def offer_to(files: "Sequence[str]") -> None:
    """Tell a person at a terminal that --room could help with these files, if it could."""
    if len(files) < 2 or not sys.stderr.isatty():
        return  # scripts know what they want, and the import takes a moment
    from ser.adaptation.room import offer

    if words := offer(files):
        print(words, file=sys.stderr)


def refuse_two(room: object, adaptation: object) -> None:
    """Raise `AdaptationError` if both --room and --adaptation are given."""
    from ser.recognition.adaptation import AdaptationError

    if room and adaptation:
        raise AdaptationError("--room learns what an adaptation may hold already: use either of them.")
