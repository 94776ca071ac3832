"""The Actor splits tab in a real browser."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from ser.corpus.crema_d import Corpus, k_folds, split_actors

PARTS = ("train", "val", "test")


@pytest.fixture(scope="module")
def predictions(checkpoint) -> pd.DataFrame:
    return pd.read_csv(checkpoint / "predictions.csv", dtype={"actor": str})


def open_splits(page: Page) -> Page:
    page.get_by_role("tab", name="Data set").click()
    page.get_by_role("tab", name="Actor splits").click()
    page.locator(".actor-grid").wait_for()
    return page


def expect_members(page: Page, part: str, actors: Sequence[str]) -> None:
    expect(page.locator(f".actor-grid .{part} strong")).to_have_text(list(actors))


def saved(page: Page, kind: str) -> tuple[str, str]:
    """The name and the content of a download."""
    with page.expect_download() as download:
        page.locator("#splits").get_by_role("link", name=kind).click()
    return download.value.suggested_filename, Path(download.value.path()).read_text()


def test_every_actor_has_one_place_and_the_parts_share_none(page, predictions):
    open_splits(page)
    expect(page.locator(".proof")).to_contain_text("Each of the 91 actors is in exactly one part")
    expect(page.locator(".proof")).to_contain_text("63 + 13 + 15 = 91")
    for pair in ("Training ∩ Validation", "Training ∩ Test", "Validation ∩ Test"):
        expect(page.locator(".proof")).to_contain_text(f"{pair} = 0")
    expect(page.locator(".actor-grid li")).to_have_count(91)
    for part in PARTS:
        clips = predictions[predictions["split"] == part]
        expect_members(page, part, sorted(clips["actor"].unique()))
        card = page.locator(f".part-card.{part}")
        actors = clips["actor"].nunique()
        expect(card.locator(".numbers")).to_have_text(f"{actors} actors {len(clips):,} clips")
        counts = clips["emotion"].value_counts().sort_index()
        expect(card.locator(".emotions strong")).to_have_text([str(count) for count in counts])


def test_another_seed_moves_the_actors_and_downloads_as_csv_and_json(page, predictions):
    open_splits(page)
    page.get_by_role("radio", name="70 / 15 / 15 by seed").check()
    expect(page.locator("#splits")).to_contain_text("the split that this network was trained with")
    page.get_by_label("Seed", exact=True).fill("7")
    split = split_actors(predictions["actor"], 7)
    for part in PARTS:
        expect_members(page, part, getattr(split, part))
    expect(page.locator("#splits")).to_contain_text("What if")

    name, text = saved(page, "CSV")
    assert name == "split-seed-7.csv"
    table = pd.read_csv(io.StringIO(text), dtype={"actor": str})
    assert {part: tuple(rows["actor"]) for part, rows in table.groupby("part")} == {
        part: getattr(split, part) for part in PARTS
    }
    assert table["clips"].sum() == len(predictions)
    name, text = saved(page, "JSON")
    assert name == "split-seed-7.json"
    assert tuple(json.loads(text)["splits"][0]["test"]["actors"]) == split.test

    page.get_by_role("button", name="Another seed").click()
    expect_members(page, "test", split_actors(predictions["actor"], 8).test)


@pytest.mark.slow
def test_folds_test_each_actor_once_and_each_can_be_looked_at(page, predictions):
    open_splits(page)
    page.get_by_role("radio", name="k folds by seed").check()
    page.get_by_role("spinbutton", name="Folds").fill("4")
    folds = k_folds(predictions["actor"], k=4)
    rows = page.locator(".fold-table tbody tr")
    expect(rows).to_have_count(4)
    assert [row.locator("td").first.inner_text() for row in rows.all()] == [
        str(len(fold.test)) for fold in folds
    ]
    page.get_by_role("button", name="Fold 3").click()
    for part in PARTS:
        expect_members(page, part, getattr(folds[2], part))
    expect(page.get_by_role("button", name="Fold 3")).to_be_focused()
    table = pd.read_csv(io.StringIO(saved(page, "CSV")[1]), dtype={"actor": str})
    assert sorted(table["actor"][table["part"] == "test"]) == sorted(predictions["actor"].unique())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("label", "typed", "said"), [("Folds", "92", "choose 3 to 91"), ("Seed", "-1", "from 0")]
)
def test_what_cannot_be_split_is_told_and_the_last_split_stays(page, label, typed, said):
    open_splits(page)
    page.get_by_role("radio", name="k folds by seed").check()
    page.get_by_role("spinbutton", name=label).fill(typed)
    expect(page.locator("#splits .warning")).to_contain_text(said)
    expect(page.locator(".actor-grid li")).to_have_count(91)


@pytest.mark.slow
def test_with_the_data_set_age_and_sex_stand_beside_each_actor(open_page, browser, server_with_data, crema_d):
    page = open_splits(open_page(browser, server_with_data.address))
    actors = Corpus(crema_d).modelling.drop_duplicates("actor").set_index("actor").sort_index()
    expect(page.locator(".actor-grid li span:nth-child(2)")).to_have_text(
        [f"{row.sex[0]} {row.age}" for row in actors.itertuples()]
    )
    expect(page.locator(".ages .mark")).to_have_count(91)
    expect(page.locator(".ages .mark.female")).to_have_count(int((actors["sex"] == "Female").sum()))
