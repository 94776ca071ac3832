"""What a session learns of a voice, from which takes, and how the page says so."""

from dataclasses import replace
from html import escape

import numpy as np
import pytest

from ser.audio.quality import measure_quality
from ser.labels import LABELS
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Recognition, Window
from ser.recognition.voice_profile import Profile
from ser.ui.parts.result import Result, voice_note
from ser.ui.record.my_voice import AGAIN, HEARD, LESSON, MORE, draw, what_changed
from ser.ui.record.speaker import (
    PromptedScores,
    Speaker,
    changed_scores,
    compare_scores,
    is_flat,
    prompted_takes,
    switch_speaker,
    with_takes,
)
from ser.ui.takes.panel import draw_panel
from ser.ui.takes.take import Take, make_take


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


def take(asked=None, source="microphone", verdict="sure", logits=None, scores=None) -> Take:
    scores = dict.fromkeys(LABELS, 1 / 6) | (scores or {})
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
    result = Result("x", heard, heard.windows[0], b"png", file="file.wav")
    return make_take(result, source=source, asked=asked)


def all_six() -> list[Take]:
    return [take(label) for label in LESSON]


def test_six_prompted_takes_make_a_profile_or_one_in_a_normal_voice_and_no_other_number():
    takes = all_six()
    assert takes[0].asked == "NEU"
    for said in (takes[:1], takes[:5]):
        profile = with_takes(Speaker(), takes=said, checkpoint="emotion-0").profile
        assert profile.emotions == ("NEU",)
    assert with_takes(Speaker(), takes=takes[1:], checkpoint="emotion-0").profile is None
    profile = with_takes(Speaker(), takes=takes, checkpoint="emotion-0").profile
    assert sorted(profile.emotions) == sorted(LABELS)
    assert profile.checkpoint == "emotion-0"


def test_a_sentence_said_again_replaces_its_take():
    again = take("HAP", logits=(0.0, 0.0, 0.0, 9.0, 0.0, 0.0))
    profile = with_takes(Speaker(), takes=[*all_six(), again], checkpoint="emotion-0").profile
    assert len(profile.logits) == 6
    assert profile.logits[profile.emotions.index("HAP")] == again.recognition.logits


def test_a_take_without_voice_teaches_nothing():
    takes = [*all_six()[:5], take("DIS", verdict="no_voice")]
    assert "DIS" not in prompted_takes(Speaker(), takes)
    known = Speaker(uses_all=True)
    assert with_takes(known, takes=[take(verdict="no_voice")], checkpoint="emotion-0").profile is None
    assert escape(AGAIN) in draw(Speaker(), takes=takes, recognizer=None)


FLAT = {"NEU": 0.7, "ANG": 0.1}  # scores of a take in which little of anger was heard


def test_a_flat_take_is_asked_for_once_more_and_teaches_only_if_it_is_kept_or_flat_again():
    flat = take("ANG", scores=FLAT)
    assert is_flat(flat)
    takes = [take("NEU"), flat]
    page = draw(Speaker(), takes=takes, recognizer=None)
    assert "Say it once more, angrier?" in page
    assert 'data-next="HAP"' in draw(Speaker(), takes=takes[:1], recognizer=None)
    assert "ANG" not in prompted_takes(Speaker(), takes)
    kept = Speaker(accepted=frozenset({flat.id}))
    assert prompted_takes(kept, takes)["ANG"] is flat
    assert "once more" not in draw(kept, takes=takes, recognizer=None)
    second = take("ANG", scores=FLAT)  # nobody is asked twice
    assert prompted_takes(Speaker(), [*takes, second])["ANG"] is second
    assert HEARD in draw(Speaker(), takes=[*takes, second], recognizer=None)
    assert set(MORE) == set(LABELS) - {"NEU"}


def test_a_flat_take_does_not_replace_a_better_one_of_before():
    good = take("ANG")
    assert prompted_takes(Speaker(), [good, take("ANG", scores=FLAT)])["ANG"] is good


@pytest.mark.parametrize(
    ("asked", "scores", "verdict"),
    [
        ("NEU", FLAT, "sure"),  # as it was meant
        ("ANG", {"NEU": 0.6, "ANG": 0.3}, "leaning"),
        ("ANG", {"SAD": 0.8, "ANG": 0.05, "NEU": 0.1}, "sure"),  # acted, and heard as something else
        ("ANG", FLAT, "no_voice"),
        (None, FLAT, "sure"),
    ],
)
def test_what_is_not_flat(asked, scores, verdict):
    assert not is_flat(take(asked, scores=scores, verdict=verdict))


def test_while_teaching_the_page_says_only_that_a_take_was_heard(recognizer):
    page = draw(Speaker(), takes=[take("ANG")], recognizer=recognizer)
    assert HEARD in page
    quiet = np.zeros(32_000, np.float32)
    t = np.arange(16_000) / 16_000
    quiet[8000:24_000] = 0.004 * np.sin(2 * np.pi * 150 * t) * (1 + np.sin(2 * np.pi * 4 * t))
    low = take("ANG")
    low = replace(low, recognition=replace(low.recognition, quality=measure_quality(quiet)))
    assert ("very quiet" in draw(Speaker(), takes=[low], recognizer=recognizer)) == (
        "too_quiet" in low.recognition.quality.problems
    )
    problems = replace(low.recognition.quality, problems=("too_quiet",))
    for asked, button in (("ANG", "press Angry."), ("NEU", "Normal sentence again.")):
        low = take(asked)
        low = replace(low, recognition=replace(low.recognition, quality=problems))
        assert (
            button
            in draw(Speaker(), takes=[low], recognizer=recognizer).split('class="heard"')[1].split("</p>")[0]
        )
    panel = draw_panel([take("ANG")], None)
    assert "Teaching: angry" in panel
    assert "%" not in panel


def test_a_file_is_not_taken_for_the_speaker_without_saying_so():
    assert "as if you spoke in this file" in voice_note(6, is_upload=True)
    assert "this file" not in voice_note(6)


def test_other_takes_are_learned_from_only_where_the_person_agreed():
    spoken = [take(), take(source="live"), take(source="upload"), take(source="example")]
    assert with_takes(Speaker(), takes=spoken, checkpoint="emotion-0").profile is None
    profile = with_takes(Speaker(uses_all=True), takes=spoken, checkpoint="emotion-0").profile
    assert profile.emotions == (None, None)
    both = with_takes(Speaker(uses_all=True), takes=[*spoken, *all_six()], checkpoint="emotion-0").profile
    assert len(both.logits) == 8


def test_a_deleted_take_is_unlearned():
    takes = [take(), take()]
    assert len(with_takes(Speaker(uses_all=True), takes=takes, checkpoint="emotion-0").profile.logits) == 2
    assert (
        len(with_takes(Speaker(uses_all=True), takes=takes[1:], checkpoint="emotion-0").profile.logits) == 1
    )
    assert with_takes(Speaker(uses_all=True), takes=[], checkpoint="emotion-0").profile is None


def test_someone_else_begins_unknown_and_the_first_can_come_back():
    takes = all_six()
    known = with_takes(Speaker(), takes=takes, checkpoint="emotion-0")
    other = with_takes(switch_speaker(known, takes), takes=takes, checkpoint="emotion-0")
    assert other.profile is None
    assert with_takes(other.previous, takes=takes, checkpoint="emotion-0").profile == known.profile
    quiet = with_takes(
        switch_speaker(Speaker(uses_all=True), takes), takes=[*takes, take()], checkpoint="emotion-0"
    )
    assert len(quiet.profile.logits) == 1


def test_an_opened_profile_grows_with_the_takes():
    loaded = Profile("emotion-0").with_take((1.0, 0, 0, 0, 0, 0), "ANG")
    known = Speaker(loaded, uses_all=True)
    assert with_takes(known, takes=[], checkpoint="emotion-0").profile == loaded
    assert len(with_takes(known, takes=[take()], checkpoint="emotion-0").profile.logits) == 2


def test_no_take_is_in_the_profile_that_it_is_scored_with(recognizer):
    takes = {label: take(label) for label in LABELS}
    rows = compare_scores(recognizer, takes)
    others = Profile(recognizer.checkpoint_id)
    for label in LABELS[1:]:
        others = others.with_take(takes[label].recognition.logits, label)
    expected = recognizer.scores_of(takes[LABELS[0]].recognition, others)
    assert rows[0].after == pytest.approx(expected)
    assert rows[0].before == pytest.approx(recognizer.scores_of(takes[LABELS[0]].recognition))


def test_what_a_normal_sentence_changes_is_shown_on_other_recordings(recognizer):
    normal = take("NEU", logits=(3.0, 0, 0, 0, 0, 0))
    other = take(logits=(1.5, 0, 0, 0, 1.0, 0))
    takes = [other, normal, take(source="example")]
    speaker = with_takes(Speaker(), takes=takes, checkpoint=recognizer.checkpoint_id)
    (row,) = changed_scores(recognizer, speaker=speaker, takes=takes)
    assert row.before == pytest.approx(recognizer.scores_of(other.recognition))
    assert max(row.before, key=row.before.get) == "ANG"
    assert max(row.after, key=row.after.get) == "NEU"
    page = draw(speaker, takes=takes, recognizer=recognizer)
    assert "Your other recording now sounds different" in page
    # Nothing is tested on what it was learned from.
    agreed = with_takes(Speaker(uses_all=True), takes=takes, checkpoint=recognizer.checkpoint_id)
    assert changed_scores(recognizer, speaker=agreed, takes=takes) == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("SAD", "ANG", "now hears 1 of your six takes as you meant them, instead of 0"),
        ("ANG", "SAD", "Teach it again"),
        ("ANG", "ANG", "the same number as before"),
    ],
)
def test_what_changed_is_told_whether_it_helped_or_not(before, after, words):
    row = PromptedScores("ANG", before={"ANG": 0.0} | {before: 0.9}, after={"ANG": 0.0} | {after: 0.8})
    told = what_changed([row])
    assert words in told
    assert "90%" in told
    assert "80%" in told


def test_the_lesson_asks_for_each_emotion_once():
    assert sorted(LESSON) == sorted(LABELS)
    assert len({sentence for sentence, _ in LESSON.values()}) == 6


def test_the_page_says_which_of_the_six_sentences_is_missing(recognizer):
    def shown(takes):
        speaker = with_takes(Speaker(), takes=takes, checkpoint="emotion-0")
        return draw(speaker, takes=takes, recognizer=recognizer)

    takes = all_six()
    assert "of the six sentences" not in shown(takes)
    assert "of the six sentences" not in shown(takes[:1])  # perhaps the normal sentence alone
    rest = [one for one in takes if one.asked != "ANG"]  # one was deleted
    assert "5 of the six sentences are here" in shown(rest)
    assert "asks for what is missing (angry)" in shown(rest)
    assert "(1 take)" in shown(rest)
