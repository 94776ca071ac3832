"""Clips as WAV files, which every program starts at the same time."""

import os

from ser.audio import pcm
from ser.audio.reading import read_audio


def wav_bytes(path: str | os.PathLike) -> bytes:
    """Return a sound file, decoded as for the network, as WAV: mono, 16 kHz, 16 bits; raise `AudioError` if it is not sound."""
    return pcm.wav_bytes(read_audio(path).samples)
