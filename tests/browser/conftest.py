"""Fixtures: the real app in its own process, and a real Chromium whose microphone plays a file."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
import soxr
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from ser.audio.reading import SAMPLE_RATE
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from tests.conftest import ROOT, skip_or_fail

EXAMPLES = ROOT / "ser" / "assets" / "examples"
MICROPHONE_RATE = 48_000  # Hz, what Chromium's fake microphone plays best
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *(
        "--disable-background-networking",
        "--disable-component-update",
        "--autoplay-policy=no-user-gesture-required",
    ),
    "--process-per-site",  # pages of one context share a process, and so the compiled scripts
)
DONE = "#result .result.done:not(.stale)"  # an old one hides while the next take is scored
POLICY = "Content Security Policy"  # what the browser tells of that the page may not do
WHOLE = ("chromium", "chromium-browser", "google-chrome")
FAKE_MICROPHONE = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")


@dataclass
class Server:
    """A running app: where it is, and the process."""

    address: str
    process: subprocess.Popen
    checkpoint: Path


# gradio stops the loading of a player that goes, and does not catch what that throws. Nobody notices.
GRADIOS_OWN = "AbortError: signal is aborted without reason\n    at e.destroy"


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    """The released checkpoint, or the one that SER_TEST_CHECKPOINT names."""
    folder = Path(os.environ.get("SER_TEST_CHECKPOINT") or DEFAULT_CHECKPOINT)
    if not (folder / "card.json").is_file():
        skip_or_fail(f"there is no checkpoint in {folder}: train one, or name one in SER_TEST_CHECKPOINT")
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(checkpoint: Path, *flags: str) -> Iterator[Server]:
    """Run `python app.py` until the block ends; it is ready when it says where it is."""
    command = [sys.executable, "app.py", "--no-browser", "--port", str(free_port()), *flags]
    if checkpoint != DEFAULT_CHECKPOINT:
        command += ["--checkpoint", str(checkpoint)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert "http://" in line, process.stderr.read()
        yield Server(line.split(" at ")[1].split()[0], process, checkpoint)
    finally:
        process.terminate()
        process.communicate(timeout=120)


@pytest.fixture(scope="session")
def server(checkpoint) -> Iterator[Server]:
    """The app as a newcomer starts it: no data set."""
    with serving(checkpoint) as running:
        yield running


@pytest.fixture(scope="session")
def server_with_data(checkpoint, crema_d) -> Iterator[Server]:
    with serving(checkpoint, "--data", str(crema_d)) as running:
        yield running


def find_chromium(*, whole: bool) -> str:
    """Return the path of the headless shell, or of a whole Chromium or Chrome if asked for or if there is no shell.

    The shell has no window to draw: a page takes a quarter less of a core. But it forgets the ids of microphones.
    """
    for name in (*(() if whole else ("chromium-headless-shell",)), *WHOLE):
        if path := shutil.which(name):
            return path
    skip_or_fail("there is no browser: install chromium (`apt-get install chromium`) or Google Chrome")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def launch(playwright) -> Iterator[Callable[..., Browser]]:
    """Start a Chromium with more flags than the usual ones; all are closed at the end."""
    browsers = []

    def start(*flags: str, whole: bool = False) -> Browser:
        path = find_chromium(whole=whole)
        browsers.append(playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags]))
        return browsers[-1]

    yield start
    for browser in browsers:
        browser.close()


@pytest.fixture(scope="session")
def browser(launch) -> Browser:
    """A Chromium with a fake microphone."""
    return launch(*FAKE_MICROPHONE)


class SharedContext:
    """A context that tests use one after another, because a new one compiles all scripts of the page again.

    A test finds nothing there that another one left behind: each has a page of its own, and `clear` removes the rest.
    """

    OPTIONS = frozenset(
        {"viewport", "permissions", "color_scheme", "reduced_motion"}
    )  # which a page may change

    def __init__(self, browser: Browser, address: str):
        self.context = browser.new_context()
        self.origins: set[str] = set()
        self.anchor = self.context.new_page()  # keeps the process alive that has compiled the scripts
        self.anchor.goto(f"{address}/robots.txt")

    def new_page(self, address: str, options: dict[str, Any]) -> Page:
        self.origins.add(address)
        if "permissions" in options:
            self.context.grant_permissions(options["permissions"])
        page = self.context.new_page()
        page.set_viewport_size(options["viewport"])
        page.emulate_media(**{name: options.get(name) for name in ("color_scheme", "reduced_motion")})
        return page

    def clear(self) -> None:
        for page in self.context.pages:
            if page is not self.anchor:
                page.close()
        self.context.clear_cookies()
        self.context.clear_permissions()
        devtools = self.context.new_cdp_session(self.anchor)
        for origin in self.origins:
            devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        devtools.detach()


@pytest.fixture(scope="session")
def shared_contexts() -> defaultdict[Browser, list[SharedContext]]:
    """The contexts of each browser: as many as a test has opened pages in it at most."""
    return defaultdict(list)


@pytest.fixture
def open_page(request, shared_contexts) -> Iterator[Callable[..., Page]]:
    """Open the app as on a first visit; in the end no page may have asked another host, or raised an error.

    Nor may one have wanted what the policy in the app's headers forbids. Each page has a context of its own, or one
    that is as good as new.
    """
    failed = request.session.testsfailed
    own: list[BrowserContext] = []
    shared: defaultdict[Browser, list[SharedContext]] = defaultdict(list)
    watched, foreign, broken = [], [], []

    def open_in(
        browser: Browser, address: str, path: str = "/", tolerate: str = "\n", script: str = "", **options
    ) -> Page:
        options = {"viewport": {"width": 1280, "height": 800}} | options
        if options.keys() <= SharedContext.OPTIONS:
            all_of_browser, taken = shared_contexts[browser], shared[browser]
            if len(taken) == len(all_of_browser):
                all_of_browser.append(SharedContext(browser, address))
            taken.append(all_of_browser[len(taken)])
            page = taken[-1].new_page(address, options)
        else:
            own.append(browser.new_context(**options))
            page = own[-1].new_page()
        context = page.context
        context.set_default_timeout(60_000)
        if script:
            page.add_init_script(script)

        def look(request) -> None:
            url = urlsplit(request.url)
            if url.scheme not in ("data", "blob") and url.netloc != urlsplit(address).netloc:
                foreign.append(request.url)

        context.on("request", look)
        watched.append((context, look))
        page.on(
            "pageerror",
            lambda error: (
                None
                if tolerate in str(error) or GRADIOS_OWN in str(error.stack)
                else broken.append(error.stack or str(error))
            ),
        )
        page.on(
            "console",
            lambda said: (
                broken.append(said.text) if POLICY in said.text and tolerate not in said.text else None
            ),
        )
        page.goto(address + path)
        page.get_by_role("tab", name="Record").wait_for()
        return page

    yield open_in
    for context, look in watched:
        context.remove_listener("request", look)
    for context in own:
        context.close()
    for browser, taken in shared.items():
        for context in taken:
            if request.session.testsfailed == failed:
                context.clear()
            else:  # who knows what the test did there
                shared_contexts[browser].remove(context)
                context.context.close()
    assert not foreign
    assert not broken


@pytest.fixture
def page(open_page, browser, server) -> Page:
    """The app of a newcomer, at the size of a laptop."""
    return open_page(browser, server.address, permissions=["microphone"])


class Microphone:
    """A Chromium whose microphone plays what `hear` was given, from the start each time that it is opened."""

    def __init__(self, launch: Callable[..., Browser], file: Path, *, loop: bool):
        self.file = file
        played = f"--use-file-for-fake-audio-capture={file}{'' if loop else '%noloop'}"
        self.browser = launch(*FAKE_MICROPHONE, played)

    def hear(self, samples: np.ndarray) -> Browser:
        """Play samples (n,) at 16 kHz from now on."""
        played = soxr.resample(samples.astype(np.float32), SAMPLE_RATE, MICROPHONE_RATE)
        soundfile.write(self.file, np.clip(played, -1, 1), MICROPHONE_RATE, subtype="PCM_16")
        return self.browser


@pytest.fixture(scope="session")
def once(launch, tmp_path_factory) -> Microphone:
    """A microphone that is silent, and sends nothing, after what it heard."""
    return Microphone(launch, tmp_path_factory.mktemp("once") / "voice.wav", loop=False)


@pytest.fixture(scope="session")
def again(launch, tmp_path_factory) -> Microphone:
    """A microphone that hears the same again and again."""
    return Microphone(launch, tmp_path_factory.mktemp("again") / "voice.wav", loop=True)


def wait_until(what: Callable[[], object], *, seconds: float = 120) -> None:
    """Wait for what no locator can expect: files, logs, several numbers of the page at once."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def command_line_scores(checkpoint: Path, file: Path, *flags: str) -> dict:
    """What `python -m ser recognize` says about a file."""
    command = [sys.executable, "-m", "ser", "recognize", str(file), "--format", "json", *flags]
    command += ["--checkpoint", str(checkpoint)]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(run.stdout)[0]


def shown_scores(page: Page) -> dict[str, str]:
    """The six names and percentages on the page."""
    rows = page.locator("#result .bars li")
    return {row.locator(".name").inner_text(): row.locator(".percent").inner_text() for row in rows.all()}


@pytest.fixture(scope="session", autouse=True)
def patient() -> None:
    """Wait longer than a busy machine takes; what is there sooner is not waited for."""
    expect.set_options(timeout=60_000)
