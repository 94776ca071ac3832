"""Read sound files and compute what the networks see; find the voice and judge the recording.

`reading` decodes any sound file to mono float32 samples at 16 kHz: `decoding` does the work within limits, `truncation`
recognises files that were cut off. `features` turns samples into log-mel spectrograms, and `png` draws those. `voice`
finds the speech, and `quality` says what is wrong with a recording. `tiles` and `curves` compute what the viewer shows:
spectrograms of any length, pitch and intensity. Start with `reading` and `features`.
"""

from ser.audio.reading import load_audio

__all__ = ["load_audio"]
