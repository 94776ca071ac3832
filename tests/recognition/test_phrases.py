"""Phrases scored by themselves, and how they are printed and written for Praat and Audacity."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from ser.annotation.formats.praat_text import read_tiers
from ser.annotation.phrase_labels import phrases_as_audacity, phrases_as_textgrid
from ser.audio.reading import SAMPLE_RATE
from ser.labels import LABELS
from ser.recognition.bulk import recognize_all
from ser.recognition.recognizer import Recognizer
from ser.recognition.report import format_recognitions

PAUSE = np.zeros(SAMPLE_RATE, np.float32)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


@pytest.fixture(scope="module")
def results(recognizer, request, tmp_path_factory):
    """Results of three examples with pauses of a second between them, and of a file that cannot be read."""
    examples = sorted((request.config.rootpath / "ser" / "assets" / "examples").glob("*.flac"))[:3]
    sounds = [soundfile.read(path, dtype="float32")[0] for path in examples]
    folder = tmp_path_factory.mktemp("phrases")
    path, broken = folder / "=three.wav", folder / "broken.wav"
    soundfile.write(path, np.concatenate([part for sound in sounds for part in (PAUSE, sound)]), SAMPLE_RATE)
    broken.write_bytes(b"no sound")
    return [*recognize_all(recognizer, files=[str(path), str(broken)], phrases=True)]


def test_a_phrase_is_scored_as_if_it_were_a_recording(recognizer, results):
    samples = soundfile.read(results[0].file, dtype="float32")[0]
    for phrase in results[0].phrases:
        alone = recognizer.recognize(samples[max(phrase.start - 8000, 0) : phrase.end + 8000])
        assert phrase.scores == pytest.approx(alone.scores, abs=1e-4)
        assert (phrase.top, phrase.verdict) == (alone.top, alone.verdict)
        assert phrase.start - 4000 <= phrase.windows[0].start < phrase.windows[-1].end <= phrase.end + 4000


def test_a_short_recording_is_a_phrase_with_its_own_scores(recognizer):
    path = "ser/assets/examples/even.flac"
    (phrase,) = recognizer.recognize_phrases(path)
    assert phrase.scores == recognizer.recognize(path).scores


def test_a_recording_without_speech_is_a_phrase_without_voice(recognizer):
    (phrase,) = recognizer.recognize_phrases(np.zeros(5 * SAMPLE_RATE, np.float32))
    assert (phrase.start_s, phrase.end_s, phrase.verdict) == (0, 5, "no_voice")


def test_json_csv_and_table_have_the_phrases_only_where_they_are_wanted(results):
    phrases = results[0].phrases
    assert len(phrases) == 3
    first, second = json.loads(format_recognitions(results, style="json", phrases=True))
    assert first["phrases"] == json.loads(json.dumps([phrase.to_dict() for phrase in phrases]))
    assert second["phrases"] == []
    rows = list(csv.DictReader(io.StringIO(format_recognitions(results, style="csv", phrases=True))))
    assert [float(row["start_s"]) for row in rows[:-1]] == [phrase.start_s for phrase in phrases]
    assert [float(row["SAD"]) for row in rows[:-1]] == [phrase.scores["SAD"] for phrase in phrases]
    assert rows[-1]["error"] == results[1].error
    assert rows[-1]["start_s"] == ""
    lines = format_recognitions(results, phrases=True).splitlines()
    assert [line.split()[:3:2] for line in lines[2:5]] == [
        [f"{phrase.start_s:.2f}", f"{phrase.end_s:.2f}"] for phrase in phrases
    ]
    plain = [replace(results[0], phrases=()), results[1]]
    for style in ("table", "csv"):
        assert format_recognitions(results, style=style) == format_recognitions(plain, style=style)


def test_label_files_have_the_phrases_at_their_times(results):
    phrases = results[0].phrases
    ((name, text),) = phrases_as_textgrid(results).items()
    assert name.endswith("three.TextGrid")
    end_s, tiers = read_tiers(text)
    assert end_s == results[0].duration_s
    assert [tier.name for tier in tiers] == ["emotion", "score", "verdict"]
    for tier in tiers:
        spoken = [one for one in tier.intervals if one.text]
        assert [(one.start_s, one.end_s) for one in spoken] == [(one.start_s, one.end_s) for one in phrases]
    assert [one.text for one in tiers[0].intervals if one.text] == [phrase.top for phrase in phrases]
    ((_, track),) = phrases_as_audacity(results).items()
    for line, phrase in zip(track.splitlines(), phrases, strict=True):
        start, end, emotion = line.split("\t")
        assert (float(start), float(end)) == (phrase.start_s, phrase.end_s)
        assert emotion in LABELS


def test_files_of_the_same_name_have_label_files_of_their_own(results):
    assert len(phrases_as_textgrid([results[0], results[0]])) == 2
