"""An ASGI middleware between the network and gradio that admits only requests that the app needs.

gradio serves more than this app uses, and fetches any file or address that a request names. The guard answers all
other requests with a sentence, and adds the security headers to responses.
"""

import json
import shutil
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any

from starlette.responses import RedirectResponse, Response

from ser.ui.server import mcp_endpoint
from ser.ui.server.headers import content_policy, fixed_headers, inline_hashes
from ser.ui.server.mcp_endpoint import Endpoint
from ser.ui.server.scripts import MANIFEST, manifest_response, script_response, with_first_script

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

API = "gradio_api"
# The first part of each path that the page, or a program that calls the app, requests.
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
FORM_OVERHEAD = 100_000  # bytes of a form around an uploaded file
MAX_MESSAGE_BYTES = 64_000_000  # of a call to the page's own functions: label files as base64
MAX_CALL_BYTES = 4_000_000  # of any other request
# Bytes read of a request that is too large: browsers show no answer before they have sent everything
MAX_DISCARDED_BYTES = 1_000_000_000
MIN_FREE_UPLOADS = 3  # the disk must have room for this many files of the maximum size

NOT_HERE = "There is nothing at this address."
NO_FILE = "This file is not served, or no longer available: upload it again."
FOREIGN = "This request came from a page of another site: open the app itself."
FAILED = "Something went wrong in the app: reload the page and try again."
FULL = "The app's disk is full: try again in an hour, when older recordings are deleted."
CROWDED = (
    "Too many people are using the app right now, so your request was not processed: try again in a minute."
)
NO_JSON = "The body of this request is not a JSON object."


class _Refusal(Exception):  # noqa: N818 - ends a request; only `Guard` catches it
    def __init__(self, status: int, sentence: str) -> None:
        self.status, self.sentence = status, sentence


class Guard:
    """The middleware.

    Parameters
    ----------
    app : gradio's app
    uploads : the only folder whose files are served and may be named in a call
    head : HTML that gradio adds to the page's head; its inline scripts may run
    max_upload : maximum size of an uploaded file in bytes
    embedded : whether Hugging Face Spaces shows the page in a frame
    title : the name of the installed app
    root_path : path under which a proxy serves the app, such as "/listener"; "" for the root
    mcp : the endpoint for assistants; None for an app that has none
    """

    def __init__(
        self,
        app: App,
        *,
        uploads: Path,
        head: str,
        max_upload: int,
        embedded: bool,
        title: str = "",
        root_path: str = "",
        mcp: Endpoint | None = None,
    ) -> None:
        self.mcp = mcp
        self.app, self.uploads, self.max_upload = app, uploads.resolve(), max_upload
        self.embedded, self.title, self.root_path = embedded, title, root_path
        self.head = inline_hashes(head)
        self.fixed = [(name.encode(), value.encode()) for name, value in fixed_headers(embedded).items()]
        self.too_large = f"This is too large: the app accepts files up to {max_upload / 1e6:g} MB. Shorten it, or save it as FLAC or MP3."

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on to gradio."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = self._without_root(scope)
        answer = _Answer(send, self._headers, crowded=_is_from_a_page(scope))
        try:
            own = self._own_response(scope) or await self._mcp_response(scope, receive)
            if own:
                await own(scope, receive, answer.send)
                return
            receive = await self._admit(scope, receive)
            await self.app(scope, receive, answer.send)
        except _Refusal as refusal:
            await answer.refuse(refusal.status, refusal.sentence)
        except Exception:
            traceback.print_exc()
            await answer.refuse(500, FAILED)

    def _without_root(self, scope: Message) -> Message:
        """Return a request without the root path, which some proxies leave in its path and others remove."""
        root, path = self.root_path, scope["path"]
        if not root or not path.startswith(f"{root}/"):
            return scope
        return {**scope, "path": path.removeprefix(root), "raw_path": path.removeprefix(root).encode()}

    def _own_response(self, scope: Message) -> Response | None:
        """Return the response to a request for one of the page's own files; None for a request that gradio answers."""
        if scope["method"] not in ("GET", "HEAD"):
            return None
        if scope["path"] == self.root_path != "":  # the page's addresses are relative to the folder
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse(f"{self.root_path}/{'?' * bool(query)}{query}")
        if scope["path"] == MANIFEST:
            return manifest_response(self.title, self.root_path)
        etag = dict(scope["headers"]).get(b"if-none-match")
        return script_response(scope["path"], if_none_match=etag.decode("latin-1") if etag else None)

    async def _mcp_response(self, scope: Message, receive: Receive) -> Response | None:
        """Return the response to an assistant; None for a request that gradio answers."""
        if self.mcp is None or scope["path"].rstrip("/") != mcp_endpoint.PATH:
            return None
        headers = dict(scope["headers"])
        if self._is_disk_full():
            raise _Refusal(507, FULL)

        async def read_body() -> bytes:
            return await _whole_body(await self._bounded(receive, headers, MAX_MESSAGE_BYTES))

        return await self.mcp.answer(scope["method"], headers=headers, read_body=read_body)

    def _is_disk_full(self) -> bool:
        return shutil.disk_usage(self.uploads).free < MIN_FREE_UPLOADS * self.max_upload

    async def _admit(self, scope: Message, receive: Receive) -> Receive:
        """Return the `receive` for gradio to read an admitted request; raise `_Refusal` for any other request."""
        first, _, rest = scope["path"].lstrip("/").partition("/")
        if scope["path"].startswith("//") or first not in PAGE_ROUTES:
            raise _Refusal(404, NOT_HERE)
        headers = dict(scope["headers"])
        if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            # Browsers say where a request comes from; pages of other sites may not write to the app.
            if headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
                raise _Refusal(403, FOREIGN)
            receive = await self._bounded(receive, headers, self._max_bytes(rest))
        if first != API:
            return receive
        if rest.startswith(FILE):
            if not self._serves(rest[len(FILE) :]):
                raise _Refusal(403, NO_FILE)
            return receive
        route = rest.partition("/")[0]
        if route not in API_ROUTES:
            raise _Refusal(404, NOT_HERE)
        if route == "upload" and self._is_disk_full():
            raise _Refusal(507, FULL)
        if route in CALLS and scope["method"] == "POST":
            return await self._checked(receive)
        return receive

    def _max_bytes(self, route: str) -> int:
        """Return the maximum size of a request in bytes."""
        if route.rstrip("/") == "upload":
            return self.max_upload + FORM_OVERHEAD
        return MAX_MESSAGE_BYTES if route.rstrip("/") == "component_server" else MAX_CALL_BYTES

    async def _bounded(self, receive: Receive, headers: dict[bytes, bytes], max_bytes: int) -> Receive:
        """Return a `receive` that refuses a body of more than `max_bytes`, immediately if its length is declared."""
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > max_bytes:
                while message.get("more_body") and received < MAX_DISCARDED_BYTES:
                    message = await receive()
                    received += len(message.get("body", b""))
                raise _Refusal(413, self.too_large)
            return message

        declared = headers.get(b"content-length", b"")
        while declared.isdigit() and int(declared) > max_bytes:
            await bounded()
        return bounded

    async def _checked(self, receive: Receive) -> Receive:
        """Check every file that the JSON of a call names; return a `receive` that reads the call again."""
        body = await _whole_body(receive)
        try:
            call = json.loads(body)
        except (ValueError, RecursionError):
            raise _Refusal(400, NO_JSON) from None
        if not all(isinstance(path, str) and self._serves(path) for path in named_files(call)):
            raise _Refusal(400, NO_FILE)
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Message:
            return next(messages, None) or await receive()

        return again

    def _serves(self, path: str) -> bool:
        """Return whether a path is a file in the folder of uploads, after following all links."""
        try:
            file = Path(path)
            return (
                file.is_absolute()
                and file.resolve(strict=True).is_relative_to(self.uploads)
                and file.is_file()
            )
        except (OSError, RuntimeError, ValueError):  # deleted, a loop of links, a null character
            return False

    def _headers(self, html: bytes | None) -> Iterable[tuple[bytes, bytes]]:
        inline = [] if html is None else [*inline_hashes(html.decode("utf-8", "replace")), *self.head]
        return [*self.fixed, (b"content-security-policy", content_policy(inline, self.embedded).encode())]


class _Answer:
    """A response. A page is held back until it is complete, because its headers contain the hashes of its scripts."""

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
                html = with_first_script(self._html)
                length = (b"content-length", str(len(html)).encode())
                others = [header for header in self._page["headers"] if header[0].lower() != length[0]]
                await self._start({**self._page, "headers": [*others, length]}, html)
                await self._send({"type": "http.response.body", "body": html})

    async def refuse(self, status: int, sentence: str) -> None:
        """Send one sentence, unless a response was begun; then the connection ends there."""
        if self._begun:
            return
        body = json.dumps({"detail": sentence, "error": sentence}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._start({"type": "http.response.start", "status": status, "headers": headers}, None)
        await self._send({"type": "http.response.body", "body": body})

    async def _start(self, message: Message, html: bytes | None) -> None:
        self._begun = True
        added = list(self._headers(html))
        names = {name for name, _ in added}
        others = [(name, value) for name, value in message["headers"] if name.lower() not in names]
        await self._send({**message, "headers": [*others, *added]})


async def _whole_body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refusal(400, NO_JSON)
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _is_from_a_page(scope: Message) -> bool:
    """Return whether a page, and not a program, asks for a place in the queue.

    A full queue has status 503, the only one whose sentence gradio's page does not show. `gradio_client` has its own
    sentence for 503 and none for other statuses; it sends no origin.
    """
    return scope["path"].endswith("/queue/join") and any(name == b"origin" for name, _ in scope["headers"])


def named_files(call: object) -> Iterable[object]:
    """Return the `path` of each file that the JSON of a call names, including anything that gradio might treat as one.

    >>> list(named_files({"data": [{"path": "a", "meta": {}}, [{"path": "b"}]]}))
    ['a', 'b']
    """
    waiting = deque([call])
    while waiting:
        value = waiting.popleft()
        if isinstance(value, dict):
            if value.get("path") is not None:
                yield value["path"]
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
