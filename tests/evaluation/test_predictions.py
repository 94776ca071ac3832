"""predictions.csv reads back as written, and an unusable one is an error that names the cure."""

import numpy as np
import pandas as pd
import pytest

from ser.errors import UserError
from ser.evaluation.clip_table import ClipTable
from ser.evaluation.predictions import (
    PredictionsError,
    empty_predictions,
    read_predictions,
    write_predictions,
)
from ser.evaluation.results import Results
from ser.evaluation.sureness import sure_figures
from ser.labels import LABELS
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.recognition.recognizer import Recognizer
from ser.ui.record.prompts import Actors
from tests.conftest import ROOT


@pytest.fixture
def table() -> pd.DataFrame:
    clips = ["1001_TIE_ANG_XX", "1002_TIE_SAD_HI", "1003_IEO_NEU_XX"]
    rows = [clip.split("_") for clip in clips]
    table = pd.DataFrame(rows, clips, ["actor", "sentence", "emotion", "level"])
    table["split"] = ["train", "test", "val"]
    table[list(LABELS)] = np.random.default_rng(0).dirichlet(np.ones(6), 3)
    return table


def test_what_is_written_reads_back(table, tmp_path):
    write_predictions(table, tmp_path / "predictions.csv")
    read = read_predictions(tmp_path / "predictions.csv")
    pd.testing.assert_frame_equal(
        read[table.columns], table.rename_axis("clip"), atol=1e-6, check_dtype=False
    )
    assert read["answer"].tolist() == table[list(LABELS)].idxmax(axis=1).tolist()
    assert list(empty_predictions()) == list(read)


def damage(table: pd.DataFrame) -> dict[str, str]:
    text = table.to_csv(index_label="clip")
    return {
        "nothing": "",
        "no rows": text.splitlines()[0],
        "no clip": table.to_csv(index=False),
        "no level": table.drop(columns="level").to_csv(index_label="clip"),
        "a word for a score": text.replace(text.splitlines()[1].split(",")[6], "much"),
        "a part that no split has": text.replace(",test,", ",dev,"),
        "an unfinished row": text + "1004_TIE_ANG_XX,1004,TIE\n",
        "not text": "\0\1\2",
    }


DAMAGE = """
nothing, no rows, no clip, no level, a word for a score, a part that no split has, an unfinished row, not text
"""


@pytest.mark.parametrize("how", DAMAGE.strip().split(", "))
def test_damage_is_the_same_to_everyone(table, tmp_path, how):
    file = tmp_path / "predictions.csv"
    file.write_text(damage(table)[how], encoding="utf-8")
    for read in (read_predictions, lambda _: Results(tmp_path, {}), lambda _: ClipTable(file).clips()):
        with pytest.raises(
            PredictionsError, match="is damaged: restore the checkpoint folder from its source"
        ):
            read(file)
    assert Actors(file).show("TIE") == ""


def test_scores_of_other_emotions_are_not_called_damage(table, tmp_path):
    table.rename(columns={"DIS": "CALM"}).to_csv(tmp_path / "predictions.csv", index_label="clip")
    with pytest.raises(PredictionsError, match="does not score the emotions ANG, DIS, FEA, HAP, NEU, SAD"):
        read_predictions(tmp_path / "predictions.csv")


def test_a_missing_file_says_where_predictions_come_from(tmp_path):
    with pytest.raises(PredictionsError, match="use a checkpoint released with `python -m ser release`"):
        read_predictions(tmp_path / "predictions.csv")
    assert issubclass(PredictionsError, UserError)


def test_the_table_of_sure_answers_in_the_docs_is_that_of_the_released_network():
    recognizer = Recognizer.load()
    clips = pd.read_csv(DEFAULT_CHECKPOINT / "predictions.csv")
    for split in ("val", "test"):
        part = clips[clips["split"] == split]
        figures = sure_figures(
            part[list(LABELS)].to_numpy(),
            labels=part["emotion"].map(LABELS.index).to_numpy(),
            thresholds=recognizer.thresholds,
            heard=part[[f"heard_{label}" for label in LABELS]].to_numpy(),
        )
        alone = figures["by_score"]
        cells = [
            figures["share"],
            figures["accuracy"],
            *(alone[key] for key in ("share", "accuracy", "contradicted")),
        ]
        row = f"| emotion | {split} | {' | '.join(f'{cell:.3f}' for cell in cells)} | 0 |"
        assert row in (ROOT / "docs" / "results.md").read_text()
