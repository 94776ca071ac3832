"""Evaluation scores clips as the app does, for exactly the actors that the checkpoint's card names."""

import csv
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, recall_score

from ser.corpus.crema_d import Corpus, CorpusError, Split
from ser.evaluation.evaluate import evaluate, format_evaluation, predict_corpus, split_of_card, summarise
from ser.labels import EMOTION_NAMES, LABELS
from ser.network.checkpoint import CheckpointError
from ser.network.loading import save_checkpoint
from ser.network.model import NETWORKS
from ser.recognition.recognizer import Recognizer
from ser.recognition.verdict import Thresholds
from tests.conftest import ROOT

SPLIT = {"seed": 42, "train": ["1003"], "val": ["1002"], "test": ["1001"]}
KEYS = [
    "checkpoint",
    "parameters",
    "split",
    "clips",
    "accuracy",
    "uar",
    "macro_f1",
    "ece",
    "ece_by_chance",
    "per_emotion",
    "confusion",
    "sure",
]


def random_checkpoint(folder, name: str = "emotion", **card):
    torch.manual_seed(1)
    network = NETWORKS[name]()
    for parameter in network.parameters():
        if parameter.ndim > 1:
            parameter.data *= 2  # at their first size they answer alike to everything
    save_checkpoint(folder, network=network, card=card)
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return random_checkpoint(tmp_path_factory.mktemp("emotion"), split=SPLIT)


@pytest.fixture(scope="module")
def small(crema_d, tmp_path_factory):
    """All clips of three sentences by three actors."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "AudioWAV").mkdir()
    for actor in ("1001", "1002", "1003"):
        for sentence in ("IEO", "WSI", "TAI"):
            for path in (crema_d / "AudioWAV").glob(f"{actor}_{sentence}_*.wav"):
                shutil.copy(path, folder / "AudioWAV")
    return folder


@pytest.fixture(scope="module")
def result(small, checkpoint, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "test.csv"
    return evaluate(small, checkpoint=checkpoint, split="test", out=out), out


def test_how_often_an_answer_is_sure_and_then_right(small, checkpoint):
    recognizer = Recognizer.load(checkpoint)
    corpus = Corpus(small)
    table = predict_corpus(recognizer, corpus=corpus, clips=corpus.modelling, progress=False)
    highest = table[list(LABELS)].max(axis=1)
    right = table[list(LABELS)].idxmax(axis=1) == table["emotion"]
    for threshold in (0.0, float(highest.median()), 1.1):
        recognizer.thresholds = Thresholds(threshold, threshold)
        found = summarise(recognizer, table=table, split="test")
        high = highest >= threshold
        heard = [column for column in table if column.startswith("heard_")]
        said = (
            table[heard].idxmax(axis=1).str.removeprefix("heard_")
            if heard
            else table[list(LABELS)].idxmax(axis=1)
        )
        sure = high & (said == table[list(LABELS)].idxmax(axis=1))
        assert found["sure"]["share"] == pytest.approx(sure.mean())
        if heard and high.any():
            assert found["sure"]["by_score"]["share"] == pytest.approx(high.mean())
            assert found["sure"]["by_score"]["contradicted"] == pytest.approx(1 - sure.sum() / high.sum())
        assert found["sure"]["accuracy"] == (pytest.approx(right[sure].mean()) if sure.any() else None)
        assert "sure of" in format_evaluation(found)


def test_the_result_has_exactly_the_documented_keys(result, checkpoint):
    found, _ = result
    assert list(found) == KEYS
    assert json.loads(json.dumps(found)) == found
    assert found["checkpoint"] == str(checkpoint)
    assert found["parameters"] == sum(p.numel() for p in NETWORKS["emotion"]().parameters())
    assert found["split"] == "test"
    assert list(found["per_emotion"]) == list(LABELS)
    assert set(found["per_emotion"]["ANG"]) == {"recall", "precision", "f1", "support"}


def test_the_figures_are_those_of_the_clips_recognized_one_by_one(result, small, checkpoint):
    found, out = result
    recognizer = Recognizer.load(checkpoint)
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    clips = sorted(path.stem for path in (small / "AudioWAV").glob("1001_*.wav"))
    assert [row["clip"] for row in rows] == clips
    assert len(clips) == found["clips"] > 20
    acted, answers = [], []
    for row in rows:
        recognition = recognizer.recognize(small / "AudioWAV" / f"{row['clip']}.wav")
        assert {label: float(row[label]) for label in LABELS} == pytest.approx(recognition.scores, abs=1e-6)
        acted.append(row["clip"].split("_")[2])
        answers.append(recognition.top)
    assert found["accuracy"] == pytest.approx(np.mean(np.array(acted) == answers))
    assert found["uar"] == pytest.approx(recall_score(acted, answers, average="macro"))
    expected = confusion_matrix(acted, answers, labels=LABELS)  # a row per acted emotion
    assert found["confusion"] == expected.tolist()
    assert [found["per_emotion"][label]["support"] for label in LABELS] == expected.sum(axis=1).tolist()


def test_the_csv_tells_clip_actor_and_split(result):
    _, out = result
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert list(rows[0]) == ["clip", "actor", "sentence", "emotion", "level", "split", *LABELS]
    for row in rows:
        assert row["clip"] == "_".join(row[key] for key in ("actor", "sentence", "emotion", "level"))
        assert row["split"] == "test"


def test_the_actors_come_from_the_card(small, checkpoint, tmp_path):
    of_1002 = len(list((small / "AudioWAV").glob("1002_*.wav")))
    assert evaluate(small, checkpoint=checkpoint, split="val")["clips"] == of_1002
    other = random_checkpoint(tmp_path, split=SPLIT | {"val": ["1001"], "test": ["1002"]})
    assert evaluate(small, checkpoint=other, split="test")["clips"] == of_1002
    assert split_of_card(Recognizer.load(other)) == Split(("1003",), ("1001",), ("1002",))


def test_all_parts_can_be_predicted_in_any_order(small, checkpoint, capsys):
    recognizer, corpus = Recognizer.load(checkpoint), Corpus(small)
    table = predict_corpus(recognizer, corpus=corpus, clips=corpus.modelling)
    assert table["split"].value_counts().to_dict() == {
        part: len(list((small / "AudioWAV").glob(f"{SPLIT[part][0]}_*.wav")))
        for part in ("train", "val", "test")
    }
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "scoring" in printed.err
    turned = predict_corpus(recognizer, corpus=corpus, clips=corpus.modelling[::-1], progress=False)
    assert turned[::-1].equals(table)
    assert capsys.readouterr().err == ""
    np.testing.assert_allclose(table[list(LABELS)].sum(axis=1), 1)


def test_the_published_network_is_scored_on_three_seconds(small, tmp_path):
    recognizer = Recognizer.load(random_checkpoint(tmp_path, "published", split=SPLIT))
    corpus = Corpus(small)
    long = corpus.modelling[corpus.modelling["duration_s"] > 3.1][:3]
    assert len(long)
    for clip, row in predict_corpus(recognizer, corpus=corpus, clips=long, progress=False).iterrows():
        (window,) = recognizer.recognize(corpus.path(clip)).windows
        assert (window.start_s, window.end_s) == (0, 3)
        assert row[list(LABELS)].to_dict() == window.scores


def test_a_card_without_actors_is_named(small, tmp_path):
    with pytest.raises(CheckpointError, match="which actors"):
        evaluate(small, checkpoint=random_checkpoint(tmp_path), split="test")


def test_a_card_with_an_actor_in_two_parts_is_refused(small, tmp_path):
    folder = random_checkpoint(tmp_path, split=SPLIT | {"test": ["1001", "1003"]})
    with pytest.raises(CheckpointError, match="1003"):
        evaluate(small, checkpoint=folder, split="test")


def test_a_data_set_without_these_actors_is_named(small, tmp_path):
    folder = random_checkpoint(tmp_path, split=SPLIT | {"test": ["1090"]})
    with pytest.raises(CorpusError, match="no clip of the test actors"):
        evaluate(small, checkpoint=folder, split="test")


def test_the_text_holds_the_figures(result):
    found, _ = result
    text = format_evaluation(found)
    assert f"UAR {found['uar']:.3f}" in text
    assert f"{found['parameters']:,} parameters" in text
    lines = text.splitlines()
    for label, counts in zip(LABELS, found["confusion"], strict=True):
        assert [EMOTION_NAMES[label], *map(str, counts)] in [line.split() for line in lines]
    assert len({len(line) for line in lines[-7:]}) == 1  # the confusion's columns stand under each other


def test_released_networks_are_measured_without_pytorch():
    """It takes seconds to import, and counting the weights was all that it did."""
    program = (
        "import sys; import pandas; from ser import Recognizer; from ser.evaluation.evaluate import summarise; "
        "network = Recognizer.load(); table = pandas.read_csv(network.checkpoint.folder / 'predictions.csv'); "
        "found = summarise(network, table=table[table['split'] == 'test'], split='test'); "
        "assert 'torch' not in sys.modules; "
        "print(found['parameters'] == sum(w.numel() for w in network.network.parameters()))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr
