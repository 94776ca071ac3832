"""Whether a recording is unlike those that the network learned from, on real clips in other rooms."""

import numpy as np
import pytest

from ser.audio.features import N_SAMPLES, log_mel, valid_frames
from ser.audio.reading import read_audio
from ser.audio.voice import speech_edges
from ser.corpus.crema_d import Corpus
from ser.evaluation.conditions import colour, reverberate, telephone
from ser.network.checkpoint import DEFAULT_CHECKPOINT, load_card
from ser.recognition.familiar import fit_familiar, is_unlike, released, statistics


def window(samples: np.ndarray) -> np.ndarray:
    start, end = speech_edges(samples)
    return samples[max(start, 0) : end][:N_SAMPLES]


def unlike(samples: np.ndarray) -> bool:
    part = window(samples)
    return is_unlike(log_mel(part), frames=valid_frames(len(part)))


def room(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return reverberate(colour(samples, rng, depth_db=10), rng, rt60_s=0.5)


def clips_of(crema_d, part: str, step: int) -> list[np.ndarray]:
    corpus = Corpus(crema_d)
    actors = load_card(DEFAULT_CHECKPOINT)["split"][part]
    clips = corpus.modelling[corpus.modelling["actor"].isin(actors)]
    return [read_audio(corpus.path(clip)).samples for clip in clips.index[::step]]


def test_a_clip_of_the_booth_is_familiar_and_in_another_room_it_is_not(crema_d):
    clips = clips_of(crema_d, "val", 60)
    assert np.mean([unlike(samples) for samples in clips]) < 0.25
    for place in (telephone, room):
        elsewhere = [place(samples, np.random.default_rng(11)) for samples in clips]
        assert np.mean([unlike(samples) for samples in elsewhere]) > 0.7


def test_padding_and_level_change_nothing():
    rng = np.random.default_rng(0)
    samples = rng.normal(size=30_000).astype(np.float32) * np.hanning(30_000).astype(np.float32)
    frames = valid_frames(len(samples))
    plain, loud = (statistics(log_mel(s), frames=frames) for s in (samples * 0.01, samples * 0.5))
    assert np.allclose(plain, loud, atol=1e-3)


@pytest.mark.slow
def test_the_numbers_are_those_of_the_training_clips(crema_d):
    """`np.savez_compressed("ser/assets/familiar.npz", **fitted._asdict())` writes them again."""
    parts = [window(samples) for samples in clips_of(crema_d, "train", 6)]
    rows = np.array([statistics(log_mel(part), frames=valid_frames(len(part))) for part in parts])
    fitted = fit_familiar(rows)
    assert fitted.limit == pytest.approx(released().limit, rel=0.02)
    assert np.allclose(fitted.mean, released().mean, atol=0.01)
