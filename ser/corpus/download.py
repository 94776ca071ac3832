"""Fetch the official clips of CREMA-D through Git LFS, without git, and verify each by its SHA-256.

python -m ser download --out DIR          # all 7442 clips, 0.6 GB
python -m ser download --out DIR --demo   # the ten demo clips

The archive of the repository has its CSV files and, in place of every clip, a pointer with the clip's size and
SHA-256. The clips themselves come from the LFS server of that repository or of a mirror.
"""

import os
import shutil
import sys
import tarfile
import tempfile
import threading
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import quote, urlsplit

from tqdm import tqdm

from ser.corpus.clip_names import DEMO_CLIPS, parse_clip_name
from ser.corpus.git_lfs import (
    MAX_POINTER_BYTES,
    Connection,
    FetchError,
    Pointer,
    RefusedError,
    is_whole,
    parse_pointer,
)
from ser.errors import UserError
from ser.util.files import write_atomically

OFFICIAL = "https://github.com/CheyneyComputerScience/CREMA-D"
MIRROR = "https://gitlab.com/cs-cooper-lab/crema-d-mirror"  # by the same people, for when the LFS budget is used up
SOURCES = (OFFICIAL, MIRROR)
N_CLIPS = 7442
JOBS = 8
BATCH = 100  # clips to request addresses for at once; addresses expire, often after an hour
MAX_FAILURES = 20  # in a row, before giving up on a source

TEXTS = (
    "LICENSE.txt",
    "SentenceFilenames.csv",
    "VideoDemographics.csv",
    "processedResults/summaryTable.csv",
    "processedResults/tabulatedVotes.csv",
)
MAX_ARCHIVE_BYTES = 256 << 20  # the archive of pointers takes 24 MB, or 163 MB unpacked
MAX_UNPACKED_BYTES = 2 << 30

NOTICE = """\
CREMA-D is made available under the Open Database License 1.0 (https://opendatacommons.org/licenses/odbl/1-0/),
its contents under the Database Contents License 1.0 (https://opendatacommons.org/licenses/dbcl/1-0/).
Please cite: Cao, Cooper, Keutmann, Gur, Nenkova, Verma: CREMA-D: Crowd-sourced Emotional Multimodal Actors
Dataset, IEEE Transactions on Affective Computing 5(4), 2014, https://doi.org/10.1109/TAFFC.2014.2336244"""


class DownloadError(UserError):
    """Some clips could not be fetched; those that were fetched are kept."""


class Listing(NamedTuple):
    """The files of a repository, by their paths in it."""

    texts: dict[str, bytes]
    pointers: dict[str, Pointer]


class Downloaded(NamedTuple):
    """The result of `download`."""

    folder: Path
    fetched: int  # clips
    fetched_bytes: int
    kept: int  # clips that were complete already

    def __str__(self) -> str:
        megabytes = self.fetched_bytes / 1e6
        return (
            f"fetched {self.fetched} clips ({megabytes:.1f} MB), kept {self.kept}; all match the SHA-256 in the "
            f"repository\nto hear them in the app: python app.py --data {self.folder}"
        )


def download(
    out: str | os.PathLike, *, demo: bool = False, sources: Sequence[str] = SOURCES, jobs: int = JOBS
) -> Downloaded:
    """Fetch the clips into `out`/AudioWAV and the CSV files into `out`, as in the release.

    Complete clips are kept, damaged ones are replaced, and partial ones are continued. To resume a run that was killed,
    start it again.

    Parameters
    ----------
    out : folder, created if it does not exist
    demo : fetch only `DEMO_CLIPS`
    sources : addresses of repositories, as for `git clone`, in the order in which to try them
    jobs : number of simultaneous connections

    Raises
    ------
    DownloadError
        no source has a list of the clips, or some clips could not be fetched from any source
    """
    out = Path(out).expanduser()
    if out.exists() and not out.is_dir():
        raise DownloadError(f"{out} is not a folder: choose another --out.")
    for source in sources:
        if urlsplit(source).scheme not in ("http", "https") or not urlsplit(source).hostname:
            raise DownloadError(f"{source} is not a web address such as {OFFICIAL}: correct --source.")
    listing = _first_listing(sources)
    chosen = _choose(listing, demo)
    missing = {path: pointer for path, pointer in chosen.items() if not is_whole(out / path, pointer)}
    fetched_bytes = sum(pointer.size for pointer in missing.values())
    for path in ("AudioWAV", "processedResults"):
        (out / path).mkdir(parents=True, exist_ok=True)
    _check_space(out, fetched_bytes)
    for path, content in listing.texts.items():
        with write_atomically(out / path) as file:
            file.write(content)
    _fetch_from_any(sources, out, dict(missing), jobs)
    return Downloaded(out, len(missing), fetched_bytes, len(chosen) - len(missing))


def archive_url(source: str) -> str:
    """Return the address of a repository's archive of pointers, at the head of its main branch.

    >>> archive_url("https://github.com/CheyneyComputerScience/CREMA-D.git")
    'https://github.com/CheyneyComputerScience/CREMA-D/archive/HEAD.tar.gz'
    """
    repository = source.rstrip("/").removesuffix(".git")
    parts = urlsplit(repository)
    if "gitlab" not in (parts.hostname or ""):
        return f"{repository}/archive/HEAD.tar.gz"
    # Without this option, GitLab puts the objects themselves into the archive: gigabytes of video.
    project = quote(parts.path.strip("/"), safe="")
    api = f"{parts.scheme}://{parts.netloc}/api/v4/projects/{project}/repository/archive.tar.gz"
    return f"{api}?include_lfs_blobs=false"


def read_archive(archive: IO[bytes]) -> Listing:
    """Read the pointers of the clips, and the CSV files, from the archive of a repository.

    Only files with the names and places of the release are read, so no member can escape the folder.
    Raises `FetchError` if it is not such an archive.
    """
    texts, pointers = {}, {}
    try:
        with tarfile.open(fileobj=archive, mode="r:*") as tar:
            for member in tar:
                if member.offset_data + member.size > MAX_UNPACKED_BYTES:
                    raise FetchError("the archive unpacks to more than a list of clips can need")
                path = member.name.removeprefix("./").partition("/")[2]  # below the archive's one folder
                if not member.isreg() or not _is_wanted(path):
                    continue
                file = tar.extractfile(member)
                assert file is not None, "it is a regular file"
                content = file.read()
                pointer = parse_pointer(content[: MAX_POINTER_BYTES + 1])
                if pointer:
                    pointers[path] = pointer
                elif path in TEXTS:
                    texts[path] = content
                else:
                    raise FetchError(f"{path} in the archive is not a Git LFS pointer")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise FetchError("the archive is damaged") from error
    if not any(path.startswith("AudioWAV/") for path in pointers):
        raise FetchError("the archive has no pointers to clips of CREMA-D")
    return Listing(texts, pointers)


def _is_wanted(path: str) -> bool:
    folder, _, name = path.partition("/")
    if folder != "AudioWAV" or not name.endswith(".wav"):
        return path in TEXTS
    try:
        clip = str(parse_clip_name(name))
        return name in (f"{clip}.wav", f"{clip.removesuffix('X')}.wav")  # 1040_ITH_SAD_X.wav
    except ValueError:
        return False


def _first_listing(sources: Sequence[str]) -> Listing:
    reasons: list[str] = []
    for source in sources:
        if reasons:
            _say(f"{reasons[-1]}; trying {source}")
        try:
            return _fetch_listing(source)
        except FetchError as error:
            reasons.append(str(error))
    raise DownloadError(
        f"No list of the clips could be fetched ({'; '.join(reasons)}): check the connection or choose another "
        "address with --source."
    )


def _fetch_listing(source: str) -> Listing:
    bar = tqdm(desc="list of clips", unit="B", unit_scale=True, disable=None, leave=False)
    with bar, tempfile.TemporaryFile() as file, Connection(_show_wait(bar)) as connection:
        connection.get(archive_url(source), into=file, max_bytes=MAX_ARCHIVE_BYTES, progress=bar.update)
        file.seek(0)
        return read_archive(file)


def _choose(listing: Listing, demo: bool) -> dict[str, Pointer]:
    """Return the pointers of the clips to fetch, and of CSV files that are in Git LFS as well."""
    clips = {path for path in listing.pointers if path.startswith("AudioWAV/")}
    if demo:
        chosen = {f"AudioWAV/{clip}.wav" for clip in DEMO_CLIPS}
        if absent := sorted(chosen - clips):
            raise DownloadError(f"The repository has no {absent[0]}: choose another address with --source.")
        clips, unwanted = chosen, clips - chosen
        return {path: pointer for path, pointer in listing.pointers.items() if path not in unwanted}
    if len(clips) != N_CLIPS:
        _say(f"the repository has {len(clips)} clips, while CREMA-D has {N_CLIPS}")
    return dict(listing.pointers)


def _check_space(out: Path, n_bytes: int) -> None:
    free = shutil.disk_usage(out).free
    if free < n_bytes:
        raise DownloadError(
            f"The clips need {n_bytes / 1e6:.0f} MB and {out} has {free / 1e6:.0f} MB free: "
            "free some space or choose another --out."
        )


@dataclass
class _Transfer:
    """The clips that are still missing, shared by the threads that fetch them from one source."""

    source: str
    out: Path
    missing: dict[str, Pointer]
    connection: Connection
    bar: tqdm
    failures: int = 0  # in a row
    reason: str = ""  # of the last one
    refused: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch_batch(self, batch: dict[str, Pointer]) -> None:
        try:
            answers = {} if self.stopped() else self.connection.locate(self.source, batch.values())
        except RefusedError as error:
            return self.refuse(str(error))
        for path, pointer in batch.items():
            if self.stopped():
                return None
            try:
                answer = answers[pointer.sha256]
                if isinstance(answer, FetchError):
                    raise answer
                self.connection.fetch(answer, pointer=pointer, target=self.out / path)
            except FetchError as error:
                self.failed(path, error)
            else:
                self.arrived(path, pointer)
        return None

    def arrived(self, path: str, pointer: Pointer) -> None:
        with self.lock:
            del self.missing[path]
            self.failures = 0
            self.bar.set_postfix_str("", refresh=False)
            self.bar.update(pointer.size)

    def failed(self, path: str, error: FetchError) -> None:
        with self.lock:
            self.failures += 1
            if not self.stopped():
                self.reason = f"{Path(path).stem}: {error}"
        if self.failures >= MAX_FAILURES:
            self.refuse(f"{MAX_FAILURES} clips in a row failed, the last one {self.reason}")

    def refuse(self, reason: str) -> None:
        with self.lock:
            if not self.stopped():
                self.refused, self.reason = True, reason
            self.connection.stopped.set()

    def stopped(self) -> bool:
        return self.connection.stopped.is_set()


def _fetch_from_any(sources: Sequence[str], out: Path, missing: dict[str, Pointer], jobs: int) -> None:
    """Fetch each clip from the first source that has it, and drop it from `missing`."""
    if not missing:
        return
    n_clips, reasons = len(missing), list[str]()
    total = sum(pointer.size for pointer in missing.values())
    with tqdm(desc="clips", total=total, unit="B", unit_scale=True, disable=None) as bar:
        for source in sources:
            if reasons:
                _say(f"{reasons[-1]}; trying {source}")
            reasons.append(_fetch_from(source, out, missing, jobs, bar))
            if not missing:
                return
    raise DownloadError(
        f"{len(missing)} of {n_clips} clips could not be fetched ({'; '.join(reasons)}): run the same command "
        "again to continue, or choose another address with --source."
    )


def _fetch_from(source: str, out: Path, missing: dict[str, Pointer], jobs: int, bar: tqdm) -> str:
    """Fetch clips from one source, and drop them from `missing`; return the reason if some could not be fetched."""
    with Connection(_show_wait(bar)) as connection:
        transfer = _Transfer(source, out, missing, connection, bar)
        # Two rounds: in the first, addresses may expire and clips may arrive damaged.
        for _ in range(2):
            if missing and not transfer.refused:
                _run(transfer, jobs)
    return transfer.reason


def _run(transfer: _Transfer, jobs: int) -> None:
    paths = sorted(transfer.missing)
    size = min(BATCH, -(-len(paths) // jobs))
    batches = [paths[i : i + size] for i in range(0, len(paths), size)]
    pool = ThreadPoolExecutor(jobs)
    try:
        tasks = [
            pool.submit(transfer.fetch_batch, {path: transfer.missing[path] for path in batch})
            for batch in batches
        ]
        for task in tasks:
            task.result()
    except BaseException:  # Ctrl-C, or a full disk: no thread may continue after the message
        transfer.connection.stopped.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _show_wait(bar: tqdm) -> Callable[[str, float], None]:
    return lambda reason, wait_s: bar.set_postfix_str(f"{reason}, again in {wait_s:.0f} s")


def _say(text: str) -> None:
    tqdm.write(text, file=sys.stderr)
