"""The page plays what was decoded: every format, to the sample, and nothing of it stays behind."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.audio.reading import SAMPLE_RATE, read_audio
from ser.corpus.crema_d import Corpus
from ser.evaluation.clip_table import ClipTable
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.ui.dataset.clip import open_clip
from ser.ui.page.served_files import playable_copy
from ser.ui.results.tab import serve_clip
from ser.ui.takes.panel import draw_panel
from ser.ui.takes.side_by_side import draw_comparison
from ser.ui.takes.take import discard_files
from tests.helpers.sound_files import chirp, encode, write
from tests.ui.test_takes import take

NO_HEADER = {"write_xing": "0", "id3v2_version": "0"}
# What browsers do not play, or seek in to somewhere else.
KINDS = {
    "AMR": ("amr", "libopencore_amrnb", 8_000, {}),
    "WMA": ("wma", "wmav2", 44_100, {}),
    "ALAC": ("m4a", "alac", 44_100, {}),
    "AAC in ADTS": ("aac", "aac", 48_000, {}),
    "MP3 without a header": ("mp3", "libmp3lame", 44_100, NO_HEADER),
}


@pytest.fixture
def uploads(tmp_path, monkeypatch) -> Path:
    """The folder in which gradio keeps uploads."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


def played(path: str | Path) -> np.ndarray:
    """The samples of a file that every browser plays exactly: a plain WAV at the networks' rate."""
    info = soundfile.info(path)
    assert (info.format, info.subtype, info.channels, info.samplerate) == ("WAV", "PCM_16", 1, SAMPLE_RATE)
    return soundfile.read(path, dtype="float32")[0]


@pytest.mark.parametrize("kind", [*KINDS, "AIFF"])
def test_what_is_played_are_the_decoded_samples(uploads, kind):
    if kind == "AIFF":
        file = write(uploads / "voice.aiff", chirp())
    else:
        ending, codec, rate, options = KINDS[kind]
        bit_rate = {"b": "128k"} if codec == "wmav2" else None
        file = encode(uploads / f"voice.{ending}", codec, chirp(), rate, codec_options=bit_rate, **options)
    recording = read_audio(file)
    copy = playable_copy(file, recording)
    assert copy != str(file)
    assert Path(copy).is_relative_to(uploads)
    np.testing.assert_allclose(played(copy), recording.samples, atol=0.51 / 32768)


def test_a_recording_of_the_page_is_played_itself(uploads):
    file = uploads / "audio.wav"
    soundfile.write(file, chirp(), SAMPLE_RATE, subtype="PCM_16")
    assert playable_copy(file, read_audio(file)) == str(file)


def test_a_whole_joined_wav_is_played(uploads):
    """Browsers end with the first part."""
    one = uploads / "one.wav"
    soundfile.write(one, chirp(1.0), SAMPLE_RATE, subtype="PCM_16")
    both = uploads / "both.wav"
    both.write_bytes(2 * one.read_bytes())
    assert len(played(playable_copy(both, read_audio(both)))) == 2 * SAMPLE_RATE


def test_takes_play_the_copy_and_delete_it_too(uploads):
    for name in ("a.amr", "a.amr.wav", "b.amr", "b.amr.wav"):
        (uploads / name).write_bytes(b"sound")
    first, second = (
        take(name=name, file=f"{uploads}/{name}.amr", played=f"{uploads}/{name}.amr.wav") for name in "ab"
    )
    for html in (draw_panel([first, second], None), draw_comparison(first, second)):
        assert html.count(f'gradio_api/file={uploads}/a.amr.wav"') == 1
    discard_files([first], [second])
    assert sorted(path.name for path in uploads.iterdir()) == ["b.amr", "b.amr.wav"]


def test_clips_of_the_data_set_are_played_as_decoded(uploads, tmp_path):
    """Copies of CREMA-D as MP3 are common."""
    folder = tmp_path / "corpus" / "AudioMP3"
    folder.mkdir(parents=True)
    clip = "1004_DFA_ANG_XX"
    file = encode(folder / f"{clip}.mp3", "libmp3lame", chirp(), 44_100, **NO_HEADER)
    corpus = Corpus(tmp_path / "corpus")
    expected = read_audio(file).samples
    predictions = DEFAULT_CHECKPOINT / "predictions.csv"
    for sound in (open_clip(ClipTable(predictions, corpus), clip), serve_clip(corpus, clip)):
        assert Path(sound["audio"]).is_relative_to(uploads)
        np.testing.assert_allclose(played(sound["audio"]), expected, atol=0.51 / 32768)
