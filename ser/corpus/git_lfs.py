"""Fetch files of a Git LFS repository without git: pointers, the batch protocol, resumable transfers.

The protocol: https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md and basic-transfers.md
"""

import hashlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

import httpx

from ser import __version__

BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0)  # before the second try, the third, ...
MAX_RETRY_AFTER_S = 120.0  # a longer pause counts as a refusal
MAX_POINTER_BYTES = 1024  # the limit of the specification is slightly lower
TIMEOUT = httpx.Timeout(30.0, connect=15.0)
RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
LFS_JSON = "application/vnd.git-lfs+json"

_OID = re.compile(r"oid sha256:([0-9a-f]{64})")
_SIZE = re.compile(r"size (\d{1,15})")

Result = TypeVar("Result")


class FetchError(Exception):
    """Something could not be fetched; the message is a clause with the reason, such as "github.com answered 404"."""


class RefusedError(FetchError):
    """A server refuses requests of this kind, so trying again is useless."""


class _TemporaryError(Exception):
    """A fault that is worth another try, after `wait_s` seconds if the server asks for a pause."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Pointer(NamedTuple):
    """The placeholder in a repository for a file that Git LFS stores elsewhere."""

    sha256: str
    size: int  # bytes


class Action(NamedTuple):
    """The address of an object, and the headers that the request needs."""

    href: str
    headers: dict[str, str]


def parse_pointer(content: bytes) -> Pointer | None:
    """Parse a pointer file; return None if `content` is anything else.

    >>> parse_pointer(b"version https://git-lfs.github.com/spec/v1\\noid sha256:%b\\nsize 55566\\n" % (b"ab" * 32)).size
    55566
    >>> parse_pointer(b"RIFF....WAVE")
    """
    if len(content) > MAX_POINTER_BYTES or not content.startswith(b"version https://git-lfs"):
        return None
    lines = content.decode("utf-8", "replace").splitlines()
    oids = [match[1] for match in map(_OID.fullmatch, lines) if match]
    sizes = [match[1] for match in map(_SIZE.fullmatch, lines) if match]
    return Pointer(oids[0], int(sizes[0])) if len(oids) == len(sizes) == 1 else None


def is_whole(file: Path, pointer: Pointer) -> bool:
    """Return whether `file` exists and has the size and the SHA-256 of its pointer."""
    if not file.is_file() or file.stat().st_size != pointer.size:
        return False
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == pointer.sha256


class Connection:
    """An HTTP client that retries after temporary faults; all other faults raise `FetchError` at once.

    Many threads can share one connection. Setting `stopped` soon ends every wait and every transfer.

    Parameters
    ----------
    on_wait : called before each wait with the reason and the length in seconds
    """

    def __init__(self, on_wait: Callable[[str, float], Any] = lambda reason, wait_s: None) -> None:
        self.stopped = threading.Event()
        self._on_wait = on_wait
        self._client = httpx.Client(
            timeout=TIMEOUT,
            follow_redirects=True,
            headers={"User-Agent": f"emotion-listener/{__version__}", "Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
        )

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: str, *, into: IO[bytes], max_bytes: int, progress: Callable[[int], Any]) -> None:
        """Download `url` to the beginning of `into`; call `progress` with the number of bytes of each chunk."""

        def attempt() -> None:
            into.seek(0)
            into.truncate()
            with self._stream(url, {}) as response:
                _raise_for_status(response)
                for chunk in response.iter_bytes():
                    into.write(chunk)
                    progress(len(chunk))
                    self._check(into.tell() > max_bytes, url, f"sent more than {max_bytes >> 20} MB")

        self._retry(attempt, BACKOFF_S[:3])

    def locate(self, repository: str, pointers: Iterable[Pointer]) -> dict[str, Action | FetchError]:
        """Ask the LFS server of a repository for the addresses of objects; return an answer for each SHA-256.

        Raises `RefusedError` if the server does not answer the request.
        """
        sizes = {pointer.sha256: pointer.size for pointer in pointers}
        request = {
            "operation": "download",
            "transfers": ["basic"],
            "hash_algo": "sha256",
            "objects": [{"oid": oid, "size": size} for oid, size in sizes.items()],
        }
        headers = {"Accept": LFS_JSON, "Content-Type": LFS_JSON}

        def attempt() -> httpx.Response:
            response = self._client.post(_batch_url(repository), json=request, headers=headers)
            _raise_for_status(response)
            return response

        try:
            response = self._retry(attempt)
        except FetchError as error:
            raise RefusedError(str(error)) from error
        answers = _read_batch(response)
        missing = FetchError(f"{response.url.host} does not say where it is")
        return {oid: answers.get(oid, missing) for oid in sizes}

    def fetch(self, action: Action, *, pointer: Pointer, target: Path) -> None:
        """Fetch an object to `target`, which is replaced only by a file with the right SHA-256.

        The data are written to `target`.part first, so that an interrupted transfer can continue.
        """
        part = target.with_name(f"{target.name}.part")
        self._retry(lambda: self._transfer(action, pointer, part))
        if not is_whole(part, pointer):
            part.unlink()  # the next try starts from the beginning
            raise FetchError(f"{_host(action.href)} sent another file: its sha256 differs")
        part.replace(target)

    def _transfer(self, action: Action, pointer: Pointer, part: Path) -> None:
        size = part.stat().st_size if part.exists() else 0
        if size > pointer.size:
            part.unlink()
            size = 0
        if size == pointer.size and part.exists():
            return
        headers = action.headers | ({"Range": f"bytes={size}-"} if size else {})
        with self._stream(action.href, headers) as response:
            if response.status_code == 416:
                part.unlink(missing_ok=True)
                raise _TemporaryError("the server has no such range", wait_s=0)
            _raise_for_status(response)
            resumes = response.status_code == 206 and _range_starts_at(response, size)
            # Unbuffered, so that a killed run leaves everything it received on the disk.
            with part.open("ab" if resumes else "wb", buffering=0) as file:
                for chunk in response.iter_bytes():
                    file.write(chunk)
                    self._check(file.tell() > pointer.size, action.href, "sent more than the file's size")
                if file.tell() < pointer.size:
                    raise _TemporaryError(f"{_host(action.href)} cut the connection")

    def _stream(self, url: str, headers: dict[str, str]) -> AbstractContextManager[httpx.Response]:
        return self._client.stream("GET", url, headers=headers)

    def _check(self, too_much: bool, url: str, complaint: str) -> None:
        if too_much:
            raise FetchError(f"{_host(url)} {complaint}")
        if self.stopped.is_set():
            raise FetchError("the download was stopped")

    def _retry(self, attempt: Callable[[], Result], waits_s: tuple[float, ...] | None = None) -> Result:
        for wait_s in (*(BACKOFF_S if waits_s is None else waits_s), None):
            try:
                return attempt()
            except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
                raise FetchError(f"the server gave an invalid address: {error}") from error
            except httpx.HTTPError as error:
                fault = _TemporaryError(_reason(error))
            except _TemporaryError as error:
                fault = error
            if wait_s is None:
                raise FetchError(str(fault)) from fault
            wait_s = wait_s if fault.wait_s is None else fault.wait_s
            self._on_wait(str(fault), wait_s)
            if self.stopped.wait(wait_s):
                raise FetchError("the download was stopped")
        raise AssertionError("unreachable: the last try returns or raises")


def _batch_url(repository: str) -> str:
    return f"{repository.rstrip('/').removesuffix('.git')}.git/info/lfs/objects/batch"


def _read_batch(response: httpx.Response) -> dict[str, Action | FetchError]:
    host = response.url.host
    try:
        body = response.json()
        if body.get("transfer", "basic") != "basic":
            raise RefusedError(f"{host} offers only the transfer {body['transfer']!r}")
        return {item["oid"]: _read_answer(item, host) for item in body["objects"]}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RefusedError(f"{host} does not speak the Git LFS protocol") from error


def _read_answer(item: dict, host: str) -> Action | FetchError:
    if error := item.get("error"):
        return FetchError(f"{host} answered {error.get('code')} ({error.get('message')})")
    download = item["actions"]["download"]
    headers = {str(name): str(value) for name, value in (download.get("header") or {}).items()}
    return Action(str(download["href"]), headers)


def _raise_for_status(response: httpx.Response) -> None:
    status = response.status_code
    if response.is_success:
        return
    response.read()
    reason = f"{response.url.host} answered {status}{_message(response)}"
    wait_s = _retry_after_s(response.headers.get("Retry-After"))
    if status in RETRIED_STATUSES and (wait_s is None or wait_s <= MAX_RETRY_AFTER_S):
        raise _TemporaryError(reason, wait_s)
    raise FetchError(reason)


def _message(response: httpx.Response) -> str:
    """Return the server's explanation of an error, or the standard phrase, in parentheses; "" if there is neither."""
    try:
        message = str(response.json()["message"])
    except (ValueError, TypeError, KeyError):
        message = response.reason_phrase
    message = " ".join(message.split())[:200].rstrip(".")
    return f" ({message})" if message else ""


def _retry_after_s(header: str | None) -> float | None:
    """Parse a Retry-After header, seconds or a date; return None if it is missing or invalid."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _range_starts_at(response: httpx.Response, start: int) -> bool:
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return match is not None and int(match[1]) == start


def _reason(error: httpx.HTTPError) -> str:
    host = _host(str(error.request.url))
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return f"{host} cannot be reached: {error}"
    if isinstance(error, httpx.TimeoutException):
        return f"{host} stopped answering"
    return f"{host} cut the connection"


def _host(url: str | os.PathLike) -> str:
    return httpx.URL(str(url)).host
