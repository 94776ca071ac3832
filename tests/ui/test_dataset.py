"""What the Data set tab sends to the page, without a browser."""

import base64
import io
import json

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from ser.corpus.crema_d import PARTS, Corpus
from ser.evaluation.clip_table import ClipTable
from ser.labels import LABELS
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.ui.dataset import splits
from ser.ui.dataset import tab as dataset
from ser.ui.dataset.clip import open_clip

PREDICTIONS = DEFAULT_CHECKPOINT / "predictions.csv"


@pytest.fixture(scope="module")
def table() -> ClipTable:
    return ClipTable(PREDICTIONS)


@pytest.fixture
def small_corpus(tmp_path) -> Corpus:
    """A data set of one clip, like one of which only the demo clips were downloaded."""
    (tmp_path / "AudioWAV").mkdir()
    noise = np.random.default_rng(0).normal(0, 0.1, 40_000)
    soundfile.write(tmp_path / "AudioWAV" / "1004_DFA_ANG_XX.wav", noise, 16_000)
    return Corpus(tmp_path)


def test_the_columns_hold_the_whole_table_and_go_as_json(table):
    sent = json.loads(json.dumps(dataset.columns(table)))
    rows = pd.read_csv(PREDICTIONS)
    assert sent["clips"] == rows["clip"].tolist()
    assert [PARTS[i] for i in sent["parts"]] == rows["split"].tolist()
    scores = np.array(sent["scores"]).reshape(-1, 6) / dataset.MILLIONTHS
    np.testing.assert_allclose(scores, rows[list(LABELS)], atol=1e-9)
    assert sent["votes"] is None
    assert not sent["sound"]


def test_the_columns_with_the_data_set_know_speakers_votes_and_twins(crema_d):
    sent = json.loads(json.dumps(dataset.columns(ClipTable(PREDICTIONS, Corpus(crema_d)))))
    assert sent["speakers"]["1001"] == [51, "male"]
    assert len(sent["speakers"]) == 91
    assert len(sent["votes"]) == len(sent["scores"])
    assert sent["twins"]["1006_TIE_HAP_XX"] == "1006_TIE_NEU_XX"


def test_a_clip_has_its_sound_and_picture(small_corpus):
    opened = open_clip(ClipTable(PREDICTIONS, small_corpus), "1004_DFA_ANG_XX")
    assert opened["duration_s"] == 2.5
    assert opened["audio"].endswith("1004_DFA_ANG_XX.wav")
    kind, data = opened["picture"].split(",")
    assert kind == "data:image/png;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (600, 600)


@pytest.mark.parametrize("clip", ["1001_DFA_ANG_XX", "../../etc/passwd", "", None, {"a": 1}])
def test_a_clip_that_is_not_here_says_how_to_get_it(small_corpus, clip):
    opened = open_clip(ClipTable(PREDICTIONS, small_corpus), clip)
    assert set(opened) == {"problem"}
    assert "python -m ser download --out DIR" in opened["problem"]


def test_a_clip_that_cannot_be_read_says_so(small_corpus):
    small_corpus.path("1004_DFA_ANG_XX").write_bytes(b"nothing to hear")
    opened = open_clip(ClipTable(PREDICTIONS, small_corpus), "1004_DFA_ANG_XX")
    assert "1004_DFA_ANG_XX.wav" in opened["problem"]


def test_the_page_offers_speakers_and_crowd_only_with_the_data_set(table, small_corpus):
    assert 'name="sex"' not in dataset.page(table)
    assert 'name="sex"' in dataset.page(ClipTable(PREDICTIONS, small_corpus))
    assert "@" not in dataset.page(table)  # no placeholder is left
    assert "@" not in splits.page()


def test_actors_in_two_parts_are_told(tmp_path):
    rows = pd.read_csv(PREDICTIONS, dtype={"actor": str})
    rows.loc[rows.index[rows["actor"] == "1001"][:5], "split"] = "test"
    rows.to_csv(tmp_path / "predictions.csv", index=False)
    shown = splits.answer(ClipTable(tmp_path / "predictions.csv"), {"mode": "own"})["html"]
    assert "Actors in more than one part: 1." in shown
    assert "exactly one part" not in shown
    assert "Validation ∩ Test = <strong>1</strong>" in shown


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"mode": "seed", "seed": "seven"}, "digits only"),
        ({"mode": "seed", "seed": -1}, "from 0"),
        ({"mode": "seed", "seed": 10**12}, "from 0"),
        ({"mode": "folds", "seed": 1, "folds": 2}, "3 to 91"),
        ({"mode": "folds", "seed": 1, "folds": ""}, "3 or more"),
    ],
)
def test_a_split_that_cannot_be_is_told(table, asked, said):
    assert said in splits.answer(table, asked)["problem"]


def test_a_split_reads_back_from_csv_and_json(table):
    answer = splits.answer(table, {"mode": "folds", "seed": "3", "folds": "5", "fold": "2"})
    made = table.split(3, 5)
    assert json.loads(answer["json"]) == made
    rows = pd.read_csv(io.StringIO(answer["csv"]), dtype={"actor": str})
    for (fold, part), members in rows.groupby(["fold", "part"]):
        assert members["actor"].tolist() == made["splits"][fold - 1][part]["actors"]
        assert members["clips"].sum() == made["splits"][fold - 1][part]["clips"]
    assert answer["name"] == "5-folds-seed-3"


def test_without_predictions_the_tab_says_what_to_do(tmp_path):
    for mode in splits.MODES:
        answer = splits.answer(ClipTable(tmp_path / "predictions.csv"), {"mode": mode, "seed": 1, "folds": 3})
        assert "released" in answer["problem"]
