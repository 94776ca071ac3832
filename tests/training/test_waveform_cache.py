"""The memory-mapped waveform cache holds the samples that decoding gives, and is rebuilt when necessary."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile
import torch

from ser.audio.reading import load_audio
from ser.corpus.crema_d import Corpus
from ser.training import waveform_cache
from ser.training.waveform_cache import WaveformCache, load_packed


@pytest.fixture
def corpus(crema_d, tmp_path):
    (tmp_path / "AudioWAV").mkdir()
    for path in sorted((crema_d / "AudioWAV").glob("1001_IEO_*.wav")):
        shutil.copy(path, tmp_path / "AudioWAV")
    return Corpus(tmp_path)


@pytest.fixture
def counted(monkeypatch):
    """Names of the clips that were decoded."""
    names = []

    def load(path):
        names.append(path.stem)
        return load_audio(path)

    monkeypatch.setattr(waveform_cache, "load_audio", load)
    return names


def test_the_samples_are_those_of_the_clips(corpus, tmp_path):
    names = list(corpus.modelling.index)
    clips = load_packed(corpus, names=names, file=tmp_path / "cache" / "part.int16").clips
    for name, clip in zip(names, clips, strict=True):
        assert clip.dtype == torch.int16
        np.testing.assert_allclose(clip.numpy() / 32767, load_audio(corpus.path(name)), atol=0.51 / 32767)


def test_samples_beyond_full_scale_are_clipped(corpus, tmp_path):
    name = corpus.modelling.index[0]
    hot = np.array([0.5, 1.0, 1.02, 1.8, 40.0, -1.0, -1.02, -40.0], np.float32)
    soundfile.write(corpus.path(name), hot, 16_000, subtype="FLOAT")
    for file in (tmp_path / "part.int16", None):
        (clip,) = WaveformCache(corpus, clips=corpus.modelling.loc[[name]], file=file).clips
        assert clip.tolist()[1:5] == [32767] * 4
        assert clip.tolist()[5:] == [-32767, -32768, -32768]


def test_a_hot_clip_at_another_rate_keeps_its_signs(corpus, tmp_path):
    name = corpus.modelling.index[0]
    square = np.sign(np.sin(2 * np.pi * 300 * np.arange(48_000) / 48_000)).astype(np.float32)
    soundfile.write(corpus.path(name), square, 48_000)  # resampling overshoots
    (clip,) = WaveformCache(corpus, clips=corpus.modelling.loc[[name]], file=None).clips
    samples = load_audio(corpus.path(name))
    assert np.abs(samples).max() > 1.01
    np.testing.assert_allclose(clip.numpy() / 32767, samples.clip(-1, 1), atol=1e-4)


def test_clips_are_decoded_once(corpus, tmp_path, counted):
    file, names = tmp_path / "part.int16", list(corpus.modelling.index)
    first = [clip.clone() for clip in load_packed(corpus, names=names, file=file).clips]
    assert counted == names
    again = load_packed(corpus, names=names, file=file).clips
    assert counted == names
    assert all(map(torch.equal, first, again))


def test_what_does_not_fit_is_made_again(corpus, tmp_path, counted, monkeypatch):
    file, names = tmp_path / "part.int16", list(corpus.modelling.index)
    load_packed(corpus, names=names, file=file)

    def is_made_again(names=names):
        counted.clear()
        clips = load_packed(corpus, names=names, file=file).clips
        assert len(clips) == len(names)
        return counted == names

    assert is_made_again(names[1:])
    assert is_made_again()
    file.write_bytes(file.read_bytes()[:-2])
    assert is_made_again()
    file.with_suffix(".json").write_text("[]")
    assert is_made_again()
    os.utime(corpus.path(names[0]), (1, 1))
    assert is_made_again()
    assert not is_made_again()
    monkeypatch.setattr(waveform_cache, "DECODED_BY", ["another version", 16_000])
    assert is_made_again()


def test_who_writes_to_a_clip_leaves_the_file_as_it_is(corpus, tmp_path):
    file, names = tmp_path / "part.int16", list(corpus.modelling.index)
    before = load_packed(corpus, names=names, file=file).clips[0]
    before[:] = 0
    assert load_packed(corpus, names=names, file=file).clips[0].abs().max() > 0


def test_processes_that_begin_together_find_a_whole_file(corpus, tmp_path):
    file, names = tmp_path / "part.int16", list(corpus.modelling.index)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: load_packed(corpus, names=names, file=file).clips, range(4)))
    for clips in results:
        assert all(map(torch.equal, clips, results[0]))


def test_a_cache_is_the_same_mapped_and_in_memory(corpus, tmp_path):
    in_memory = WaveformCache(corpus, clips=corpus.modelling)
    mapped = WaveformCache(corpus, clips=corpus.modelling, file=tmp_path / "part.int16")
    assert all(map(torch.equal, in_memory.clips, mapped.clips))
    assert torch.equal(in_memory.labels, mapped.labels)
