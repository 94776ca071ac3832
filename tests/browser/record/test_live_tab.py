"""Live mode in a real browser: the scores follow what the microphone plays."""

import base64
import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from ser.audio.reading import SAMPLE_RATE, read_audio
from ser.labels import EMOTION_NAMES, LABELS
from tests.browser.conftest import EXAMPLES, wait_until

LONG = EXAMPLES / "quiet_and_falling.flac"


@pytest.fixture
def talking(again) -> Browser:
    """A Chromium whose microphone plays a synthetic voice in a loop."""
    return again.hear(read_audio(LONG).samples)


@pytest.fixture
def silent(once) -> Browser:
    return once.hear(np.zeros(120 * SAMPLE_RATE))


def open_live(page: Page) -> Page:
    """Open the inner tab, and count in the page what changes while it runs."""
    page.get_by_role("tab", name="Live", exact=True).click()
    expect(page.locator(".live .live-start")).to_be_visible()
    page.evaluate(
        """() => {
        const live = document.querySelector(".live");
        window.seen = [];
        new MutationObserver(() => window.seen.push([
            Number(live.dataset.heard), live.querySelector(".live-bars .top .percent")?.textContent || "",
        ])).observe(live, { attributeFilter: ["data-readings"] });
    }"""
    )
    return page


def press(page: Page, name: str) -> None:
    page.locator(".live").get_by_role("button", name=name, exact=True).click()


def until_heard(page: Page, seconds: float, readings: int = 0) -> None:
    live = page.locator(".live")
    condition = "(live, [s, n]) => Number(live.dataset.heard) >= s && Number(live.dataset.readings) >= n"
    page.wait_for_function(
        f"([s, n]) => ({condition})(document.querySelector('.live'), [s, n])",
        arg=[seconds, readings],
        timeout=120_000,
    )
    expect(live).to_have_attribute("data-state", "running")


def heard_s(page: Page) -> float:
    return float(page.locator(".live").get_attribute("data-heard"))


def percentages(page: Page) -> dict[str, str]:
    """Read all six at the same moment, because they keep changing."""
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".live-bars li")].map(
            (row) => [row.dataset.label, row.querySelector(".percent").textContent]))"""
    )


def drawn(page: Page) -> int:
    """Count the pixels of the canvas that have the colour of an emotion."""
    return page.evaluate(
        """() => {
        const canvas = document.querySelector(".live canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let coloured = 0;
        for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60)
                coloured += 1;
        return coloured;
    }"""
    )


def test_scores_and_timeline_follow_the_voice_until_stop(talking, open_page, server):
    page = open_live(open_page(talking, server.address, permissions=["microphone"]))
    assert set(percentages(page).values()) == {"–"}
    press(page, "Start")
    until_heard(page, 2, readings=2)
    wait_until(lambda: drawn(page))  # in the next frame
    early, early_pixels = page.locator(".live").get_attribute("data-readings"), drawn(page)
    until_heard(page, 8, readings=10)
    shares = [int(share.strip("<%")) for share in percentages(page).values()]
    assert sum(shares) == pytest.approx(100, abs=5)  # each is rounded
    assert int(page.locator(".live").get_attribute("data-readings")) > int(early)
    wait_until(lambda: drawn(page) > early_pixels > 0)
    expect(page.locator(".live-word")).to_have_text(
        re.compile("|".join([*EMOTION_NAMES.values(), "Not sure"]))
    )
    expect(page.locator(".live-clock")).to_have_text(re.compile(r"0:\d\d"))

    seen = page.evaluate("window.seen")
    assert len({share for _, share in seen}) > 2, "the scores do not move"
    press(page, "Stop")
    expect(page.locator(".live")).to_have_attribute("data-state", "stopped")
    expect(page.locator(".live-manner")).to_contain_text("Overall", timeout=30_000)
    count = page.locator(".live").get_attribute("data-readings")
    expect(page.locator(".live-sentence")).to_contain_text("readings")
    after = page.locator(".live").get_attribute("data-heard")
    page.get_by_role("tab", name="One take").click()
    page.get_by_role("tab", name="Live", exact=True).click()
    assert page.locator(".live").get_attribute("data-heard") == after
    assert page.locator(".live").get_attribute("data-readings") == count


def seconds_of(message: dict) -> float:
    return len(base64.b64decode(message["sound"])) / 2 / message["rate"]


@pytest.mark.slow
def test_it_asks_each_four_tenths_of_a_second_and_shows_every_answer(talking, open_page, server):
    """At least twice a second, by the time of the sound, so that a busy machine does not matter."""
    page = open_live(open_page(talking, server.address, permissions=["microphone"]))
    asked, answered, held = [], [], []

    def at_once(route):
        message = route.request.post_data_json
        if message["fn_name"] != "hear":
            return route.continue_()
        asked.append(message["data"])
        held.append(route)

    page.route("**/component_server/**", at_once)
    press(page, "Start")
    for n in range(1, 9):
        page.wait_for_function("n => Number(document.querySelector('.live').dataset.heard) >= 0.4 * n", arg=n)
        while not held:
            page.wait_for_timeout(20)
        route = held.pop()
        with page.expect_response("**/component_server/**") as response:
            route.continue_()
        answered.append(response.value.json()["reading"])
    assert seconds_of(asked[0]) == pytest.approx(0.4)
    ends = np.cumsum([message["lost_s"] + seconds_of(message) for message in asked])[: len(answered)]
    assert [reading is not None for reading in answered] == [end > 0.99 for end in ends]
    times = [reading["time_s"] for reading in answered if reading]
    assert times == pytest.approx([end for end in ends if end > 0.99], abs=0.001)
    expect(page.locator(".live")).to_have_attribute("data-readings", str(len(times)))


@pytest.mark.slow
def test_two_sessions_do_not_mix(talking, silent, open_page, server):
    speaking = open_live(open_page(talking, server.address, permissions=["microphone"]))
    quiet = open_live(open_page(silent, server.address, permissions=["microphone"]))
    press(speaking, "Start")
    press(quiet, "Start")
    until_heard(speaking, 4, readings=4)
    until_heard(quiet, 4, readings=4)
    expect(quiet.locator(".live-word")).to_have_text("Silence")
    assert set(percentages(quiet).values()) == {"–"}
    assert "–" not in percentages(speaking).values()
    press(quiet, "Stop")
    expect(quiet.locator(".live-word")).to_have_text("No voice", timeout=30_000)
    until_heard(speaking, heard_s(speaking) + 1)
    assert "–" not in percentages(speaking).values(), "the one was stopped, not the other"


@pytest.mark.slow
def test_a_slow_answer_costs_old_sound_and_no_time(talking, open_page, server):
    page = open_live(open_page(talking, server.address, permissions=["microphone"]))
    asked, waiting = [], []

    def slow(route):
        message = route.request.post_data_json
        if message["fn_name"] == "hear":
            asked.append(message["data"])
            if len(asked) == 3:
                waiting.append(route)
                return
        route.continue_()

    page.route("**/component_server/**", slow)
    press(page, "Start")
    while not waiting:
        page.wait_for_timeout(20)
    until_heard(page, heard_s(page) + 4.5)
    assert len(asked) == 3, "questions pile up"
    waiting[0].continue_()
    until_heard(page, heard_s(page) + 0.5, readings=3)
    seconds = [seconds_of(message) for message in asked]
    assert max(seconds) <= 3.01, "a backlog is sent"
    assert asked[3]["lost_s"] > 1, "old sound is left out"
    assert asked[3]["lost_s"] + seconds[3] > 4.4, "the time goes on"


@pytest.mark.slow
def test_the_last_half_minute_can_become_a_take(talking, open_page, server):
    page = open_live(open_page(talking, server.address, permissions=["microphone"]))
    press(page, "Start")
    until_heard(page, 3.5, readings=3)
    uploads = []
    page.on("request", lambda request: uploads.append(request.url) if "/upload" in request.url else None)
    press(page, "Stop")
    keep = page.get_by_role("button", name=re.compile(r"Keep the last \d+ s as a take"))
    expect(keep).to_be_visible(timeout=30_000)
    assert not uploads, "nothing is kept before somebody asks for it"
    keep.click()
    expect(page.locator(".live-keep")).to_have_text(re.compile("Saved"), timeout=30_000)
    assert len(uploads) == 1
    expect(page.get_by_role("button", name="Play Live")).to_be_visible()


@pytest.mark.slow
def test_without_a_microphone_it_says_so(launch, open_page, server):
    page = open_live(open_page(launch(), server.address))
    press(page, "Start")
    expect(page.locator(".live-problem")).to_contain_text("microphone", timeout=30_000)
    expect(page.locator(".live-word")).to_have_text("Ready")
    expect(page.locator(".live .live-start")).to_have_text("Start")


@pytest.mark.slow
def test_an_interruption_is_said_and_it_goes_on_by_itself(talking, open_page, server):
    track = "addEventListener('microphone-opened', ({ detail }) => { window.track = detail.getAudioTracks()[0]; });"
    page = open_live(open_page(talking, server.address, script=track, permissions=["microphone"]))
    # A page cannot make a call: it sets what the browser would set.
    mute = "(value) => Object.defineProperty(window.track, 'muted', { value, configurable: true })"
    press(page, "Start")
    until_heard(page, 2, readings=1)
    page.evaluate(mute, True)
    expect(page.locator(".live-word")).to_have_text("Paused")
    expect(page.locator(".live-said")).to_have_text("Paused")
    assert set(percentages(page).values()) == {"–"}
    heard, readings = heard_s(page), int(page.locator(".live").get_attribute("data-readings"))
    page.evaluate(mute, False)
    until_heard(page, heard + 0.5, readings=readings + 1)
    expect(page.locator(".live-word")).not_to_have_text("Paused")
    press(page, "Stop")
    expect(page.locator(".live")).to_have_attribute("data-state", "stopped")


def test_leaving_the_tab_closes_the_microphone(talking, open_page, server):
    page = open_live(open_page(talking, server.address, permissions=["microphone"]))
    page.evaluate(
        "window.addEventListener('microphone-opened', (event) => (window.track = event.detail.getTracks()[0]))"
    )
    press(page, "Start")
    until_heard(page, 1)
    assert page.evaluate("window.track.readyState") == "live"
    page.get_by_role("tab", name="About").click()
    page.wait_for_function("window.track.readyState === 'ended'")


@pytest.mark.slow
def test_the_words_on_the_page_are_those_of_the_command_line_labels(talking, open_page, server):
    page = open_live(open_page(talking, server.address, permissions=["microphone"]))
    names = page.locator(".live-bars .name").all_inner_texts()
    assert names == page.locator(".live-timeline li").all_inner_texts()
    assert names == [EMOTION_NAMES[label] for label in LABELS]


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_live_fits_a_phone(talking, open_page, server, theme):
    phone = {"width": 390, "height": 844}
    page = open_live(
        open_page(talking, server.address, f"/?__theme={theme}", viewport=phone, permissions=["microphone"])
    )
    press(page, "Start")
    until_heard(page, 2, readings=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= phone["width"]


# Right edge of each name and each percentage of 100% in bold, as if it led, with the left edge of what stands after it.
LEADING = """() => [...document.querySelectorAll(".live-bars li")].map((row) => {
    row.classList.add("top");
    row.querySelector(".percent").textContent = "100%";
    const right = (word) => {
        const text = document.createRange();
        text.selectNodeContents(word);
        return text.getBoundingClientRect().right;
    };
    const [name, track, percent] = [".name", ".track", ".percent"].map((part) => row.querySelector(part));
    return [track.getBoundingClientRect().left - right(name), document.querySelector(".live-bars").getBoundingClientRect().right - right(percent)];
})"""


@pytest.mark.parametrize("font", ["", "Verdana, 'DejaVu Sans', sans-serif", "monospace"])
@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_the_wall_view_has_room_for_the_whole_word_that_leads(open_page, browser, server, width, font):
    size = {"width": width, "height": 844 if width < 500 else width * 9 // 16}
    page = open_page(browser, server.address, "/?present=live", viewport=size)
    expect(page.locator(".live.wall")).to_be_visible()
    if font:
        page.add_style_tag(content=f".live.wall * {{ font-family: {font} !important; }}")
    for view in ("wall", "page"):
        room = page.evaluate(LEADING)
        assert len(room) == 6
        assert min(min(row) for row in room) >= -0.5, (view, room)
        page.keyboard.press("Escape")
        expect(page.locator(".live.wall")).to_have_count(0)


def test_the_wall_view_shows_six_bars_that_a_room_can_read_and_nothing_else(talking, open_page, server):
    wall = {"width": 1920, "height": 1080}
    page = open_page(talking, server.address, "/?present=live", viewport=wall, permissions=["microphone"])
    live = page.locator(".live.wall")
    expect(live).to_have_css("position", "fixed")
    page.keyboard.press("r")
    expect(live.locator(".live-bars .top")).to_have_count(1, timeout=60_000)
    expect(live.locator(".live-controls")).to_have_css("opacity", "0")
    expect(live.locator(".live-verdict, .live-timeline, .live-note").locator("visible=true")).to_have_count(0)
    sizes = live.locator(".live-bars :is(.name, .percent)").evaluate_all(
        "(words) => words.map((word) => parseFloat(getComputedStyle(word).fontSize))"
    )
    assert min(sizes) >= 88, "capitals of 62 pixels are 4 cm high on a screen of 1.2 m"
    page.keyboard.press("Escape")
    expect(page.locator(".live.wall")).to_have_count(0)
    assert "present=" not in page.url
