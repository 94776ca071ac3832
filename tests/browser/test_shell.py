"""The page around the tabs: keyboard shortcuts, the remembered theme, tabs by address, installation as an app."""

import io
import re

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import wait_until

TABS = {"record": "Record", "dataset": "Data set", "results": "Results", "about": "About"}
LETTERS = {"record": "r", "dataset": "d", "results": "s", "about": "a"}
COUNT = """(tab, key) => shortcuts.add(tab, key, "count", () => { window.pressed = (window.pressed || 0) + 1; })"""


def count_presses(page: Page, tab: str | None, key: str) -> None:
    page.evaluate(f"([tab, key]) => ({COUNT})(tab, key)", [tab, key])


def pressed(page: Page) -> int:
    return page.evaluate("window.pressed || 0")


def expect_tab(page: Page, tab: str) -> None:
    expect(page.get_by_role("tab", name=TABS[tab], exact=True)).to_have_attribute("aria-selected", "true")


def expect_theme(page: Page, *, dark: bool) -> None:
    classes = re.compile(r"\bdark\b")
    if dark:
        expect(page.locator("body")).to_have_class(classes)
    else:
        expect(page.locator("body")).not_to_have_class(classes)


def type_keys(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def go_to(page: Page, tab: str) -> None:
    """Open a tab by its shortcut."""
    type_keys(page, "g", LETTERS[tab])
    expect_tab(page, tab)


def test_g_and_a_letter_opens_a_tab(page):
    for tab in ("dataset", "results", "about", "record"):
        go_to(page, tab)
        expect(page.get_by_role("tab", name=TABS[tab], exact=True)).to_be_focused()


def test_keys_of_other_alphabets_work_by_their_place(page):
    count_presses(page, None, "7")
    for sign, place in (("п", "KeyG"), ("ф", "KeyA"), ("è", "Digit7"), ("٧", "Digit7")):
        page.evaluate(
            "([key, code]) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, code, bubbles: true }))",
            [sign, place],
        )
    expect_tab(page, "about")
    assert pressed(page) == 2


def test_every_tab_has_a_letter(page):
    tabs = page.locator('[role="tab"][data-tab-id]:visible')
    shown = tabs.evaluate_all(
        """(tabs) => tabs.filter((tab) => !tab.closest('[role="tabpanel"]')).map((tab) => tab.dataset.tabId)"""
    )
    assert shown == list(page.evaluate("shortcuts.TABS").values())


@pytest.mark.slow
def test_a_letter_after_g_does_not_do_what_it_does_alone(page):
    count_presses(page, None, "d")
    go_to(page, "dataset")
    assert pressed(page) == 0
    type_keys(page, "d")
    assert pressed(page) == 1


@pytest.mark.slow
def test_a_shortcut_works_only_while_its_tab_is_open(page):
    count_presses(page, "about", "x")
    type_keys(page, "x")
    assert pressed(page) == 0
    go_to(page, "about")
    type_keys(page, "x")
    assert pressed(page) == 1


@pytest.mark.slow
def test_the_open_tab_comes_before_everywhere(page):
    page.evaluate("shortcuts.add(null, 'x', 'all', () => { window.who = 'all'; })")
    page.evaluate("shortcuts.add('about', 'x', 'about', () => { window.who = 'about'; })")
    type_keys(page, "x")
    assert page.evaluate("window.who") == "all"
    go_to(page, "about")
    type_keys(page, "x")
    assert page.evaluate("window.who") == "about"


@pytest.mark.slow
def test_a_shortcut_that_is_added_again_takes_the_place_of_the_old_one(page):
    for _ in range(2):
        count_presses(page, None, "x")
    type_keys(page, "x")
    assert pressed(page) == 1


@pytest.mark.slow
def test_with_a_modifier_held_a_key_belongs_to_the_browser(page):
    count_presses(page, None, "x")
    for key in ("Control+x", "Alt+x", "Meta+x", "Shift+X"):
        page.keyboard.press(key)
        assert pressed(page) == 0, key


def test_nothing_fires_while_typing(page):
    for key in ("x", " ", "arrowdown"):
        count_presses(page, None, key)
    fields = ("<input>", "<textarea></textarea>", "<p contenteditable='true'>words</p>")
    page.evaluate(
        "(html) => document.body.insertAdjacentHTML('beforeend', `<div id='fields'>${html}</div>`)",
        "".join(fields),
    )
    for i, field in enumerate(fields):
        page.locator("#fields > *").nth(i).focus()
        type_keys(page, "x", "Space", "ArrowDown", "?", "g", "a")
        assert pressed(page) == 0, field
        assert page.locator("dialog").count() == 0
        expect_tab(page, "record")


@pytest.mark.slow
def test_space_on_a_button_presses_the_button(page):
    count_presses(page, "about", " ")  # Record has an action of its own there, and may add it late
    go_to(page, "about")
    page.get_by_role("button", name="Dark theme").focus()
    type_keys(page, "Space")
    expect_theme(page, dark=True)
    assert pressed(page) == 0
    page.get_by_role("tab", name="About", exact=True).focus()
    type_keys(page, "Space")
    assert pressed(page) == 1


@pytest.mark.slow
def test_a_key_held_down_records_once_and_walks_on(page):
    for key in ("x", "arrowdown"):
        count_presses(page, None, key)
    for key in ("x", "x", "ArrowDown", "ArrowDown"):  # the second `down` without `up` is a repeat
        page.keyboard.down(key)
    assert pressed(page) == 3


def test_the_question_mark_lists_what_every_tab_offers(page):
    page.evaluate("shortcuts.add('about', 'x', 'a thing only About can do', () => {})")
    opener = page.get_by_role("tab", name="Record", exact=True)
    opener.focus()
    type_keys(page, "?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    for words in ("show this list", "open Data set", "a thing only About can do"):
        expect(dialog.get_by_text(words)).to_be_visible()
    expect(dialog.get_by_role("heading", name="About", exact=True)).to_be_visible()
    count_presses(page, None, "y")
    type_keys(page, "y", "g", "a")
    assert pressed(page) == 0
    expect_tab(page, "record")
    type_keys(page, "Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


@pytest.mark.slow
def test_the_focus_stays_in_the_dialog(page):
    page.get_by_role("button", name="Shortcuts").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_focused()
    for _ in range(8):
        type_keys(page, "Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )


@pytest.mark.slow
def test_shortcuts_can_be_turned_off_and_stay_off(page):
    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_role("checkbox", name="Shortcuts are on").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.get_by_role("tab", name="Record").wait_for()
    type_keys(page, "g", "a", "?")
    expect_tab(page, "record")
    assert page.locator("dialog").count() == 0
    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_role("checkbox", name="Shortcuts are on").check()
    type_keys(page, "Escape")
    go_to(page, "about")


def test_the_theme_is_remembered_and_the_address_comes_first(page, server):
    page.get_by_role("button", name="Dark theme").click()
    expect_theme(page, dark=True)
    for address, dark in (("/", True), ("/?__theme=light", False), ("/", True)):
        page.goto(server.address + address)
        page.get_by_role("button", name="Dark theme").wait_for()
        expect_theme(page, dark=dark)
    page.goto(server.address + "/?__theme=dark")
    page.get_by_role("button", name="Light theme").click()  # a click takes precedence over the address
    expect_theme(page, dark=False)
    expect(page).not_to_have_url(re.compile("__theme"))
    expect(page.get_by_role("button", name="Light theme")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Dark theme")).to_have_attribute("aria-pressed", "false")


@pytest.mark.slow
def test_without_a_choice_the_theme_follows_the_system(page):
    for scheme in ("dark", "light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect_theme(page, dark=scheme == "dark")
    page.get_by_role("button", name="Light theme").click()
    page.emulate_media(color_scheme="light")
    page.emulate_media(color_scheme="dark")
    expect_theme(page, dark=False)


def test_an_address_opens_its_tab_and_a_bare_one_opens_record(page, server):
    page.get_by_role("tab", name="About").click()
    expect_tab(page, "about")
    page.goto(server.address)
    expect(page.get_by_role("tab", name="Record", exact=True)).to_have_attribute("aria-selected", "true")
    page.goto(server.address + "/?tab=dataset")
    expect(page.get_by_role("tab", name="Data set")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("1,224 clips")).to_be_visible()  # its table is read, as after a click
    page.get_by_role("tab", name="Record", exact=True).click()
    expect(page).to_have_url(re.compile("tab=record"))


def test_back_and_forward_walk_through_the_tabs(page, server):
    page.get_by_role("tab", name="About").click()
    go_to(page, "results")
    page.get_by_role("tab", name="Results").click()  # it is open: no step
    for step, tab in ((page.go_back, "about"), (page.go_back, "record"), (page.go_forward, "about")):
        step()
        expect_tab(page, tab)
    page.reload()
    expect_tab(page, "about")
    page.go_back()
    expect_tab(page, "record")


@pytest.mark.slow
def test_a_tab_that_does_not_exist_is_left_alone(page, server):
    page.goto(server.address + "/?tab=%22%5D%3Cb%3E")
    page.get_by_role("tab", name="Record").wait_for()
    expect_tab(page, "record")


@pytest.mark.slow
def test_the_skip_link_leads_into_the_open_tab(page):
    expect(page.locator(".record-layout")).to_be_focused()  # from where Tab goes on
    type_keys(page, "Tab")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_focused()  # the one act comes first
    skip = page.get_by_role("link", name="Skip to content")
    skip.focus()
    expect(skip).to_be_in_viewport()
    type_keys(page, "Enter")
    expect(page.locator(":focus")).to_have_attribute("role", "tabpanel")
    type_keys(page, "Tab")
    assert page.evaluate("!!document.activeElement.closest('[role=tabpanel]')")


@pytest.mark.slow
def test_what_has_the_focus_is_outlined(page):
    expect(page.locator(".record-layout")).to_be_focused()  # from where Tab goes on
    for _ in range(12):  # past the list of sentences and a check box
        type_keys(page, "Tab")
        style, width = page.evaluate(
            "(({ outlineStyle, outlineWidth }) => [outlineStyle, parseFloat(outlineWidth)])(getComputedStyle(document.activeElement))"
        )
        assert style != "none"
        assert width >= 2


@pytest.mark.slow
def test_those_who_want_less_motion_get_none(open_page, browser, server):
    page = open_page(browser, server.address, reduced_motion="reduce")
    slowest = page.evaluate(
        """Math.max(...[...document.querySelectorAll(".gradio-container *")].flatMap((element) => {
          const { transitionDuration, animationDuration } = getComputedStyle(element);
          return [transitionDuration, animationDuration].map((text) => Math.max(...text.split(",").map(parseFloat)));
        }))"""
    )
    assert slowest <= 0.01


def test_a_phone_never_scrolls_sideways(open_page, browser, server):
    page = open_page(browser, server.address, "/", viewport={"width": 390, "height": 844})
    for name in TABS.values():  # no tab hides in a menu
        expect(page.get_by_role("tab", name=name, exact=True)).to_be_in_viewport(ratio=1)
    for tab, name in TABS.items():
        page.get_by_role("tab", name=name, exact=True).click()
        expect(page.get_by_role("tab", name=name, exact=True)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tabpanel").filter(visible=True).first).to_be_visible()
        wide = page.evaluate(
            "() => new Promise((laid) => requestAnimationFrame(() => laid(document.documentElement.scrollWidth)))"
        )
        assert wide <= 390, tab


@pytest.mark.slow
def test_record_is_reached_without_scrolling(page):
    for name in TABS.values():
        expect(page.get_by_role("tab", name=name, exact=True)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_in_viewport(ratio=1)


def test_the_app_can_be_installed(page, server):
    manifest = httpx.get(server.address + "/manifest.json").json()
    assert manifest["name"] == "Emotion Listener"
    assert manifest["display"] == "standalone"
    assert manifest["start_url"] == "./"
    for icon in manifest["icons"]:
        image = Image.open(io.BytesIO(httpx.get(server.address + icon["src"]).content))
        assert f"{image.width}x{image.height}" == icon["sizes"]
        assert image.convert("RGB").resize((8, 8)).getcolors(64) != [(64, (255, 255, 255))]
    browser = page.context.new_cdp_session(page)
    assert browser.send("Page.getAppManifest")["errors"] == []
    problems = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {problem["errorId"] for problem in problems} <= {"in-incognito"}  # tests run in fresh profiles


# All that a person reads or hears of the page: its text, and its names for screen readers.
WORDS = """() => [
  document.querySelector("gradio-app").innerText,
  ...[...document.querySelectorAll("gradio-app *")].flatMap((element) =>
    ["aria-label", "title", "placeholder", "alt"].map((name) => element.getAttribute(name))).filter(Boolean),
]"""


@pytest.mark.parametrize("locale", ["de-DE", pytest.param("ar-EG", marks=pytest.mark.slow)])
def test_the_page_is_in_english_whatever_the_browser_speaks(open_page, browser, server, locale):
    pages = []
    for language in ("en-US", locale):
        page = open_page(browser, server.address, locale=language)
        expect(page.get_by_role("button", name="Use via API")).to_be_visible()
        page.locator("#recorder .mic-select, #recorder select").first.wait_for(state="attached")
        microphones = page.locator(".recorder").get_by_label("Microphone").locator("option")
        expect(microphones.nth(1)).to_be_attached()  # the browser names them when it is asked
        pages.append(page)
    assert page.evaluate("[document.documentElement.lang, document.body.dir || 'ltr']") == ["en", "ltr"]
    wait_until(lambda: pages[0].evaluate(WORDS) == pages[1].evaluate(WORDS))
