"""A time limit for every function of the app, and one sentence for unexpected errors."""

import contextvars
import functools
import inspect
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import gradio as gr

from ser.errors import UserError
from ser.ui.page.server_functions import returns_problem
from ser.util.deadline import stop_when

# Jobs that still run although nobody waits for them; more would slow the machine down for everyone.
MAX_ABANDONED = 4
BROKEN = "Something went wrong in the app: reload the page and try again. The reason is in the app's log."
BUSY = "The app is busy with recordings that take too long: try again in a few minutes."


_END = object()


class JobError(UserError):
    """A job was not started, or was abandoned."""


class Jobs:
    """Run jobs, each for at most `limit_s` seconds.

    A job that takes longer is asked to stop, see `ser.util.deadline`, and is abandoned.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._lock = threading.Lock()
        self._abandoned = 0

    def run(self, job: Callable[[], Any]) -> Any:
        """Run a job and return its result; raise `JobError` if it takes too long."""
        with self._lock:
            if self._abandoned >= MAX_ABANDONED:
                raise JobError(BUSY)
        outcome: Future = Future()
        stop, context = threading.Event(), contextvars.copy_context()

        def work() -> None:
            try:
                with stop_when(stop):
                    result = job()
            except BaseException as error:
                outcome.set_exception(error)
            else:
                outcome.set_result(result)

        # A daemon, so that a thread that does not end cannot keep the app running.
        threading.Thread(target=context.run, args=(work,), name="job", daemon=True).start()
        try:
            return outcome.result(self.limit_s)
        except TimeoutError:
            if outcome.done():  # the job's own TimeoutError, or it ended just now
                return outcome.result()
        self._abandon(outcome, stop)
        raise JobError(
            f"This took longer than {self.limit_s:g} s and was stopped: try a shorter recording, or try again later."
        )

    def _abandon(self, outcome: Future, stop: threading.Event) -> None:
        with self._lock:
            self._abandoned += 1
        stop.set()
        outcome.add_done_callback(self._ended)  # also called if it has ended by now

    def _ended(self, _: Future) -> None:
        with self._lock:
            self._abandoned -= 1

    def event(self, function: Callable) -> Callable:
        """Wrap a handler of a gradio event: any error becomes a `gr.Error` with one sentence."""

        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            with _in_one_sentence():
                return self.run(functools.partial(function, *arguments))

        return call

    def steps(self, function: Callable) -> Callable:
        """Wrap a handler that is a generator: as `event`, with the time limit for each of its steps."""

        @functools.wraps(function)
        def call(*arguments: Any) -> Iterator[Any]:
            steps = function(*arguments)
            while True:
                with _in_one_sentence():
                    step = self.run(lambda: next(steps, _END))
                if step is _END:
                    return
                yield step

        return call

    def message(self, function: Callable) -> Callable:
        """Wrap a server function, see `returns_problem`; taking too long is reported as a problem too."""

        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            return self.run(functools.partial(function, *arguments))

        return returns_problem(call)


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """Raise every error of the block as a `gr.Error` with one sentence."""
    try:
        yield
    except gr.Error as error:
        error.print_exception = False  # its text may contain the name of a person's file
        raise
    except UserError as error:
        raise gr.Error(str(error), print_exception=False) from None
    except Exception:
        traceback.print_exc()
        raise gr.Error(BROKEN, print_exception=False) from None


def limit(app: gr.Blocks, limit_s: float) -> None:
    """Limit every function of a built app to `limit_s` seconds, and turn its errors into sentences."""
    jobs = Jobs(limit_s)
    for event in app.fns.values():
        if inspect.isgeneratorfunction(event.fn):
            event.fn = jobs.steps(event.fn)
        elif event.fn is not None and not inspect.iscoroutinefunction(event.fn):
            event.fn = jobs.event(event.fn)
    for block in app.blocks.values():
        for function in getattr(block, "server_fns", ()):
            setattr(block, function.__name__, jobs.message(function))
