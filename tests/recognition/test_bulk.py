"""Many recordings are scored as each by itself."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.audio.features import N_SAMPLES, log_mel, mel_db, standardise
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.network.checkpoint import CHECKPOINTS, top_db_of
from ser.network.inputs import Inputs, band_statistics
from ser.network.session import ONNX_FILE, open_session
from ser.recognition.bulk import recognize_all, recognize_some
from ser.recognition.familiar import distances
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Recognition, Unscored
from ser.recognition.voice_profile import Profile
from ser.recognition.windows import WINDOWS_AT_ONCE, hear
from tests.conftest import ROOT

EXAMPLES = sorted((ROOT / "ser" / "assets" / "examples").glob("*.flac"))
MAX_DIFFERENCE = 0.01  # between scores; what is measured is a millionth


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


@pytest.fixture(scope="module")
def sentences(crema_d) -> list[Path]:
    return (
        sorted((crema_d / "AudioWAV").glob("1001_*_ANG_XX.wav"))[:4]
        + sorted((crema_d / "AudioWAV").glob("1002_*_SAD_XX.wav"))[:4]
    )


@pytest.fixture(scope="module")
def recording(sentences) -> np.ndarray:
    """Sentences with pauses of different lengths between them."""
    random = np.random.default_rng(0)
    parts = [load_audio(clip) for clip in sentences]
    noise = [random.normal(size=int(random.uniform(0.2, 0.7) * SAMPLE_RATE)) * 1e-4 for _ in parts]
    joined = [part.astype(np.float32) for pair in zip(parts, noise, strict=True) for part in pair]
    return np.concatenate(joined)


def test_clips_of_any_length_together_score_as_each_alone(
    recognizer, sentences, recording, tmp_path, monkeypatch
):
    monkeypatch.setattr("ser.recognition.bulk.MAX_SHORT", 4 * N_SAMPLES)
    long, broken, word = tmp_path / "long.wav", tmp_path / "broken.wav", tmp_path / "word.wav"
    soundfile.write(long, recording, SAMPLE_RATE)
    soundfile.write(word, load_audio(sentences[0])[16_000:20_000], SAMPLE_RATE)
    broken.write_bytes(b"RIFF")
    files = [*sentences, broken, word, long]
    together = recognize_some(recognizer, files=files)
    alone = [recognizer.recognize_or_error(file) for file in files]
    assert [result.file for result in together] == [str(file) for file in files]
    for one, other in zip(together, alone, strict=True):
        if isinstance(other, Unscored):
            assert one == other
            continue
        assert isinstance(one, Recognition)
        assert one.scores == pytest.approx(other.scores, abs=1e-5)
        assert (one.verdict, one.quality, len(one.windows)) == (
            other.verdict,
            other.quality,
            len(other.windows),
        )
        assert one.intensity == pytest.approx(other.intensity, abs=1e-3)
    in_threads = list(recognize_all(recognizer, files=[str(file) for file in files[:-1]]))
    for one, other in zip(in_threads, alone, strict=False):
        assert isinstance(one, Unscored) or one.scores == pytest.approx(other.scores, abs=1e-5)


@pytest.mark.parametrize(("network", "known"), [("emotion", False), ("emotion", True), ("published", False)])
def test_a_profile_and_the_notebooks_network_score_together_as_alone(network, known):
    """The notebook's network reads the first window alone, and has neither votes nor intensity."""
    recognizer = Recognizer.load(CHECKPOINTS / network)
    files = [str(file) for file in EXAMPLES]
    profile = None
    if known:
        said = recognizer.recognize(files[0])
        profile = Profile(recognizer.checkpoint_id).with_take(said.logits, "NEU")
    together = list(recognize_all(recognizer, files=files, profile=profile))
    for one, file in zip(together, files, strict=True):
        alone = recognizer.recognize(file, profile=profile)
        assert isinstance(one, Recognition)
        assert one.scores == pytest.approx(alone.scores, abs=1e-5)
        assert (one.file, one.verdict, one.reason) == (file, alone.verdict, alone.reason)
    if known:
        strangers = recognize_all(recognizer, files=files)
        assert any(
            one.scores != pytest.approx(other.scores, abs=0.01)
            for one, other in zip(together, strangers, strict=True)
        )


def test_a_file_that_fails_takes_no_other_with_it(recognizer, sentences, monkeypatch):
    def hear_all_but_one(file, *, from_speech):
        if file == sentences[5]:
            raise ZeroDivisionError
        return hear(file, from_speech=from_speech)

    monkeypatch.setattr("ser.recognition.bulk.hear", hear_all_but_one)
    answers = recognize_all(recognizer, files=[*map(str, sentences)])
    assert [next(answers).file for _ in range(5)] == [*map(str, sentences[:5])]
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_a_long_recording_scores_as_each_of_its_windows(recognizer, recording):
    """Its frames are computed once, its convolutions run without masks, and its windows together: scores stay."""
    result = recognizer.recognize(recording)
    assert len(result.windows) > WINDOWS_AT_ONCE
    session = open_session(recognizer.checkpoint.folder / ONNX_FILE)
    start, end = recognizer.scored_part(recording)
    part = np.pad(recording[max(start, 0) : end], (max(-start, 0), 0))
    offsets = [*range(0, len(part) - N_SAMPLES, 8_000), len(part) - N_SAMPLES]
    scores = []
    for offset in offsets:
        window = part[offset : offset + N_SAMPLES]
        floor = np.float32(-top_db_of(recognizer.checkpoint))
        features = standardise(np.maximum(mel_db(window), floor))[None, None]
        logits, _ = session.run(None, {"features": features, "lengths": np.array([features.shape[-1]])})
        far = distances_of(log_mel(window)[None])
        scores.append(recognizer.probabilities(logits[0, :6], distance=far))
    found = np.array([list(window.scores.values()) for window in result.windows])
    np.testing.assert_allclose(found, scores, atol=MAX_DIFFERENCE)
    np.testing.assert_allclose(list(result.scores.values()), np.mean(scores, axis=0), atol=MAX_DIFFERENCE)


def distances_of(features: np.ndarray) -> float:
    bands = band_statistics(features[0, 0], frames=features.shape[-1])
    return float(distances(Inputs(features, np.array([features.shape[-1]]), bands=bands[None]))[0])
