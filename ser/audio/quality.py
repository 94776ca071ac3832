"""What is wrong with a recording, and what the person who made it can do about it."""

from dataclasses import asdict, dataclass, replace

import numpy as np

from ser.audio.decoding import MAX_AMPLITUDE
from ser.audio.features import fix_length
from ser.audio.reading import SAMPLE_RATE
from ser.audio.voice import Voice, find_voice

MIN_S = 0.25  # shorter than a syllable
SILENT_PEAK = 1e-3  # of full scale, -60 dB; the quietest spoken clip of CREMA-D peaks at 0.023

# What is told to people about a recording, the most important first: no score helps where the first is true.
ADVICE = {
    "silent": "The recording is silent: check that the right microphone is chosen and switched on.",
    "no_voice": "No voice was found: speak aloud and close to the microphone, and check that it is the right one.",
    "too_quiet": "The voice is very quiet: come closer to the microphone or turn its level up.",
    "clipped": "The sound was too loud and is distorted: move away from the microphone or turn its level down.",
    "too_short": "This was very short: say a whole sentence, two or three seconds long.",
    "noisy": "There is much noise behind the voice: go where it is quieter or come closer to the microphone.",
    "narrow_band": "The high tones are missing, as on a telephone: use another microphone, not a phone call or a wireless headset.",
}
SHORT_S = 1.0
SHORT_VOICE_S = 0.5  # one word; 1 clip of CREMA-D in 2000 has less
QUIET_DBFS = -45.0  # of the speech; 2 clips in 1000 are quieter
CLIPPED = 0.01  # share of the speech that lies in cut-off peaks; it can be heard from here on
NOISY_DB = 10.0
NARROW_HZ = 4500.0  # a telephone ends at 4000

FLAT, FLAT_SAMPLES = 0.003, 3  # so many neighbours so close to the highest: cut off, not round
LOUD_PEAK = 0.9  # of full scale; what was cut off before it was resampled is rounded again, but loud
PILE_LEVELS = 1 / np.linspace(1.0, 2.0, 11)  # of the peak: how far resampling may shoot over the cut
FALL = 0.8  # a level of a voice is at most so full beside the level below it
PILED = 0.002  # share of the speech; less happens by chance

FRAME, FRAME_HOP = 512, 256  # samples of the spectra that noise and bandwidth are measured in
BLOCK = 64  # spectra at a time: they fit into the cache
BIN_HZ = SAMPLE_RATE / FRAME
SPEECH_HZ = 300.0  # below it hums and rumbles, which many good recordings have
SMOOTH = 5  # frames, 80 ms: shorter dips of a voice are no view on the noise behind it
AROUND = 8000  # samples around the speech, 0.5 s, where the noise is measured
NOISE_QUANTILE = 0.1
NOTHING = 1e-8  # of the speech's power: digital silence, which is no background
TINY = 1e-100
TREBLE_HZ = (2000.0, 3300.0)  # what telephones let through, and as high as they do
CLIFF_DB = 33.0  # below the level there, as good as nothing; the dullest of 800 clips falls by 27
QUIETEST = 1e-12  # mean square: -120 dBFS stands for nothing at all


def describe_problem(samples: np.ndarray) -> str | None:
    """One sentence when a recording (n,) is too short or silent to be judged, else None."""
    duration_s = len(samples) / SAMPLE_RATE
    if duration_s < MIN_S:
        return f"The recording is too short ({duration_s:.2f} s): speak for at least a second."
    # A microphone may add a constant to silence, so the peak is measured from the middle value.
    if np.abs(samples - np.median(samples)).max() < SILENT_PEAK:
        return ADVICE["silent"]
    return None


@dataclass(frozen=True)
class Quality:
    """How good a recording is. Levels are in dB relative to full scale, -120 where there is nothing.

    Attributes
    ----------
    duration_s : length of the recording
    voice_s : how long somebody speaks in it, see `ser.audio.voice.find_voice`
    peak_dbfs : highest sample, counted from the middle value
    speech_dbfs : level (rms) of the speech; of the whole recording where no voice was found
    clipped_share : share of the speech, 0 to 1, that lies in cut-off peaks; where no voice was found, of all
    snr_db : speech over noise between 300 and 8000 Hz; None where no voice was found
    bandwidth_hz : where the spectrum of the speech ends, up to 8000; None where no voice was found
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
        """A sentence per problem that says what is wrong and what to do; none where another explains it."""
        explained = {"no_voice"} if {"silent", "too_short"} & set(self.problems) else set()
        return tuple(ADVICE[problem] for problem in self.problems if problem not in explained)

    def to_dict(self) -> dict:
        """Return plain JSON values: the attributes, and the advice."""
        return asdict(self) | {"problems": list(self.problems), "advice": list(self.advice)}


def measure_quality(samples: np.ndarray, voice: Voice | None = None) -> Quality:
    """Measure a recording (n,), mono at 16 kHz with full scale 1. Any finite floats will do, even none.

    `voice` is what `ser.audio.voice.find_voice` found in it, where that is known.

    >>> measure_quality(np.zeros(48_000, np.float32)).problems
    ('silent', 'no_voice')
    """
    samples = np.clip(samples.astype(np.float64), -MAX_AMPLITUDE, MAX_AMPLITUDE).astype(np.float32)
    centred = samples - (np.median(samples) if len(samples) else np.float32(0))
    voice = find_voice(samples) if voice is None else voice
    spans = [(round(start_s * SAMPLE_RATE), round(end_s * SAMPLE_RATE)) for start_s, end_s in voice.spans]
    speech = _joined(centred, spans) if spans else centred
    snr_db, bandwidth_hz = _noise_and_bandwidth(centred, spans) if spans else (None, None)
    quality = Quality(
        duration_s=len(samples) / SAMPLE_RATE,
        voice_s=voice.voice_s,
        peak_dbfs=_db(np.abs(centred).max(initial=0) ** 2),
        speech_dbfs=_db(np.square(speech, dtype=np.float64).mean() if len(speech) else 0),
        clipped_share=_clipped_share(_joined(samples, spans) if spans else samples),
        snr_db=snr_db,
        bandwidth_hz=bandwidth_hz,
    )
    return replace(quality, problems=_problems(quality))


def _problems(quality: Quality) -> tuple[str, ...]:
    silent = quality.duration_s >= MIN_S and quality.peak_dbfs < _db(SILENT_PEAK**2)
    voice = quality.voice_s > 0
    found = {
        "silent": silent,
        "no_voice": not voice,
        "too_quiet": voice and quality.speech_dbfs < QUIET_DBFS,
        "clipped": quality.clipped_share > CLIPPED,
        "too_short": not silent and (quality.duration_s < SHORT_S or 0 < quality.voice_s < SHORT_VOICE_S),
        "noisy": quality.snr_db is not None and quality.snr_db < NOISY_DB,
        "narrow_band": quality.bandwidth_hz is not None and quality.bandwidth_hz < NARROW_HZ,
    }
    return tuple(problem for problem in ADVICE if found[problem])


def _db(power: float) -> float:
    return 10 * float(np.log10(max(power, QUIETEST)))


def _joined(samples: np.ndarray, spans: list[tuple[int, int]]) -> np.ndarray:
    return np.concatenate([samples[:0], *(samples[start:end] for start, end in spans)])


def _clipped_share(speech: np.ndarray) -> float:
    """Share of the samples (n,) that were cut off: flat tops, or many samples near the highest level."""
    share = 0.0
    for side in (speech, -speech):
        top = side.max(initial=0)
        if top > SILENT_PEAK:
            edges = np.flatnonzero(np.diff(side >= top * (1 - FLAT), prepend=False, append=False))
            lengths = edges[1::2] - edges[::2]
            flat = lengths[lengths >= FLAT_SAMPLES].sum()
            share += max(flat, _piled(side, top) if top >= LOUD_PEAK else 0) / len(side)
    return float(share)


def _piled(side: np.ndarray, top: float) -> float:
    """How many samples lie at a level near the top that is fuller than the one below it, as in no voice."""
    bins = 1000
    below = np.append(0, np.histogram(side, bins, (0, top))[0].cumsum())
    edges = np.minimum(np.outer((0.7, 0.9, 1.1), PILE_LEVELS), 1)
    low, at = np.diff(below[np.round(bins * edges).astype(int)], axis=0)
    excess = (at - FALL * low).max()
    return excess if excess > PILED * len(side) else 0


def _noise_and_bandwidth(samples: np.ndarray, spans: list[tuple[int, int]]) -> tuple[float, float]:
    """The ratio of speech to the noise around and behind it in dB; where its spectrum ends in Hz."""
    from scipy.fft import rfft  # five times as fast as NumPy's on float32; a quarter of a second to import

    samples = fix_length(samples, max(len(samples), FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::FRAME_HOP]
    inside, around = _flagged(spans, 0, len(frames)), _flagged(spans, AROUND, len(frames))
    window = np.hanning(FRAME + 1)[:-1].astype(np.float32)
    energy, spectrum = np.zeros(len(frames)), np.zeros(FRAME // 2 + 1)
    for i in range(0, len(frames), BLOCK):
        bins = rfft(frames[i : i + BLOCK] * window)
        density = np.square(bins.real) + np.square(bins.imag)
        energy[i : i + BLOCK] = density[:, round(SPEECH_HZ / BIN_HZ) :].sum(1)
        spectrum += density[inside[i : i + BLOCK]].sum(0)
    smooth = np.convolve(np.pad(energy, SMOOTH // 2, mode="edge"), np.ones(SMOOTH) / SMOOTH, "valid")
    speech = energy[inside].mean()
    noise = np.quantile(smooth[around & (energy >= NOTHING * speech)], NOISE_QUANTILE)
    return _db((speech - noise) / max(noise, TINY)), _end_of(spectrum)


def _flagged(spans: list[tuple[int, int]], margin: int, n: int) -> np.ndarray:
    """Flags of the frames (n,) whose middle lies in a span or so near to it, both in samples."""
    flags = np.zeros(n, bool)
    for span in spans:
        edges = np.add(span, (-margin, margin)) - FRAME // 2
        first, last = np.clip(edges // FRAME_HOP, 0, n - 1)
        flags[first : last + 1] = True
    return flags


def _end_of(spectrum: np.ndarray) -> float:
    """The frequency in Hz above which a power spectrum (257,) holds as good as nothing."""
    low, high = (round(hz / BIN_HZ) for hz in TREBLE_HZ)
    smooth = np.convolve(spectrum, np.ones(SMOOTH) / SMOOTH, "same")
    something = np.flatnonzero(smooth > spectrum[low:high].mean() * 10 ** (-CLIFF_DB / 10))
    return float(something[-1] * BIN_HZ) if len(something) else 0.0
