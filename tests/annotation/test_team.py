"""A team at one machine: its guidelines, and which clips are for whom."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser.annotation.assignment import Assignment, AssignmentError, make_assignment
from ser.annotation.guidelines import GuidelinesError, Span, parse_markdown, read_guidelines
from ser.annotation.labelling_queue import Entry
from ser.annotation.queue_order import View, arrange

MARKDOWN = """# Task

Listen **twice**, to `the voice` only,
and *not* to the words. See [the paper](https://example.org/a_b).

1. Choose what you hear.
2) Then say how sure you are.

- loud is not angry
  even if it seems so
- flag what is <b>broken</b>

> Take breaks.

```
python app.py
```
"""


def test_markdown_becomes_blocks_of_text():
    blocks = parse_markdown(MARKDOWN)
    assert [(block.kind, block.level) for block in blocks] == [
        *(("heading", 1), ("paragraph", 0), ("numbered", 0), ("numbered", 0)),
        *(("item", 0), ("item", 0), ("quote", 0), ("code", 0)),
    ]
    assert blocks[1].spans == (
        *(Span("text", "Listen "), Span("strong", "twice"), Span("text", ", to "), Span("code", "the voice")),
        *(Span("text", " only, and "), Span("em", "not"), Span("text", " to the words. See ")),
        *(Span("link", "the paper", "https://example.org/a_b"), Span("text", ".")),
    )
    assert blocks[4].spans == (Span("text", "loud is not angry even if it seems so"),)
    assert blocks[5].spans == (Span("text", "flag what is <b>broken</b>"),)  # tags are text
    assert blocks[7].spans == (Span("text", "python app.py"),)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x", "a.md"]
)
def test_only_links_to_the_web_are_links(address):
    [block] = parse_markdown(f"[click]({address})")
    assert {span.kind for span in block.spans} == {"text"}


@given(st.text())
def test_every_text_can_be_shown(text):
    for block in parse_markdown(text):
        assert all(isinstance(span.text, str) for span in block.spans)


def test_guidelines_that_cannot_be_read_are_refused_with_a_sentence(tmp_path):
    file = tmp_path / "guidelines.md"
    with pytest.raises(GuidelinesError, match="--guidelines"):
        read_guidelines(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GuidelinesError, match="UTF-8"):
        read_guidelines(file)
    file.write_text("x" * 200_001)
    with pytest.raises(GuidelinesError, match="200 KB"):
        read_guidelines(file)
    file.write_text("\ufeff# Grüße", encoding="utf-8")
    assert read_guidelines(file)[0].spans == (Span("text", "Grüße"),)


def test_clips_are_divided_evenly_and_every_two_annotators_share_some():
    assignment = make_assignment("Ann, Bob ,Cleo,Dan", overlap=2)
    groups = [assignment.annotators(f"clip {i}") for i in range(600)]
    assert groups == [assignment.annotators(f"clip {i}") for i in range(600)]
    counts = Counter(name for group in groups for name in group)
    assert all(240 < counts[name] < 360 for name in assignment.names)
    pairs = Counter(groups)
    assert all(60 < pairs[pair] < 140 for pair in combinations(assignment.names, 2))


def test_all_clips_are_for_who_is_not_in_the_team():
    assignment = Assignment(("Ann", "Bob"), 1)
    keys = [f"clip {i}" for i in range(50)]
    assert all(assignment.is_for(key, "Zoe") and assignment.is_for(key, None) for key in keys)
    assert all(assignment.is_for(key, "ANN") != assignment.is_for(key, "bob") for key in keys)


def test_the_queue_shows_what_is_for_the_annotator(tmp_path):
    entries = [Entry(f"key {i}", f"{i}.wav", tmp_path / f"{i}.wav", hash=f"{i}") for i in range(4)]
    view = {"assigned": {"key 1", "key 3"}, "labelled": {"3"}}
    assert arrange(entries, View(show="mine", **view)) == [1, 3]
    assert arrange(entries, View(show="unlabelled", **view)) == [1]
    assert arrange(entries, View(show="all", **view)) == [0, 1, 2, 3]
    assert arrange(entries, View(show="mine")) == [0, 1, 2, 3]
    assert arrange(entries, View(show="flagged", flagged={"2"})) == [2]


@pytest.mark.parametrize(
    ("names", "overlap", "cure"),
    [
        ("Ann", 1, "2 to 12 names"),
        ("Ann,,Bob", 1, "2 to 12 names"),
        ("Ann,ann", 1, "name twice"),
        ("Ann,Bob", 3, "choose 1 to 2"),
        ("Ann,Bob", 0, "choose 1 to 2"),
    ],
)
def test_names_and_overlaps_that_do_not_work_are_refused(names, overlap, cure):
    with pytest.raises(AssignmentError, match=cure):
        make_assignment(names, overlap=overlap)
