"""The accessibility checker axe finds nothing serious on any tab, light or dark, on a laptop or a phone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import DONE

LAPTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
IDS = "(tabs) => tabs.map((tab) => tab.dataset.tabId)"
GRAVE = ("serious", "critical")
ONLY_FINDINGS = {"resultTypes": ["violations"]}  # and one example of each check that passed


def each_tab(page: Page) -> Iterator[str]:
    """Open all tabs and inner tabs in turn, and yield their names."""
    opened = set()
    tabs = page.locator("[data-tab-id]:visible")
    while closed := set(tabs.evaluate_all(IDS)) - opened:
        inner = page.locator('[role="tabpanel"] [data-tab-id]:visible').evaluate_all(IDS)
        tab = min(closed.intersection(inner) or closed)
        button = page.locator(f'[data-tab-id="{tab}"]')
        button.click()
        expect(button).to_have_attribute("aria-selected", "true")
        opened.add(tab)
        yield tab


def findings(page: Page) -> list[str]:
    """Return a line for each element with a serious finding, once everything is drawn and nothing moves."""
    expect(page.locator('[role="row"]:empty')).to_have_count(0)
    expect(page.get_by_text("Computing the results").locator("visible=true")).to_have_count(0)
    page.wait_for_function("document.getAnimations().every((animation) => animation.playState !== 'running')")
    found = Axe().run(page, options=ONLY_FINDINGS).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]} {node['failureSummary'][-200:]}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


@pytest.fixture(
    params=[
        pytest.param(("dark", LAPTOP), id="laptop-dark"),
        pytest.param(("light", PHONE), id="phone-light", marks=pytest.mark.slow),
        pytest.param(("light", LAPTOP), id="laptop-light", marks=pytest.mark.slow),
        pytest.param(("dark", PHONE), id="phone-dark", marks=pytest.mark.slow),
    ]
)
def app(request, open_page, browser, server) -> Page:
    theme, viewport = request.param
    return open_page(
        browser,
        server.address,
        f"/?__theme={theme}",
        viewport=viewport,
        reduced_motion="reduce",
        permissions=["microphone"],
    )


def test_no_tab_has_a_grave_finding(app):
    found = {tab: findings(app) for tab in each_tab(app)}
    assert {"record", "live", "dataset", "results", "about"} <= set(found)
    assert not any(found.values()), found


def test_a_result_has_no_grave_finding(app):
    app.get_by_role("button", name="Even", exact=True).click()  # an example
    app.locator(DONE).wait_for()
    assert findings(app) == []


def test_the_list_of_shortcuts_has_no_grave_finding(app):
    app.keyboard.press("?")
    app.get_by_role("dialog").wait_for()
    assert findings(app) == []
