"""Labelling blind: until a clip has the annotator's own label, nothing that the desk reads tells what others say of it."""

import json
import re
from pathlib import Path

import pytest

from ser.annotation.labelling_queue import folder_queue
from ser.annotation.store import new_id
from ser.errors import UserError
from ser.labels import LABELS
from ser.ui.desk.clips import Desk
from ser.ui.desk.labelling import Labelling, Stores
from tests.helpers.recognizers import EVEN, EVEN_RECOGNIZER
from tests.helpers.sound_files import chirp, write

NAMES = [f"1001_IOM_{emotion}_XX" for emotion in LABELS]
TELLING = re.compile("IOM|ANG|DIS|FEA|HAP|NEU|SAD|\\.wav")


@pytest.fixture
def folder(tmp_path) -> Path:
    for i, name in enumerate(NAMES):
        write(tmp_path / f"{name}.wav", chirp(0.5 + i / 10))
    return tmp_path


def labelling_of(folder: Path) -> Labelling:
    desk = Desk(
        folder_queue(folder),
        corpus=None,
        predictions=folder / "none.csv",
        get_recognizer=lambda: EVEN_RECOGNIZER,
        find_other=lambda request: None,
    )
    return Labelling(desk, Stores(folder / "labels.sqlite"))


@pytest.fixture
def labelling(folder) -> Labelling:
    return labelling_of(folder)


class Annotator:
    def __init__(self, labelling: Labelling, name: str, *, blind: bool = True) -> None:
        self.labelling, self.name, self.blind = labelling, name, blind

    def ask(self, function: str, **fields) -> dict:
        owner = self.labelling if hasattr(self.labelling, function) else self.labelling.desk
        fields = {"annotator": self.name, "source": "folder", "blind": self.blind} | fields
        return json.loads(json.dumps(getattr(owner, function)(fields)))

    def order(self, **fields) -> list[str]:
        names = self.ask("queue_rows")["names"]
        view = {"show": "all", "order": "given", "search": ""} | fields
        return [names[i] for i in self.ask("queue_order", **view)["order"]]

    def request(self, index: int) -> dict:
        rows = self.ask("queue_rows")
        return {
            "kind": rows["kind"],
            "key": rows["keys"][index],
            "name": rows["names"][index],
            "blind": self.blind,
        }

    def open(self, index: int) -> dict:
        return self.ask("clip_labels", request=self.request(index))

    def label(self, index: int, emotion: str) -> None:
        grades = {"intensity": None, "confidence": None, "start_s": None, "end_s": None, "note": ""}
        label = grades | {"id": new_id(), "annotator": self.name, "emotion": emotion, "revision": 0}
        letter = {"kind": "write", "label": label, "request": self.request(index), "time": ""}
        assert self.ask("label_change", letter=letter)["label"]["emotion"] == emotion


def test_blind_the_queue_has_numbers_whose_order_tells_nothing_and_stays(labelling, folder):
    blind, names = Annotator(labelling, "Ann"), Annotator(labelling, "Ann", blind=False)
    numbers = [f"Clip {i}" for i in range(1, 7)]
    assert blind.order() == blind.order(order="name") == numbers
    assert names.order() == [f"{name}.wav" for name in NAMES]
    assert blind.ask("queue_rows")["names"] != numbers  # the order of the names is one of the emotions
    assert sorted(blind.ask("queue_rows")["names"]) == numbers
    again = Annotator(labelling_of(folder), "Ann")
    assert again.ask("queue_rows") == blind.ask("queue_rows")


def test_blind_a_search_finds_numbers_alone(labelling):
    blind, names = Annotator(labelling, "Ann"), Annotator(labelling, "Ann", blind=False)
    assert blind.order(search="FEA") == []
    assert blind.order(search="clip 3") == ["Clip 3"]
    assert names.order(search="FEA") == ["1001_IOM_FEA_XX.wav"]


def test_blind_clips_of_equal_uncertainty_are_in_the_order_of_their_numbers(labelling):
    entries = labelling.desk.queues["folder"].entries
    sure = dict.fromkeys(LABELS, 0.02) | {"ANG": 0.9}
    blind = Annotator(labelling, "Ann")
    number_of = dict(zip(range(6), blind.ask("queue_rows")["names"], strict=True))
    for i, entry in enumerate(entries):
        entry.scores = EVEN if i < 3 else sure
    unsure = sorted(number_of[i] for i in range(3))
    assert blind.order(order="entropy") == unsure + sorted(number_of[i] for i in range(3, 6))


def test_blind_the_clip_says_its_name_once_it_is_labelled_and_the_store_has_it_at_once(labelling):
    ann = Annotator(labelling, "Ann")
    hidden = ann.open(2)["facts"]
    assert (hidden["name"], hidden["acted"]) == (None, None)
    ann.label(2, "SAD")
    shown = ann.open(2)["facts"]
    assert (shown["name"], shown["acted"]) == ("1001_IOM_FEA_XX.wav", "fear")
    assert [clip.name for clip in labelling.stores.of({}).clips()] == ["1001_IOM_FEA_XX.wav"]
    number = ann.request(2)["name"]
    assert ann.ask("label_undo")["change"] == {"name": number, "emotion": None}
    assert Annotator(labelling, "Ann", blind=False).ask("label_undo", redo=True)["change"]["name"] == (
        "1001_IOM_FEA_XX.wav"
    )


def test_blind_that_others_differ_shows_only_for_clips_with_an_own_label(labelling):
    for index in (0, 1):
        Annotator(labelling, "Ben").label(index, "ANG")
        Annotator(labelling, "Cem").label(index, "SAD")
    ann = Annotator(labelling, "Ann")
    assert ann.order(show="differ") == []
    assert len(Annotator(labelling, "Ann", blind=False).order(show="differ")) == 2
    ann.label(1, "SAD")
    assert ann.order(show="differ") == [ann.request(1)["name"]]
    assert Annotator(labelling, "").order(show="differ") == []


def test_blind_a_clip_that_cannot_be_opened_is_not_named_either(labelling, folder):
    (folder / f"{NAMES[0]}.wav").write_bytes(b"RIFF no sound")
    (folder / f"{NAMES[1]}.wav").unlink()
    ann = Annotator(labelling, "Ann")
    for index in (0, 1):
        problem = ann.open(index)["problem"]
        assert not TELLING.search(problem), problem
    clip = labelling.desk.find(ann.request(3))
    assert clip.name == ann.request(3)["name"]
    with pytest.raises(UserError) as error:
        labelling.desk.sound(labelling.desk.find(ann.request(0)))
    assert not TELLING.search(str(error.value))
    queue = labelling.desk.queues["folder"]
    queue.stop()
    for entry in queue.entries[:2]:
        entry.problem = f"{entry.name} cannot be read."
    problems = [change[4] for change in ann.ask("queue_news")["changes"] if change[4]]
    assert problems == [f"{ann.request(i)['name']} cannot be read." for i in (0, 1)]


@pytest.mark.parametrize(("names", "tells"), [(NAMES, True), (["a", "b", "1001_IOM_SAD_XX"], False)])
def test_labelling_starts_blind_where_names_tell(tmp_path, names, tells):
    for name in names:
        write(tmp_path / f"{name}.wav", chirp(0.5))
    sources = {source["name"]: source["tells"] for source in labelling_of(tmp_path).desk_about({})["sources"]}
    assert sources == {"folder": tells, "sitting": False}
