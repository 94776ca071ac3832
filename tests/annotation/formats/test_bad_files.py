"""Invalid label files are rejected with the line and the reason, and none is read in part."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ser.annotation.formats import FORMATS, BadFileError, decode, guess_format
from ser.annotation.label import Row
from ser.annotation.validation import Rows
from tests.helpers.label_rows import ROWS, SCORES, TIME, files_of, read_rows

COMPLETE = [name for name, format in FORMATS.items() if format.keeps_all]


def broken(format: str, old: str, new: str) -> dict[str, str]:
    files = {file: text for file, text in files_of(ROWS[:2], format).items() if not file.endswith(".yaml")}
    [(_, text)] = files.items()
    assert old in text
    return {"bad file": text.replace(old, new, 1)}


def rows_or_error(files: dict[str, str], format: str) -> list[Row] | BadFileError:
    try:
        return read_rows(files, format=format)
    except BadFileError as error:
        return error


@pytest.mark.parametrize(
    ("format", "old", "new", "line", "reason"),
    [
        ("csv", ",emotion,", ",emotions,", 1, "column emotion is missing"),
        ("csv", ",start_s,", ",onset,", 1, "'onset' looks like times"),
        ("csv", ",UNC,", ",ANGRIEST,", 3, "'ANGRIEST' is not one of"),
        ("csv", ",,0.1,", ",,soon,", 3, "start_s 'soon' is not a number"),
        ("csv", ",,0.1,", ",,1e999,", 3, "not a start before an end"),
        ("csv", ",7,\r\n", ",7,,x\r\n", 3, "24 cells, and the table has 23 columns"),
        ("csv", f"{TIME}", '"', 2, "not a table"),
        ("csv", f"{2:032x}", f"{1:032x}", 3, "twice with different content"),
        ("csv", ",UNC,,,0.1,0.3333333333333333,", ",UNC,,,,,", 3, "two labels for the whole clip"),
        ("json", '"UNC"', "UNC", 3, "not JSON"),
        ("json", '"UNC"', "NaN", 3, "is not text"),
        ("json", '"UNC"', '["UNC"]', 3, "is not text"),
        ("json", '"intensity": 3', '"intensity": 3.5', 2, "not 1, 2, 3 or empty"),
        ("json", "},\n", "}\n", 2, "a comma"),
        ("json", "\n]", "\n", 3, "a comma"),
        ("json", "[\n", "[" * 100_000 + "\n", 1, "not JSON|not an object"),
        ("json", "[", "{", 1, "not a JSON list"),
        ("textgrid", '"ooTextFile"', '"ooBinary"', 1, "not a TextGrid"),
        ("textgrid", "Unclear #2", "UNC #9", 30, "no label #9"),
        ("textgrid", "Unclear #2", "Unclear #1", 30, "#1 occurs twice"),
        ("textgrid", "Unclear #2", "hello", 30, "'hello' is not one of"),
        ("textgrid", '"Unclear #2"', '"Unclear #2', 46, "no closing"),
        ("textgrid", "size = 3", "size = 999999999", 47, "end of the file"),
        ("textgrid", "IntervalTier", "LevelTier", 10, "neither intervals nor points"),
        ("textgrid", '""labels""', '""lables""', 44, "JSON"),
        ("textgrid", "xmin = 0.1", "xmin = soon", 32, "a number is expected"),
        ("audacity", "\tUNC", " UNC", 2, "start, end and text"),
        ("audacity", "UNC {", "UNC {{", 2, "JSON after the emotion"),
        ("audacity", "0.1\t", "-1\t", 2, "not a start before an end"),
        ("audformat", "0 days 00:00:00.1", "0 days 00:00:00.x", 3, "does not have the form 0 days"),
        ("audformat", "unclear", "boredom", 3, "'boredom' is not one of"),
        ("audformat", "file,start", "start,file,file", 1, "file occurs twice"),
    ],
)
def test_a_bad_file_is_refused_with_its_line_and_the_reason(format, old, new, line, reason):
    with pytest.raises(BadFileError, match=reason) as caught:
        read_rows(broken(format, old, new), format=format)
    assert caught.value.file == "bad file"
    assert caught.value.line == line, caught.value
    assert str(caught.value).startswith(f"bad file, line {line}: ")


@pytest.mark.parametrize("format", COMPLETE)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_damage_is_refused_or_harmless(format, data):
    files = {file: text for file, text in files_of(ROWS[:3], format).items() if not file.endswith(".yaml")}
    file = data.draw(st.sampled_from(sorted(files)))
    text = files[file]
    at, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 200))
    damaged = text[:at] + data.draw(st.text(max_size=5)) + text[at + length :]
    found = rows_or_error(files | {file: damaged}, format)
    if isinstance(found, BadFileError):
        assert found.file in files
        assert found.line >= 1
    else:
        assert list(Rows(found)) == found


@pytest.mark.parametrize("format", COMPLETE)
@pytest.mark.parametrize("text", ["", "\x00", "{", "[[", '"', "a\tb\tc", "1\t2", "\ufeff", '"' * 1001])
def test_what_is_no_file_of_a_format_is_refused_or_empty(format, text):
    found = rows_or_error({"bad": text}, format)
    assert found == [] or (isinstance(found, BadFileError) and found.file == "bad")


def test_the_same_rows_in_two_files_are_one_and_contrary_ones_are_refused():
    one, two = files_of(ROWS[:2], "json"), files_of(ROWS[1:3], "json")
    both = {"one.json": one["labels.json"], "two.json": two["labels.json"]}
    assert read_rows(both, format="json") == ROWS[:3]
    both["two.json"] = both["two.json"].replace('"UNC"', '"SAD"')
    with pytest.raises(BadFileError, match=r"^two\.json, line 2: .* twice with different content"):
        read_rows(both, format="json")


def test_only_text_in_unicode_is_read(tmp_path):
    for content in (b"id,emotion\n1,\xff\x81\n", b"id,emotion\n1,\xff\x00\n"):
        (tmp_path / "a.csv").write_bytes(content)
        with pytest.raises(BadFileError, match=r"a\.csv, line 2: this is not text in UTF-8"):
            read_rows(tmp_path / "a.csv", format="csv")
    for encoding in ("utf-16", "utf-8-sig"):
        assert decode("a", "שלום".encode(encoding)) == "שלום"


def test_a_name_that_says_no_format_is_refused(tmp_path):
    for place in (tmp_path, tmp_path / "labels.xlsx"):
        with pytest.raises(BadFileError):
            guess_format(place)


def test_json_is_read_by_any_program():
    values = json.loads(files_of(ROWS, "json")["labels.json"])
    assert [value["id"] for value in values] == [row.label.id for row in ROWS]
    assert values[0]["scores"] == SCORES
