"""The desk of a team in a real browser: guidelines, clips for each, skipping and flagging, by key and by finger."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ser.annotation.assignment import make_assignment
from ser.annotation.labelling_queue import folder_queue
from ser.annotation.store import Annotations
from tests.browser.conftest import EXAMPLES, Server, serving

N_CLIPS = 6
FINGER = 44  # pixels
GUIDELINES = """# What counts
Label the **voice**, not the words.

- `Shift Enter` skips
- <img src=x onerror=alert(1)> is text, and [so is this](javascript:alert)
"""
SMALL = """(least) => [...document.querySelectorAll(
    '.inspect-layout :is(button, select, summary, input:not([type=checkbox]), [role=option]), .annotate label:has([type=checkbox])'
  )].filter((target) => target.checkVisibility({ visibilityProperty: true }))
  .map((target) => [target.getBoundingClientRect(), target.outerHTML.slice(0, 120)])
  .filter(([{ width, height }]) => width > 1 && (width < least - 0.5 || height < least - 0.5))
  .map(([{ width, height }, html]) => `${width} x ${height}: ${html}`)"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("team") / "clips"
    folder.mkdir()
    samples, rate = soundfile.read(EXAMPLES / "even.flac")
    for i in range(N_CLIPS):
        soundfile.write(folder / f"clip {i}.wav", samples[i * 500 : i * 500 + rate // 2], rate)
    (folder.parent / "task.md").write_text(GUIDELINES, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def desk(checkpoint, folder) -> Iterator[Server]:
    team = ("--guidelines", str(folder.parent / "task.md"), "--assign", "Ann,Bob", "--overlap", "1")
    with serving(checkpoint, "--annotate", str(folder), *team) as running:
        yield running


def expected(folder: Path, name: str) -> set[str]:
    """The names of the clips that are for someone."""
    queue, assignment = folder_queue(folder), make_assignment("Ann,Bob", overlap=1)
    return {entry.name for entry in queue.entries if assignment.is_for(entry.key, name)}


def begin(page: Page, name: str) -> None:
    page.locator(".annotate .row").first.wait_for()
    page.get_by_label("Your name").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".annotate .state")).to_contain_text("Not labelled yet")


def check_looks(page: Page) -> None:
    found = Axe().run(page, context=".annotate").response["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_each_has_clips_of_their_own_beside_guidelines_and_skips_or_flags_them(
    open_page, browser, desk, folder
):
    page = open_page(browser, desk.address, "/")  # a folder to label opens the desk
    begin(page, "Ann")
    rows = page.locator(".annotate .row")
    shown = {}
    for name in ("Ann", "Bob", "Cleo"):
        if name != "Ann":
            page.get_by_text("Settings", exact=True).click()
            page.get_by_role("button", name="change").click()
            page.get_by_label("Your name").fill(name)
            page.keyboard.press("Enter")
            expect(page.locator('[data-slot="annotator"]')).to_have_text(name)
            page.get_by_text("Settings", exact=True).click()
        expect(page.locator(".annotate .done")).not_to_have_text("")
        page.wait_for_function(
            "count => document.querySelectorAll('.annotate .row').length === count",
            arg=len(expected(folder, name)),
        )
        shown[name] = set(rows.locator(".name").all_inner_texts())
        assert shown[name] == expected(folder, name)
    assert shown["Ann"].isdisjoint(shown["Bob"])
    assert shown["Cleo"] == shown["Ann"] | shown["Bob"]

    text = page.get_by_role("region", name="Guidelines")
    expect(text.locator("strong")).to_have_text("voice")
    expect(text).to_contain_text("<img src=x onerror=alert(1)> is text, and [so is this](javascript:alert)")
    assert text.locator("img, a").count() == 0
    rows.first.click()
    page.keyboard.press("Shift+M")
    expect(rows.first.locator(".flag")).to_be_visible()
    page.keyboard.press("Shift+Enter")
    expect(rows.first).to_contain_text("skipped")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    with Annotations(folder / "annotations.sqlite", read_only=True) as store:
        assert [(mark.annotator, mark.kind) for mark in store.marks()] == [
            ("Cleo", "flagged"),
            ("Cleo", "skipped"),
        ]
    page.keyboard.press("u")  # what was skipped is no longer, and is open again
    expect(page.locator('[data-slot="told"]')).to_contain_text("is no longer skipped")
    expect(rows.first).to_have_attribute("aria-selected", "true")
    expect(rows.first).not_to_contain_text("skipped")
    page.keyboard.press("Shift+U")
    expect(rows.first).to_contain_text("skipped")
    page.locator('[data-slot="show"]').select_option("flagged")
    expect(rows).to_have_count(1)
    check_looks(page)


def test_every_target_is_as_large_as_a_fingertip_on_a_phone(open_page, browser, desk):
    page = open_page(browser, desk.address, "/", viewport={"width": 390, "height": 844}, has_touch=True)
    begin(page, "Ann")
    page.wait_for_function("() => window.inspect.current?.sound")
    page.get_by_text("Settings", exact=True).click()
    assert page.evaluate(SMALL, FINGER) == []
    check_looks(page)
    bar = page.locator(".annotate .emotions")
    page.mouse.wheel(0, -5000)
    expect(bar).to_be_in_viewport(ratio=1)  # what labels a clip stays in view
    page.mouse.wheel(0, 5000)
    expect(bar).to_be_in_viewport(ratio=1)


def test_an_address_that_names_a_view_opens_that_and_not_the_desk(open_page, browser, desk):
    page = open_page(browser, desk.address, "/?tab=record")
    page.get_by_role("button", name="Even", exact=True).click()
    link = page.locator('#result [data-along="link"]').get_attribute("data-link")
    other = open_page(browser, desk.address, f"/?take={link}")
    expect(other.locator("#result .result.done")).to_be_visible()
    expect(other.get_by_text("Even, recorded on")).to_be_visible()
    wall = open_page(browser, desk.address, "/?present=live")
    expect(wall.locator(".live.wall")).to_be_visible()
    plot = open_page(browser, desk.address, "/?present=confusion")
    expect(plot.get_by_role("dialog", name="Presenting view").locator("h3").first).to_be_visible()
