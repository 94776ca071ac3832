"""Where the voice is in a recording, from energy and periodicity; no weights.

A voiced sound repeats itself every 2 to 14 ms, noise and clicks do not: the normalised autocorrelation of a
frame tells them apart at any gain (Boersma 1993). What repeats itself without ever changing is a hum, a
tone or an instrument and is struck out. Speech is then what rises above the noise around voiced sounds.

Whispers, which repeat nothing, are not found by themselves; singing, and other people's voices, are.
"""

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ser.audio.decoding import MAX_AMPLITUDE
from ser.audio.features import HOP_LENGTH
from ser.audio.reading import SAMPLE_RATE

FRAME = 640  # samples: 40 ms, three periods of the deepest voice
FFT = 1024  # > FRAME + the longest period: the autocorrelation does not wrap around
BIN_HZ = SAMPLE_RATE / FFT
BLOCK = 32  # frames transformed at a time: what is made of them on the way fits into the cache

PITCH_FFT = 512  # lags are counted at 8 kHz
PITCH_BAND_HZ = (100.0, 1600.0)  # above mains hum, below most of what is noise
PITCH_EDGE_HZ = 300.0
LAGS = (16, 115)  # periods of 2 to 14.3 ms: 500 to 70 Hz
SURE, LIKELY = 0.55, 0.42  # autocorrelation at which a voiced stretch is one, and where it ends
SURE_FRAMES = 3  # in a row
MIN_VOICED = 6  # frames in a span, 0.1 s: a word has more, a cough or a knock less
RANGE_DB = 45.0  # what lies further below the loudest sound is as good as silent
QUIETEST = 1e-12  # mean square; below it is rounding
NEAR_DB = 35.0  # a voiced stretch so far below the loudest one is a voice from next door

STEADY_LAG = 6  # frames, 96 ms
STEADY = 0.9  # cosine between amplitude spectra that far apart; in speech the median is 0.62
STEADY_FRAMES = 6  # in a row: 180 ms of the same sound; 3 clips of speech in 1300 have it
BIN_RANGE_DB = 60.0  # a bin's quiet counts as at most so far below the loudest bin
PURE = 0.97  # share of the power in one spectral peak: a whistle or a siren

BANDS_HZ = (300, 600, 1200, 2400, 4800, 8000)  # energy is looked at in each: noise rarely fills all
ABOVE_FLOOR_DB = 6.0
BURIED_DB = 10.0  # a band in which the voice is less above the floor says nothing
LOUD_DB = 15.0  # below the loudest: what is loud, and if voiced is speech whatever the floor
FLOOR_QUANTILE = 0.2
FLOOR_REACH = 31  # frames, 0.5 s around loud or voiced sounds: where the noise floor is looked up
SPEECH_REACH = 94  # frames, 1.5 s: how far whispered and swallowed syllables may lie from voiced ones
PAUSE = 19  # frames; pauses up to 0.3 s are part of the speech

OUTSIDE = 4  # frames before and behind the recording: its edges look as they do amid silence
MARGIN_S = 0.1  # kept before the first speech
TAIL_S = 0.2  # kept behind the last


@dataclass(frozen=True)
class Voice:
    """Where somebody speaks: `spans` of (start_s, end_s) in order, from the first start to the last end.

    `voice_s` is the length of the spans together. All is 0 and empty where no voice was found. `edges` are
    the samples between which the recording is scored: see `speech_edges`.
    """

    start_s: float = 0.0
    end_s: float = 0.0
    voice_s: float = 0.0
    spans: tuple[tuple[float, float], ...] = ()
    edges: tuple[int, int] = (0, 0)


def find_voice(samples: np.ndarray) -> Voice:
    """Find the speech in samples (n,), mono at 16 kHz; the result is the same at any gain.

    >>> import numpy as np
    >>> find_voice(np.zeros(48_000, np.float32))
    Voice(start_s=0.0, end_s=0.0, voice_s=0.0, spans=(), edges=(0, 48000))
    """
    edges, voiced = _spans(samples)
    scored = _scored(edges, len(samples))
    if not voiced:
        return Voice(edges=scored)
    spans = tuple((float(start), float(end)) for start, end in np.clip(edges, 0, len(samples)) / SAMPLE_RATE)
    return Voice(spans[0][0], spans[-1][1], sum(end - start for start, end in spans), spans, scored)


def speech_start(samples: np.ndarray) -> int:
    """Return the sample at which the first 3.0 s window is to start: a little before the first speech.

    It keeps its distance to the speech, to the sample, however much silence or room tone lies before: the
    features of the window are the same. It is NEGATIVE where the recording begins with speech: so many
    zeros are then missing in front, see `from_speech`. Where no voice was found it is the start of any
    sound, a whisper perhaps, and 0 where all is silent.
    """
    return speech_edges(samples)[0]


def speech_edges(samples: np.ndarray) -> tuple[int, int]:
    """Return the samples between which a recording is scored: `speech_start`, and a little behind the last speech.

    Where all is silent that is the whole recording.
    """
    return find_voice(samples).edges


def _scored(edges: np.ndarray, n_samples: int) -> tuple[int, int]:
    if not len(edges):
        return 0, n_samples
    # Spans begin half a frame of the features off its grid, which is counted from the loudest sample.
    margin = -(-round(MARGIN_S * SAMPLE_RATE) // HOP_LENGTH) * HOP_LENGTH
    return int(edges[0, 0]) - margin, min(int(edges[-1, 1]) + round(TAIL_S * SAMPLE_RATE), n_samples)


def from_speech(samples: np.ndarray) -> np.ndarray:
    """Return the samples (m,) between the `speech_edges`, with zeros in front where the first is negative."""
    start, end = speech_edges(samples)
    return between(samples, start=start, end=end)


def between(samples: np.ndarray, *, start: int, end: int) -> np.ndarray:
    """Return the samples from `start` to `end`, with zeros in front where `start` is negative."""
    return samples[start:end] if start >= 0 else np.pad(samples[:end], (-start, 0))


def _spans(samples: np.ndarray) -> tuple[np.ndarray, bool]:
    """Edges (spans, 2) in samples, of voices or else of any sounds; and whether they are of voices.

    The first may lie before the recording, the last behind it. Frames are counted from the loudest sample,
    so that they cut the speech in the same places whatever comes before it.
    """
    samples = np.clip(samples, -MAX_AMPLITUDE, MAX_AMPLITUDE)  # whose squares are finite
    phase = int(np.abs(samples).argmax()) % HOP_LENGTH if len(samples) else 0
    density, energy = _describe(_frames(samples, phase))
    loudness = energy.sum(1)
    sounding = loudness > max(loudness.max() * 10 ** (-RANGE_DB / 10), QUIETEST)
    spans, voiced = [], False
    if sounding.any():
        loud = loudness > loudness.max() * 10 ** (-LOUD_DB / 10)
        periodicity = _periodicity(density, sounding & _widened(loud, FLOOR_REACH))
        stretches = _voiced(np.where(sounding, periodicity, 0), loudness)
        spans = _speech(energy, sounding, stretches)
        voiced = bool(spans)
        if not voiced:
            spans = _runs(_active(energy, sounding, _runs(loud)))
    # A frame stands for the hop around its centre.
    edges = phase - HOP_LENGTH // 2 + HOP_LENGTH * (np.array(spans, int).reshape(-1, 2) - OUTSIDE)
    return edges, voiced


def _speech(
    energy: np.ndarray, sounding: np.ndarray, stretches: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Stretches [start, end) of active frames around voiced ones, those of a knock or two left out."""
    if not stretches:
        return []
    active = _active(energy, sounding, stretches)
    voiced = _flags(stretches, len(active)) & active
    runs = _runs(_closed(active & _widened(voiced, SPEECH_REACH), PAUSE))
    return [(start, end) for start, end in runs if voiced[start:end].sum() >= MIN_VOICED]


def _frames(samples: np.ndarray, phase: int) -> np.ndarray:
    """Frames (n, 640) whose middles lie 256 samples apart; that of frame `OUTSIDE` is sample `phase`."""
    n = 1 + (len(samples) - 1 - phase) // HOP_LENGTH
    n += 2 * OUTSIDE
    padded = np.zeros((n - 1) * HOP_LENGTH + FRAME, np.float32)
    before = FRAME // 2 - phase + OUTSIDE * HOP_LENGTH
    padded[before : before + len(samples)] = samples
    return np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP_LENGTH]


def _describe(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power of each frame in the bins where pitch is looked for (n, 123), and in the bands (n, 5)."""
    from scipy.fft import rfft  # five times as fast as NumPy's on float32; a quarter of a second to import

    window, _, bands = _constants()
    densities, energies = [], []
    for block in _blocks(frames):
        spectrum = rfft(block * window, FFT)
        density = np.square(spectrum.real) + np.square(spectrum.imag)
        densities.append(density[:, : len(_edges())])
        energies.append(density @ bands)
    return np.concatenate(densities), np.concatenate(energies)


def _periodicity(density: np.ndarray, around: np.ndarray) -> np.ndarray:
    """The highest normalised autocorrelation over the periods of voices (n,); 0 for what no voice does.

    Each bin counts by how far it rises above its own quiet in the frames `around` loud ones (n,): of a
    fan or a rumble little is left.
    """
    from scipy.fft import irfft

    quiet = np.quantile(density[around], FLOOR_QUANTILE, axis=0)
    weights = (_edges() / np.maximum(quiet, density.max() * 10 ** (-BIN_RANGE_DB / 10))).astype(np.float32)
    parts = []
    for block in _blocks(density):
        correlation = irfft(block * weights, PITCH_FFT)[:, : LAGS[1]]
        highest = (correlation[:, LAGS[0] :] / _constants()[1]).max(1)
        parts.append(highest / np.maximum(correlation[:, 0], np.float32(1e-20)))
    periodicity = np.concatenate(parts)
    periodicity[(_purity(density) > PURE) | _steady(np.sqrt(density))] = 0
    return periodicity


def _blocks(frames: np.ndarray) -> Iterator[np.ndarray]:
    """The frames a few at a time."""
    return (frames[first : first + BLOCK] for first in range(0, len(frames), BLOCK))


def _bin(hz: float) -> int:
    return round(hz / BIN_HZ)


@functools.cache
def _edges() -> np.ndarray:
    """Weights of the bins where pitch is looked for: 1 in the middle, falling to 0 at both ends."""
    low, high = PITCH_BAND_HZ
    hz = np.arange(_bin(high + PITCH_EDGE_HZ) + 1) * BIN_HZ
    return np.clip(hz / low * 2 - 1, 0, 1) * np.clip((high + PITCH_EDGE_HZ - hz) / PITCH_EDGE_HZ, 0, 1)


@functools.cache
def _constants() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The window, its autocorrelation at the lags, by which a frame's is divided, and the bands' bins."""
    window = np.hanning(FRAME + 1)[:-1]
    correlation = np.fft.irfft(np.abs(np.fft.rfft(window, FFT)) ** 2)[: 2 * LAGS[1] : 2]
    bands = np.zeros((FFT // 2 + 1, len(BANDS_HZ) - 1))
    for i, (start, end) in enumerate(itertools.pairwise(BANDS_HZ)):
        bands[_bin(start) : _bin(end), i] = 2 / FFT / np.square(window).sum()  # to mean squares of samples
    normalised = correlation[slice(*LAGS)] / correlation[0]
    return window.astype(np.float32), normalised.astype(np.float32), bands.astype(np.float32)


def _purity(density: np.ndarray) -> np.ndarray:
    """Share of each frame's power within 100 Hz of its highest peak."""
    reach = _bin(100)
    total = np.cumsum(np.pad(density, ((0, 0), (reach + 1, reach))), axis=1)
    peak, rows = density.argmax(1), np.arange(len(density))
    return (total[rows, peak + 2 * reach + 1] - total[rows, peak]) / np.maximum(total[:, -1], 1e-20)


def _steady(amplitude: np.ndarray) -> np.ndarray:
    """Frames (n,) of sound that stays what it is for longer than a voice can hold it."""
    amplitude = amplitude / (np.linalg.norm(amplitude, axis=1, keepdims=True) + 1e-10)
    similarity = np.einsum("ij,ij->i", amplitude[STEADY_LAG:], amplitude[:-STEADY_LAG])
    steady = np.zeros(len(amplitude), bool)
    for start, end in _runs(similarity > STEADY):
        if end - start >= STEADY_FRAMES:
            steady[start : end + STEADY_LAG] = True
    return steady


def _voiced(periodicity: np.ndarray, loudness: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of likely frames that hold a run of sure ones, loud enough to be near."""
    sure = _flags([run for run in _runs(periodicity > SURE) if run[1] - run[0] >= SURE_FRAMES], len(loudness))
    stretches = [run for run in _runs(periodicity > LIKELY) if sure[slice(*run)].any()]
    loudest = [loudness[start:end].max() for start, end in stretches]
    enough = max(loudest, default=0.0) * 10 ** (-NEAR_DB / 10)
    return [run for run, loud in zip(stretches, loudest, strict=True) if loud >= enough]


def _active(energy: np.ndarray, sounding: np.ndarray, stretches: list[tuple[int, int]]) -> np.ndarray:
    """Frames (n,) that rise above the noise in some band, or are the plain middle of the stretches.

    The noise is what there is around the stretches: what lies further off, such as a minute of silence
    before the speech, does not move the threshold. Nor does what is as good as silent.
    """
    energy = np.pad(energy, ((1, 1), (0, 0)))
    energy = (energy[:-2] + energy[1:-1] + energy[2:]) / 3
    inside = _flags(stretches, len(energy))
    floor = np.quantile(energy[_widened(inside, FLOOR_REACH) & sounding], FLOOR_QUANTILE, axis=0)
    voice = energy[inside].max(0)
    threshold = np.maximum(floor * 10 ** (ABOVE_FLOOR_DB / 10), voice * 10 ** (-RANGE_DB / 10))
    threshold[voice < floor * 10 ** (BURIED_DB / 10)] = np.inf
    loudness = energy.sum(1)
    plain = inside & (loudness > loudness[inside].max() * 10 ** (-LOUD_DB / 10))
    return (energy > threshold).any(1) | plain


def _flags(runs: list[tuple[int, int]], n: int) -> np.ndarray:
    """The opposite of `_runs`: true values (n,) in the stretches."""
    flags = np.zeros(n, bool)
    for start, end in runs:
        flags[start:end] = True
    return flags


def _widened(flags: np.ndarray, frames: int) -> np.ndarray:
    """Flags with so many frames more on both sides of every stretch."""
    return _flags([(max(start - frames, 0), end + frames) for start, end in _runs(flags)], len(flags))


def _closed(flags: np.ndarray, gap: int) -> np.ndarray:
    """Flags with gaps up to so many frames filled."""
    gaps = ((end, start) for (_, end), (start, _) in itertools.pairwise(_runs(flags)))
    return flags | _flags([(end, start) for end, start in gaps if start - end <= gap], len(flags))


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Stretches [start, end) of true values."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
