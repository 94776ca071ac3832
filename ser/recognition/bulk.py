"""Score many files in threads, in processes, or on the machines of a cluster."""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
import functools
import json
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ser.audio.quality import measure_quality
from ser.audio.reading import read_audio
from ser.errors import UserError
from ser.network.checkpoint import CheckpointError
from ser.network.encoder_files import EncoderError
from ser.recognition.adaptation import Adaptation, KnownVoice
from ser.recognition.recognizer import MAX_SHORT, Recognizer
from ser.recognition.result import Recognition, Unscored
from ser.recognition.voice_profile import Profile
from ser.recognition.windows import MAX_THREADS, Heard, hear
from ser.util.parallel import chunks, spread

Result = TypeVar("Result")
FILES_AT_ONCE = 8  # scored together in a thread
FILES_PER_TASK = 16  # enough work to outweigh the cost of handing a task to another process
MANY_FILES = 500  # processes take a second to start, and more memory


@dataclasses.dataclass(frozen=True)
class _Source:
    """What a worker needs to load the same recognizer as its caller.

    `card` is the caller's card as JSON: the file in the folder may lack its latest changes. So is the adaptation; None
    without one.
    """

    folder: Path
    checkpoint_id: str
    card: str
    adaptation: str | None = None


def over_files(
    recognizer: Recognizer,
    *,
    work: Callable[[Recognizer, Path], Result],
    files: Sequence[str | os.PathLike],
    jobs: int | None = None,
    cluster: str | None = None,
) -> Generator[Result, None, None]:
    """Yield work(recognizer, file) for every file, in order, each as soon as it is ready.

    Processes and workers load the weights from the folder of the recognizer's checkpoint, and use the recognizer's card.

    Parameters
    ----------
    recognizer : passed to `work`
    work : a function of a module, or a partial of one
    files : paths of the files
    jobs : number of processes. By default fewer than 500 files are scored in up to
        `ser.recognition.windows.MAX_THREADS` threads of this process, which start at once; more in a process per
        core, which take more memory but never wait for each other
    cluster : address of a Dask scheduler whose workers do the work, see `ser.util.parallel`
    """
    each = functools.partial(_each, work)
    yield from _over_parts(recognizer, work=each, files=files, jobs=jobs, cluster=cluster)


def _each(
    work: Callable[[Recognizer, Path], Result], recognizer: Recognizer, files: Sequence[Path]
) -> list[Result]:
    return [work(recognizer, file) for file in files]


def _attempt(
    work: Callable[[Recognizer, Sequence[Path]], list[Result]], recognizer: Recognizer, files: Sequence[Path]
) -> tuple[list[Result], Exception | None]:
    """Return the results of work(recognizer, files), or those of the files before one that fails, and its error."""
    try:
        return work(recognizer, files), None
    except Exception:
        results: list[Result] = []
        try:
            for file in files:
                results += work(recognizer, [file])
        except Exception as error:
            return results, error
        return results, None


def _over_parts(
    recognizer: Recognizer,
    *,
    work: Callable[[Recognizer, Sequence[Path]], list[Result]],
    files: Sequence[str | os.PathLike],
    jobs: int | None,
    cluster: str | None,
) -> Generator[Result, None, None]:
    """Yield each of the results of work(recognizer, some files); see `over_files`."""
    cores = os.cpu_count() or 1
    if jobs is None and cluster is None and (len(files) < MANY_FILES or cores == 1):
        # One thread scores one clip, so several clips at a time keep the cores busy.
        threads = min(MAX_THREADS, cores)
        parts = chunks([*map(Path, files)], max(1, min(FILES_AT_ONCE, len(files) // (2 * threads))))
        # Each part in a copy of the caller's context, which knows whether anybody still waits: see ser.util.deadline.
        contexts = [contextvars.copy_context() for _ in parts]
        with ThreadPoolExecutor(threads) as pool:
            attempt = functools.partial(_attempt, work, recognizer)
            for results, error in pool.map(lambda context, part: context.run(attempt, part), contexts, parts):
                yield from results
                if error is not None:
                    raise error
        return
    paths = [Path(file).absolute() for file in files]
    checkpoint = recognizer.checkpoint
    adaptation = recognizer.adaptation.to_json() if recognizer.adaptation else None
    source = _Source(
        checkpoint.folder.absolute(), recognizer.checkpoint_id, json.dumps(checkpoint.card), adaptation
    )
    task = functools.partial(_work_on, work, source)
    for results in spread(task, tasks=chunks(paths, FILES_PER_TASK), jobs=jobs, cluster=cluster):
        yield from results


def recognize_all(
    recognizer: Recognizer,
    *,
    files: Sequence[str],
    profile: Profile | None = None,
    speaker_of: Callable[[Path], str] | None = None,
    phrases: bool = False,
    jobs: int | None = None,
    cluster: str | None = None,
) -> Generator[Recognition | Unscored, None, None]:
    """Yield `Recognizer.recognize_or_error` of every file, in order; see `over_files`.

    Parameters
    ----------
    profile : of the speaker of all files
    speaker_of : returns the name of the speaker of a file, whom the recognizer's adaptation may know; a function of a
        module, or a partial of one
    phrases : whether to score every phrase by itself, too: see `Recognition.phrases`
    """
    work = functools.partial(_recognize, profile, speaker_of, phrases)
    results = _over_parts(recognizer, work=work, files=files, jobs=jobs, cluster=cluster)
    for file, result in zip(files, results, strict=True):
        yield dataclasses.replace(result, file=file)  # the path of the caller, not the absolute one


def _recognize(
    profile: Profile | None,
    speaker_of: Callable[[Path], str] | None,
    phrases: bool,
    recognizer: Recognizer,
    files: Sequence[Path],
) -> list[Recognition | Unscored]:
    voices: list[Profile | KnownVoice | None] = [profile] * len(files)
    if profile is None and speaker_of is not None and recognizer.adaptation is not None:
        voices = [recognizer.adaptation.voice(speaker_of(file)) for file in files]
    if not phrases:
        return recognize_some(recognizer, files=files, profiles=voices)
    return [
        recognize_with_phrases(recognizer, file=file, profile=voice)
        for file, voice in zip(files, voices, strict=True)
    ]


def recognize_some(
    recognizer: Recognizer,
    *,
    files: Sequence[str | os.PathLike],
    profiles: Sequence[Profile | KnownVoice | None] | None = None,
) -> list[Recognition | Unscored]:
    """Return `Recognizer.recognize_or_error` of some files, all of which are in memory at once.

    The network scores the short ones together, which takes less time than each alone.

    Parameters
    ----------
    profiles : one for each file; None for unknown voices
    """
    results: list[Recognition | Unscored | None] = [None] * len(files)
    voices = profiles or [None] * len(files)
    heard: dict[int, Heard] = {}
    for i, (file, voice) in enumerate(zip(files, voices, strict=True)):
        with _noting(results, i, file):
            recording = hear(file, from_speech=recognizer.from_speech)
            if len(recording.part) <= MAX_SHORT:
                heard[i] = recording
            else:
                result = recognizer.recognize(recording.recording, profile=voice)
                results[i] = dataclasses.replace(result, file=recording.file)
    answers = recognizer.answers_about([recording.part for recording in heard.values()])
    for (i, recording), answer in zip(heard.items(), answers, strict=True):
        with _noting(results, i, files[i]):
            quality = measure_quality(recording.recording.samples, recording.voice)
            results[i] = recognizer.judge(recording, answers=answer, profile=voices[i], quality=quality)
    return [result for result in results if result is not None]


@contextlib.contextmanager
def _noting(
    results: list[Recognition | Unscored | None], place: int, file: str | os.PathLike
) -> Iterator[None]:
    """Put the error of the block, if there is one, in the place of its result."""
    try:
        yield
    except UserError as error:
        results[place] = Unscored(os.fspath(file), str(error))


def recognize_with_phrases(
    recognizer: Recognizer, *, file: str | os.PathLike, profile: Profile | KnownVoice | None = None
) -> Recognition | Unscored:
    """Return `Recognizer.recognize_or_error` of a file, with its phrases."""
    try:
        recording = read_audio(file)
        result = recognizer.recognize(recording, profile=profile)
        scored = recognizer.recognize_phrases(recording, profile=profile)
    except UserError as error:
        return Unscored(os.fspath(file), str(error))
    return dataclasses.replace(result, file=os.fspath(file), phrases=scored)


def _work_on(
    work: Callable[[Recognizer, Sequence[Path]], list[Result]], source: _Source, files: Sequence[Path]
) -> list[Result]:
    return work(_load(source), files)


@functools.lru_cache(maxsize=2)
def _load(source: _Source) -> Recognizer:
    """Load a recognizer once per process. Workers live long and may run on other machines, so check which it is."""
    try:
        recognizer = Recognizer.load(source.folder)
    except EncoderError as error:
        raise EncoderError(f"On the machine of a worker: {error}") from error
    if source.adaptation is not None:
        recognizer = recognizer.adapted(Adaptation.from_json(source.adaptation))
    if recognizer.checkpoint_id != source.checkpoint_id:
        raise CheckpointError(
            f"A worker has another checkpoint than {source.checkpoint_id} in {source.folder}: copy the same folder to its machine."
        )
    card, own = json.loads(source.card), recognizer.checkpoint.card
    if card == own:
        return recognizer
    # The fusion decides which networks there are; all else on a card is how their answers are read.
    runtime = recognizer.runtime if card.get("fusion") == own.get("fusion") else None
    return Recognizer(dataclasses.replace(recognizer.checkpoint, card=card), runtime)
