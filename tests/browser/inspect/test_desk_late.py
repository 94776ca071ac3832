"""The annotator's queue when the app answers late, and in a different order than it was asked."""

import re

from playwright.sync_api import Page, expect

from tests.browser.inspect.test_desk import INSPECT, opened, rows

# The answers to these requests, counted from 1, are held back until the test releases them.
HOLD = """(held) => {
    const usual = window.fetch;
    const seen = {};
    window.letGo = {};
    window.fetch = async (address, options) => {
        const name = String(address).includes("component_server") && JSON.parse(options.body).fn_name;
        if (!name) return usual(address, options);
        seen[name] = (seen[name] || 0) + 1;
        const call = `${name} ${seen[name]}`;
        const answer = await usual(address, options);
        if (held.includes(call)) await new Promise((go) => (window.letGo[call] = go));
        return answer;
    };
}"""


def when_held(page: Page, call: str) -> None:
    page.wait_for_function("(call) => window.letGo[call]", arg=call)


def let_go(page: Page, call: str) -> None:
    when_held(page, call)
    page.evaluate("(call) => window.letGo[call]()", call)


def test_a_take_appears_even_if_the_news_of_the_empty_list_is_late(open_page, browser, server):
    calls = ["queue_news 1", "queue_rows 2"]
    page = open_page(browser, server.address, INSPECT, script=f"({HOLD})({calls})")
    when_held(page, "queue_news 1")
    page.get_by_role("tab", name="Record", exact=True).click()
    page.get_by_role("button", name="Even", exact=True).click()
    page.locator("#result").get_by_role("button", name="Inspect").click()
    expect(opened(page)).to_have_text("Even")
    when_held(page, "queue_rows 2")
    let_go(page, "queue_news 1")
    let_go(page, "queue_rows 2")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Even")


def test_the_address_opens_a_clip_of_the_data_set(open_page, browser, server_with_data):
    page = open_page(browser, server_with_data.address, "/?tab=inspect&clip=1001_DFA_ANG_XX")
    expect(opened(page)).to_have_text("1001_DFA_ANG_XX")
    page.get_by_role("tab", name="Data set").click()
    page.locator("#clips .clip-row").nth(2).click()
    clip = page.locator('#clip [data-slot="clip"]').inner_text()
    page.locator("#clip").get_by_role("button", name="Inspect").click()
    expect(opened(page)).to_have_text(clip)
    expect(page).to_have_url(re.compile(f"clip={clip}"))
