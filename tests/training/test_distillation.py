"""A teacher that never heard the actors it scores, and a network that is trained further with its scores."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ser.corpus.crema_d import Corpus
from ser.labels import LABELS
from ser.network import encoder_files
from ser.network.loading import load_checkpoint, save_checkpoint
from ser.network.model import EmotionNet
from ser.training import teacher
from ser.training.batches import Shard, part_of_corpus
from ser.training.recipes import TrainingOptions, recipe_with
from ser.training.run import Run, TrainError, train
from ser.training.speaker_batches import GroupBatches, SpeechClips
from ser.training.speaker_trainer import GroupedNet, GroupedTrainer
from ser.training.start import started_from
from ser.training.teacher import TeacherError, centred, read_teacher, teach, write_lesson
from ser.training.waveform_cache import WaveformCache
from tests.helpers.grouped_clips import write_grouped_clips
from tests.helpers.wide_checkpoint import SOURCE, install_encoder

SMALL = {"channels": (16, 32), "strides": ((2, 2), (2, 2)), "hidden": 16, "dropout": 0.0, "heard": True}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_grouped_clips(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def corpus(data):
    return Corpus(data)


@pytest.fixture(scope="module")
def clips(corpus):
    return part_of_corpus(corpus, split=corpus.split(), part="train")


@pytest.fixture(scope="module")
def lesson(clips, tmp_path_factory):
    """A teacher's file with a score of its own for each clip."""
    file = tmp_path_factory.mktemp("teacher") / "teacher.npz"
    scores = np.random.default_rng(0).dirichlet(np.ones(6), len(clips)).astype(np.float32)
    write_lesson(file, clips=clips, scores=scores)
    return file


@pytest.fixture(scope="module")
def start(corpus, tmp_path_factory):
    """A checkpoint that was trained on the training actors."""
    folder = tmp_path_factory.mktemp("start")
    torch.manual_seed(0)
    network = EmotionNet(**SMALL)
    torch.nn.init.normal_(network.head.bias)
    split = corpus.split()
    card = {"split": {"train": split.train, "val": split.val, "test": split.test}, "temperature": 1.0}
    save_checkpoint(folder, network=network, card=card)
    return folder


def table(actors: int, of_each: int = 12) -> pd.DataFrame:
    rows = [
        {"clip": f"{actor}-{i}", "actor": str(actor), "emotion": LABELS[i % 6]}
        for actor in range(actors)
        for i in range(of_each)
    ]
    return pd.DataFrame(rows).set_index("clip")


# ---- the teacher


def test_a_teacher_learns_what_actors_share_and_not_what_they_sound_like():
    draw, clips = np.random.default_rng(0), table(8)
    emotion = np.eye(6)[[LABELS.index(name) for name in clips["emotion"]]]
    voices = 30 * draw.normal(size=(8, 6)).repeat(12, 0)  # hides the emotion unless it is taken off
    lesson = teach(
        (emotion + voices + 0.02 * draw.normal(size=emotion.shape)).astype(np.float32), clips=clips
    )
    assert lesson.uar == 1
    assert lesson.scores.sum(1) == pytest.approx(1, abs=1e-5)


def test_no_head_scores_an_actor_whose_labels_it_has_seen():
    """With labels that mean something else for every actor, a head that had seen them would know them."""
    draw, clips = np.random.default_rng(1), table(7, 60)
    statistics = draw.normal(size=(len(clips), 400)).astype(np.float32)  # enough numbers to fit any labels
    assert teach(statistics, clips=clips).uar < 0.25
    seen = np.isin(clips["actor"], ["0"])
    changed = clips.assign(emotion=np.where(seen, "ANG", clips["emotion"]))
    logs = [np.log(teach(statistics, clips=one).scores[seen]) for one in (clips, changed)]
    logs = [one - one.mean(1, keepdims=True) for one in logs]
    assert np.corrcoef(logs[0].ravel(), logs[1].ravel())[0, 1] > 0.9999  # up to the temperature of all


def test_the_mean_of_an_actor_is_taken_off():
    statistics, actors = np.arange(12.0).reshape(6, 2), np.array(["a", "b"] * 3)
    features = centred(statistics, actors=actors)
    assert all(np.allclose(features[actors == actor].mean(0), 0) for actor in "ab")
    assert np.allclose(features[2] - features[0], statistics[2] - statistics[0])


def test_one_actor_cannot_be_scored_by_others():
    clips = table(1)
    with pytest.raises(TeacherError, match="needs two"):
        teach(np.zeros((len(clips), 3)), clips=clips)


def test_the_command_writes_what_a_run_reads(data, corpus, clips, tmp_path, monkeypatch, capsys):
    from ser.__main__ import main

    install_encoder(tmp_path, monkeypatch)
    monkeypatch.setattr(encoder_files, "PUBLISHED", SOURCE)
    monkeypatch.setattr(teacher, "FOLDS", 3)
    file = tmp_path / "new" / "teacher.npz"
    assert main(["teacher", "--data", str(data), "--out", str(file)]) == 0
    assert f"{len(clips)} training clips" in capsys.readouterr().out
    assert [path.name for path in file.parent.iterdir()] == ["teacher.npz"]
    scores = read_teacher(file, clips=clips, unheard=set(corpus.modelling["actor"]) - set(clips["actor"]))
    assert scores.shape == (len(clips), 6)
    assert scores.sum(1).tolist() == pytest.approx([1] * len(clips), abs=1e-5)


def test_scores_are_read_for_the_clips_in_their_order(clips, lesson):
    every = read_teacher(lesson, clips=clips)
    some = clips.index[[7, 2, 5]]
    assert torch.equal(read_teacher(lesson, clips=clips.loc[some]), every[[7, 2, 5]])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing"),
        (b"", "not the file of a teacher"),
        (b"PK\3\4 no archive", "not the file of a teacher"),
    ],
)
def test_a_file_that_is_none_is_refused(clips, tmp_path, content, said):
    file = tmp_path / "teacher.npz"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TeacherError, match=said):
        read_teacher(file, clips=clips)


def test_other_clips_other_numbers_and_actors_to_validate_on_are_refused(corpus, clips, lesson, tmp_path):
    val = part_of_corpus(corpus, split=corpus.split(), part="val")
    with pytest.raises(TeacherError, match=f"lacks {len(val)} training clips"):
        read_teacher(lesson, clips=val)
    with pytest.raises(TeacherError, match=f"has heard actor {clips['actor'].iloc[0]}"):
        read_teacher(lesson, clips=clips[-3:], unheard=[clips["actor"].iloc[0]])
    write_lesson(tmp_path / "odd.npz", clips=clips, scores=np.full((len(clips), 6), 0.5))
    with pytest.raises(TeacherError, match="no scores from 0 to 1"):
        read_teacher(tmp_path / "odd.npz", clips=clips)


# ---- the student


def make_batches(corpus, clips, **options) -> GroupBatches:
    options = {"speakers": 2, "per_speaker": 4, "mixup": 0.0, "seed": 0} | options
    return GroupBatches(SpeechClips(WaveformCache(corpus, clips=clips)), table=clips, **options)


def test_a_batch_holds_the_scores_of_its_clips_and_blends_them_with_them(corpus, clips, lesson):
    taught = read_teacher(lesson, clips=clips)
    batches = make_batches(corpus, clips, taught=taught)
    batch, _ = next(iter(batches.epoch(0)))
    assert torch.equal(batch.taught, taught[torch.from_numpy(batches.order(0)[0].ravel())])
    batches.mixup = 1.0
    mixed, _ = next(iter(batches.epoch(0)))
    assert not torch.equal(mixed.taught, batch.taught)
    assert torch.allclose(mixed.taught.sum(1), torch.ones(8), atol=1e-5)
    plain, _ = next(iter(make_batches(corpus, clips).epoch(0)))
    assert torch.equal(plain.taught, plain.acted)


def test_a_network_comes_to_answer_as_its_teacher_does(corpus, clips, lesson):
    batch, n_clips = next(
        iter(make_batches(corpus, clips, taught=read_teacher(lesson, clips=clips)).epoch(0))
    )

    def distance(weight: float | None) -> float:
        torch.manual_seed(0)
        recipe = recipe_with("distilled", epochs=1, learning_rate=2e-3)
        recipe = replace(recipe, teacher=weight, muon_rate=0.02)
        trainer = GroupedTrainer(recipe, steps_per_epoch=30, grouped=GroupedNet(EmotionNet(**SMALL)))
        for _ in range(30):
            trainer.step(batch, n_clips=n_clips, generator=torch.Generator())
        with torch.no_grad():
            logits, _ = trainer.network(*batch[:2], batch.takes, batch.acted, batch.prompted)
        return float(torch.nn.functional.kl_div(logits.log_softmax(1), batch.taught, reduction="batchmean"))

    assert distance(5.0) < 0.7 * distance(None)


def test_a_run_starts_with_the_answers_of_its_network(corpus, clips, start):
    batch, _ = next(iter(make_batches(corpus, clips).epoch(0)))
    network = load_checkpoint(start).network
    grouped = started_from(start, split=corpus.split(), batch=batch).eval()
    assert grouped.general.abs().max() > 0.01
    nobody = torch.zeros_like(batch.takes)
    with torch.no_grad():
        expected = network(batch.features, batch.lengths)
        acted, _ = grouped(batch.features, batch.lengths, nobody, batch.acted, batch.prompted)
        assert torch.allclose(acted, expected, atol=1e-4)
        assert torch.allclose(grouped.released()(batch.features, batch.lengths), expected, atol=1e-4)


def test_a_network_that_knows_the_other_actors_or_is_of_another_kind_is_refused(
    corpus, clips, start, tmp_path
):
    batch, _ = next(iter(make_batches(corpus, clips).epoch(0)))
    with pytest.raises(TrainError, match="keeps for validation or test"):
        started_from(start, split=corpus.split(1), batch=batch)
    save_checkpoint(tmp_path, network=EmotionNet(**SMALL | {"heard": False}), card={"temperature": 1.0})
    with pytest.raises(TrainError, match="cannot be trained further"):
        started_from(tmp_path, split=corpus.split(), batch=batch)


def options(data, out, **changes) -> TrainingOptions:
    recipe = replace(recipe_with("distilled", epochs=2, batch_size=8), speakers=2)
    return TrainingOptions(**{"recipe": recipe, "data": data, "out": out, "precision": "float32"} | changes)


def test_a_run_goes_on_where_it_stopped_with_the_same_teacher_only(data, lesson, start, clips, tmp_path):
    whole = train(options(data, tmp_path / "whole", teacher=lesson, start=start))
    assert whole["training"]["recipe"]["teacher"] == 1.0
    stopped = Run(options(data, tmp_path / "stopped", teacher=lesson, start=start))
    stopped.load_data()
    stopped.start()
    stopped.run_epoch(0)
    other = tmp_path / "other.npz"
    write_lesson(other, clips=clips, scores=np.full((len(clips), 6), 1 / 6, np.float32))
    with pytest.raises(TrainError, match="started with another teacher's scores"):
        train(options(data, tmp_path / "stopped", teacher=other, start=start, resume=True))
    train(options(data, tmp_path / "stopped", teacher=lesson, start=start, resume=True))
    one, two = (load_checkpoint(tmp_path / name).network.state_dict() for name in ("whole", "stopped"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_teacher_of_another_split_is_refused(data, lesson, start, tmp_path):
    with pytest.raises(TeacherError, match="keeps for validation or test"):
        train(options(data, tmp_path / "run", teacher=lesson, start=start, split_seed=1, limit=1))


@pytest.mark.parametrize(
    ("recipe", "named", "said"),
    [
        ("distilled", (), "name the file"),
        ("distilled", ("teacher",), "name the file"),
        ("voices", ("teacher",), "leave out --teacher"),
        ("emotion", ("start",), "leave out --start"),
        ("wide", ("start",), "leave out --start"),
    ],
)
def test_what_a_recipe_lacks_or_cannot_use_is_said(data, lesson, start, tmp_path, recipe, named, said):
    files = {"teacher": lesson, "start": start}
    changes = {name: files[name] for name in named} | {"recipe": recipe_with(recipe, epochs=1)}
    with pytest.raises(TrainError, match=said):
        train(options(data, tmp_path / "run", **changes))
    assert not (tmp_path / "run").exists()


def test_two_processes_draw_from_one_teacher(corpus, clips, lesson):
    """Each process's share of a batch holds the scores of its own clips."""
    taught = read_teacher(lesson, clips=clips)
    batches = make_batches(corpus, clips, taught=taught)
    groups = batches.order(0)[0]
    for rank in (0, 1):
        batch, _ = next(iter(batches.epoch(0, Shard(rank, 2))))
        assert torch.equal(batch.taught, taught[torch.from_numpy(groups[rank::2].ravel())])
