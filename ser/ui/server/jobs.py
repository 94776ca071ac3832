"""What every job of the app has: a time limit, and one sentence where it fails in a way that nobody foresaw."""

import contextvars
import functools
import inspect
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import gradio as gr

from ser.errors import UserError
from ser.ui.page.server_functions import returns_problem
from ser.util.deadline import stop_when

MAX_ABANDONED = (
    4  # jobs that go on though nobody waits for them; one more would take the machine from the others
)
BROKEN = "Something went wrong in the app: reload the page and try again. Whoever runs it finds the reason in its log."
BUSY = "The app is busy with recordings that take too long: try again in a few minutes."


class JobError(UserError):
    """A job that was not begun, or not waited for."""


class Jobs:
    """Runs jobs, each for `limit_s` seconds at most.

    What takes longer is told to stop, by `ser.util.deadline`, and no longer waited for.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._lock = threading.Lock()
        self._given_up = 0

    def run(self, job: Callable[[], Any]) -> Any:
        """Return what the job returns, or raise what it raises; `JobError` where it takes too long."""
        with self._lock:
            if self._given_up >= MAX_ABANDONED:
                raise JobError(BUSY)
        outcome: Future = Future()
        given_up, context = threading.Event(), contextvars.copy_context()

        def work() -> None:
            try:
                with stop_when(given_up):
                    result = job()
            except BaseException as error:
                outcome.set_exception(error)
            else:
                outcome.set_result(result)

        # A thread that does not end must not keep the app from ending.
        threading.Thread(target=context.run, args=(work,), name="job", daemon=True).start()
        try:
            return outcome.result(self.limit_s)
        except TimeoutError:
            if outcome.done():  # the job's own, or it ended just now
                return outcome.result()
        self._give_up(outcome, given_up)
        raise JobError(
            f"This took longer than {self.limit_s:g} s and was stopped: try a shorter recording, or try again later."
        )

    def _give_up(self, outcome: Future, given_up: threading.Event) -> None:
        with self._lock:
            self._given_up += 1
        given_up.set()
        outcome.add_done_callback(self._ended)  # also where it has ended by now

    def _ended(self, _: Future) -> None:
        with self._lock:
            self._given_up -= 1

    def event(self, function: Callable) -> Callable:
        """Return a function for an event of gradio: whatever fails is a `gr.Error` with one sentence."""

        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            try:
                return self.run(functools.partial(function, *arguments))
            except gr.Error as error:
                error.print_exception = False  # its text may have the name of a person's file
                raise
            except UserError as error:
                raise gr.Error(str(error), print_exception=False) from None
            except Exception:
                traceback.print_exc()
                raise gr.Error(BROKEN, print_exception=False) from None

        return call

    def message(self, function: Callable) -> Callable:
        """Return a function that the page calls by itself: where it takes too long it answers so as its `problem`."""

        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            return self.run(functools.partial(function, *arguments))

        return returns_problem(call)


def limit(app: gr.Blocks, limit_s: float) -> None:
    """Give every function of a built app a time limit in seconds, and a sentence for what fails."""
    jobs = Jobs(limit_s)
    for event in app.fns.values():
        if event.fn is not None and not (
            inspect.iscoroutinefunction(event.fn) or inspect.isgeneratorfunction(event.fn)
        ):
            event.fn = jobs.event(event.fn)
    for block in app.blocks.values():
        for function in getattr(block, "server_fns", ()):
            setattr(block, function.__name__, jobs.message(function))
