"""The reading of how strong a clip sounds: fitted on the training actors, chosen on validation, written beside the weights."""

import hashlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from ser.__main__ import main
from ser.corpus.crema_d import Corpus, read_voice_ratings
from ser.evaluation.evaluate import evaluate
from ser.evaluation.intensity import agreement, concordance
from ser.evaluation.intensity_fit import HeardClips, fit_readout
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.recognition.recognizer import Recognizer
from tests.helpers.grouped_clips import write_grouped_clips

SPLIT = {
    "train": [str(actor) for actor in range(1001, 1007)],
    "val": ["1007", "1008"],
    "test": ["1009", "1010"],
}


def test_concordance_is_that_of_lins_paper():
    one, other = np.array([1.0, 2, 3, 4]), np.array([2.0, 4, 6, 8])
    # covariance 2.5, variances 1.25 and 5, means 2.5 and 5
    assert concordance(one, other) == pytest.approx(2 * 2.5 / (1.25 + 5 + 2.5**2))
    assert concordance(one, -one) < 0 < concordance(one, one + 1) < 1


def heard(draw, n, *, direction):
    embeddings = draw.normal(3, 2, size=(n, 20))
    levels = draw.normal(-30, 6, size=n)
    ratings = 58 + embeddings @ direction - 3 * direction.sum() + draw.normal(0, 5, size=n)
    return HeardClips(embeddings, levels, ratings)


def test_the_fit_finds_what_is_there_and_spreads_it_as_the_ratings_are():
    draw = np.random.default_rng(0)
    direction = np.zeros(20)
    direction[:3] = 2, -1, 1.5
    train, validation = (heard(draw, n, direction=direction) for n in (600, 200))
    readout = fit_readout(train, validation=validation)
    new = heard(draw, 500, direction=direction)
    rated = np.array([readout.rating(embedding[None]) for embedding in new.embeddings])
    figures = agreement(rated, new.ratings)
    assert figures["correlation"] > 0.65  # noise leaves 0.73
    assert figures["concordance"] == pytest.approx(figures["correlation"], abs=0.05)
    assert rated.std() == pytest.approx(train.ratings.std(), rel=0.1)
    assert np.quantile(train.ratings, [1 / 3, 2 / 3]) == pytest.approx(readout.levels, abs=0.05)
    slope, intercept = readout.loudness
    line = slope * train.levels + intercept
    assert (line.mean(), line.std()) == pytest.approx((train.ratings.mean(), train.ratings.std()), abs=0.1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Ten actors; the crowd hears a higher voice as stronger, and each clip is rated by faces, too."""
    root = write_grouped_clips(tmp_path_factory.mktemp("data"))
    file = root / "processedResults" / "tabulatedVotes.csv"
    table = pd.read_csv(file)
    places = (
        table["fileName"]
        .str.split("_")
        .str[2]
        .map({"ANG": 0, "DIS": 1, "FEA": 2, "HAP": 3, "NEU": 4, "SAD": 5})
    )
    table["meanEmoResp"] = 40 + 6 * places + table["fileName"].str[3].astype(int)
    faces = table.assign(meanEmoResp=99.0)
    faces.iloc[:, 0] += 100_000
    pd.concat([table, faces]).to_csv(file, index=False)
    return root


def test_ratings_are_those_of_people_who_only_heard_the_clip(data, tmp_path):
    ratings = read_voice_ratings(data)
    assert ratings["1003_IEO_ANG_XX"] == 43
    assert ratings.max() < 80
    assert Corpus(data).clips["rating"]["1003_IEO_ANG_XX"] == 43
    assert "rating" not in Corpus(write_grouped_clips(tmp_path)).clips


def test_the_command_adds_it_to_a_checkpoint_and_changes_nothing_else(data, tmp_path, capsys):
    folder = shutil.copytree(DEFAULT_CHECKPOINT, tmp_path / "copied")
    card = json.loads((folder / "card.json").read_text())
    card.pop("intensity", None)
    (folder / "card.json").write_text(json.dumps(card | {"split": SPLIT}))
    weights = hashlib.sha256((folder / "weights.pt").read_bytes()).digest()
    columns = evaluate(data, checkpoint=folder, split="test", out=tmp_path / "before.csv")
    assert "intensity" not in columns
    shutil.copy(tmp_path / "before.csv", folder / "predictions.csv")
    assert main(["intensity", "--data", str(data), "--checkpoint", str(folder)]) == 0
    assert "24 clips" in capsys.readouterr().out  # of the two validation actors
    assert hashlib.sha256((folder / "weights.pt").read_bytes()).digest() == weights
    result = evaluate(data, checkpoint=folder, split="test", out=tmp_path / "after.csv")
    assert result["intensity"]["clips"] == 24
    assert (
        result["intensity"]["network"]["correlation"] > 0.8 > result["intensity"]["loudness"]["correlation"]
    )
    before, after, added = (
        pd.read_csv(file, index_col="clip")
        for file in (tmp_path / "before.csv", tmp_path / "after.csv", folder / "predictions.csv")
    )
    pd.testing.assert_frame_equal(before, after.drop(columns="intensity"))
    pd.testing.assert_frame_equal(added, after, atol=1e-4)
    recognizer = Recognizer.load(folder)
    assert recognizer.intensity.word(recognizer.intensity.levels[1] + 1) == "strong"


def test_a_data_set_without_ratings_is_refused_with_the_cure(tmp_path, capsys):
    data = write_grouped_clips(tmp_path)
    assert main(["intensity", "--data", str(data)]) == 1
    assert "python -m ser download" in capsys.readouterr().err
