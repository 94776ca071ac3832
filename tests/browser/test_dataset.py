"""The Data set tab in a real browser."""

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from ser.labels import EMOTION_NAMES
from ser.ui.result import percent


@pytest.fixture(scope="module")
def predictions(checkpoint) -> pd.DataFrame:
    return pd.read_csv(checkpoint / "predictions.csv", dtype={"actor": str})


def open_data_set(page: Page) -> None:
    page.get_by_role("tab", name="Data set").click()
    page.locator("[data-testid=cell-0-0]").wait_for()


def pick(page: Page, label: str, choice: str) -> None:
    page.get_by_label(label).click()
    page.get_by_role("option", name=choice).click()


def test_it_opens_on_the_test_actors_and_its_filters_combine(page, predictions):
    open_data_set(page)
    count = page.locator("#count")
    test = predictions[predictions["split"] == "test"]
    expect(count).to_have_text(f"{len(test):,} clips by {test['actor'].nunique()} actors.")

    pick(page, "Acted emotion", "Fearful")
    fearful = test[test["emotion"] == "FEA"]
    expect(count).to_have_text(f"{len(fearful):,} clips by {fearful['actor'].nunique()} actors.")

    actor = fearful["actor"].iloc[-1]
    pick(page, "Actor", actor)
    expect(count).to_have_text(f"{(fearful['actor'] == actor).sum()} clips by 1 actor.")
    expect(page.locator("[data-testid=cell-0-0]")).to_contain_text(f"{actor}_")

    page.get_by_role("radio", name="All").check()
    everyone = predictions[predictions["emotion"] == "FEA"]
    expect(count).to_have_text(f"{len(everyone):,} clips by {everyone['actor'].nunique()} actors.")


def test_without_the_data_set_a_row_shows_its_scores_and_how_to_hear_it(page, predictions):
    open_data_set(page)
    page.locator("[data-testid=cell-3-0]").click()
    clip = page.locator("#clip")
    row = predictions[predictions["split"] == "test"].iloc[3]
    expect(clip.locator("h2")).to_have_text(row["clip"])
    shown = clip.locator(".bars .percent").all_inner_texts()
    assert shown == [percent(row[label]) for label in EMOTION_NAMES]
    expect(clip).to_contain_text("python app.py --data")
    expect(page.locator("#player audio")).to_have_count(0)


def test_a_filtered_row_opens_the_clip_that_is_read_in_it(page, predictions):
    open_data_set(page)
    pick(page, "Acted emotion", "Sad")
    sad = predictions[(predictions["split"] == "test") & (predictions["emotion"] == "SAD")].iloc[2]["clip"]
    expect(page.locator("[data-testid=cell-2-0]")).to_contain_text(sad)
    page.locator("[data-testid=cell-2-0]").click()
    expect(page.locator("#clip h2")).to_have_text(sad)


def test_with_the_data_set_a_row_plays_its_clip_and_shows_its_picture(open_page, browser, server_with_data):
    page = open_page(browser, server_with_data.address)
    open_data_set(page)
    clip = page.locator("[data-testid=cell-1-0]").inner_text().strip()
    with page.expect_response(lambda response: f"{clip}.wav" in response.url) as response:
        page.locator("[data-testid=cell-1-0]").click()
    assert response.value.ok
    expect(page.locator("#player").get_by_test_id("waveform-controls")).to_be_visible()
    expect(page.locator("#player").get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator("#clip .picture img")).to_be_visible()


def test_the_ten_demo_clips_are_offered_with_the_data_set(open_page, browser, server_with_data):
    page = open_page(browser, server_with_data.address)
    page.get_by_label("Or a demo clip").click()
    expect(page.get_by_role("option").filter(has_text="actor")).to_have_count(10)
    page.get_by_role("option", name="Neutral · actor 1057").click()
    expect(page.locator("#result .result.done")).to_be_visible()


def test_the_split_shows_that_no_actor_is_in_two_parts(page, predictions):
    open_data_set(page)
    page.get_by_role("tab", name="Actor split").click()
    expect(page.locator(".proof")).to_contain_text("Each of the 91 actors is in exactly one part")
    cards = page.locator(".part-card")
    expect(cards).to_have_count(3)
    for card, part in zip(cards.all(), ("train", "val", "test"), strict=True):
        clips = predictions[predictions["split"] == part]
        expect(card.locator(".numbers")).to_have_text(
            f"{clips['actor'].nunique()} actors {len(clips):,} clips"
        )
        assert card.locator(".actors").inner_text().split() == sorted(clips["actor"].unique())
