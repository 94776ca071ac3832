"""What a person takes along from a result: a picture of it, and a link that opens it again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DONE, shown_scores

# Counts pixels of a PNG: the whole, those in the colour of the longest bar, and those of the spectrogram.
LOOK = """async (data) => {
    const image = new Image();
    image.src = data;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    const { data: pixels } = pen.getImageData(0, 0, image.width, image.height);
    const colour = getComputedStyle(document.querySelector("#result .bars .top .fill")).backgroundColor;
    const [red, green, blue] = colour.match(/\\d+/g).map(Number);
    let bar = 0, dark = 0;
    for (let i = 0; i < pixels.length; i += 4) {
        if (pixels[i] === red && pixels[i + 1] === green && pixels[i + 2] === blue) bar += 1;
        if (pixels[i] + pixels[i + 1] + pixels[i + 2] < 120) dark += 1;
    }
    return { width: image.width, height: image.height, bar, dark };
}"""
# The clipboard of a test belongs to everybody, so the page has one of its own.
CLIPBOARD = """() => {
    const read = async (blob) => new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.readAsDataURL(blob);
    });
    const clipboard = {
        write: async ([item]) => { window.pasted = await read(await item.getType("image/png")); },
        writeText: async (text) => { window.pasted = text; },
    };
    Object.defineProperty(navigator, "clipboard", { value: clipboard, configurable: true });
}"""


@pytest.fixture
def shown(page) -> Page:
    page.get_by_role("button", name="Even", exact=True).click()
    page.locator(DONE).wait_for()
    page.evaluate(CLIPBOARD)
    return page


def test_the_picture_holds_bars_and_spectrogram_and_is_saved_where_the_clipboard_refuses(shown):
    copy = shown.get_by_role("button", name="Copy picture")
    copy.click()
    expect(shown.locator(".along [role=status]")).to_contain_text("Copied: paste it")
    seen = shown.evaluate("async () => { const look = " + LOOK + "; return look(window.pasted); }")
    assert (seen["width"], seen["height"]) == (1600, 900)
    score = int(shown.locator("#result .bars .top .percent").inner_text().strip("%")) / 100
    assert seen["bar"] == pytest.approx(730 * score * 28, rel=0.05), "the longest bar has another length"
    assert seen["dark"] > 50_000, "there is no spectrogram"

    shown.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    with shown.expect_download() as download:
        copy.click()
    assert re.fullmatch(r"Even_\d{4}-\d\d-\d\dT\d{4}\.png", download.value.suggested_filename)
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
    expect(shown.locator(".along [role=status]")).to_contain_text("Saved as a file")


def test_a_link_opens_the_take_on_another_page_until_it_is_deleted(shown, open_page, browser, server):
    shown.get_by_role("button", name="Copy link").click()
    expect(shown.locator(".along [role=status]")).to_contain_text("Copied. The link works")
    address = shown.evaluate("window.pasted")
    assert address.startswith(f"{server.address}/?take=")
    other = open_page(browser, server.address, address.removeprefix(server.address))
    other.locator(DONE).wait_for()
    assert shown_scores(other) == shown_scores(shown)
    expect(other.get_by_text("Even, recorded on")).to_be_visible()
    expect(other.locator("#recorder audio[controls][src]")).to_have_count(1)
    expect(other.locator("#sitting-panel")).to_contain_text("0 takes")

    shown.get_by_role("button", name="Delete all").click()
    shown.get_by_role("dialog").get_by_role("button", name="Delete all").click()
    expect(shown.locator("#sitting .empty")).to_be_visible()
    other.reload()
    expect(other.get_by_text("This link no longer opens a take")).to_be_visible()
