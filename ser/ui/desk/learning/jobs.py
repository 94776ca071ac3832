"""What browsers are learning in the background, and what they have learned. Nothing is written to the disk."""

import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from ser.errors import UserError
from ser.recognition.adaptation import Adaptation
from ser.util.deadline import check_abandoned, stop_when

MAX_AT_ONCE = 2  # others wait: more would not be faster
MAX_BROWSERS = 200  # whose results are kept
WAITING, READING = "waiting for others who learn", "reading the clips"
FAILED = "Learning failed: try again. The reason is in the app's log."

Progress = Callable[[float, str], None]  # the share that is done, 0 to 1, and what is being done
Work = Callable[[Progress], Adaptation]


@dataclass
class Job:
    """Something that is being learned.

    Attributes
    ----------
    share : how much is done, 0 to 1
    task : what is being done
    stop : ends the job soon after it is set
    """

    share: float = 0.0
    task: str = WAITING
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass
class Bench:
    """What one browser is learning, or has learned.

    Attributes
    ----------
    job : what is being learned; None if nothing is
    result : what was learned or opened last, until it is used or discarded
    problem : why the last job learned nothing, in a sentence
    """

    job: Job | None = None
    result: Adaptation | None = None
    problem: str = ""


class Benches:
    """The benches of all browsers. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Semaphore(MAX_AT_ONCE)
        self._by_browser: OrderedDict[str, Bench] = OrderedDict()

    def of(self, browser: str) -> Bench:
        """Return the bench of a browser. Those that were not used for the longest time are cleared."""
        with self._lock:
            bench = self._by_browser.setdefault(browser, Bench())
            self._by_browser.move_to_end(browser)
            while len(self._by_browser) > MAX_BROWSERS:
                _, oldest = self._by_browser.popitem(last=False)
                if oldest.job is not None:
                    oldest.job.stop.set()
            return bench

    def start(self, bench: Bench, work: Work) -> None:
        """Start to learn in a thread, unless something is being learned already."""
        job = Job()
        with self._lock:
            if bench.job is not None:
                return
            bench.job, bench.problem = job, ""
        # A daemon: the app ends while it learns, and nothing is lost that was stored.
        threading.Thread(target=self._run, args=(bench, job, work), name="learning", daemon=True).start()

    def stop(self, bench: Bench) -> None:
        """Stop what is being learned, if anything is."""
        with self._lock:
            if bench.job is not None:
                bench.job.stop.set()
                bench.job = None

    def _run(self, bench: Bench, job: Job, work: Work) -> None:
        def report(share: float, task: str) -> None:
            check_abandoned()
            job.share, job.task = share, task

        result, problem = None, ""
        try:
            with stop_when(job.stop), self._turn:
                result = work(report)
        except UserError as error:
            problem = str(error)
        except Exception:  # nobody waits for this: only the log can say what failed
            traceback.print_exc()
            problem = FAILED
        with self._lock:
            if bench.job is not job:
                return  # it was stopped
            bench.job, bench.problem = None, problem
            if result is not None:
                bench.result = result
