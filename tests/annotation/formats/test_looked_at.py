"""The content of a file tells its format, and import tells which of its labels differ from stored ones."""

import csv
import io
from dataclasses import replace

import pytest

from ser.annotation.conflicts import find_conflicts
from ser.annotation.formats import FORMATS, export, guess_format, sniff
from ser.annotation.label import Clip, Row
from ser.annotation.store import Annotations, ConflictError
from tests.helpers.label_rows import ROWS, files_of, label

TELLING = sorted(set(FORMATS) - {"audacity"})  # two numbers and a word could stand in a table, too


@pytest.mark.parametrize("name", ["labels", "labels.txt", "labels.unknown"])
@pytest.mark.parametrize("format", TELLING)
def test_what_is_in_a_file_tells_its_format_whatever_it_is_called(format, name, tmp_path):
    [text, *_] = [text for file, text in files_of(ROWS, format).items() if not file.endswith(".yaml")]
    assert sniff(name, text.encode("utf-8")) == format
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert guess_format(tmp_path / name) == format


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("one.txt", b"0.5\t1.5\tangry\n", "audacity"),
        ("one.txt", "0,5\t1,5\tangry\n".encode("utf-16"), "audacity"),
        ("emotions.csv", b"clip;Emotion\none.wav;happy\n", "csv"),
        ("emotions.txt", b"clip\temotion\none.wav\thappy\n", "csv"),
        ("table.csv", b"name,age\nBob,7\n", "csv"),
        ("binary", b"ooBinaryFile\x08TextGrid\x00\xff", "textgrid"),
        ("grid", 'File type = "ooTextFile"\n'.encode("utf-16"), "textgrid"),
        ("times.csv", b"1.0\t2.0\n", "csv"),
        ("picture.png", b"\x89PNG\r\n\x1a\n", None),
        ("empty", b"", None),
    ],
)
def test_the_name_counts_where_the_content_does_not_tell(name, content, format):
    assert sniff(name, content) == format


@pytest.fixture
def stored(tmp_path) -> Annotations:
    with Annotations(tmp_path / "labels.sqlite") as store:
        store.import_rows(ROWS)
        yield store


CLIP, FIRST, REGION = ROWS[0].clip, ROWS[0].label, ROWS[1].label
CHANGES = {
    "the same again": (FIRST, None),
    "an older revision of the same": (replace(FIRST, revision=0), None),
    "the same without a time": (replace(FIRST, time=""), None),
    "another emotion": (replace(FIRST, emotion="SAD"), FIRST),
    "a second one for the whole clip": (label(99, emotion="SAD"), FIRST),
    "another person's": (label(99, emotion="SAD", annotator="Dan"), None),
    "a new region": (label(99, start_s=1.0, end_s=2.0), None),
    "a region that was moved": (replace(REGION, end_s=0.4), REGION),
    "a final one, where there is none": (label(99, emotion="SAD", final=True), None),
}


@pytest.mark.parametrize(("changed", "differs_from"), CHANGES.values(), ids=CHANGES)
def test_labels_differ_where_an_import_would_be_refused(stored, changed, differs_from):
    rows = [Row(changed, CLIP)]
    conflicts = find_conflicts(rows, stored=stored.labels(final=None))
    other = replace(differs_from, revision=conflicts[0].stored.revision) if differs_from else None
    assert [conflict.stored for conflict in conflicts] == ([other] if other else [])
    try:
        stored.import_rows(rows)
        is_refused = False
    except ConflictError:
        is_refused = True
    assert is_refused == bool(conflicts)


def test_there_is_one_final_label_whoever_gave_it(stored):
    final = label(50, final=True)
    stored.import_rows([Row(final, CLIP)])
    rows = [Row(label(51, emotion="SAD", annotator="Dan", final=True), CLIP)]
    [conflict] = find_conflicts(rows, stored=stored.labels(final=None))
    assert conflict.stored.id == final.id
    with pytest.raises(ConflictError):
        stored.import_rows(rows)


def test_a_table_is_sorted_by_the_names_of_clips_and_tiers_have_words():
    clips = [Clip(letter * 64, name) for letter, name in zip("cab", ("b.wav", "A.wav", "c.wav"), strict=True)]
    labels = [label(i, clip=clip.hash) for i, clip in enumerate(clips, start=1)]
    [table] = export(labels, clips=clips, format="csv").values()
    rows = csv.DictReader(io.StringIO(table.removeprefix("\ufeff")))
    assert [row["file"] for row in rows] == ["A.wav", "b.wav", "c.wav"]
    for format in ("textgrid", "elan"):
        for text in export(labels, clips=clips, format=format).values():
            assert "Angry #1" in text
