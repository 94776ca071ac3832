"""The Results tab in a real browser: figures, the clips of a cell, the presenting view, downloads."""

import io
import json
import re

import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from ser.labels import EMOTION_NAMES, LABELS
from tests.browser.test_axe import findings

OVERVIEW_AND_MORE = 5  # plots at the least, whatever the card holds


@pytest.fixture(scope="module")
def card(checkpoint) -> dict:
    return json.loads((checkpoint / "card.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def clips(checkpoint) -> pd.DataFrame:
    table = pd.read_csv(checkpoint / "predictions.csv", dtype={"actor": str})
    table = table[table["split"] == "test"]
    return table.assign(answer=table[list(LABELS)].idxmax(axis=1))


def results_of(page: Page) -> Page:
    page.get_by_role("tab", name="Results").click()
    expect(page.locator("#results .plot.overview")).to_be_visible()
    return page


def cell(page: Page, acted: str, answer: str):
    return page.locator(f'#results [data-acted="{acted}"][data-answer="{answer}"]')


def download(page: Page, plot: str, kind: str) -> bytes:
    with page.expect_download() as started:
        page.locator(f'#results .plot.{plot} [data-{kind}="{plot}"]').click()
    assert started.value.suggested_filename.endswith(f"{plot}.{kind}")
    return started.value.path().read_bytes()


def test_figures_stand_side_by_side_with_people(page, card):
    results_of(page)
    rows = page.locator(".sides tbody tr")
    test, people = card["metrics"]["test"], card["people"]
    expect(rows.first.locator("strong")).to_have_text(
        [*(f"{test[rate]:.1%}" for rate in ("accuracy", "uar", "macro_f1")), f"{test['ece']:.3f}"]
    )
    # The headline speaks of the network that runs in this app, even where a better one stands beside it.
    said = f"This app's network names the acted emotion of {100 * test['accuracy']:.0f} in 100 clips"
    expect(page.locator(".plot.overview .takeaway")).to_contain_text(said)
    expect(page.locator(".pairs p").first).to_contain_text("than the ")
    votes = page.locator(".sides tr.people")
    expect(votes).to_have_count(2)
    for row, key in zip(votes.all(), ("plurality", "votes"), strict=True):
        expect(row.locator("td").nth(1)).to_contain_text(f"{people[key]['uar']['value']:.1%}")
        expect(row.locator("td").nth(1)).to_contain_text(f"{100 * people[key]['uar']['low']:.1f}–")
    meanings = page.locator(".meanings li")
    expect(meanings).to_have_count(6)
    expect(meanings.nth(4)).to_contain_text("Most votes: what most listeners of a clip said")


def test_a_cell_lists_the_clips_that_it_counts(page, card, clips):
    results_of(page)
    for acted, answer in (("HAP", "FEA"), ("SAD", "SAD")):
        number = card["metrics"]["test"]["confusion"][LABELS.index(acted)][LABELS.index(answer)]
        expect(cell(page, acted, answer).locator("strong")).to_have_text(str(number))
        cell(page, acted, answer).click()
        expect(page.locator(".cell-clips h4")).to_have_text(
            f"Acted {EMOTION_NAMES[acted].lower()}, heard as {EMOTION_NAMES[answer].lower()}"
        )
        mine = clips[(clips["emotion"] == acted) & (clips["answer"] == answer)].sort_values(
            answer, ascending=False
        )
        assert len(mine) == number
        expect(page.locator(".cell-clips .name")).to_have_text(list(mine["clip"]))
        expect(cell(page, acted, answer)).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[data-acted][aria-pressed="true"]')).to_have_count(1)
    expect(page.locator(".cell-clips")).to_contain_text("python app.py --data")
    expect(page.locator(".cell-clips audio")).to_have_count(0)


@pytest.mark.slow
def test_the_matrix_answers_to_the_keyboard(page):
    results_of(page)
    cell(page, "ANG", "ANG").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(cell(page, "DIS", "DIS")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".cell-clips h4")).to_have_text("Acted disgusted, heard as disgusted")


@pytest.mark.slow
def test_with_the_data_set_the_clips_of_a_cell_play(open_page, browser, server_with_data):
    page = results_of(open_page(browser, server_with_data.address))
    cell(page, "NEU", "SAD").click()
    rows = page.locator(".cell-clips [data-clip]")
    first, second = (rows.nth(i).get_attribute("data-clip") for i in (0, 1))
    with page.expect_response(lambda response: f"{first}.wav" in response.url) as response:
        rows.first.click()
    assert response.value.ok
    page.wait_for_function("() => document.querySelector('.cell-clips audio').currentTime > 0")
    page.keyboard.press("ArrowDown")
    page.wait_for_function(
        "clip => document.querySelector('.cell-clips audio').src.includes(clip)", arg=second
    )
    expect(rows.nth(1)).to_have_attribute("aria-current", "")


@pytest.mark.slow
def test_another_network_shows_its_own_plots(page, checkpoint):
    results_of(page)
    names = page.locator('input[name="network"]')
    other = names.nth(1).get_attribute("value")
    theirs = json.loads((checkpoint.parent / other / "card.json").read_text(encoding="utf-8"))
    page.locator(".networks label").filter(has=page.locator(f'input[value="{other}"]')).click()
    expect(cell(page, "ANG", "ANG").locator("strong")).to_have_text(
        str(theirs["metrics"]["test"]["confusion"][0][0])
    )
    table = pd.read_csv(io.BytesIO(download(page, "confusion", "csv")))
    assert table[list(EMOTION_NAMES.values())].to_numpy().tolist() == theirs["metrics"]["test"]["confusion"]


def test_numbers_and_pictures_can_be_taken_along(page, card):
    results_of(page)
    overview = pd.read_csv(io.BytesIO(download(page, "overview", "csv"))).set_index("name")
    mine = overview.iloc[0]
    for rate in ("accuracy", "uar", "macro_f1"):
        assert mine[rate] == pytest.approx(card["metrics"]["test"][rate])
        assert mine[f"{rate}_low"] < mine[rate] < mine[f"{rate}_high"]
    assert mine["ece"] == pytest.approx(card["metrics"]["test"]["ece"], abs=1e-5)
    actors = pd.read_csv(io.BytesIO(download(page, "actor", "csv")), dtype={"group": str})
    assert list(actors["group"]) == card["split"]["test"]
    picture = Image.open(io.BytesIO(download(page, "reliability", "png")))
    assert picture.width >= 1280
    assert picture.convert("L").getpixel((2, 2)) > 245  # the background of the light theme


@pytest.mark.parametrize(("width", "height"), [(1280, 720), pytest.param(1920, 1080, marks=pytest.mark.slow)])
def test_the_presenting_view_shows_one_plot_and_fits(open_page, browser, server, width, height):
    size = {"width": width, "height": height}
    page = open_page(browser, server.address, "/?tab=results&present=confusion&__theme=dark", viewport=size)
    slide = page.locator("dialog.presenting .slide")
    expect(slide.locator("h3").first).to_contain_text("Which emotions it confuses")
    count = page.locator(".results > figure.plot, .network-plots figure.plot").count()
    assert count >= OVERVIEW_AND_MORE
    seen = []
    for _ in range(count):
        expect(slide.locator(".tools")).to_have_count(0)
        expect(slide.locator(".takeaway").first).to_be_visible()
        plots = slide.locator("figure").evaluate_all("all => all.map(one => one.dataset.plot)")
        assert plots[1:] == (
            ["people"] if plots[0] == "confusion" else []
        )  # whose matrices stand side by side
        seen.append(plots[0])
        expect(page).to_have_url(re.compile(rf"present={seen[-1]}\b"))
        for image in slide.locator("img").filter(visible=True).all():
            expect(image).not_to_have_js_property("naturalWidth", 0)
        over = slide.evaluate(
            "s => [s.parentElement.scrollHeight - innerHeight, s.parentElement.scrollWidth - innerWidth]"
        )
        assert max(over) <= 0, (seen[-1], over)
        page.keyboard.press("ArrowRight")
    assert len(set(seen)) == count
    expect(slide.locator("h3").first).to_contain_text("Which emotions it confuses")
    slide.locator('[data-acted="SAD"][data-answer="FEA"]').click()
    expect(slide.locator(".cell-clips h4")).to_have_text("Acted sad, heard as fearful")
    sizes = slide.locator("td strong").evaluate_all(
        "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) > height / 30
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("present=overview"))
    page.keyboard.press("Escape")
    expect(page.locator("dialog.presenting")).to_be_hidden()
    expect(page).not_to_have_url(re.compile("present="))


@pytest.mark.parametrize(
    ("width", "height", "theme"), [(1280, 800, "light"), (1920, 1080, "dark"), (390, 844, "light")]
)
def test_clips_on_a_slide_cover_no_cell_and_have_keys_of_their_own(
    open_page, browser, server_with_data, width, height, theme
):
    address = f"/?tab=results&present=confusion&__theme={theme}"
    page = open_page(browser, server_with_data.address, address, viewport={"width": width, "height": height})
    slide = page.locator("dialog.presenting .slide")
    chosen = slide.locator('[data-acted="SAD"][data-answer="FEA"]')
    chosen.click()
    clips = slide.locator(".cell-clips")
    rows = clips.locator("[data-clip]")
    expect(rows.first).to_have_attribute("aria-current", "")
    for button in slide.locator("[data-acted]").all():
        button.click(trial=True)  # nothing lies on it
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_have_attribute("aria-current", "")
    expect(rows.nth(1)).to_be_in_viewport()
    page.keyboard.press("ArrowUp")
    expect(rows.first).to_have_attribute("aria-current", "")
    expect(page).to_have_url(re.compile("present=confusion"))
    page.keyboard.press("Escape")  # the list first
    expect(clips).to_be_empty()
    expect(chosen).to_be_focused()
    expect(slide).to_be_visible()
    chosen.click()
    clips.get_by_role("button", name="Close the list of clips").click()
    expect(clips).to_be_empty()
    expect(slide.locator('[aria-pressed="true"]')).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page).not_to_have_url(re.compile("present=confusion"))
    page.keyboard.press("Escape")
    expect(page.locator("dialog.presenting")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_the_controls_of_a_slide_cover_no_word(open_page, browser, server, width, height):
    size = {"width": width, "height": height}
    page = open_page(browser, server.address, "/?tab=results&present=overview", viewport=size)
    dialog = page.get_by_role("dialog", name="Presenting view")
    controls = dialog.locator("footer")
    for _ in range(page.locator(".results > figure.plot, .network-plots figure.plot").count()):
        page.mouse.move(200, 200)
        top = controls.bounding_box()["y"]
        for figure in dialog.locator(".slide figure").all():
            box = figure.bounding_box()
            assert box["y"] + box["height"] <= top
        page.keyboard.press("ArrowRight")


@pytest.mark.slow
def test_every_plot_has_a_button_that_presents_it(page):
    results_of(page)
    page.locator('.plot.sentence [data-present="sentence"]').click()
    dialog = page.get_by_role("dialog", name="Presenting view")
    expect(dialog.locator("h3")).to_contain_text("Sentence by sentence")
    dialog.get_by_role("button", name="Next plot").click()
    expect(dialog.locator("h3")).not_to_contain_text("Sentence by sentence")
    dialog.get_by_role("button", name="Leave").click()
    expect(dialog).to_be_hidden()
    page.keyboard.press("p")
    expect(dialog).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_clips_and_presenting_view_have_no_grave_finding(open_page, browser, server_with_data, theme):
    page = open_page(browser, server_with_data.address, f"/?__theme={theme}", reduced_motion="reduce")
    results_of(page)
    cell(page, "HAP", "FEA").click()
    page.locator(".cell-clips [data-clip]").first.click()
    page.locator(".cell-clips audio").wait_for()
    assert findings(page) == []
    for plot in ("overview", "confusion", "actor"):
        page.locator(f'#results [data-present="{plot}"]').click()
        assert findings(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("dialog.presenting")).to_be_hidden()


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_follow_the_theme(open_page, browser, server, theme):
    page = results_of(open_page(browser, server.address, f"/?__theme={theme}"))
    for plot, network in (
        ("reliability", "emotion"),
        ("curves", "published"),
    ):  # it comes with its training curves
        page.locator(f'input[name="network"][value="{network}"]').check()
        page.locator(f".plot.{plot}").filter(visible=True).first.wait_for()
        shown = page.locator(f".plot.{plot} img").filter(visible=True)
        assert {image.get_attribute("class") for image in shown.all()} == {f"on-{theme}"}
        expect(shown.first).not_to_have_js_property("naturalWidth", 0)
    if theme == "dark":
        picture = Image.open(io.BytesIO(download(page, "confusion", "png")))
        assert picture.convert("L").getpixel((2, 2)) < 60


@pytest.mark.slow
def test_a_phone_needs_no_sideways_scrolling(open_page, browser, server):
    page = results_of(open_page(browser, server.address, viewport={"width": 390, "height": 844}))
    cell(page, "HAP", "HAP").click()
    expect(page.locator(".cell-clips li").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.locator("#results figure.plot *").evaluate_all(
        "all => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().right > 390.5).map(e => e.className)"
    )
    assert wide == []
