"""The released network on synthetic sounds and on the examples."""

from pathlib import Path

import numpy as np
import pytest

from ser import Recognizer
from ser.audio.reading import SAMPLE_RATE, load_audio
from tests.conftest import ROOT
from tests.helpers.sounds import MUSIC, VOICELESS, cough, noise

EXAMPLES = sorted((ROOT / "ser" / "assets" / "examples").glob("*.flac"))
NO_SPEECH = (
    VOICELESS
    | MUSIC
    | {f"noise {slope}": noise(1, slope) for slope in (0, 0.5, 1)}
    | {f"cough {seed}": cough(seed) for seed in range(6)}
)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


@pytest.mark.parametrize("name", NO_SPEECH)
def test_what_is_no_speech_gets_no_answer(recognizer, name):
    said = recognizer.recognize(NO_SPEECH[name])
    assert said.verdict in ("unsure", "no_voice")
    assert said.quality.advice


def test_speech_gets_one(recognizer):
    verdicts = {recognizer.recognize(path).verdict for path in EXAMPLES}
    assert "no_voice" not in verdicts
    assert "sure" in verdicts


def assert_silence_before_changes_nothing(recognizer: Recognizer, path: Path) -> None:
    samples = load_audio(path)
    later = np.concatenate([np.zeros(2 * SAMPLE_RATE, np.float32), samples])
    scores, same = recognizer.recognize(samples).scores, recognizer.recognize(later).scores
    assert max(abs(scores[label] - same[label]) for label in scores) <= 0.02


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_two_seconds_of_silence_before_change_no_score(recognizer, path):
    assert_silence_before_changes_nothing(recognizer, path)


def test_nor_do_they_before_real_clips(recognizer, crema_d):
    for path in sorted((crema_d / "AudioWAV").glob("*.wav"))[::400]:
        assert_silence_before_changes_nothing(recognizer, path)
