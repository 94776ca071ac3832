"""What the page shows of a recording's phrases, without a browser."""

import base64
import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from ser.audio.reading import SAMPLE_RATE
from ser.labels import LABELS
from ser.recognition.live import LiveScorer, Reading
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Phrase
from ser.recognition.story import steps_of, story
from ser.ui.parts import result
from ser.ui.record.live import show_summary
from ser.ui.takes.panel import verdict_dot, verdict_words
from ser.ui.viewer import drawing
from ser.ui.viewer.sounds import Sounds
from tests.conftest import ROOT

EXAMPLES = ROOT / "ser" / "assets" / "examples"


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


@pytest.fixture(scope="module")
def shown(recognizer, tmp_path_factory) -> tuple[result.Result, str]:
    """Three examples with a second of room tone between them, as a person uploads them."""
    folder = tmp_path_factory.mktemp("folder_of_the_app")
    pause = 1e-4 * np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32)
    names = ("even", "loud_and_clipped", "even")
    clips = [soundfile.read(EXAMPLES / f"{name}.flac", dtype="float32")[0] for name in names]
    samples = np.concatenate([part for clip in clips for part in (clip, pause)])
    soundfile.write(folder / "a<b>.wav", samples, SAMPLE_RATE)
    scored = result.score_file(str(folder / "a<b>.wav"), recognizer=recognizer)
    return scored, result.show(scored)


def phrase(top: str, verdict: str, start_s: float, end_s: float) -> Phrase:
    return Phrase(
        start=round(start_s * SAMPLE_RATE),
        end=round(end_s * SAMPLE_RATE),
        scores=dict.fromkeys(LABELS, 0.1) | {top: 0.5},
        top=top,
        verdict=verdict,
        voice_s=1.0,
        windows=(),
    )


def downloads(html: str) -> dict[str, str]:
    links = re.findall(r'href="data:text/plain;base64,([^"]*)" download="([^"]*)"', html)
    return {name: base64.b64decode(data).decode() for data, name in links}


def test_each_phrase_is_a_block_that_says_where_it_plays(shown):
    scored, html = shown
    phrases = scored.recognition.phrases
    assert len(phrases) == 3
    blocks = re.findall(r'class="phrase \w+" data-from="([\d.]+)" data-to="([\d.]+)"', html)
    assert [float(start_s) for start_s, _ in blocks] == pytest.approx(
        [one.start_s for one in phrases], abs=0.001
    )
    assert [float(end_s) for _, end_s in blocks] == pytest.approx([one.end_s for one in phrases], abs=0.001)
    assert html.count('class="lane"') == 6, "the windows' curves stay"


def test_phrases_are_downloaded_for_praat_audacity_and_spreadsheets(shown):
    scored, html = shown
    files = downloads(html)
    assert [name.rpartition(".")[2] for name in files] == ["TextGrid", "txt", "csv"]
    grid, track, table = files.values()
    assert 'name = "emotion"' in grid
    assert len(track.splitlines()) == len(scored.recognition.phrases)
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["file"] for row in rows] == ["a<b>"] * 3
    assert float(rows[1]["start_s"]) == scored.recognition.phrases[1].start_s
    assert "folder_of_the_app" not in grid + track + table, "paths of the machine are nobody's business"


def test_a_short_recording_has_no_phrases(recognizer):
    html = result.show(result.score_file(str(EXAMPLES / "even.flac"), recognizer=recognizer))
    assert "phrase" not in html


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([("ANG", "sure"), ("DIS", "leaning"), ("HAP", "sure")], "First angry, then disgusted, then happy."),
        ([("ANG", "sure"), ("SAD", "unsure"), ("ANG", "sure")], ""),
        ([("ANG", "sure"), ("SAD", "no_voice"), ("HAP", "sure")], "First angry, then happy."),
        ([("SAD", "sure"), ("HAP", "sure"), ("SAD", "sure")], "First sad, then happy, then sad again."),
        ([("SAD", "sure"), ("HAP", "sure"), ("ANG", "sure")] * 3, "Changing between sad, happy and angry."),
        ([], ""),
    ],
)
def test_the_phrases_that_have_an_emotion_tell_the_story(steps, said):
    phrases = [phrase(top, verdict, 2 * i, 2 * i + 1) for i, (top, verdict) in enumerate(steps)]
    assert story(steps_of(phrases)) == said


def test_live_tells_the_story_of_its_readings_and_leaves_out_what_is_short(recognizer):
    scorer = LiveScorer(recognizer)
    tops = [0] * 10 + [5] + [3] * 10  # angry, a reading of sadness in between, happy
    for i, top in enumerate(tops):
        scores = tuple(0.9 if j == top else 0.02 for j in range(6))
        scorer.history.append(Reading(1.0 + 0.4 * i, "sure", scores))
        scorer._sums[0] += scores
        scorer._voiced += 1
    scorer.time_s = 1.0 + 0.4 * len(tops)
    assert show_summary(scorer)["summary"]["sentence"].endswith(" First angry, then happy.")


def test_the_viewer_knows_where_the_phrases_are(shown, tmp_path):
    scored, _ = shown
    sounds = Sounds()
    functions = {function.__name__: function for function in drawing.functions(sounds)}
    answer = functions["read_phrases"]({"token": sounds.put(scored.file, "three")})
    assert answer == {"phrases": [[one.start_s, one.end_s] for one in scored.recognition.phrases]}
    soundfile.write(tmp_path / "silence.wav", np.zeros(80_000), SAMPLE_RATE)
    assert functions["read_phrases"]({"token": sounds.put(tmp_path / "silence.wav", "")}) == {"phrases": []}
    assert functions["read_phrases"]({"token": "gone"})["problem"]
    assert functions["read_silences"]({"token": sounds.put(tmp_path / "silence.wav", "")}) == {
        "silences": [[0, 5]]
    }


def test_the_takes_tell_of_a_recording_that_changes_what_its_result_tells(shown):
    recognition = shown[0].recognition
    changing = replace(recognition, phrases=(phrase("ANG", "sure", 0, 2), phrase("SAD", "leaning", 3, 5)))
    assert verdict_words(changing) == "First angry, then sad"
    assert "First angry, then sad." in result.show(replace(shown[0], recognition=changing))
    assert "var(--muted)" in verdict_dot(changing)
    steady = replace(recognition, phrases=(phrase("ANG", "sure", 0, 2), phrase("ANG", "leaning", 3, 5)))
    assert verdict_words(steady) == verdict_words(replace(recognition, phrases=()))
