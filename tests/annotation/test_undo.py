"""Undo and redo of labels."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser.annotation.store import (
    Annotations,
    ConflictError,
    Label,
    new_id,
)
from tests.helpers.annotation_store import CLIP, MEMORY, label


def test_undo_and_redo_go_through_all_changes(store):
    first = store.write(label())
    second = store.write(replace(first, emotion="SAD"))
    store.delete(second)
    assert store.undo("Ann").after.emotion == "SAD"
    assert store.undo("Ann").after.emotion == "ANG"
    assert store.undo("Ann").after is None
    assert store.undo("Ann") is None
    assert store.labels() == []
    assert store.redo("Ann").after.emotion == "ANG"
    assert store.redo("Ann").after.emotion == "SAD"
    assert store.redo("Ann").after is None
    assert store.redo("Ann") is None
    kinds = [change.kind for change in store.history()]
    assert kinds == ["change"] * 3 + ["undo"] * 3 + ["redo"] * 3


def test_undo_is_each_annotators_own_and_outlives_a_restart(path, store):
    store.write(label())
    bobs = store.write(label("Bob"))
    store.close()
    with Annotations(path) as again:
        assert again.undo("Ann").before.annotator == "Ann"
        assert again.labels() == [bobs]
    with Annotations(path) as again:
        assert again.redo("Bob") is None
        assert again.redo("Ann").after.emotion == "ANG"


def test_a_new_change_ends_what_can_be_redone(store):
    store.write(label())
    store.undo("Ann")
    store.write(label(emotion="SAD"))
    assert store.redo("Ann") is None
    assert [found.emotion for found in store.labels()] == ["SAD"]


def test_a_window_that_did_not_see_the_undo_cannot_overwrite_it(store):
    first = store.write(label())
    second = store.write(replace(first, emotion="SAD"))
    store.undo("Ann")
    for seen in (first, second):
        with pytest.raises(ConflictError):
            store.write(replace(seen, emotion="HAP"))


MOVES = st.lists(st.tuples(st.sampled_from("wdur"), st.integers(0, 2)), max_size=40)


@settings(max_examples=30, deadline=None)
@given(moves=MOVES)
def test_undo_and_redo_are_what_a_stack_of_states_says(moves):
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        Annotations(Path(folder) / "labels.sqlite") as store,
    ):
        store.put_clip(CLIP)
        ids, states, at = [new_id() for _ in range(3)], [{}], 0
        for step, (move, which) in enumerate(moves):
            current = {found.id: found for found in store.labels()}
            if move == "u":
                assert (store.undo("Ann") is None) == (at == 0)
                at = max(at - 1, 0)
            elif move == "r":
                assert (store.redo("Ann") is None) == (at == len(states) - 1)
                at = min(at + 1, len(states) - 1)
            elif move == "w" or ids[which] in current:
                state = dict(states[at])
                if move == "d":
                    store.delete(current[ids[which]])
                    del state[ids[which]]
                else:
                    ids[which] = ids[which] if ids[which] in current else new_id()
                    fresh = Label(ids[which], CLIP.hash, "Ann", "ANG", start_s=0, end_s=1)
                    store.write(replace(current.get(ids[which], fresh), note=str(step)))
                    state[ids[which]] = str(step)
                states, at = [*states[: at + 1], state], at + 1
            assert {found.id: found.note for found in store.labels()} == states[at]
