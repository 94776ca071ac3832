"""Faults of a recording, detected on real clips that were degraded on purpose."""

import json
from collections import Counter

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ser.audio.features import fix_length
from ser.audio.quality import ADVICE, Quality, describe_problem, measure_quality
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.evaluation.conditions import (
    add_noise,
    amplify,
    babble,
    gate,
    reverberate,
    telephone,
    tilted_noise,
    transcode,
)

EMPTY = np.zeros(0, np.float32)


@pytest.fixture(scope="module")
def clips(crema_d) -> list[np.ndarray]:
    """Return forty clips of as many speakers that contain speech and stay below full scale."""
    paths = sorted((crema_d / "AudioWAV").glob("*_I[EO][OM]_*.wav"))[::15]
    samples = [load_audio(path) for path in paths]
    return [clip for clip in samples if np.abs(clip).max() < 0.99 and measure_quality(clip).voice_s][:40]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def share(clips, problem: str, change=lambda clip: clip) -> float:
    """Return the share of the clips that have each problem after the change."""
    return shares(clips, change)[problem]


def shares(clips, change=lambda clip: clip) -> dict[str, float]:
    problems = Counter()
    for clip in clips:
        problems.update(measure_quality(change(clip)).problems)
    return {problem: problems[problem] / len(clips) for problem in ADVICE}


def too_loud(clip: np.ndarray, db: float, rate: int = SAMPLE_RATE) -> np.ndarray:
    """Amplify a clip to peak this far above full scale, and cut it off there at the sample rate `rate`."""
    wave = soxr.resample(clip, SAMPLE_RATE, rate)
    wave = np.clip(wave / np.abs(wave).max() * 10 ** (db / 20), -1, 1)
    return fix_length(soxr.resample(wave, rate, SAMPLE_RATE), len(clip))


# --- real clips are good ----------------------------------------------------------------------------------


def test_clips_as_they_are(clips):
    assert len(clips) == 40
    assert max(shares(clips).values()) <= 0.025  # one clip of forty


def test_what_is_harmless(clips, rng):
    changes = {
        "louder": lambda clip: clip / np.abs(clip).max(),
        "a little quieter": lambda clip: clip / np.abs(clip).max() * 0.2,
        "a room": lambda clip: reverberate(clip, rng, rt60_s=0.3),
        "gated": lambda clip: gate(clip, rng),
        "opus": lambda clip: transcode(clip, rng, codec="libopus", container="ogg", kbits=24),
        "some noise": lambda clip: add_noise(
            clip, rng, noise=lambda n, rng: tilted_noise(n, rng, slope=0.5), snr_db=25
        ),
        "half a treble": lambda clip: fix_length(
            soxr.resample(soxr.resample(clip, SAMPLE_RATE, 11_025), 11_025, SAMPLE_RATE), len(clip)
        ),
    }
    for name, change in changes.items():
        assert max(shares(clips[::2], change).values()) <= 0.1, name


def test_measures_of_a_real_clip(crema_d):
    quality = measure_quality(load_audio(crema_d / "AudioWAV" / "1001_IEO_ANG_HI.wav"))
    assert quality.problems == quality.advice == ()
    assert 1 < quality.voice_s < quality.duration_s
    assert -60 < quality.speech_dbfs < quality.peak_dbfs <= 0
    assert quality.clipped_share < 0.001
    assert quality.snr_db > 20
    assert quality.bandwidth_hz > 7000


# --- degraded clips ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("level_dbfs", [-50, -60])
def test_too_quiet(clips, rng, level_dbfs):
    def quieter(clip):
        return amplify(clip, rng, db=level_dbfs - measure_quality(clip).speech_dbfs)

    assert share(clips, "too_quiet", quieter) >= 0.95


@pytest.mark.parametrize(("db", "rate", "least"), [(6, 16_000, 0.5), (12, 16_000, 0.95), (20, 16_000, 0.9)])
def test_clipped(clips, db, rate, least):
    assert share(clips, "clipped", lambda clip: too_loud(clip, db, rate)) >= least


@pytest.mark.parametrize(("db", "rate", "least"), [(6, 48_000, 0.25), (12, 48_000, 0.9), (20, 44_100, 0.9)])
def test_clipped_before_it_was_resampled(clips, db, rate, least):
    assert share(clips, "clipped", lambda clip: too_loud(clip, db, rate)) >= least


def test_clipped_and_then_turned_down(clips):
    assert share(clips, "clipped", lambda clip: too_loud(clip, 12) * 0.1) >= 0.95


def test_the_clipped_share_is_a_share_of_the_speech(clips):
    for clip in clips[::4]:
        quality = measure_quality(too_loud(clip, 12))
        if quality.voice_s:
            cut_off_s = (np.abs(clip) > np.abs(clip).max() * 10 ** (-12 / 20)).sum() / SAMPLE_RATE
            assert quality.clipped_share == pytest.approx(cut_off_s / quality.voice_s, rel=0.25)


@pytest.mark.parametrize("seconds", [0.5, 0.9])
def test_too_short(clips, seconds):
    assert share(clips, "too_short", lambda clip: clip[: round(seconds * SAMPLE_RATE)]) == 1


def test_a_word_in_a_long_recording_is_too_short(clips):
    def word(clip):
        loudest = int(np.abs(clip).argmax())
        first = max(loudest - 2500, 0)
        return np.pad(clip[first : first + 5000], 24_000)

    short = [clip for clip in clips if measure_quality(word(clip)).voice_s]
    assert len(short) >= 20
    assert share(short, "too_short", word) == 1


NOISES = {"white": 0.0, "pink": 0.5}


@pytest.mark.parametrize(("snr_db", "least", "most"), [(0, 0.85, 1), (5, 0.85, 1), (20, 0, 0.05)])
@pytest.mark.parametrize("kind", NOISES)
def test_noisy(clips, rng, kind, snr_db, least, most):
    def noise(n, rng):
        return tilted_noise(n, rng, slope=NOISES[kind])

    assert (
        least <= share(clips, "noisy", lambda clip: add_noise(clip, rng, noise=noise, snr_db=snr_db)) <= most
    )


@pytest.mark.parametrize(("snr_db", "least", "most"), [(0, 0.85, 1), (5, 0.6, 1), (20, 0, 0.05)])
def test_babble_is_noise(clips, rng, snr_db, least, most):
    def noise(n, rng):
        return babble(n, rng, voices=clips)

    assert (
        least <= share(clips, "noisy", lambda clip: add_noise(clip, rng, noise=noise, snr_db=snr_db)) <= most
    )


def test_snr_follows_the_noise(clips, rng):
    for clip in clips[::8]:
        ratios = [
            measure_quality(
                add_noise(clip, rng, noise=lambda n, rng: tilted_noise(n, rng, slope=0.5), snr_db=db)
            ).snr_db
            for db in (25, 15, 5)
        ]
        assert ratios == sorted(ratios, reverse=True)
        assert ratios[2] == pytest.approx(8, abs=4)  # pink noise is weaker from 300 Hz on


def test_silence_before_the_speech_hides_no_noise(clips, rng):
    for clip in clips[::8]:
        noisy = add_noise(clip, rng, noise=lambda n, rng: tilted_noise(n, rng, slope=0.0), snr_db=5)
        assert "noisy" in measure_quality(np.pad(noisy, (10 * SAMPLE_RATE, 0))).problems


def eight_khz(clip: np.ndarray) -> np.ndarray:
    line = soxr.resample(clip, SAMPLE_RATE, 8000)
    return fix_length(soxr.resample(line, 8000, SAMPLE_RATE), len(clip))


def test_narrow_band(clips, rng):
    lines = {
        "telephone": lambda clip: telephone(clip, rng),
        "8 kHz": eight_khz,
        "16 bits again": lambda clip: amplify(eight_khz(clip), rng, db=0),
    }
    for name, line in lines.items():
        assert share(clips, "narrow_band", line) >= 0.95, name
    for clip in clips[::8]:
        assert measure_quality(eight_khz(clip)).bandwidth_hz == pytest.approx(3900, abs=300)


# --- no voice ---------------------------------------------------------------------------------------------


def test_the_known_silent_clip(crema_d):
    quality = measure_quality(load_audio(crema_d / "AudioWAV" / "1076_MTI_SAD_XX.wav"))
    assert quality.problems == ("silent", "no_voice")
    assert len(quality.advice) == 1
    assert quality.snr_db is None
    assert quality.bandwidth_hz is None


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0, -0.2])
def test_a_constant_is_silent(level):
    samples = np.full(32_000, level, np.float32)
    quality = measure_quality(samples)
    assert quality.problems[:2] == ("silent", "no_voice")
    assert quality.advice[0] == describe_problem(samples)
    assert quality.peak_dbfs == quality.speech_dbfs == -120


@pytest.mark.parametrize("samples", [EMPTY, np.ones(1, np.float32), np.zeros(7, np.float32)])
def test_almost_nothing_is_too_short(samples):
    quality = measure_quality(samples)
    assert "too_short" in quality.problems
    assert "no_voice" in quality.problems
    assert "silent" not in quality.problems
    assert ADVICE["no_voice"] not in quality.advice
    assert quality.duration_s == len(samples) / SAMPLE_RATE


def sounds() -> dict[str, np.ndarray]:
    rng, t = np.random.default_rng(0), np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    notes = 220 * 2 ** (np.array([0, 4, 7, 12]) / 12)
    clicks = np.zeros(len(t))
    clicks[::4000] = 1
    return {
        "tone": np.sin(2 * np.pi * 440 * t),
        "hum": np.sin(2 * np.pi * 50 * t) + 0.5 * np.sin(2 * np.pi * 150 * t),
        "chord": sum(np.sin(2 * np.pi * hz * k * t) / k for hz in notes for k in range(1, 6)),
        "melody": np.concatenate([np.sin(2 * np.pi * hz * t[:12_000]) for hz in notes]),
        "white": rng.standard_normal(len(t)),
        "pink": tilted_noise(len(t), rng, slope=0.5),
        "clicks": clicks,
    }


@pytest.mark.parametrize("name", sounds())
def test_sound_without_a_voice(name):
    sound = sounds()[name]
    quality = measure_quality(0.3 * sound / np.abs(sound).max())
    assert quality.problems[0] == "no_voice"
    assert not {"silent", "too_quiet", "too_short", "noisy", "narrow_band"} & set(quality.problems)
    assert quality.advice[0] == ADVICE["no_voice"]


def test_a_loud_second_without_a_voice_was_too_short_and_not_the_wrong_microphone():
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    clipped = np.clip(40 * np.sin(2 * np.pi * 220 * t), -1, 1)
    quality = measure_quality(clipped)
    assert quality.voice_s == 0
    assert ADVICE["too_short"] in quality.advice
    assert ADVICE["no_voice"] not in quality.advice
    # One that goes on for longer, or cannot be seen, may well be of the wrong microphone.
    assert "too_short" not in measure_quality(np.tile(clipped, 2)).problems
    assert "too_short" not in measure_quality(0.05 * clipped).problems


# --- any input --------------------------------------------------------------------------------------------


def check(quality: Quality, n: int) -> None:
    """Check what is true of every recording."""
    numbers = {key: value for key, value in quality.to_dict().items() if isinstance(value, float)}
    assert np.isfinite(list(numbers.values())).all()
    assert quality.duration_s == n / SAMPLE_RATE
    assert 0 <= quality.voice_s <= quality.duration_s + 1e-9
    assert 0 <= quality.clipped_share <= 1
    assert (quality.snr_db is None) == (quality.bandwidth_hz is None) == (quality.voice_s == 0)
    assert list(quality.problems) == [problem for problem in ADVICE if problem in quality.problems]
    assert ("no_voice" in quality.problems) == (quality.voice_s == 0)
    assert bool(quality.problems) == bool(quality.advice)
    back = json.loads(json.dumps(quality.to_dict(), allow_nan=False))
    assert back["problems"] == list(quality.problems)
    assert back["advice"] == list(quality.advice)


@pytest.mark.filterwarnings("error")
@settings(deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        st.integers(0, 3000),
        elements={"allow_nan": False, "allow_infinity": False},
    ),
    st.integers(1, 40),
)
def test_any_finite_floats(samples, times):
    samples = np.tile(samples, times)
    check(measure_quality(samples), len(samples))


@pytest.mark.filterwarnings("error")
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_part_of_a_clip_at_any_gain(clips, data):
    clip = clips[data.draw(st.integers(0, len(clips) - 1))]
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(clip))] * 2)))
    gain, offset = data.draw(st.floats(-1e6, 1e6)), data.draw(st.sampled_from([0.0, 0.1, -1.0]))
    check(measure_quality(clip[first:last] * gain + offset), last - first)


@settings(deadline=None, max_examples=40)
@given(index=st.integers(0, 39), gain_db=st.floats(-30, 0))
def test_gain_moves_the_levels_and_nothing_else(clips, index, gain_db):
    clip = clips[index] / np.abs(clips[index]).max() * 0.89
    before, after = measure_quality(clip), measure_quality(clip * np.float32(10 ** (gain_db / 20)))
    assert after.speech_dbfs == pytest.approx(before.speech_dbfs + gain_db, abs=0.1)
    assert after.peak_dbfs == pytest.approx(before.peak_dbfs + gain_db, abs=0.1)
    assert after.voice_s == pytest.approx(before.voice_s, abs=0.05)
    assert after.snr_db == pytest.approx(before.snr_db, abs=0.2)
    assert after.bandwidth_hz == pytest.approx(before.bandwidth_hz, abs=100)
    assert after.clipped_share == pytest.approx(before.clipped_share, abs=1e-3)
    assert set(before.problems) ^ set(after.problems) <= {"too_quiet"}


def test_the_samples_are_left_alone(clips):
    before = clips[0].copy()
    measure_quality(clips[0])
    np.testing.assert_array_equal(clips[0], before)


def test_advice_is_one_sentence_with_a_cure():
    for sentence in ADVICE.values():
        assert sentence.endswith(".")
        assert sentence.count(".") == sentence.count(":") == 1
