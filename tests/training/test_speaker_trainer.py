"""Batches grouped by speaker, and training with a zero point: what a take may use, learning, and resuming."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from ser.corpus.crema_d import Corpus
from ser.network.model import EmotionNet
from ser.recognition.recognizer import Recognizer
from ser.training import augment
from ser.training.batches import Shard, part_of_corpus, seeded_generator
from ser.training.recipes import RECIPES, TrainingOptions, recipe_with
from ser.training.run import Run, TrainError, train
from ser.training.speaker_batches import GroupBatches, SpeechClips, draw_takes, grouped_log_mel, mix_within
from ser.training.speaker_trainer import (
    TAKES,
    CosineSchedule,
    GroupedNet,
    GroupedTrainer,
    disagreement,
    make_optimizers,
)
from ser.training.waveform_cache import WaveformCache
from tests.helpers.grouped_clips import write_grouped_clips

SMALL = {"channels": (16, 32), "strides": ((2, 2), (2, 2)), "hidden": 16, "dropout": 0.0, "heard": True}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_grouped_clips(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def batches(data) -> GroupBatches:
    corpus = Corpus(data)
    clips = part_of_corpus(corpus, split=corpus.split(), part="train")
    return GroupBatches(
        SpeechClips(WaveformCache(corpus, clips=clips)),
        table=clips,
        speakers=2,
        per_speaker=4,
        mixup=0.0,
        seed=0,
    )


def test_a_batch_holds_groups_of_one_speaker_each(batches):
    orders = [batches.order(epoch) for epoch in (0, 0, 1)]
    assert all(np.array_equal(a, b) for a, b in zip(orders[0], orders[1], strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(orders[0], orders[2], strict=True))
    speaker = {clip: i for i, clips in enumerate(batches.groups.by_actor) for clip in clips}
    for batch in orders[0]:
        assert batch.shape == (2, 4)
        assert all(len({speaker[clip] for clip in group}) == 1 for group in batch)
    seen = np.concatenate([batch.ravel() for batch in orders[0]])
    assert len(seen) == len(set(seen.tolist()))


def test_a_batch_is_the_same_again_and_shared_out_between_processes(batches):
    (one, n_clips), *_ = batches.epoch(3)
    (again, _), *_ = batches.epoch(3)
    assert n_clips == 8
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    shares = [next(iter(batches.epoch(3, Shard(rank, 2)))) for rank in (0, 1)]
    assert [len(share.features) for share, _ in shares] == [4, 4]
    assert torch.equal(
        torch.cat([share.acted for share, _ in shares]).sort(0).values, one.acted.sort(0).values
    )


def test_no_clip_is_its_own_take_and_a_third_has_none():
    takes = draw_takes(400, k=8, generator=seeded_generator(0))
    assert torch.diagonal(takes, dim1=1, dim2=2).sum() == 0
    number = takes.sum(2)
    assert 0.3 < (number == 0).float().mean() < 0.4
    assert set(number.unique().tolist()) == set(range(8))


def test_the_clips_of_a_group_share_their_microphone():
    """The same sound four times: without tempo, noise and masks the features differ only between groups."""
    draw = seeded_generator(1)
    colours = augment.colour(2, generator=draw).repeat_interleave(4, 0)
    assert torch.equal(colours[0], colours[3])
    assert not torch.equal(colours[3], colours[4])
    db = torch.full((8, 128, 60), -80.0)
    db[:, :, 10] = 0.0  # a click, which gets a tail in a room
    rooms = [augment.reverberate(db, groups=2, generator=seeded_generator(seed)) for seed in range(40)]
    tails = torch.stack([room[:, 0, 20] > -60 for room in rooms])
    assert (tails[:, :4].all(1) | ~tails[:, :4].any(1)).all()
    assert 0.1 < tails[:, 0].float().mean() < 0.5
    assert all(room.amax() == 0 for room in rooms)


def test_bands_are_lost_outside_a_band_only():
    loss = augment.band_loss(300, seeded_generator(0))
    assert (loss[:, 20:60] == 0).all()
    limited = (loss.sum((1, 2)) > 0).float().mean()
    assert abs(limited - augment.BAND_SHARE) < 0.06
    assert loss.max() <= 60
    assert torch.equal(
        augment.noise_floors(5, seeded_generator(0)).clamp(-80, -40),
        augment.noise_floors(5, seeded_generator(0)),
    )


def augmented(batches, **changes):
    """The log-mels of the first eight clips, and their frames that hold sound."""
    waveforms, lengths = batches.clips.cut(torch.arange(8), seeded_generator(0))
    banks = {"noise": batches.noise, "babble": batches.babble}
    return grouped_log_mel(waveforms, lengths=lengths, **banks, k=4, generator=seeded_generator(0), **changes)


def test_features_are_finite_and_lengths_fit(batches):
    features, frames = augmented(batches)
    assert features.shape == (8, 1, 128, 188)
    assert torch.isfinite(features).all()
    assert (frames >= 1).all()
    assert (frames <= 188).all()


def test_a_raised_floor_hides_what_is_softer(batches):
    shares = []
    for top_db in (80.0, 15.0):
        features, _ = augmented(batches, top_db=top_db)
        lowest = features.amin((1, 2, 3), keepdim=True)
        shares.append(((features - lowest) < 1e-4).float().mean())
    assert shares[1] > 0.5 > shares[0]


def test_training_cuts_where_the_recognizer_does(batches):
    trimmed = batches.clips.trimmed()
    for clip, cut in zip(batches.clips.clips, trimmed.clips, strict=True):
        assert len(cut) < len(clip) - 8000  # of the silence around the voice
        assert len(cut) > 13_000


def test_mixing_stays_within_a_speaker(batches):
    batch = next(iter(batches.epoch(0)))[0]
    marked = batch._replace(acted=torch.eye(2).repeat_interleave(4, 0))
    mixed = mix_within(marked, k=4, probability=1.0, generator=seeded_generator(0))
    assert torch.equal(mixed.acted, marked.acted)
    assert not torch.equal(mixed.features, batch.features)
    assert torch.allclose(mixed.perceived.sum(1), torch.ones(8))


def test_what_takes_share_is_taken_off():
    network = GroupedNet(EmotionNet(**SMALL))
    embedding = torch.zeros(1, 3, 64)
    embedding[0, 1:] = 1.0
    takes = torch.tensor([[[0.0, 1, 1], [0, 0, 0], [0, 1, 0]]])
    zero = network.zero_points(embedding, takes)
    assert torch.allclose(zero[0, :, 0], torch.tensor([2 / (2 + TAKES), 0.0, 1 / (1 + TAKES)]))


def test_the_released_network_says_what_the_trained_one_says_of_a_first_take(batches):
    torch.manual_seed(0)
    network = GroupedNet(EmotionNet(**SMALL)).eval()
    network.general.data.normal_()
    batch = next(iter(batches.epoch(0)))[0]
    nobody = torch.zeros_like(batch.takes)
    with torch.no_grad():
        acted, _ = network(batch.features, batch.lengths, nobody, batch.acted, batch.prompted)
        assert torch.allclose(network.released()(batch.features, batch.lengths), acted, atol=1e-4)


def test_every_weight_has_one_optimiser():
    network = GroupedNet(EmotionNet(**SMALL))
    optimizers = make_optimizers(network, RECIPES["voices"]).optimizers
    held = [id(w) for optimizer in optimizers for group in optimizer.param_groups for w in group["params"]]
    assert sorted(held) == sorted(id(w) for w in network.parameters())


def test_the_rate_rises_and_falls():
    optimizer = make_optimizers(GroupedNet(EmotionNet(**SMALL)), RECIPES["voices"])
    schedule = CosineSchedule(optimizer, 100)
    rates = [schedule.factor(step) for step in range(1, 101)]
    assert np.argmax(rates) in (18, 19)
    assert rates[0] < 0.1
    assert rates[-1] < 0.001


def test_steps_learn(batches):
    torch.manual_seed(0)
    trainer = GroupedTrainer(
        recipe_with("voices", epochs=1), steps_per_epoch=40, grouped=GroupedNet(EmotionNet(**SMALL))
    )
    batch, n_clips = next(iter(batches.epoch(0)))
    losses = [trainer.step(batch, n_clips=n_clips, generator=torch.Generator()) for _ in range(40)]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.slow
def test_a_run_leaves_a_checkpoint_that_is_resumed_bit_for_bit(data, tmp_path):
    recipe = replace(recipe_with("voices", epochs=2, batch_size=8), speakers=2)
    through = train(TrainingOptions(data=data, out=tmp_path / "through", recipe=recipe, precision="float32"))
    stopped = TrainingOptions(data=data, out=tmp_path / "stopped", recipe=recipe, precision="float32")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ser.training.run.Run.finish", lambda *_: None)
        original = Run.run_epoch

        def stop_after_one(run, epoch):
            if epoch == 1:
                raise KeyboardInterrupt
            original(run, epoch)

        patch.setattr("ser.training.run.Run.run_epoch", stop_after_one)
        with pytest.raises(KeyboardInterrupt):
            train(stopped)
    train(replace(stopped, resume=True))
    one, other = (
        torch.load(tmp_path / name / "weights.pt", weights_only=True) for name in ("through", "stopped")
    )
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert through["from_speech"] is True
    recognizer = Recognizer.load(tmp_path / "through")
    recognition = recognizer.recognize(data / "AudioWAV" / "1001_IEO_ANG_XX.wav")
    assert recognition.windows[0].start_s > 0.2  # the silence before the voice is not scored
    assert recognition.windows[-1].end_s < recognition.duration_s


def test_a_data_set_without_votes_is_told(data, tmp_path):
    (tmp_path / "AudioWAV").symlink_to(data / "AudioWAV")
    with pytest.raises(TrainError, match="tabulatedVotes"):
        train(TrainingOptions(data=tmp_path, out=tmp_path / "run", recipe=recipe_with("voices", epochs=1)))


def test_views_are_the_same_clips_and_takes_under_other_conditions(batches):
    twice = copy.copy(batches)
    twice.views = 2
    batch, n_clips = next(iter(twice.epoch(0)))
    assert (len(batch.features), n_clips) == (16, 8)
    for part in (batch.acted, batch.perceived, batch.takes, batch.prompted):
        assert torch.equal(*part.chunk(2))
    assert not torch.equal(*batch.features.chunk(2))


def test_views_that_agree_cost_nothing():
    logits = torch.randn(5, 6, generator=seeded_generator(0))
    assert disagreement(logits, logits) == 0
    assert disagreement(logits, logits + 3) < 1e-6  # the scores are the same
    assert disagreement(logits, -logits) > disagreement(logits, 0.5 * logits) > 0


def test_a_step_on_two_views_makes_them_agree(batches):
    twice = copy.copy(batches)
    twice.views = 2
    batch, n_clips = next(iter(twice.epoch(0)))

    def after(consistency: float) -> float:
        torch.manual_seed(0)
        recipe = replace(recipe_with("voices", epochs=1), consistency=consistency)
        trainer = GroupedTrainer(recipe, steps_per_epoch=15, grouped=GroupedNet(EmotionNet(**SMALL)))
        for _ in range(15):
            trainer.step(batch, n_clips=n_clips, generator=torch.Generator())
        with torch.no_grad():
            return float(
                disagreement(
                    *trainer.network(*batch[:2], batch.takes, batch.acted, batch.prompted)[0].chunk(2)
                )
            )

    assert after(20.0) < 0.7 * after(1e-6)


def test_the_waveforms_stay_where_they_are_mapped(data, tmp_path):
    corpus = Corpus(data)
    cache = WaveformCache(corpus, clips=corpus.modelling, file=tmp_path / "all.int16")
    clips = SpeechClips(cache)
    assert clips.samples.data_ptr() == cache.packed.samples.data_ptr()
    waveforms, lengths = clips.cut(torch.arange(len(cache)), seeded_generator(0))
    for row, length, clip in zip(waveforms, lengths, cache.clips, strict=True):
        assert not row[length:].any()
        assert row.abs().max() == clip.abs().max() / 32768  # the whole voice is in it
