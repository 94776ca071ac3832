"""Labelling blind in a real browser: nothing on the page names a clip of a known corpus before it is labelled."""

import re
from collections.abc import Iterator

import pytest
import soundfile
from playwright.sync_api import Page, expect

from ser.labels import LABELS
from tests.browser.conftest import EXAMPLES, Server, serving


@pytest.fixture(scope="module")
def desk(checkpoint, tmp_path_factory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("blind") / "clips"
    folder.mkdir()
    samples, rate = soundfile.read(EXAMPLES / "even.flac")
    for i, emotion in enumerate(LABELS):
        soundfile.write(folder / f"1001_IOM_{emotion}_XX.wav", samples[i * 500 : i * 500 + rate // 2], rate)
    with serving(checkpoint, "--annotate", str(folder)) as running:
        yield running


def told(page: Page) -> str:
    """All that the page says: its title, its address, and its elements with their titles and labels."""
    return " ".join((page.title(), page.url, page.locator(".inspect-layout").evaluate("it => it.outerHTML")))


def test_names_stand_nowhere_until_a_clip_is_labelled_and_are_back_at_a_switch(open_page, browser, desk):
    page = open_page(browser, desk.address, "/?tab=inspect")
    rows, heading = page.locator(".annotate .row"), page.locator(".annotate .card h3")
    rows.first.wait_for()
    expect(page.get_by_text("The network's scores are hidden until you label")).to_be_visible()
    page.get_by_label("Your name").fill("Ann")
    page.keyboard.press("Enter")
    page.get_by_label("Order").select_option("entropy")
    rows.first.click()
    expect(heading).to_have_text(re.compile(r"^Clip \d$"))
    expect(page.locator(".pane h3").first).to_have_text(heading.inner_text())
    expect(page.locator(".annotate .given")).to_contain_text("hidden until you label")
    expect(page.locator(".annotate .unsure")).to_have_count(0)
    assert "1001_IOM" not in told(page)
    page.keyboard.press("4")
    expect(page.locator(".annotate .given .facts")).to_contain_text("Clip 1001_IOM_")

    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Label these clips blind").uncheck()
    expect(heading).to_have_text(re.compile("^1001_IOM_"))
    expect(rows.first).to_contain_text("1001_IOM_")
