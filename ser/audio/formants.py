"""Estimate formants: the resonances of the vocal tract, by linear prediction with Burg's method.

The steps are those of `Sound: To Formant (burg)...` of Praat [1] at its usual values: resample to twice the ceiling,
pre-emphasize from 50 Hz, take Gaussian windows, fit ten prediction coefficients [2], and take the poles as resonances.

References
----------
[1] Boersma and Weenink, Praat: doing phonetics by computer
[2] Burg, Modern spectrum analysis, 1978; the recursion as in Childers, Modern Spectrum Analysis, 1978, pages 252 to 255
"""

import numpy as np

from ser.audio.reading import SAMPLE_RATE

CEILING_HZ = 5500.0  # for an average woman; Praat suggests 5000 Hz for an average man
MAX_FORMANTS = 5
WINDOW_S = 0.05  # the whole Gaussian window; its effective length is half of that
STEP_S = 0.00625
PRE_EMPHASIS_HZ = 50.0
MARGIN_HZ = 50.0  # resonances this close to 0 Hz or to the ceiling are left out
MAX_BANDWIDTH_HZ = 1000.0  # a wider resonance shapes the spectrum and is no formant to look at
QUIET_DB = 30.0  # frames this far below the loudest one have no formants to look at
FRAMES_AT_ONCE = 2048


def formants(samples: np.ndarray, *, start_s: float = 0.0, end_s: float | None = None) -> np.ndarray:
    """Return the formants of a part of a recording as (points, 2): seconds and Hz, in order of time.

    Frames lie on one grid over the whole recording, so neighbouring parts fit together. Frames 30 dB below the loudest
    one have none, and resonances wider than 1000 Hz are left out.

    Parameters
    ----------
    samples : (n,) float32, mono, 16 kHz
    start_s, end_s : the part; by default the whole recording
    """
    times_s, hz, bandwidths, power = resonances(samples, start_s=start_s, end_s=end_s)
    if not len(times_s):
        return np.zeros((0, 2))
    loudest = max(power.max(), float(np.square(samples, dtype=np.float64).mean()))
    loud = power > loudest * 10 ** (-QUIET_DB / 10)
    frames, columns = np.nonzero(loud[:, None] & (bandwidths < MAX_BANDWIDTH_HZ))
    return np.stack([times_s[frames], hz[frames, columns]], 1)


def resonances(
    samples: np.ndarray, *, start_s: float = 0.0, end_s: float | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return times (frames,) in seconds, frequencies and bandwidths (frames, 5) in Hz, and mean squares (frames,).

    The resonances of a frame are sorted by frequency; the rest of its row is NaN. A part shorter than a window has no
    frames.
    """
    import soxr

    rate = 2 * CEILING_HZ
    end_s = len(samples) / SAMPLE_RATE if end_s is None else min(end_s, len(samples) / SAMPLE_RATE)
    first = max(0, int(np.ceil((start_s - WINDOW_S / 2) / STEP_S - 1e-9)))
    width = round(WINDOW_S * rate)
    # One second more on either side: the resampler then hears the same as in the whole recording.
    offset_s = max(0.0, np.floor(start_s) - 1.0)
    part = samples[round(offset_s * SAMPLE_RATE) : round((end_s + 1.0) * SAMPLE_RATE)]
    sound = soxr.resample(np.asarray(part, np.float64), SAMPLE_RATE, rate) if len(part) else part
    emphasis = np.exp(-2 * np.pi * PRE_EMPHASIS_HZ / rate)
    emphasized = sound - emphasis * np.concatenate([sound[:1], sound[:-1]]) if len(sound) else sound
    times_s = WINDOW_S / 2 + STEP_S * np.arange(
        first, max(first, int(np.ceil((end_s - WINDOW_S / 2) / STEP_S)))
    )
    starts = np.round((times_s - WINDOW_S / 2 - offset_s) * rate).astype(int)
    times_s = times_s[starts + width <= len(emphasized)]
    starts = starts[: len(times_s)]
    parts = [
        _of_frames(emphasized, starts[i : i + FRAMES_AT_ONCE], width, rate)
        for i in range(0, len(starts), FRAMES_AT_ONCE)
    ]
    if not parts:
        empty = np.zeros((0, MAX_FORMANTS))
        return times_s, empty, empty, np.zeros(0)
    hz, bandwidths = (np.concatenate(blocks) for blocks in zip(*parts, strict=True))
    power = np.array([np.square(sound[start : start + width]).mean() for start in starts])
    return times_s, hz, bandwidths, power


def _of_frames(
    sound: np.ndarray, starts: np.ndarray, width: int, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies and bandwidths (frames, 5) of the windows that begin at `starts`."""
    frames = sound[starts[:, None] + np.arange(width)] * _gaussian(width)
    poles = _poles(burg(frames, 2 * MAX_FORMANTS))
    hz = np.angle(poles) * rate / (2 * np.pi)
    bandwidths = -np.log(np.maximum(np.abs(poles), 1e-12)) * rate / np.pi
    outside = (hz < MARGIN_HZ) | (hz > rate / 2 - MARGIN_HZ)
    hz[outside] = bandwidths[outside] = np.nan
    order = np.argsort(hz, axis=1)  # NaN last
    hz, bandwidths = np.take_along_axis(hz, order, 1), np.take_along_axis(bandwidths, order, 1)
    return hz[:, :MAX_FORMANTS], bandwidths[:, :MAX_FORMANTS]


def _gaussian(width: int) -> np.ndarray:
    """Return Praat's Gaussian window (width,), which is zero just outside of it."""
    middle = (width + 1) / 2
    edge = np.exp(-12.0)
    x = np.arange(1, width + 1) - middle
    return (np.exp(-48.0 * np.square(x) / (width + 1) ** 2) - edge) / (1 - edge)


def burg(frames: np.ndarray, order: int) -> np.ndarray:
    """Return the prediction coefficients (frames, order) of signals (frames, n): each sample from those before it."""
    forward, backward = frames[:, 1:].copy(), frames[:, :-1].copy()
    coefficients = np.zeros((len(frames), order))
    for i in range(order):
        power = np.square(forward).sum(1) + np.square(backward).sum(1)
        reflection = 2 * (forward * backward).sum(1) / np.where(power > 0, power, 1)
        earlier = coefficients[:, :i].copy()
        coefficients[:, :i] = earlier - reflection[:, None] * earlier[:, ::-1]
        coefficients[:, i] = reflection
        forward, backward = (
            (forward - reflection[:, None] * backward)[:, 1:],
            (backward - reflection[:, None] * forward)[:, :-1],
        )
    return coefficients


def _poles(coefficients: np.ndarray) -> np.ndarray:
    """Return the poles (frames, order) of prediction filters, with those outside the unit circle moved inside."""
    frames, order = coefficients.shape
    companion = np.zeros((frames, order, order))
    companion[:, 0] = coefficients
    companion[:, np.arange(1, order), np.arange(order - 1)] = 1
    poles = np.linalg.eigvals(companion).astype(complex)
    size = np.abs(poles)
    return np.where(size > 1, poles / np.maximum(size, 1) ** 2, poles)
