"""The side panel with the takes of a session, in a real browser."""

import csv
import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Download, Page, expect

from ser.labels import EMOTION_NAMES, LABELS
from tests.browser.conftest import EXAMPLES, FAKE_MICROPHONE, command_line_scores

LAPTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
ROWS = "#sitting li[data-id]"
UNDO_S = 10


def try_example(page: Page, name: str) -> None:
    """Add a take from an example."""
    n = page.locator(ROWS).count()
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator(ROWS)).to_have_count(n + 1)


def upload(page: Page, file: Path) -> Path:
    """Add a take from a file; return its path on the server."""
    n = page.locator(ROWS).count()
    page.locator("#recorder [data-testid=source-select]").wait_for(state="attached")
    with page.expect_response(re.compile(r"/upload\?")) as response:
        page.locator(".recorder input[type=file]").set_input_files(file)
    expect(page.locator(ROWS)).to_have_count(n + 1)
    return Path(response.value.json()[0])


def named(page: Page) -> list[str]:
    return [row.input_value() for row in page.locator(f"{ROWS} .name").all()]


def save(page: Page, kind: str) -> Download:
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save all as {kind}").click()
    return download.value


@pytest.fixture
def three(page) -> Page:
    for name in ("Even", "Bright and lively", "Low and drawn out"):
        try_example(page, name)
    return page


def asks_before_leaving(page: Page) -> bool:
    return page.evaluate("!window.dispatchEvent(new Event('beforeunload', { cancelable: true }))")


def test_leaving_asks_while_there_are_takes(page):
    assert not asks_before_leaving(page)
    try_example(page, "Even")
    assert asks_before_leaving(page)
    page.get_by_role("button", name="Delete even").click()
    expect(page.locator(ROWS)).to_have_count(0)
    assert not asks_before_leaving(page)


def test_a_take_appears_with_its_name_time_and_verdict_and_plays_again(page, server):
    expect(page.locator("#sitting-panel")).to_contain_text("0 takes")
    upload(page, EXAMPLES / "even.flac")
    row = page.locator(ROWS)
    expect(row.locator(".name")).to_have_value("even")
    said = command_line_scores(server.checkpoint, EXAMPLES / "even.flac")
    expect(row.locator(".verdict")).to_contain_text(EMOTION_NAMES[said["top"]])
    assert row.locator("time").inner_text()

    page.evaluate(
        """() => {
          window.played = [];
          const play = HTMLMediaElement.prototype.play;
          HTMLMediaElement.prototype.play = function () { window.played.push(this); return play.call(this); };
        }"""
    )
    play = row.get_by_role("button", name="Play even")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("window.played.length === 1 && window.played[0].currentTime > 1")
    expect(play).to_have_attribute("aria-pressed", "false")  # at its end


@pytest.mark.slow
def test_a_take_whose_sound_is_gone_says_so(page):
    page.route(
        re.compile("/file="), lambda route: route.abort()
    )  # or the browser has the sound from the recorder
    sound = upload(page, EXAMPLES / "even.flac")
    for file in sound.parent.iterdir():  # with its decoded copy
        file.unlink()
    page.unroute(re.compile("/file="))  # only now, as the recorder may still be about to ask
    page.get_by_role("button", name="Play even").click()
    expect(page.locator("#sitting .told")).to_contain_text("deletes recordings within 2 hours")
    expect(page.get_by_role("button", name="Play even")).to_have_attribute("aria-pressed", "false")


@pytest.mark.slow
def test_a_new_name_is_kept_and_typing_sets_off_no_shortcut(three):
    page = three
    name = page.get_by_label("Name of the take").first
    name.fill("")
    name.press_sequentially("Grandma t")
    try_example(page, "Quiet and falling")  # draws the list again
    expect(page.locator("#sitting-panel")).to_be_visible()
    name = page.get_by_label("Name of the take").nth(1)
    name.fill("Grandma ✓")
    name.press("Enter")
    expect(page.get_by_role("button", name="Play Grandma ✓")).to_be_visible()
    name.fill("half typed")
    name.press("Escape")
    expect(name).to_have_value("Grandma ✓")


def test_two_takes_stand_side_by_side(three):
    page = three
    compare = page.get_by_role("button", name="Side by side")
    expect(compare).to_be_disabled()
    names = ("Even", "Bright and lively")
    page.get_by_label(f"Choose {names[0]} to compare").hover()
    page.mouse.down()
    page.evaluate(
        "(row) => { const list = document.querySelector(row).parentNode; list.innerHTML += ''; }", ROWS
    )
    page.mouse.up()  # the list was drawn again under the pointer
    expect(page.get_by_label(f"Choose {names[0]} to compare")).to_be_checked()
    page.get_by_label(f"Choose {names[1]} to compare").check()
    page.get_by_role("tab", name="About").click()
    page.keyboard.press("t")  # there the panel is closed at first
    compare.click()
    expect(page.get_by_role("tab", name="Record")).to_have_attribute("aria-selected", "true")

    both = page.locator(".comparison .side")
    expect(both).to_have_count(2)
    expect(both.locator("h3")).to_have_text(
        [f"{letter}{name}" for letter, name in zip("AB", names, strict=True)]
    )
    for side in both.all():
        expect(side.locator("img")).to_have_js_property("naturalWidth", 600)
        side.locator("audio").evaluate("audio => audio.play()")
        expect(side.locator(".gone")).to_be_empty()
    expect(both.nth(0).locator("audio"), "both play at once").to_have_js_property("paused", True)
    rows = page.locator(".comparison .scores tbody tr")
    assert rows.locator("th").all_inner_texts() == [EMOTION_NAMES[label] for label in LABELS]
    expect(page.locator(".comparison .difference")).to_contain_text(re.compile("sound"))

    scores = {take["name"]: take["scores"] for take in json.loads(save(page, "JSON").path().read_text())}
    page.wait_for_function("document.getAnimations().every((one) => one.playState !== 'running')")
    for column, name in enumerate(names, start=1):
        shown = rows.locator(f"td:nth-of-type({column}) .fill").evaluate_all(
            "fills => fills.map((fill) => fill.getBoundingClientRect().width / fill.parentElement.clientWidth)"
        )
        assert shown == pytest.approx([scores[name][label] for label in LABELS], abs=0.02)

    page.locator(ROWS).last.get_by_role("button", name=re.compile("Delete")).click()
    expect(page.locator(".comparison")).to_have_count(0)


def test_the_list_can_be_taken_along_as_csv_and_json(three, tmp_path):
    page = three
    formula = '=HYPERLINK("http://x","a,b") ü😀'
    name = page.get_by_label("Name of the take").first
    name.fill(formula)
    name.press("Enter")
    expect(page.locator(f"{ROWS} .play").first).to_have_attribute("aria-label", f"Play {formula}")

    table = save(page, "CSV")
    assert table.suggested_filename.endswith(".csv")
    assert table.path().read_bytes().startswith(b"\xef\xbb\xbf"), "spreadsheets would not read it as UTF-8"
    frame = pd.read_csv(table.path())
    fields = json.loads(save(page, "JSON").path().read_text(encoding="utf-8"))
    assert list(frame["name"]) == [*(take["name"] for take in fields[:-1]), "'" + formula]
    assert fields[-1]["name"] == formula
    assert list(frame["id"]) == [take["id"] for take in fields]
    for label in LABELS:
        assert list(frame[label]) == [take["scores"][label] for take in fields]
    assert list(frame["verdict"]) == [take["verdict"] for take in fields]
    rows = csv.reader(io.StringIO(table.path().read_bytes().decode("utf-8-sig"), newline=""))
    assert len(list(rows)) == 1 + len(fields)


@pytest.mark.slow
def test_one_take_can_be_deleted_and_come_back(page):
    sound = upload(page, EXAMPLES / "even.flac")
    try_example(page, "Bright and lively")
    before = named(page)
    delete = page.get_by_role("button", name="Delete even")
    delete.click()
    expect(page.locator(ROWS)).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(ROWS)).to_have_count(2)
    assert named(page) == before
    page.get_by_role("button", name="Play even").click()
    expect(page.get_by_role("button", name="Play even")).to_have_attribute("aria-pressed", "true")

    delete.click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    assert sound.exists()
    expect(undo).to_have_count(0, timeout=4_000 * UNDO_S)
    assert not [*sound.parent.iterdir()], "the take is deleted and what was recorded is not"


@pytest.mark.slow
def test_all_takes_are_deleted_after_a_question(page):
    sound = upload(page, EXAMPLES / "even.flac")
    try_example(page, "Even")
    page.get_by_role("button", name="Delete all").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Delete 2 recordings and their results?")
    question.get_by_role("button", name="Keep").click()
    expect(page.locator(ROWS)).to_have_count(2)

    # The list is drawn again below the question.
    page.get_by_role("button", name="Delete Even", exact=True).click()
    expect(page.locator(ROWS)).to_have_count(1)
    page.get_by_role("button", name="Delete all").click()
    expect(page.get_by_role("button", name="Undo", include_hidden=True)).to_have_count(
        0, timeout=4_000 * UNDO_S
    )
    expect(question).to_contain_text("Delete 1 recording and its result?")
    question.get_by_role("button", name="Delete all").click()
    expect(page.locator(ROWS)).to_have_count(0)
    expect(page.locator("#sitting .empty")).to_be_visible()
    expect(page.locator("#result .result.nothing")).to_be_visible()
    expect(page.locator("#recorder audio[controls][src]")).to_have_count(0)
    assert not sound.exists()


def test_a_sitting_ends_with_its_page_and_no_other_page_sees_it(three, open_page, browser, server):
    other = open_page(browser, server.address, viewport=LAPTOP)
    expect(other.locator("#sitting-panel")).to_contain_text("0 takes")
    tab = three.context.new_page()
    tab.goto(server.address)
    expect(tab.locator("#sitting-panel")).to_contain_text("0 takes")
    try_example(tab, "Even")
    expect(three.locator(ROWS)).to_have_count(3)
    three.reload()
    expect(three.locator("#sitting-panel")).to_contain_text("0 takes")
    expect(tab.locator(ROWS)).to_have_count(1)


@pytest.mark.slow
def test_the_panel_says_where_recordings_go(page, launch, open_page, server):
    privacy = page.locator("#sitting .privacy")
    expect(privacy).to_contain_text("Nothing leaves this computer. Recordings are deleted within 2 hours")
    elsewhere = launch(*FAKE_MICROPHONE, "--host-resolver-rules=MAP listener.example 127.0.0.1")
    port = server.address.rsplit(":", 1)[1]
    far = open_page(elsewhere, f"http://listener.example:{port}", viewport=LAPTOP).locator(
        "#sitting .privacy"
    )
    expect(far).to_contain_text(f"listener.example:{port}")
    expect(far).to_contain_text("deleted within 2 hours")
    expect(far).not_to_contain_text("Nothing leaves")


@pytest.mark.slow
def test_the_panel_closes_by_key_and_stays_closed(page, server):
    panel, opener = page.locator("#sitting-panel"), page.locator("#sitting .toggle")
    expect(panel).to_be_visible()
    expect(opener).to_be_hidden()
    page.keyboard.press("t")
    expect(panel).to_be_hidden()
    page.reload()
    expect(opener).to_be_visible()
    expect(panel).to_be_hidden()
    opener.focus()
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    expect(page.get_by_role("button", name="Hide the takes")).to_be_focused()


@pytest.mark.slow
def test_the_panel_leaves_the_room_to_the_other_tabs(page):
    panel = page.locator("#sitting-panel")
    expect(panel).to_be_visible()
    page.get_by_role("tab", name="About").click()
    expect(panel).to_be_hidden()
    page.keyboard.press("t")
    expect(panel).to_be_visible()
    page.get_by_role("tab", name="Data set").click()
    expect(panel).to_be_hidden()
    page.get_by_role("tab", name="Record").click()
    expect(panel).to_be_visible()


@pytest.mark.slow
def test_beside_the_panel_nothing_is_hidden_and_on_a_phone_it_opens_over_the_page(open_page, browser, server):
    laptop = open_page(browser, server.address, viewport=LAPTOP, permissions=["microphone"])
    try_example(laptop, "Quiet and falling")
    result = laptop.locator("#result").bounding_box()
    assert result["x"] + result["width"] <= laptop.locator("#sitting-panel").bounding_box()["x"]

    phone = open_page(browser, server.address, viewport=PHONE, permissions=["microphone"])
    panel = phone.locator("#sitting-panel")
    expect(panel).to_be_hidden()
    phone.get_by_role("button", name="Even", exact=True).click()
    opener = phone.get_by_role("button", name="Takes 1")
    opener.click()
    expect(panel).to_be_visible()
    expect(phone.locator(ROWS)).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(opener).to_be_focused()
