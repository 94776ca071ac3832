"""Clips of four validation actors, as one room and one microphone would have recorded them."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.adaptation.clips import Clip
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.evaluation.conditions import add_noise, colour, reverberate, tilted_noise
from ser.labels import LABELS
from ser.recognition.recognizer import Recognizer

ACTORS = ("1001", "1021", "1026", "1028")
SENTENCES = ("IEO", "TIE", "IOM")


@pytest.fixture(scope="session")
def recognizer() -> Recognizer:
    return Recognizer.load()


def in_a_room(samples: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(3)  # the same room and microphone for all
    samples = reverberate(colour(samples, rng, depth_db=12), rng, rt60_s=0.8)
    return add_noise(samples, rng, noise=partial(tilted_noise, slope=0.5), snr_db=15)


@pytest.fixture(scope="session")
def room(crema_d, tmp_path_factory) -> Path:
    """A folder with 72 clips, named ACTOR_SENTENCE_EMOTION.wav."""
    folder = tmp_path_factory.mktemp("room")
    for actor in ACTORS:
        for sentence in SENTENCES:
            for emotion in LABELS:
                level = "HI" if sentence == "IEO" and emotion != "NEU" else "XX"
                samples = load_audio(crema_d / "AudioWAV" / f"{actor}_{sentence}_{emotion}_{level}.wav")
                sound = in_a_room(samples)
                soundfile.write(folder / f"{actor}_{sentence}_{emotion}.wav", sound, SAMPLE_RATE)
    return folder


@pytest.fixture(scope="session")
def clips(room) -> list[Clip]:
    """The clips with their labels and speakers."""
    return [Clip(path, path.stem[-3:], path.stem[:4]) for path in sorted(room.iterdir())]
