"""Annotation documents of ELAN: its own library reads ours, and its ways to say when something is are understood."""

from dataclasses import replace

import pympi
import pytest

from ser.annotation.formats import BadFileError
from ser.annotation.label import Clip
from tests.helpers.label_rows import ROWS, by_id, files_of, read_rows

CLIP = Clip("a" * 64, "one.wav", 2.5)


def document(
    body: str, *, slots: dict[str, int | None], media: str = 'MEDIA_URL="file:///C:/x/one.wav"'
) -> str:
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{slot}"{"" if time is None else f" TIME_VALUE={chr(34)}{time}{chr(34)}"}/>\n'
        for slot, time in slots.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT>\n<HEADER TIME_UNITS="milliseconds">'
        f"<MEDIA_DESCRIPTOR {media}/></HEADER>\n<TIME_ORDER>\n{order}</TIME_ORDER>\n{body}</ANNOTATION_DOCUMENT>\n"
    )


def aligned(key: str, one: str, two: str, text: str) -> str:
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{key}" TIME_SLOT_REF1="{one}" TIME_SLOT_REF2="{two}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>\n"
    )


def referring(key: str, parent: str, text: str) -> str:
    return (
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{key}" ANNOTATION_REF="{parent}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>\n"
    )


def spans(text: str, **options) -> list[tuple]:
    rows = read_rows({"x.eaf": text}, format="elan", clips=[CLIP], annotator="Ann", **options)
    return [(row.label.emotion, row.label.start_s, row.label.end_s) for row in rows]


def test_the_library_of_elan_reads_a_document_and_what_it_writes_is_read(tmp_path):
    [text] = files_of(ROWS[:6], "elan").values()
    (tmp_path / "a.eaf").write_text(text, encoding="utf-8")
    eaf = pympi.Elan.Eaf(str(tmp_path / "a.eaf"))
    assert eaf.get_annotation_data_for_tier("Ann: regions")[0] == (100, 333, "Unclear #2")
    assert eaf.tiers["Ann"][2]["ANNOTATOR"] == "Ann"
    eaf.to_file(str(tmp_path / "b.eaf"))
    assert by_id(read_rows(tmp_path / "b.eaf", format="elan")) == ROWS[:6]
    moved = text.replace('TIME_VALUE="333"', 'TIME_VALUE="400"')
    assert by_id(read_rows({"a.eaf": moved}, format="elan"))[1].label.end_s == 0.4


def test_a_document_that_its_library_makes_is_about_the_sound_that_it_names(tmp_path):
    eaf = pympi.Elan.Eaf()
    eaf.add_linked_file("file:///C:/sounds/one.wav", mimetype="audio/x-wav")
    eaf.add_tier("emotion")
    eaf.add_annotation("emotion", 800, 1400, "sad")
    eaf.to_file(str(tmp_path / "session 1.eaf"))
    text = (tmp_path / "session 1.eaf").read_text(encoding="utf-8")
    assert spans(text) == [("SAD", 0.8, 1.4)]


def test_slots_without_times_lie_between_those_that_have_one():
    tier = "".join(
        aligned(f"a{i}", f"t{i}", f"t{i + 1}", word) for i, word in enumerate(("sad", "angry", "happy"))
    )
    text = document(
        f'<TIER TIER_ID="emotion">{tier}</TIER>', slots={"t0": 300, "t1": None, "t2": None, "t3": 1800}
    )
    assert spans(text) == [("SAD", 0.3, 0.8), ("ANG", 0.8, 1.3), ("HAP", 1.3, 1.8)]


def test_an_annotation_has_the_time_of_the_one_that_it_refers_to():
    words = f'<TIER TIER_ID="words">{aligned("a1", "t1", "t2", "hello")}</TIER>'
    one = f'<TIER TIER_ID="emotion">{referring("a2", "a1", "sad")}</TIER>'
    two = f'<TIER TIER_ID="more">{referring("a3", "a1", "happy")}{referring("a4", "a1", "angry")}</TIER>'
    slots = {"t1": 400, "t2": 1400}
    assert spans(document(words + one, slots=slots), tiers=("emotion",)) == [("SAD", 0.4, 1.4)]
    halves = spans(document(one + two + words, slots=slots), tiers=("more",))
    assert halves == [("HAP", 0.4, pytest.approx(0.9)), ("ANG", pytest.approx(0.9), 1.4)]
    with pytest.raises(BadFileError, match="refers to"):
        spans(document(one, slots=slots))
    circle = f'<TIER TIER_ID="e">{referring("a1", "a2", "sad")}{referring("a2", "a1", "sad")}</TIER>'
    with pytest.raises(BadFileError, match="refers to"):
        spans(document(circle, slots=slots))


def test_a_document_may_begin_later_than_its_sound():
    tier = f'<TIER TIER_ID="emotion">{aligned("a1", "t1", "t2", "sad")}</TIER>'
    media = 'MEDIA_URL="file:///one.wav" TIME_ORIGIN="500"'
    assert spans(document(tier, slots={"t1": 300, "t2": 800}, media=media)) == [("SAD", 0.8, 1.3)]


@pytest.mark.parametrize("text", ["<a>", "<a/>", "<ANNOTATION_DOCUMENT><TIER/></ANNOTATION_DOCUMENT>"])
def test_what_is_no_document_is_refused(text):
    with pytest.raises(BadFileError, match="not an annotation document"):
        spans(text)


def test_tiny_times_are_plain_decimals():
    rows = [replace(ROWS[1], label=replace(ROWS[1].label, start_s=0.00002))]
    for format in ("csv", "textgrid", "audacity"):
        [text] = files_of(rows, format).values()
        assert "0.00002" in text
        assert read_rows(files_of(rows, format), format=format) == rows
    [text] = files_of(rows, "textgrid").values()
    assert "2e-05" not in text.partition("Emotion Listener")[0]
