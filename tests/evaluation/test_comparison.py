"""Checkpoints compared: the numbers of every plot of the Results tab, and the pictures."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ser.corpus.crema_d import Corpus
from ser.evaluation.bootstrap import RATES
from ser.evaluation.comparison import PLURALITY, VOTES, Comparison
from ser.labels import EMOTION_NAMES
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.ui.results import markup, plots
from ser.ui.results import tab as results
from ser.ui.results.plots import TITLES
from ser.util.intervals import Estimate
from tests.conftest import skip_or_fail

RELEASED = DEFAULT_CHECKPOINT.parent


@pytest.fixture(scope="module")
def folders() -> dict[str, Path]:
    found = {name: RELEASED / name for name in ("emotion", "published")}
    if not all((folder / "predictions.csv").is_file() for folder in found.values()):
        skip_or_fail(f"the released checkpoints are not in {RELEASED}")
    return found


@pytest.fixture(scope="module")
def comparison(folders) -> Comparison:
    return Comparison(folders)


def test_everybody_stands_side_by_side_with_what_the_cards_say(comparison):
    rows = {row["name"]: row for row in comparison.rows}
    assert list(rows) == ["emotion", "published", PLURALITY, VOTES]
    for name, one in comparison.results.items():
        for rate in RATES:
            assert rows[name][rate]["value"] == pytest.approx(one.card["metrics"]["test"][rate])
    people = comparison.results["emotion"].card["people"]
    assert rows[VOTES]["uar"] == people["votes"]["uar"]
    assert rows[PLURALITY]["ece"] is None
    assert len({row["clips"] for row in rows.values()}) == 1


def test_networks_are_compared_clip_by_clip(comparison):
    ((first, other, found),) = comparison.differences
    assert (first, other) == ("emotion", "published")
    cards = [comparison.results[name].card["metrics"]["test"]["uar"] for name in (first, other)]
    assert found["uar"].value == pytest.approx(cards[0] - cards[1])


def test_networks_of_other_splits_are_not_compared(folders, tmp_path):
    """A network with other test actors has figures of its own, and no difference to the rest."""
    other = tmp_path / "other"
    shutil.copytree(folders["emotion"], other, ignore=shutil.ignore_patterns("*.pt"))
    card = json.loads((other / "card.json").read_text())
    card["split"]["val"], card["split"]["test"] = card["split"]["test"], card["split"]["val"]
    (other / "card.json").write_text(json.dumps(card))
    table = pd.read_csv(other / "predictions.csv")
    table["split"] = table["split"].map({"train": "train", "val": "test", "test": "val"})
    table.to_csv(other / "predictions.csv", index=False)
    found = Comparison(folders | {"other": other})
    assert [pair[:2] for pair in found.differences] == [("emotion", "published")]
    assert "Each network on its own test actors" in markup.page(found)
    assert found.rows[2]["uar"]["value"] == pytest.approx(card["metrics"]["val"]["uar"])


def test_the_plots_of_the_network_that_was_chosen_come_first(comparison):
    for first in (*comparison.results, ""):
        page, shown = markup.page(comparison, first), first or next(iter(comparison.results))
        assert page.count(" checked>") == 1
        assert f'value="{shown}" checked>' in page
        assert f"<span>· {shown}</span>" in page


def test_a_checkpoint_that_cannot_be_shown_is_told(folders, tmp_path):
    found = Comparison({"absent": tmp_path, **folders})
    assert list(found.results) == list(folders)
    assert str(tmp_path) in found.problems[0]
    assert str(tmp_path) in markup.page(found)
    nothing = Comparison({"absent": tmp_path})
    damaged = tmp_path / "damaged"
    shutil.copytree(folders["emotion"], damaged, ignore=shutil.ignore_patterns("*.pt"))
    (damaged / "curves.csv").write_text("epoch,val_uar\n1,0.5\n")
    assert "curves.csv is damaged" in Comparison({"damaged": damaged}).problems[0]
    assert nothing.rows == []
    assert "warning" in markup.page(nothing)


def test_people_without_a_place_on_the_card_are_left_out(folders, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("predictions.csv", "card.json"):
        shutil.copy(folders["emotion"] / name, bare)
    card = json.loads((bare / "card.json").read_text())
    (bare / "card.json").write_text(
        json.dumps({k: v for k, v in card.items() if k not in ("people", "groups")})
    )
    found = Comparison({"bare": bare})
    assert [row["name"] for row in found.rows] == ["bare"]
    assert found.plots("bare") == ["overview", "confusion", "actor", "level", "sentence", "reliability"]
    assert all(row["people"] is None for row in found.beside_people("bare", "actor"))
    page = markup.page(found)
    assert "people, single votes" not in page
    for plot in found.plots("bare"):
        assert f'data-plot="{plot}"' in page


def test_the_data_set_and_the_card_show_the_same(folders, comparison, crema_d):
    beside = Comparison(folders, Corpus(crema_d))
    for plot in comparison.plots("emotion"):
        pd.testing.assert_frame_equal(comparison.table("emotion", plot), beside.table("emotion", plot))


def test_tables_hold_what_the_plots_show(comparison):
    assert set(comparison.plots("published")) == set(TITLES)
    assert set(comparison.plots("emotion")) == set(TITLES) - {"curves"}  # it ships none
    one = comparison.results["emotion"]
    confusion = comparison.table("emotion", "confusion")
    assert confusion.set_index("acted").to_numpy().tolist() == one.card["metrics"]["test"]["confusion"]
    assert list(confusion["acted"]) == list(EMOTION_NAMES.values())
    reliability = comparison.table("emotion", "reliability")
    gaps = reliability["clips"] * (reliability["score"] - reliability["accuracy"]).abs()
    assert gaps.sum() / reliability["clips"].sum() == pytest.approx(one.ece)
    actors = comparison.table("emotion", "actor")
    assert {"uar", "uar_low", "uar_high", "people_uar", "people_uar_low", "recall_ANG"} <= set(actors)
    with pytest.raises(KeyError):
        comparison.table("emotion", "../card")


@pytest.mark.parametrize("plot", TITLES)
def test_every_plot_is_a_picture_at_twice_its_size_for_light_and_dark(comparison, plot):
    network = "published" if plot == "curves" else "emotion"
    light, dark = (
        Image.open(io.BytesIO(plots.png(comparison, network=network, plot=plot, dark=on_dark)))
        for on_dark in (False, True)
    )
    assert light.size == dark.size
    assert light.width >= 1280
    for picture, lightness in ((light, 255), (dark, 30)):
        corner = picture.convert("L").getpixel((2, 2))
        assert abs(corner - lightness) < 10
        assert np.asarray(picture.convert("L")).std() > 5  # something is drawn on the ground


def test_an_empty_cell_lists_no_clip(comparison):
    confusion = comparison.results["emotion"].confusion
    assert confusion[0][5] == 0
    assert "<strong>0</strong> clips" in results.list_cell(
        comparison, network="emotion", acted="ANG", answer="SAD"
    )


def test_a_difference_that_may_be_chance_is_said_to_be():
    sure = {"uar": Estimate(0.08, 0.03, 0.13)}
    unsure = {"uar": Estimate(-0.01, -0.04, 0.02)}
    assert "8.0 points of UAR better" in markup._pair("one", "other", sure)
    assert "may be chance" in markup._pair("one", "other", unsure)
