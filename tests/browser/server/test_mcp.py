"""The tools for assistants over HTTP, called by the client of the protocol's own library."""

import base64

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.browser.conftest import EXAMPLES, command_line_scores, serving
from tests.helpers.coroutines import run_coroutine

EVEN = EXAMPLES / "even.flac"


@pytest.mark.slow
def test_a_client_of_the_protocol_lists_the_tools_and_calls_them_with_the_password(checkpoint, tmp_path):
    password = tmp_path / "password"
    password.write_text("secret")
    password.chmod(0o600)
    sound = base64.b64encode(EVEN.read_bytes()).decode()

    async def use(address: str) -> dict:
        async with httpx2.AsyncClient(auth=("anna", "secret")) as http:
            transport = streamable_http_client(f"{address}/mcp", http_client=http)
            async with Client(transport) as client:
                return {
                    "tools": [tool.name for tool in (await client.list_tools()).tools],
                    "recognize": await client.call_tool("recognize", {"sound": sound, "name": "even.flac"}),
                    "explain": await client.call_tool("explain", {"sound": sound}),
                    "clips": await client.call_tool("clips", {"limit": 2}),
                    "outside": await client.call_tool("recognize", {"upload": "/etc/passwd"}),
                }

    with serving(checkpoint, "--mcp", "--auth", f"anna:{password}") as running:
        answers = run_coroutine(use(running.address))
        assert httpx2.post(f"{running.address}/mcp", json={}).status_code == 401
        scores = command_line_scores(checkpoint, EVEN) | {"file": "even.flac"}
    assert answers["tools"] == ["recognize", "explain", "clips"]
    assert answers["recognize"].structured_content == scores
    assert answers["explain"].structured_content["emotion"] == scores["top"]
    assert len(answers["clips"].structured_content["clips"]) == 2
    assert answers["outside"].is_error
