"""Synthetic sounds of three seconds without speech: noise, hum, tones, music, a cough."""

import numpy as np

from ser.audio.reading import SAMPLE_RATE

N = 3 * SAMPLE_RATE
TIME = np.arange(N) / SAMPLE_RATE


def noise(seed: int, slope: float = 0.0, n: int = N) -> np.ndarray:
    """Return noise of deviation 0.1 whose amplitude falls as frequency ** -slope: 0 white, 0.5 pink, 1 brown."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    spectrum *= np.maximum(np.arange(len(spectrum)), 40 * n / SAMPLE_RATE) ** -slope
    sound = np.fft.irfft(spectrum, n)
    return (0.1 * sound / sound.std()).astype(np.float32)


def harmonics(hz: float, n: int = 10) -> np.ndarray:
    return sum(0.8**k * np.sin(2 * np.pi * hz * k * TIME + k) for k in range(1, n + 1))


def loud(sound: np.ndarray) -> np.ndarray:
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


VOICELESS = {
    "silence": np.zeros(N, np.float32),
    "a constant": np.full(N, 0.1, np.float32),
    "one click": np.eye(1, N, 20_000, dtype=np.float32)[0],
    "clicks, 4 a second": np.where(np.arange(N) % 4000 == 0, 0.8, 0).astype(np.float32),
    "clicks, 100 a second": np.where(np.arange(N) % 160 == 0, 0.8, 0).astype(np.float32),
    "hum of 50 Hz": loud(harmonics(50, 1)),
    "hum of 60 Hz": loud(harmonics(60, 1)),
    "buzz of 50 Hz": loud(harmonics(50)),
    "buzz of 60 Hz": loud(harmonics(60)),
    "buzz of 100 Hz": loud(harmonics(100)),
    "tone of 200 Hz": loud(harmonics(200, 1)),
    "tone of 440 Hz": loud(harmonics(440, 1)),
    "tone of 1000 Hz": loud(harmonics(1000, 1)),
    "siren": loud(np.sin(2 * np.pi * np.cumsum(300 + 200 * np.sin(2 * np.pi * 0.7 * TIME)) / SAMPLE_RATE)),
}


def _melody() -> np.ndarray:
    notes = (262, 294, 330, 349, 392, 440, 494, 523, 440, 392, 330, 262)
    return sum(harmonics(hz) * ((i / 4 <= TIME) & (i / 4 + 0.25 > TIME)) for i, hz in enumerate(notes))


def _chords() -> np.ndarray:
    return sum(
        harmonics(hz) * np.where(start <= TIME, np.exp(np.minimum(-3 * (TIME - start), 0)), 0)
        for start, chord in enumerate(((262, 330, 392), (294, 349, 440), (247, 294, 392)))
        for hz in chord
    )


MUSIC = {"a melody": loud(_melody()), "plucked chords": loud(_chords())}


def cough(seed: int) -> np.ndarray:
    """A burst of noise and a falling groan, in silence."""
    rng = np.random.default_rng(seed)
    t = np.arange(8000) / SAMPLE_RATE
    burst = rng.standard_normal(8000) * np.exp(-18 * t) * (1 - np.exp(-400 * t))
    glide = np.cumsum(220 - 150 * t) / SAMPLE_RATE
    groan = sum(np.sin(2 * np.pi * k * glide) / k for k in range(1, 9)) * np.exp(-(((t - 0.28) / 0.05) ** 2))
    sound = 1e-4 * rng.standard_normal(N)
    sound[16_000:24_000] += 0.3 * burst + 0.1 * groan
    return sound.astype(np.float32)
