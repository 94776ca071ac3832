"""Formants: those of a filter that is known, and those of Praat on real voices."""

import numpy as np
import parselmouth
import pytest

from ser.audio.formants import burg, formants, resonances
from ser.audio.reading import SAMPLE_RATE, load_audio
from tests.audio.test_curves import voice

EXAMPLE = "ser/assets/examples/even.flac"


def test_prediction_finds_the_coefficients_of_a_filter():
    from scipy.signal import lfilter

    rng = np.random.default_rng(0)
    known = np.array([1.2, -0.8, 0.1])
    signals = np.stack([lfilter([1], [1, *-known], rng.standard_normal(20_000)) for _ in range(3)])
    assert burg(signals, 3) == pytest.approx(np.tile(known, (3, 1)), abs=0.03)
    assert (burg(np.zeros((2, 50)), 4) == 0).all()  # silence


def test_formants_are_the_resonances_of_the_tract():
    samples = voice(np.full(SAMPLE_RATE, 120.0))  # resonances at 600, 1400 and 2500 Hz
    _, hz, bandwidths, _ = resonances(samples)
    narrow = np.where(bandwidths < 300, hz, np.nan)[10:-10]
    for known in (600, 1400, 2500):
        nearest = np.nanmin(np.abs(narrow - known), axis=1)
        assert np.median(nearest) < 30


def test_formants_are_praats_on_real_voices(crema_d):
    files = [EXAMPLE, *sorted((crema_d / "AudioWAV").glob("*.wav"))[::2500]]
    for file in files:
        samples = load_audio(file)
        praat = parselmouth.Sound(samples.astype(float), SAMPLE_RATE).to_formant_burg(
            0.00625, 5, 5500, 0.025, 50
        )
        times_s, hz, bandwidths, power = resonances(samples)
        assert len(times_s) == pytest.approx(praat.get_number_of_frames(), abs=1)
        for number in (1, 2, 3):
            theirs = np.array([praat.get_value_at_time(number, time_s) for time_s in times_s])
            width = np.array([praat.get_bandwidth_at_time(number, time_s) for time_s in times_s])
            clear = (power > power.max() / 100) & (width < 400) & (bandwidths[:, number - 1] < 400)
            ours = hz[:, number - 1]
            clear &= ~np.isnan(theirs) & ~np.isnan(ours)
            assert clear.sum() > 10
            assert np.median(np.abs(ours - theirs)[clear] / theirs[clear]) < 0.015


def test_a_part_has_the_formants_of_the_whole():
    samples = np.tile(load_audio(EXAMPLE), 3)
    whole, part = formants(samples), formants(samples, start_s=3.0, end_s=4.0)
    inside = whole[(whole[:, 0] >= part[0, 0]) & (whole[:, 0] <= part[-1, 0])]
    assert part[:, 0] == pytest.approx(inside[:, 0])
    assert part[:, 1] == pytest.approx(inside[:, 1], rel=0.02)
    assert len(formants(np.zeros(SAMPLE_RATE, np.float32))) == 0
    assert len(formants(samples[:100])) == 0
    assert len(formants(np.zeros(0, np.float32))) == 0
