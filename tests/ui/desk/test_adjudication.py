"""Final labels, and clips that are skipped or flagged, as the desk's page asks for them."""

from pathlib import Path

import pytest

from ser.annotation.assignment import Assignment
from ser.annotation.guidelines import parse_markdown
from ser.annotation.labelling_queue import folder_queue
from ser.ui.desk.clips import Desk
from ser.ui.desk.labelling import Labelling, Stores
from tests.helpers.annotation_store import SCORES
from tests.helpers.sound_files import chirp, write
from tests.ui.test_labelling import Page, SlowRecognizer

ALL = {"source": "folder", "order": "given"}


@pytest.fixture
def labelling(tmp_path) -> Labelling:
    recognizer = SlowRecognizer()
    recognizer.go.set()
    write(tmp_path / "one.wav", chirp(1.0))
    queue = folder_queue(tmp_path)
    for entry in queue.entries:
        queue.identify(entry)
        entry.scores = SCORES
    stores = Stores(tmp_path / "labels.sqlite")
    desk = Desk(
        queue, corpus=None, predictions=Path("none.csv"), get_recognizer=lambda: recognizer, find_other=None
    )
    return Labelling(desk, stores)


@pytest.fixture
def pages(labelling, tmp_path) -> dict[str, Page]:
    """The pages of three people, two of whom have labelled the clip."""
    pages = {name: Page(tmp_path, labelling, name) for name in ("Ann", "Bob", "Cleo")}
    for name, emotion in (("Ann", "ANG"), ("Bob", "SAD")):
        assert "label" in pages[name].change(pages[name].fresh(emotion))
    return pages


def shown(labelling: Labelling, show: str, annotator: str = "Cleo", **further) -> list[int]:
    return labelling.queue_order({**ALL, "show": show, "annotator": annotator, **further})["order"]


def test_who_decides_hears_what_others_say_and_gives_one_final_label(labelling, pages):
    cleo = pages["Cleo"]
    assert shown(labelling, "adjudicate") == [0]
    assert cleo.open() == []  # as an annotator, she sees nothing before her own label
    seen = labelling.clip_labels({"annotator": "Cleo", "request": cleo.request, "others": True})
    assert {label["annotator"] for label in seen["labels"]} == {"Ann", "Bob"}
    final = cleo.change(cleo.fresh("ANG", final=True))["label"]
    assert (final["final"], final["annotator"]) == (True, "Cleo")
    assert shown(labelling, "adjudicate") == []
    assert shown(labelling, "differ", "Ann") == [0]
    assert shown(labelling, "unlabelled") == [0]  # it is not her own label
    [row] = labelling.queue_news({"source": "folder", "annotator": "Cleo"})["labels"]
    assert row == [0, "", 2, True, "ANG", []]
    assert cleo.open() == []  # nor does it show what others say
    assert len(pages["Ann"].open()) == 3

    bob = pages["Bob"]
    second = bob.change(bob.fresh("SAD", final=True))["conflict"]
    assert second["stored"]["annotator"] == "Cleo"
    assert "already given the final label" in second["sentence"]
    changed = bob.change({**final, "annotator": "Bob", "emotion": "SAD"})["label"]
    assert (changed["id"], changed["annotator"], changed["revision"]) == (final["id"], "Bob", 2)


def test_a_clip_is_skipped_or_flagged_and_that_is_taken_back(labelling, pages):
    def mark(name: str, kind: str, *, is_set: bool) -> list[str]:
        request = {"annotator": name, "request": pages[name].request, "kind": kind, "is_set": is_set}
        return labelling.clip_mark(request)["marks"]

    assert mark("Cleo", "skipped", is_set=True) == ["skipped"]
    assert shown(labelling, "unlabelled") == []
    assert shown(labelling, "flagged") == []
    assert mark("Ann", "flagged", is_set=True) == ["flagged"]
    assert shown(labelling, "flagged") == [0]  # whoever flagged it
    [row] = labelling.queue_news({"source": "folder", "annotator": "Cleo"})["labels"]
    assert row == [0, "", 2, True, "", ["skipped"]]
    assert mark("Cleo", "skipped", is_set=False) == []
    assert shown(labelling, "unlabelled") == [0]
    assert "problem" in labelling.clip_mark(
        {"annotator": "Ann", "request": pages["Ann"].request, "kind": "liked", "is_set": True}
    )
    assert (
        "name"
        in labelling.clip_mark(
            {"annotator": "", "request": pages["Ann"].request, "kind": "flagged", "is_set": True}
        )["problem"]
    )


def test_the_page_gets_the_guidelines_and_what_is_for_whom(tmp_path):
    for name in "abcdef":
        write(tmp_path / f"{name}.wav", chirp(0.2))
    assignment = Assignment(("Ann", "Bob"), 1)
    desk = Desk(
        folder_queue(tmp_path),
        corpus=None,
        predictions=Path("none.csv"),
        get_recognizer=SlowRecognizer,
        find_other=None,
        assignment=assignment,
    )
    labelling = Labelling(desk, Stores(tmp_path / "labels.sqlite"), guidelines=parse_markdown("# Listen"))
    about = labelling.desk_about({})
    assert about["assigned"] == ["Ann", "Bob"]
    assert about["guidelines"][0]["spans"] == ({"kind": "text", "text": "Listen", "address": ""},)
    ann, bob = (desk.queue_rows({"source": "folder", "annotator": name})["mine"] for name in ("Ann", "Bob"))
    assert [not mine for mine in ann] == bob
    assert shown(labelling, "mine", "Ann") == [i for i, mine in enumerate(ann) if mine]
    assert shown(labelling, "mine") == [0, 1, 2, 3, 4, 5]  # who adjudicates is not in the team
