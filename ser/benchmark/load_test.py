"""Many people at once: does the app answer each of them rightly, and stay as large as it was?

python -m ser benchmark --load

The app runs as a process of its own. Each user is a `gradio_client` that sends a clip of its own, waits
for the answer, compares it with what that clip scores here, and sends it again. The clips are made of
the synthetic examples; no data set is needed.
"""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

import numpy as np

from ser.benchmark.memory import Memory, MemoryWatch, format_memory, judge_memory
from ser.benchmark.workers import EXAMPLES, BenchmarkError, describe_machine, last_line
from ser.labels import LABELS

if TYPE_CHECKING:
    from gradio_client import Client

    from ser.recognition.recognizer import Recognizer

APP = Path(__file__).resolve().parents[2] / "app.py"
USERS, SECONDS = 20, 120.0
ALONE_SHARE = 0.1  # of SECONDS, before and again after the crowd
AFTER_ERROR_S = 1.0  # nobody tries again at once
CLOSE_S = 10.0  # at most, for the end of a stream that has nothing more to tell

LENGTHS_S = (2.0, 3.0, 4.0, 5.0)  # of the clips: 1, 1, 3 and 5 windows
SPEEDS = (1.0, 0.8, 1.25, 0.9, 1.12, 0.72, 1.4)  # pitch and tempo both; the first is the voice as it is
APART = 1e-3  # two users' clips differ by more in some score
EXACT = 1e-4  # and an answer by less from the right one


class Clip(NamedTuple):
    """What a user sends, and the six scores (6,) that it should bring."""

    file: Path
    scores: np.ndarray


@dataclass
class Tally:
    """What the users met: seconds of each answer, errors by text, wrong answers, and others' answers."""

    times: list[float] = field(default_factory=list)
    errors: Counter = field(default_factory=Counter)
    wrong: int = 0
    mixed_up: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.times + other.times,
            self.errors + other.errors,
            self.wrong + other.wrong,
            self.mixed_up + other.mixed_up,
        )


class Latency(TypedDict):
    """Seconds until an answer."""

    median: float
    p95: float


class LoadResult(TypedDict):
    """What `load_test` returns."""

    users: int
    seconds: float
    requests: int
    errors: dict[str, int]
    wrong: int
    mixed_up: int
    per_second: float
    alone_per_second: float
    ratio: float
    latency_s: Latency
    memory: Memory | None
    machine: dict
    batching: float


def load_test(users: int = USERS, *, seconds: float = SECONDS, checkpoint: Path | None = None) -> LoadResult:
    """Let `users` use the app at once for some seconds, one of them alone before and after.

    Parameters
    ----------
    users : how many at once, each with a clip and an HTTP session of its own
    seconds : how long; the memory is judged by what comes after half of them, at most 60 s
    checkpoint : a checkpoint folder; the released one when not given

    Returns
    -------
    dict of plain values: `users`, `seconds`, `requests`, `errors` (text to count), `wrong`, `mixed_up` (those of the
    wrong that another user should have had), `per_second` of all users, `alone_per_second`, `ratio` of the two,
    `latency_s` (median, and `p95`), `memory` and `machine`. `memory` has `mb` (one number a second), `settled` and
    `end` (medians of the first and the last fifth of what is judged) and `flat`; None where the system does not
    tell it (it is read from /proc). `batching` is `gain_of_batching`

    Raises
    ------
    BenchmarkError
        where the app does not start, or ends by itself; the text has its last words
    """
    from ser.recognition.recognizer import Recognizer

    recognizer = Recognizer.load(checkpoint)
    with tempfile.TemporaryDirectory() as folder:
        clips = make_clips(Path(folder), count=users, recognizer=recognizer)
        with serving(checkpoint) as (address, process):
            clients = [connect(address) for _ in clips]
            alone_s = seconds * ALONE_SHARE
            before = _crowd(clients[:1], clips, alone_s)
            watch = MemoryWatch(process.pid)
            with watch:
                crowd = _crowd(clients, clips, seconds)
            after = _crowd(clients[:1], clips, alone_s)
            if process.poll() is not None:
                raise BenchmarkError("the app ended during the test; run `python app.py` to see why")
    return summarise(
        crowd,
        alone=[before, after],
        users=users,
        seconds=seconds,
        mb=watch.mb,
        batching=gain_of_batching(recognizer),
    )


def make_clips(folder: Path, *, count: int, recognizer: "Recognizer") -> list[Clip]:
    """Write `count` recordings as a browser would send them, of which no two are scored alike.

    They are the example clips, faster or slower (and so higher or lower), repeated or cut to 2 to 5 s.
    """
    clips: list[Clip] = []
    for file in _variations(folder):
        scores = recognizer.recognize(file).scores
        clip = Clip(file, np.array([scores[label] for label in LABELS]))
        if all(np.abs(clip.scores - other.scores).max() > APART for other in clips):
            clips.append(clip)
        if len(clips) == count:
            return clips
    raise BenchmarkError(f"there are only {len(clips)} different clips: ask for as many users at most")


def _variations(folder: Path) -> Iterator[Path]:
    import soundfile
    import soxr

    from ser.audio.reading import SAMPLE_RATE, load_audio

    examples = [load_audio(file) for file in sorted(EXAMPLES.glob("*.flac"))]
    for speed in SPEEDS:
        for number, length_s in enumerate(LENGTHS_S):
            for example, samples in enumerate(examples[number % 2 :: 2]):
                voice = soxr.resample(samples, SAMPLE_RATE * speed, SAMPLE_RATE)
                file = folder / f"{speed}_{length_s:g}s_{example}.wav"
                soundfile.write(file, np.resize(voice, int(length_s * SAMPLE_RATE)), SAMPLE_RATE)
                yield file


@contextlib.contextmanager
def serving(checkpoint: Path | None = None, *flags: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run `python app.py` until the block ends; yield its address and its process."""
    command = [sys.executable, str(APP), "--no-browser", *flags]
    command += ["--checkpoint", str(checkpoint)] if checkpoint else []
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            assert process.stdout, "it is a pipe"
            line = process.stdout.readline()
            if " at http" not in line:
                process.wait()
                log.seek(0)
                raise BenchmarkError(f"the app did not start ({last_line(log.read())})")
            yield line.split(" at ")[1].split()[0], process
        finally:
            process.terminate()


def connect(address: str, **httpx_options: Any) -> "Client":
    """Return a `gradio_client.Client`, which is a session of its own; the options are those of httpx."""
    from gradio_client import Client

    # Without certificates, which are read for each request and not needed for plain HTTP on this machine.
    return Client(
        address, verbose=False, analytics_enabled=False, ssl_verify=False, httpx_kwargs=httpx_options
    )


def _crowd(clients: list, clips: list[Clip], seconds: float) -> Tally:
    """Let every client send its clip, again and again; none begins a request after `seconds`."""
    end, tallies = time.monotonic() + seconds, [Tally() for _ in clients]
    threads = [
        threading.Thread(
            target=use,
            args=(client,),
            kwargs={
                "number": number,
                "clips": clips,
                "tally": tally,
                "going_on": lambda: time.monotonic() < end,
            },
        )
        for number, (client, tally) in enumerate(zip(clients, tallies, strict=True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(tallies, Tally())


def use(
    client: "Client", *, number: int, clips: list[Clip], tally: Tally, going_on: Callable[[], bool]
) -> None:
    """Send clip `number` and judge the answer, as long as `going_on()`; the tally grows meanwhile."""
    from gradio_client import handle_file

    while going_on():
        await_close(client)
        start = time.monotonic()
        try:
            answer = client.predict(handle_file(clips[number].file), api_name="/recognize")
            problem = answer["error"]
        except Exception as error:  # whatever a user may meet is counted
            problem = f"{type(error).__name__}: {error}"
        tally.times.append(time.monotonic() - start)
        if problem:
            tally.errors[problem] += 1
            time.sleep(AFTER_ERROR_S)
        else:
            judge(answer, number=number, clips=clips, tally=tally)


def await_close(client: "Client") -> None:
    """Wait until the stream that brought the last answer has ended.

    `gradio_client` hears nothing of a request that it sends between that answer and the end of its stream
    (`CancelledError`), which a busy machine makes it do now and then.
    """
    if stream := client.streaming_future:
        wait([stream], CLOSE_S)


def judge(answer: dict, *, number: int, clips: list[Clip], tally: Tally) -> None:
    """Count an answer that is not that of the user's own clip."""
    scores = np.array([answer["scores"][label] for label in LABELS])
    fits = [np.abs(scores - clip.scores).max() <= EXACT for clip in clips]
    named = [answer["file"] == clip.file.name for clip in clips]
    if fits[number] and named[number]:
        return
    tally.wrong += 1
    tally.mixed_up += any(fits[other] or named[other] for other in range(len(clips)) if other != number)


def gain_of_batching(recognizer: "Recognizer", *, windows: int = 4, rounds: int = 20) -> float:
    """Return how much longer `windows` windows take the network one by one than in one pass: the median ratio.

    That is the most that could be gained by scoring several users' windows together.
    """
    from ser.audio.features import N_FRAMES, N_MELS

    features = np.random.default_rng(0).standard_normal((windows, 1, N_MELS, N_FRAMES), np.float32)
    lengths = np.full(windows, N_FRAMES)

    def time_of(passes: int) -> float:
        start = time.thread_time()  # and not what else runs on the machine
        for part, frames in zip(np.split(features, passes), np.split(lengths, passes), strict=True):
            recognizer.runtime(part, frames)
        return time.thread_time() - start

    time_of(windows), time_of(1)
    return statistics.median(time_of(windows) / time_of(1) for _ in range(rounds))


def summarise(
    crowd: Tally, *, alone: list[Tally], users: int, seconds: float, mb: list[float], batching: float
) -> LoadResult:
    """Return the result from what was counted; see `load_test`."""
    everyone = sum(alone, crowd)
    rates = [len(tally.times) / sum(tally.times) for tally in alone]
    rate = users * len(crowd.times) / sum(crowd.times)
    times = sorted(crowd.times)
    return {
        "users": users,
        "seconds": seconds,
        "requests": len(crowd.times),
        "errors": dict(everyone.errors),
        "wrong": everyone.wrong,
        "mixed_up": everyone.mixed_up,
        "per_second": rate,
        "alone_per_second": statistics.mean(rates),
        "ratio": rate / statistics.mean(rates),
        "latency_s": {"median": statistics.median(times), "p95": times[int(0.95 * len(times))]},
        "memory": judge_memory(mb, seconds),
        "machine": describe_machine(),
        "batching": batching,
    }


def passed(result: LoadResult) -> bool:
    """Whether nobody met an error or a wrong answer, and memory stayed flat as far as it is known."""
    memory = result["memory"]
    return not result["errors"] and not result["wrong"] and (memory is None or memory["flat"])


def format_load(result: LoadResult) -> str:
    """Return the result of `load_test` in sentences."""
    errors = sum(result["errors"].values())
    lines = [
        f"{result['users']} users at once for {result['seconds']:g} s: {result['requests']} requests, "
        f"{errors} errors, {result['wrong']} wrong answers, {result['mixed_up']} of them another user's.",
        *(f"  {count} times: {text}" for text, count in result["errors"].items()),
        "{per_second:.1f} requests a second; one user alone {alone_per_second:.1f}; ratio {ratio:.2f}.".format(
            **result
        ),
        "An answer took {median:.2f} s (median), {p95:.2f} s (95 of 100 less).".format(**result["latency_s"]),
        f"Windows of four users in one pass of the network: {result['batching']:.2f} times as fast as one by one.",
        format_memory(result["memory"], result["seconds"]),
        "App and users shared this machine: "
        + ", ".join(f"{key} {value}" for key, value in result["machine"].items())
        + ".",
    ]
    return "\n".join(lines)
