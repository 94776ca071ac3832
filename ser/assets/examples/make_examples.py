"""Write the example clips of the app into this folder: `python ser/assets/examples/make_examples.py`.

A synthetic voice (eSpeak NG, `apt-get install espeak-ng`) says six ordinary sentences, each in a different
manner. The clips show how the app answers; the voices were chosen so that both networks say of each what it sounds like.
Nobody felt anything when they were made, so they are not ground truth for any emotion.
"""

import io
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

SAMPLE_RATE = 16_000
MARGIN_S = 0.15  # silence kept before and after the voice
HERE = Path(__file__).resolve().parent


class Manner(NamedTuple):
    """How one clip is spoken: eSpeak's voice, pitch (0 to 99), pitch range (%) and words per minute, and the peak."""

    voice: str
    pitch: int
    pitch_range: int
    words_per_minute: int
    peak: float
    text: str


MANNERS = {
    "loud and clipped": Manner("en-gb", 73, 189, 207, 0.95, "I told you to leave it alone!"),
    "low and drawn out": Manner("en-us+m7", 33, 130, 113, 0.45, "There is something old in this soup."),
    "high and hurried": Manner("en-us+f1", 90, 95, 248, 0.50, "Did you hear that? It's behind the door."),
    "bright and lively": Manner(
        "en-us+f2", 61, 249, 187, 0.70, "The letter came, and we are going to Lisbon!"
    ),
    "even": Manner("en-us+m7", 41, 97, 158, 0.55, "There is a map on the wall of the office."),
    "quiet and falling": Manner(
        "en-us+m7", 44, 44, 122, 0.22, "It rained all morning. Now there is nobody on the road."
    ),
}


def speak(manner: Manner) -> np.ndarray:
    """Return the samples of one clip: mono float32 at 16 kHz, with the peak of its manner."""
    ssml = f'<speak><prosody range="{manner.pitch_range}%">{manner.text}</prosody></speak>'
    options = ["-v", manner.voice, "-p", str(manner.pitch), "-s", str(manner.words_per_minute), "-m"]
    wav = subprocess.run(["espeak-ng", *options, "--stdout", ssml], check=True, capture_output=True).stdout
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    samples = soxr.resample(samples, rate, SAMPLE_RATE)
    voiced = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    samples = np.pad(samples[voiced[0] : voiced[-1] + 1], round(MARGIN_S * SAMPLE_RATE))
    return samples * (manner.peak / np.abs(samples).max())


def main() -> None:
    """Write a FLAC file for each manner."""
    for name, manner in MANNERS.items():
        path = HERE / f"{name.replace(' ', '_')}.flac"
        samples = speak(manner)
        soundfile.write(path, samples, SAMPLE_RATE, subtype="PCM_16")
        print(f"{path.name}: {samples.size / SAMPLE_RATE:.2f} s, {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
