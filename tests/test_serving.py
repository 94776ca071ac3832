"""What stands between the network and the app, without a network: the guard, who may reach it, limits, uploads."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time

import gradio as gr
import httpx
import numpy as np
import pytest
import soundfile
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import Route

from ser import access, deadline, uploads
from ser.audio import load_audio
from ser.errors import UserError
from ser.served import ServedCorpus
from ser.ui.guard import LARGEST_CALL, Guard
from ser.ui.jobs import BROKEN, BUSY, MOST_GIVEN_UP, JobError, Jobs
from tests.conftest import ROOT

SCRIPT, HEAD = "<script>alert(1)</script>", "<meta><script>alert(2)</script>"
LARGEST = 1000


@pytest.fixture
def folder(tmp_path):
    """The folder of uploads, with one upload, a link out of it, and a secret beside it."""
    folder = tmp_path / "uploads"
    (folder / "abc").mkdir(parents=True)
    (folder / "abc" / "voice.wav").write_bytes(b"sound")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.wav").symlink_to(tmp_path / "secret.txt")
    (folder / "circle.wav").symlink_to(folder / "circle.wav")
    return folder


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
    settings = {"uploads": folder, "head": HEAD, "largest_upload": largest, "embedded": embedded}
    app = Starlette(routes=ROUTES, middleware=[Middleware(Guard, **settings)])

    async def go():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return await client.request(method, path, **options)

    return asyncio.run(go())


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
        assert (answer.status_code, "no longer there" in answer.json()["detail"]) == (400, True)


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
    [("/gradio_api/upload", LARGEST + 200_000), ("/gradio_api/queue/join", LARGEST_CALL + 1)],
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
    assert not [source for source in scripts if source.startswith("http") or source == "*"]


def test_spaces_may_frame_the_page_and_nobody_else(folder):
    answer = ask(folder, "GET", "/", embedded=True)
    assert "x-frame-options" not in answer.headers
    assert policy(answer)["frame-ancestors"] == [
        *("'self'", "https://huggingface.co", "https://*.huggingface.co", "https://*.hf.space")
    ]


# ---- who may reach it


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_this_computer_needs_no_leave(host):
    assert access.choose_host(host, auth=False, public=False) == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "listener.example"])
def test_others_are_let_in_with_a_password_or_when_it_is_said(host, monkeypatch):
    monkeypatch.delenv("SPACE_ID", raising=False)
    with pytest.raises(UserError, match="--auth USER:FILE, or say --public"):
        access.choose_host(host, auth=False, public=False)
    assert access.choose_host(host, auth=True, public=False) == host
    assert access.choose_host(host, auth=False, public=True) == host
    monkeypatch.setenv("SPACE_ID", "someone/listener")
    assert access.choose_host(host, auth=False, public=False) == host


def test_spaces_are_reached_from_everywhere_without_a_flag(monkeypatch):
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert access.choose_host(None, auth=False, public=False) == "127.0.0.1"
    monkeypatch.setenv("SPACE_ID", "someone/listener")
    assert access.choose_host(None, auth=False, public=False) == "0.0.0.0"


@pytest.fixture
def password_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("pass: wörd \nnote\n", encoding="utf-8")
    file.chmod(0o600)
    return file


def test_one_name_and_one_password_are_right(password_file, monkeypatch):
    monkeypatch.setattr(access, "AFTER_WRONG_S", 0.0)
    login = access.Login.from_flag(f"anna:{password_file}")
    wrong = [("anna", "pass: wörd"), ("anna", ""), ("Anna", "pass: wörd "), ("", ""), ("anna", "\ud800")]
    assert asyncio.run(login.check("anna", "pass: wörd "))
    assert not any(asyncio.run(login.check(*given)) for given in wrong)


def test_wrong_passwords_wait_for_each_other_and_a_right_one_for_nobody(monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    async def guess():
        login = access.Login("anna", "right")
        monkeypatch.setattr(access.asyncio, "sleep", sleep)
        async with login._wrong:  # somebody is waiting
            assert await asyncio.wait_for(login.check("anna", "right"), 5)
        return await login.check("anna", "wrong")

    assert asyncio.run(guess()) is False
    assert waited == [access.AFTER_WRONG_S]
    assert access.AFTER_WRONG_S >= 1


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
@pytest.mark.parametrize("mode", [0o604, 0o644])
def test_a_password_that_others_may_read_is_refused(password_file, mode):
    password_file.chmod(mode)
    with pytest.raises(UserError, match="chmod 600"):
        access.Login.from_flag(f"anna:{password_file}")


@pytest.mark.parametrize("content", [b"", b"\nsecond line", b"\xff\xfe"])
def test_a_password_file_without_a_password_is_refused(password_file, content):
    password_file.write_bytes(content)
    with pytest.raises(UserError, match="password file"):
        access.Login.from_flag(f"anna:{password_file}")


@pytest.mark.parametrize("flag", ["anna", "anna:", ":file", "anna:/nowhere/password"])
def test_auth_names_a_user_and_a_file(flag):
    with pytest.raises(UserError, match="USER:FILE"):
        access.Login.from_flag(flag)


# ---- jobs


def test_a_job_answers_and_fails_as_it_would_alone():
    jobs = Jobs(60)
    assert jobs.event(lambda a, b: a + b)(1, 2) == 3
    with pytest.raises(gr.Error, match="a sentence"):
        jobs.event(lambda: (_ for _ in ()).throw(UserError("a sentence")))()


def test_what_nobody_foresaw_is_a_general_sentence_and_a_line_in_the_log(capsys):
    with pytest.raises(gr.Error) as caught:
        Jobs(60).event(lambda: {}["/home/anna/voice.wav"])()
    assert caught.value.message == BROKEN
    assert caught.value.print_exception is False
    assert "KeyError" in capsys.readouterr().err


def test_a_job_that_takes_too_long_is_told_and_stops():
    jobs, stopped = Jobs(0.05), threading.Event()

    def endless():
        try:
            while True:
                deadline.go_on()
                time.sleep(0.001)
        finally:
            stopped.set()

    with pytest.raises(gr.Error, match=r"longer than 0\.05 s"):
        jobs.event(endless)()
    assert stopped.wait(10)
    assert "longer than 0.05 s" in jobs.message(endless)()["problem"]


def test_jobs_that_do_not_stop_do_not_pile_up():
    jobs, end = Jobs(0.01), threading.Event()
    begun, ended = [], threading.Semaphore(0)

    def deaf():
        begun.append(1)
        end.wait(60)
        ended.release()

    for _ in range(MOST_GIVEN_UP):
        with pytest.raises(JobError, match="longer than"):
            jobs.run(deaf)
    with pytest.raises(JobError, match=BUSY):
        jobs.run(deaf)
    assert len(begun) == MOST_GIVEN_UP
    end.set()
    for _ in range(MOST_GIVEN_UP):
        assert ended.acquire(timeout=10)
    patient, until = Jobs(60), time.monotonic() + 10
    patient._given_up = 0
    while jobs._given_up:
        assert time.monotonic() < until
    assert patient.run(lambda: "an answer") == "an answer"


def test_nobody_is_given_up_outside_of_a_job():
    assert deadline.go_on() is None


# ---- the data set


def test_a_link_out_of_the_data_set_is_not_followed(tmp_path):
    audio, elsewhere = tmp_path / "data" / "AudioWAV", tmp_path / "elsewhere.wav"
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").mkdir()
    audio.symlink_to(tmp_path / "disk")  # the whole folder on another disk is as it should be
    soundfile.write(elsewhere, np.zeros(16_000), 16_000)
    soundfile.write(audio / "1001_DFA_ANG_XX.wav", np.zeros(16_000), 16_000)
    (audio / "1001_DFA_SAD_XX.wav").symlink_to(audio / "1001_DFA_ANG_XX.wav")
    (audio / "1002_DFA_ANG_XX.wav").symlink_to(elsewhere)
    corpus = ServedCorpus(tmp_path / "data")
    assert corpus.path("1001_DFA_ANG_XX").is_file()
    assert corpus.path("1001_DFA_SAD_XX").is_file()
    with pytest.raises(UserError, match="leads out of the data set"):
        corpus.path("1002_DFA_ANG_XX")


def test_decoding_ends_when_nobody_waits(tmp_path):
    soundfile.write(tmp_path / "long.wav", np.zeros(16_000), 16_000)
    given_up = threading.Event()
    given_up.set()
    with deadline.until(given_up), pytest.raises(deadline.GivenUpError):
        load_audio(tmp_path / "long.wav")


# ---- uploads


def test_what_is_old_is_swept_and_what_is_new_stays(folder):
    now = time.time()
    uploads.sweep(folder, now + 60)
    assert (folder / "abc" / "voice.wav").is_file()
    uploads.sweep(folder, now + uploads.OLDEST_S + 60)
    assert not [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    assert (folder.parent / "secret.txt").read_text() == "secret"


def test_the_log_names_no_upload(folder):
    log = io.StringIO()
    stream = uploads.Discreet(log, folder)
    print(f"FileNotFoundError: '{folder}/abc/Anna's voice.wav' is gone", file=stream)
    print(f"no file {folder}/abc/Anna is sad.wav", file=stream)
    print("[type=value_error, input_value='t/pyte.../Anna, sad.wav', input_type=str]", file=stream)
    print("all is well", file=stream, flush=True)
    assert "Anna" not in log.getvalue()
    assert "voice" not in log.getvalue().replace("[an upload]'s voice.wav' is gone", "")
    assert log.getvalue().endswith("all is well\n")


PRIVATE = """
import os, signal, stat, sys
from ser.uploads import end_on_signals, private_folder
end_on_signals()
with private_folder() as folder:
    (folder / "sub").mkdir()
    (folder / "sub" / "voice.wav").write_text("sound")
    print(folder, oct(stat.S_IMODE(folder.stat().st_mode)), flush=True)
    signal.pause()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_folder_is_private_and_goes_with_the_app(sent, tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", PRIVATE],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        name, mode = process.stdout.readline().split()
        assert name.startswith(str(tmp_path))
        assert mode == "0o700"
        process.send_signal(sent)
        process.wait(30)
    assert not list(tmp_path.iterdir())


def test_scoring_tells_nobody_and_leaves_nothing_behind(tmp_path):
    """ONNX Runtime keeps what it would send in the user's cache and in the folder of temporary files."""
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    code = "from ser import Recognizer; Recognizer.load().recognize('ser/assets/examples/even.flac')"
    code += "; import sys; assert 'onnxruntime' in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ | places, check=True)
    assert not [path for path in tmp_path.rglob("*") if "icrosoft" in path.name or path.name == ".ses"]
