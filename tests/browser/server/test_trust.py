"""Requests for more than the app serves get nothing, and people see its limits."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from gradio.processing_utils import save_file_to_cache
from gradio_client import Client, handle_file
from playwright.sync_api import Page, expect

from tests.browser.conftest import POLICY, Server, serving
from tests.conftest import ROOT
from tests.helpers.stranger import EVEN, LONG, META, call, raw, upload

# ---- files of the machine

OURS = [ROOT / "app.py", ROOT / "README.md", ROOT / "checkpoints" / "emotion" / "card.json", EVEN]
THEIRS = [Path("/etc/passwd"), Path.home() / ".bashrc", Path("/proc/self/environ")]


@pytest.mark.parametrize(
    "file",
    [OURS[0], THEIRS[0], *(pytest.param(file, marks=pytest.mark.slow) for file in (*OURS[1:], *THEIRS[1:]))],
    ids=lambda file: file.name,
)
def test_no_address_gives_a_file_of_the_machine(server, file):
    up = "../" * 12
    ways = [
        *(
            f"{file}",
            f"/{file}",
            f"{up}{file}",
            f"file://{file}",
            f"{up.replace('/', '%2f')}{quote(str(file), safe='')}",
        ),
        *(f"/tmp/{up}{file}", f"{Path.cwd()}/../{Path.cwd().name}/{file.name}", file.name),
    ]
    before = [
        "/gradio_api/file=",
        "/gradio_api/file/",
        "/gradio_api/proxy=",
        "/static/",
        "/assets/",
        "/svelte/",
        "/",
    ]
    before += ["/gradio_api/custom_component/x/server/x/", "/pwa_icon/", "/gradio_api/stream/a/b/1/"]
    for place in before:
        for way in ways:
            status, body = raw(server, quote(place + way, safe="/%=:~"))
            assert status >= 400, (place, way)
            assert not file.is_file() or file.read_bytes()[:40] not in body


@pytest.fixture
def inner_host() -> Iterator[tuple[str, list]]:
    """A server that only this machine can reach, and the requests that it received."""
    visitors = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def listen() -> None:
            while True:
                try:
                    visitor, address = listener.accept()
                except OSError:
                    return
                visitors.append(address)
                visitor.close()

        threading.Thread(target=listen, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", visitors


def test_no_call_makes_the_app_read_a_file_or_ask_another_host(server, inner_host):
    there, visitors = inner_host
    paths = [
        *map(str, (*OURS, *THEIRS)),
        f"http://{there}/",
        f"http://localhost:{there[-5:]}/a.wav",
        f"file://{EVEN}",
    ]
    paths += [
        "http://169.254.169.254/latest/meta-data/",
        f"/gradio_api/file={EVEN}",
        os.path.relpath(EVEN, ROOT),
    ]
    client = httpx.Client(base_url=f"{server.address}/gradio_api")
    for path in paths:
        for given in ({"path": path}, {"path": path, "url": f"http://{there}/"}):
            for route in ("call/recognize", "queue/join"):
                asked = {"data": [given | {"meta": META}], "session_hash": "stranger", "fn_index": 0}
                answer = client.post(route, json=asked)
                assert answer.status_code == 400, (route, path)
                assert "event_id" not in answer.text
        assert raw(server, f"/gradio_api/file={quote(path, safe='')}")[0] == 403
        assert raw(server, f"/gradio_api/proxy={path}")[0] == 404
    assert not visitors


@pytest.mark.parametrize(
    "key", [str(EVEN), "/etc/passwd", "../../app.py", f"file://{EVEN}", "http://127.0.0.1/"]
)
def test_the_functions_of_the_page_open_no_path(server, key):
    for kind in ("upload", "queue", "clip", "example", "take", None):
        answer = call(server, "open_sound", {"kind": kind, "key": key})
        assert "problem" in answer.json()
        assert "token" not in answer.json()


def test_who_has_the_same_file_cannot_find_the_upload_of_another(server, tmp_path):
    theirs = Path(upload(server, EVEN, "my voice.flac"))
    assert raw(server, f"/gradio_api/file={quote(str(theirs))}")[0] == 200
    # With gradio's own seed, which all apps of this installation share.
    shutil.copy(EVEN, tmp_path / "my voice.flac")
    guessed = Path(save_file_to_cache(tmp_path / "my voice.flac", str(tmp_path / "guess")))
    guess = theirs.parents[1] / guessed.parent.name / guessed.name
    assert theirs.name == guess.name
    for path in (guess, theirs.parents[1], theirs.parent, theirs.with_name("other.flac")):
        assert raw(server, f"/gradio_api/file={quote(str(path))}")[0] == 403
        asked = {"data": [{"path": str(path), "meta": META}]}
        assert httpx.post(f"{server.address}/gradio_api/call/recognize", json=asked).status_code == 400


@pytest.mark.parametrize("name", ["../../evil.flac", "/etc/evil.flac", "..\\evil.flac", "a/../../evil.flac"])
def test_an_upload_lies_in_its_folder_whatever_its_name(server, name):
    kept = Path(upload(server, EVEN, name))
    other = Path(upload(server, EVEN))
    assert kept.resolve().is_relative_to(other.parents[1].resolve())
    assert not list(other.parents[2].glob("evil*"))


@pytest.mark.slow
def test_a_link_out_of_the_folder_to_label_is_not_followed(checkpoint, tmp_path):
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    shutil.copy(EVEN, folder / "own.flac")
    shutil.copy(EVEN, elsewhere / "private.flac")
    (folder / "out.flac").symlink_to(elsewhere / "private.flac")
    (folder / "further").symlink_to(elsewhere)
    shutil.copy(EVEN, folder / "swapped.flac")
    with serving(checkpoint, "--annotate", str(folder)) as running:
        rows = call(running, "queue_rows", {"source": "folder"}).json()
        assert rows["names"] == ["own.flac", "swapped.flac"]
        own, swapped = (
            {"kind": "queue", "key": key, "source": "folder", "browser": "b" * 32} for key in rows["keys"]
        )
        assert "token" in call(running, "open_sound", own).json()
        (folder / "swapped.flac").unlink()
        (folder / "swapped.flac").symlink_to(elsewhere / "private.flac")
        assert "problem" in call(running, "open_sound", swapped).json()
        for file in (folder / "own.flac", folder / "annotations.sqlite"):
            assert raw(running, f"/gradio_api/file={file}")[0] == 403


@pytest.mark.slow
def test_the_data_set_is_not_served_but_clip_by_clip(server_with_data, crema_d):
    clip = next(iter(sorted((crema_d / "AudioWAV").glob("*.wav"))))
    assert raw(server_with_data, f"/gradio_api/file={clip}")[0] == 403
    for name in (f"../AudioWAV/{clip.stem}", str(clip), "../../../etc/passwd", "x"):
        assert "problem" in call(server_with_data, "read_clip", name).json()
        assert "problem" in call(server_with_data, "read_sound", name).json()
    lent = call(server_with_data, "read_clip", clip.stem).json()["audio"]
    assert raw(server_with_data, f"/gradio_api/file={lent}") == (200, clip.read_bytes())


# ---- what the page may do


@pytest.fixture
def watched(open_page, browser) -> Callable[[Server], Page]:
    """Open the app and let `window.blocked` collect what its policy forbids."""

    def start(server: Server) -> Page:
        page = open_page(browser, server.address, tolerate=POLICY, permissions=["microphone"])
        page.evaluate(
            """() => { window.blocked = [];
            document.addEventListener("securitypolicyviolation", (event) =>
              window.blocked.push(`${event.effectiveDirective} ${event.blockedURI}`)); }"""
        )
        return page

    return start


def test_html_that_slips_into_the_page_cannot_run(watched, server):
    page = watched(server)
    page.evaluate(
        """() => { const evil = document.createElement("div");
        evil.innerHTML = '<img src="data:," onerror="window.evil = 1"><a href="javascript:window.evil = 2">x</a>'
          + '<iframe srcdoc="<script>parent.evil = 3</script>"></iframe><object data="data:text/html,x"></object>';
        document.body.append(evil); evil.querySelector("a").click();
        const script = document.createElement("script"); script.textContent = "window.evil = 4"; document.body.append(script); }"""
    )
    page.wait_for_function("window.blocked.length >= 4")
    assert page.evaluate("window.evil") is None
    assert page.evaluate("fetch('http://127.0.0.1:9/').catch(() => 'blocked')") == "blocked"
    assert any(entry.startswith("connect-src") for entry in page.evaluate("window.blocked"))


@pytest.mark.slow
def test_no_tab_wants_more_than_the_policy_lets_it(watched, server_with_data, patient):
    page = watched(server_with_data)
    page.get_by_role("button", name="Even", exact=True).click()
    expect(page.locator("#result .bars li .percent").first).to_contain_text("%")
    page.get_by_role("tab", name="Live", exact=True).click()
    page.locator(".live-start").click()
    expect(page.locator(".live-clock")).not_to_have_text("0:00")
    page.locator(".live-start").click()
    for tab, shown in (("Inspect", "#spectrogram"), ("Data set", "#dataset"), ("Results", "#results")):
        page.get_by_role("tab", name=tab, exact=True).click()
        expect(page.locator(shown)).to_be_visible()
    page.get_by_role("tab", name="About", exact=True).click()
    page.get_by_role("button", name="Use via API").click()
    expect(page.get_by_text("/recognize", exact=True).first).to_be_visible()
    assert page.evaluate("window.blocked") == []


# ---- logins


def test_the_app_is_not_for_others_unless_it_is_said(tmp_path):
    command = [sys.executable, "app.py", "--no-browser", "--host", "0.0.0.0"]
    environment = {name: value for name, value in os.environ.items() if name != "SPACE_ID"} | {
        "TMPDIR": str(tmp_path)
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--auth USER:FILE, or add --public" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def strict(checkpoint, tmp_path_factory) -> Iterator[Server]:
    """An app with a password and no place in its queue, for small files only."""
    file = tmp_path_factory.mktemp("password") / "password"
    file.write_text("right\n")
    file.chmod(0o600)
    flags = ("--auth", f"anna:{file}", "--max-queue", "0", "--max-upload", "0.05")
    with serving(checkpoint, *flags) as running:
        yield running


@pytest.mark.slow
def test_without_the_password_there_is_nothing(strict):
    ask = httpx.Client(base_url=f"{strict.address}/gradio_api")
    for path in ("info", "queue/status", "openapi.json", f"file={EVEN}", "upload_progress?upload_id=1"):
        assert ask.get(path).status_code in (401, 403)
    asked = {"data": [None], "session_hash": "stranger", "fn_index": 0}
    for path in ("call/recognize", "queue/join", "run/recognize"):
        assert ask.post(path, json=asked).status_code == 401
    assert ask.post("upload", files={"files": b"x"}).status_code == 401
    body = asked | {"component_id": 1, "fn_name": "open_sound"}
    assert ask.post("component_server", json=body).status_code == 401
    config = httpx.get(f"{strict.address}/config")
    assert config.status_code == 401
    page = httpx.get(strict.address).text  # it lists the endpoints for programs, as the README does
    assert "auth_required" in page
    assert not [name for name in ("server_fns", "open_sound", "recorder") if name in page]


@pytest.fixture
def inside(browser, strict, patient) -> Iterator[Page]:
    """The page of the strict app after a wrong password and a right one."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(strict.address)
    for password in ("wrong", "right"):
        page.get_by_label("username").fill("anna")
        page.get_by_label("password").fill(password)
        page.get_by_role("button", name="Login").click()
        if password == "wrong":
            expect(page.get_by_text("Incorrect")).to_be_visible()
    expect(page.get_by_role("tab", name="Record")).to_be_visible()
    yield page
    context.close()


@pytest.mark.slow
def test_a_full_queue_and_a_large_file_are_told_in_a_sentence(inside):
    inside.get_by_role("button", name="Even", exact=True).click()
    expect(inside.locator(".toast-body").first).to_contain_text("try again in a minute")
    expect(inside.locator("#result .warning")).to_contain_text("try again in a moment")
    inside.locator(".recorder input[type=file]").set_input_files(LONG)
    expect(inside.locator("#result .warning")).to_contain_text("too large to upload")


@pytest.mark.slow
def test_a_program_is_told_of_the_password_the_queue_and_the_size(strict):
    with pytest.raises(Exception, match="Please login"):
        Client(strict.address, verbose=False)
    client = Client(strict.address, verbose=False, auth=("anna", "right"))
    with pytest.raises(Exception, match="Queue is full"):
        client.predict(handle_file(EVEN), api_name="/recognize")
    cookies = client.cookies
    for file in (LONG, ROOT / "README.md"):
        content = file.read_bytes() * (1 if file == LONG else 50)
        answer = httpx.post(f"{strict.address}/gradio_api/upload", files={"files": content}, cookies=cookies)
        assert answer.status_code == 413
