"""Which labels count, what they lack, who speaks, and which clips are listened to."""

from pathlib import Path

import pytest

from ser.annotation.label import Label
from ser.annotation.labelling_queue import Entry
from ser.annotation.learning_clips import (
    MAX_UNLABELLED,
    UNKNOWN,
    clips_to_learn,
    emotions_by_clip,
    missing,
    speaker_rules,
)


def label(clip: str, annotator: str, emotion: str, **fields) -> Label:
    return Label(f"{clip}{annotator}", clip, annotator, emotion, **fields)


LABELS = [
    *(label("a", who, emotion) for who, emotion in (("Ann", "ANG"), ("Bob", "SAD"), ("Cem", "SAD"))),
    *(label("b", who, emotion) for who, emotion in (("Ann", "HAP"), ("Bob", "SAD"))),
    *(label("c", who, emotion) for who, emotion in (("Ann", "UNC"), ("Bob", "OTH"), ("Cem", "OTH"))),
    label("d", "Ann", "FEA", start_s=0.0, end_s=1.0),
]


@pytest.mark.parametrize(
    ("annotator", "expected"),
    [("Ann", {"a": "ANG", "b": "HAP"}), ("Bob", {"a": "SAD", "b": "SAD"}), (None, {"a": "SAD"}), ("", {})],
)
def test_whole_clips_count_of_the_annotator_or_of_the_majority(annotator, expected):
    assert emotions_by_clip(LABELS, annotator=annotator) == expected


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"SAD": 3}, "9 more labels are needed, one of another emotion."),
        ({"SAD": 30}, "1 more label is needed, of another emotion."),
        ({"SAD": 3, "ANG": 2}, "7 more labels are needed."),
        ({"SAD": 11, "ANG": 1}, ""),
    ],
)
def test_what_labels_lack_is_said(counts, words):
    emotions = [code for code, count in counts.items() for _ in range(count)]
    assert missing({str(i): code for i, code in enumerate(emotions)}) == words


def entries(*names: str, speaker: str | None = None) -> list[Entry]:
    return [Entry(name, name, Path(name), speaker=speaker, hash=f"hash of {name}") for name in names]


@pytest.mark.parametrize(
    ("names", "ways"),
    [
        (("ann_1.wav", "ann_2.wav", "bob_1.wav", "bob_2.wav"), ["word", "letters"]),
        (("x/1.wav", "x/2.wav", "y/3.wav", "y/4.wav"), ["folder"]),
        (("03a01.wav", "03b02.wav", "08a01.wav", "08b07.wav"), ["letters"]),
        (("take 1.wav", "take 2.wav", "take 3.wav"), []),
        (("1.wav", "2.wav", "3.wav"), []),
        ((), []),
    ],
)
def test_rules_that_find_several_speakers_are_offered(names, ways):
    rules = speaker_rules(entries(*names))
    assert [rule.way for rule in rules] == [UNKNOWN, *ways]
    assert [rule.speakers for rule in rules[1:]] == [2] * len(ways)


def test_clips_get_their_labels_and_speakers_and_the_same_bytes_count_once():
    queue = entries("ann_1.wav", "ann_2.wav", "bob_1.wav", "bob_2.wav")
    queue[3].hash = queue[0].hash
    queue[1].problem = "It cannot be read."
    clips = clips_to_learn(queue, emotions={"hash of ann_1.wav": "SAD"}, way="word")
    assert [(clip.path.name, clip.emotion, clip.speaker) for clip in clips] == [
        ("ann_1.wav", "SAD", "ann"),
        ("bob_1.wav", None, "bob"),
    ]
    assert {clip.speaker for clip in clips_to_learn(queue, emotions={})} == {None}


def test_of_many_clips_without_a_label_some_are_listened_to_and_all_with_one():
    queue = entries(*(f"{i}.wav" for i in range(5 * MAX_UNLABELLED)))
    emotions = {f"hash of {i}.wav": "SAD" for i in range(0, 100, 7)}
    clips = clips_to_learn(queue, emotions=emotions)
    assert sum(clip.emotion is not None for clip in clips) == len(emotions)
    assert len(clips) == len(emotions) + MAX_UNLABELLED
    assert clips[-1].path.stem > "1480"
