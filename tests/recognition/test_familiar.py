"""Whether a recording is unlike those that the network learned from, on real clips in other rooms."""

import functools

import numpy as np
import pytest

from ser.audio.features import N_SAMPLES
from ser.audio.reading import read_audio
from ser.audio.voice import speech_edges
from ser.corpus.crema_d import Corpus
from ser.evaluation.conditions import band_pass, colour, gate, generator_of, reverberate, telephone
from ser.network.checkpoint import DEFAULT_CHECKPOINT, load_card
from ser.network.inputs import prepare_inputs
from ser.recognition.familiar import LINES, distances, fit_familiar, is_unlike, released


def window(samples: np.ndarray) -> np.ndarray:
    start, end = speech_edges(samples)
    return samples[max(start, 0) : end][:N_SAMPLES]


def unlike(samples: np.ndarray) -> bool:
    return is_unlike(float(distances(prepare_inputs([window(samples)]))[0]))


def room(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return reverberate(colour(samples, rng, depth_db=10), rng, rt60_s=0.5)


def training_clips(corpus: Corpus) -> list[str]:
    actors = load_card(DEFAULT_CHECKPOINT)["split"]["train"]
    return list(corpus.modelling[corpus.modelling["actor"].isin(actors)].index)


def clips_of(crema_d, part: str, step: int) -> list[np.ndarray]:
    corpus = Corpus(crema_d)
    actors = load_card(DEFAULT_CHECKPOINT)["split"][part]
    clips = corpus.modelling[corpus.modelling["actor"].isin(actors)]
    return [read_audio(corpus.path(clip)).samples for clip in clips.index[::step]]


def test_a_clip_of_the_booth_is_familiar_and_in_another_room_it_is_not(crema_d):
    clips = clips_of(crema_d, "val", 60)
    assert np.mean([unlike(samples) for samples in clips]) < 0.25
    elsewhere, on_the_phone = (
        [place(samples, np.random.default_rng(11)) for samples in clips] for place in (room, telephone)
    )
    assert np.mean([unlike(samples) for samples in elsewhere]) > 0.7
    assert (
        np.mean([unlike(samples) for samples in on_the_phone]) < 0.35
    )  # a line that it learned to hear through


def test_padding_and_level_change_nothing():
    rng = np.random.default_rng(0)
    samples = rng.normal(size=30_000).astype(np.float32) * np.hanning(30_000).astype(np.float32)
    plain, loud = (prepare_inputs([s]).bands for s in (samples * 0.01, samples * 0.5))
    assert np.allclose(plain, loud, atol=1e-3)


@pytest.mark.slow
def test_the_numbers_are_those_of_the_training_clips(crema_d):
    """`np.savez_compressed("ser/assets/familiar.npz", ...)` with stacked means, precisions and limits writes them again."""
    lines = {
        "telephone": telephone,
        "low-pass 4 kHz": functools.partial(band_pass, high=4000.0),
        "gated": gate,
    }
    for name, line, stored in zip(LINES, (None, *lines.values()), released(), strict=True):
        corpus, rows = Corpus(crema_d), []
        for clip in training_clips(corpus)[:: 12 if line else 6]:
            samples = read_audio(corpus.path(clip)).samples
            samples = line(samples, generator_of(clip, name)) if line else samples
            inputs = prepare_inputs([window(samples)])
            rows.append(inputs.bands[0])
        fitted = fit_familiar(np.array(rows))
        assert fitted.limit == pytest.approx(stored.limit, rel=0.02)
        assert np.allclose(fitted.mean, stored.mean, atol=0.01)
