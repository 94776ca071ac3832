"""Score a recording phrase by phrase."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ser.audio.features import N_SAMPLES
from ser.audio.phrases import Span, find_phrases, surroundings
from ser.audio.reading import SAMPLE_RATE
from ser.recognition.result import Phrase, Recognition

LISTENING_S = 0.5  # around a phrase, in which its speech is found as in a recording by itself


def score_phrases(
    samples: np.ndarray,
    *,
    recognize: Callable[[np.ndarray], Recognition],
    reach_s: float = LISTENING_S,
    threads: int = 1,
) -> tuple[Phrase, ...]:
    """Return the phrases of a recording, each scored by itself.

    Parameters
    ----------
    samples : (n,) mono, 16 kHz
    recognize : scores samples (m,), such as `ser.recognition.recognizer.Recognizer.recognize`
    reach_s : seconds of the pauses around a phrase that are passed with it, at most half of a pause. A recording of up
        to 3.0 s is passed whole
    threads : how many phrases are scored at a time
    """
    spans = find_phrases(samples)
    parts = [(0, len(samples))]
    if len(samples) > N_SAMPLES:
        parts = surroundings(spans, reach=round(reach_s * SAMPLE_RATE), n_samples=len(samples))

    def score(span: Span, part: Span) -> Phrase:
        result = recognize(samples[slice(*part)])
        windows = tuple(
            window._replace(start=window.start + part[0], end=window.end + part[0])
            for window in result.windows
        )
        return Phrase(
            start=span[0],
            end=span[1],
            scores=result.scores,
            top=result.top,
            verdict=result.verdict,
            reason=result.reason,
            voice_s=result.voice_s,
            windows=windows,
            heard=result.heard,
            intensity=result.intensity,
            adapted=result.adapted,
        )

    with ThreadPoolExecutor(threads) as pool:
        return tuple(pool.map(score, spans, parts))
