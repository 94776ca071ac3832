"""Find where someone speaks in a recording, from energy and periodicity, without a trained model.

A voiced sound repeats itself every 2 to 14 ms, while noise and clicks do not: the normalised autocorrelation of a frame
distinguishes them at any gain (Boersma 1993). A sound that repeats itself without ever changing is a hum, a tone or an
instrument and is discarded. Speech is whatever rises above the noise around voiced sounds.

A soft or breathy voice repeats itself less exactly than that. Where no voice was found, a second pass looks for one: it
averages the autocorrelations of adjacent frames, which keep the period of a voice and lose that of noise, and asks in
return that the sound rises above the noise and that little of the recording is steady.

Whispers, which do not repeat themselves, are not found on their own. Singing and the voices of other people are.
"""

import functools
import itertools
from dataclasses import dataclass

import numpy as np

from ser.audio.decoding import MAX_AMPLITUDE
from ser.audio.features import HOP_LENGTH
from ser.audio.fourier import irfft, rfft
from ser.audio.reading import SAMPLE_RATE

FRAME = 640  # samples, 40 ms: three periods of the deepest voice
FFT = 1024  # > FRAME + the longest period, so that the autocorrelation does not wrap around
BIN_HZ = SAMPLE_RATE / FFT  # 15.625 Hz between bins: 16,000 / 1024
FRAMES_AT_ONCE = 32  # intermediate results of this many frames fit into the cache

# Periodicity
PITCH_FFT = 512  # gives lags at 8 kHz
PITCH_BAND_HZ = (100.0, 1600.0)  # above mains hum, and below most noise
PITCH_EDGE_HZ = 300.0  # width of the band's upper edge
LAGS = (16, 115)  # periods of 2 to 14.3 ms: 500 to 70 Hz
SURE, LIKELY = 0.55, 0.42  # autocorrelation at which a stretch counts as voiced, and at which it ends
MIN_SURE_FRAMES = 3  # in a row
MIN_VOICED_FRAMES = 6  # in a span, 0.1 s: a word has more, a cough or a knock less
RANGE_DB = 45.0  # further below the loudest sound counts as silent
MIN_POWER = 1e-12  # mean square; less is rounding
NEAR_DB = 35.0  # a voiced stretch this far below the loudest one is a voice from next door

# Soft voices, looked for where there is no other. Found in the clips that the first pass missed.
SOFT = 0.35  # mean autocorrelation of adjacent frames; 3 s of noise have two frames above it at most
SOFT_FRAMES = 3  # averaged, 72 ms in all
MIN_SOFT_FRAMES = 2  # in a span beside one with enough
SOFT_ABOVE_FLOOR_DB = 6.0  # the noise of a room may repeat itself, but without becoming louder
MAX_STEADY_SHARE = 0.3  # of the sound: more is music or a hum

# Steady sounds, which are not voices
STEADY_LAG = 6  # frames, 96 ms
STEADY = 0.9  # cosine between amplitude spectra that far apart; its median in speech is 0.62
MIN_STEADY_FRAMES = 6  # in a row, 180 ms of the same sound; 3 clips of speech in 1300 have it
BIN_RANGE_DB = 60.0  # the quiet level of a bin counts as at most this far below the loudest bin
PURE = 0.97  # share of the power in one spectral peak: a whistle or a siren

# Speech around voiced sounds
BANDS_HZ = (300, 600, 1200, 2400, 4800, 8000)  # energy is measured in each, as noise rarely fills all
ABOVE_FLOOR_DB = 6.0
BURIED_DB = 10.0  # a band in which the voice is less than this above the floor is ignored
LOUD_DB = 15.0  # this close to the loudest is loud; loud and voiced is speech whatever the floor
FLOOR_QUANTILE = 0.2
FLOOR_REACH = 31  # frames, 0.5 s around loud or voiced sounds, where the noise floor is measured
SPEECH_REACH = 94  # frames, 1.5 s: how far whispered and swallowed syllables may be from voiced ones
MAX_PAUSE = 19  # frames, 0.3 s; shorter pauses are part of the speech

OUTSIDE = 4  # extra frames before and after the recording, whose edges then look as they do amid silence
MARGIN_S = 0.1  # kept before the first speech
TAIL_S = 0.2  # kept after the last speech


@dataclass(frozen=True)
class Voice:
    """Where someone speaks in a recording. The times are 0 and `spans` is empty if no voice was found.

    Attributes
    ----------
    start_s, end_s : start of the first span and end of the last one
    voice_s : length of all spans together
    spans : (start_s, end_s) of each stretch of speech, in order
    edges : (first, last) samples of the part to score, see `speech_edges`
    """

    start_s: float = 0.0
    end_s: float = 0.0
    voice_s: float = 0.0
    spans: tuple[tuple[float, float], ...] = ()
    edges: tuple[int, int] = (0, 0)


def find_voice(samples: np.ndarray) -> Voice:
    """Find the speech in samples (n,), mono, 16 kHz. The gain of the recording does not matter.

    >>> import numpy as np
    >>> find_voice(np.zeros(48_000, np.float32))
    Voice(start_s=0.0, end_s=0.0, voice_s=0.0, spans=(), edges=(0, 48000))
    """
    span_edges, are_voices = _find_spans(samples)
    scored = _scored_part(span_edges, len(samples))
    if not are_voices:
        return Voice(edges=scored)
    seconds = np.clip(span_edges, 0, len(samples)) / SAMPLE_RATE
    spans = tuple((float(start_s), float(end_s)) for start_s, end_s in seconds)
    return Voice(spans[0][0], spans[-1][1], sum(end_s - start_s for start_s, end_s in spans), spans, scored)


def speech_start(samples: np.ndarray) -> int:
    """Return the sample at which the first 3.0 s window starts: a little before the first speech.

    Its distance to the speech is the same to the sample, however much silence or room tone comes first, so the
    features of the window are the same too. It is NEGATIVE if the recording begins with speech: that many zeros are
    then missing in front, see `from_speech`. If no voice was found, it is the start of any sound, perhaps a whisper,
    and 0 if all is silent.
    """
    return speech_edges(samples)[0]


def speech_edges(samples: np.ndarray) -> tuple[int, int]:
    """Return the first and last sample of the part to score: `speech_start`, and a little after the last speech.

    The part is the whole recording if all is silent.
    """
    return find_voice(samples).edges


def from_speech(samples: np.ndarray) -> np.ndarray:
    """Return the samples (m,) between the `speech_edges`, with zeros in front if the first edge is negative."""
    start, end = speech_edges(samples)
    return between(samples, start=start, end=end)


def limited(samples: np.ndarray) -> np.ndarray:
    """Return samples (n,) as float32 of at most `MAX_AMPLITUDE`, so that their squares are finite; a copy if need be."""
    if len(samples) and max(float(samples.max()), -float(samples.min())) > MAX_AMPLITUDE:
        samples = np.clip(samples, -MAX_AMPLITUDE, MAX_AMPLITUDE)
    return samples.astype(np.float32, copy=False)


def between(samples: np.ndarray, *, start: int, end: int) -> np.ndarray:
    """Return the samples from `start` to `end`, with zeros in front if `start` is negative."""
    return samples[start:end] if start >= 0 else np.pad(samples[:end], (-start, 0))


def _scored_part(span_edges: np.ndarray, n_samples: int) -> tuple[int, int]:
    """Return the first and last sample to score, given the edges (spans, 2) in samples."""
    if not len(span_edges):
        return 0, n_samples
    # Spans begin half a frame of the features off its grid, which is counted from the loudest sample.
    margin = -(-round(MARGIN_S * SAMPLE_RATE) // HOP_LENGTH) * HOP_LENGTH
    end = min(int(span_edges[-1, 1]) + round(TAIL_S * SAMPLE_RATE), n_samples)
    return int(span_edges[0, 0]) - margin, end


def _find_spans(samples: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the edges (spans, 2) of voices in samples, or else of any sounds; and whether they are of voices.

    The first edge may be before the recording and the last one after it. Frames are counted from the loudest sample,
    so that they divide the speech in the same places whatever comes before it.
    """
    samples = limited(samples)
    phase = _loudest(samples) % HOP_LENGTH if len(samples) else 0
    density, energy = _describe(_frames(samples, phase))
    loudness = energy.sum(1)
    sounding = loudness > max(loudness.max() * 10 ** (-RANGE_DB / 10), MIN_POWER)
    spans, are_voices = [], False
    if sounding.any():
        loud = loudness > loudness.max() * 10 ** (-LOUD_DB / 10)
        weights = _weights(density, around=sounding & _widened(loud, FLOOR_REACH))
        steady = (_purity(density) > PURE) | _steady(np.sqrt(density))
        periodicity = np.where(sounding & ~steady, _periodicity(density, weights), 0)
        spans = _speech(energy, sounding, _voiced(periodicity, loudness))
        if not spans:
            soft = _softly_voiced(
                _periodicity(density, weights, n_averaged=SOFT_FRAMES),
                loudness,
                sounding=sounding,
                steady=steady,
            )
            spans = _speech(energy, sounding, soft, min_frames_beside=MIN_SOFT_FRAMES)
        are_voices = bool(spans)
        if not are_voices:
            spans = _runs(_active(energy, sounding, _runs(loud)))
    # A frame stands for the hop around its centre.
    edges = phase - HOP_LENGTH // 2 + HOP_LENGTH * (np.array(spans, int).reshape(-1, 2) - OUTSIDE)
    return edges, are_voices


def _loudest(samples: np.ndarray) -> int:
    """Return the first place of the largest magnitude, without an array of all magnitudes."""
    high, low = int(samples.argmax()), int(samples.argmin())
    if samples[high] == -samples[low]:
        return min(high, low)
    return high if samples[high] > -samples[low] else low


def _speech(
    energy: np.ndarray,
    sounding: np.ndarray,
    voiced: list[tuple[int, int]],
    *,
    min_frames_beside: int = MIN_VOICED_FRAMES,
) -> list[tuple[int, int]]:
    """Return stretches [start, end) of active frames around voiced ones, without those of a knock or two.

    One of them has `MIN_VOICED_FRAMES`. What is beside it needs `min_frames_beside`.
    """
    if not voiced:
        return []
    active = _active(energy, sounding, voiced)
    is_voiced = _flags(voiced, len(active)) & active
    runs = _runs(_closed(active & _widened(is_voiced, SPEECH_REACH), MAX_PAUSE))
    n_voiced = [is_voiced[start:end].sum() for start, end in runs]
    if max(n_voiced, default=0) < MIN_VOICED_FRAMES:
        return []
    return [run for run, n in zip(runs, n_voiced, strict=True) if n >= min_frames_beside]


def _frames(samples: np.ndarray, phase: int) -> np.ndarray:
    """Return frames (n, 640) with centres 256 samples apart; the centre of frame `OUTSIDE` is sample `phase`."""
    n = 1 + (len(samples) - 1 - phase) // HOP_LENGTH
    n += 2 * OUTSIDE
    padded = np.zeros((n - 1) * HOP_LENGTH + FRAME, np.float32)
    before = FRAME // 2 - phase + OUTSIDE * HOP_LENGTH
    padded[before : before + len(samples)] = samples
    return np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP_LENGTH]


def _describe(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the power of each frame in the bins of the pitch band (n, 123), and in the bands of speech (n, 5)."""
    window, _, bands = _constants()
    densities = np.empty((len(frames), len(_bin_weights())), np.float32)
    energies = np.empty((len(frames), bands.shape[1]), np.float32)
    for first in range(0, len(frames), FRAMES_AT_ONCE):
        block = slice(first, first + FRAMES_AT_ONCE)
        spectrum = rfft(frames[block] * window, FFT)
        density = np.square(spectrum.real)
        density += np.square(spectrum.imag)
        densities[block] = density[:, : densities.shape[1]]
        energies[block] = density @ bands
    return densities, energies


def _weights(density: np.ndarray, *, around: np.ndarray) -> np.ndarray:
    """Return weights of the bins (123,): how far each rises above its own quiet level in the frames `around` loud ones.

    They leave little of a fan or a rumble.
    """
    quiet = _floor(density[around])
    return (_bin_weights() / np.maximum(quiet, density.max() * 10 ** (-BIN_RANGE_DB / 10))).astype(np.float32)


def _periodicity(density: np.ndarray, weights: np.ndarray, *, n_averaged: int = 1) -> np.ndarray:
    """Return the highest normalised autocorrelation over the periods of voices (n,), given weights of the bins (123,).

    It is that of each frame, or of the mean over an odd number of frames around it, and 0 at the ends.
    """
    reach = n_averaged // 2
    parts = []
    for first in range(0, len(density) - 2 * reach, FRAMES_AT_ONCE):
        block = density[first : first + FRAMES_AT_ONCE + 2 * reach]
        correlation = irfft(block * weights, PITCH_FFT)[:, : LAGS[1]]
        periods = correlation[:, LAGS[0] :] / _constants()[1]
        if n_averaged > 1:
            periods /= np.maximum(correlation[:, :1], np.float32(1e-20))
            shown = np.lib.stride_tricks.sliding_window_view(periods, n_averaged, axis=0)
            parts.append(shown.mean(-1).max(1))
        else:
            parts.append(periods.max(1) / np.maximum(correlation[:, 0], np.float32(1e-20)))
    return np.pad(np.concatenate(parts), reach)


def _floor(frames: np.ndarray) -> np.ndarray:
    """Return the `FLOOR_QUANTILE` of each column (m,) of float32 frames (n, m), in half the time of `np.quantile`."""
    place = FLOOR_QUANTILE * (len(frames) - 1)
    low = int(place)
    ranked = np.partition(frames.T, (low, min(low + 1, len(frames) - 1)), axis=1)  # of columns side by side
    below, above = ranked[:, low].astype(np.float64), ranked[:, min(low + 1, len(frames) - 1)]
    return below + (above - below) * (place - low)


def _bin(hz: float) -> int:
    return round(hz / BIN_HZ)


@functools.cache
def _bin_weights() -> np.ndarray:
    """Return the weights (123,) of the bins of the pitch band: 1 in the middle, falling to 0 at both ends."""
    low, high = PITCH_BAND_HZ
    hz = np.arange(_bin(high + PITCH_EDGE_HZ) + 1) * BIN_HZ
    return np.clip(hz / low * 2 - 1, 0, 1) * np.clip((high + PITCH_EDGE_HZ - hz) / PITCH_EDGE_HZ, 0, 1)


@functools.cache
def _constants() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the Hann window, its autocorrelation at the lags, and the bins of each band.

    The autocorrelation of a frame is divided by that of the window.
    """
    window = np.hanning(FRAME + 1)[:-1]
    correlation = np.fft.irfft(np.abs(np.fft.rfft(window, FFT)) ** 2)[: 2 * LAGS[1] : 2]
    bands = np.zeros((FFT // 2 + 1, len(BANDS_HZ) - 1))
    for i, (start, end) in enumerate(itertools.pairwise(BANDS_HZ)):
        bands[_bin(start) : _bin(end), i] = 2 / FFT / np.square(window).sum()  # to mean squares of samples
    normalised = correlation[slice(*LAGS)] / correlation[0]
    return window.astype(np.float32), normalised.astype(np.float32), bands.astype(np.float32)


def _purity(density: np.ndarray) -> np.ndarray:
    """Return the share of each frame's power within 100 Hz of its highest peak."""
    reach = _bin(100)
    bins = density.argmax(1)[:, None] + np.arange(-reach, reach + 1)  # (n, 2 * reach + 1)
    is_bin = (bins >= 0) & (bins < density.shape[1])
    peak = np.take_along_axis(density, bins.clip(0, density.shape[1] - 1), axis=1)
    return (peak * is_bin).sum(1) / np.maximum(density.sum(1), np.float32(1e-20))


def _steady(amplitude: np.ndarray) -> np.ndarray:
    """Return flags (n,) of sounds that stay the same for longer than a voice can hold them."""
    amplitude = amplitude / (np.linalg.norm(amplitude, axis=1, keepdims=True) + 1e-10)
    similarity = np.einsum("ij,ij->i", amplitude[STEADY_LAG:], amplitude[:-STEADY_LAG])
    steady = np.zeros(len(amplitude), bool)
    for start, end in _runs(similarity > STEADY):
        if end - start >= MIN_STEADY_FRAMES:
            steady[start : end + STEADY_LAG] = True
    return steady


def _voiced(periodicity: np.ndarray, loudness: np.ndarray) -> list[tuple[int, int]]:
    """Return stretches of likely frames that contain a run of sure ones and are loud enough to be near."""
    sure = _flags(
        [run for run in _runs(periodicity > SURE) if run[1] - run[0] >= MIN_SURE_FRAMES], len(loudness)
    )
    stretches = [run for run in _runs(periodicity > LIKELY) if sure[slice(*run)].any()]
    loudest = [loudness[start:end].max() for start, end in stretches]
    min_loudness = max(loudest, default=0.0) * 10 ** (-NEAR_DB / 10)
    return [run for run, loud in zip(stretches, loudest, strict=True) if loud >= min_loudness]


def _softly_voiced(
    periodicity: np.ndarray, loudness: np.ndarray, *, sounding: np.ndarray, steady: np.ndarray
) -> list[tuple[int, int]]:
    """Return stretches that repeat themselves on average and rise above the noise.

    There are none in a recording of which a large part is steady: the changes between notes look like soft voices.
    """
    if steady[sounding].mean() > MAX_STEADY_SHARE:
        return []
    smoothed = np.convolve(loudness, np.full(3, 1 / 3), "same")
    floor = np.quantile(smoothed[sounding], FLOOR_QUANTILE)
    rises = smoothed > floor * 10 ** (SOFT_ABOVE_FLOOR_DB / 10)
    near_steady = _widened(steady, SOFT_FRAMES // 2)
    return _runs((periodicity > SOFT) & rises & sounding & ~near_steady)


def _active(energy: np.ndarray, sounding: np.ndarray, stretches: list[tuple[int, int]]) -> np.ndarray:
    """Return flags (n,) of frames that rise above the noise in some band, or are the loud core of the stretches.

    The noise is measured around the stretches, so that a minute of silence before the speech does not move the
    threshold. Frames that are effectively silent do not move it either.
    """
    mean = energy / 3
    mean[1:] += energy[:-1] / 3
    mean[:-1] += energy[1:] / 3
    energy = mean
    inside = _flags(stretches, len(energy))
    floor = _floor(energy[_widened(inside, FLOOR_REACH) & sounding])
    voice = energy[inside].max(0)
    threshold = np.maximum(floor * 10 ** (ABOVE_FLOOR_DB / 10), voice * 10 ** (-RANGE_DB / 10))
    threshold[voice < floor * 10 ** (BURIED_DB / 10)] = np.inf
    loudness = energy.sum(1)
    core = inside & (loudness > loudness[inside].max() * 10 ** (-LOUD_DB / 10))
    return (energy > threshold).any(1) | core


def _flags(runs: list[tuple[int, int]], n: int) -> np.ndarray:
    """Return flags (n,) that are true in the stretches: the inverse of `_runs`."""
    flags = np.zeros(n, bool)
    for start, end in runs:
        flags[start:end] = True
    return flags


def _widened(flags: np.ndarray, frames: int) -> np.ndarray:
    """Return the flags with this many more frames on both sides of every stretch."""
    return _flags([(max(start - frames, 0), end + frames) for start, end in _runs(flags)], len(flags))


def _closed(flags: np.ndarray, gap: int) -> np.ndarray:
    """Return the flags with gaps of up to `gap` frames filled."""
    gaps = ((end, start) for (_, end), (start, _) in itertools.pairwise(_runs(flags)))
    return flags | _flags([(end, start) for end, start in gaps if start - end <= gap], len(flags))


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Return the stretches [start, end) of true values."""
    if not len(flags):
        return []
    edges = (np.flatnonzero(flags[1:] != flags[:-1]) + 1).tolist()
    edges = [0, *edges] if flags[0] else edges
    edges = [*edges, len(flags)] if flags[-1] else edges
    return list(zip(edges[::2], edges[1::2], strict=True))
