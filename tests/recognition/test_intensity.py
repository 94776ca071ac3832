"""How strong a recording sounds: a reading of the embedding that leaves every score as it is."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from ser.audio.reading import read_audio
from ser.network.checkpoint import CheckpointError, open_checkpoint
from ser.recognition.intensity import Readout
from ser.recognition.recognizer import Recognizer
from ser.recognition.report import format_recognitions
from ser.recognition.result import Unscored

EXAMPLE = "ser/assets/examples/even.flac"


@pytest.fixture(scope="module")
def released():
    return Recognizer.load()


def without_reading(recognizer: Recognizer) -> Recognizer:
    card = {key: value for key, value in recognizer.checkpoint.card.items() if key != "intensity"}
    return Recognizer(replace(recognizer.checkpoint, card=card), recognizer.runtime)


def test_an_older_checkpoint_says_nothing_of_it_and_the_same_of_everything_else(released):
    older = without_reading(released).recognize(EXAMPLE).to_dict()
    newer = released.recognize(EXAMPLE).to_dict()
    assert older.pop("intensity") is None
    assert 0 <= newer.pop("intensity") <= 100
    assert older == newer  # to the last bit


def test_it_is_the_mean_over_the_windows_between_0_and_100(released):
    samples = np.tile(read_audio(EXAMPLE).samples, 3)
    answers = released.window_answers(samples)
    assert len(answers.starts) > 1
    size = answers.embeddings.shape[1]
    weights = np.linspace(-1, 1, size)
    expected = (answers.embeddings @ weights).mean()
    for bias, rating in ((50 - expected, 50), (-1e4, 0), (1e4, 100)):
        card = {"intensity": Readout(tuple(weights), float(bias), (40, 60), (0, 0)).to_dict()}
        assert released.with_card(card).recognize(samples).intensity == pytest.approx(rating, abs=0.01)


def test_a_reading_of_another_network_is_refused(released):
    foreign = released.with_card({"intensity": Readout((1.0, 2.0), 0, (40, 60), (0, 0)).to_dict()})
    with pytest.raises(CheckpointError, match="belongs to another network"):
        foreign.recognize(EXAMPLE)


@pytest.mark.parametrize(
    "changes", [{"weights": "no"}, {"bias": 1e300}, {"levels": [60, 40]}, {"levels": [1]}, {"more": 1}]
)
def test_a_damaged_reading_makes_a_damaged_card(released, tmp_path, changes):
    readout = Readout((1.0,), 0, (40, 60), (0, 0)).to_dict()
    card = released.checkpoint.card | {"intensity": readout}
    for numbers in (readout, readout | changes):
        (tmp_path / "card.json").write_text(json.dumps(card | {"intensity": numbers}))
        if numbers is readout:
            open_checkpoint(tmp_path)
            continue
        with pytest.raises(CheckpointError, match="intensity is not in the form"):
            open_checkpoint(tmp_path)


def test_json_and_csv_have_it_for_files_and_phrases(released):
    result = released.recognize(EXAMPLE)
    failed = Unscored("gone.wav", "It is gone.")
    objects = json.loads(format_recognitions([result, failed], style="json"))
    assert [row["intensity"] for row in objects] == [result.intensity, None]
    rows = list(csv.DictReader(io.StringIO(format_recognitions([result, failed], style="csv"))))
    assert [row["intensity"] for row in rows] == [str(result.intensity), ""]
    phrase, *_ = released.recognize_phrases(EXAMPLE)
    assert phrase.to_dict()["intensity"] == phrase.intensity is not None
