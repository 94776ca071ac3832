"""The endpoint for assistants, behind the guard: its messages, its tools, and whom and what it refuses."""

import base64
import json

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ser.hosting import access
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.recognition.recognizer import Recognizer
from ser.ui.server import guard, mcp_endpoint, mcp_tools
from ser.ui.server.guard import Guard
from ser.ui.server.jobs import BROKEN, Jobs
from ser.ui.server.mcp_endpoint import CROWDED, Endpoint
from ser.ui.server.mcp_tools import NO_SOUND, NO_UPLOAD, NOT_BASE64, Tool, make_tools
from tests.conftest import ROOT
from tests.helpers.coroutines import run_coroutine

EVEN = ROOT / "ser" / "assets" / "examples" / "even.flac"
SOUND = base64.b64encode(EVEN.read_bytes()).decode()


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


@pytest.fixture
def tools(recognizer, uploads_folder) -> dict[str, Tool]:
    predictions = DEFAULT_CHECKPOINT / "predictions.csv"
    return make_tools(lambda: recognizer, uploads=uploads_folder, predictions=predictions, corpus=None)


@pytest.fixture
def ask(tools, uploads_folder):
    """Send a request to the app; `endpoint` are options of the endpoint, None for an app without one."""

    def go(body: object = None, *, method="POST", path="/mcp", endpoint=(), limit_s=60.0, **options):
        mcp = None
        if endpoint is not None:
            mcp = Endpoint(tools, jobs=Jobs(limit_s), version="9", **dict(endpoint))
        settings = {"uploads": uploads_folder, "head": "", "max_upload": 1000, "embedded": False, "mcp": mcp}
        routes = [Route("/{rest:path}", lambda request: PlainTextResponse("gradio"), methods=["GET", "POST"])]
        app = Starlette(routes=routes, middleware=[Middleware(Guard, **settings)])
        content = body if isinstance(body, str | None) else json.dumps(body)

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
                return await client.request(method, path, content=content, **options)

        return run_coroutine(send())

    return go


def message(method: str, **params) -> dict:
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}


def call(ask, name: str, arguments: dict, **options) -> dict:
    return ask(message("tools/call", name=name, arguments=arguments), **options).json()["result"]


def test_an_app_without_the_flag_has_no_such_address(ask):
    assert ask(message("ping"), endpoint=None).status_code == 404


def test_a_version_is_agreed_on_and_the_tools_are_described(ask):
    for asked, agreed in (("2025-03-26", "2025-03-26"), ("2099-01-01", mcp_endpoint.VERSIONS[0])):
        answer = ask(message("initialize", protocolVersion=asked, capabilities={})).json()
        assert answer["result"]["protocolVersion"] == agreed
        assert answer["id"] == 7
    assert ask({"jsonrpc": "2.0", "method": "notifications/initialized"}).status_code == 202
    tools = ask(message("tools/list")).json()["result"]["tools"]
    assert [tool["name"] for tool in tools] == ["recognize", "explain", "clips"]
    assert all(len(tool["description"]) > 80 and tool["inputSchema"]["type"] == "object" for tool in tools)
    assert ask(message("ping")).json()["result"] == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", -32700),
        ("[" * 100_000, -32700),
        ("[]", -32600),
        ('"tools/list"', -32600),
        ('{"id": 1, "method": 5}', -32600),
        (message("server/discover"), -32601),
        ({"id": 1, "method": "tools/call", "params": [1]}, -32602),
        (message("tools/call", name="rm"), -32602),
        (message("tools/call", name=["recognize"]), -32602),
    ],
)
def test_what_is_not_such_a_message_is_an_error(ask, body, code):
    assert ask(body).json()["error"]["code"] == code


def test_a_recording_is_scored_as_everywhere_and_leaves_nothing_behind(ask, recognizer, uploads_folder):
    before = set(uploads_folder.rglob("*"))
    result = call(ask, "recognize", {"sound": SOUND, "name": "../../my voice.flac"})
    alone = json.loads(json.dumps(recognizer.recognize(EVEN).to_dict())) | {"file": "my voice.flac"}
    assert result["structuredContent"] == alone
    assert json.loads(result["content"][0]["text"]) == alone
    assert not result["isError"]
    assert call(ask, "recognize", {"sound": SOUND, "phrases": True})["structuredContent"]["phrases"]
    assert set(uploads_folder.rglob("*")) == before


def test_an_upload_is_read_and_stays(ask, uploads_folder):
    kept = uploads_folder / "even.flac"
    kept.write_bytes(EVEN.read_bytes())
    assert call(ask, "recognize", {"upload": str(kept)})["structuredContent"]["file"] == "even.flac"
    assert kept.exists()


def test_the_moments_that_carried_a_score_are_in_the_window(ask, recognizer):
    result = call(ask, "explain", {"sound": SOUND, "emotion": "HAP"})["structuredContent"]
    assert result["emotion"] == "HAP"
    assert "happiness" in result["sentence"] or "happy" in result["sentence"]
    starts = [moment["start_s"] for moment in result["moments"]]
    assert starts == sorted(starts)
    assert result["start_s"] <= starts[0] + 0.01
    assert result["moments"][-1]["end_s"] <= result["end_s"] + 0.01
    assert max(moment["weight"] for moment in result["moments"]) > 0.3
    assert (
        call(ask, "explain", {"sound": SOUND})["structuredContent"]["emotion"]
        == recognizer.recognize(EVEN).top
    )


def test_clips_are_those_of_the_data_set(ask):
    clips = call(ask, "clips", {"emotion": "SAD", "limit": 3, "offset": 1})["structuredContent"]["clips"]
    assert [clip["emotion"] for clip in clips] == ["SAD"] * 3
    assert {clip["part"] for clip in clips} == {"test"}


def test_only_uploads_are_read(ask, uploads_folder, tmp_path):
    outside = tmp_path / "outside.flac"
    outside.write_bytes(EVEN.read_bytes())
    (uploads_folder / "link.flac").symlink_to(outside)
    for path in (
        "/etc/passwd",
        str(outside),
        str(uploads_folder / "link.flac"),
        str(uploads_folder),
        "",
        "\0",
    ):
        for tool in ("recognize", "explain"):
            result = call(ask, tool, {"upload": path})
            assert result["isError"]
            assert result["content"][0]["text"] == NO_UPLOAD


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("recognize", {}, NO_SOUND),
        ("recognize", {"sound": "not base64!"}, NOT_BASE64),
        ("recognize", {"sound": "ü"}, NOT_BASE64),
        ("recognize", {"sound": 7}, "must be of the type string"),
        ("recognize", {"file": "voice.wav"}, "no argument 'file'"),
        ("recognize", ["sound"], "not an object"),
        ("explain", {"sound": SOUND, "emotion": "bored"}, "no emotion 'bored'"),
        ("explain", {"sound": base64.b64encode(b"no sound " * 50).decode()}, "not a sound file"),
        ("clips", {"limit": -1}, "0 or more"),
        ("clips", {"limit": True}, "must be of the type integer"),
        ("clips", {"actor": "1"}, "no actor"),
    ],
)
def test_what_cannot_be_answered_has_a_sentence(ask, tool, arguments, sentence):
    result = call(ask, tool, arguments)
    assert result["isError"]
    assert sentence in result["content"][0]["text"]


def test_a_file_that_is_no_sound_has_its_error_in_the_answer(ask):
    broken = base64.b64encode(b"no sound here " * 50).decode()
    result = call(ask, "recognize", {"sound": broken, "name": "notes.wav"})["structuredContent"]
    assert result["error"].startswith("notes.wav is not a sound file")


def test_a_password_is_asked_for_before_anything_is_read(ask, monkeypatch):
    monkeypatch.setattr(access, "WRONG_PASSWORD_DELAY_S", 0)
    login = {"login": access.Login("anna", "secret")}
    right = httpx.BasicAuth("anna", "secret")
    assert ask(message("tools/list"), endpoint=login, auth=right).status_code == 200
    for auth in (None, httpx.BasicAuth("anna", "wrong")):
        refused = ask(message("tools/list"), endpoint=login, auth=auth)
        assert refused.status_code == 401
        assert "Basic" in refused.headers["www-authenticate"]
    for header in ("Basic", "Basic !", "Bearer YW5uYTpzZWNyZXQ="):
        refused = ask(message("tools/list"), endpoint=login, headers={"Authorization": header})
        assert refused.status_code == 401


def test_pages_other_methods_and_large_requests_are_refused(ask, monkeypatch):
    assert ask(message("ping"), headers={"Origin": "http://app"}).status_code == 403
    assert ask(method="GET").status_code == 405
    assert ask(method="DELETE").status_code == 405
    monkeypatch.setattr(guard, "MAX_MESSAGE_BYTES", 100)
    assert ask("x" * 101).status_code == 413


def test_calls_share_the_limits_of_the_app(ask, tools, monkeypatch, capsys):
    assert call(ask, "clips", {}, endpoint={"max_waiting": 0})["content"][0]["text"] == CROWDED
    assert "longer than" in call(ask, "explain", {"sound": SOUND}, limit_s=1e-6)["content"][0]["text"]

    def fails(*_):
        raise RuntimeError("a fault of the app")

    monkeypatch.setattr(mcp_tools, "_explanation", fails)
    assert call(ask, "explain", {"sound": SOUND})["content"][0]["text"] == BROKEN
    assert "a fault of the app" in capsys.readouterr().err
