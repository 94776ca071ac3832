"""Load test: does the app give each of many simultaneous users the right answer, without growing?

python -m ser benchmark --load

The app runs in its own process. Each user is a `gradio_client` that sends its own clip, waits for the answer, compares
it with the scores of that clip in this process, and sends the clip again. The clips are made from the synthetic
examples, so no data set is needed.
"""

import contextlib
import os
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

USERS, SECONDS = 20, 120.0
ALONE_SHARE = 0.1  # of the test's time, for one user alone before and again after the crowd
AFTER_ERROR_S = 1.0  # pause of a user before trying again
MAX_CLOSE_S = 10.0  # wait for the end of the stream that brought the last answer
PATIENCE_S = 60.0  # with an answer of the server, before it counts as an error: a busy machine takes its time

LENGTHS_S = (2.0, 3.0, 4.0, 5.0)  # of the clips: 1, 1, 3 and 5 windows
SPEEDS = (1.0, 0.8, 1.25, 0.9, 1.12, 0.72, 1.4)  # factors on both pitch and tempo
APART = 1e-3  # the clips of two users differ by more than this in at least one score
EXACT = 1e-4  # a right answer differs by no more than this from the expected scores


class Clip(NamedTuple):
    """The clip that a user sends, and the (6,) scores that it should get."""

    file: Path
    scores: np.ndarray


@dataclass
class Tally:
    """What happened to the users."""

    times: list[float] = field(default_factory=list)  # seconds until each answer
    errors: Counter = field(default_factory=Counter)  # number of errors by text
    wrong: int = 0  # answers that do not belong to the clip
    mixed_up: int = 0  # those among them that belong to the clip of another user

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
    requests: int  # of all users at once
    errors: dict[str, int]  # number of errors by text
    wrong: int  # answers that do not belong to the clip
    mixed_up: int  # those among them that belong to the clip of another user
    per_second: float  # answers to all users together
    alone_per_second: float  # answers to one user alone
    ratio: float  # of these two
    latency_s: Latency
    memory: Memory | None  # None where there is no /proc
    machine: dict
    batching: float  # see `gain_of_batching`


def load_test(users: int = USERS, *, seconds: float = SECONDS, checkpoint: Path | None = None) -> LoadResult:
    """Let many users use the app at once, and one of them alone before and after.

    Parameters
    ----------
    users : number of users, each with its own clip and HTTP session
    seconds : duration; memory is judged after the first half, or after 60 s if that is less
    checkpoint : folder of a checkpoint; the released one if None

    Returns
    -------
    dict of plain values; see `LoadResult`

    Raises
    ------
    BenchmarkError
        if the app does not start, or ends by itself; the message quotes the last line that it wrote
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
                raise BenchmarkError("The app ended during the test: run `python app.py` to see why.")
    return summarise(
        crowd,
        alone=[before, after],
        users=users,
        seconds=seconds,
        mb=watch.mb,
        batching=gain_of_batching(recognizer),
    )


def make_clips(folder: Path, *, count: int, recognizer: "Recognizer") -> list[Clip]:
    """Write `count` recordings like those that a browser sends; no two have the same scores.

    They are the example clips, played faster or slower (so also higher or lower), and repeated or cut to 2 to 5 s.
    """
    clips: list[Clip] = []
    for file in _variations(folder):
        scores = recognizer.recognize(file).scores
        clip = Clip(file, np.array([scores[label] for label in LABELS]))
        if all(np.abs(clip.scores - other.scores).max() > APART for other in clips):
            clips.append(clip)
        if len(clips) == count:
            return clips
    raise BenchmarkError(f"There are only {len(clips)} different clips: choose at most as many users.")


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
    """Run the app while the block runs; yield its address and its process."""
    command = [sys.executable, "-m", "ser", "app", "--no-browser", *flags]
    command += ["--checkpoint", str(checkpoint)] if checkpoint else []
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as process,
    ):
        try:
            assert process.stdout, "it is a pipe"
            line = process.stdout.readline()
            if " at http" not in line:
                process.wait()
                log.seek(0)
                raise BenchmarkError(
                    f"The app did not start ({last_line(log.read())}): run `python app.py` to see why."
                )
            yield line.split(" at ")[1].split()[0], process
        finally:
            process.terminate()


def connect(address: str, **httpx_options: Any) -> "Client":
    """Return a `gradio_client.Client` with a session of its own; the options are those of httpx."""
    from gradio_client import Client

    httpx_options = {"timeout": PATIENCE_S} | httpx_options
    # Without certificates: they would be read for each request, and plain HTTP on this machine does not need them.
    return Client(
        address, verbose=False, analytics_enabled=False, ssl_verify=False, httpx_kwargs=httpx_options
    )


def _crowd(clients: list, clips: list[Clip], seconds: float) -> Tally:
    """Let every client send its clip repeatedly, and start no request after `seconds`."""
    end, tallies = time.monotonic() + seconds, [Tally() for _ in clients]
    threads = [
        threading.Thread(
            target=use,
            args=(client,),
            kwargs={
                "number": number,
                "clips": clips,
                "tally": tally,
                "keep_going": lambda: time.monotonic() < end,
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
    client: "Client", *, number: int, clips: list[Clip], tally: Tally, keep_going: Callable[[], bool]
) -> None:
    """Send clip `number` and judge the answer, again and again while `keep_going()`; count in `tally`."""
    from gradio_client import handle_file

    while keep_going():
        await_close(client)
        start = time.monotonic()
        try:
            answer = client.predict(handle_file(clips[number].file), api_name="/recognize")
            problem = answer["error"]
        except Exception as error:  # every kind of failure is counted
            problem = f"{type(error).__name__}: {error}"
        tally.times.append(time.monotonic() - start)
        if problem:
            tally.errors[problem] += 1
            time.sleep(AFTER_ERROR_S)
        else:
            judge(answer, number=number, clips=clips, tally=tally)


def await_close(client: "Client") -> None:
    """Wait until the stream that brought the last answer has ended.

    `gradio_client` loses a request that it sends between that answer and the end of its stream (`CancelledError`). On a
    busy machine this happens now and then.
    """
    if stream := client.streaming_future:
        wait([stream], MAX_CLOSE_S)


def judge(answer: dict, *, number: int, clips: list[Clip], tally: Tally) -> None:
    """Count an answer that does not belong to the user's own clip."""
    scores = np.array([answer["scores"][label] for label in LABELS])
    same_scores = [np.abs(scores - clip.scores).max() <= EXACT for clip in clips]
    same_name = [answer["file"] == clip.file.name for clip in clips]
    if same_scores[number] and same_name[number]:
        return
    tally.wrong += 1
    tally.mixed_up += any(
        same_scores[other] or same_name[other] for other in range(len(clips)) if other != number
    )


def gain_of_batching(recognizer: "Recognizer", *, windows: int = 4, rounds: int = 20) -> float:
    """Return the time for scoring windows one at a time over the time for scoring them in one pass: the median ratio.

    This is the most that scoring the windows of several users together could gain.
    """
    from ser.audio.features import N_SAMPLES

    noise = np.random.default_rng(0).standard_normal((windows, N_SAMPLES), np.float32)
    inputs = recognizer.runtime.inputs(list(noise))

    def time_of(passes: int) -> float:
        start = time.thread_time()  # leaves out what else runs on the machine
        together = windows // passes
        for first in range(0, windows, together):
            recognizer.runtime(inputs.part(slice(first, first + together)))
        return time.thread_time() - start

    time_of(windows), time_of(1)
    return statistics.median(time_of(windows) / time_of(1) for _ in range(rounds))


def summarise(
    crowd: Tally, *, alone: list[Tally], users: int, seconds: float, mb: list[float], batching: float
) -> LoadResult:
    """Return the result of `load_test`, from what was counted with all users at once (`crowd`) and with one alone."""
    total = sum(alone, crowd)
    rates = [len(tally.times) / sum(tally.times) for tally in alone]
    rate = users * len(crowd.times) / sum(crowd.times)
    times = sorted(crowd.times)
    return {
        "users": users,
        "seconds": seconds,
        "requests": len(crowd.times),
        "errors": dict(total.errors),
        "wrong": total.wrong,
        "mixed_up": total.mixed_up,
        "per_second": rate,
        "alone_per_second": statistics.mean(rates),
        "ratio": rate / statistics.mean(rates),
        "latency_s": {"median": statistics.median(times), "p95": times[int(0.95 * len(times))]},
        "memory": judge_memory(mb, seconds),
        "machine": describe_machine(),
        "batching": batching,
    }


def passed(result: LoadResult) -> bool:
    """Return True if there were no errors and no wrong answers, and memory, where known, stayed flat."""
    memory = result["memory"]
    return not result["errors"] and not result["wrong"] and (memory is None or memory["flat"])


def format_load(result: LoadResult) -> str:
    """Return the result of `load_test` as sentences."""
    errors = sum(result["errors"].values())
    lines = [
        f"{result['users']} users at once for {result['seconds']:g} s: {result['requests']} requests, "
        f"{errors} errors, {result['wrong']} wrong answers ({result['mixed_up']} of them meant for another user).",
        *(f"  {count} times: {text}" for text, count in result["errors"].items()),
        "{per_second:.1f} requests per second; one user alone: {alone_per_second:.1f}; ratio: {ratio:.2f}.".format(
            **result
        ),
        "Time until an answer: {median:.2f} s (median), {p95:.2f} s (95th percentile).".format(
            **result["latency_s"]
        ),
        f"Windows of four users in one pass of the network: {result['batching']:.2f} times as fast as one at a time.",
        format_memory(result["memory"], result["seconds"]),
        "The app and its users shared this machine: "
        + ", ".join(f"{key} {value}" for key, value in result["machine"].items())
        + ".",
    ]
    return "\n".join(lines)
