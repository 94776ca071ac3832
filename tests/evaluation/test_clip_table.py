"""The table of clips, with and without the data set, and the actor splits."""

import pandas as pd
import pytest

from ser.corpus.crema_d import Corpus, split_actors
from ser.evaluation.clip_table import MAX_CLIPS, ClipsError, ClipTable
from ser.evaluation.predictions import PredictionsError
from ser.labels import LABELS
from ser.network.checkpoint import DEFAULT_CHECKPOINT

PREDICTIONS = DEFAULT_CHECKPOINT / "predictions.csv"


@pytest.fixture(scope="module")
def table() -> ClipTable:
    return ClipTable(PREDICTIONS)


@pytest.fixture(scope="module")
def full_table(crema_d) -> ClipTable:
    return ClipTable(PREDICTIONS, Corpus(crema_d))


def test_clips_answers_what_the_file_holds(table):
    rows = pd.read_csv(PREDICTIONS, dtype={"actor": str})
    rows = rows[(rows["split"] == "test") & (rows["emotion"] == "FEA")]
    clips = table.clips("test", emotion="FEA", limit=MAX_CLIPS)
    assert [clip["clip"] for clip in clips] == rows["clip"].tolist()
    for clip, row in zip(clips, rows.to_dict("records"), strict=True):
        assert clip["scores"] == {label: row[label] for label in LABELS}
        assert clip["scores"][clip["says"]] == max(clip["scores"].values())
        assert clip["age"] is clip["votes"] is clip["crowd"] is None
        assert not clip["heard_in_training"]


def test_pages_put_together_are_the_whole(table):
    whole = table.clips("all", actor="1001")
    pages = [
        clip
        for offset in range(0, 82, 20)
        for clip in table.clips("all", emotion="all", actor="1001", limit=20, offset=offset)
    ]
    assert len(whole) == 82
    assert pages == whole
    assert table.clips("train", limit=1)[0]["heard_in_training"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"part": "dev"}, "train, val, test or all"),
        ({"emotion": "happy"}, "ANG, DIS"),
        ({"actor": "9999"}, "1001 to 1091 or all"),
        ({"limit": -1}, "0 to 1000"),
        ({"limit": 5000}, "with a higher offset"),
        ({"offset": -1}, "offset"),
    ],
)
def test_what_cannot_be_asked_is_told(table, asked, said):
    with pytest.raises(ClipsError, match=said):
        table.clips(**asked)


def test_the_split_with_seed_42_is_the_networks_own(table):
    answer = table.split()
    parts = answer["splits"][0]
    assert {part: tuple(parts[part]["actors"]) for part in table.own_split} == table.own_split
    assert [parts[part]["clips"] for part in ("train", "val", "test")] == [5141, 1066, 1224]
    assert parts["shared_actors"] == 0
    rows = pd.read_csv(PREDICTIONS)
    for part in table.own_split:
        acted = rows[rows["split"] == part]["emotion"].value_counts()
        assert parts[part]["emotions"] == {label: acted[label] for label in LABELS}


@pytest.mark.parametrize(("seed", "folds"), [(0, 3), (7, 10), (42, 91)])
def test_each_actor_is_tested_in_exactly_one_fold(table, seed, folds):
    splits = table.split(seed, folds)["splits"]
    assert len(splits) == folds
    tested = [actor for split in splits for actor in split["test"]["actors"]]
    assert sorted(tested) == list(table.actors.index)
    assert not any(split["shared_actors"] for split in splits)
    assert all(sum(split[part]["clips"] for part in table.own_split) == 7431 for split in splits)


@pytest.mark.parametrize("folds", [1, 2, 92, -3])
def test_folds_that_cannot_be_are_told(table, folds):
    with pytest.raises(ValueError, match="choose 3 to 91"):
        table.split(42, folds)


def test_another_seed_gives_another_membership(table):
    parts = table.split(seed=1)["splits"][0]
    assert tuple(parts["test"]["actors"]) == split_actors(table.actors.index, 1).test
    assert tuple(parts["test"]["actors"]) != table.own_split["test"]


def test_actors_in_two_parts_are_counted(tmp_path):
    rows = pd.read_csv(PREDICTIONS, dtype={"actor": str})
    rows.loc[rows.index[rows["actor"] == "1001"][:5], "split"] = "test"
    rows.to_csv(tmp_path / "predictions.csv", index=False)
    table = ClipTable(tmp_path / "predictions.csv")
    assert table.describe_split(table.own_split)["shared_actors"] == 1


def test_the_data_set_adds_speakers_votes_and_twins(full_table):
    clip = full_table.clips("test", emotion="ANG", actor="1004", limit=1)[0]
    assert (clip["age"], clip["sex"]) == (42, "female")
    assert sum(clip["votes"].values()) > 5
    twins = full_table.table["twin"]
    assert sorted(twins[twins != ""]) == [
        *("1006_TIE_HAP_XX", "1006_TIE_NEU_XX"),
        *("1013_WSI_DIS_XX", "1013_WSI_SAD_XX"),
        *("1017_IWW_ANG_XX", "1017_IWW_FEA_XX"),
    ]
    parts = full_table.split()["splits"][0]
    assert sum(parts[part][sex] for part in full_table.own_split for sex in ("female", "male")) == 91


def test_the_crowd_agrees_only_where_its_most_frequent_vote_stands_alone(full_table):
    table = full_table.table
    assert (table["crowd"] == "agrees").mean() == pytest.approx(0.416, abs=0.001)
    for crowd, row in table.groupby("crowd").first().iterrows():
        votes = {label: row[f"votes_{label}"] for label in LABELS}
        most = [label for label in LABELS if votes[label] == max(votes.values())]
        assert crowd == ("differs" if row["emotion"] not in most else "agrees" if len(most) == 1 else "tied")


def test_without_predictions_there_are_no_clips(tmp_path):
    table = ClipTable(tmp_path / "predictions.csv")
    assert table.clips() == []
    with pytest.raises(PredictionsError, match="released"):
        table.split()


def test_a_file_that_is_no_table_of_predictions_is_told(tmp_path):
    (tmp_path / "predictions.csv").write_text("clip,score\n1001_DFA_ANG_XX,1\n")
    with pytest.raises(PredictionsError, match="restore the checkpoint"):
        ClipTable(tmp_path / "predictions.csv").clips()
