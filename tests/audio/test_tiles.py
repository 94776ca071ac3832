"""Tiles equal the transform computed at once and show the network's own window; ten minutes stay affordable."""

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser.audio.features import N_SAMPLES, fix_length, log_mel, standardise
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.audio.tiles import (
    FLOOR_DB,
    KINDS,
    TILE_FRAMES,
    SpectrogramError,
    Spectrograms,
    mel_hz,
    window_mel_db,
)
from ser.recognition.windows import window_starts

EXAMPLE = "ser/assets/examples/even.flac"


def noise(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=n) * np.repeat(rng.uniform(0, 0.3, n // 1000 + 1), 1000)[:n]).astype(np.float32)


def whole(pictures: Spectrograms, kind: str, level: int = 0) -> np.ndarray:
    """Return all tiles of a level side by side."""
    about = pictures.about(kind)
    columns = -(-about["frames"] // 2**level)
    tiles = [pictures.tile(kind, level=level, index=i) for i in range(-(-columns // TILE_FRAMES))]
    return np.concatenate(tiles, axis=1)


def in_one_piece(samples: np.ndarray, kind: str) -> np.ndarray:
    """Return librosa's transform of everything at once, in dB."""
    import librosa

    if kind == "full":
        power = librosa.feature.melspectrogram(y=samples, sr=SAMPLE_RATE, n_fft=1024, hop_length=256)
    else:
        power = np.abs(librosa.stft(samples, n_fft=1024, hop_length=128))[:512] ** 2
    return librosa.power_to_db(power, ref=np.max, top_db=-FLOOR_DB)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 700, 48_000, 2048 * 256, 700_001])
def test_tiles_are_librosas_transform_in_one_piece(kind, n):
    samples = noise(n)
    expected = (in_one_piece(samples, kind) - FLOOR_DB) * 2.55
    tiles = whole(Spectrograms(samples), kind)
    assert tiles.dtype == np.uint8
    assert tiles.shape == expected.shape
    assert np.abs(tiles - expected).max() < 0.51  # rounding, and float32


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 60_000), chunk=st.integers(1, 60), seed=st.integers(0, 9))
def test_the_size_of_the_chunks_changes_nothing(kind, n, chunk, seed):
    samples = noise(n, seed)
    expected = whole(Spectrograms(samples), kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ser.audio.tiles.CHUNK_FRAMES", chunk)
        tiles = whole(Spectrograms(samples), kind)
    assert np.abs(tiles.astype(int) - expected).max() <= 1  # a value between two bytes


@pytest.mark.parametrize("kind", KINDS)
def test_a_level_holds_the_maximum_of_the_frames_below(kind):
    pictures = Spectrograms(noise(700_001))
    finest = whole(pictures, kind)
    levels = pictures.about(kind)["levels"]
    assert levels > 2
    for level in range(levels):
        step = 2**level
        expected = [finest[:, i : i + step].max(1) for i in range(0, finest.shape[1], step)]
        np.testing.assert_array_equal(whole(pictures, kind, level), np.stack(expected, axis=1))
    assert pictures.tile(kind, level=levels - 1, index=0).shape[1] <= TILE_FRAMES


def test_about_says_what_the_tiles_are():
    import librosa

    pictures = Spectrograms(noise(100_000))
    for kind in KINDS:
        about = pictures.about(kind)
        assert whole(pictures, kind).shape == (about["bands"], about["frames"])
        assert len(about["hz"]) == about["bands"] <= 512
    np.testing.assert_allclose(mel_hz(), librosa.mel_frequencies(130, fmax=8000)[1:-1], rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hz", [300, 1000, 3500])
def test_a_beep_lies_where_it_sounds(kind, hz):
    samples = np.zeros(10 * SAMPLE_RATE, np.float32)
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    samples[5 * SAMPLE_RATE : 6 * SAMPLE_RATE] = 0.5 * np.sin(2 * np.pi * hz * time)
    pictures = Spectrograms(samples)
    about, picture = pictures.about(kind), whole(pictures, kind)
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    assert about["hz"][row] == pytest.approx(hz, rel=0.05)
    assert 5 <= column * about["frame_s"] <= 6
    assert picture.max() == 255
    assert picture[:, : int(4.9 / about["frame_s"])].max() == 0


def test_silence_is_dark():
    assert not whole(Spectrograms(np.zeros(30_000, np.float32)), "full").any()


@pytest.mark.parametrize(
    ("kind", "level", "index"),
    [("full", 0, 1), ("full", -1, 0), ("full", 1, 0), ("full", 0, -1), ("wide", 0, 0)],
)
def test_what_there_is_not_is_refused(kind, level, index):
    with pytest.raises(SpectrogramError):
        Spectrograms(noise(48_000)).tile(kind, level=level, index=index)


def test_a_window_is_what_the_network_scores():
    samples = np.concatenate([load_audio(EXAMPLE), noise(41_234)])
    for start in window_starts(len(samples)):
        scored = log_mel(samples[start : start + N_SAMPLES])[0]
        picture = window_mel_db(samples, start)
        assert picture.shape == (128, 188)
        np.testing.assert_array_equal(standardise(picture), scored)


def test_a_window_that_reaches_over_the_ends_is_padded_with_zeros():
    samples = noise(20_000)
    ahead = np.concatenate([np.zeros(5000, np.float32), samples])
    np.testing.assert_array_equal(window_mel_db(samples, -5000), window_mel_db(ahead, 0))
    behind = fix_length(samples[12_000:])
    np.testing.assert_array_equal(window_mel_db(samples, 12_000), window_mel_db(behind, 0))


def test_threads_compute_a_picture_once_and_see_the_same(monkeypatch):
    drawn = []
    draw = Spectrograms._finest_level
    monkeypatch.setattr(
        Spectrograms, "_finest_level", lambda self, kind: drawn.append(kind) or draw(self, kind)
    )
    pictures, tiles = Spectrograms(noise(200_000)), []
    threads = [
        threading.Thread(target=lambda: tiles.append(pictures.tile("narrow", level=1, index=0)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == 1
    assert len(tiles) == 6
    assert all((tile == tiles[0]).all() for tile in tiles)


def test_ten_minutes_take_little_memory():
    samples = noise(10 * 60 * SAMPLE_RATE)
    tracemalloc.start()
    try:
        pictures = Spectrograms(samples)
        assert pictures.tile("narrow", level=pictures.about("narrow")["levels"] - 1, index=0).shape == (
            512,
            293,
        )
        kept, most = tracemalloc.get_traced_memory()  # of NumPy; 2048 frames are transformed at a time
    finally:
        tracemalloc.stop()
    assert kept < 80e6
    assert most < 120e6
