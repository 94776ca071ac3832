"""A presenter in front of a room: the tour, what is put on the whole screen, and Inspect without the desk."""

from itertools import pairwise

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from tests.browser.conftest import EXAMPLES
from tests.browser.record.test_sitting import try_example

WALL = {"width": 1920, "height": 1080}
MIN_PX = 24  # of text that is presented on a screen of 1920 pixels

# The smallest text that is shown in an element, in pixels of the screen.
SMALLEST = """(root) => {
    let smallest = Infinity;
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const element = walk.currentNode.parentElement;
        if (!walk.currentNode.data.trim() || !element.checkVisibility() || element.closest(".hidden-words, svg, option")) continue;
        let zoom = 1;
        for (let one = element; one; one = one.parentElement) zoom *= Number(getComputedStyle(one).zoom);
        smallest = Math.min(smallest, parseFloat(getComputedStyle(element).fontSize) * zoom);
    }
    return smallest;
}"""


@pytest.fixture
def wall(open_page, browser, server) -> Page:
    return open_page(browser, server.address, viewport=WALL, reduced_motion="reduce")


def test_the_tour_walks_by_arrow_keys_and_every_place_stands_above_its_sentence(wall, server):
    wall.goto(f"{server.address}/?tour=1")
    panel, frame = wall.locator(".tour-panel"), wall.locator(".tour-frame")
    titles = []
    for place in (
        *(".recorder", "#result .result.done", ".live", "#my-voice", ".pane.open .why", ".plot.overview"),
        *(".network-plots .plot.confusion", ".about h2"),
    ):
        target = wall.locator(place).first
        expect(target).to_be_in_viewport(timeout=60_000)
        wall.wait_for_function(
            """(place) => {
                const inside = document.querySelector(place).getBoundingClientRect();
                const frame = document.querySelector(".tour-frame").getBoundingClientRect();
                const panel = document.querySelector(".tour-panel").getBoundingClientRect();
                return frame.height > 0 && frame.bottom <= panel.top && frame.top <= inside.top && frame.left <= inside.left;
            }""",
            arg=place,
        )
        titles.append(panel.locator("h2").inner_text())
        assert panel.evaluate(SMALLEST) >= 23.9
        wall.keyboard.press("ArrowRight")
    assert len(set(titles)) == 8, "a step did not go on"
    expect(panel.locator("h2")).to_have_text(titles[-1])  # the last one stays
    wall.keyboard.press("ArrowLeft")
    expect(panel.locator("p")).to_contain_text("most often takes")  # computed from the figures of the network
    wall.keyboard.press("Escape")
    expect(frame).to_have_count(0)
    assert "tour" not in wall.url


def test_a_result_and_the_evidence_fill_the_screen_in_text_that_can_be_read(wall):
    wall.get_by_role("button", name="Even", exact=True).click()
    wall.get_by_role("button", name="Present this result").click()
    expect(wall.locator("#result.staged")).to_have_count(1)
    assert wall.locator("#result").evaluate(SMALLEST) >= MIN_PX - 2  # the labels of the axes are smaller
    wall.keyboard.press("Escape")
    expect(wall.locator(".staged")).to_have_count(0)

    wall.get_by_role("tab", name="Inspect").click()
    wall.locator(".invitation").get_by_role("button", name="Even").click()
    picture = wall.locator(".pane.open canvas")
    narrow = picture.bounding_box()["width"]
    wall.get_by_role("button", name="Hide the desk").click()
    expect(wall.locator("#annotate")).to_be_hidden()
    assert picture.bounding_box()["width"] > 1.2 * narrow
    wall.get_by_role("button", name="Why?").click()
    evidence = wall.locator(".why p")
    expect(evidence).to_contain_text("This shows what the network relied on", timeout=60_000)
    wall.get_by_role("button", name="Present the evidence").click()
    expect(picture).to_be_in_viewport(ratio=1)
    expect(evidence).to_be_in_viewport(ratio=1)
    assert wall.locator(".pane.staged .why").evaluate(SMALLEST) >= MIN_PX - 0.1
    wall.keyboard.press("Escape")
    expect(wall.locator(".staged")).to_have_count(0)
    wall.get_by_role("button", name="Show the desk").click()
    expect(wall.locator("#annotate")).to_be_visible()


# The text on the screen that a room sees of an element, and by how much the element is larger than the screen.
TEXT = "(part) => part.innerText"
OVER = "(part) => [part.scrollHeight - innerHeight, part.scrollWidth - innerWidth]"


@pytest.fixture(scope="module")
def long_recording(tmp_path_factory):
    """A recording with a timeline of all emotions, and phrases."""
    file = tmp_path_factory.mktemp("long") / "long.wav"
    samples = [soundfile.read(EXAMPLES / f"{name}.flac")[0] for name in ("even", "bright_and_lively") * 3]
    soundfile.write(file, np.concatenate(samples), 16_000)
    return file


# With motion: the page animates the size of what it enlarges.
@pytest.mark.parametrize(
    ("width", "height", "theme"), [(1280, 800, "dark"), (1366, 768, "light"), (1920, 1080, "light")]
)
def test_a_room_sees_all_of_a_result_and_only_that(
    open_page, browser, server, long_recording, width, height, theme
):
    page = open_page(
        browser, server.address, f"/?__theme={theme}", viewport={"width": width, "height": height}
    )
    try_example(page, "Quiet and falling")
    for is_long in (False, True):
        if is_long:
            page.locator(".recorder input[type=file]").set_input_files(long_recording)
            expect(page.locator("#result .timeline.long")).to_be_visible()
            expect(page.locator("#sitting-panel .takes li")).to_have_count(2)
        page.get_by_role("button", name="Present this result").click()
        stage = page.locator("#result.staged")
        assert max(stage.evaluate(OVER)) <= 0
        for seen in (".verdict h2", ".bars", ".timeline .seconds .end", ".picture img"):
            expect(stage.locator(seen)).to_be_in_viewport(ratio=1)
        words = stage.evaluate(TEXT)
        for hidden in ("One normal sentence", "Inspect", "Download PNG", "Copy picture", "Click to play"):
            assert hidden not in words
        page.keyboard.press("Escape")
        expect(page.locator(".staged")).to_have_count(0)
        expect(page.locator("#result .along")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_a_room_sees_both_takes_of_a_comparison_with_their_scores(open_page, browser, server, width, height):
    page = open_page(browser, server.address, viewport={"width": width, "height": height})
    for name in ("Even", "Quiet and falling"):
        try_example(page, name)
    for choice in page.locator("#sitting .choose input").all():
        choice.check()
    page.get_by_role("button", name="Side by side").click()
    page.get_by_role("button", name="Present the comparison").click()
    stage = page.locator("#comparison.staged")
    assert max(stage.evaluate(OVER)) <= 0
    for seen in (*stage.locator(".scores tr").all(), *stage.locator("img").all()):
        expect(seen).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1024, "height": 768})  # a projector is plugged in
    expect(stage.locator(".scores")).to_be_in_viewport(ratio=1)
    expect(stage.locator("img").last).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(page.locator(".staged")).to_have_count(0)


@pytest.mark.parametrize(
    ("width", "height", "theme"), [(1280, 800, "light"), (1920, 1080, "dark"), (390, 844, "light")]
)
def test_a_room_sees_a_clip_of_the_data_set_and_goes_on_by_keys(
    open_page, browser, server_with_data, width, height, theme
):
    viewport = {"width": width, "height": height}
    path = f"/?tab=dataset&clip=1004_IEO_ANG_HI&__theme={theme}"
    page = open_page(browser, server_with_data.address, path, viewport=viewport)
    stage, name = page.locator("#clip.staged"), page.locator("#clip h2")
    expect(page.locator("#clip .frame img")).to_be_visible()
    page.get_by_role("button", name="Present this clip").click()
    assert max(stage.evaluate(OVER)) <= 0
    for seen in (name, *stage.locator(".heard tr").all(), stage.locator(".frame img")):
        expect(seen).to_be_in_viewport(ratio=1)
    if width == 1920:
        assert stage.evaluate(SMALLEST) >= MIN_PX - 0.1
    words = stage.evaluate(TEXT)
    assert not [hidden for hidden in ("Inspect", "Play on opening", "PNG", "actor 1004") if hidden in words]
    page.keyboard.press("ArrowDown")
    expect(name).to_have_text("1004_IEO_ANG_LO")
    page.keyboard.press("Escape")
    expect(page.locator(".staged")).to_have_count(0)
    expect(page.get_by_role("button", name="Present this clip")).to_have_text("Present")


def test_the_answer_to_why_comes_into_view_with_its_button(open_page, browser, server):
    page = open_page(browser, server.address, "/?tab=inspect", viewport={"width": 1280, "height": 720})
    page.locator(".invitation").get_by_role("button", name="Even").click()
    page.get_by_role("button", name="Why?").click()
    evidence = page.locator(".why p")
    expect(evidence).to_contain_text("This shows what the network relied on", timeout=60_000)
    expect(evidence).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Present the evidence")).to_be_in_viewport(ratio=1)


# Boxes of what stands in a row, from the left.
BOXES = """(all) => all.filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect())
    .map(({ left, right, top, bottom }) => [left, right, top, bottom]).toSorted((one, other) => one[0] - other[0])"""


@pytest.mark.parametrize("seconds", [2.3, 2.8, 4.1, 7.6])
@pytest.mark.parametrize("width", [360, 390, 1280])
def test_times_on_the_axis_and_buttons_beside_the_headline_stand_apart(
    open_page, browser, server, tmp_path, width, seconds
):
    samples = np.concatenate([soundfile.read(EXAMPLES / "even.flac")[0]] * 4)
    soundfile.write(tmp_path / "voice.wav", samples[: int(seconds * 16_000)], 16_000)
    page = open_page(browser, server.address, viewport={"width": width, "height": 800})
    page.locator(".recorder input[type=file]").set_input_files(tmp_path / "voice.wav")
    times = page.locator("#result .timeline .seconds span")
    expect(times.last).to_have_text(f"{seconds} s")
    boxes = times.evaluate_all(BOXES)
    assert all(one[1] + 2 <= other[0] for one, other in pairwise(boxes)), boxes
    tops = page.locator("#result .verdict button").evaluate_all(BOXES)
    assert len({round(box[2]) for box in tops}) == 1, "a button stands alone in its row"
