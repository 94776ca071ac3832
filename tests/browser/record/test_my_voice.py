""" "Teach it my voice" in a real browser, with the voice of one actor."""

import json

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from ser.audio.reading import SAMPLE_RATE, read_audio
from ser.evaluation.conditions import colour, reverberate
from tests.browser.conftest import (
    DONE,
    EXAMPLES,
    command_line_scores,
    shown_scores,
)

TAKES = {"NEU": "TIE", "HAP": "IOM", "ANG": "DFA", "SAD": "IEO", "FEA": "ITS", "DIS": "TSI"}


@pytest.fixture
def page(open_page, browser, server):
    return open_page(browser, server.address, permissions=["microphone"])


def upload(page, file) -> None:
    page.locator(".recorder input[type=file]").set_input_files(file)


def teach(page, crema_d) -> list:
    folder = crema_d / "AudioWAV"
    files = [sorted(folder.glob(f"1090_{code}_{label}_*.wav"))[0] for label, code in TAKES.items()]
    page.get_by_role("button", name="Six sentences").click()
    for number, (label, file) in enumerate(zip(TAKES, files, strict=True), 1):
        expect(page.locator(".my-voice .ask:visible")).to_have_attribute("data-emotion", label)
        upload(page, file)
        page.locator(f'.my-voice[data-done="{number}"]').wait_for()
        expect(page.locator("#result .bars:visible")).to_have_count(0)  # no verdict while teaching
        if number < len(TAKES):
            expect(page.locator(".my-voice .heard")).to_have_text("Heard you.")
    return files


def test_a_voice_is_taught_used_saved_and_forgotten(page, crema_d, checkpoint, tmp_path):
    page.set_viewport_size({"width": 390, "height": 844})
    files = teach(page, crema_d)
    # The end of the teaching is a screen of its own, and in view.
    end = page.get_by_role("heading", name="Now it knows your voice")
    expect(end).to_be_focused()
    expect(end).to_be_in_viewport()
    expect(page.locator(".my-voice").get_by_text("Adjusted to your voice (6 takes)")).to_be_in_viewport()
    expect(page.locator(".changes tbody tr")).to_have_count(6)
    expect(page.locator("#result")).to_be_hidden()
    page.get_by_role("button", name="Record something").click()
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_focused()
    expect(end).to_be_hidden()

    clip = crema_d / "AudioWAV" / "1090_IWW_SAD_XX.wav"
    assert clip not in files
    upload(page, clip)
    page.locator("#result .known-voice").wait_for()
    expect(page.locator("#result h2")).to_be_in_viewport(ratio=1)
    expect(page.locator("#result .bars")).to_be_in_viewport(ratio=1)
    known = shown_scores(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the profile").click()
    profile = tmp_path / "voice.json"
    download.value.save_as(profile)
    # Enrolling the same files on the command line gives the same profile and the same scores.
    saved = json.loads(profile.read_text())
    assert [saved_take["emotion"] for saved_take in saved["takes"]] == list(TAKES)
    at_the_desk = command_line_scores(checkpoint, clip, "--profile", str(profile))
    assert [round(score * 100) for score in at_the_desk["scores"].values()] == pytest.approx(
        [float(words.strip("<%")) for words in known.values()], abs=1
    )

    page.get_by_role("tab", name="Many files").click()
    page.get_by_label("All files are of my voice: adjust the scores to it (6 takes)").check()
    page.locator(".many-files").set_input_files(clip)
    expect(page.locator(".file-row .score")).to_have_text(f"{max(at_the_desk['scores'].values()):.0%}")
    page.get_by_role("tab", name="One take").click()

    page.get_by_role("button", name="Switch speaker").first.click()
    page.get_by_role("button", name="It’s me again").wait_for()
    # What is shown is scored again, as somebody else's, and stays one take.
    page.locator(f"{DONE}:not(:has(.known-voice))").wait_for()
    assert shown_scores(page) != known
    expect(page.locator("#sitting li[data-id]")).to_have_count(7)
    page.get_by_role("button", name="It’s me again").click()
    page.locator("#result .known-voice").wait_for()
    assert shown_scores(page) == known
    page.get_by_role("button", name="Forget my voice").click()
    page.get_by_role("button", name="Six sentences").wait_for()
    page.locator(".my-voice input[type=file]").set_input_files(profile)
    page.get_by_text("Adjusted to your voice (6 takes)").first.wait_for()

    page.get_by_role("button", name="Takes").click()
    page.get_by_role("button", name="Delete all").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("and what the app knows of your voice")
    question.get_by_role("button", name="Delete all").click()
    expect(page.locator('.my-voice[data-known="0"]')).to_have_count(1)
    expect(page.locator("#result .result.nothing")).to_have_count(1)


@pytest.mark.parametrize("width", [1280, 390])
def test_one_normal_sentence_is_offered_where_a_recording_is_unlike_and_shows_what_it_changed(
    page, crema_d, tmp_path, width
):
    page.set_viewport_size({"width": width, "height": 900})
    clips = [tmp_path / f"{name}.wav" for name in ("plain", "happy")]
    for clip, name in zip(clips, ("1090_TIE_NEU_XX", "1090_IOM_HAP_XX"), strict=True):
        samples = read_audio(crema_d / "AudioWAV" / f"{name}.wav").samples
        rng = np.random.default_rng(0)
        elsewhere = reverberate(colour(samples, rng, depth_db=12), rng, rt60_s=0.5)
        soundfile.write(clip, elsewhere, SAMPLE_RATE)
    plain, happy = clips
    upload(page, happy)
    offer = page.locator("#result .unlike")
    expect(offer).to_contain_text("unlike those that the app learned from")
    before = shown_scores(page)
    offer.get_by_role("button", name="One normal sentence").click()
    expect(page.locator(".my-voice .prompt:visible")).to_have_text(
        "Say any sentence in your normal voice, as to a colleague."
    )
    expect(page.locator(".my-voice .chips")).to_be_hidden()
    upload(page, plain)
    page.locator(".my-voice").get_by_text("Adjusted to your voice (1 take)").wait_for()
    row = page.locator(".my-voice .changes tbody tr")
    expect(row).to_have_count(1)
    assert row.evaluate("(row) => row.scrollWidth <= row.closest('.my-voice').clientWidth")
    upload(page, happy)
    page.locator("#result .known-voice").wait_for()
    assert shown_scores(page) != before
    expect(offer).to_have_count(0)  # it was offered once
    page.get_by_role("button", name="Six sentences").click()
    expect(page.locator(".my-voice .ask:visible")).to_have_attribute("data-emotion", "HAP")


def test_a_lesson_goes_on_when_the_panel_is_drawn_for_another_take(page):
    page.get_by_role("button", name="Even", exact=True).click()
    expect(page.locator('.my-voice:not([data-take=""])')).to_have_count(1)
    page.locator(".my-voice").get_by_role("button", name="One normal sentence").click()
    page.get_by_role("button", name="Delete Even").click()
    expect(page.locator('.my-voice[data-take=""]')).to_have_count(1)
    expect(page.locator(".my-voice .prompt:visible")).to_contain_text("in your normal voice")


def test_the_panel_is_not_styled_by_another_tab(page):
    words = page.locator(".my-voice .invitation")
    words.wait_for()
    assert words.evaluate("(p) => getComputedStyle(p).padding") == "0px"


def test_a_file_that_is_no_profile_is_told(page, tmp_path):
    (tmp_path / "x.json").write_text("{}")
    page.locator(".my-voice input[type=file]").set_input_files(tmp_path / "x.json")
    page.get_by_text("not a voice profile").wait_for()


@pytest.mark.slow
def test_the_takes_of_the_sitting_teach_where_the_person_agrees(open_page, again, server):
    talking = again.hear(read_audio(EXAMPLES / "even.flac").samples)
    page = open_page(talking, server.address, permissions=["microphone"])
    page.get_by_label("Learn from my other recordings").check()
    for number in (1, 2):
        page.get_by_role("button", name="Record", exact=True).first.click()
        page.locator('.recorder[data-state="recording"]').wait_for()
        page.wait_for_function("document.querySelector('.recorder .time').textContent >= '0:02'")
        page.get_by_role("button", name="Stop", exact=True).first.click()
        words = f"Adjusted to your voice ({number} take{'' if number == 1 else 's'})."
        page.locator(".my-voice").get_by_text(words).wait_for()
    # The second take was scored with a profile of the first one, never of itself.
    assert "(1 take)." in page.locator("#result .known-voice").inner_text()
