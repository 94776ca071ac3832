"""Results of predictions, checked against `evaluate`'s figures, hand-made cases and the real data set."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix

from ser.corpus.clip_names import LEVELS, SENTENCES
from ser.corpus.crema_d import Corpus
from ser.evaluation.bootstrap import RATES, Answers
from ser.evaluation.metrics import metrics
from ser.evaluation.predictions import PredictionsError
from ser.evaluation.results import (
    GROUPINGS,
    Results,
    ResultsError,
    age_group,
    aggregates,
    group_names,
    measure_groups,
    measure_people,
)
from ser.labels import LABELS
from ser.network.checkpoint import CHECKPOINTS, DEFAULT_CHECKPOINT, load_card
from tests.conftest import skip_or_fail


@pytest.fixture(scope="module")
def released() -> Results:
    if not (DEFAULT_CHECKPOINT / "predictions.csv").is_file():
        skip_or_fail(f"there is no predictions.csv in {DEFAULT_CHECKPOINT}")
    return Results(DEFAULT_CHECKPOINT, load_card(DEFAULT_CHECKPOINT))


@pytest.fixture(scope="module")
def corpus(crema_d) -> Corpus:
    return Corpus(crema_d)


def make_clips(*clips: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(clips, columns=["actor", "sentence", "emotion", "level"])


def test_figures_are_those_that_evaluate_wrote_on_the_card(released):
    expected = released.card["metrics"]["test"]
    for rate in RATES:
        found = released.figures[rate]
        assert found.value == pytest.approx(expected[rate])
        assert found.low < found.value < found.high
    assert released.confusion == expected["confusion"]
    assert released.ece == pytest.approx(expected["ece"], abs=1e-5)  # predictions.csv has six decimals
    assert len(released.clips) == expected["clips"]


def test_every_part_can_be_shown(released):
    for part in ("train", "val"):
        other = Results(released.folder, released.card, part)
        assert set(other.clips["actor"]) == set(released.card["split"][part])
    assert other.figures["uar"].value == pytest.approx(released.card["metrics"]["val"]["uar"])


def test_a_cell_holds_the_clips_that_it_counts_surest_first(released):
    for i, acted in enumerate(LABELS):
        for j, answer in enumerate(LABELS):
            cell = released.cell(acted, answer)
            assert len(cell) == released.confusion[i][j]
            assert (cell["emotion"] == acted).all()
            assert (cell[list(LABELS)].to_numpy().argmax(1) == j).all()
            assert cell[answer].is_monotonic_decreasing


@pytest.mark.filterwarnings("ignore::UserWarning")  # scikit-learn on emotions that do not occur
def test_groups_are_those_of_scikit_learn(released):
    groups = released.groups()
    for by in ("actor", "sentence", "level"):
        words = pd.Series(group_names(released.clips, by), released.clips.index)
        assert {row["group"] for row in groups[by]} == set(words)
        assert sum(row["clips"] for row in groups[by]) == len(released.clips)
        for row in groups[by]:
            mine = released.clips[words == row["group"]]
            assert row["actors"] == mine["actor"].nunique()
            assert row["uar"]["value"] == pytest.approx(
                balanced_accuracy_score(mine["emotion"], mine["answer"])
            )
            assert row["uar"]["low"] <= row["uar"]["value"] <= row["uar"]["high"]


def test_groups_come_in_their_natural_order(released):
    groups = released.groups()
    assert [by for by in GROUPINGS if by in groups] == list(groups)
    assert [row["group"] for row in groups["level"]] == list(LEVELS.values())
    assert [row["group"] for row in groups["sentence"]] == list(SENTENCES.values())
    assert [row["group"] for row in groups["actor"]] == sorted(released.card["split"]["test"])


def test_few_voices_are_drawn_clip_by_clip_and_an_emotion_without_clips_has_no_recall():
    acted, actors = np.array([0, 0, 1, 1] * 6), np.repeat([f"{1001 + i}" for i in range(6)], 4)
    answers = Answers(np.eye(6)[np.array([0, 1, 1, 1] * 6)], acted, actors)
    names = ["one" if actor == "1001" else "many" if actor < "1006" else None for actor in actors]
    one, many = measure_groups(answers, names)
    assert (one["group"], one["actors"], one["clips"], one["drawn"]) == ("one", 1, 4, "clips")
    assert (many["group"], many["actors"], many["clips"], many["drawn"]) == ("many", 4, 16, "clips")
    assert one["recall"] == [0.5, 1.0, None, None, None, None]
    assert one["uar"]["value"] == 0.75
    (five,) = measure_groups(answers, ["all" if actor != "1001" else None for actor in actors])
    assert five["drawn"] == "actors"
    assert five["uar"] == {"value": 0.75, "low": 0.75, "high": 0.75}  # the five voices are the same


def test_groups_that_would_describe_persons_are_left_out():
    clips = make_clips(*((f"{1001 + i}", "IEO", "ANG", "XX") for i in range(5)))
    clips["sex"] = ["female", "female", "female", "male", "male"]
    clips["age"] = [22, 25, 29, 30, np.nan]
    assert group_names(clips, "sex") == ["Female"] * 3 + [None] * 2
    assert group_names(clips, "age") == ["under 30"] * 3 + [None] * 2


@pytest.mark.parametrize(
    ("age", "group"), [(20, "under 30"), (30, "30 to 39"), (40, "40 and over"), (np.nan, None)]
)
def test_ages_fall_into_groups(age, group):
    assert age_group(age) == group


def test_a_damaged_table_is_told_and_not_shown(released, tmp_path):
    with pytest.raises(PredictionsError, match="python -m ser release"):
        Results(tmp_path, {})
    file = tmp_path / "predictions.csv"
    good = (released.folder / "predictions.csv").read_text(encoding="utf-8").splitlines()[:3]
    for bad in (
        "",
        "clip,actor\n",
        "\n".join(good).replace("ANG,XX", "JOY,XX"),
        "\n".join([good[0], ",".join([*(cells := good[1].split(","))[:6], "nan", *cells[7:]])]),
    ):
        file.write_text(bad, encoding="utf-8")
        with pytest.raises(PredictionsError, match="restore the checkpoint"):
            Results(tmp_path, {})
    file.write_text("\n".join(good), encoding="utf-8")
    with pytest.raises(PredictionsError, match="no clip of the test actors"):
        Results(tmp_path, {})  # the first rows are of a validation actor


def test_curves_are_read_where_they_are_shipped(tmp_path):
    folder = CHECKPOINTS / "published"
    released = Results(folder, load_card(folder))
    assert list(released.curves["epoch"]) == list(range(1, len(released.curves) + 1))
    assert released.curves["val_uar"].max() == pytest.approx(
        released.card["metrics"]["val_first_window"]["val_uar"]
    )
    shutil.copy(released.folder / "predictions.csv", tmp_path)
    assert Results(tmp_path, {}).curves is None
    (tmp_path / "curves.csv").write_text("epoch,val_uar\n1,much\n")
    with pytest.raises(ResultsError, match=r"curves\.csv is damaged"):
        _ = Results(tmp_path, {}).curves


def test_people_are_measured_on_the_same_clips(released, corpus):
    people = measure_people(released.clips, corpus)
    votes = corpus.clips.loc[released.clips.index, [f"votes_{label}" for label in LABELS]].to_numpy()
    acted = released.answers.acted
    rows, columns = np.nonzero(votes)
    singly = np.repeat(acted[rows], votes[rows, columns]), np.repeat(columns, votes[rows, columns])
    assert people["votes"]["n"] == votes.sum() == len(singly[0])
    assert people["votes"]["confusion"] == confusion_matrix(*singly).tolist()
    assert people["votes"]["uar"]["value"] == pytest.approx(balanced_accuracy_score(*singly))
    # Breaking ties by chance again and again comes to sharing them.
    draw = np.random.default_rng(0)
    broken = np.mean(
        [((votes + 0.5 * draw.random(votes.shape)).argmax(1) == acted).mean() for _ in range(400)]
    )
    assert people["plurality"]["accuracy"]["value"] == pytest.approx(broken, abs=0.001)
    assert people["plurality"]["n"] == len(released.clips)
    assert np.sum(people["plurality"]["confusion"]) == pytest.approx(len(released.clips), abs=1e-4)


def test_the_card_keeps_what_the_data_set_says(released, corpus):
    """So that the page shows the same with the data set and without it."""
    found = json.loads(json.dumps(aggregates(released, corpus), allow_nan=False))
    kept, now = (
        pd.json_normalize(people).drop(columns="how").iloc[0]
        for people in (released.card["people"], found["people"])
    )
    assert list(kept.index) == list(now.index)
    for field in kept.index.difference([f"groups.{by}" for by in GROUPINGS] + ["split"]):
        assert np.allclose(kept[field], now[field]), field
    for by in ("sex", "age"):
        assert [row["group"] for row in released.groups()[by]] == [
            row["group"] for row in found["groups"][by]
        ]
        for kept, row in zip(released.card["groups"][by], found["groups"][by], strict=True):
            assert kept["uar"] == pytest.approx(row["uar"])
    assert set(released.groups()) == set(released.groups(corpus)) == set(GROUPINGS)


def test_the_card_tells_of_no_group_that_is_a_person(released):
    for rows in (
        *released.card["groups"].values(),
        *(released.card["people"]["groups"][by] for by in ("sex", "age")),
    ):
        assert all(row["actors"] >= 3 for row in rows)
        assert sum(row["clips"] for row in rows) <= len(released.clips)


def test_without_votes_the_card_speaks_for_people(released, tmp_path, crema_d):
    (tmp_path / "AudioWAV").mkdir()
    shutil.copy(crema_d / "AudioWAV" / "1004_IEO_ANG_LO.wav", tmp_path / "AudioWAV")
    bare = Corpus(tmp_path)
    assert measure_people(released.clips, bare) is None
    assert released.people(bare) == released.card["people"]
    assert aggregates(Results(released.folder, {}), bare) == {}


def test_the_confusion_agrees_with_metrics(released):
    assert metrics(released.scores, released.answers.acted)["confusion"] == released.confusion
