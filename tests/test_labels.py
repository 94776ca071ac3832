"""Everything that lists the emotions lists all of them, in the network's order."""

from typing import get_args

import pytest

from ser import labels
from ser.labels import EMOTION_NAMES, LABELS, MANNERS, NOUNS
from ser.ui.page import theme
from ser.ui.record import my_voice
from ser.ui.server import api


@pytest.mark.parametrize("words", [EMOTION_NAMES, NOUNS, MANNERS, theme.EMOTION_COLOURS])
def test_every_emotion_has_its_words_and_colours_in_order(words):
    assert tuple(words) == LABELS


def test_no_table_of_labels_is_left_out_above():
    tables = [table for table in vars(labels).values() if isinstance(table, dict) and LABELS[0] in table]
    assert len(tables) == 3


def test_every_emotion_can_be_taught_and_asked_for():
    assert set(my_voice.LESSON) == set(LABELS)
    assert get_args(api.Emotion) == (*LABELS, "all")
