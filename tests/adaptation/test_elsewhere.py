"""What learning gains where the network is a stranger: another language, and CREMA-D under other conditions."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.adaptation.clips import Clip
from ser.adaptation.learn import learn
from ser.adaptation.table import BEFORE, summary
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.evaluation.conditions import add_noise, colour, telephone, tilted_noise
from ser.labels import LABELS
from ser.recognition.enroll import enroll
from ser.recognition.result import Recognition
from ser.recognition.speaker_offset import MAX_COST
from ser.recognition.voice_profile import Profile
from tests.adaptation.conftest import ACTORS, SENTENCES
from tests.conftest import ROOT

EMODB = Path(os.environ.get("EMODB_DIR") or ROOT.parent / "shared" / "emodb-part")
CODES = {"W": "ANG", "F": "HAP", "N": "NEU", "T": "SAD"}
TEACHERS = ("03", "08", "09")
PLACES = {
    "telephone": telephone,
    "microphone": partial(colour, depth_db=12),
    "noise": partial(add_noise, noise=partial(tilted_noise, slope=0.5), snr_db=10),
}


@pytest.fixture(scope="module")
def german() -> list[Clip]:
    files = sorted(EMODB.glob("*.ogg"))
    if not files:
        pytest.skip("EmoDB is not here: set EMODB_DIR to a folder with its clips")
    return [Clip(file, CODES[file.stem[5]], file.stem[:2]) for file in files if file.stem[5] in CODES]


@pytest.fixture(scope="module")
def heard(recognizer, german) -> dict[Path, Recognition]:
    return {clip.path: recognizer.recognize(clip.path) for clip in german}


def uar(answers: dict[Path, str], clips: list[Clip]) -> float:
    right: dict[str, list[bool]] = {}
    for clip in clips:
        right.setdefault(clip.emotion, []).append(answers[clip.path] == clip.emotion)
    return float(np.mean([np.mean(each) for each in right.values()]))


@pytest.mark.slow
def test_36_labels_of_three_germans_help_with_the_others(recognizer, german, heard):
    teaching = [
        clip
        for speaker in TEACHERS
        for emotion in CODES.values()
        for clip in [c for c in german if (c.speaker, c.emotion) == (speaker, emotion)][:3]
    ]
    assert len(teaching) == 36
    others = [clip for clip in german if clip.speaker not in TEACHERS]
    unlabelled = [replace(clip, emotion=None) for clip in german if clip not in teaching]
    adapted = recognizer.adapted(learn(recognizer, clips=teaching + unlabelled).adaptation)
    after = {
        clip.path: adapted.recognize(clip.path, profile=adapted.adaptation.voice(clip.speaker)).top
        for clip in others
    }
    assert uar(after, others) > uar({path: each.top for path, each in heard.items()}, others) + 0.25


@pytest.mark.slow
def test_one_normal_sentence_helps_germans(recognizer, german, heard):
    plain = {clip.speaker: clip for clip in reversed(german) if clip.emotion == "NEU"}
    before, after, rest = {}, {}, []
    for clip in german:
        if clip.speaker not in plain or clip is plain[clip.speaker]:
            continue
        normal = heard[plain[clip.speaker].path].logits
        profile = Profile(recognizer.checkpoint_id).with_take(normal, "NEU")
        scores = recognizer.scores_of(heard[clip.path], profile)
        before[clip.path], after[clip.path] = heard[clip.path].top, max(scores, key=scores.__getitem__)
        rest.append(clip)
    assert uar(after, rest) > uar(before, rest) + 0.03
    neutral = [clip for clip in rest if clip.emotion == "NEU"]
    assert uar(after, neutral) > uar(before, neutral) + 0.15  # the recall


@pytest.mark.slow
def test_six_plain_takes_without_labels_help_germans(recognizer, german, heard):
    before, after, rest = {}, {}, []
    for speaker in sorted({clip.speaker for clip in german}):
        plain = [clip.path for clip in german if (clip.speaker, clip.emotion) == (speaker, "NEU")][:6]
        profile = enroll(recognizer, files=plain)
        assert 2 * sum(profile.unlike) > len(plain)
        for clip in german:
            if clip.speaker == speaker and clip.path not in plain:
                scores = recognizer.scores_of(heard[clip.path], profile)
                before[clip.path], after[clip.path] = (
                    heard[clip.path].top,
                    max(scores, key=scores.__getitem__),
                )
                rest.append(clip)
    assert uar(after, rest) > uar(before, rest) + 0.03
    neutral = [clip for clip in rest if clip.emotion == "NEU"]
    assert uar(after, neutral) > uar(before, neutral) + 0.08  # the recall


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_under_no_condition_does_the_cross_check_lose_more_than_a_point(recognizer, crema_d, tmp_path, place):
    clips = []
    for actor in ACTORS:
        for sentence in SENTENCES:
            for emotion in LABELS:
                level = "HI" if sentence == "IEO" and emotion != "NEU" else "XX"
                samples = load_audio(crema_d / "AudioWAV" / f"{actor}_{sentence}_{emotion}_{level}.wav")
                file = tmp_path / f"{actor}_{sentence}_{emotion}.wav"
                soundfile.write(file, PLACES[place](samples, np.random.default_rng(3)), SAMPLE_RATE)
                clips.append(Clip(file, emotion, actor))
    for labels in (len(clips), len(LABELS)):  # all, and one of each emotion
        some = [clip if i < labels else replace(clip, emotion=None) for i, clip in enumerate(clips)]
        table = learn(recognizer, clips=some).table
        assert table.row(table.used).uar.value >= table.row(BEFORE).uar.value - MAX_COST
        assert table.helps or "no better than none" in summary(table)
