"""The Record tab with a microphone, in a real browser."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from ser.audio.reading import SAMPLE_RATE, read_audio
from ser.corpus.crema_d import SENTENCES
from ser.labels import EMOTION_NAMES
from ser.ui.parts.sentences import sentence
from ser.ui.parts.shares import percent
from tests.browser.conftest import (
    DONE,
    EXAMPLES,
    FAKE_MICROPHONE,
    command_line_scores,
    shown_scores,
)

EXAMPLE = EXAMPLES / "even.flac"
PLAYER = "#recorder audio[controls]"  # gradio has others, without controls, while it records


def button(page: Page, word: str):
    return page.get_by_role("button", name=word, exact=True)


def record(page: Page, until: str) -> Path:
    """Record until the clock shows `until`; return the file that the browser uploaded, as the server has it."""
    button(page, "Record").click()
    page.locator(".recorder .time", has_text=until).wait_for()
    with page.expect_response(re.compile("/upload")) as response:
        button(page, "Stop").click()
    page.locator(f"{PLAYER}[src]").wait_for()
    return Path(response.value.json()[0])


def upload(page: Page, file: Path) -> None:
    page.locator(".recorder input[type=file]").set_input_files(file)


@pytest.fixture
def speaking(once, open_page, server):
    """Open the app in a browser whose microphone hears the samples (n,) at 16 kHz, and then silence."""

    def speak(samples: np.ndarray) -> Page:
        padded = np.pad(samples, (0, 30 * SAMPLE_RATE))  # the fake microphone must not end before Stop
        return open_page(once.hear(padded), server.address, permissions=["microphone"])

    return speak


def lag_correlation(part: np.ndarray, whole: np.ndarray) -> tuple[float, float]:
    """The highest correlation of `part` with `whole` at any lag, and the gain at that lag."""
    size = len(part) + len(whole)
    cross = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size)), size)
    lag = int(np.abs(cross).argmax())
    lag -= size if lag > len(whole) else 0
    start, end = max(lag, 0), min(lag + len(part), len(whole))
    a, b = part[start - lag : end - lag], whole[start:end]
    return float(np.corrcoef(a, b)[0, 1]), float(np.sqrt((a**2).mean() / (b**2).mean()))


def test_a_voice_at_the_microphone_gets_the_scores_of_the_command_line(speaking, server):
    page = speaking(read_audio(EXAMPLE).samples)
    uploaded = record(page, until="0:03")
    expect(page.locator(DONE)).to_be_visible()

    said = command_line_scores(server.checkpoint, uploaded)
    assert shown_scores(page) == {
        EMOTION_NAMES[label]: percent(score) for label, score in said["scores"].items()
    }
    expect(page.locator("#result h2")).to_have_text(
        sentence(said["scores"], verdict=said["verdict"], heard=said["heard"])
    )
    expect(page.locator(".said[role=status]")).to_have_text(
        sentence(said["scores"], verdict=said["verdict"], heard=said["heard"])
    )

    assert soundfile.info(uploaded).samplerate == SAMPLE_RATE
    correlation, gain = lag_correlation(read_audio(uploaded).samples, read_audio(EXAMPLE).samples)
    assert correlation > 0.95, "the browser changed the voice"
    assert gain == pytest.approx(1, abs=0.1), "the browser changed how loud the voice is"
    expect(page.get_by_role("complementary", name="Takes of this session")).to_contain_text("1 take")


def test_a_new_recording_clears_the_old_result_at_once(page):
    """The microphone waits for permission, and the old result is already gone."""
    button(page, "Even").click()
    expect(page.locator(DONE)).to_be_visible()
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); }")
    left = page.evaluate(
        """() => {
            document.querySelector(".recorder .big").click();
            return [...document.querySelectorAll("#result .result.done")].filter((old) => old.firstChild.checkVisibility({ visibilityProperty: true })).length;
        }"""
    )
    assert left == 0
    expect(page.locator("#result h2")).to_have_text("Recording…")
    assert set(shown_scores(page).values()) == {"–"}
    expect(page.locator(".recorder .big")).to_have_text("Allow the microphone…")


@pytest.mark.parametrize(
    ("gain", "level", "words"),
    [
        (0.01, "quiet", "Too quiet"),
        pytest.param(1.0, "good", "Good level", marks=pytest.mark.slow),
        pytest.param(30.0, "clipping", "Too loud", marks=pytest.mark.slow),
    ],
)
def test_the_level_is_told_while_recording(speaking, gain, level, words):
    page = speaking(np.tile(read_audio(EXAMPLE).samples, 2) * gain)
    button(page, "Record").click()
    expect(page.locator(f'.recorder[data-level="{level}"] .level-words')).to_contain_text(words)
    meter = page.get_by_role("meter", name="Level")
    expect(meter).to_have_attribute("aria-valuetext", re.compile(words))
    expect(page.get_by_role("timer", name="Time").filter(visible=True)).to_have_text(re.compile("0:0[2-9]"))
    button(page, "Stop").click()
    expect(page.locator(DONE)).to_be_visible()


def test_a_silent_microphone_is_said_before_anything_else(speaking):
    page = speaking(np.zeros(SAMPLE_RATE))
    record(page, until="0:02")
    expect(page.locator("#result h2")).to_contain_text("No voice was found")
    expect(page.locator("#result .warning").first).to_contain_text("silent")
    assert set(shown_scores(page).values()) == {"–"}


def test_the_keys_record_stop_and_play(page):
    page.locator("body").press("r")
    expect(button(page, "Stop")).to_be_visible()
    page.locator(".recorder .time", has_text="0:01").wait_for()
    page.locator("body").press("r")
    expect(page.locator(f"{DONE}, #result .result.problem")).to_be_visible()
    page.locator(f"{PLAYER}[src]").wait_for()
    page.locator("body").press(" ")
    page.wait_for_function(f"document.querySelector('{PLAYER}').currentTime > 0.2")
    page.locator("body").press(" ")
    page.wait_for_function(f"document.querySelector('{PLAYER}').paused")


def test_stopping_at_once_is_answered_too(page):
    button(page, "Record").click()
    button(page, "Stop").click()
    expect(page.locator(f"{DONE}, #result .result.problem")).to_be_visible()
    expect(button(page, "Record")).to_have_attribute("aria-disabled", "false")


@pytest.mark.slow
def test_any_take_may_follow_any_other(page):
    """A recording, two uploads, an example, a recording: each gets a result and appears in the list."""
    takes = page.get_by_role("complementary", name="Takes of this session")
    ways = [
        lambda: record(page, until="0:01"),
        lambda: upload(page, EXAMPLE),
        lambda: button(page, "Even").click(),
    ]
    for number, way in enumerate((0, 1, 1, 2, 2, 1, 0), 1):
        ways[way]()
        expect(takes).to_contain_text(f"{number} take")
        expect(page.locator(DONE)).to_be_visible()
    assert page.evaluate("window.take.number") == number


def test_reading_aloud_shows_how_actors_were_heard(speaking):
    page = speaking(read_audio(EXAMPLE).samples)
    seen = []
    for _ in range(3):
        page.get_by_role("button", name="Next sentence").click()
        prompt = page.locator(".prompt:visible")
        expect(prompt).not_to_have_text(seen[-1] if seen else "")
        seen.append(prompt.inner_text())
    assert len({*seen} & {*SENTENCES.values()}) == 3
    record(page, until="0:03")
    heard = page.locator(".actors-heard")
    expect(heard.get_by_role("heading")).to_contain_text(seen[-1])
    assert heard.locator("tbody th").all_inner_texts() == list(EMOTION_NAMES.values())
    expect(heard).to_contain_text(re.compile("When 1[0-5] actors"))  # not every one has every clip
    button(page, "Even").click()
    expect(heard).to_have_count(0)  # nobody read that sentence


def test_people_are_beside_the_network_where_the_data_set_is(browser, open_page, server_with_data):
    page = open_page(browser, server_with_data.address, permissions=["microphone"])
    page.get_by_label("Read aloud").click()
    page.get_by_role("option", name=SENTENCES["IEO"]).click()
    expect(page.locator(".prompt:visible")).to_have_text(SENTENCES["IEO"])
    record(page, until="0:02")
    heads = page.locator(".actors-heard thead th")
    expect(heads).to_have_text(["Asked to sound", "The network heard", "People heard"])
    page.set_viewport_size({"width": 390, "height": 844})
    expect(heads.first).to_be_hidden()  # each of the answers has its name before it


def test_without_a_microphone_the_page_says_so_and_uploads_work(launch, open_page, server):
    page = open_page(launch(), server.address)
    expect(page.locator(".microphone-note.problem")).to_contain_text("No microphone was found")
    upload(page, EXAMPLE)
    expect(page.locator(DONE)).to_be_visible()


def test_a_microphone_that_was_refused_is_said(launch, open_page, server):
    refusing = launch("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream=deny")
    page = open_page(refusing, server.address, tolerate="Error accessing the microphone")  # gradio's own
    button(page, "Record").click()
    expect(page.locator(".microphone-note.problem")).to_contain_text("Allow it next to the address bar")
    expect(page.locator("#result .warning")).to_contain_text("could not be opened")
    upload(page, EXAMPLE)
    expect(page.locator(DONE)).to_be_visible()


def test_plain_http_from_another_host_is_said(launch, open_page, server):
    elsewhere = launch(*FAKE_MICROPHONE, "--host-resolver-rules=MAP app.test 127.0.0.1")
    page = open_page(elsewhere, f"http://app.test:{urlsplit(server.address).port}")
    button(page, "Record").click()
    expect(page.locator(".microphone-note.problem")).to_contain_text("only on https")
    upload(page, EXAMPLE)
    expect(page.locator(DONE)).to_be_visible()


def test_the_page_says_that_the_browser_leaves_the_voice_alone(page):
    how = page.get_by_text("volume and noise filters are off")
    expect(how).to_be_hidden()
    page.get_by_text("How it works", exact=True).click()
    expect(how).to_be_visible()
