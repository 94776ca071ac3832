"""What the Record tab plays is the decoded sound: at the time that is clicked, whatever the file."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from ser.audio.reading import read_audio
from tests.browser.conftest import DONE, EXAMPLES, wait_until
from tests.helpers.sound_files import encode

PLAYER = "#recorder audio[controls][src]"
STEP_HZ, LOWEST_HZ, RATE = 100, 300, 44_100
NO_HEADER = {"write_xing": "0", "id3v2_version": "0"}

# Listen to the player from now on; `heardHz` is the loudest frequency.
LISTEN = f"""() => {{
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, {{ fftSize: 8192, smoothingTimeConstant: 0 }});
  context.createMediaElementSource(document.querySelector("{PLAYER}")).connect(analyser);
  analyser.connect(context.destination);
  const levels = new Float32Array(analyser.frequencyBinCount);
  window.heardHz = () => {{
    analyser.getFloatFrequencyData(levels);
    const loudest = levels.indexOf(Math.max(...levels));
    return levels[loudest] > -60 ? (loudest * context.sampleRate) / 8192 : 0;
  }};
}}"""


def stairs(from_s: int, to_s: int) -> np.ndarray:
    """A tone that is 100 Hz higher with each second."""
    seconds = np.repeat(np.arange(from_s, to_s), RATE)
    tone = 0.5 * np.sin(2 * np.pi * np.cumsum(LOWEST_HZ + STEP_HZ * seconds) / RATE)
    return tone.astype(np.float32)


def upload(page: Page, file: Path) -> None:
    page.locator("#recorder [data-testid=source-select]").wait_for(state="attached")
    page.locator(".recorder input[type=file]").set_input_files(file)
    expect(page.locator(DONE)).to_be_visible()


def click_at(page: Page, seconds: float, duration_s: float) -> None:
    wave = page.locator("#result .timeline .wave")
    box = wave.bounding_box()
    wave.click(position={"x": box["width"] * seconds / duration_s, "y": box["height"] / 2})


def test_a_click_plays_from_there_in_an_mp3_of_varying_bit_rate_without_a_header(page, tmp_path):
    """By the first frames, browsers take the file for 80 s long, and its middle for its end."""
    parts = [
        encode(tmp_path / f"{rate}.mp3", "libmp3lame", sound, RATE, source_rate=RATE,
               codec_options={"b": rate}, **NO_HEADER)
        for rate, sound in (("64k", stairs(0, 8)), ("320k", stairs(8, 20)))
    ]  # fmt: skip
    file = tmp_path / "varying.mp3"
    file.write_bytes(b"".join(part.read_bytes() for part in parts))
    duration_s = read_audio(file).duration_s
    assert duration_s == pytest.approx(20, abs=0.2)

    upload(page, file)
    page.evaluate(LISTEN)
    for second in (15, 5):
        click_at(page, second + 0.4, duration_s)
        expected_hz = LOWEST_HZ + STEP_HZ * second
        wait_until(lambda: abs(page.evaluate("heardHz()") - expected_hz) < 10, seconds=20)  # noqa: B023
        heard_s = page.evaluate(f"document.querySelector('{PLAYER}').currentTime")
        assert heard_s == pytest.approx(second + 0.5, abs=0.5)


def test_a_format_that_browsers_do_not_play_is_played_in_every_place(page, tmp_path):
    voice = read_audio(EXAMPLES / "even.flac")
    file = encode(tmp_path / "dictated.wma", "wmav2", voice.samples, RATE, codec_options={"b": "128k"})
    upload(page, file)
    click_at(page, 1.0, voice.duration_s)
    expect(page.locator("#result .timeline")).to_have_class("timeline placed")
    page.wait_for_function(f"document.querySelector('{PLAYER}').currentTime > 1.3")

    play = page.get_by_role("button", name="Play dictated")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#sitting .told")).to_be_hidden()
    page.wait_for_function(f"document.querySelector('{PLAYER}').paused")  # one player at a time
    page.get_by_role("button", name="Even", exact=True).click()
    expect(page.get_by_label("Choose even to compare")).to_be_visible()
    expect(page.locator(DONE)).to_be_visible()
    for name in ("dictated", "even"):
        page.get_by_label(f"Choose {name} to compare").check()
    page.get_by_role("button", name="Side by side").click()
    first = page.locator(".comparison audio").first
    first.evaluate("audio => audio.play()")
    page.wait_for_function("document.querySelector('.comparison audio').currentTime > 0.2")
    assert first.evaluate("audio => audio.duration") == pytest.approx(voice.duration_s, abs=0.1)
