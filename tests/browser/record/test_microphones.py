"""The microphone is chosen once for Record, the prompts and Live; one that is unplugged is said, and Live goes on with it."""

from playwright.sync_api import Page, expect

from ser.audio.reading import read_audio
from tests.browser.conftest import EXAMPLES, FAKE_MICROPHONE

OPENED = """
window.opened = [];
window.addEventListener("microphone-opened", ({ detail }) => window.opened.push(detail.getAudioTracks()[0]));
"""
# The browser's list of devices, as long as nothing is unplugged.
PLUGGED = (
    OPENED
    + """
const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
navigator.mediaDevices.enumerateDevices = async () => (window.unplugged ? [] : list());
"""
)


def wait_for_opened(page: Page, count: int, label: str) -> None:
    page.wait_for_function("count => window.opened.length === count", arg=count)
    assert page.evaluate("window.opened.at(-1).label") == label


def until_read(page: Page, more: int) -> None:
    """Wait until Live has shown some more scores."""
    readings = int(page.locator(".live").get_attribute("data-readings") or 0)
    page.wait_for_function(
        "count => Number(document.querySelector('.live').dataset.readings) >= count", arg=readings + more
    )


def test_the_chosen_microphone_is_that_of_record_the_prompts_and_live(launch, open_page, server):
    whole = launch(*FAKE_MICROPHONE, whole=True)
    page = open_page(whole, server.address, script=OPENED, permissions=["microphone"])
    choice = page.locator(".recorder").get_by_label("Microphone")
    expect(choice).to_have_value("")
    choice.select_option("Fake Audio Input 2")
    record, stop = (page.get_by_role("button", name=name, exact=True) for name in ("Record", "Stop"))
    for count, prepare in ((1, lambda: None), (2, page.get_by_role("button", name="Six sentences").click)):
        prepare()
        record.click()
        wait_for_opened(page, count, "Fake Audio Input 2")
        page.locator(".recorder .time", has_text="0:01").wait_for()
        stop.click()
        expect(record).to_have_attribute("aria-disabled", "false")
    expect(choice).to_be_visible()  # also beside a take

    page.get_by_role("tab", name="Live", exact=True).click()
    live = page.locator(".live")
    expect(live.get_by_label("Microphone").locator("option:checked")).to_have_text("Fake Audio Input 2")
    live.get_by_role("button", name="Start").click()
    wait_for_opened(page, 3, "Fake Audio Input 2")
    until_read(page, 1)
    live.get_by_label("Microphone").select_option("Fake Audio Input 1")
    wait_for_opened(page, 4, "Fake Audio Input 1")
    until_read(page, 2)
    assert page.evaluate("window.opened.map((track) => track.readyState)") == [*(["ended"] * 3), "live"]
    live.get_by_role("button", name="Stop").click()
    page.wait_for_function("window.opened.at(-1).readyState === 'ended'")
    page.reload()
    expect(choice.locator("option:checked")).to_have_text("Fake Audio Input 1")


def test_live_says_that_the_microphone_is_unplugged_and_goes_on_when_it_is_back(again, open_page, server):
    talking = again.hear(read_audio(EXAMPLES / "quiet_and_falling.flac").samples)
    page = open_page(talking, server.address, script=PLUGGED, permissions=["microphone"])
    page.get_by_role("tab", name="Live", exact=True).click()
    live, word = page.locator(".live"), page.locator(".live-word")
    live.get_by_role("button", name="Start").click()
    until_read(page, 2)
    page.evaluate("() => { window.unplugged = true; window.opened[0].stop(); }")
    expect(word).to_have_text("Unplugged")
    expect(page.locator(".live-sentence")).to_contain_text("Plug it in again")
    expect(page.locator(".live-said")).to_have_text("Unplugged")
    expect(page.locator(".live-bars .percent").first).to_have_text("–")
    expect(live).to_have_attribute("data-state", "running")

    page.evaluate("window.unplugged = false")
    until_read(page, 2)
    expect(word).not_to_have_text("Unplugged")
    assert page.evaluate("window.opened.length") == 2
    live.get_by_role("button", name="Stop").click()
    page.wait_for_function("window.opened.every((track) => track.readyState === 'ended')")
