"""On every width from a small phone to a large screen, nothing is cut off, squeezed to nothing, or scrolled to sideways."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DONE
from tests.browser.test_axe import each_tab

WIDTHS = range(320, 2561, 40)

# What is wrong with the page as it is laid out now: a line for each element.
FAULTS = r"""
() => {
  const DRAWN = "canvas, img, svg, audio, .track, .wave, .lane, .where, .shares, .line div, input, select, button, progress";
  const ASIDE = ".said, .live-said, .said-so, .visually-hidden, .hidden-words, .skip, svg *";
  const width = document.documentElement.clientWidth;
  const faults = [];
  const report = (fault, element, text = "") =>
    faults.push(`${fault}: ${element.tagName.toLowerCase()}.${element.className} ${text.slice(0, 30)}`);
  if (document.scrollingElement.scrollWidth > width) faults.push("the page scrolls sideways");

  function look(element) {
    const { left, right, width: wide, height } = element.getBoundingClientRect();
    const { clipPath, opacity, overflowX, position, textOverflow } = getComputedStyle(element);
    if (clipPath.startsWith("inset(50%")) return; // for screen readers
    const text = [...element.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.data.trim()).join(" ").trim();
    const isDrawn = element.matches(DRAWN) && opacity !== "0";
    const smallest = element.matches("svg") ? 8 : element.matches("button, input, select, progress") ? 14 : 40;
    if ((isDrawn && (wide < smallest || height < 3)) || (text && (wide < 1 || height < 1))) report("too small", element, text);
    if ((text || isDrawn) && position !== "fixed" && (right > width + 1 || left < -1)) report("outside", element, text);
    const overflows = element.scrollWidth > element.clientWidth + 1 && !element.matches("input, select, textarea, svg");
    // An ellipsis may shorten a name, but no number.
    const isShortened = textOverflow === "ellipsis" && !/^[\d<.,%]+$/.test(text);
    if (overflows && /hidden|clip/.test(overflowX) && !isShortened) report("cut", element, text);
    if (overflows && /auto|scroll/.test(overflowX)) report("scrolls sideways", element, text);
    const words = text.split(/\s+/).length;
    if (words < 4 || element.matches("option, select")) return;
    const range = document.createRange();
    range.selectNodeContents(element);
    const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top / 4))).size;
    if (lines > 0.7 * words) report("a word a line", element, text);
  }

  for (const element of document.querySelectorAll("gradio-app *"))
    if (element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest(ASIDE)) look(element);
  return faults;
}
"""
# The page may hear of its new width later, and what it hides for lack of room it hides a frame after that.
LAID_OUT = """([faults, width]) => new Promise((show) => {
  const frame = (then) => requestAnimationFrame(() => setTimeout(then));
  const look = () => (innerWidth === width ? frame(() => frame(() => show(eval(faults)()))) : frame(look));
  frame(look);
})"""


def faults_by_width(page: Page) -> dict[int, list[str]]:
    """Walk through the widths, and return what is wrong on those where something is."""
    size = page.viewport_size
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = page.evaluate(LAID_OUT, [FAULTS, width])
    page.set_viewport_size(size)
    return {width: faults for width, faults in found.items() if faults}


def show_result(page: Page) -> None:
    page.get_by_role("button", name="Even", exact=True).click()
    expect(page.locator(DONE)).to_be_visible()


def test_a_result_fits_every_width(open_page, browser, server):
    page = open_page(browser, server.address, reduced_motion="reduce")
    show_result(page)
    assert faults_by_width(page) == {}


@pytest.mark.slow
def test_a_lesson_and_two_takes_side_by_side_fit_every_width(open_page, browser, server):
    page = open_page(browser, server.address, reduced_motion="reduce")
    show_result(page)
    page.get_by_role("button", name="Bright and lively", exact=True).click()
    boxes = page.get_by_role("checkbox", name="to compare")
    expect(boxes).to_have_count(2)
    for box in boxes.all():
        box.check()
    page.get_by_role("button", name="Side by side").click()
    expect(page.locator("#comparison-title")).to_be_visible()
    page.get_by_role("button", name="Six sentences", exact=True).click()
    expect(page.locator(".my-voice .lesson")).to_be_visible()
    assert faults_by_width(page) == {}


@pytest.mark.slow
def test_every_tab_fits_every_width(open_page, browser, server_with_data):
    page = open_page(browser, server_with_data.address, reduced_motion="reduce")
    show_result(page)
    found = {}
    for tab in each_tab(page):
        if tab == "inspect":
            page.evaluate("document.querySelector('#result [data-inspect]').click()")
            expect(page.locator(".scores-table .fill").first).to_be_visible()
        if tab in ("dataset", "clips"):
            page.locator(".clip-row").first.click()
            expect(page.locator(".clip-panel .heard")).to_be_visible()
        if tab == "results":
            expect(page.locator(".plot img:visible").first).to_be_visible()
        found[tab] = faults_by_width(page)
    assert {"record", "live", "inspect", "dataset", "results", "about"} <= set(found)
    assert not any(found.values()), found
