"""The switch between the small network and the wide one: each browser scores with what it has chosen."""

import shutil
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import Page, expect

from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.recognition.recognizer import Recognizer
from tests.browser.conftest import DONE, EXAMPLES, serving, shown_scores
from tests.helpers.wide_checkpoint import install_encoder, write_checkpoint

EXAMPLE = EXAMPLES / "even.flac"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The released checkpoint with a wide one beside it, whose encoder is installed."""
    tmp = tmp_path_factory.mktemp("wide")
    shutil.copytree(DEFAULT_CHECKPOINT, tmp / "emotion")
    write_checkpoint(tmp / "wide")
    with pytest.MonkeyPatch.context() as environment:
        install_encoder(tmp, environment)
        yield tmp


@pytest.fixture(scope="module")
def with_wide(folders):
    with serving(folders / "emotion") as running:
        yield running


def percents(folder: Path) -> set[str]:
    scores = Recognizer.load(folder).recognize(EXAMPLE).scores.values()
    return {f"{round(100 * score)}%" for score in scores if score > 0.02}


def score(page: Page) -> set[str]:
    page.locator(".recorder input[type=file]").set_input_files(EXAMPLE)
    page.locator(DONE).wait_for()
    expect(page.locator("ol.takes > li")).to_have_count(1)  # which would be lost
    return set(shown_scores(page).values())


def test_a_browser_scores_with_what_it_has_chosen(open_page, browser, with_wide, folders):
    page = open_page(browser, with_wide.address)
    small, wide = (page.get_by_role("button", name=name, exact=True) for name in ("Small", "Wide"))
    expect(small).to_have_attribute("aria-pressed", "true")
    assert percents(folders / "emotion") <= score(page)
    page.once("dialog", lambda dialog: dialog.dismiss())
    wide.click()  # and no: the takes stay
    expect(small).to_have_attribute("aria-pressed", "true")
    page.once("dialog", lambda dialog: dialog.accept())
    with page.expect_navigation():
        wide.click()
    expect(wide).to_have_attribute("aria-pressed", "true")
    assert percents(folders / "wide") <= score(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(wide).to_have_attribute("aria-pressed", "true")
    page.get_by_role("tab", name="About", exact=True).click()
    expect(page.locator(".about")).to_contain_text("It is the wide network")
    other = open_page(browser, with_wide.address)
    expect(other.get_by_role("button", name="Small", exact=True)).to_have_attribute("aria-pressed", "true")
    other.get_by_role("tab", name="About", exact=True).click()
    expect(other.locator(".about")).to_contain_text("It is EmotionNet")


def test_a_program_chooses_by_its_cookie(with_wide, folders):
    for cookies, folder in (({}, "emotion"), ({"emotion-listener-network": "wide"}, "wide")):
        client = Client(with_wide.address, verbose=False, httpx_kwargs={"cookies": cookies})
        scores = client.predict(handle_file(EXAMPLE), api_name="/recognize")["scores"]
        assert scores == pytest.approx(Recognizer.load(folders / folder).recognize(EXAMPLE).scores, abs=1e-5)


@pytest.fixture
def without_encoder(folders, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_LISTENER_DATA", str(tmp_path))
    with serving(folders / "emotion") as running:
        yield running


def test_without_the_encoder_there_is_no_switch_and_about_says_how_to_get_it(
    without_encoder, open_page, browser
):
    page = open_page(browser, without_encoder.address, "/?tab=about")
    expect(page.get_by_role("group", name="Theme")).to_be_visible()
    expect(page.get_by_role("group", name="Network")).to_have_count(0)
    expect(page.locator(".about code").first).to_have_text("python -m ser wide install")
