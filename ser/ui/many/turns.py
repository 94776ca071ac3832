"""Score batches of files, one batch at a time, so that somebody with thousands of files does not keep others waiting."""

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager

from ser.errors import UserError
from ser.recognition.bulk import recognize_all
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Recognition, Unscored
from ser.recognition.voice_profile import Profile
from ser.util.deadline import check_abandoned

MAX_WAITING = 8  # batches; each keeps one of gradio's threads waiting
MAX_TURN_S = 15.0  # then the turn ends after the file that is being scored, and the rest of the batch needs another one
LOOK_S = 1.0
UNEXPECTED = (
    "Something went wrong in the app while this file was scored: the reason is in the app's log. Leave the file out, "
    "or save it again as WAV or FLAC."
)


class CrowdedError(UserError):
    """Too many batches are waiting."""


class Turns:
    """Gives turns in the order in which they were asked for. Threads share it.

    Parameters
    ----------
    max_waiting : turns that may wait
    """

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._max_waiting = max_waiting
        self._changed = threading.Condition()
        self._line: deque[object] = deque()

    @contextmanager
    def turn(self, *, patient: bool = False) -> Iterator[None]:
        """Wait for a turn, which lasts as long as the block; raise `CrowdedError` if too many others wait and it is not patient."""
        me = object()
        with self._changed:
            if not patient and len(self._line) > self._max_waiting:
                raise CrowdedError("Many files are being scored for other people: try again in a minute.")
            self._line.append(me)
        try:
            with self._changed:
                while self._line[0] is not me:
                    self._changed.wait(LOOK_S)
                    check_abandoned()
            yield
        finally:
            with self._changed:
                self._line.remove(me)
                self._changed.notify_all()


def score_in_turn(
    files: Sequence[str],
    *,
    recognizer: Recognizer,
    turns: Turns,
    profile: Profile | None = None,
    patient: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> list[Recognition | Unscored]:
    """Score files in one turn.

    Parameters
    ----------
    files : paths
    turns : shared by all who score many files
    profile : of the speaker of all files
    patient : whether to wait however many others do
    clock : returns the time in seconds

    Returns
    -------
    list of the answers, in order; shorter than `files` if there was no time for all of them, but not empty

    Raises
    ------
    CrowdedError
        if too many batches are waiting, and this one is not patient
    """
    with turns.turn(patient=patient), closing(_score_each(files, recognizer, profile)) as scoring:
        end, answers = clock() + MAX_TURN_S, []
        for answer in scoring:
            answers.append(answer)
            if clock() >= end:
                break
        return answers


def _score_each(
    files: Sequence[str], recognizer: Recognizer, profile: Profile | None
) -> Generator[Recognition | Unscored, None, None]:
    """Yield an answer for every file, also for one in which something unexpected goes wrong."""
    answered = 0
    try:
        for answer in recognize_all(recognizer, files=files, profile=profile):
            answered += 1
            yield answer
    except UserError:
        raise
    except Exception:  # in one of several that were scored together: each by itself shows in which
        for file in files[answered:]:
            yield _score_alone(file, recognizer, profile)


def _score_alone(file: str, recognizer: Recognizer, profile: Profile | None) -> Recognition | Unscored:
    try:
        [answer] = recognize_all(recognizer, files=[file], profile=profile)
    except UserError:
        raise
    except Exception:
        traceback.print_exc()
        return Unscored(file, UNEXPECTED)
    return answer
