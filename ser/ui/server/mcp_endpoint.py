"""The endpoint for assistants: the Model Context Protocol over HTTP, a request and an answer at a time.

Only what the tools of this app need: no sessions, no streams, nothing that the server asks. gradio's own server for it
cannot be called where a password is required, fetches addresses that a call names, and needs an older pydantic.
https://modelcontextprotocol.io/specification
"""

import base64
import binascii
import json
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
from starlette.responses import JSONResponse, Response

from ser.errors import UserError
from ser.hosting.access import Login
from ser.ui.server.jobs import BROKEN, Jobs
from ser.ui.server.mcp_tools import Tool

PATH = "/mcp"
VERSIONS = (
    "2025-11-25",
    "2025-06-18",
    "2025-03-26",
)  # newest first; what is used here is the same in all of them
MAX_AT_ONCE = 2  # calls that are answered at the same time, as in the app's queue

_PARSE_ERROR, _INVALID, _NO_METHOD, _BAD_PARAMS = -32700, -32600, -32601, -32602
CROWDED = "Too many people are using the app right now, so this was not processed: try again in a minute."
ABOUT = (
    "How voices sound: scores for six acted emotions, by a network that learned from actors. They say how a voice sounds, not "
    "what somebody feels."
)


class Endpoint:
    """Answers requests.

    Parameters
    ----------
    tools : by name
    jobs : limits the time of each call
    version : of the app
    login : the one user who may call; None serves everyone who reaches the app
    max_waiting : calls that may wait for their turn
    """

    def __init__(
        self,
        tools: Mapping[str, Tool],
        *,
        jobs: Jobs,
        version: str,
        login: Login | None = None,
        max_waiting: int = 32,
    ) -> None:
        self._tools, self._jobs, self._version = tools, jobs, version
        self._login, self._max_waiting = login, max_waiting
        self._slots = anyio.Semaphore(MAX_AT_ONCE)
        self._waiting = 0

    async def answer(
        self, method: str, *, headers: Mapping[bytes, bytes], read_body: Callable[[], Awaitable[bytes]]
    ) -> Response:
        """Answer a request.

        Parameters
        ----------
        method : of HTTP
        headers : by their names in lower case
        read_body : reads one message in JSON; it is called only for those who may call
        """
        if b"origin" in headers:  # a page in a browser, which may be of anybody
            return JSONResponse({"error": "This address is for programs, not for pages."}, 403)
        if self._login is not None and not await _is_right(self._login, headers.get(b"authorization", b"")):
            challenge = {"WWW-Authenticate": 'Basic realm="Emotion Listener"'}
            return JSONResponse({"error": "Send the user and the password of --auth."}, 401, challenge)
        if method != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        try:
            message = json.loads(await read_body())
        except (ValueError, RecursionError):
            return JSONResponse(_error(None, _PARSE_ERROR, "The request is not JSON."), 400)
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return JSONResponse(_error(None, _INVALID, "The request is not a message of JSON-RPC."), 400)
        if "id" not in message:
            return Response(status_code=202)  # a notification, which nothing here waits for
        return JSONResponse(await self._reply(message))

    async def _reply(self, message: dict[str, Any]) -> dict[str, Any]:
        number, method, params = message["id"], message["method"], message.get("params") or {}
        if not isinstance(params, dict):
            return _error(number, _BAD_PARAMS, "The parameters are not an object.")
        if method == "initialize":
            asked = params.get("protocolVersion")
            result: dict[str, Any] = {
                "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "emotion-listener", "version": self._version},
                "instructions": ABOUT,
            }
        elif method == "ping":
            result = {}
        elif method == "tools/list":
            result = {"tools": [_described(name, tool) for name, tool in self._tools.items()]}
        elif method == "tools/call":
            tool = self._tools.get(str(params.get("name")))
            if tool is None:
                return _error(
                    number, _BAD_PARAMS, f"There is no such tool: choose from {', '.join(self._tools)}."
                )
            result = await self._call(tool, params.get("arguments") or {})
        else:
            return _error(number, _NO_METHOD, "There is no such method here.")
        return {"jsonrpc": "2.0", "id": number, "result": result}

    async def _call(self, tool: Tool, arguments: object) -> dict[str, Any]:
        if self._waiting >= self._max_waiting:
            return _content(CROWDED, is_error=True)
        self._waiting += 1
        try:
            async with self._slots:
                return await anyio.to_thread.run_sync(self._run, tool, arguments)
        finally:
            self._waiting -= 1

    def _run(self, tool: Tool, arguments: object) -> dict[str, Any]:
        try:
            answer = self._jobs.run(lambda: tool.call(tool.checked(arguments)))
        except UserError as error:
            return _content(str(error), is_error=True)
        except Exception:
            traceback.print_exc()
            return _content(BROKEN, is_error=True)
        text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
        return _content(text, is_error=False) | {"structuredContent": answer}


async def _is_right(login: Login, authorization: bytes) -> bool:
    """Return whether a header has the user and the password, as in RFC 7617."""
    scheme, _, encoded = authorization.partition(b" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        user = password = ""
    return scheme.lower() == b"basic" and await login.check(user, password)


def _described(name: str, tool: Tool) -> dict[str, Any]:
    return {
        "name": name,
        "description": tool.description,
        "inputSchema": {"type": "object", "properties": tool.properties, "additionalProperties": False},
        "annotations": {"readOnlyHint": True, "openWorldHint": False},
    }


def _content(text: str, *, is_error: bool) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": is_error}


def _error(number: object, code: int, sentence: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": sentence}}
