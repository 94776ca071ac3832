"""What a sitting learns of a voice: from which takes, from which not, and how it is told."""

import numpy as np
import pytest

from ser.audio.quality import measure_quality
from ser.labels import LABELS
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Recognition, Window
from ser.recognition.voice_profile import Profile
from ser.ui.record.known_voice import Known, changes, learned, lesson, someone_else
from ser.ui.record.my_voice import AGAIN, LESSON, draw, what_changed
from ser.ui.takes.take import Take, make_take


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


def take(asked=None, source="microphone", verdict="sure", logits=None) -> Take:
    scores = dict.fromkeys(LABELS, 1 / 6)
    logits = tuple(np.eye(6)[LABELS.index(asked or "NEU")] * 3) if logits is None else logits
    quality = measure_quality(np.zeros(32_000))
    heard = Recognition(
        file=None,
        duration_s=2.0,
        scores=scores,
        top="ANG",
        verdict=verdict,
        voice_s=1.0,
        quality=quality,
        logits=logits,
        windows=(Window(0, 32_000, scores),),
    )
    return make_take("x", "file.wav", heard, heard.windows[0], b"png", source, asked=asked)


def all_six() -> list[Take]:
    return [take(label) for label in LESSON]


def test_six_prompted_takes_make_a_profile_and_five_do_not():
    takes = all_six()
    assert learned(Known(), takes[:5], "emotion-0").profile is None
    profile = learned(Known(), takes, "emotion-0").profile
    assert sorted(profile.emotions) == sorted(LABELS)
    assert profile.checkpoint == "emotion-0"


def test_a_sentence_said_again_replaces_its_take():
    again = take("HAP", logits=(0.0, 0.0, 0.0, 9.0, 0.0, 0.0))
    profile = learned(Known(), [*all_six(), again], "emotion-0").profile
    assert len(profile.logits) == 6
    assert profile.logits[profile.emotions.index("HAP")] == again.recognition.logits


def test_a_take_without_voice_teaches_nothing():
    takes = [*all_six()[:5], take("DIS", verdict="no_voice")]
    assert "DIS" not in lesson(Known(), takes)
    known = Known(quietly=True)
    assert learned(known, [take(verdict="no_voice")], "emotion-0").profile is None
    assert AGAIN in draw(None, Known(), takes)


def test_other_takes_are_learned_from_only_where_the_person_agreed():
    spoken = [take(), take(source="live"), take(source="upload"), take(source="example")]
    assert learned(Known(), spoken, "emotion-0").profile is None
    profile = learned(Known(quietly=True), spoken, "emotion-0").profile
    assert profile.emotions == (None, None)
    both = learned(Known(quietly=True), [*spoken, *all_six()], "emotion-0").profile
    assert len(both.logits) == 8


def test_a_deleted_take_is_unlearned():
    takes = [take(), take()]
    assert len(learned(Known(quietly=True), takes, "emotion-0").profile.logits) == 2
    assert len(learned(Known(quietly=True), takes[1:], "emotion-0").profile.logits) == 1
    assert learned(Known(quietly=True), [], "emotion-0").profile is None


def test_someone_else_begins_unknown_and_the_first_can_come_back():
    takes = all_six()
    known = learned(Known(), takes, "emotion-0")
    other = learned(someone_else(known, takes), takes, "emotion-0")
    assert other.profile is None
    assert learned(other.set_aside, takes, "emotion-0").profile == known.profile
    quiet = learned(someone_else(Known(quietly=True), takes), [*takes, take()], "emotion-0")
    assert len(quiet.profile.logits) == 1


def test_an_opened_profile_grows_with_the_takes():
    loaded = Profile("emotion-0").with_take((1.0, 0, 0, 0, 0, 0), "ANG")
    known = Known(loaded, quietly=True)
    assert learned(known, [], "emotion-0").profile == loaded
    assert len(learned(known, [take()], "emotion-0").profile.logits) == 2


def test_no_take_is_in_the_profile_that_it_is_scored_with(recognizer):
    takes = {label: take(label) for label in LABELS}
    rows = changes(recognizer, takes)
    others = Profile(recognizer.checkpoint_id)
    for label in LABELS[1:]:
        others = others.with_take(takes[label].recognition.logits, label)
    expected = recognizer.scores_of(takes[LABELS[0]].recognition.logits, others)
    assert rows[0]["after"] == pytest.approx(expected)
    assert rows[0]["before"] == pytest.approx(recognizer.scores_of(takes[LABELS[0]].recognition.logits))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("SAD", "ANG", "1 of your six takes as you meant them now, 0"),
        ("ANG", "SAD", "teach it again"),
        ("ANG", "ANG", "as many as"),
    ],
)
def test_what_changed_is_told_whether_it_helped_or_not(before, after, words):
    row = {"asked": "ANG", "before": {"ANG": 0.0} | {before: 0.9}, "after": {"ANG": 0.0} | {after: 0.8}}
    told = what_changed([row])
    assert words in told
    assert "90%" in told
    assert "80%" in told


def test_the_lesson_asks_for_each_emotion_once():
    assert sorted(LESSON) == sorted(LABELS)
    assert len({sentence for sentence, _ in LESSON.values()}) == 6
