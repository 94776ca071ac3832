"""Recordings that go wrong between Record and the result: a sentence says so soon, and the microphone is closed."""

import re

import pytest
from playwright.sync_api import Page, expect

from ser.audio.reading import read_audio
from tests.browser.conftest import DONE, EXAMPLES
from tests.browser.record.test_record import button, record

TRACKS = """window.tracks = [];
window.addEventListener("microphone-opened", (event) => window.tracks.push(...event.detail.getTracks()));
"""


def first_start(body: str) -> str:
    """Return a script in which the page's first recorder of the browser starts in another way."""
    return f"""{TRACKS}
const start = MediaRecorder.prototype.start;
MediaRecorder.prototype.start = function (...options) {{
  MediaRecorder.prototype.start = start;
  {body}
}};"""


LATE = first_start("setTimeout(() => start.apply(this, options), 700);")
EMPTY = first_start(
    """const receive = this.ondataavailable;
    this.ondataavailable = () => receive(new BlobEvent("dataavailable", { data: new Blob() }));
    start.apply(this, options);"""
)
# gradio reports nothing if it fails between decoding a recording and uploading it.
UNSENT = f"""{TRACKS}
const decode = BaseAudioContext.prototype.decodeAudioData;
BaseAudioContext.prototype.decodeAudioData = async function (...options) {{
  BaseAudioContext.prototype.decodeAudioData = decode;
  await decode.apply(this, options);
  return {{ get numberOfChannels() {{ throw new RangeError("by the test"); }} }};
}};"""
REFUSING = first_start("throw new DOMException('refused by the test', 'NotSupportedError');")


@pytest.fixture
def talking(again):
    """A Chromium whose microphone plays a synthetic voice in a loop."""
    return again.hear(read_audio(EXAMPLES / "even.flac").samples)


@pytest.fixture
def visit(talking, open_page, server):
    """Open the app after a script has run, with errors tolerated that contain the given words."""

    def open_with(script: str, tolerate: str = "\n") -> Page:
        return open_page(
            talking, server.address, script=script, tolerate=tolerate, permissions=["microphone"]
        )

    return open_with


def is_ready_again(page: Page) -> None:
    """Check that the microphone is closed, and that the next recording gets a result."""
    expect(button(page, "Record")).to_have_attribute("aria-disabled", "false")
    page.wait_for_function("window.tracks.every((track) => track.readyState === 'ended')")
    record(page, until="0:02")
    expect(page.locator(DONE)).to_be_visible()
    page.wait_for_function("window.tracks.every((track) => track.readyState === 'ended')")


def test_a_stop_before_the_browser_records_is_not_lost(visit):
    page = visit(LATE)
    button(page, "Record").click()
    button(page, "Stop").click()
    expect(page.locator(f"{DONE}, #result .result.problem")).to_be_visible()
    is_ready_again(page)


def test_a_recording_without_a_sound_is_said_soon(visit):
    page = visit(EMPTY)
    button(page, "Record").click()
    button(page, "Stop").click()
    expect(page.locator("#result .warning")).to_contain_text("Nothing was recorded")
    is_ready_again(page)


def test_a_recording_that_is_lost_on_the_way_is_said(visit):
    page = visit(UNSENT)
    button(page, "Record").click()
    button(page, "Stop").click()
    expect(page.locator("#result .warning")).to_contain_text("did not arrive", timeout=40_000)
    is_ready_again(page)


@pytest.mark.parametrize(
    ("status", "says"), [(None, "did not arrive"), pytest.param(413, "too large", marks=pytest.mark.slow)]
)
def test_a_file_that_cannot_be_uploaded_is_said_and_the_first_one_is_awaited(visit, status, says):
    page = visit(TRACKS)
    seen = "(result) => new MutationObserver(() => window.titles.add(result.querySelector('h2')?.textContent)).observe(result, { childList: true, subtree: true })"
    page.evaluate("window.titles = new Set()")
    page.locator("#result").evaluate(seen)
    held = []
    page.route(re.compile("/gradio_api/upload"), lambda route: held.append(route), times=1)
    page.locator(".recorder input[type=file]").set_input_files(EXAMPLES / "even.flac")
    expect(page.locator("#result h2")).to_have_text("Listening…")
    while not held:
        page.wait_for_timeout(20)
    held[0].fulfill(status=status, body="no") if status else held[0].abort()
    expect(page.locator("#result .warning")).to_contain_text(says)
    assert "How does this voice sound?" not in page.evaluate("[...window.titles]")
    page.locator(".recorder input[type=file]").set_input_files(EXAMPLES / "even.flac")
    expect(page.locator(DONE)).to_be_visible()
    assert "How does this voice sound?" not in page.evaluate("[...window.titles]")


@pytest.mark.parametrize("stops", [False, True], ids=["waits", "stops"])
def test_a_recorder_that_does_not_start_closes_the_microphone(visit, stops):
    page = visit(REFUSING, tolerate="refused by the test")
    button(page, "Record").click()
    if stops:
        button(page, "Stop").click()
    expect(page.locator("#result .warning")).to_contain_text("could not be opened")
    expect(page.locator(".microphone-note.problem")).to_contain_text("did not answer")
    is_ready_again(page)


@pytest.mark.parametrize(
    ("status", "says"), [(None, "did not arrive"), (500, "did not arrive"), (413, "too large")]
)
def test_a_recording_that_cannot_be_uploaded_is_said_soon(visit, status, says):
    page = visit(TRACKS)
    page.route(
        re.compile("/gradio_api/upload"),
        lambda route: route.fulfill(status=status, body="no") if status else route.abort(),
        times=1,
    )
    button(page, "Record").click()
    page.locator(".recorder .time", has_text="0:01").wait_for()
    button(page, "Stop").click()
    expect(page.locator("#result .warning")).to_contain_text(says)
    is_ready_again(page)


def test_a_microphone_that_is_unplugged_ends_the_recording(visit):
    page = visit(TRACKS)
    button(page, "Record").click()
    page.locator(".recorder .time", has_text="0:01").wait_for()
    # A page cannot unplug a microphone: it ends the track, and sends the event that the browser would send.
    page.evaluate(
        "() => { const [track] = window.tracks; track.stop(); track.dispatchEvent(new Event('ended')); }"
    )
    expect(page.locator(DONE)).to_be_visible()
    note = page.locator(".microphone-note.problem")
    expect(note).to_contain_text("disconnected, which ended the recording")
    is_ready_again(page)
    expect(note).to_have_count(0)
