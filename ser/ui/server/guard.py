"""What stands between the network and gradio: an ASGI middleware that lets through what the app needs.

gradio serves more than this app uses, and fetches what it is told to. Here a request is answered with a sentence
where it asks for anything else; what goes out gets its headers.
"""

import json
import shutil
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any

from ser.ui.server.headers import content_policy, fixed_headers, inline_hashes

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

API = "gradio_api"
# The first part of each path that the page, or a program that calls the app, asks for.
PAGE_ROUTES = {
    *(
        "",
        API,
        "assets",
        "config",
        "favicon.ico",
        "login",
        "logout",
        "manifest.json",
        "pwa_icon",
        "robots.txt",
    ),
    *("static", "theme.css"),
}
API_ROUTES = {
    *(
        "api",
        "app_id",
        "call",
        "cancel",
        "component_server",
        "heartbeat",
        "info",
        "login_check",
        "openapi.json",
    ),
    *("queue", "reset", "run", "startup-events", "theme.css", "upload", "upload_progress", "user"),
}
CALLS = {"api", "call", "queue", "run"}  # their bodies may name files
FILE = "file="
AROUND_UPLOAD = 100_000  # bytes of a form around a file of the largest size
MAX_MESSAGE_BYTES = 64_000_000  # bytes, to the page's own functions: label files as base64
MAX_CALL_BYTES = 4_000_000  # bytes of anything else
MAX_DISCARDED_BYTES = (
    1_000_000_000  # bytes of what is too large: a browser shows no answer before it has sent all
)
ROOM = 3  # files of the largest size that the disk must have room for

NOT_HERE = "There is nothing at this address."
NO_FILE = "This file is not served, or it is no longer there: upload it again."
FOREIGN = "This request came from a page of another site: open the app itself."
BROKEN = "Something went wrong in the app: reload the page and try again."
FULL = "The app's disk is full: try again in an hour, when older recordings are deleted."
CROWDED = "Too many people are asking at this moment, so this was not done: try again in a minute."
NO_JSON = "The body of this request is no JSON object."


class _Refusal(Exception):  # noqa: N818 - it ends a request, and nobody catches it but `Guard`
    def __init__(self, status: int, sentence: str) -> None:
        self.status, self.sentence = status, sentence


class Guard:
    """The middleware.

    Parameters
    ----------
    app : gradio's
    uploads : the only folder that files are served from, and that a call may name
    head : the HTML that gradio adds to the page's head by itself; its inline scripts may run
    max_upload : bytes
    embedded : whether Hugging Face Spaces shows the page in a frame
    """

    def __init__(self, app: App, uploads: Path, head: str, max_upload: int, embedded: bool) -> None:
        self.app, self.uploads, self.max_upload = app, uploads.resolve(), max_upload
        self.embedded = embedded
        self.head = inline_hashes(head)
        self.fixed = [(name.encode(), value.encode()) for name, value in fixed_headers(embedded).items()]
        self.too_large = f"This is too large: the app takes files up to {max_upload / 1e6:g} MB. Cut it, or save it as FLAC or MP3."

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or let gradio do so."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, self._headers, crowded=_asks_from_a_page(scope))
        try:
            receive = await self._admit(scope, receive)
            await self.app(scope, receive, answer.send)
        except _Refusal as refusal:
            await answer.refuse(refusal.status, refusal.sentence)
        except Exception:
            traceback.print_exc()
            await answer.refuse(500, BROKEN)

    async def _admit(self, scope: Message, receive: Receive) -> Receive:
        """Return where gradio may read the body of an admitted request from; `_Refusal` for any other."""
        first, _, rest = scope["path"].lstrip("/").partition("/")
        if scope["path"].startswith("//") or first not in PAGE_ROUTES:
            raise _Refusal(404, NOT_HERE)
        headers = dict(scope["headers"])
        if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            # Browsers say where a request comes from: no other site may let its visitors' browsers write here.
            if headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
                raise _Refusal(403, FOREIGN)
            receive = await self._bounded(receive, headers, self._most(rest))
        if first != API:
            return receive
        if rest.startswith(FILE):
            if not self._serves(rest[len(FILE) :]):
                raise _Refusal(403, NO_FILE)
            return receive
        route = rest.partition("/")[0]
        if route not in API_ROUTES:
            raise _Refusal(404, NOT_HERE)
        if route == "upload" and shutil.disk_usage(self.uploads).free < ROOM * self.max_upload:
            raise _Refusal(507, FULL)
        if route in CALLS and scope["method"] == "POST":
            return await self._checked(receive)
        return receive

    def _most(self, route: str) -> int:
        """Return how many bytes a request may have."""
        if route.rstrip("/") == "upload":
            return self.max_upload + AROUND_UPLOAD
        return MAX_MESSAGE_BYTES if route.rstrip("/") == "component_server" else MAX_CALL_BYTES

    async def _bounded(self, receive: Receive, headers: dict[bytes, bytes], most: int) -> Receive:
        """Return `receive` that refuses a body of more than so many bytes; at once where it tells its length."""
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                while message.get("more_body") and read < MAX_DISCARDED_BYTES:
                    message = await receive()
                    read += len(message.get("body", b""))
                raise _Refusal(413, self.too_large)
            return message

        declared = headers.get(b"content-length", b"")
        while declared.isdigit() and int(declared) > most:
            await bounded()
        return bounded

    async def _checked(self, receive: Receive) -> Receive:
        """Read the JSON of a call and look at every file that it names; return where to read it again."""
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Refusal(400, NO_JSON)
            body, more = body + message.get("body", b""), message.get("more_body", False)
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            raise _Refusal(400, NO_JSON) from None
        if not all(isinstance(path, str) and self._serves(path) for path in named_files(asked)):
            raise _Refusal(400, NO_FILE)
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Message:
            return next(given, None) or await receive()

        return again

    def _serves(self, path: str) -> bool:
        """Whether a path is that of a file in the folder of uploads, all links followed."""
        try:
            file = Path(path)
            return (
                file.is_absolute()
                and file.resolve(strict=True).is_relative_to(self.uploads)
                and file.is_file()
            )
        except (OSError, RuntimeError, ValueError):  # gone, a circle of links, a null character
            return False

    def _headers(self, html: bytes | None) -> Iterable[tuple[bytes, bytes]]:
        inline = [] if html is None else [*inline_hashes(html.decode("utf-8", "replace")), *self.head]
        return [*self.fixed, (b"content-security-policy", content_policy(inline, self.embedded).encode())]


class _Answer:
    """What goes back. The text of a page is kept until it is whole, as its scripts' hashes stand in its headers."""

    def __init__(
        self, send: Send, headers: Callable[[bytes | None], Iterable[tuple[bytes, bytes]]], crowded: bool
    ) -> None:
        self._send, self._headers, self._crowded = send, headers, crowded
        self._begun = False
        self._page: Message | None = None
        self._html = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self._crowded and message["status"] == 503:
                raise _Refusal(429, CROWDED)
            content = dict(message["headers"]).get(b"content-type", b"")
            if content.startswith(b"text/html"):
                self._page = message
            else:
                await self._start(message, None)
        elif self._page is None:
            await self._send(message)
        else:
            self._html += message.get("body", b"")
            if not message.get("more_body"):
                await self._start(self._page, self._html)
                await self._send({"type": "http.response.body", "body": self._html})

    async def refuse(self, status: int, sentence: str) -> None:
        """Send one sentence, unless an answer is on its way: then the connection ends there."""
        if self._begun:
            return
        body = json.dumps({"detail": sentence, "error": sentence}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._start({"type": "http.response.start", "status": status, "headers": headers}, None)
        await self._send({"type": "http.response.body", "body": body})

    async def _start(self, message: Message, html: bytes | None) -> None:
        self._begun = True
        ours = list(self._headers(html))
        names = {name for name, _ in ours}
        theirs = [(name, value) for name, value in message["headers"] if name.lower() not in names]
        await self._send({**message, "headers": [*theirs, *ours]})


def _asks_from_a_page(scope: Message) -> bool:
    """Whether a page asks for a place in the queue: it shows the sentence of any status but 503, gradio's for full.

    `gradio_client` has a sentence of its own for 503, and none for the others; it tells no origin.
    """
    return scope["path"].endswith("/queue/join") and any(name == b"origin" for name, _ in scope["headers"])


def named_files(asked: object) -> Iterable[object]:
    """Return the `path` of each file that the JSON of a call names: whatever gradio might take for one.

    >>> list(named_files({"data": [{"path": "a", "meta": {}}, [{"path": "b"}]]}))
    ['a', 'b']
    """
    waiting = deque([asked])
    while waiting:
        value = waiting.popleft()
        if isinstance(value, dict):
            if value.get("path") is not None:
                yield value["path"]
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
