"""Cut a recording at its pauses into phrases of about 0.7 to 8 s, from where the voice is.

A pause separates two phrases. A stretch of speech that is shorter than a phrase belongs to the nearer neighbour, or is a
phrase by itself if both are far away; one that is longer is cut where it is quietest.
"""

import itertools

import numpy as np

from ser.audio.decoding import MAX_AMPLITUDE
from ser.audio.features import HOP_LENGTH, N_SAMPLES
from ser.audio.reading import SAMPLE_RATE
from ser.audio.voice import Voice, find_voice

# Chosen on recordings made of clips of training actors. Of 72 boundaries in test actors' clips of very different
# loudness, 94% are found within 0.15 s where noise is 20 dB below their mean, and more where it is 20 dB below each.
MIN_PAUSE_S = 0.35  # shorter pauses are part of a phrase
MIN_PHRASE_S, MAX_PHRASE_S = 0.7, 8.0
MAX_NEIGHBOUR_S = 0.7  # a shorter stretch of speech this close to another belongs to it
QUIET_S = 0.2  # a long phrase is cut in the middle of the quietest stretch of this length

# The quiet sounds that a phrase begins and ends with
EDGE_REACH_S = 0.5  # how long they are at most
MAX_STOP_S = 0.06  # silence before a burst, as in "t"
BELOW_LOUDEST_DB = 32.0  # what is further below the loudest sound of the phrase is not part of it
ABOVE_FLOOR_DB = 6.0  # nor is what rises less above the noise of the pauses around it
FLOOR_QUANTILE = 0.2
MIN_RANGE = 100  # between the powers of the loudest sound and of a silence

Span = tuple[int, int]  # first sample, and the one after the last


def find_phrases(samples: np.ndarray, voice: Voice | None = None) -> list[Span]:
    """Find the phrases of a recording, in order.

    A recording of at most 3.0 s is one phrase, from its first speech to its last. A recording of any length without
    speech is one phrase from start to end. An empty one has none.

    Parameters
    ----------
    samples : (n,) mono, 16 kHz
    voice : what `ser.audio.voice.find_voice` returns for the samples, if it was called already

    Returns
    -------
    First sample of each phrase, and the one after its last.

    >>> find_phrases(np.zeros(80_000, np.float32))
    [(0, 80000)]
    """
    if not len(samples):
        return []
    voice = find_voice(samples) if voice is None else voice
    if not voice.spans:
        return [(0, len(samples))]
    spans = [(round(start_s * SAMPLE_RATE), round(end_s * SAMPLE_RATE)) for start_s, end_s in voice.spans]
    if len(samples) <= N_SAMPLES:
        return [(spans[0][0], spans[-1][1])]
    samples = np.clip(samples, -MAX_AMPLITUDE, MAX_AMPLITUDE)  # so that the squares are finite
    phrases = _with_edges(samples, _with_neighbours(_joined(spans)))
    return [part for phrase in phrases for part in _cut(samples, phrase)]


def find_silences(samples: np.ndarray) -> list[Span]:
    """Find the silences of a recording that last 0.06 s or longer, in order.

    Silence is what is 32 dB below the loudest sound within three seconds, or hardly above the noise.

    Parameters
    ----------
    samples : (n,) mono, 16 kHz

    Returns
    -------
    First sample of each silence, and the one after its last; the first and the last one may touch the recording's ends.

    >>> find_silences(np.r_[np.zeros(16_000), np.sin(np.arange(16_000)), np.zeros(8000)].astype(np.float32))
    [(0, 15616), (32512, 40000)]
    """
    samples = np.clip(samples, -MAX_AMPLITUDE, MAX_AMPLITUDE)  # so that the squares are finite
    power = _hop_powers(np.diff(samples, prepend=samples[:1]))
    if not len(power):
        return []
    from scipy.ndimage import maximum_filter1d  # takes a moment to load

    loudest = maximum_filter1d(power, 2 * N_SAMPLES // HOP_LENGTH, mode="nearest")  # within three seconds
    floor = np.quantile(power, FLOOR_QUANTILE) * 10 ** (ABOVE_FLOOR_DB / 10)
    silent = power <= np.maximum(
        np.minimum(floor, loudest / MIN_RANGE), loudest * 10 ** (-BELOW_LOUDEST_DB / 10)
    )
    edges = np.flatnonzero(np.diff(silent, prepend=False, append=False)) * HOP_LENGTH
    edges[edges == len(power) * HOP_LENGTH] = len(samples)
    shortest = MAX_STOP_S * SAMPLE_RATE
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(start, end) for start, end in pairs if end - start >= shortest]


def surroundings(phrases: list[Span], *, reach: int, n_samples: int) -> list[Span]:
    """Return the part of a recording of `n_samples` around each phrase: up to `reach` samples more on either side.

    It ends in the middle of a pause at the latest, so no sample is in two parts.
    """
    middles = [(end + start) // 2 for (_, end), (start, _) in itertools.pairwise(phrases)]
    return [
        (max(start - reach, first), min(end + reach, last))
        for (start, end), first, last in zip(phrases, [0, *middles], [*middles, n_samples], strict=True)
    ]


def _joined(spans: list[Span]) -> list[Span]:
    """Join spans without a pause between them."""
    joined = spans[:1]
    for start, end in spans[1:]:
        if start - joined[-1][1] < MIN_PAUSE_S * SAMPLE_RATE:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _with_neighbours(spans: list[Span]) -> list[Span]:
    """Join spans that are too short to a neighbour, from the first to the last, each to the nearer one."""
    phrases: list[Span] = []
    for i, span in enumerate(spans):
        following = spans[i + 1] if i + 1 < len(spans) else None
        if phrases and _belong_together(phrases[-1], span):
            pause = span[0] - phrases[-1][1]
            is_left_nearer = following is None or pause <= following[0] - span[1]
            if is_left_nearer or _is_short(phrases[-1]) or not _belong_together(span, following):
                phrases[-1] = (phrases[-1][0], span[1])
                continue
        phrases.append(span)
    return phrases


def _belong_together(left: Span, right: Span | None) -> bool:
    return (
        right is not None
        and (_is_short(left) or _is_short(right))
        and right[0] - left[1] <= MAX_NEIGHBOUR_S * SAMPLE_RATE
        and right[1] - left[0] <= MAX_PHRASE_S * SAMPLE_RATE
    )


def _is_short(span: Span) -> bool:
    return span[1] - span[0] < MIN_PHRASE_S * SAMPLE_RATE


def _with_edges(samples: np.ndarray, phrases: list[Span]) -> list[Span]:
    """Extend each phrase over the quiet sounds that it begins and ends with.

    Their threshold follows from the phrase and the pauses around it, while `find_voice` has one for the recording.
    """
    parts = surroundings(phrases, reach=round(EDGE_REACH_S * SAMPLE_RATE), n_samples=len(samples))
    return [_extended(samples, phrase, part) for phrase, part in zip(phrases, parts, strict=True)]


def _extended(samples: np.ndarray, phrase: Span, part: Span) -> Span:
    """Return a phrase with its quiet edges, which are within a part of the recording."""
    treble = np.diff(samples[slice(*part)], prepend=samples[part[0]])  # leaves little of hum and rumble
    power = _hop_powers(treble)
    start, end = ((edge - part[0]) // HOP_LENGTH for edge in phrase)
    pauses = np.concatenate([power[:start], power[end:]])
    if not len(pauses) or not len(power[start:end]):
        return phrase
    floor = np.quantile(pauses, FLOOR_QUANTILE) * 10 ** (ABOVE_FLOOR_DB / 10)
    sounding = power > max(floor, power[start:end].max() * 10 ** (-BELOW_LOUDEST_DB / 10))
    before, after = _hops_of_sound(sounding[:start][::-1]), _hops_of_sound(sounding[end:])
    return max(phrase[0] - before * HOP_LENGTH, part[0]), min(phrase[1] + after * HOP_LENGTH, part[1])


def _hops_of_sound(sounding: np.ndarray) -> int:
    """Return for how many hops a sound goes on, given flags (n,), with silence as short as that before a burst."""
    n_hops = 0
    for hop in np.flatnonzero(sounding).tolist():
        if hop - n_hops > round(MAX_STOP_S * SAMPLE_RATE / HOP_LENGTH):
            break
        n_hops = hop + 1
    return n_hops


def _hop_powers(samples: np.ndarray, *, smoothing: int = 3) -> np.ndarray:
    """Return the mean square (n // 256,) of each 256 of the samples (n,), as a mean over `smoothing` of them."""
    hops = samples[: len(samples) // HOP_LENGTH * HOP_LENGTH].reshape(-1, HOP_LENGTH)
    power = np.square(hops, dtype=np.float64).mean(1)
    if not len(power):
        return power
    before = smoothing // 2
    padded = np.pad(power, (before, smoothing - 1 - before), mode="edge")
    return np.convolve(padded, np.ones(smoothing) / smoothing, "valid")


def _cut(samples: np.ndarray, phrase: Span) -> list[Span]:
    """Return a phrase in parts of 0.7 to 8 s: each ends at the quietest place that leaves enough for the next one."""
    start, end = phrase
    parts = []
    margin, longest = (round(seconds * SAMPLE_RATE / HOP_LENGTH) for seconds in (MIN_PHRASE_S, MAX_PHRASE_S))
    while end - start > longest * HOP_LENGTH:
        power = _hop_powers(
            samples[start:end][: longest * HOP_LENGTH], smoothing=round(QUIET_S * SAMPLE_RATE / HOP_LENGTH)
        )
        last = min(longest, (end - start) // HOP_LENGTH - margin)
        cut = start + HOP_LENGTH * (margin + int(power[margin:last].argmin()))
        parts.append((start, cut))
        start = cut
    return [*parts, (start, end)]
