"""What a network says about many files: by threads, by processes, or by the machines of a cluster."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ser.network.checkpoint import CheckpointError
from ser.recognition.recognizer import MOST_THREADS, Recognizer
from ser.recognition.result import Recognition, Unscored
from ser.recognition.voice_profile import Profile
from ser.util.parallel import chunks, spread

Result = TypeVar("Result")
FILES_PER_TASK = 16  # enough work to outweigh handing a task to another process
MANY_FILES = 300  # processes need a second to begin


def over_files(
    work: Callable[[Recognizer, Path], Result],
    recognizer: Recognizer,
    files: Sequence[str | os.PathLike],
    jobs: int | None = None,
    cluster: str | None = None,
) -> Generator[Result, None, None]:
    """Yield work(recognizer, file) for every file, in their order, each as soon as it is there.

    By `jobs` processes; when not given, few files by up to `ser.recognition.recognizer.MOST_THREADS` threads of this process, which
    begin at once, and many by a process for each core, which do not wait for each other; with `cluster` by the
    workers of a Dask scheduler, see `ser.util.parallel`. The processes and workers load the weights of the recognizer's
    checkpoint from its folder, and use its card; `work` is a function of a module, or a partial of one.
    """
    if jobs is None and cluster is None and len(files) < MANY_FILES:
        # One thread scores one clip; several clips at a time keep the cores busy.
        with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as pool:
            yield from pool.map(functools.partial(work, recognizer), map(Path, files))
        return
    paths = [Path(file).absolute() for file in files]
    checkpoint = recognizer.checkpoint
    known = checkpoint.folder.absolute(), recognizer.checkpoint_id, json.dumps(checkpoint.card)
    one = functools.partial(_work_on, work, known)
    for results in spread(one, tasks=chunks(paths, FILES_PER_TASK), jobs=jobs, cluster=cluster):
        yield from results


def recognize_all(
    recognizer: Recognizer,
    files: Sequence[str],
    profile: Profile | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
) -> Generator[Recognition | Unscored, None, None]:
    """Yield `Recognizer.recognize_or_error` of every file, in their order; see `over_files`."""
    work = functools.partial(_recognize, profile)
    for file, result in zip(files, over_files(work, recognizer, files, jobs, cluster), strict=True):
        yield dataclasses.replace(result, file=file)  # as it was given, not as others had to look for it


def _recognize(profile: Profile | None, recognizer: Recognizer, file: Path) -> Recognition | Unscored:
    return recognizer.recognize_or_error(file, profile=profile)


def _work_on(
    work: Callable[[Recognizer, Path], Result], known: tuple[Path, str, str], files: Sequence[Path]
) -> list[Result]:
    recognizer = _recognizer(*known)
    return [work(recognizer, file) for file in files]


@functools.lru_cache(maxsize=2)
def _recognizer(folder: Path, checkpoint_id: str, card: str) -> Recognizer:
    """Load a checkpoint once for a process. Workers live long, and may lie on other machines: it must be the one.

    The card counts that was given, which may not lie in the folder yet.
    """
    recognizer = Recognizer.load(folder)
    if recognizer.checkpoint_id != checkpoint_id:
        raise CheckpointError(
            f"A worker finds another checkpoint in {folder} than {checkpoint_id}: give it the same folder."
        )
    given = json.loads(card)
    if given == recognizer.checkpoint.card:
        return recognizer
    return Recognizer(dataclasses.replace(recognizer.checkpoint, card=given), recognizer.runtime)
