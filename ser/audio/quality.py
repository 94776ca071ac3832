"""Measure what is wrong with a recording, and tell the person who made it what to do about it."""

import functools
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np

from ser.audio.features import fix_length
from ser.audio.fourier import rfft
from ser.audio.reading import SAMPLE_RATE
from ser.audio.voice import Voice, find_voice, limited

# One sentence per problem, most important first: a score is no help to someone with the first of them.
ADVICE = {
    "silent": "The recording is silent: check that the right microphone is selected and switched on.",
    "no_voice": "No voice was found: speak up, move closer, and check which microphone is selected.",
    "too_quiet": "The voice is very quiet: move closer to the microphone or turn its level up.",
    "clipped": "The sound was too loud and is distorted: move away from the microphone or turn its level down.",
    "too_short": "This was very short: say a whole sentence, two or three seconds long.",
    "noisy": "There is a lot of background noise: move somewhere quieter, or closer to the microphone.",
    "narrow_band": "High frequencies are missing, as on the telephone: use another microphone, not a phone call or a wireless headset.",
}
MIN_S = 0.25  # shorter than a syllable
SILENT_PEAK = 1e-3  # of full scale, -60 dB; the quietest spoken clip of CREMA-D peaks at 0.023
SHORT_S = 1.0
SHORT_VOICE_S = 0.5  # one word; 1 clip of CREMA-D in 2000 has less
SHORT_SOUND_S = 1.5  # a loud sound without a voice that is no longer was cut off, or was no sentence
LOUD_DBFS = -20.0  # peak that is plain to see in a waveform
QUIET_DBFS = -45.0  # level of the speech; 2 clips in 1000 are quieter
CLIPPED_SHARE = 0.01  # share of the speech in cut-off peaks; audible from here on
NOISY_DB = 10.0  # speech over noise
NARROW_HZ = 4500.0  # the telephone band ends at 4000

# Clipping
FLAT_MARGIN, FLAT_SAMPLES = 0.003, 3  # this many neighbours within this share of the maximum: a peak cut flat
LOUD_PEAK = 0.9  # of full scale; resampling rounds the peaks of a clipped recording, but they stay loud
PILE_LEVELS = 1 / np.linspace(
    1.0, 2.0, 11
)  # of the peak: resampling may overshoot the clipping level by a factor of up to 2
PILE_RATIO = 0.8  # a level of an unclipped voice has at most this many samples per sample of the level below
MIN_PILED_SHARE = 0.002  # of the speech; less happens by chance

# Noise and bandwidth
FRAME, FRAME_HOP = 512, 256  # samples
FRAMES_AT_ONCE = 64  # spectra of this many frames fit into the cache
BIN_HZ = SAMPLE_RATE / FRAME  # 31.25 Hz between bins: 16,000 / 512
SAMPLES_AT_ONCE = 65_536  # of which there are copies, 256 kB each
MIN_SPEECH_HZ = 300.0  # below are hum and rumble, which many good recordings have
SMOOTHING = 5  # frames, 80 ms: in shorter dips of a voice the background cannot be seen
NOISE_REACH = 8000  # samples, 0.5 s: the noise is measured this far around the speech
NOISE_QUANTILE = 0.1
DIGITAL_SILENCE = 1e-8  # of the speech's power; anything quieter is not a background
MIN_NOISE = 1e-100  # keeps the ratio finite
TREBLE_HZ = (2000.0, 3300.0)  # passes through telephones, and is the highest band that does
CLIFF_DB = 33.0  # a spectrum ends this far below the treble; the dullest of 800 clips falls by 27
MIN_POWER = 1e-12  # mean square: -120 dBFS stands for digital silence


def describe_problem(samples: np.ndarray) -> str | None:
    """Return one sentence if a recording (n,) is too short or too quiet to be judged, else None."""
    duration_s = len(samples) / SAMPLE_RATE
    if duration_s < MIN_S:
        return f"The recording is too short ({duration_s:.2f} s): speak for at least a second."
    # A microphone may add a constant to silence, so the peak is measured from the median. It is at least half of the range.
    range_ = float(samples.max()) - float(samples.min())
    if range_ < 2 * SILENT_PEAK and np.abs(samples - np.median(samples)).max() < SILENT_PEAK:
        return ADVICE["silent"]
    return None


@dataclass(frozen=True)
class Quality:
    """How good a recording is. Levels are in dB relative to full scale; -120 stands for digital silence.

    Attributes
    ----------
    duration_s : length of the recording
    voice_s : length of the speech in it, see `ser.audio.voice.find_voice`
    peak_dbfs : highest sample, measured from the median
    speech_dbfs : level (root mean square) of the speech, or of the whole recording if no voice was found
    clipped_share : share of the speech in cut-off peaks, 0 to 1, or of the whole recording if no voice was found
    snr_db : ratio of speech to noise between 300 and 8000 Hz; None if no voice was found
    bandwidth_hz : frequency at which the spectrum of the speech ends, up to 8000; None if no voice was found
    problems : keys of `ADVICE`, in its order
    """

    duration_s: float
    voice_s: float
    peak_dbfs: float
    speech_dbfs: float
    clipped_share: float
    snr_db: float | None
    bandwidth_hz: float | None
    problems: tuple[str, ...] = ()

    @property
    def advice(self) -> tuple[str, ...]:
        """One sentence per problem that says what is wrong and what to do, unless another problem explains it."""
        explained = {"no_voice"} if {"silent", "too_short"} & set(self.problems) else set()
        return tuple(ADVICE[problem] for problem in self.problems if problem not in explained)

    def to_dict(self) -> dict:
        """Return the attributes and the advice as plain JSON values."""
        return asdict(self) | {"problems": list(self.problems), "advice": list(self.advice)}


def measure_quality(samples: np.ndarray, voice: Voice | None = None) -> Quality:
    """Measure the quality of a recording.

    Parameters
    ----------
    samples : (n,) of any finite floats, mono, 16 kHz, with full scale 1; n may be 0
    voice : what `ser.audio.voice.find_voice` returns for the samples, if it was called already

    >>> measure_quality(np.zeros(48_000, np.float32)).problems
    ('silent', 'no_voice')
    """
    samples = limited(samples)
    voice = find_voice(samples) if voice is None else voice
    spans = [(round(start_s * SAMPLE_RATE), round(end_s * SAMPLE_RATE)) for start_s, end_s in voice.spans]
    stretches = spans or [(0, len(samples))]
    clipped_share = _clipped_share([samples[start:end] for start, end in stretches])
    centred = samples - (np.median(samples) if len(samples) else np.float32(0))
    snr_db, bandwidth_hz = _noise_and_bandwidth(centred, spans) if spans else (None, None)
    peak = max(centred.max(initial=0), -centred.min(initial=0))
    quality = Quality(
        duration_s=len(samples) / SAMPLE_RATE,
        voice_s=voice.voice_s,
        peak_dbfs=_db(peak**2),
        speech_dbfs=_db(_mean_square([centred[start:end] for start, end in stretches])),
        clipped_share=clipped_share,
        snr_db=snr_db,
        bandwidth_hz=bandwidth_hz,
    )
    return replace(quality, problems=_problems(quality))


def _problems(quality: Quality) -> tuple[str, ...]:
    silent = quality.duration_s >= MIN_S and quality.peak_dbfs < _db(SILENT_PEAK**2)
    has_voice, loud = quality.voice_s > 0, quality.peak_dbfs >= LOUD_DBFS
    is_present = {
        "silent": silent,
        "no_voice": not has_voice,
        "too_quiet": has_voice and quality.speech_dbfs < QUIET_DBFS,
        "clipped": quality.clipped_share > CLIPPED_SHARE,
        "too_short": not silent
        and (
            quality.duration_s < (SHORT_S if has_voice or not loud else SHORT_SOUND_S)
            or 0 < quality.voice_s < SHORT_VOICE_S
        ),
        "noisy": quality.snr_db is not None and quality.snr_db < NOISY_DB,
        "narrow_band": quality.bandwidth_hz is not None and quality.bandwidth_hz < NARROW_HZ,
    }
    return tuple(problem for problem in ADVICE if is_present[problem])


def _db(power: float) -> float:
    return 10 * float(np.log10(max(power, MIN_POWER)))


def _pieces(stretches: list[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield stretches in pieces: ten minutes are never in memory a second time."""
    for stretch in stretches:
        for first in range(0, len(stretch), SAMPLES_AT_ONCE):
            yield stretch[first : first + SAMPLES_AT_ONCE]


def _mean_square(stretches: list[np.ndarray]) -> float:
    total = sum(float(np.square(piece, dtype=np.float64).sum()) for piece in _pieces(stretches))
    return total / max(sum(map(len, stretches)), 1)


def _clipped_share(stretches: list[np.ndarray]) -> float:
    """Return the share of samples in stretches of speech that were cut off: in flat peaks, or piled up near the maximum."""
    share, n = 0.0, sum(map(len, stretches))
    for sign in (np.float32(1), np.float32(-1)):
        peak = max(((sign * piece).max() for piece in _pieces(stretches)), default=np.float32(0))
        if peak > SILENT_PEAK:
            threshold = peak * (1 - FLAT_MARGIN)
            is_near = np.concatenate([sign * piece >= threshold for piece in _pieces(stretches)])
            edges = np.flatnonzero(np.diff(is_near, prepend=False, append=False))
            lengths = edges[1::2] - edges[::2]
            flat = lengths[lengths >= FLAT_SAMPLES].sum()
            share += max(flat, _piled(stretches, sign, float(peak)) if peak >= LOUD_PEAK else 0) / n
    return float(share)


def _piled(stretches: list[np.ndarray], sign: np.float32, peak: float) -> float:
    """Return how many samples of one sign are piled up at a level near the peak that is fuller than the level below it.

    The levels of a voice that was not clipped get emptier towards the peak.
    """
    bins = 1000
    counts = np.sum([np.histogram(sign * piece, bins, (0, peak))[0] for piece in _pieces(stretches)], axis=0)
    n_below = np.append(0, np.cumsum(counts))
    edges = np.minimum(np.outer((0.7, 0.9, 1.1), PILE_LEVELS), 1)  # (3, levels)
    n_lower, n_at_level = np.diff(n_below[np.round(bins * edges).astype(int)], axis=0)
    excess = (n_at_level - PILE_RATIO * n_lower).max()
    return excess if excess > MIN_PILED_SHARE * sum(map(len, stretches)) else 0


def _noise_and_bandwidth(samples: np.ndarray, spans: list[tuple[int, int]]) -> tuple[float, float]:
    """Return the ratio of the speech to the noise in and around it in dB, and where its spectrum ends in Hz."""
    samples = fix_length(samples, max(len(samples), FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::FRAME_HOP]  # (frames, 512)
    in_speech, near_speech = _frames_in(spans, 0, len(frames)), _frames_in(spans, NOISE_REACH, len(frames))
    energy, speech_spectrum = np.zeros(len(frames)), np.zeros(FRAME // 2 + 1)
    for first in range(0, len(frames), FRAMES_AT_ONCE):
        block = slice(first, first + FRAMES_AT_ONCE)
        bins = rfft(frames[block] * _hann_window())
        power = np.square(bins.real)  # (block, 257)
        power += np.square(bins.imag)
        energy[block] = power[:, round(MIN_SPEECH_HZ / BIN_HZ) :].sum(1)
        speech_spectrum += power[in_speech[block]].sum(0)
    smoothed = np.convolve(
        np.pad(energy, SMOOTHING // 2, mode="edge"), np.ones(SMOOTHING) / SMOOTHING, "valid"
    )
    speech = energy[in_speech].mean()
    noise = np.quantile(smoothed[near_speech & (energy >= DIGITAL_SILENCE * speech)], NOISE_QUANTILE)
    return _db((speech - noise) / max(noise, MIN_NOISE)), _end_of(speech_spectrum)


@functools.cache
def _hann_window() -> np.ndarray:
    return np.hanning(FRAME + 1)[:-1].astype(np.float32)


def _frames_in(spans: list[tuple[int, int]], margin: int, n: int) -> np.ndarray:
    """Return flags (n,) of the frames whose centre is in a span or at most `margin` samples away from one."""
    flags = np.zeros(n, bool)
    for span in spans:
        edges = np.add(span, (-margin, margin)) - FRAME // 2
        first, last = np.clip(edges // FRAME_HOP, 0, n - 1)
        flags[first : last + 1] = True
    return flags


def _end_of(spectrum: np.ndarray) -> float:
    """Return the frequency in Hz above which a power spectrum (257,) is effectively empty."""
    low, high = (round(hz / BIN_HZ) for hz in TREBLE_HZ)
    smoothed = np.convolve(spectrum, np.ones(SMOOTHING) / SMOOTHING, "same")
    filled = np.flatnonzero(smoothed > spectrum[low:high].mean() * 10 ** (-CLIFF_DB / 10))
    return float(filled[-1] * BIN_HZ) if len(filled) else 0.0
