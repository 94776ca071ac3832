"""Label Studio's JSON as it exports it, RTTM and subtitles."""

import json
import sys
from datetime import timedelta

import pytest

from ser.annotation.formats import BadFileError, guess_format, to_parquet
from ser.annotation.label import Clip
from tests.helpers.label_rows import ROWS, by_id, files_of, read_rows

CLIP = Clip("a" * 64, "one two.wav", 2.5)
REGION = {"start": 0.123456789, "end": 1.5, "channel": 0, "labels": ["Angry"]}
TASK = {
    "id": 7,
    "file_upload": "0a1b2c3d-one_two.wav",
    "data": {"audio": "/data/upload/1/0a1b2c3d-one_two.wav"},
    "annotations": [
        {
            "completed_by": {"id": 1, "email": "ann@example.org"},
            "was_cancelled": False,
            "result": [
                {"type": "labels", "original_length": 2.5, "value": REGION},
                {"type": "choices", "value": {"choices": ["Sad"]}},
                {"type": "textarea", "value": {"text": ["hm"]}},
            ],
        },
        {"completed_by": {"id": 2}, "was_cancelled": True, "result": [{"value": REGION}]},
    ],
}
MIN = {
    "id": 7,
    "audio": "/data/upload/1/0a1b2c3d-one_two.wav",
    "annotator": 3,
    "label": [REGION],
    "lead_time": 1.5,
}


def found(text: str, format: str, **options) -> list[tuple]:
    rows = read_rows({"x": text}, format=format, clips=[CLIP], **options)
    return [(row.label.annotator, row.label.emotion, row.label.start_s, row.label.end_s) for row in rows]


def test_tasks_of_label_studio_are_about_the_sounds_that_were_uploaded():
    regions = [("Ann", "ANG", 0.123456789, 1.5), ("Ann", "SAD", None, None)]
    assert found(json.dumps([TASK]), "label-studio", annotator="Ann") == regions
    people = found(json.dumps([TASK, MIN]), "label-studio", tier_is_annotator=True)
    assert [person for person, *_ in people] == ["ann@example.org", "ann@example.org", "user 3"]


def test_what_label_studio_gets_is_in_its_form(tmp_path):
    [text] = files_of(ROWS[:3], "label-studio").values()
    [task] = json.loads(text)
    assert task["data"] == {"audio": ROWS[0].clip.name}
    [annotation] = task["annotations"]
    assert [result["type"] for result in annotation["result"]] == ["choices", "labels", "labels"]
    assert annotation["result"][1]["value"] == {
        "labels": ["unclear"],
        "start": 0.1,
        "end": 1 / 3,
        "channel": 0,
    }
    assert annotation["result"][1]["original_length"] == 2.5
    (tmp_path / "tasks.json").write_text(text, encoding="utf-8")
    assert guess_format(tmp_path / "tasks.json") == "label-studio"
    with pytest.raises(BadFileError, match="line 1: this is not a task"):
        found('[{"data": {}, "annotations": [3]}]', "label-studio", annotator="Ann")


def test_rttm_holds_times_and_emotions():
    files = files_of(ROWS[:5], "rttm")
    assert len(files) == 2
    text = files["Ann.rttm"]
    assert text.splitlines()[0] == "SPEAKER one_two 1 0.0 2.5 <NA> <NA> anger <NA> <NA>"
    assert all(len(line.split(" ")) == 10 for line in text.splitlines())
    assert found(text, "rttm", annotator="Ann")[:2] == [
        ("Ann", "ANG", None, None),
        ("Ann", "UNC", 0.1, pytest.approx(1 / 3)),
    ]
    with pytest.raises(BadFileError, match="line 1: this is not a line of nine"):
        found("SPEAKER one_two 1 soon 1 <NA> <NA> anger <NA>", "rttm", annotator="Ann")


def test_subtitles_are_written_and_not_read():
    [text] = files_of(ROWS[1:2], "vtt").values()
    assert text == "WEBVTT\n\n00:00:00.100 --> 00:00:00.333\n<v Ann>Unclear\n"
    [text] = files_of(ROWS[:2], "srt").values()
    assert text.startswith(
        "1\n00:00:00,000 --> 00:00:02,500\nAnn: Angry\n\n2\n00:00:00,100 --> 00:00:00,333\n"
    )
    for format in ("vtt", "srt"):
        with pytest.raises(BadFileError, match="only written"):
            found(text, format, annotator="Ann")


def test_a_parquet_table_is_read_where_its_reader_is_installed_and_otherwise_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "db.labels.parquet").write_bytes(b"PAR1" + b"\x00" * 20 + b"PAR1")
    assert guess_format(tmp_path / "db.labels.parquet") == "audformat"
    with pytest.raises(BadFileError, match="install pyarrow, or save the database"):
        read_rows(tmp_path, format="audformat")


def test_tables_in_parquet_come_back_the_same(tmp_path):
    pytest.importorskip("pyarrow", reason="pip install pyarrow; it is large and needed only here")
    for name, content in to_parquet(files_of(ROWS, "audformat")).items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert {path.name for path in tmp_path.iterdir()} == {
        "db.yaml",
        *(f"db.labels-{number}.parquet" for number in (1, 2, 3)),
    }
    assert by_id(read_rows(tmp_path, format="audformat")) == ROWS


def test_audformat_opens_tables_in_parquet_with_open_ends(tmp_path):
    audformat = pytest.importorskip(
        "audformat", reason="pip install audformat; it is large and needed only here"
    )
    for name, content in to_parquet(files_of(ROWS, "audformat")).items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    database = audformat.Database.load(str(tmp_path))
    tables = {name: database[name].get() for name in database.tables}
    assert sum(len(table) for table in tables.values()) == len(ROWS)
    for table in tables.values():
        audformat.assert_index(table.index)
    first = tables["labels-1"]
    assert list(first["emotion"])[:3] == ["anger", "unclear", "other"]
    assert first.index.get_level_values("end").isna()[0]
    assert first.index.get_level_values("start")[1].total_seconds() == 0.1
    assert first["intensity"].iloc[0] == 3


def test_a_parquet_table_with_open_ends_is_read(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="pip install pyarrow; it is large and needed only here")
    parquet = pytest.importorskip("pyarrow.parquet")
    second = timedelta(seconds=1)
    columns = {
        "file": ["one two.wav"] * 3,
        "start": pyarrow.array([timedelta(0), second, timedelta(0)], pyarrow.duration("ns")),
        "end": pyarrow.array([None, None, second], pyarrow.duration("ns")),
        "emotion": ["anger", "sadness", None],
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "db.labels.parquet")
    rows = read_rows(tmp_path, format="audformat", clips=[CLIP], annotator="Ann")
    spans = [(row.label.emotion, row.label.start_s, row.label.end_s) for row in rows]
    assert spans == [("ANG", None, None), ("SAD", 1.0, 2.5)]
    (tmp_path / "db.labels.parquet").write_bytes(b"PAR1" + b"\x00" * 20 + b"PAR1")
    with pytest.raises(BadFileError, match="damaged"):
        read_rows(tmp_path, format="audformat")
