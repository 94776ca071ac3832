"""Phrases: boundaries on recordings made of real clips with known pauses, and the lengths that every phrase has."""

import itertools

import numpy as np
import pytest

from ser.audio.phrases import MAX_PHRASE_S, MIN_PHRASE_S, find_phrases, find_silences, surroundings
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.corpus.crema_d import Corpus
from tests.audio.test_voice import lit
from tests.helpers.sounds import VOICELESS, noise

TOLERANCE = 0.15 * SAMPLE_RATE


@pytest.fixture(scope="module")
def spoken(crema_d) -> list[tuple[np.ndarray, int, int]]:
    """Clips of the test actors without a pause inside: samples, first and last sample of the speech."""
    actors = set(Corpus(crema_d).split().test)
    paths = [path for path in sorted((crema_d / "AudioWAV").glob("*.wav")) if path.name[:4] in actors]
    clips = []
    for path in paths[::31]:
        samples = load_audio(path)
        runs = np.flatnonzero(np.diff(lit(samples).astype(int), prepend=0, append=0)).reshape(-1, 2)
        runs = runs[np.diff(runs, axis=1)[:, 0] > 960]  # 60 ms, which excludes clicks
        if len(runs) and (runs[1:, 0] - runs[:-1, 1] < 4000).all() and runs[-1, 1] - runs[0, 0] > 11_200:
            start, end = max(runs[0, 0] - 800, 0), runs[-1, 1] + 800
            clips.append((samples[start:end], runs[0, 0] - start, runs[-1, 1] - start))
    return clips


def recording(clips, seed: int, noise_db: float) -> tuple[np.ndarray, np.ndarray]:
    """Clips with 0.45 to 1.5 s between them, in noise this far below them, and the edges (clips, 2) of their speech."""
    rng = np.random.default_rng(seed)
    parts, edges, n = [np.zeros(SAMPLE_RATE, np.float32)], [], SAMPLE_RATE
    for samples, start, end in clips:
        edges.append((n + start, n + end))
        parts += [samples, np.zeros(round(rng.uniform(0.45, 1.5) * SAMPLE_RATE), np.float32)]
        n += len(parts[-2]) + len(parts[-1])
    sound = np.concatenate(parts)
    level = np.sqrt(np.mean([np.square(sound[start:end]).mean() for start, end in edges]))
    # `noise` has a deviation of 0.1.
    return sound + 10 * level * 10 ** (-noise_db / 20) * noise(seed, 0.5, len(sound)), np.array(edges)


def equally_loud(clip: tuple[np.ndarray, int, int]) -> tuple[np.ndarray, int, int]:
    samples, start, end = clip
    return samples * np.float32(0.05 / np.sqrt(np.square(samples[start:end]).mean())), start, end


@pytest.mark.parametrize(
    ("noise_db", "level"), [(60, lambda clip: clip), (20, equally_loud)], ids=["loud and quiet", "in noise"]
)
def test_95_percent_of_the_boundaries_are_found_within_150_ms(spoken, noise_db, level):
    spoken = [level(clip) for clip in spoken]
    hits = []
    for i in range(0, len(spoken) - 11, 12):
        sound, edges = recording(spoken[i : i + 12], i, noise_db)
        phrases = np.array(find_phrases(sound))
        assert abs(len(phrases) - len(edges)) <= 2
        hits += (np.abs(phrases[:, None] - edges).min(axis=0) <= TOLERANCE).ravel().tolist()
    assert len(hits) >= 48
    assert np.mean(hits) >= 0.95


def test_speech_without_pauses_is_cut_into_phrases_that_follow_each_other(spoken):
    speech = np.concatenate([samples[start:end] for samples, start, end in spoken[:12]])
    phrases = find_phrases(speech)
    lengths_s = np.diff(phrases, axis=1) / SAMPLE_RATE
    assert len(phrases) >= len(speech) / SAMPLE_RATE / MAX_PHRASE_S
    assert (lengths_s <= MAX_PHRASE_S).all()
    assert (lengths_s >= MIN_PHRASE_S).all()
    assert all(left[1] <= right[0] for left, right in itertools.pairwise(phrases))
    assert lengths_s.sum() * SAMPLE_RATE > 0.9 * len(speech)


def test_a_recording_of_up_to_three_seconds_is_one_phrase(spoken):
    samples, start, end = min(spoken, key=lambda clip: len(clip[0]))
    ((first, last),) = find_phrases(samples)
    assert abs(first - start) < TOLERANCE
    assert abs(last - end) < TOLERANCE


@pytest.mark.parametrize("name", ["silence", "tone of 440 Hz"])
def test_a_recording_without_speech_is_one_phrase(name):
    sound = np.tile(VOICELESS[name], 3)
    assert find_phrases(sound) == [(0, len(sound))]


def test_no_sound_has_no_phrase():
    assert find_phrases(np.zeros(0, np.float32)) == []


def test_surroundings_end_in_the_middle_of_a_pause():
    phrases = [(100, 200), (220, 300), (1000, 1100)]
    assert surroundings(phrases, reach=50, n_samples=1120) == [(50, 210), (210, 350), (950, 1120)]


def test_silences_are_what_lies_between_the_words(spoken):
    samples, edges = recording([equally_loud(clip) for clip in spoken[:12]], 3, 40)
    silences = find_silences(samples)
    assert all(end - start >= 960 for start, end in silences)
    sounding = np.ones(len(samples), bool)
    for start, end in silences:
        sounding[start:end] = False
    inside = np.concatenate([np.arange(*edge) for edge in edges])
    assert sounding[inside].mean() > 0.9  # words have short stops, too
    pauses = np.setdiff1d(np.arange(SAMPLE_RATE, len(samples)), inside)
    assert sounding[pauses].mean() < 0.25
    starts = np.array([start for start, _ in edges])
    ends_of_silences = np.array([end for _, end in silences])
    late = np.abs(starts[:, None] - ends_of_silences).min(1)
    assert (late < TOLERANCE).mean() > 0.8
    assert find_silences(np.zeros(0, np.float32)) == []
    assert find_silences(np.zeros(8000, np.float32)) == [(0, 8000)]
