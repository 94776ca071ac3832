"""Requests that a client other than the page may send to a running app."""

import functools
import http.client
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.browser.conftest import EXAMPLES, Server

EVEN, LONG = EXAMPLES / "even.flac", EXAMPLES / "quiet_and_falling.flac"
META = {"_type": "gradio.FileData"}


def raw(server: Server, path: str) -> tuple[int, bytes]:
    """Request a path exactly as written; other clients would normalize it."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=30)
    connection.putrequest("GET", path)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read()


@functools.cache
def functions(address: str) -> dict[str, int]:
    """Return the id of the component of each function of the page."""
    components = httpx.get(f"{address}/config").json()["components"]
    return {
        name: component["id"]
        for component in components
        for name in component["props"].get("server_fns") or ()
    }


def call(server: Server, name: str, request: object) -> httpx.Response:
    """Call a server function as the page does."""
    body = {
        "data": request,
        "component_id": functions(server.address)[name],
        "fn_name": name,
        "session_hash": "stranger",
    }
    return httpx.post(f"{server.address}/gradio_api/component_server", json=body)


def upload(server: Server, file: Path, name: str | None = None) -> str:
    with file.open("rb") as content:
        answer = httpx.post(
            f"{server.address}/gradio_api/upload", files={"files": (name or file.name, content)}
        )
    (path,) = answer.raise_for_status().json()
    return path
