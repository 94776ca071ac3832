"""Clip names, and splits in which no actor is in two parts."""

import random
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser.corpus.clip_names import LEVELS, SENTENCES, ClipName, parse_clip_name
from ser.corpus.errors import CorpusError
from ser.corpus.splits import Split, check_disjoint, held_out_clips, k_folds, split_actors
from ser.labels import LABELS

ACTORS = [str(actor) for actor in range(1001, 1092)]
PUBLISHED = """
1001 1021 1026 1028 1030 1054 1058 1065 1072 1078 1083 1086 1088
1004 1005 1012 1014 1015 1018 1029 1032 1036 1055 1070 1076 1082 1089 1091
"""
PUBLISHED_VAL, PUBLISHED_TEST = (line.split() for line in PUBLISHED.strip().splitlines())
names = st.builds(
    ClipName,
    st.sampled_from(ACTORS),
    st.sampled_from(list(SENTENCES)),
    st.sampled_from(LABELS),
    st.sampled_from(list(LEVELS)),
)


@given(
    names,
    st.sampled_from(["", ".wav", ".WAV", ".npy"]),
    st.sampled_from(["", "AudioWAV/", "C:\\x\\", "/a.b/"]),
)
def test_parse_clip_name_reads_stems_file_names_and_paths(name, suffix, folder):
    assert parse_clip_name(f"{folder}{name}{suffix}") == name


def test_parse_clip_name_takes_a_path_object():
    clip = parse_clip_name(Path("AudioWAV") / "1042_IEO_HAP_LO.wav")
    assert clip == ("1042", "IEO", "HAP", "LO")
    assert (clip.actor, clip.sentence, clip.emotion, clip.level) == tuple(clip)
    assert str(clip) == "1042_IEO_HAP_LO"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("", "ACTOR_SENTENCE_EMOTION_LEVEL"),
        ("hello.wav", "ACTOR_SENTENCE_EMOTION_LEVEL"),
        ("1001_DFA_ANG", "ACTOR_SENTENCE_EMOTION_LEVEL"),
        ("1001_DFA_ANG_XX_2", "ACTOR_SENTENCE_EMOTION_LEVEL"),
        ("101_DFA_ANG_XX", "actor '101'"),
        ("abcd_DFA_ANG_XX", "actor 'abcd'"),
        ("1٠٠1_DFA_ANG_XX", "actor"),
        ("1001_QQQ_ANG_XX", "sentence 'QQQ'"),
        ("1001_DFA_JOY_XX", "emotion 'JOY'"),
        ("1001_DFA_ang_XX", "emotion 'ang'"),
        ("1001_DFA_ANG_ZZ", "level 'ZZ'"),
    ],
)
def test_parse_clip_name_says_what_is_wrong(name, wrong):
    with pytest.raises(ValueError, match=wrong):
        parse_clip_name(name)


@given(st.text())
def test_parse_clip_name_accepts_nothing_but_clip_names(text):
    try:
        clip = parse_clip_name(text)
    except ValueError:
        return
    assert str(clip) in text


def test_published_split():
    split = split_actors(ACTORS, seed=42)
    assert list(split.val) == PUBLISHED_VAL
    assert list(split.test) == PUBLISHED_TEST
    assert list(split.train) == sorted(set(ACTORS) - {*PUBLISHED_VAL, *PUBLISHED_TEST})
    assert split_actors(ACTORS) == split


def test_published_split_is_what_the_notebook_computed():
    actors = sorted(ACTORS)
    state = random.getstate()
    random.seed(42)
    random.shuffle(actors)
    random.setstate(state)
    split = split_actors(ACTORS)
    assert (set(split.train), set(split.val)) == (set(actors[:63]), set(actors[63:76]))


@pytest.mark.parametrize("hash_seed", ["0", "1", "12345"])
def test_split_does_not_depend_on_hash_randomisation(hash_seed):
    code = (
        "from ser.corpus.splits import *; import ser.corpus.crema_d, sys\n"
        "split = split_actors({str(a) for a in range(1001, 1092)} | set())\n"
        "print(*split.val); print(*split.test); print(*k_folds(set(split.train), k=4)[2].test)\n"
        "assert 'pandas' not in sys.modules and 'soundfile' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=True,
        capture_output=True,
        text=True,
    )
    val, test, fold = (line.split() for line in done.stdout.splitlines())
    assert (val, test) == (PUBLISHED_VAL, PUBLISHED_TEST)
    assert tuple(fold) == k_folds(split_actors(ACTORS).train, k=4)[2].test


@given(st.permutations(ACTORS), st.integers(0, 2**32), st.integers(1, 3))
def test_split_does_not_depend_on_order_or_repeats(actors, seed, repeats):
    split = split_actors(actors * repeats, seed)
    assert split == split_actors(ACTORS, seed)
    assert (len(split.train), len(split.val), len(split.test)) == (63, 13, 15)
    assert sorted(split.train + split.val + split.test) == ACTORS


@pytest.mark.parametrize("count", range(3, 10))
def test_every_part_has_an_actor(count):
    for seed in range(5):
        split = split_actors(ACTORS[:count], seed)
        assert min(map(len, (split.train, split.val, split.test))) >= 1
        assert sorted(split.train + split.val + split.test) == ACTORS[:count]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_actors_are_refused_with_a_sentence(count):
    for make in (split_actors, lambda actors: k_folds(actors, k=3)):
        with pytest.raises(CorpusError, match=r"at least 3 speakers.*`train --validate-on clips`"):
            make(ACTORS[:count])


def test_clips_to_validate_on_are_of_every_speaker_and_emotion():
    names = [f"{actor}_{n:02}_{emotion}" for actor in "ab" for n in range(14) for emotion in LABELS]
    table = [name.split("_") for name in names]
    clips = pd.DataFrame(table, columns=["actor", "sentence", "emotion"], index=names).assign(twin="")
    clips.loc["a_00_ANG", "twin"], clips.loc["b_03_SAD", "twin"] = "b_03_SAD", "a_00_ANG"
    held_out = [held_out_clips(clips, seed) for seed in (1, 1, 2)]
    assert held_out[0].equals(held_out[1])
    assert not held_out[0].equals(held_out[2])
    assert set(clips[held_out[0]].groupby(["actor", "emotion"]).size()) == {2}
    for seed in range(20):  # a recording is never in both parts
        assert not held_out_clips(clips, seed)[["a_00_ANG", "b_03_SAD"]].any()
    with pytest.raises(CorpusError, match="at least two clips"):
        held_out_clips(clips[clips["sentence"] == "00"], 1)


def test_seeds_give_different_splits():
    assert len({split_actors(ACTORS, seed).test for seed in range(20)}) == 20


def test_part_of():
    split = split_actors(ACTORS)
    assert {split.part_of("1002"), split.part_of("1001"), split.part_of(1004)} == {"train", "val", "test"}
    with pytest.raises(CorpusError, match="2000"):
        split.part_of("2000")


@pytest.mark.parametrize(
    "parts",
    [
        (("1001", "1002"), ("1002",), ()),
        (("1001",), (), ("1001",)),
        ((), ("1003",), ("1002", "1003")),
        (("1001", "1001"), (), ()),
        (("1001",), (1001,), ()),
    ],
)
def test_a_split_that_shares_an_actor_cannot_be_made(parts):
    with pytest.raises(CorpusError, match=r"Actor 100\d"):
        Split(*parts)


def test_check_disjoint_catches_a_split_changed_afterwards():
    split = split_actors(ACTORS)
    check_disjoint(split)
    object.__setattr__(split, "val", (*split.val, split.test[0]))
    with pytest.raises(CorpusError, match=split.test[0]):
        check_disjoint(split)


@given(st.integers(3, 91), st.integers(0, 1000), st.permutations(ACTORS))
def test_k_folds_test_every_actor_once(k, seed, actors):
    folds = k_folds(actors, k=k, seed=seed)
    assert len(folds) == k
    assert sorted(actor for fold in folds for actor in fold.test) == ACTORS
    for i, fold in enumerate(folds):
        assert sorted(fold.train + fold.val + fold.test) == ACTORS
        assert fold.val == folds[(i + 1) % k].test
        assert abs(len(fold.test) - 91 / k) < 1


@pytest.mark.parametrize("k", [-1, 0, 1, 2, 92])
def test_k_folds_refuse_impossible_numbers(k):
    with pytest.raises(CorpusError, match="3 to 91"):
        k_folds(ACTORS, k=k)
