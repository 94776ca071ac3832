"""The Record tab with files, in a real browser: result, picture, timeline, and answers that arrive too late."""

import re

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from ser.audio.reading import SAMPLE_RATE, read_audio
from ser.labels import EMOTION_NAMES
from ser.ui.parts.shares import percent
from tests.browser.conftest import DONE, EXAMPLES, command_line_scores, shown_scores, wait_until
from tests.browser.record.test_record import EXAMPLE, PLAYER, button, upload

LONG, SHORT = EXAMPLES / "quiet_and_falling.flac", EXAMPLES / "loud_and_clipped.flac"
LONG_S, SHORT_S, EVEN_S = (soundfile.info(file).duration for file in (LONG, SHORT, EXAMPLE))


def test_an_upload_is_scored_with_its_picture_and_the_part_that_was_scored(page, server, tmp_path):
    upload(page, LONG)
    expect(page.locator(DONE)).to_be_visible()
    said = command_line_scores(server.checkpoint, LONG)
    assert shown_scores(page) == {
        EMOTION_NAMES[label]: percent(score) for label, score in said["scores"].items()
    }
    part = page.locator("#result .part")
    expect(part).to_contain_text(f"All {LONG_S:.1f} s were scored, in {len(said['windows'])} windows of 3 s")
    expect(part).to_contain_text("The bars are the average")
    frame = page.locator("#result .wave .frame").bounding_box()
    wave = page.locator("#result .wave").bounding_box()
    assert frame["width"] / wave["width"] == pytest.approx(
        3 / LONG_S, abs=0.03
    )  # the pictured window, marked

    image = page.locator("#result .picture img")
    for side in ("naturalWidth", "naturalHeight"):
        expect(image).to_have_js_property(side, 600)
    expect(page.locator("#result figcaption")).to_contain_text("How to read it")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PNG").click()
    assert download.value.suggested_filename == "quiet_and_falling_log-mel.png"
    download.value.save_as(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_a_click_on_a_phrase_plays_it_to_its_end(page, tmp_path):
    clips = [soundfile.read(EXAMPLES / name)[0] for name in ("loud_and_clipped.flac", "even.flac")]
    pause = 1e-4 * np.random.default_rng(0).standard_normal(16_000)
    soundfile.write(tmp_path / "two.wav", np.concatenate([clips[0], pause, clips[1]]), 16_000)
    upload(page, tmp_path / "two.wav")
    block = page.locator("#result .phrases .phrase").first
    block.click()
    audio = page.locator("#recorder audio[controls][src]")
    expect(audio).to_have_js_property("paused", False)
    expect(audio).to_have_js_property("paused", True)
    end_s = float(block.get_attribute("data-to"))
    assert audio.evaluate("(audio) => audio.currentTime") == pytest.approx(end_s, abs=0.4)
    page.locator(".phrase-list summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="TextGrid").click()
    assert download.value.suggested_filename == "two_phrases.TextGrid"


def test_words_of_phrases_are_whole_or_left_out_and_can_be_pressed_on_a_phone(
    open_page, browser, server, tmp_path
):
    clips = [soundfile.read(EXAMPLES / name)[0] for name in ("loud_and_clipped.flac", "even.flac")]
    pause = 1e-4 * np.random.default_rng(0).standard_normal(16_000)
    parts = [part for clip in (*clips, *clips) for part in (clip, pause)]
    soundfile.write(tmp_path / "four.wav", np.concatenate(parts), 16_000)
    page = open_page(browser, server.address, viewport={"width": 390, "height": 844})
    upload(page, tmp_path / "four.wav")
    blocks = page.locator("#result .phrases .phrase")
    wide = (
        "(blocks) => blocks.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)"
    )
    assert blocks.evaluate_all(wide) == []
    blocks.first.evaluate("(one) => { one.style.width = '45%'; }")
    expect(blocks.first.locator("span")).to_be_visible()
    for place in (".phrase-list summary", ".picture a"):
        assert page.locator(f"#result {place}").bounding_box()["height"] >= 43.5


@pytest.mark.slow
def test_what_was_scored_of_a_short_take_is_marked_in_its_picture(page):
    button(page, "Loud and clipped").click()
    expect(page.locator("#result .picture .padding")).to_contain_text("silence, added")
    window = page.locator("#result .picture .window").bounding_box()
    frame = page.locator("#result .picture .frame").bounding_box()
    assert window["width"] / frame["width"] == pytest.approx(SHORT_S / 3, abs=0.03)
    expect(page.locator("#result .lane")).to_have_count(0)


def test_a_click_on_the_timeline_plays_from_there(page):
    upload(page, LONG)
    expect(page.locator("#result .lane .name")).to_have_text(list(EMOTION_NAMES.values()))
    page.locator("#result .lane").nth(3).hover()
    expect(page.locator("#result .readout")).to_have_text(re.compile(r"\d\.\d s: \w+ \d+%, \w+ \d+%"))
    page.evaluate(
        """() => document.addEventListener("play", ({ target }) => (window.played_s ??= target.currentTime), true)"""
    )
    wave = page.locator("#result .wave")
    wave.click(position={"x": 0.5 * wave.bounding_box()["width"], "y": 10})
    page.wait_for_function("window.played_s !== undefined")
    assert page.evaluate("window.played_s") == pytest.approx(0.5 * LONG_S, abs=0.2)
    place = page.get_by_role("slider", name="Position in the recording")
    page.wait_for_function(f"document.querySelector('{PLAYER}').ended")
    expect(place).to_have_attribute("aria-valuenow", f"{LONG_S:.2f}")

    place.press("Home")
    place.press("ArrowRight")
    expect(place).to_have_attribute("aria-valuenow", "0.50")
    place.press("Enter")
    page.wait_for_function(f"document.querySelector('{PLAYER}').currentTime > 0.7")


def test_a_newer_analysis_is_not_overwritten_by_an_older_one(page, tmp_path):
    minutes = np.tile(read_audio(LONG).samples, 90)  # some seconds of work
    soundfile.write(tmp_path / "long.flac", minutes, SAMPLE_RATE)
    answering = set()  # gradio's streams of answers, which end with the last one
    page.on("request", lambda request: "/queue/data" in request.url and answering.add(request))
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda request: answering.discard(request))
    # The newer one begins as soon as the older one has, however slow the machine is.
    page.evaluate(
        """() => {
          const send = window.fetch;
          window.fetch = (address, options) => {
            const sent = send(address, options);
            if (String(address).includes("/queue/join") && String(options?.body).includes("long.flac")) {
              window.fetch = send;
              [...document.querySelectorAll("button")].find((found) => found.textContent.trim() === "Even").click();
            }
            return sent;
          };
        }"""
    )
    upload(page, tmp_path / "long.flac")
    expect(page.locator("#result .part")).to_contain_text(f"{EVEN_S:.1f} s")
    assert answering, "the older analysis ended before the newer one: make it longer"
    while answering:
        page.wait_for_timeout(100)
    expect(page.locator("#result .part")).to_contain_text(f"{EVEN_S:.1f} s")
    expect(page.locator("#sitting")).to_contain_text("1 take")


@pytest.mark.slow
def test_an_example_is_one_click_and_the_same_one_may_be_clicked_again(page):
    button(page, "Loud and clipped").click()
    expect(page.locator("#result .part")).to_contain_text(f"{SHORT_S:.1f} s")
    for _ in range(2):
        button(page, "Even").click()
        expect(page.locator("#result .part")).to_contain_text(f"{EVEN_S:.1f} s")
    expect(page.locator("#sitting")).to_contain_text("3 takes")


def test_a_file_that_is_chosen_while_another_is_on_its_way_takes_its_place(page):
    page.locator("#recorder [data-testid=source-select]").wait_for(state="attached")
    page.evaluate(
        """(bytes) => {
            const input = document.querySelector(".recorder input[type=file]");
            for (const name of ["first.flac", "second.flac"]) {
                const files = new DataTransfer();
                files.items.add(new File([new Uint8Array(bytes)], name));
                input.files = files.files;
                input.dispatchEvent(new Event("change"));
            }
        }""",
        list(EXAMPLE.read_bytes()),
    )
    expect(page.locator(DONE)).to_be_visible()
    expect(page.locator("#sitting")).to_contain_text("1 take")
    expect(page.get_by_label("Name of the take")).to_have_value("second")


@pytest.mark.slow
def test_a_file_may_be_dropped(page):
    dropped = page.evaluate_handle(
        """(bytes) => {
            const files = new DataTransfer();
            files.items.add(new File([new Uint8Array(bytes)], "dropped.flac"));
            return files;
        }""",
        list(EXAMPLE.read_bytes()),
    )
    page.dispatch_event(".recorder", "dragover", {"dataTransfer": dropped})
    expect(page.locator(".source.dropping")).to_be_visible()
    page.dispatch_event(".recorder", "drop", {"dataTransfer": dropped})
    expect(page.locator("#result .part")).to_contain_text(f"{EVEN_S:.1f} s")
    expect(page.locator(".source.dropping")).to_have_count(0)


@pytest.mark.slow
def test_clearing_the_take_clears_its_result(page):
    button(page, "Even").click()
    expect(page.locator(DONE)).to_be_visible()
    page.locator("#recorder").get_by_role("button", name="Clear").click()
    expect(page.locator("#result h2")).to_have_text("How does this voice sound?")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"These are words and no sound at all.\n" * 40, "not a sound file"),
        ("empty.wav", b"", "empty"),
    ],
)
def test_a_file_that_is_no_audio_is_said(page, tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    upload(page, tmp_path / name)
    expect(page.locator("#result .warning")).to_contain_text(said)
    assert set(shown_scores(page).values()) == {"–"}


@pytest.mark.slow
def test_a_file_that_is_too_large_is_said(page):
    page.evaluate("window.gradio_config.max_file_size = 1000")
    upload(page, EXAMPLE)
    expect(page.locator("#result .warning")).to_contain_text("too large")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda voice: voice[8000:20_000], "very short"),
        (lambda voice: voice * 0.005, "very quiet"),
        (lambda voice: np.clip(voice * 20, -1, 1), "too loud"),
        (
            lambda voice: voice * 0.3 + np.random.default_rng(0).normal(0, 0.02, len(voice)),
            "background noise",
        ),
    ],
    ids=["short", "quiet", "clipped", "noisy"],
)
def test_what_was_wrong_with_a_recording_stands_above_its_scores(page, tmp_path, spoil, said):
    soundfile.write(tmp_path / "spoilt.wav", spoil(read_audio(EXAMPLE).samples), SAMPLE_RATE)
    upload(page, tmp_path / "spoilt.wav")
    advice = page.locator("#result .warning", has_text=said)
    expect(advice).to_be_visible()
    assert advice.bounding_box()["y"] < page.locator("#result .bars").bounding_box()["y"]


@pytest.mark.slow
def test_of_a_file_that_was_cut_off_the_rest_is_scored_with_a_warning(page, tmp_path):
    soundfile.write(tmp_path / "whole.wav", read_audio(EXAMPLE).samples, SAMPLE_RATE)
    whole = (tmp_path / "whole.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    upload(page, tmp_path / "cut.wav")
    expect(page.locator(DONE)).to_be_visible()
    expect(page.locator("#result .warning").last).to_contain_text("cut off")


def in_sight(page: Page, selector: str) -> bool:
    box, size = page.locator(selector).first.bounding_box(), page.viewport_size
    return box["y"] >= 0 and box["y"] + box["height"] <= size["height"]


def test_the_main_act_needs_no_scrolling_on_a_laptop(page):
    wait_until(lambda: in_sight(page, ".recorder"))
    button(page, "Quiet and falling").click()
    expect(page.locator(DONE)).to_be_visible()
    for selector in (".recorder .big", PLAYER, "#result h2", "#result .bars", "#result .timeline"):
        wait_until(lambda: in_sight(page, selector))  # noqa: B023


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(open_page, browser, server, theme):
    phone = {"width": 390, "height": 844}
    page = open_page(
        browser, server.address, f"/?__theme={theme}", viewport=phone, permissions=["microphone"]
    )
    width = "document.documentElement.scrollWidth"
    button(page, "Quiet and falling").click()
    expect(page.locator(DONE)).to_be_visible()
    expect(page.locator("#result h2")).to_be_in_viewport()  # the example that was pressed stands far below
    assert page.evaluate(width) <= phone["width"]
    for selector in ("#result .bars", "#result .timeline", "#result .picture", ".recorder"):
        box = page.locator(selector).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= phone["width"]
