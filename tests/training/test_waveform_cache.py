"""The memory-mapped waveform cache holds the samples that decoding gives, and is rebuilt when necessary."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
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
