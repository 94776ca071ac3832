"""Label files: importing an export gives the same labels, other programs can read it, bad files are rejected."""

import csv
import io
from contextlib import suppress
from dataclasses import replace

import parselmouth
import pytest
import textgrid
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ser.annotation.formats import FORMATS, BadFileError, guess_format
from ser.annotation.label import EMOTIONS, GRADES, SOURCES, Clip, Label, LabelError, Row
from ser.annotation.validation import Rows
from ser.labels import LABELS
from tests.helpers.label_rows import (
    CLIP,
    HOSTILE,
    LABELS_OF_ALL_KINDS,
    OTHER,
    ROWS,
    TIME,
    as_bytes,
    by_id,
    files_of,
    label,
    read_rows,
)

COMPLETE = [name for name, format in FORMATS.items() if format.keeps_all]

# ---- round trips

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(i) for i in (*range(32), 127)]),
    max_size=40,
)
notes = st.one_of(texts, st.sampled_from(HOSTILE), st.lists(st.sampled_from(HOSTILE[:-1])).map("".join))
names = texts.filter(lambda text: text.strip())
seconds = st.floats(0, 1e7, allow_subnormal=False)
clips = st.builds(
    Clip,
    hash=st.integers(0, 3).map(lambda i: f"{i:064x}"),
    name=st.one_of(names, st.sampled_from(["a.wav", "A.wav", *HOSTILE[:4]])),
    duration_s=st.none() | seconds,
    source=st.sampled_from(SOURCES),
    acted=st.none() | st.sampled_from(LABELS),
)
labels = st.builds(
    Label,
    id=st.uuids().map(lambda uuid: uuid.hex),
    clip=st.just(""),
    annotator=st.one_of(st.sampled_from(["Ann", "ann", "Ann: regions", "Emotion Listener"]), names),
    emotion=st.sampled_from(EMOTIONS),
    intensity=st.sampled_from(GRADES),
    confidence=st.sampled_from(GRADES),
    note=notes,
    time=st.just(TIME),
    scores=st.none() | st.fixed_dictionaries(dict.fromkeys(LABELS, st.floats(0, 1))),
    checkpoint=st.none() | names,
    revision=st.integers(1, 10**14),
)
shares = st.none() | st.lists(st.floats(0, 1), min_size=2, max_size=2, unique=True).map(sorted)


@st.composite
def several_rows(draw) -> list[Row]:
    of_hash, kept = {}, Rows()
    for _ in range(draw(st.integers(0, 8))):
        clip, one, span = draw(clips), draw(labels), draw(shares)
        clip = of_hash.setdefault(clip.hash, clip)
        length_s = 1e7 if clip.duration_s is None else clip.duration_s
        times = {"start_s": span[0] * length_s, "end_s": span[1] * length_s} if span else {}
        with suppress(LabelError):  # a second label of the whole clip, or one of a clip without sound
            kept.add(Row(replace(one, clip=clip.hash, **times), clip))
    return list(kept)


@pytest.mark.parametrize("format", COMPLETE)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=several_rows())
def test_export_then_import_gives_the_same_rows(format, rows):
    found = read_rows(as_bytes(files_of(rows, format)), format=format)
    assert by_id(found) == by_id(rows)


@pytest.mark.parametrize("format", COMPLETE)
@pytest.mark.parametrize("note", HOSTILE)
def test_hostile_text_comes_back(format, note):
    rows = [Row(label(1, note=note, start_s=0, end_s=1), replace(CLIP, name=f"{note[:900]}x"))]
    assert read_rows(as_bytes(files_of(rows, format)), format=format) == rows


@pytest.mark.parametrize("format", COMPLETE)
def test_all_kinds_of_labels_come_back_from_the_disk(format, tmp_path):
    files = files_of(ROWS, format)
    for file, text in files.items():
        (tmp_path / file).write_bytes(text.encode())
    (tmp_path / "notes.md").write_text("something else")
    assert by_id(read_rows(tmp_path, format=format)) == ROWS
    paths = [tmp_path / file for file in files if not file.endswith(".yaml")]
    assert by_id(read_rows(paths, format=format)) == ROWS
    assert {guess_format(path) for path in paths} == {format}


@pytest.mark.parametrize("format", COMPLETE)
def test_nothing_is_a_file_without_rows(format):
    assert read_rows(files_of([], format), format=format) == []


@pytest.mark.parametrize("format", ["textgrid", "audacity"])
def test_names_of_files_are_safe_and_no_two_alike(format):
    names = ("../../etc/passwd", "a:b?.wav", "CON", "A" * 900, "A B.wav", "a_b.wav", "😀", "\u202e.wav")
    rows = [
        Row(
            label(i, clip=f"{'c' * 20}{i:044x}", annotator=f"../{'x' * (i // 4)}"),
            Clip(f"{'c' * 20}{i:044x}", name),
        )
        for i, name in enumerate(names)
    ]
    files = files_of(rows, format)
    assert len({file.casefold() for file in files}) == len(names)
    for file in files:
        assert len(file.encode()) < 255
        assert not set(file) & set('/\\:?*"<>| \u202e')
        assert not file.startswith(".")


# ---- CSV


def test_no_cell_of_a_table_is_a_formula():
    rows = [Row(label(1, note="=1+1", annotator="@Ann"), OTHER), *ROWS]
    rows[0] = Row(replace(rows[0].label, clip=OTHER.hash), OTHER)
    for format in ("csv", "audformat"):
        for text in files_of(rows, format).values():
            for cells in csv.reader(io.StringIO(text, newline="")):
                assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "@", "-"))]


def test_a_spreadsheet_knows_the_encoding_of_the_table():
    assert files_of(ROWS, "csv")["labels.csv"].startswith("\ufeffid,")
    assert not files_of(ROWS, "audformat")["db.labels-1.csv"].startswith("\ufeff")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_made_by_hand_is_read(delimiter):
    text = "\ufefffile,annotator,emotion,start_s,end_s\none two.wav,Ann,sad,,\none two,Bob,Angry,0.5,1\n"
    rows = read_rows({"t.csv": text.replace(",", delimiter)}, format="csv", clips=[CLIP])
    assert [(row.label.clip, row.label.annotator, row.label.emotion, row.label.end_s) for row in rows] == [
        (CLIP.hash, "Ann", "SAD", None),
        (CLIP.hash, "Bob", "ANG", 1.0),
    ]
    assert rows == read_rows({"t.csv": text.replace(",", delimiter)}, format="csv", clips=[CLIP])


# ---- TextGrid


def textgrid_of(rows: list[Row]) -> tuple[str, str]:
    [(file, text)] = files_of(rows, "textgrid").items()
    return file, text


def test_praat_reads_a_textgrid_and_what_praat_writes_is_read(tmp_path):
    rows = ROWS[:6]
    _, text = textgrid_of(rows)
    (tmp_path / "a.TextGrid").write_bytes(text.encode())
    grid = parselmouth.read(str(tmp_path / "a.TextGrid"))
    assert isinstance(grid, parselmouth.TextGrid)
    names = [
        parselmouth.praat.call(grid, "Get tier name", i + 1)
        for i in range(parselmouth.praat.call(grid, "Get number of tiers"))
    ]
    bob = LABELS_OF_ALL_KINDS[4].annotator
    assert names == [
        "Ann",
        "Ann: regions",
        "Ann: regions 2",
        "Ann: regions 3",
        bob,
        f"{bob}: regions",
        "Emotion Listener",
    ]
    assert parselmouth.praat.call(grid, "Get label of interval", 1, 1) == "Angry #1"
    assert parselmouth.praat.call(grid, "Get start time of interval", 2, 2) == 0.1
    assert parselmouth.praat.call(grid, "Get end time of interval", 2, 2) == 1 / 3
    for command in ("Save as text file", "Save as short text file"):
        parselmouth.praat.call(grid, command, str(tmp_path / "b.TextGrid"))
        assert by_id(read_rows(tmp_path / "b.TextGrid", format="textgrid")) == rows


@pytest.mark.parametrize("note", HOSTILE)
def test_praat_gives_hostile_text_back(note, tmp_path):
    rows = [Row(label(1, note=note), CLIP)]
    (tmp_path / "a.TextGrid").write_bytes(textgrid_of(rows)[1].encode())
    parselmouth.praat.call(
        parselmouth.read(str(tmp_path / "a.TextGrid")), "Save as text file", str(tmp_path / "b.TextGrid")
    )
    assert read_rows(tmp_path / "b.TextGrid", format="textgrid") == rows


def test_another_reader_reads_a_textgrid(tmp_path):
    (tmp_path / "a.TextGrid").write_bytes(textgrid_of(ROWS[:4])[1].encode())
    grid = textgrid.TextGrid.fromFile(str(tmp_path / "a.TextGrid"))  # this library rounds to five digits
    assert grid.maxTime == 2.5
    assert [(float(i.minTime), float(i.maxTime), i.mark) for i in grid[1]] == [
        (0.0, 0.1, ""),
        (0.1, 0.33333, "Unclear #2"),
        (0.33333, 2.5, ""),
    ]


def test_what_was_changed_in_praat_is_taken_over():
    _, text = textgrid_of([Row(label(1, note="louder", start_s=0.5, end_s=1.5), CLIP)])
    text = (
        text.replace("Angry #1", "Sad #1")
        .replace("xmin = 0.5", "xmin = 0.75")
        .replace("xmax = 0.5", "xmax = 0.75")
    )
    [row] = read_rows({"a.TextGrid": text}, format="textgrid")
    assert row.label == label(1, note="louder", start_s=0.75, end_s=1.5, emotion="SAD")


def test_a_textgrid_made_by_hand_is_about_the_known_clip_of_its_name(tmp_path):
    grid = textgrid.TextGrid(maxTime=2.5)
    regions, whole = textgrid.IntervalTier("Ann: regions", 0, 2.5), textgrid.IntervalTier("Bob", 0, 2.5)
    regions.add(0.5, 1.0, "fearful")
    whole.add(0, 2.5, "NEU")
    grid.extend([regions, whole])
    grid.write(str(tmp_path / "one two.TextGrid"))
    path, known = tmp_path / "one two.TextGrid", [CLIP, OTHER]
    rows = read_rows(path, format="textgrid", clips=known, tier_is_annotator=True)
    found = [(row.clip, row.label.annotator, row.label.emotion, row.label.start_s) for row in rows]
    assert found == [(CLIP, "Ann", "FEA", 0.5), (CLIP, "Bob", "NEU", None)]
    with pytest.raises(BadFileError, match="no clip is named"):
        read_rows(path, format="textgrid", tier_is_annotator=True)


# ---- Audacity


def test_a_label_track_has_start_end_and_text():
    files = files_of(ROWS[:4], "audacity")
    [(file, text)] = files.items()
    assert file == "one_two_aaaaaaaaaaaa_Ann.txt"
    lines = [line.split("\t") for line in text.rstrip("\n").split("\n")]
    assert [(float(start), float(end), emotion[:3]) for start, end, emotion in lines] == [
        (0.0, 2.5, "ANG"),
        (0.1, 1 / 3, "UNC"),
        (0.2, 2.5, "OTH"),
        (0.2, 2.5, "ANG"),
    ]


def test_what_audacity_rounds_comes_back_in_full_and_what_was_moved_is_moved():
    [text] = files_of(ROWS[1:3], "audacity").values()
    lines = []
    for line in text.rstrip("\n").split("\n"):
        start, end, rest = line.split("\t")
        lines += [f"{float(start):.6f}\t{float(end):.6f}\t{rest}", "\\\t100.000000\t4000.000000"]
    assert read_rows({"a.txt": "\r\n".join(lines)}, format="audacity") == ROWS[1:3]
    moved = "\n".join(lines).replace("2.500000\t", "2.250000\t")
    assert read_rows({"a.txt": moved}, format="audacity")[1].label == replace(ROWS[2].label, end_s=2.25)


def test_a_label_track_made_by_hand_is_about_the_known_clip_of_its_name():
    text = "0.5\t1.0\tangry\n\\\t100.0\t4000.0\n1,25\t2,0\tNEU\n"
    rows = read_rows({"one two.txt": text}, format="audacity", clips=[CLIP], annotator="Ann")
    assert [(row.label.emotion, row.label.start_s, row.label.annotator) for row in rows] == [
        ("ANG", 0.5, "Ann"),
        ("NEU", 1.25, "Ann"),
    ]
    with pytest.raises(BadFileError, match=r"^one two\.txt, line 1: the label names no annotator"):
        read_rows({"one two.txt": text}, format="audacity", clips=[CLIP])


# ---- audformat


def test_an_audformat_table_says_file_start_end_and_emotion():
    files = files_of(ROWS, "audformat")
    assert list(files) == ["db.yaml", "db.labels-1.csv", "db.labels-2.csv", "db.labels-3.csv"]
    first = list(csv.DictReader(io.StringIO(files["db.labels-1.csv"], newline="")))
    assert [(row["file"], row["start"], row["end"], row["emotion"]) for row in first[:2]] == [
        ("dir/one two.wav", "0 days 00:00:00.000000000", "", "anger"),
        ("dir/one two.wav", "0 days 00:00:00.100000000", "0 days 00:00:00.333333333", "unclear"),
    ]


def test_audformat_opens_its_tables(tmp_path):
    audformat = pytest.importorskip(
        "audformat", reason="pip install audformat; it is large and needed only here"
    )
    for file, text in files_of(ROWS, "audformat").items():
        (tmp_path / file).write_bytes(text.encode())
    database = audformat.Database.load(str(tmp_path))
    tables = {name: database[name].get() for name in database.tables}
    assert sum(len(table) for table in tables.values()) == len(ROWS)
    for table in tables.values():
        audformat.assert_index(table.index)
        audformat.assert_no_duplicates(table.index)
    assert list(tables["labels-1"]["emotion"])[:3] == ["anger", "unclear", "other"]
    assert tables["labels-1"]["intensity"].iloc[0] == 3
    database.save(str(tmp_path / "again"), storage_format="csv")
    assert by_id(read_rows(tmp_path / "again", format="audformat")) == ROWS


def test_times_that_were_changed_in_the_table_are_taken_over():
    files = files_of(ROWS[1:2], "audformat")
    text = files["db.labels-1.csv"].replace("0 days 00:00:00.333333333", "0 days 00:00:00.5")
    [row] = read_rows({"db.labels-1.csv": text}, format="audformat")
    assert row.label == replace(ROWS[1].label, end_s=0.5)
