"""Decoded sound as 16-bit integers, and as the WAV file that every program plays from the same time on."""

import io

import numpy as np
import soundfile

from ser.audio.reading import SAMPLE_RATE

FULL_SCALE = 32_768


def to_int16(samples: np.ndarray) -> np.ndarray:
    """Return samples (n,) with full scale 1 as int16 (n,), little endian; those beyond full scale are clipped.

    Sound that was decoded from 16 bits comes out as it was.

    >>> to_int16(np.array([-1.2, -0.5, 0.0, 1.0]))
    array([-32768, -16384,      0,  32767], dtype=int16)
    """
    return np.clip(np.round(samples * np.float32(FULL_SCALE)), -FULL_SCALE, FULL_SCALE - 1).astype("<i2")


def wav_bytes(samples: np.ndarray) -> bytes:
    """Return samples (n,) at 16 kHz as a WAV file: mono, 16 bits."""
    content = io.BytesIO()
    soundfile.write(content, to_int16(samples), SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return content.getvalue()
