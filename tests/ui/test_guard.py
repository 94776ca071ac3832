"""The guard in front of gradio: which requests it lets in, what it answers, and what it adds to responses."""

import json

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import Route

from ser.ui.server.guard import MAX_CALL_BYTES, Guard
from tests.helpers.coroutines import run_coroutine

SCRIPT, HEAD = "<script>alert(1)</script>", "<meta><script>alert(2)</script>"
LARGEST = 1000


@pytest.fixture
def folder(uploads_folder):
    return uploads_folder


async def echo(request: Request):
    return PlainTextResponse(await request.body())


async def broken(request: Request):
    raise RuntimeError("secret of the house")


async def page(request: Request):
    return HTMLResponse(f"<html>{SCRIPT}</html>")


ROUTES = [
    Route("/", page),
    Route("/config", broken),
    Route("/gradio_api/{rest:path}", echo, methods=["GET", "POST"]),
    Route("/login", lambda request: JSONResponse("in"), methods=["POST"]),
]


def ask(folder, method, path, *, largest=LARGEST, embedded=False, **options) -> httpx.Response:
    settings = {"uploads": folder, "head": HEAD, "max_upload": largest, "embedded": embedded}
    app = Starlette(routes=ROUTES, middleware=[Middleware(Guard, **settings)])

    async def go():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return await client.request(method, path, **options)

    return run_coroutine(go())


# ---- files


def test_an_upload_is_served(folder):
    assert ask(folder, "GET", f"/gradio_api/file={folder}/abc/voice.wav").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "{folder}/../secret.txt",
        "{folder}/abc/../../secret.txt",
        "{folder}/%2e%2e/secret.txt",
        "{folder}/link.wav",
        "{folder}/circle.wav",
        "{folder}/abc",
        "{folder}",
        "{folder}/abc/voice.wav%00.png",
        "uploads/abc/voice.wav",
        "/etc/passwd",
        "//etc/passwd",
        "file:///etc/passwd",
        "file://{folder}/abc/voice.wav",
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "https://example.org/voice.wav",
        "",
        "~/.bashrc",
    ],
)
def test_nothing_else_is_served_or_may_be_named(folder, path):
    path = path.format(folder=folder)
    answer = ask(folder, "GET", f"/gradio_api/file={path}")
    assert answer.status_code == 403
    assert "secret" not in answer.text
    for route in ("call/recognize", "queue/join", "run/predict", "api/recognize", "call/v2/recognize"):
        asked = {"data": [[{"path": path, "meta": {"_type": "gradio.FileData"}}]]}
        answer = ask(folder, "POST", f"/gradio_api/{route}", json=asked)
        assert (answer.status_code, "no longer available" in answer.json()["detail"]) == (400, True)


def test_a_call_arrives_whole(folder):
    asked = {"data": [{"path": f"{folder}/abc/voice.wav", "meta": {"_type": "gradio.FileData"}}, None, 3]}
    assert json.loads(ask(folder, "POST", "/gradio_api/queue/join", json=asked).text) == asked


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_call_that_is_no_json_is_refused(folder, body):
    assert ask(folder, "POST", "/gradio_api/queue/join", content=body).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        *("/docs", "/openapi.json", "/monitoring/summary", "/svelte/x", "/gradio_api/"),
        *("/gradio_api/proxy=http://127.0.0.1/", "/gradio_api/vibe-code", "/gradio_api/process_recording"),
        *("/gradio_api/file/etc/passwd", "/gradio_api/custom_component/a/b/c/d", "/gradio_api/dev/reload"),
    ],
)
def test_what_the_app_does_not_use_is_not_there(folder, path):
    for method in ("GET", "POST"):
        assert ask(folder, method, path).status_code == 404


# ---- requests of other sites, sizes, errors


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200), (None, 200)]
)
def test_no_other_site_may_write_here(folder, site, status):
    headers = {"Sec-Fetch-Site": site} if site else {}
    assert ask(folder, "POST", "/gradio_api/component_server", headers=headers).status_code == status


@pytest.mark.parametrize("tells_its_length", [True, False])
@pytest.mark.parametrize(
    ("path", "size"),
    [("/gradio_api/upload", LARGEST + 200_000), ("/gradio_api/queue/join", MAX_CALL_BYTES + 1)],
)
def test_what_is_too_large_is_refused_in_a_sentence(folder, path, size, tells_its_length):
    async def chunks():
        for _ in range(10):
            yield b"x" * (size // 10 + 1)

    body = b"x" * size if tells_its_length else chunks()
    answer = ask(folder, "POST", path, content=body)
    assert answer.status_code == 413
    assert "up to 0.001 MB" in answer.json()["detail"]


def test_a_full_disk_is_told_before_an_upload(folder):
    answer = ask(folder, "POST", "/gradio_api/upload", largest=10**15, content=b"x")
    assert answer.status_code == 507
    assert "disk is full" in answer.json()["detail"]


def test_an_error_tells_the_log_and_not_the_browser(folder, capsys):
    answer = ask(folder, "GET", "/config")
    assert answer.status_code == 500
    assert "reload the page" in answer.json()["detail"]
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "secret of the house" in capsys.readouterr().err


# ---- headers


def policy(answer: httpx.Response) -> dict[str, list[str]]:
    rules = answer.headers["content-security-policy"].split("; ")
    return {
        name: values.split() for name, *values in (rule.split(" ", 1) for rule in rules) for values in values
    }


@pytest.mark.parametrize(
    "path", ["/", "/config", "/nowhere", "/gradio_api/file=/etc/passwd", "/gradio_api/user"]
)
def test_every_answer_has_the_headers(folder, path):
    answer = ask(folder, "GET", path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "microphone=(self)" in answer.headers["permissions-policy"]
    assert policy(answer)["default-src"] == ["'none'"]
    assert policy(answer)["frame-ancestors"] == ["'self'"]


def test_only_the_scripts_of_the_page_itself_may_run(folder):
    scripts = policy(ask(folder, "GET", "/"))["script-src"]
    assert "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='" in scripts  # alert(1)
    assert "'sha256-4axlHpxgDbFzJObpXPFZgZhULrEGgJiud3OwxN9unHg='" in scripts  # alert(2), of the head
    assert "'unsafe-inline'" not in scripts
    assert not [
        source for source in scripts if source.startswith("http") or source in ("*", "blob:", "data:")
    ]


def test_spaces_may_frame_the_page_and_nobody_else(folder):
    answer = ask(folder, "GET", "/", embedded=True)
    assert "x-frame-options" not in answer.headers
    assert policy(answer)["frame-ancestors"] == [
        *("'self'", "https://huggingface.co", "https://*.huggingface.co", "https://*.hf.space")
    ]
