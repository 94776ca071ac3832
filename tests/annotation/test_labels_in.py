"""Labels as annotators have them: files of other programs come in as they are meant, and what is not a label is named."""

import parselmouth
import pytest

from ser.annotation.formats import BadFileError, ImportOptions, KnownClips, read
from ser.annotation.formats.contents import Interval, LeftOut
from ser.annotation.formats.praat_text import write_tiers
from ser.annotation.label import Clip, Row
from tests.helpers.label_rows import ROWS, files_of, read_rows

CLIP = Clip("a" * 64, "one.wav", 2.5)
KNOWN = [CLIP]


def grid(*tiers: tuple[str, list[tuple[float, float, str]]], end_s: float = 2.5) -> str:
    return write_tiers(end_s, [(name, [Interval(*one) for one in intervals]) for name, intervals in tiers])


def spans(rows: list[Row]) -> list[tuple]:
    return [(row.label.emotion, row.label.start_s, row.label.end_s) for row in rows]


# ---- which part of the clip


def test_one_interval_with_gaps_not_written_is_a_region():
    text = grid(("emotion", [(0.8, 1.4, "sad")]))
    rows = read_rows({"one.TextGrid": text}, format="textgrid", clips=KNOWN, annotator="Ann")
    assert spans(rows) == [("SAD", 0.8, 1.4)]


@pytest.mark.parametrize(
    ("format", "file", "text"),
    [
        ("audacity", "one.txt", "{}\t{}\tsad\n"),
        ("csv", "t.csv", "file,emotion,start_s,end_s\none.wav,sad,{},{}\n"),
        ("json", "t.json", '[{{"file": "one.wav", "emotion": "sad", "start_s": {}, "end_s": {}}}]'),
        ("audformat", "t.csv", "file,start,end,emotion\none.wav,{},{},sadness\n"),
    ],
)
def test_a_label_that_covers_the_clip_is_one_of_the_whole_clip(format, file, text):
    for start_s, end_s, whole in [(0.0, 2.5, True), (0.019, 2.481, True), (0.0, 2.479, False)]:
        [row] = read_rows({file: text.format(start_s, end_s)}, format=format, clips=KNOWN, annotator="Ann")
        assert row.label.whole is whole
    text = grid(("emotion", [(0.01, 2.49, "sad"), (2.49, 2.5, "")]))
    [row] = read_rows({"one.TextGrid": text}, format="textgrid", clips=KNOWN, annotator="Ann")
    assert row.label.whole


def test_a_region_that_this_app_wrote_stays_one_and_a_whole_clip_that_was_cut_becomes_one():
    whole = ROWS[0]
    [text] = files_of([whole], "textgrid").values()
    cut = text.replace("            xmax = 2.5", "            xmax = 1.5", 1)
    [row] = read_rows({"a.TextGrid": cut}, format="textgrid")
    assert (row.label.id, row.label.start_s, row.label.end_s) == (whole.label.id, 0.0, 1.5)
    [text] = files_of([whole], "audacity").values()
    [row] = read_rows({"a.txt": text.replace("\t2.5\t", "\t1.5\t")}, format="audacity")
    assert (row.label.id, row.label.start_s, row.label.end_s) == (whole.label.id, 0.0, 1.5)


@pytest.mark.parametrize("end", ["NaT", ""])
def test_an_open_end_is_that_of_the_clip(end):
    text = f"file,start,end,emotion\none.wav,0 days 00:00:01,{end},anger\none.wav,0 days,{end},sadness\n"
    rows = read_rows({"t.csv": text}, format="audformat", clips=KNOWN, annotator="Ann")
    assert spans(rows) == [("ANG", 1.0, 2.5), ("SAD", None, None)]
    with pytest.raises(BadFileError, match="line 2: it has no end, and the duration of the clip is unknown"):
        read_rows({"t.csv": text}, format="audformat", clips=[Clip("a" * 64, "one.wav")], annotator="Ann")


# ---- whose label


def test_a_tier_names_no_person_unless_said_so():
    text = grid(("emotion", [(0.0, 1.0, "sad")]))
    for name in ("first", "second"):
        [row] = read_rows({"one.TextGrid": text}, format="textgrid", clips=KNOWN, annotator=name)
        assert row.label.annotator == name
    with pytest.raises(BadFileError, match="use --annotator NAME, or --tier-is-annotator"):
        read_rows({"one.TextGrid": text}, format="textgrid", clips=KNOWN)
    tiers = grid(("Ann", [(0.0, 1.0, "sad")]), ("", [(0.0, 1.0, "angry")]))
    rows = read_rows(
        {"one.TextGrid": tiers}, format="textgrid", clips=KNOWN, annotator="Eve", tier_is_annotator=True
    )
    assert [row.label.annotator for row in rows] == ["Ann", "Eve"]


def test_what_a_file_of_this_app_says_about_its_annotators_stays():
    for format in ("csv", "textgrid", "audacity", "json"):
        rows = read_rows(files_of(ROWS, format), format=format, annotator="Eve", tier_is_annotator=True)
        assert {row.label.annotator for row in rows} == {row.label.annotator for row in ROWS}
    [text] = files_of(ROWS[:2], "textgrid").values()
    new = text.replace('text = "" ', 'text = "happy" ', 1)
    rows = read_rows({"a.TextGrid": new}, format="textgrid", annotator="Eve")
    assert [row.label.annotator for row in rows] == ["Ann"] * 3


# ---- times beyond the clip


def test_times_a_little_beyond_the_clip_are_cut_and_others_are_refused():
    def track(text: str) -> list[Row]:
        return read_rows({"one.txt": text}, format="audacity", clips=KNOWN, annotator="Ann")

    assert spans(track("1.0\t2.55\tsad\n-0.04\t1\tsad\n")) == [("SAD", 1.0, 2.5), ("SAD", 0.0, 1.0)]
    for line in ("1\t2.56\tsad", "2.5\t2.51\tsad"):
        with pytest.raises(BadFileError, match=r"line 2: .* beyond the clip, which lasts 2\.500 s\.$"):
            track(f"0\t1\tsad\n{line}\n")
    with pytest.raises(BadFileError, match=r"these look like milliseconds: 0\.5 to 1\.25 s"):
        track("500\t1250\tangry")
    with pytest.raises(BadFileError, match="not a start before an end"):
        track("-0.06\t1\tsad")
    text = grid(("emotion", [(0.0, 2.516, "sad")]), end_s=2.516)
    [row] = read_rows({"one.TextGrid": text}, format="textgrid", clips=KNOWN, annotator="Ann")
    assert row.label.whole


# ---- parts that are not labels


def left_out(files: dict[str, str], format: str, **options) -> tuple[list[Row], dict[LeftOut, int]]:
    reading = read(
        files, format=format, clips=KnownClips(KNOWN), options=ImportOptions(annotator="Ann", **options)
    )
    return reading.rows, dict(reading.left_out)


def test_tiers_of_points_words_and_phones_are_left_out_and_named(tmp_path):
    call = parselmouth.praat.call
    praat = call("Create TextGrid", 0.0, 2.5, "emotion words phones clicks", "clicks")
    for number, (time, one, two) in enumerate([(1.0, "happy", ""), (0.5, "I", "sad"), (0.1, "S", "N")], 1):
        call(praat, "Insert boundary", number, time)
        call(praat, "Set interval text", number, 1, one)
        call(praat, "Set interval text", number, 2, two)
    call(praat, "Insert boundary", 2, 2.0)
    call(praat, "Set interval text", 2, 3, "too")
    call(praat, "Insert point", 4, 1.0, "noise")
    call(praat, "Save as text file", str(tmp_path / "one.TextGrid"))
    text = (tmp_path / "one.TextGrid").read_text()
    rows, rest = left_out({"one.TextGrid": text}, "textgrid")
    assert spans(rows) == [("HAP", 0.0, 1.0)]
    assert rest == {
        LeftOut("text", " of the tier 'words'"): 3,
        LeftOut("text", " of the tier 'phones'"): 2,
        LeftOut("point", " of the tier 'clicks'"): 1,
    }
    with pytest.raises(BadFileError, match="'I' is not one of"):
        left_out({"one.TextGrid": text}, "textgrid", tiers=("words",))
    with pytest.raises(BadFileError, match="no tier 'feelings', but 'emotion', 'words', 'phones'"):
        left_out({"one.TextGrid": text}, "textgrid", tiers=("feelings",))


def test_a_tier_of_emotions_with_a_wrong_one_is_refused_and_not_left_out():
    for tiers in (
        [("emotion", [(0.0, 1.0, "sad"), (1.0, 2.0, "hapy"), (2.0, 2.5, "angr")])],
        [("one", [(0.0, 1.0, "sad")]), ("two", [(0.0, 1.0, "sad"), (1.0, 2.0, "hapy")])],
        [("words", [(0.0, 1.0, "hello")])],
    ):
        with pytest.raises(BadFileError, match=r"'(hapy|hello)' is not one of .* \(use --map"):
            left_out({"one.TextGrid": grid(*tiers)}, "textgrid")


def test_the_old_short_header_of_praat_is_read():
    short = '"IntervalTier"\n"emotion"\n0\n2.5\n2\n0\n1\n"sad"\n1\n2.5\n""\n'
    text = f'File type = "ooTextFile short"\n"TextGrid"\n\n0\n2.5\n<exists>\n1\n{short}'
    assert spans(left_out({"one.TextGrid": text}, "textgrid")[0]) == [("SAD", 0.0, 1.0)]


def test_points_and_empty_texts_of_audacity_are_left_out():
    rows, rest = left_out({"one.txt": "0\t1\tsad\n1\t1\tclick\n1\t2\t\n1.5\t2\n"}, "audacity")
    assert spans(rows) == [("SAD", 0.0, 1.0)]
    assert rest == {LeftOut("label", " of a point in time"): 1, LeftOut("label", " without a text"): 2}


def test_a_table_as_spreadsheets_write_it_is_read():
    text = (
        "sep=;\r\nFile;Emotion;START_S;End;speaker_id;split;;\r\none.wav;sad;0,5;1,25;7;dev;;\r\n;;;;;;;\r\n"
    )
    text += "one.wav;;;;7;dev;;\r\n"
    rows, rest = left_out({"t.csv": text}, "csv")
    assert spans(rows) == [("SAD", 0.5, 1.25)]
    assert rest == {
        LeftOut("column", " 'speaker_id'"): 1,
        LeftOut("column", " 'split'"): 1,
        LeftOut("row", " without an emotion"): 1,
    }
    for title in ("onset", "begin (ms)", "tmin", "start_time"):
        with pytest.raises(BadFileError, match="looks like times"):
            left_out({"t.csv": f"file,emotion,{title}\none.wav,sad,0.5\n"}, "csv")


def test_a_table_in_windows_1252_is_read(tmp_path):
    clip = Clip("a" * 64, "Grüße.wav")
    (tmp_path / "t.csv").write_bytes("file;emotion;note\nGrüße.wav;sad;größer\n".encode("cp1252"))
    [row] = read_rows(tmp_path / "t.csv", format="csv", clips=[clip], annotator="Ann")
    assert (row.clip, row.label.note) == (clip, "größer")


def test_other_words_are_mapped_or_left_out():
    text = "0\t1\tJoy \n1\t2\tsurprise\n1.5\t2\tlaughter\n"
    words = {"joy": "HAP", "Surprise": "OTH", "laughter": None}
    rows, rest = left_out({"one.txt": text}, "audacity", words=words)
    assert [row.label.emotion for row in rows] == ["HAP", "OTH"]
    assert rest == {LeftOut("label", " 'laughter'"): 1}


# ---- which clip


def test_names_are_found_as_a_mac_and_other_folders_write_them():
    clips = [Clip("a" * 64, "a/Grüße.wav"), Clip("b" * 64, "b/Grüße.wav"), Clip("c" * 64, "one.two.flac")]
    for file, content in (
        ("x/b/Gru\u0308ße", "b"),
        ("a\\Grüße.WAV", "a"),
        ("GRÜSSE", None),
        ("ONE.TWO", "c"),
        ("one", None),
    ):
        text = f"file,emotion\n{file},sad\n"
        if content is None:
            with pytest.raises(BadFileError, match="named"):
                read_rows({"t.csv": text}, format="csv", clips=clips, annotator="Ann")
        else:
            [row] = read_rows({"t.csv": text}, format="csv", clips=clips, annotator="Ann")
            assert row.clip.hash == content * 64
