"""The About tab says what the checkpoint's card holds, and omits the rest."""

import json

import pytest

from ser.labels import EMOTION_NAMES
from ser.network import loading
from ser.network.card import NETWORK_NAMES
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.ui.page import about
from ser.ui.page.about import describe

CARDS = sorted(DEFAULT_CHECKPOINT.parent.glob("*/card.json"))


def read(path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parent.name)
def test_figures_are_those_of_the_card(path):
    card, said = read(path), describe(read(path))
    test = card["metrics"]["test"]
    for figure in ("accuracy", "uar", "macro_f1"):
        assert f"{test[figure]:.1%}" in said
        assert f"{card['people']['votes'][figure]['value']:.1%}" in said
    for label, name in EMOTION_NAMES.items():
        assert name in said
        assert f"{test['per_emotion'][label]['recall']:.0%}" in said
    assert f"{test['parameters']:,} parameters" in said
    assert f"{len(card['split']['train'])} of its 91 actors" in said


def test_a_card_without_people_speaks_of_the_network_alone():
    card = read(CARDS[0])
    del card["people"]
    assert "People" not in describe(card)
    assert f"{card['metrics']['test']['uar']:.1%}" in describe(card)


def test_a_card_without_figures_still_says_what_the_network_can_not_do():
    said = describe({"network": "emotion"})
    assert "How well it does" not in said
    for words in ("acted", "North American English", "lie detector", "health test", "MIT licence", "CREMA-D"):
        assert words in said


def test_the_about_tab_and_the_model_card_say_where_the_law_forbids_it():
    model_card = (DEFAULT_CHECKPOINT.parent / "README.md").read_text(encoding="utf-8")
    for text in (describe(read(CARDS[0])), model_card):
        for words in (
            "at work",
            "at school",
            "AI Act",
            "article 5(1)(f)",
            "2 February 2025",
            "medical or safety",
        ):
            assert words in text


def test_the_licence_of_the_data_is_no_html():
    assert "<b>" not in describe({"network": "published", "data_licence": "<b>free</b>"})


def test_every_network_is_described():
    assert set(about.NETWORKS) == set(loading.KINDS) == set(NETWORK_NAMES)
