"""Tables of labels: what they may hold, which mistakes are named, and that labels of any set come back from files."""

import re
from pathlib import Path

import pytest

from ser.annotation.agreement import agreement
from ser.annotation.agreement_report import format_report, report
from ser.annotation.formats import FORMATS, ImportOptions, export, read
from ser.annotation.label import Clip, Label
from ser.annotation.label_set import (
    DARK,
    MAX_LABELS,
    MIN_CONTRAST,
    PALETTE,
    STANDARD,
    TAKEN_KEYS,
    WHITE,
    LabelSetError,
    _rgb,
    contrast,
    lightened,
    read_label_set,
)
from ser.annotation.learning_clips import emotions_by_clip
from ser.annotation.store import Annotations, LabelError, new_id
from tests.conftest import ROOT

TABLE = """code,word,key,colour
bored,Bored,1,#8c6d1f
calm,"Calm, at ease",q,#000000
angry,Furious,,
OTH,Something else,9,
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "labels.csv") -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.fixture
def choices(write):
    return read_label_set(write(TABLE))


def test_a_table_is_read_with_what_it_leaves_out(choices):
    assert choices.codes == ("bored", "calm", "ANG", "OTH")  # "angry" is one of the six
    assert choices.names == {
        "bored": "Bored",
        "calm": "Calm, at ease",
        "ANG": "Furious",
        "OTH": "Something else",
    }
    assert choices.keys == {"bored": "1", "calm": "q", "ANG": "3", "OTH": "9"}
    assert choices.emotions == ("bored", "calm", "ANG")
    assert [choices.code_of(word) for word in ("CALM", "furious", "angry", "sad")] == [
        "calm",
        "ANG",
        "ANG",
        "sad",
    ]
    css = choices.css()
    assert "--label-bored: #8c6d1f;" in css
    assert css.count("--label-calm:") == 2
    assert "--label-calm: #737373;" in css  # black cannot be seen on the dark page
    assert "--label-ANG" not in css  # it keeps the colour that the app has for it
    assert STANDARD.css() == ""


def test_other_separators_and_encodings_and_as_many_as_the_page_holds(write, tmp_path):
    rows = [f"word{i};Word {i};{key};" for i, key in enumerate("123456789qry")]
    assert len(rows) == MAX_LABELS
    own = read_label_set(write("\ufeffCode;Word;Key;Colour\n" + "\n".join(rows) + "\n\n"))
    assert len(set(own.codes)) == MAX_LABELS
    assert {choice.colour for choice in own.choices} == set(PALETTE)
    (tmp_path / "utf16.csv").write_text("code\tword\na\tÄrger\nb\tRuhe\n", encoding="utf-16")
    assert read_label_set(tmp_path / "utf16.csv").names == {"a": "Ärger", "b": "Ruhe"}


def test_the_colours_that_are_given_out_are_seen_on_both_backgrounds():
    for colour in PALETTE:
        assert contrast(_rgb(colour), WHITE) >= MIN_CONTRAST
        assert contrast(_rgb(lightened(colour)), DARK) >= MIN_CONTRAST


HEAD = "code,word,key,colour\n"


@pytest.mark.parametrize(
    ("table", "problem", "cure"),
    [
        ("", "lacks the column code or word", "first line should be code,word,key,colour"),
        ("name,word\na,b\n", "lacks the column code or word", "code,word,key,colour"),
        (HEAD + "a,A,1,\n", "has 1 label:", "give 2 to 12"),
        (HEAD + "".join(f"a{i},A{i},,\n" for i in range(13)), "has 13 labels", "give 2 to 12"),
        (HEAD + "a,A,1,\nOTH,Other,2,\n", "has 1 emotion", "give 2 at least"),
        (HEAD + "a,A,1,\nA,B,2,\n", "line 3: A and an earlier row are the same label", "remove one"),
        (HEAD + "angry,A,1,\nANG,B,2,\n", "line 3: ANG and an earlier row", "remove one"),
        (HEAD + "a,Calm,1,\nb,calm,2,\n", "line 3: the word calm stands for", "choose another"),
        (HEAD + "a,Calm,1,\nb,A,2,\n", "line 3: the word A stands for", "choose another"),
        (HEAD + "a,A,1,\nb,B,1,\n", "the key 1 is that of A already", "use another of 1 to 9, d, j, q, r, y"),
        (HEAD + "a,A,e,\nb,B,1,\n", "the key e does something else", "use one of 1 to 9, d"),
        (HEAD + "a,A,ß,\nb,B,1,\n", "cannot be used", "use one of 1 to 9"),
        (HEAD + "a,A,12,\nb,B,1,\n", "the key '12' cannot be used", "use one of"),
        (HEAD + "".join(f"a{i},A{i},,\n" for i in range(10)), "need a key", "give one of 1 to 9"),
        (HEAD + "a,A,1,red\nb,B,2,\n", "the colour 'red' is not like #8c6d1f", "six hexadecimal digits"),
        (HEAD + "a,A,1,#ffff00\nb,B,2,\n", "hard to see on white (1.1 to 1", "choose a darker one"),
        (HEAD + "a b,A,1,\nb,B,2,\n", "the code 'a b' is not a short word", "use up to 20 letters"),
        (HEAD + "a,,1,\nb,B,2,\n", "the word of a is empty or long", "use 1 to 30"),
        (HEAD + f"a,{'A' * 31},1,\nb,B,2,\n", "is empty or long", "use 1 to 30"),
        (HEAD + 'a,"A\nB",1,\nb,B,2,\n', "is empty or long", "printable"),
        (HEAD + "a,A\0,1,\nb,B,2,\n", "not a small table", "choose another file"),
    ],
)
def test_each_mistake_is_named_in_one_sentence_with_its_cure(write, table, problem, cure):
    with pytest.raises(LabelSetError) as caught:
        read_label_set(write(table))
    message = str(caught.value)
    assert problem in message
    assert cure in message
    assert len(message.splitlines()) == 1


def test_files_that_are_no_text_and_files_that_are_not_there(tmp_path):
    (tmp_path / "sound.csv").write_bytes(b"RIFF\xff\xd8\x00\x01code,word")
    for name, words in (
        ("sound.csv", "save it as UTF-8"),
        ("none.csv", "cannot be read"),
        ("", "cannot be read"),
    ):
        with pytest.raises(LabelSetError, match=words):
            read_label_set(tmp_path / name)


def test_the_keys_that_a_label_may_not_have_are_those_of_the_page():
    scripts = ROOT / "ser" / "ui"
    used = set()
    for file in [*scripts.glob("viewer/**/*.js"), *scripts.glob("desk/**/*.js")]:
        used |= set(re.findall(r'\badd\(\s*"(\w)"', file.read_text(encoding="utf-8")))
        used |= set(re.findall(r'\bkey: "(\w)"', file.read_text(encoding="utf-8")))
    for file in scripts.glob("**/*.js"):
        used |= set(re.findall(r'shortcuts\.add\(null, "(\w)"', file.read_text(encoding="utf-8")))
    assert len(used) > 15
    assert used | {"g"} == TAKEN_KEYS  # g and a letter opens a tab


# ---- labels of such a set


def label(clip: str, emotion: str, annotator: str = "Ann", **fields) -> Label:
    return Label(new_id(), clip, annotator, emotion, **fields)


def labelled(tmp_path, choices) -> Annotations:
    store = Annotations(tmp_path / "labels.sqlite", choices=choices)
    clips = [Clip(f"{i:064x}", f"talk {i}.wav", 4.0) for i in range(4)]
    for clip, emotion in zip(clips, ("bored", "calm", "ANG", "OTH"), strict=True):
        store.put_clip(clip)
        store.write(label(clip.hash, emotion))
    store.write(label(clips[0].hash, "calm", start_s=0.5, end_s=1.5))  # two labels of one clip, by regions
    store.write(label(clips[0].hash, "bored", start_s=1.0, end_s=2.5))
    store.write(label(clips[1].hash, "bored", "Bob"))
    store.write(label(clips[0].hash, "bored", "Bob"))
    return store


def test_labels_of_another_set_are_refused_by_the_store(tmp_path, choices):
    with labelled(tmp_path, choices) as store:
        with pytest.raises(LabelError, match="not one of bored, calm, ANG, OTH"):
            store.write(label(f"{3:064x}", "SAD", "Cem"))
        last = store.undo("Bob")
        assert last.before.emotion == "bored"
        assert store.redo("Bob").after.emotion == "bored"
    file = tmp_path / "labels.sqlite"
    with pytest.raises(LabelSetError, match=r"has the label bored, .*: name the table .* as --labels"):
        Annotations(file)
    with pytest.raises(LabelSetError, match=r"has the label bored"):
        Annotations(file, read_only=True)
    smaller = read_label_set(_written(tmp_path, "code,word\nbored,B\ncalm,C\n"))
    with pytest.raises(LabelSetError, match=r"has the label ANG, .*: add it to the table"):
        Annotations(file, choices=smaller)
    with Annotations(file, choices=choices) as store:
        assert len(store.labels()) == 8


def _written(folder: Path, text: str) -> Path:
    (folder / "other.csv").write_text(text)
    return folder / "other.csv"


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_keeps_them(tmp_path, choices, format):
    with labelled(tmp_path, choices) as store:
        labels, clips = store.labels(), store.clips()
    files = export(labels, clips=clips, format=format, choices=choices)
    text = "\n".join(files.values())
    assert "bored" in text.casefold()
    if format in ("vtt", "srt"):
        assert "Calm, at ease" in text
        return
    options = ImportOptions(choices=choices, annotator="Ann", tier_is_annotator=True)
    if not FORMATS[format].keeps_all:
        assert "calm" in text  # its word has spaces, which separate fields of RTTM
        assert "Calm, at" not in text
        return
    rows = read(files, format=format, options=options).rows
    assert {(row.label.emotion, row.label.region, row.label.annotator) for row in rows} == {
        (one.emotion, one.region, one.annotator) for one in labels
    }
    with pytest.raises(Exception, match="is not one of ANG, DIS"):
        read(files, format=format)


def test_agreement_and_learning_follow_the_set(tmp_path, choices):
    with labelled(tmp_path, choices) as store:
        labels, clips = store.labels(), store.clips()
    result = agreement(labels)
    assert result.n == 2
    assert result.percent.value == 0.5
    assert [one.emotions for one in result.differ] == [{"Ann": "calm", "Bob": "bored"}]
    text = format_report(report(labels, clips=clips), choices=choices)
    assert "Ann Calm, at ease, Bob Bored" in text
    mine = emotions_by_clip(labels, annotator="Ann", emotions=choices.emotions)
    assert sorted(mine.values()) == ["ANG", "bored", "calm"]
