"""Convert every clip to a log-mel file and, optionally, a picture: in parallel, and resumable after a crash.

python -m ser prepare --data DIR --out DIR --png
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from ser.corpus.crema_d import Corpus
from ser.corpus.provenance import start_over_where_changed
from ser.corpus.sound_files import other_files, sound_files
from ser.errors import UserError
from ser.util.files import write_atomically
from ser.util.parallel import chunks, spread
from ser.util.text import counted, first_names

CLIPS_PER_TASK = 16  # enough work to outweigh the cost of sending a task to another process
FEW_CLIPS = 300  # one process converts them in the time that several take to start


class PrepareError(UserError):
    """There is nothing to prepare, or an option is wrong."""


class PrepareResult(NamedTuple):
    """How many clips were prepared, how many were complete already, and which were skipped."""

    prepared: int
    kept: int
    skipped: list[tuple[str, str]]  # (file, reason), sorted by file


class _Source(NamedTuple):
    name: str  # of the outputs, without suffix; "/" between folders
    path: Path
    file: str  # the name to show
    problem: str | None = None  # why it cannot be converted


class _Outcome(NamedTuple):
    file: str
    problem: str | None
    warnings: tuple[str, ...]


def prepare(
    data: str | os.PathLike | Corpus,
    *,
    out: str | os.PathLike,
    png: bool = False,
    limit: int | None = None,
    jobs: int | None = None,
    cmap: str = "magma",
    cluster: str | None = None,
) -> PrepareResult:
    """Write `mel_npy/NAME.npy`, (1, 128, 188) float32, and with `png` `mel_png/NAME.png` for every clip.

    Clips that have all their outputs are kept as they are, unless their file or the recipe changed since. An output is written
    completely or not at all, so a run that was killed continues where it stopped. A file that cannot be read is skipped and reported on stderr.

    Parameters
    ----------
    data : CREMA-D (the folder that holds AudioWAV, or AudioWAV, or a `Corpus`), of which the modelling clips are converted, or
        any other folder, of which every sound file is converted; the outputs keep its subfolders
    out : folder for the outputs
    png : also write pictures
    limit : number of clips to convert, from the first; defaults to all
    jobs : number of processes, each with one thread; defaults to one per core, or a single one for few clips
    cmap : name of a matplotlib colour map for the pictures
    cluster : address of a Dask scheduler whose workers do the work in place of `jobs`, see `ser.util.parallel`

    Raises
    ------
    PrepareError
        `data` is not a folder or has no sound files, or the colour map does not exist
    CorpusError
        `data` looks like CREMA-D, but its clips are missing or are not audio
    ClusterError
        the cluster cannot do the work
    """
    if isinstance(data, Corpus):
        sources = _sources_of(data)[:limit]
    else:
        sources = _find_sources(Path(data).expanduser().absolute())[:limit]
    out = Path(out).expanduser().absolute()
    outputs = {"mel_npy": ".npy"} | ({"mel_png": ".png"} if png else {})
    if png:
        _check_colours(cmap)
    for kind in outputs:
        _remove_leftovers(out / kind)
    skipped = [(source.file, source.problem) for source in sources if source.problem]
    good = [source for source in sources if not source.problem]
    changed = start_over_where_changed(
        out, sources={source.name: source.path for source in good}, colours=cmap if png else ""
    )
    if changed:
        tqdm.write(
            f"prepared again: {counted('clip', changed)} whose file or recipe changed since, or is not on record",
            file=sys.stderr,
        )
    missing = [
        source
        for source in good
        if not all((out / folder / (source.name + suffix)).exists() for folder, suffix in outputs.items())
    ]
    for folder in {(out / folder / source.name).parent for folder in outputs for source in missing}:
        folder.mkdir(parents=True, exist_ok=True)
    convert = partial(_convert, out, cmap if png else None)
    if jobs is None and len(missing) < FEW_CLIPS:
        jobs = 1
    tasks = spread(convert, tasks=chunks(missing, CLIPS_PER_TASK), jobs=jobs, cluster=cluster)
    try:
        with closing(tasks):
            for outcome in _progress(chain.from_iterable(tasks), len(missing)):
                for warning in outcome.warnings:
                    tqdm.write(f"warning: {warning}", file=sys.stderr)
                if outcome.problem:
                    skipped.append((outcome.file, outcome.problem))
    finally:
        for kind in outputs:
            _remove_leftovers(out / kind)  # of processes that were killed
    skipped.sort()
    for file, reason in skipped:
        tqdm.write(f"skipped {file}: {reason}", file=sys.stderr)
    prepared = len(sources) - len(skipped) - (len(good) - len(missing))
    return PrepareResult(prepared, len(good) - len(missing), skipped)


def _sources_of(corpus: Corpus) -> list[_Source]:
    clips = [_Source(clip, corpus.path(clip), corpus.path(clip).name) for clip in corpus.modelling.index]
    clips += [
        _Source(clip, corpus.path(clip), corpus.path(clip).name, reason)
        for clip, reason in corpus.unreadable.items()
    ]
    reason = "its name is not a clip name such as 1001_DFA_ANG_XX.wav; rename it or move it away"
    clips += [_Source(path.stem, path, path.name, reason) for path in corpus.strays]
    return clips + [
        _Source(file, corpus.audio_dir / file, file, reason)
        for file, reason in corpus.layout.left_out.items()
    ]


def _find_sources(data: Path) -> list[_Source]:
    if data.name == "AudioWAV" or (data / "AudioWAV").is_dir():
        return _sources_of(Corpus(data))
    if not data.is_dir():
        raise PrepareError(f"{data} is not a folder: choose the folder with the sound files.")
    files = [file.relative_to(data) for file in sound_files(data)]
    others = [file.relative_to(data).as_posix() for file in other_files(data)]
    if others:
        words = f"left out {counted('file', len(others))} whose names do not end like those of sound files"
        tqdm.write(f"{words}: {first_names(others)}", file=sys.stderr)
    if not files:
        raise PrepareError(f"{data} has no sound files: choose a folder with files such as WAV, FLAC or MP3.")
    names = _distinct_names(files)
    return [_Source(name, data / file, file.as_posix()) for name, file in zip(names, files, strict=True)]


def _distinct_names(files: list[Path]) -> list[str]:
    """Return the path of each file without its suffix, or with it if two files would get the same name."""
    names = [file.with_suffix("").as_posix() for file in files]
    while True:
        # Names that differ only in case are the same file on Windows and macOS.
        count = Counter(name.casefold() for name in names)
        longer = [
            file.as_posix() if count[name.casefold()] > 1 else name
            for name, file in zip(names, files, strict=True)
        ]
        if longer == names:
            return names
        names = longer


def _check_colours(cmap: str) -> None:
    from ser.audio.features import N_FRAMES, N_MELS
    from ser.audio.png import render_png

    try:
        render_png(np.zeros((1, N_MELS, N_FRAMES), np.float32), cmap)
    except ValueError as error:
        raise PrepareError(str(error)) from error


def _remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of `write_atomically` that a killed run left."""
    for part in folder.rglob(".*.tmp"):
        part.unlink(missing_ok=True)


def _progress(outcomes: Iterable[_Outcome], total: int) -> Iterator[_Outcome]:
    # A log file cannot redraw a line, so a new line every ten seconds is enough there.
    interval = 0.1 if sys.stderr.isatty() else 10.0
    return iter(tqdm(outcomes, desc="preparing", total=total, unit="clip", mininterval=interval))


def _convert(out: Path, cmap: str | None, sources: Sequence[_Source]) -> list[_Outcome]:
    # BLAS threads would spin and take cores from other processes. One of the two threads here converts while the other
    # waits for the disk.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda source: _convert_clip(source, out, cmap), sources))


def _convert_clip(source: _Source, out: Path, cmap: str | None) -> _Outcome:
    from ser.audio.features import log_mel
    from ser.audio.png import save_png
    from ser.audio.reading import AudioError, read_audio

    npy = out / "mel_npy" / f"{source.name}.npy"
    warnings: tuple[str, ...] = ()
    if npy.exists():
        mel = np.load(npy)
    else:
        try:
            recording = read_audio(source.path)
        except AudioError as error:
            return _Outcome(source.file, str(error), ())
        warnings = recording.warnings
        mel = log_mel(recording.samples)
        with write_atomically(npy) as file:
            np.save(file, mel)
    if cmap:
        save_png(mel, path=out / "mel_png" / f"{source.name}.png", cmap=cmap)
    return _Outcome(source.file, None, warnings)
