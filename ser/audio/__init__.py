"""A sound file -> mono float32 samples at 16 kHz -> features; and what is wrong with a recording."""

from ser.audio.reading import load_audio

__all__ = ["load_audio"]
