"""Clips as WAV files, which every program starts at the same time."""

import io
import os

import numpy as np
import soundfile

from ser.audio.reading import SAMPLE_RATE, read_audio

_FULL_SCALE = 32767


def wav_bytes(path: str | os.PathLike) -> bytes:
    """Return a sound file, decoded as for the network, as WAV: mono, 16 kHz, 16 bits; raise `AudioError` if it is not sound."""
    samples = np.clip(read_audio(path).samples, -1, 1)  # resampling can overshoot
    content = io.BytesIO()
    soundfile.write(content, np.round(samples * _FULL_SCALE).astype(np.int16), SAMPLE_RATE, format="WAV")
    return content.getvalue()
