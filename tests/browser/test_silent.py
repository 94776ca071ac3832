"""When a request of the page gets no answer, the page says so and still sends the next one."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import EXAMPLES
from tests.browser.record.test_live_tab import open_live, press, talking, until_heard  # noqa: F401  (a fixture)
from tests.browser.record.test_sitting import upload
from tests.browser.test_dataset_tab import first, open_data_set
from tests.browser.test_results_tab import cell, results_of
from tests.browser.test_splits_tab import open_splits
from tests.helpers.viewer import open_clip

SILENT = re.compile("The app does not answer")
NOBODY = """window.usual = window.fetch;
window.fetch = (address, options) =>
    String(address).includes("component_server") ? Promise.reject(new TypeError("nobody")) : window.usual(address, options);
"""


def be_silent(page: Page, silent: bool = True) -> None:
    """Let the widgets' requests get lost, or no longer."""
    if silent:
        page.route("**/component_server/**", lambda route: route.abort())
    else:
        page.unroute("**/component_server/**")


def test_clips_and_splits(open_page, browser, server_with_data):
    page = open_data_set(open_page(browser, server_with_data.address))
    be_silent(page)
    first(page).click()
    expect(page.locator('#clip [data-slot="silent"]')).to_have_text(SILENT)
    be_silent(page, False)
    page.locator("#clips .clip-row").nth(1).click()
    expect(page.locator("#clip figure img")).to_be_visible()
    open_splits(page)
    page.get_by_role("radio", name="k folds by seed").check()
    expect(page.locator(".fold-table")).to_be_visible()
    be_silent(page)
    page.get_by_role("spinbutton", name="Folds").fill("4")
    problem = page.get_by_role("alert").filter(has_text=SILENT, visible=True)
    expect(problem).to_have_count(1)
    be_silent(page, False)
    page.get_by_role("spinbutton", name="Folds").fill("5")
    expect(page.locator(".fold-table tbody tr")).to_have_count(5)
    expect(problem).to_have_count(0)


@pytest.mark.slow
def test_results(open_page, browser, server):
    page = results_of(open_page(browser, server.address))
    be_silent(page)
    cell(page, "HAP", "HAP").click()
    expect(page.locator(".cell-clips .warning")).to_have_text(SILENT)
    expect(page.locator(".cell-clips .warning")).to_be_in_viewport()
    page.locator('#results .plot.overview [data-png="overview"]').click()
    expect(page.locator(".plot.overview .warning")).to_have_text(SILENT)
    page.locator('input[name="network"][value="published"]').check()
    expect(page.locator(".network-plots .warning")).to_have_text(SILENT)
    be_silent(page, False)
    with page.expect_download():
        page.locator('#results .plot.overview [data-png="overview"]').click()
    expect(page.locator(".plot.overview .warning")).to_have_count(0)
    page.locator('input[name="network"][value="emotion"]').check()
    cell(page, "HAP", "HAP").click()
    expect(page.locator(".cell-clips li").first).to_be_visible()


@pytest.mark.slow
def test_the_viewer(open_page, browser, server):
    page = open_page(browser, server.address)
    open_clip(page, kind="example", key="even")
    be_silent(page)
    page.locator("body").press("w")
    expect(page.locator(".why").get_by_role("status")).to_have_text(SILENT)
    page.locator("body").press("i")
    expect(page.locator(".overlay-legend .problem")).to_have_text(SILENT)
    page.locator("body").press("Space")  # plays
    expect(page.locator("#spectrogram").get_by_text(SILENT).last).to_be_visible()


@pytest.mark.slow
def test_live(talking, open_page, server):  # noqa: F811
    page = open_live(open_page(talking, server.address, permissions=["microphone"]))
    press(page, "Start")
    until_heard(page, 1)
    be_silent(page)
    expect(page.locator(".live").get_by_text(SILENT)).to_be_visible()
    expect(page.locator(".live").get_by_role("button", name="Start", exact=True)).to_be_visible()
    be_silent(page, False)
    press(page, "Start")
    until_heard(page, 1, readings=1)
    expect(page.locator(".live").get_by_text(SILENT)).to_be_hidden()


@pytest.mark.slow
def test_agreement(open_page, browser, server):
    page = open_page(browser, server.address, "/?tab=inspect")
    title, words = page.locator(".agreement > summary"), page.locator('.agreement [data-slot="lead"]')
    problem = page.locator('.agreement [data-slot="problem"]')
    be_silent(page)
    title.click()
    expect(problem).to_have_text(SILENT)
    expect(problem).to_have_css("padding-left", "10px")  # gradio gives other rules more weight
    be_silent(page, False)
    title.click()
    title.click()
    expect(problem).to_be_hidden()
    expect(words).not_to_be_empty()


@pytest.mark.slow
def test_a_take(page):
    page.route("**/file=**", lambda route: route.abort())  # only requests for sound
    upload(page, EXAMPLES / "even.flac")
    page.get_by_role("button", name="Play even").click()
    expect(page.locator("#sitting .told")).to_have_text(SILENT)


@pytest.mark.slow
def test_the_desk(open_page, browser, server_with_data):
    page = open_page(browser, server_with_data.address, script=NOBODY)
    page.get_by_role("tab", name="Inspect").click()
    desk = page.locator(".annotate")
    expect(desk.locator(".warning:visible")).to_have_text(SILENT)
    expect(desk.get_by_text("There are no sound files here.")).to_have_count(0)
    page.evaluate("window.fetch = window.usual")
    expect(desk.locator(".row").first).to_be_visible()
