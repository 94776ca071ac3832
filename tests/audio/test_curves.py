"""Pitch and intensity of any part of a recording, checked against synthetic signals and against Praat."""

import os
import select
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser.audio.curves import StretchError, Track, first_time_hint, intensity, pitch, voiced, voiced_parts
from ser.audio.reading import SAMPLE_RATE, load_audio

EXAMPLE = "ser/assets/examples/even.flac"
pytestmark = pytest.mark.usefixtures("pitch_tracker")
# Praat 6.3.07, `To Intensity: 100, 0.008` and `To Pitch: 0.016, 65, 600`: second, dB, Hz
PRAAT = [(0.4, 73.56, 91.7), (0.7, 75.2, 113.1), (1.0, 70.9, 109.9), (1.2, 77.92, 99.4), (1.4, 75.2, 90.4)]


def voice(hz: np.ndarray) -> np.ndarray:
    """Return a buzz with the pitch hz (n,), filtered by three formants."""
    from scipy.signal import lfilter

    samples = np.diff(np.floor(np.cumsum(hz) / SAMPLE_RATE), prepend=0)
    for formant, width in ((600, 80), (1400, 100), (2500, 150)):
        radius = np.exp(-np.pi * width / SAMPLE_RATE)
        poles = [1, -2 * radius * np.cos(2 * np.pi * formant / SAMPLE_RATE), radius**2]
        samples = lfilter([1], poles, samples)
    return (0.5 * samples / np.abs(samples).max()).astype(np.float32)


def glide(low: float, high: float, seconds: float = 1.0) -> np.ndarray:
    return np.geomspace(low, high, round(seconds * SAMPLE_RATE))


def at(track: Track, second: float) -> float:
    return float(np.interp(second, track.first_s + track.step_s * np.arange(len(track.values)), track.values))


def times(track: Track) -> np.ndarray:
    return track.first_s + track.step_s * np.arange(len(track.values))


@pytest.mark.parametrize(("low", "high"), [(80, 140), (300, 180), (350, 520)])
def test_pitch_follows_a_voice(low, high):
    hz = glide(low, high)
    track = pitch(voice(hz))
    middle = slice(4, -4)
    expected = np.interp(times(track), np.arange(len(hz)) / SAMPLE_RATE, hz)
    cents = 1200 * np.log2(track.values[middle] / expected[middle])
    assert np.abs(cents).max() < 60  # NaN, which stands for an unvoiced frame, fails as well


def test_pitch_and_intensity_are_praats_on_a_recording():
    samples = load_audio(EXAMPLE)
    hz, db = pitch(samples), intensity(samples)
    for second, praat_db, praat_hz in PRAAT:
        assert at(hz, second) == pytest.approx(praat_hz, rel=0.025)
        assert at(db, second) == pytest.approx(praat_db, abs=0.1)


def test_noise_and_silence_have_no_pitch_and_a_voice_between_them_is_found():
    noise = np.random.default_rng(0).normal(0, 0.05, SAMPLE_RATE // 2).astype(np.float32)
    silence = np.zeros(SAMPLE_RATE // 2, np.float32)
    samples = np.concatenate([silence, voice(glide(120, 150, 0.5)), noise])
    assert np.isnan(pitch(silence).values).all()
    assert np.isnan(pitch(np.full(9000, 0.3, np.float32)).values).all()
    ((start_s, end_s),) = voiced(samples)
    assert start_s == pytest.approx(0.5, abs=0.04)
    assert end_s == pytest.approx(1.0, abs=0.04)


def test_pitch_of_a_stretch_is_that_of_the_whole():
    samples = np.concatenate([voice(glide(100, 200)), np.zeros(4000, np.float32), voice(glide(220, 150))])
    whole, part = pitch(samples), pitch(samples, start_s=0.6, end_s=1.7)
    same = np.isclose(times(whole)[:, None], times(part)[None]).argmax(0)
    np.testing.assert_allclose(times(whole)[same], times(part))
    agree = np.isclose(whole.values[same], part.values, rtol=0.01, equal_nan=True)
    assert agree.mean() > 0.95
    assert part.first_s >= 0.6
    assert times(part)[-1] <= 1.7


def test_a_stretch_that_would_take_too_long_is_refused_and_a_shorter_one_is_not():
    samples = np.zeros(600 * SAMPLE_RATE, np.float32)
    with pytest.raises(StretchError, match="30 s"):
        pitch(samples)
    assert np.isnan(pitch(samples, start_s=590, end_s=600).values).all()


@pytest.mark.parametrize("amplitude", [1.0, 0.01])
def test_intensity_of_a_tone_is_its_mean_square(amplitude):
    tone = amplitude * np.sin(2 * np.pi * 200 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    expected = 10 * np.log10(amplitude**2 / 2 / 4e-10)
    values = intensity((tone + 0.2).astype(np.float32)).values  # a constant is not sound
    assert values[5:-5] == pytest.approx(expected, abs=0.05)


def test_intensity_of_silence_is_none():
    track = intensity(np.zeros(5000, np.float32))
    assert track.to_dict()["values"] == [None] * len(track.values)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 40_000), start=st.floats(0, 3), length=st.floats(0, 3), seed=st.integers(0, 5))
def test_intensity_of_a_stretch_is_that_of_the_whole(n, start, length, seed):
    samples = np.random.default_rng(seed).normal(0, 0.1, n).astype(np.float32)
    whole, part = intensity(samples), intensity(samples, start_s=start, end_s=start + length)
    first = round(part.first_s / part.step_s)
    expected = whole.values[first : first + len(part.values)]
    np.testing.assert_allclose(part.values, expected, rtol=1e-9)
    assert len(part.values) == len(expected)


def test_intensity_in_blocks_is_that_of_a_stretch():
    samples = np.random.default_rng(0).normal(0, 0.1, 60 * SAMPLE_RATE).astype(np.float32)
    whole = intensity(samples)
    assert len(whole.values) == 1 + len(samples) // 128
    part = intensity(samples, start_s=50, end_s=51)
    np.testing.assert_allclose(part.values, whole.values[round(part.first_s / 0.008) :][: len(part.values)])


def test_voiced_parts_are_the_runs_of_a_track():
    nan = float("nan")
    track = Track(1.0, 0.1, np.array([nan, 100, 110, nan, 120, nan]))
    assert voiced_parts(track) == [
        (pytest.approx(1.05), pytest.approx(1.25)),
        (pytest.approx(1.35), pytest.approx(1.45)),
    ]
    assert voiced_parts(Track(0.0, 0.1, np.array([100.0]))) == [(0.0, pytest.approx(0.05))]


def test_the_person_is_warned_before_the_first_pitch_and_not_after(monkeypatch, tmp_path):
    code = "from ser.audio import curves; import sys; print(curves.first_time_hint()); assert 'numba' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "once" in done.stdout or "only" in done.stdout
    monkeypatch.delitem(sys.modules, "librosa.core.pitch", raising=False)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert "only the first time" in first_time_hint()
    monkeypatch.undo()
    pitch(voice(glide(100, 120, 0.2)))
    assert first_time_hint() is None


def test_a_second_process_waits_while_the_first_compiles(tmp_path):
    """Two processes that write to numba's cache at once can leave code in it that crashes whoever loads it."""
    code = (
        "from ser.audio import curves\n"
        "def compile(samples):\n"
        "    print('compiling', flush=True); input()\n"
        "curves._compiled_pyin = compile\n"
        "print('ready', flush=True); input(); curves._pyin(None); print('done', flush=True)\n"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    with (
        subprocess.Popen([sys.executable, "-c", code], **pipes) as first,
        subprocess.Popen([sys.executable, "-c", code], **pipes) as second,
    ):

        def say_go(process: subprocess.Popen) -> None:
            process.stdin.write("\n")
            process.stdin.flush()

        for process in (first, second):
            assert process.stdout.readline() == "ready\n"
        say_go(first)
        assert first.stdout.readline() == "compiling\n"
        say_go(second)
        assert not select.select([second.stdout], [], [], 0.5)[0]
        say_go(first)
        assert first.stdout.readline() == "done\n"
        assert second.stdout.readline() == "compiling\n"
        say_go(second)
        assert second.stdout.readline() == "done\n"
