"""Learning from recordings and labels: what it gains, that nothing is random, and what is refused."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from ser.adaptation.learn import learn
from ser.adaptation.table import BEFORE, LABELS_TOO, RECORDINGS, format_table
from ser.labels import LABELS
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.recognition.adaptation import Adaptation, AdaptationError
from ser.recognition.recognizer import Recognizer
from ser.util.deadline import AbandonedError, stop_when


@pytest.fixture(scope="module")
def learned(recognizer, clips):
    return learn(recognizer, clips=clips, created="2026-11-28T00:00:00+00:00")


@pytest.fixture(scope="module")
def unlabelled(recognizer, clips):
    return learn(recognizer, clips=[replace(clip, emotion=None) for clip in clips])


def uar(recognizer, clips, *, known=False) -> float:
    right = {label: [] for label in LABELS}
    for clip in clips:
        voice = recognizer.adaptation.voice(clip.speaker) if known else None
        right[clip.emotion].append(recognizer.recognize(clip.path, profile=voice).top == clip.emotion)
    return float(np.mean([np.mean(each) for each in right.values()]))


def test_a_room_is_learned_without_labels(recognizer, clips, unlabelled):
    assert unlabelled.table is None
    assert unlabelled.adaptation.weights is None
    assert uar(recognizer.adapted(unlabelled.adaptation), clips, known=True) > uar(recognizer, clips) + 0.03


def test_labels_of_three_speakers_help_with_the_fourth(recognizer, clips):
    before, after = [], []
    for speaker in ("1001", "1028"):
        known = [replace(clip, emotion=None) if clip.speaker == speaker else clip for clip in clips]
        adapted = recognizer.adapted(learn(recognizer, clips=known).adaptation)
        others = [clip for clip in clips if clip.speaker == speaker]
        before.append(uar(recognizer, others))
        after.append(uar(adapted, others, known=True))
    assert np.mean(after) > np.mean(before) + 0.05


def test_one_label_of_each_emotion_does_not_hurt(recognizer, clips, unlabelled):
    few = {clip.path for clip in clips if clip.speaker == "1021" and "_IEO_" in clip.path.name}
    some = [clip if clip.path in few else replace(clip, emotion=None) for clip in clips]
    adapted = recognizer.adapted(learn(recognizer, clips=some).adaptation)
    others = [clip for clip in clips if clip.path not in few]
    assert uar(adapted, others, known=True) >= uar(recognizer, others) - 0.01


def test_the_cross_check_says_how_much_it_helps(learned):
    table = learned.table
    assert table.by_speaker
    assert (table.clips, table.speakers) == (72, 4)
    assert [row.stage for row in table.rows] == [BEFORE, RECORDINGS, LABELS_TOO]
    assert table.helps
    used = table.row(table.used)
    assert used.uar.low < used.uar.value < used.uar.high
    assert set(used.recall) == set(LABELS)
    assert used.uar.value == pytest.approx(np.mean(list(used.recall.values())))
    assert learned.curve[-1].labels == 72
    text = format_table(table)
    assert "72 labelled clips of 4 speakers" in text
    assert f"{used.uar.value:.3f}" in text


def test_the_figure_before_is_that_of_the_app(recognizer, clips, learned):
    assert learned.table.row(BEFORE).uar.value == pytest.approx(uar(recognizer, clips), abs=1e-9)


def test_what_hurts_is_left_out(recognizer, clips):
    """Labels at random teach nothing: the cross-check keeps the head out."""
    emotions = np.random.default_rng(1).permutation([clip.emotion for clip in clips])
    wrong = [replace(clip, emotion=emotion) for clip, emotion in zip(clips, emotions, strict=True)]
    table = learn(recognizer, clips=wrong).table
    best = max(row.uar.value for row in table.rows)
    assert table.row(table.used).uar.value >= best - 0.01 or table.used != LABELS_TOO
    assert table.row(table.used).uar.value >= table.row(BEFORE).uar.value - 0.01


def test_the_same_recordings_and_labels_give_the_same_file(recognizer, clips, learned):
    again = learn(recognizer, clips=clips, created="2026-11-28T00:00:00+00:00")
    assert again.adaptation.to_json() == learned.adaptation.to_json()
    assert again.table == learned.table


def test_two_people_learn_at_once(recognizer, clips, learned):
    answers = {}

    def work(name: str) -> None:
        answers[name] = learn(recognizer, clips=clips, name=name).adaptation

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.name for a in answers.values()} == {"one", "two"}
    assert {a.id for a in answers.values()} == {learned.adaptation.id}


def test_a_file_gives_the_same_scores_as_what_was_learned(recognizer, clips, learned, tmp_path):
    file = tmp_path / "room.json"
    learned.adaptation.save(file)
    assert file.stat().st_size < 300_000
    read = Adaptation.load(file)
    assert read.id == learned.adaptation.id
    one, other = (recognizer.adapted(a).recognize(clips[0].path) for a in (learned.adaptation, read))
    assert one.scores == pytest.approx(other.scores, abs=1e-6)
    assert one.scores != recognizer.recognize(clips[0].path).scores


def test_both_runtimes_give_the_adapted_scores(clips, learned):
    from ser.network.loading import load_checkpoint

    by_onnx, by_torch = Recognizer.load(), Recognizer(load_checkpoint(DEFAULT_CHECKPOINT))
    one, other = (r.adapted(learned.adaptation).recognize(clips[3].path) for r in (by_onnx, by_torch))
    assert one.scores == pytest.approx(other.scores, abs=1e-3)


def test_emotions_of_ones_own(recognizer, clips):
    words = {"ANG": "furious", "HAP": "HAP", "NEU": "calm", "SAD": "calm"}
    own = [replace(clip, emotion=words[clip.emotion]) for clip in clips if clip.emotion in words]
    learned = learn(recognizer, clips=own)
    assert learned.adaptation.emotions == ("HAP", "calm", "furious")
    adapted = recognizer.adapted(learned.adaptation)
    recognition = adapted.recognize(own[0].path)
    assert set(recognition.scores) == set(LABELS)
    assert list(recognition.adapted.scores) == ["HAP", "calm", "furious"]
    assert sum(recognition.adapted.scores.values()) == pytest.approx(1)
    assert learned.table.row(LABELS_TOO).uar.value > 0.6


@pytest.mark.parametrize("emotion", ["NEU", "ANG"])
def test_a_folder_of_one_emotion_keeps_it(recognizer, clips, emotion):
    """What all recordings share may be an emotion: it must not be taken away."""
    same = [replace(clip, emotion=None, speaker=None) for clip in clips if clip.emotion == emotion]
    adapted = recognizer.adapted(learn(recognizer, clips=same).adaptation)
    before, after = (
        np.mean([r.recognize(clip.path).scores[emotion] for clip in same]) for r in (recognizer, adapted)
    )
    assert after > 0.6 * before


def test_labels_of_one_emotion_or_one_clip_are_refused(recognizer, clips):
    angry = [clip if clip.emotion == "ANG" else replace(clip, emotion=None) for clip in clips]
    with pytest.raises(AdaptationError, match="at least two"):
        learn(recognizer, clips=angry)
    with pytest.raises(AdaptationError, match="at least two"):
        learn(recognizer, clips=clips[:1])


def test_a_labelled_file_that_is_not_a_sound_is_named_and_another_is_left_out(recognizer, clips, tmp_path):
    broken = replace(clips[0], path=tmp_path / "broken.wav")
    broken.path.write_bytes(b"RIFF")
    with pytest.raises(AdaptationError, match=r"broken\.wav has a label but cannot be read"):
        learn(recognizer, clips=[broken, *clips[1:8]])
    learned = learn(recognizer, clips=[replace(broken, emotion=None), *clips[1:8]])
    assert learned.skipped == (broken.path,)


def test_work_that_nobody_waits_for_stops(recognizer, clips):
    stopped = threading.Event()
    done = []

    def progress(share: float, task: str) -> None:
        done.append(share)
        stopped.set()

    with stop_when(stopped), pytest.raises(AbandonedError):
        learn(recognizer, clips=clips, progress=progress)
    assert max(done) < 0.5


def test_progress_only_grows_and_ends_at_one(recognizer, clips):
    shares = []
    learn(recognizer, clips=clips[:12], progress=lambda share, task: shares.append(share))
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_an_adapted_network_does_not_learn_again(recognizer, clips, learned):
    adapted = recognizer.adapted(learned.adaptation)
    with pytest.raises(AdaptationError, match="already"):
        learn(adapted, clips=clips)
    with pytest.raises(AdaptationError, match="already"):
        adapted.adapted(learned.adaptation)
