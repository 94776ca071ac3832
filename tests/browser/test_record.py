"""The Record tab in a real browser."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from playwright.sync_api import Page, expect

from ser.audio import SAMPLE_RATE, read_audio
from ser.labels import EMOTION_NAMES
from ser.ui.result import percent, sentence
from tests.browser.conftest import (
    EXAMPLES,
    FAKE_MICROPHONE,
    MICROPHONE_RATE,
    command_line_scores,
    shown_scores,
    write_microphone,
)

EXAMPLE = EXAMPLES / "even.flac"
DONE = "#result .result.done"


def record(page: Page, until: str) -> Path:
    """Record until the clock shows `until`; return the file that the browser uploaded, as the server has it."""
    page.get_by_role("button", name="Record", exact=True).click()
    page.locator("#recorder time.duration", has_text=until).wait_for()
    with page.expect_response(re.compile("/upload")) as response:
        page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_test_id("waveform-controls").wait_for()
    return Path(response.value.json()[0])


def upload(page: Page, file: Path) -> None:
    page.get_by_role("button", name="Upload file").click()
    page.locator("#recorder input[type=file]").set_input_files(file)


def lag_correlation(part: np.ndarray, whole: np.ndarray) -> tuple[float, float]:
    """The highest correlation of `part` with `whole` at any lag, and the gain at that lag."""
    size = len(part) + len(whole)
    cross = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size)), size)
    lag = int(np.abs(cross).argmax())
    lag -= size if lag > len(whole) else 0
    start, end = max(lag, 0), min(lag + len(part), len(whole))
    a, b = part[start - lag : end - lag], whole[start:end]
    return float(np.corrcoef(a, b)[0, 1]), float(np.sqrt((a**2).mean() / (b**2).mean()))


def test_a_voice_at_the_microphone_gets_the_scores_of_the_command_line(launch, open_page, server, tmp_path):
    samples = soxr.resample(read_audio(EXAMPLE).samples, SAMPLE_RATE, MICROPHONE_RATE)
    voice = np.pad(samples, (0, 3 * MICROPHONE_RATE))  # the fake microphone must not end before Stop
    browser = launch(*FAKE_MICROPHONE, write_microphone(tmp_path / "voice.wav", voice, MICROPHONE_RATE))
    page = open_page(browser, server.address, permissions=["microphone"])
    uploaded = record(page, until="0:03")
    expect(page.locator(DONE)).to_be_visible()

    said = command_line_scores(server.checkpoint, uploaded)
    assert shown_scores(page) == {
        EMOTION_NAMES[label]: percent(score) for label, score in said["scores"].items()
    }
    expect(page.get_by_role("status").filter(has_text=sentence(said["scores"]))).to_be_visible()

    assert soundfile.info(uploaded).samplerate == SAMPLE_RATE
    heard = read_audio(uploaded).samples
    correlation, gain = lag_correlation(heard, read_audio(EXAMPLE).samples)
    assert correlation > 0.95, "the browser changed the voice"
    assert gain == pytest.approx(1, abs=0.1), "the browser changed how loud the voice is"

    page.get_by_role("button", name="Record again").click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    expect(page.locator(DONE)).to_have_count(0)  # nobody reads the old result beside the new voice
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#result .result.done, #result .result.problem")).to_be_visible()


def test_a_silent_microphone_is_said(launch, open_page, server, tmp_path):
    silence = write_microphone(tmp_path / "silence.wav", np.zeros(8 * MICROPHONE_RATE), MICROPHONE_RATE)
    page = open_page(launch(*FAKE_MICROPHONE, silence), server.address, permissions=["microphone"])
    record(page, until="0:01")
    expect(page.locator("#result .warning")).to_contain_text("silent")
    assert set(shown_scores(page).values()) == {"–"}


def test_an_upload_is_scored_with_its_picture_and_the_part_that_was_scored(page, server, tmp_path):
    long = EXAMPLES / "quiet_and_falling.flac"
    upload(page, long)
    expect(page.locator(DONE)).to_be_visible()
    said = command_line_scores(server.checkpoint, long)
    assert shown_scores(page) == {
        EMOTION_NAMES[label]: percent(score) for label, score in said["scores"].items()
    }
    windows = f"All 5.1 s were scored: {len(said['windows'])} windows of 3 s"
    expect(page.locator("#result .part")).to_contain_text(windows)

    image = page.locator("#result .picture img")
    assert image.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [600, 600]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PNG").click()
    assert download.value.suggested_filename == "quiet_and_falling_log-mel.png"
    download.value.save_as(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_an_example_is_one_click_and_a_new_one_replaces_its_result(page):
    page.get_by_role("button", name="Loud and clipped").click()
    expect(page.locator("#result .part")).to_contain_text("1.4 s")
    page.get_by_role("button", name="Even", exact=True).click()
    expect(page.locator("#result .part")).to_contain_text("2.8 s")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.wav", b"These are words and no sound at all.\n" * 40, "no sound file"),
        ("empty.wav", b"", "empty"),
    ],
)
def test_a_file_that_is_no_audio_is_said(page, tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    upload(page, tmp_path / name)
    expect(page.locator("#result .warning")).to_contain_text(said)
    assert set(shown_scores(page).values()) == {"–"}


def test_a_recording_that_is_too_short_is_said(page, tmp_path):
    soundfile.write(tmp_path / "short.wav", np.full(1600, 0.3), SAMPLE_RATE)
    upload(page, tmp_path / "short.wav")
    expect(page.locator("#result .warning")).to_contain_text("too short")


def test_of_a_file_that_was_cut_off_the_rest_is_scored_with_a_warning(page, tmp_path):
    soundfile.write(tmp_path / "whole.wav", read_audio(EXAMPLE).samples, SAMPLE_RATE)
    whole = (tmp_path / "whole.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    upload(page, tmp_path / "cut.wav")
    expect(page.locator(DONE)).to_be_visible()
    expect(page.locator("#result .warning")).to_contain_text("cut off")


def test_without_a_microphone_the_page_says_so_and_uploads_work(launch, open_page, server):
    page = open_page(launch(), server.address)
    expect(page.locator(".microphone-note.problem")).to_contain_text("microphone")
    upload(page, EXAMPLE)
    expect(page.locator(DONE)).to_be_visible()


def test_a_microphone_that_was_refused_is_said(launch, open_page, server):
    refusing = launch("--use-fake-device-for-media-stream", "--deny-permission-prompts")
    page = open_page(refusing, server.address, tolerate="Error accessing the microphone")  # gradio's own
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator(".microphone-note.problem")).to_contain_text("allow it beside the address")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(open_page, browser, server, theme):
    phone = {"width": 390, "height": 844}
    page = open_page(
        browser, server.address, f"/?__theme={theme}", viewport=phone, permissions=["microphone"]
    )
    width = "document.documentElement.scrollWidth"
    page.get_by_role("button", name="Quiet and falling").click()
    expect(page.locator(DONE)).to_be_visible()
    assert page.evaluate(width) <= phone["width"]
    for tab in ("Data set", "About"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel").filter(visible=True).first).to_be_visible()
        assert page.evaluate(width) <= phone["width"]
