"""Loaders of prepared files and cached waveforms: counts, labels, order, repeatability."""

import numpy as np
import pytest
import soundfile
import torch

from ser.audio.features import log_mel
from ser.corpus.crema_d import Corpus, split_actors
from ser.corpus.provenance import RECIPE, Record
from ser.labels import LABELS
from ser.training import augment
from ser.training.batches import (
    AugmentedBatches,
    LoaderError,
    MelBatches,
    MelDataset,
    Shard,
    batch_order,
    make_loaders,
    part_of_corpus,
    plain_batches,
)
from ser.training.waveform_cache import WaveformCache

SENTENCES = ("IEO", "TIE")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Corpus:
    """Eight actors, each with a tone of 0.5 to 3.6 s for every emotion."""
    root = tmp_path_factory.mktemp("corpus")
    (root / "AudioWAV").mkdir()
    draw = np.random.default_rng(0)
    for actor in range(1001, 1009):
        for i, emotion in enumerate(LABELS):
            n = int(draw.integers(8_000, 58_000))
            tone = 0.3 * np.sin(2 * np.pi * (100 + 40 * i + actor % 10) * np.arange(n) / 16_000)
            soundfile.write(root / "AudioWAV" / f"{actor}_IEO_{emotion}_XX.wav", tone, 16_000)
    return Corpus(root)


@pytest.fixture(scope="module")
def prepared(corpus, tmp_path_factory):
    """The .npy files of the corpus above, as `prepare` writes them."""
    out = tmp_path_factory.mktemp("prepared")
    (out / "mel_npy").mkdir()
    for clip in corpus.modelling.index:
        samples, _ = soundfile.read(corpus.path(clip), dtype="float32")
        np.save(out / "mel_npy" / f"{clip}.npy", log_mel(samples))
    return out


def test_features_of_another_version_are_not_learnt_from(corpus, tmp_path):
    Record(recipe={**RECIPE, "version": "0.0.1"}).write(tmp_path)
    with pytest.raises(LoaderError, match="prepared by another version: run `python -m ser prepare"):
        MelDataset(tmp_path, corpus.modelling)


def test_items_are_log_mels_with_their_labels(corpus, prepared):
    clips = corpus.modelling.sort_index()
    dataset = MelDataset(prepared, clips)
    assert len(dataset) == len(clips) == 48
    features, label = dataset[3]
    assert features.shape == (1, 128, 188)
    assert features.dtype == torch.float32
    assert LABELS[label] == clips.iloc[3]["emotion"]


def test_missing_files_are_named_with_the_cure(corpus, tmp_path):
    with pytest.raises(LoaderError, match="python -m ser prepare"):
        MelDataset(tmp_path, corpus.modelling)


def test_three_loaders_hold_the_parts_of_the_split(corpus, prepared):
    split = split_actors(corpus.modelling["actor"].unique(), seed=42)
    loaders = make_loaders(prepared, corpus=corpus, split=split, batch_size=8)
    for loader, part in zip(loaders, ("train", "val", "test"), strict=True):
        clips = part_of_corpus(corpus, split=split, part=part)
        labels = torch.cat([labels for _, labels in loader])
        expected = [LABELS.index(e) for e in clips["emotion"]]
        assert sorted(labels.tolist()) == sorted(expected)
        assert set(clips["actor"]) == set(getattr(split, part))
    assert next(iter(loaders[0]))[0].shape == (8, 1, 128, 188)


def test_training_order_changes_by_pass_and_repeats_by_seed(corpus, prepared):
    first, second = (make_loaders(prepared, corpus=corpus, batch_size=4, seed=1)[0] for _ in range(2))
    passes = [torch.cat([labels for _, labels in first]).tolist() for _ in range(2)]
    assert passes[0] != passes[1]
    assert passes[0] == torch.cat([labels for _, labels in second]).tolist()


def test_every_clip_is_in_one_batch_of_an_epoch():
    order = batch_order(50, batch_size=16, seed=3, epoch=2)
    assert [len(batch) for batch in order] == [16, 16, 16, 2]
    assert sorted(torch.cat(order).tolist()) == list(range(50))
    assert not torch.equal(torch.cat(order), torch.cat(batch_order(50, batch_size=16, seed=3, epoch=3)))


def test_shards_of_a_batch_add_up_to_it(corpus, prepared):
    batches = MelBatches(MelDataset(prepared, corpus.modelling), batch_size=10, seed=0)
    whole = list(batches.epoch(0))
    shards = [list(batches.epoch(0, Shard(rank, 2))) for rank in range(2)]
    for (batch, size), (left, _), (right, _) in zip(whole, *shards, strict=True):
        assert size == len(batch.labels) == len(left.labels) + len(right.labels)
        assert torch.equal(batch.features[0::2], left.features)
        assert torch.equal(batch.features[1::2], right.features)


def test_augmented_batches_repeat_by_epoch_and_cover_all_clips(corpus):
    cache = WaveformCache(corpus, clips=corpus.modelling)
    batches = AugmentedBatches(cache, batch_size=20, seed=5)
    first, again, later = (list(batches.epoch(e)) for e in (0, 0, 1))
    assert [size for _, size in first] == [20, 20, 8]
    assert len(batches) == 3
    assert all(torch.equal(a.features, b.features) for (a, _), (b, _) in zip(first, again, strict=True))
    assert not torch.equal(first[0][0].features, later[0][0].features)
    labels = torch.cat([batch.labels for batch, _ in first])
    assert labels.bincount().tolist() == [8] * 6


def test_long_clips_are_cut_at_random_and_short_ones_padded(corpus, monkeypatch):
    monkeypatch.setattr(augment, "SOURCE_SAMPLES", 50_000)
    cache = WaveformCache(corpus, clips=corpus.modelling)
    sizes = torch.tensor([len(clip) for clip in cache.clips])
    longest = int(sizes.argmax())
    assert sizes[longest] > augment.SOURCE_SAMPLES
    same = torch.tensor([longest] * 8)
    waveforms, lengths = cache.cut(same, torch.Generator().manual_seed(0))
    assert (lengths == augment.SOURCE_SAMPLES).all()
    assert len({row.numpy().tobytes() for row in waveforms}) > 1
    shortest = int(sizes.argmin())
    waveforms, lengths = cache.cut(torch.tensor([shortest]), torch.Generator())
    assert lengths.item() == sizes[shortest]
    assert (waveforms[0, lengths.item() :] == 0).all()


def test_validation_sees_the_contracts_features(corpus):
    clips = corpus.modelling.sort_index()
    batches = list(plain_batches(WaveformCache(corpus, clips=clips), batch_size=32))
    features = torch.cat([batch.features for batch in batches]).numpy()
    lengths = torch.cat([batch.lengths for batch in batches])
    for i in (0, 17, 47):
        samples, _ = soundfile.read(corpus.path(clips.index[i]), dtype="float32")
        assert np.abs(features[i] - log_mel(samples)).max() < 0.02  # 16-bit rounding, in standard deviations
        assert lengths[i] == min(-(-len(samples) // 256), 188)


def test_published_counts_on_the_real_data_set(crema_d):
    corpus = Corpus(crema_d)
    split = corpus.split()
    assert [len(part_of_corpus(corpus, split=split, part=p)) for p in ("train", "val", "test")] == [
        5141,
        1066,
        1224,
    ]
