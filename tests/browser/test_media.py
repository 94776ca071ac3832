"""Contrast themes and paper show no backgrounds: what the page tells by them is still there."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import DONE

# What holds no text and has a background, on the open tab: its box, and whether a line is drawn around it.
MARKS = r"""
() => {
  const isClear = (style) => /, 0\)$|\/ 0\)$/.test(style.backgroundColor) && style.backgroundImage === "none";
  const marks = [];
  for (const element of document.querySelectorAll("gradio-app *")) {
    const { x, y, width, height } = element.getBoundingClientRect();
    if (width < 3 || height < 3 || element.closest("svg *, .visually-hidden, input, .picture")) continue;
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const pseudo = ["::before", "::after"].find((which) => getComputedStyle(element, which).content === '""' && !isClear(getComputedStyle(element, which)));
    const isMark = !element.textContent.trim() && !isClear(getComputedStyle(element)) && (!element.children.length || element.matches(".track"));
    if (isMark || (pseudo && !element.textContent.trim())) marks.push(element);
  }
  window.marks = marks;
  return marks.length;
}
"""
BOXES = """
() => window.marks.map((element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const isOutlined = [style.outlineStyle, style.borderTopStyle].some((line) => line !== "none");
  return { name: element.tagName + "." + element.className, isOutlined, box: [x, y, x + width, y + height] };
})
"""


def luminance(pixel: tuple[int, ...]) -> float:
    linear = [
        part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in pixel[:3]
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def picture_of(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


SETTLED = """() => new Promise((settle) => requestAnimationFrame(() => requestAnimationFrame(settle)))
  .then(() => document.getAnimations().every((animation) => animation.playState !== "running"))"""


def unseen_marks(page: Page) -> list[str]:
    """Return the marks, found by `MARKS`, that do not stand out from the page."""
    page.wait_for_function(SETTLED)
    picture = picture_of(page)
    ground = picture.getpixel((2, 2))
    unseen = []
    for mark in page.evaluate(BOXES):
        left, top, right, bottom = (round(edge) for edge in mark["box"])
        if not (left >= 0 and top >= 0 and right <= picture.width and bottom <= picture.height):
            continue
        if mark["isOutlined"]:
            part = picture.crop((max(left - 2, 0), max(top - 2, 0), right + 2, bottom + 2))
            pixels = [colour for _, colour in part.getcolors(part.width * part.height)]
        else:
            pixels = [picture.getpixel(((left + right) // 2, (top + bottom) // 2))]
        if max(contrast(ground, pixel) for pixel in pixels) < 3:
            unseen.append(mark["name"])
    return unseen


@pytest.mark.parametrize(
    ("theme", "system"),
    [("dark", "light"), pytest.param("light", "dark", marks=pytest.mark.slow)],
    ids=["dark on white", "light on black"],
)
def test_a_contrast_theme_shows_every_mark(open_page, browser, server, theme, system):
    size = {"width": 1280, "height": 2000}
    page = open_page(
        browser,
        server.address,
        f"/?__theme={theme}",
        viewport=size,
        color_scheme=system,
        reduced_motion="reduce",
    )
    page.get_by_role("button", name="Even", exact=True).click()
    expect(page.locator(DONE)).to_be_visible()
    expect(page.locator("#sitting .takes > li")).to_have_count(1)
    unseen, counts = {}, {}
    for tab, drawn in (
        ("record", ".bars .fill"),
        ("dataset", ".heard .fill"),
        ("results", ".plot .dot"),
        ("about", ".recalls .fill"),
    ):
        page.locator(f'[data-tab-id="{tab}"]').click()
        if tab == "dataset":
            page.locator(".clip-row").first.click()
        expect(page.locator(drawn).locator("visible=true").first).to_be_visible()
        counts[tab] = page.evaluate(MARKS)
        page.emulate_media(forced_colors="active")
        unseen[tab] = unseen_marks(page)
        tab_mark = page.locator(f'[data-tab-id="{tab}"]').evaluate(
            "(tab) => getComputedStyle(tab, '::after').backgroundColor"
        )
        assert tab_mark != page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.emulate_media(forced_colors="none")
    assert not any(unseen.values()), unseen
    assert min(counts.values()) >= 10, counts


def test_paper_is_white_and_shows_bars_and_dark_words(open_page, browser, server):
    page = open_page(browser, server.address, "/?__theme=dark")
    page.get_by_role("button", name="Even", exact=True).click()
    expect(page.locator(DONE)).to_be_visible()
    page.get_by_role("button", name="Inspect this recording").click()
    expect(page.locator(".pane.open canvas")).to_be_visible()
    assert darkest_word(page) > 0.5  # light words on a dark page
    page.emulate_media(media="print")
    assert darkest_word(page) < 0.1
    printed = "(element) => getComputedStyle(element).printColorAdjust"
    assert page.locator(".scores-table .fill").first.evaluate(printed) == "exact"
    expect(page.locator("#sitting .toggle")).to_be_hidden()
    page.emulate_media(media="screen")
    expect(page.locator("body")).to_have_class("dark")


def darkest_word(page: Page) -> float:
    """Return the lowest luminance in the words beside the spectrogram, which are drawn on a canvas, and in its title."""
    ink = page.evaluate("window.inspect.current.ink.text")
    title = page.locator(".pane-head h3").first.evaluate("(title) => getComputedStyle(title).color")
    colours = page.evaluate(
        """(colours) => colours.map((colour) => {
          const pen = new OffscreenCanvas(1, 1).getContext("2d");
          pen.fillStyle = colour;
          pen.fillRect(0, 0, 1, 1);
          return [...pen.getImageData(0, 0, 1, 1).data];
        })""",
        [ink, title],
    )
    return min(luminance(colour) for colour in colours)
