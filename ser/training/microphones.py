"""Record clips again as another microphone, room and line would have: augmentation of waveforms.

The encoder of the wide network reads waveforms that it was not trained on by us, so what `ser.training.augment` does to
log-mels has to be done to the sound itself. One `Microphone` is drawn for all clips of a speaker, as in a real session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from ser.audio.reading import SAMPLE_RATE

EQUALISER_DB, EQUALISER_POINTS = 5.0, 7  # standard deviation of the gain at each control point
BAND_SHARE, BAND_START_HZ, BAND_END_HZ = 0.25, (50.0, 400.0), (2000.0, 7500.0)
BAND_SLOPE_DB = (60.0, 90.0)  # loss per octave below and above the band, at most 60
ROOM_SHARE, ROOM_T60_S, ROOM_DIRECT_DB = 0.35, (0.2, 1.0), (0.0, 15.0)
NOISE_SHARE, NOISE_SNR_DB, NOISE_SLOPE = 0.75, (8.0, 50.0), (0.0, 1.5)
BABBLE_SHARE, BABBLE_SNR_DB, BABBLE_VOICES = 0.2, (5.0, 30.0), 5
CLIPPING_SHARE, CLIPPING_LEVEL = 0.08, (0.15, 0.6)  # of the peak
SPEED_SHARE, SPEED_LOG = 0.7, 0.13  # pitch, formants and tempo together: another speaker
GATE_SHARE, GATE_POWER, GATE_GAIN = 0.1, 1e-3, 0.05
QUANTISER_BITS = (9.0, 15.0)


@dataclass(frozen=True)
class Microphone:
    """One microphone, room and line.

    Attributes
    ----------
    gains_db : gain at control points that are equally far apart on the mel scale, from 30 Hz to 8 kHz
    band_hz : lowest and highest frequency that passes, or None
    room : reverberation time in s, power of the reverberation relative to the direct sound, and the seed of its tail; or
        None
    noise : exponent of its falling amplitude spectrum, and signal-to-noise ratio in dB; or None
    babble_db : ratio of the voice to voices in the background in dB, or None
    clipping : level at which samples are cut off, as a share of the peak, or None
    speed : factor on pitch, formants and tempo
    gated : whether quiet parts are turned down
    """

    gains_db: tuple[float, ...]
    band_hz: tuple[float, float] | None = None
    room: tuple[float, float, int] | None = None
    noise: tuple[float, float] | None = None
    babble_db: float | None = None
    clipping: float | None = None
    speed: float = 1.0
    gated: bool = False

    @classmethod
    def draw(cls, generator: np.random.Generator) -> Microphone:
        """Draw one; the same generator gives the same one."""

        def occurs(share: float) -> bool:
            return bool(generator.random() < share)

        def between(limits: tuple[float, float]) -> float:
            return float(generator.uniform(*limits))

        return cls(
            gains_db=tuple((EQUALISER_DB * generator.standard_normal(EQUALISER_POINTS)).tolist()),
            band_hz=(between(BAND_START_HZ), between(BAND_END_HZ)) if occurs(BAND_SHARE) else None,
            room=(
                (between(ROOM_T60_S), 10 ** (-between(ROOM_DIRECT_DB) / 10), int(generator.integers(2**31)))
                if occurs(ROOM_SHARE)
                else None
            ),
            noise=(between(NOISE_SLOPE), between(NOISE_SNR_DB)) if occurs(NOISE_SHARE) else None,
            babble_db=between(BABBLE_SNR_DB) if occurs(BABBLE_SHARE) else None,
            clipping=between(CLIPPING_LEVEL) if occurs(CLIPPING_SHARE) else None,
            speed=float(np.exp(generator.uniform(-SPEED_LOG, SPEED_LOG))) if occurs(SPEED_SHARE) else 1.0,
            gated=occurs(GATE_SHARE),
        )

    def record(
        self, samples: np.ndarray, *, generator: np.random.Generator, voices: Sequence[np.ndarray]
    ) -> np.ndarray:
        """Return a clip as this microphone hears it, (m,) float32 of any level.

        Parameters
        ----------
        samples : (n,) float32, mono, 16 kHz
        generator : decides on the noise
        voices : samples of clips to make voices in the background of
        """
        x = samples.astype(np.float64)
        if self.speed != 1.0:
            x = soxr.resample(x, SAMPLE_RATE, SAMPLE_RATE / self.speed)
        if self.room:
            x = _reverberated(x, *self.room)
        power = np.mean(np.square(x)) + 1e-12
        if self.noise:
            slope, snr_db = self.noise
            x = x + np.sqrt(power * 10 ** (-snr_db / 10)) * _noise(len(x), slope, generator)
        if self.babble_db is not None:
            x = x + np.sqrt(power * 10 ** (-self.babble_db / 10)) * _babble(len(x), voices, generator)
        x = self._equalised(x)
        if self.gated:
            envelope = np.convolve(np.square(x), np.full(320, 1 / 320), "same")
            x = x * np.where(envelope < GATE_POWER * envelope.max(), GATE_GAIN, 1.0)
        peak = np.abs(x).max() + 1e-9
        if self.clipping is not None:
            x = np.clip(x, -self.clipping * peak, self.clipping * peak)
        step = peak * 2 ** -generator.uniform(*QUANTISER_BITS)
        return (np.round(x / step + generator.uniform(-0.5, 0.5, len(x))) * step).astype(np.float32)

    def _equalised(self, x: np.ndarray) -> np.ndarray:
        n = len(x) + 1024
        hz = np.fft.rfftfreq(n, 1 / SAMPLE_RATE)
        points = np.linspace(_mel(30.0), _mel(SAMPLE_RATE / 2), EQUALISER_POINTS)
        gain_db = np.interp(_mel(hz), points, self.gains_db)
        if self.band_hz:
            low, high = self.band_hz
            octaves = np.log2(np.maximum(hz, 1.0))
            below, above = np.log2(low) - octaves, octaves - np.log2(high)
            gain_db = gain_db - np.minimum(below.clip(0) * BAND_SLOPE_DB[0], 60.0)
            gain_db = gain_db - np.minimum(above.clip(0) * BAND_SLOPE_DB[1], 60.0)
        return np.fft.irfft(np.fft.rfft(x, n) * 10 ** (gain_db / 20), n)[: len(x)]


def _mel(hz: np.ndarray | float) -> np.ndarray | float:
    return 2595 * np.log10(1 + hz / 700)  # O'Shaughnessy 1987


def _reverberated(x: np.ndarray, t60_s: float, wet: float, seed: int) -> np.ndarray:
    """Return x with the tail of a room: noise that decays by 60 dB in `t60_s`."""
    n = round(t60_s * SAMPLE_RATE)
    tail = np.random.default_rng(seed).standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    tail *= np.sqrt(wet / np.square(tail).sum())
    tail[0] = 1.0
    size = len(x) + n
    return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(tail, size), size)[: len(x)]


def _noise(n: int, slope: float, generator: np.random.Generator) -> np.ndarray:
    """Return noise of deviation 1, flat below 20 Hz."""
    hz = np.fft.rfftfreq(n, 1 / SAMPLE_RATE).clip(20)
    noise = np.fft.irfft(np.fft.rfft(generator.standard_normal(n)) * hz**-slope, n)
    return noise / (noise.std() + 1e-12)


def _babble(n: int, voices: Sequence[np.ndarray], generator: np.random.Generator) -> np.ndarray:
    """Return equally loud voices at once, of deviation 1."""
    total = np.zeros(n)
    for _ in range(BABBLE_VOICES):
        voice = voices[int(generator.integers(len(voices)))]
        shifted = np.resize(np.roll(voice, int(generator.integers(len(voice)))), n)
        total += shifted / (shifted.std() + 1e-9)
    return total / (total.std() + 1e-12)
