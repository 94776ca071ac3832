"""Below a folder of another site: `--root-path`, behind nginx with the documented configuration."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import expect

from tests.browser.conftest import DONE, EXAMPLES, free_port, serving
from tests.browser.server.test_proxy import AROUND, answers, wait_until
from tests.helpers.hosting import NGINX, find_nginx

pytestmark = pytest.mark.slow
ROOT_PATH = "/labs/listener"


@pytest.fixture(scope="module")
def below(checkpoint):
    with serving(checkpoint, "--root-path", ROOT_PATH) as running:
        yield running


@pytest.fixture(params=["keeps the path", "removes it"])
def site(request, below, tmp_path) -> Iterator[str]:
    """The address of nginx, which has the app below a folder and nothing else."""
    port, text = free_port(), NGINX.read_text()
    changes = {
        "location / {": f"location {ROOT_PATH}/ {{",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "127.0.0.1:7860": below.address.removeprefix("http://").replace("localhost", "127.0.0.1"),
        "    server 127.0.0.1:7861 max_fails=1 fail_timeout=10s;\n": "",
    }
    if request.param == "removes it":
        changes["http://emotion_listener;"] = "http://emotion_listener/;"
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    (tmp_path / "emotion-listener.conf").write_text(text)
    (tmp_path / "nginx.conf").write_text(AROUND)
    command = [find_nginx(), "-p", str(tmp_path), "-c", "nginx.conf", "-g", "daemon off; master_process off;"]
    running = subprocess.Popen(command)
    try:
        address = f"http://localhost:{port}"
        wait_until(lambda: answers(address))
        yield address
    finally:
        running.terminate()
        running.wait()


def test_the_page_and_all_it_asks_for_are_below_the_folder(open_page, browser, site):
    asked = []
    page = open_page(browser, site, ROOT_PATH, permissions=["microphone"])
    page.context.on("response", lambda response: asked.append((response.status, response.url)))
    page.reload()
    assert page.url.startswith(f"{site}{ROOT_PATH}/")
    page.get_by_role("button", name="Even", exact=True).click()
    expect(page.locator(DONE)).to_be_visible()
    assert page.locator(".result").evaluate("(result) => getComputedStyle(result).display") == "grid"
    page.get_by_role("button", name="Play Even", exact=True).click()
    expect(page.get_by_role("button", name="Play Even", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("tab", name="Live").click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator('.live[data-state="running"]')).to_be_visible()
    page.wait_for_function("Number(document.querySelector('.live').dataset.readings) > 0")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("tab", name="Data set").click()
    expect(page.locator(".clip-row").first).to_be_visible()
    assert {
        url for status, url in asked if status >= 400 or not url.startswith(f"{site}{ROOT_PATH}/")
    } == set()
    assert len(asked) > 50


def test_it_is_installed_from_below_the_folder(open_page, browser, site):
    page = open_page(browser, site, f"{ROOT_PATH}/")
    manifest = page.context.new_cdp_session(page).send("Page.getAppManifest")
    assert manifest["url"] == f"{site}{ROOT_PATH}/manifest.json"
    assert manifest["errors"] == []
    icons = httpx.get(manifest["url"]).json()["icons"]
    for address in [*(icon["src"] for icon in icons), f"{ROOT_PATH}/favicon.ico"]:
        assert address.startswith(f"{ROOT_PATH}/")
        assert httpx.get(site + address).headers["content-type"].startswith("image/")


def test_programs_use_it_there_too(site):
    client = Client(f"{site}{ROOT_PATH}/", verbose=False)
    answer = client.predict(handle_file(Path(EXAMPLES, "even.flac")), api_name="/recognize")
    assert answer["file"] == "even.flac"
    assert answer["scores"]
