"""Many files through the app, compared with a request for each of them.

python -m ser benchmark --many --data DIR

The app runs in its own process. Both ways score the same clips and take turns: a `gradio_client` that sends a file, waits
for its answer and sends the next one; and what the tab "Many files" of the page does, which is to upload files in batches and
to ask for the scores of a batch while the next one is on its way.
"""

import os
import secrets
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from tqdm import tqdm

from ser.benchmark.load_test import await_close, connect, serving
from ser.benchmark.memory import resident_mb
from ser.benchmark.workers import BenchmarkError, Spread, describe_machine, lay_out, spread
from ser.corpus.crema_d import Corpus
from ser.util.parallel import chunks

if TYPE_CHECKING:
    from gradio_client import Client
    from httpx import Client as HttpClient

CLIPS, ROUNDS = 1000, 3
SINGLE_SHARE = 5  # of the clips, one in so many is also sent by itself
FILES_OF_BATCH, IN_FLIGHT = 32, 2  # as in ser/ui/many/scripts/run.js
MIN_RATIO, MAX_MEMORY_RATIO = 8, 1.2  # the targets
EXACT = 1e-4  # between scores of the same clip


class ManyResult(TypedDict):
    """What `compare_many` returns."""

    machine: dict
    clips: int
    source: str  # where they come from
    single_per_second: Spread  # answers, a request each
    many_per_second: Spread  # in batches
    ratio: Spread  # of the two in the same round
    single_mb: float | None  # memory of the app after the first requests of one file each; None without /proc
    many_mb: float | None  # and at the end


def compare_many(data: str | os.PathLike | None = None, *, quick: bool = False) -> ManyResult:
    """Send the same clips to the app as the page does with many files, and in a request each.

    Parameters
    ----------
    data : folder of CREMA-D; the project's examples are used if None
    quick : one round of a few clips, for a test

    Returns
    -------
    dict of plain values; see `ManyResult`

    Raises
    ------
    BenchmarkError
        if the app does not start, or the two ways give a clip different scores
    CorpusError
        if there is no data set in `data`
    """
    import httpx

    count, rounds = (40, 1) if quick else (CLIPS, ROUNDS)
    with tempfile.TemporaryDirectory() as folder:
        source = lay_out(Path(folder), corpus=Corpus(data) if data else None, count=count)
        clips = sorted((Path(folder) / "clips").glob("*.wav"))
        singles = clips[::SINGLE_SHARE]
        with serving() as (address, process), httpx.Client(base_url=address, timeout=120) as http:
            client, component = connect(address), _component(http)
            send_singly(client, clips=singles[:4])  # loading on first use is not counted
            send_in_batches(http, clips=clips[:8], component=component)
            single_mb = None
            times: dict[str, list[float]] = {"single": [], "many": []}
            for _ in tqdm(range(rounds), desc="measuring", unit="round", disable=None):
                start = time.perf_counter()
                expected = send_singly(client, clips=singles)
                middle = time.perf_counter()
                single_mb = single_mb or resident_mb(process.pid)
                answers = send_in_batches(http, clips=clips, component=component)
                times["single"].append((middle - start) / len(singles))
                times["many"].append((time.perf_counter() - middle) / len(clips))
                check_same(expected, answers[::SINGLE_SHARE])
            many_mb = resident_mb(process.pid)
    return {
        "machine": describe_machine(),
        "clips": count,
        "source": source,
        "single_per_second": spread([1 / seconds for seconds in times["single"]]),
        "many_per_second": spread([1 / seconds for seconds in times["many"]]),
        "ratio": spread([one / many for one, many in zip(*times.values(), strict=True)]),
        "single_mb": single_mb,
        "many_mb": many_mb,
    }


def send_singly(client: "Client", *, clips: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the answer to each clip, each in a request of its own after the answer to the one before."""
    from gradio_client import handle_file

    answers = []
    for clip in clips:
        await_close(client)
        answers.append(client.predict(handle_file(clip), api_name="/recognize"))
    return answers


def send_in_batches(http: "HttpClient", *, clips: Sequence[Path], component: int) -> list[dict[str, Any]]:
    """Return the answer to each clip, sent as the page sends many files."""

    def send(batch: Sequence[Path]) -> list[dict[str, Any]]:
        run = secrets.token_hex(6)
        files = [("files", (f"many-{run}-{i}.wav", clip.read_bytes())) for i, clip in enumerate(batch)]
        paths = http.post("/gradio_api/upload", files=files).raise_for_status().json()
        rows: list[dict[str, Any]] = []
        while len(rows) < len(batch):  # a turn may end early
            request = {
                "session_hash": run,
                "component_id": component,
                "fn_name": "score_batch",
                "data": {"paths": paths[len(rows) :], "profile": None},
            }
            answer = http.post("/gradio_api/component_server", json=request).raise_for_status().json()
            if not answer.get("rows"):
                raise BenchmarkError(
                    f"The app did not score a batch ({answer}): run this without other users."
                )
            rows += answer["rows"]
        return rows

    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        return [row for rows in pool.map(send, chunks(clips, FILES_OF_BATCH)) for row in rows]


def _component(http: "HttpClient") -> int:
    """Return the number of the tab's widget in the app."""
    components = http.get("/config").raise_for_status().json()["components"]
    return next(each["id"] for each in components if each["props"].get("elem_id") == "many")


def check_same(expected: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> None:
    """Raise `BenchmarkError` unless both answers to each clip have the same scores."""
    for one, other in zip(expected, answers, strict=True):
        if problem := one["error"] or other["error"]:
            raise BenchmarkError(f"A clip was not scored: {problem}")
        if max(abs(one["scores"][label] - other["scores"][label]) for label in one["scores"]) > EXACT:
            raise BenchmarkError(
                f"{one['file']} has other scores among many files ({other['scores']}) than by itself "
                f"({one['scores']}): please report this."
            )


def format_many(result: ManyResult) -> str:
    """Return the result of `compare_many` as lines for people."""
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    single, many, ratio = (
        "{median:.1f} ({low:.1f} to {high:.1f})".format(**result[key])
        for key in ("single_per_second", "many_per_second", "ratio")
    )
    before, after = result["single_mb"], result["many_mb"]
    memory = []
    if before and after:
        memory = [
            f"Memory of the app: {before:.0f} MB after single requests, {after:.0f} MB at the end, {after / before:.2f} times; "
            f"aim: at most {MAX_MEMORY_RATIO}."
        ]
    return "\n".join(
        [
            f"{result['clips']} clips as the page sends many files: {many} a second.",
            f"A request each, every {SINGLE_SHARE}th of them: {single} a second.",
            f"Ratio: {ratio}; aim: at least {MIN_RATIO}. The scores are the same.",
            *memory,
            f"Clips: {result['source']}. Machine: {machine}.",
        ]
    )
