"""Learning from labels at the desk: in the background, for one browser, and without touching a label."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from gradio.context import LocalContext

from ser.adaptation.words import UNMEASURED
from ser.annotation.labelling_queue import folder_queue
from ser.annotation.store import new_id
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.recognition.recognizer import Recognizer
from ser.ui.desk.clips import Desk
from ser.ui.desk.labelling import Labelling, Stores
from ser.ui.desk.learning.functions import NOTHING, Learning
from ser.ui.page.network_choice import ADAPTATION_COOKIE
from ser.ui.parts.result import score_file, show
from ser.ui.server.networks import Networks
from tests.helpers.teaching_clips import EXAMPLES, label_clips, write_clips

WAIT_S = 120


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_clips(tmp_path_factory.mktemp("learning") / "clips", each=6, speakers=3)


class App:
    """The desk of an app, and the browsers that ask it."""

    def __init__(self, folder: Path, file: Path, recognizer: Recognizer):
        self.stores = Stores(file)
        self.networks = Networks(
            lambda: recognizer, folder=DEFAULT_CHECKPOINT, keep_in=self.stores.adaptations
        )
        desk = Desk(
            folder_queue(folder),
            corpus=None,
            predictions=folder / "none.csv",
            get_recognizer=lambda: recognizer,
            find_other=lambda request: (folder, "none"),
            get_adapted=self.networks.adapted,
        )
        self.desk = desk
        self.functions = Learning(Labelling(desk, self.stores), self.networks)


class Browser:
    """One browser with its cookie."""

    def __init__(self, app: App, annotator: str = "Ann"):
        self.app, self.cookies = app, {}
        self.who = {"browser": new_id(), "annotator": annotator, "source": "folder"}

    def ask(self, name: str, /, **fields) -> dict:
        token = LocalContext.request.set(SimpleNamespace(cookies=self.cookies))
        try:
            owner = self.app.functions if name.startswith("learn_") else self.app.desk
            return getattr(owner, name)(self.who | fields)
        finally:
            LocalContext.request.reset(token)

    def learned(self, **fields) -> dict:
        """Learn, and return the state after that."""
        assert self.ask("learn_start", **fields) == {}
        return self.until(lambda state: state["job"] is None)

    def until(self, condition) -> dict:
        end = time.monotonic() + WAIT_S
        while True:
            state = self.ask("learn_state")
            if condition(state):
                return state
            assert time.monotonic() < end
            time.sleep(0.02)

    def use(self, name: str = "room") -> None:
        self.cookies[ADAPTATION_COOKIE] = self.ask("learn_use", name=name)["token"]

    def current(self) -> Recognizer:
        token = LocalContext.request.set(SimpleNamespace(cookies=self.cookies))
        try:
            return self.app.networks.current()
        finally:
            LocalContext.request.reset(token)


@pytest.fixture
def started(folder, tmp_path, recognizer) -> Iterator[Callable[[], App]]:
    """Start an app; what it scores in the background ends with the test."""
    apps: list[App] = []

    def start() -> App:
        apps.append(App(folder, tmp_path / "labels.sqlite", recognizer))
        queue = apps[-1].desk.queues["folder"]
        for entry in queue.entries:
            queue.identify(entry)
        return apps[-1]

    yield start
    for app in apps:
        for queue in app.desk._adapted.values():
            queue.stop()


@pytest.fixture
def app(started) -> App:
    return started()


@pytest.fixture
def store(app):
    return app.stores.of({"browser": None})


def test_the_button_waits_for_twelve_labels_of_two_emotions(app, store, folder):
    ann, bob = Browser(app), Browser(app, "Bob")
    assert ann.ask("learn_start") == {"problem": "12 more labels are needed, of two emotions at least."}
    label_clips(folder, store, n=11)
    state = ann.ask("learn_state")
    assert (state["labels"], state["missing"]) == (11, "1 more label is needed.")
    label_clips(folder, store, annotator="Bob")
    assert bob.ask("learn_state")["missing"] == ""
    assert ann.ask("learn_state", whose="majority")["labels"] == 36
    assert "problem" in ann.ask("learn_start")


def test_it_learns_without_touching_labels_and_says_how_much_that_helps(app, store, folder):
    label_clips(folder, store)
    before, files = store.version(), sorted(folder.iterdir())
    ann = Browser(app)
    result = ann.learned(way="word")["result"]
    assert result["made_from"] == "36 clips of 3 speakers with 36 labels"
    assert result["by_speaker"]
    assert [row["stage"] for row in result["rows"]] == ["before", "recordings", "labels"]
    was, _, now = (row["accuracy"]["value"] for row in result["rows"])
    assert now > was
    assert result["helps"]
    assert result["effect"].startswith("On speakers it has not learned from")
    assert [point["labels"] for point in result["curve"]] == [8, 16, 36]
    assert (store.version(), store.scored(), sorted(folder.iterdir())) == (before, 0, files)
    unknown = ann.learned()["result"]
    assert not unknown["by_speaker"]
    assert unknown["made_from"] == "36 clips with 36 labels"


def test_two_who_learn_at_once_do_not_disturb_each_other(app, store, folder):
    label_clips(folder, store)
    label_clips(folder, store, annotator="Bob", n=16)
    ann, bob, cem = Browser(app), Browser(app, "Bob"), Browser(app, "Ann")
    for browser in (ann, bob, cem):
        browser.ask("learn_start")
    cem.ask("learn_stop")
    assert cem.ask("learn_state")["job"] is None
    sizes = [b.until(lambda state: state["job"] is None)["result"]["made_from"] for b in (ann, bob)]
    assert sizes == ["36 clips with 36 labels", "36 clips with 16 labels"]
    assert cem.ask("learn_state")["result"] is None
    assert ann.learned()["result"]["id"] == ann.ask("learn_state")["result"]["id"]  # and again the same


def test_what_is_used_scores_and_orders_the_clips_of_this_browser_alone(app, store, folder, recognizer):
    label_clips(folder, store)
    ann, bob = Browser(app), Browser(app, "Bob")
    ann.learned(way="word")
    ann.use("My room\u200b\n")
    assert ann.ask("learn_state")["in_use"]["name"] == "My room"
    assert ann.ask("learn_state")["result"] is None
    adapted = ann.current()
    assert adapted.adaptation.name == "My room"
    assert bob.current() is recognizer
    assert bob.ask("learn_state")["in_use"] is None
    result = score_file(str(EXAMPLES[0]), recognizer=adapted)
    assert f'Adapted: <span class="adaptation-used"><bdi>My room {adapted.adaptation.id}</bdi>' in show(
        result
    )

    news = {"source": "folder"}
    end = time.monotonic() + WAIT_S
    while ann.ask("news", **news)["progress"]["scored"] < 36:
        assert time.monotonic() < end
        time.sleep(0.02)
    token = LocalContext.request.set(SimpleNamespace(cookies=ann.cookies))
    entries = app.desk.queue({"source": "folder"}).entries
    LocalContext.request.reset(token)
    assert entries[3].scores == pytest.approx(adapted.recognize(entries[3].path).scores)
    assert (
        app.desk.queues["folder"].entries[3].scores is None
    )  # of the released network, which nobody asked for

    saved = ann.ask("learn_save", name="My room", in_use=True)
    assert saved["name"] == "My_room.json"
    assert ann.ask("learn_unuse") == {}
    assert ann.current() is recognizer
    assert bob.ask("learn_open", name="a file", text=saved["text"]) == {}
    assert bob.ask("learn_state")["result"]["curve"] == ann.ask("learn_state")["result"]["curve"] != []
    bob.use()
    expected = adapted.recognize(EXAMPLES[0]).scores
    assert bob.current().recognize(EXAMPLES[0]).scores == pytest.approx(expected)
    assert bob.ask("learn_discard") == {}


def test_files_of_all_kinds_are_opened_or_refused_with_a_sentence(app, store, folder):
    label_clips(folder, store)
    ann = Browser(app)
    for name in ("learn_use", "learn_save"):
        assert ann.ask(name, name="x") == {"problem": NOTHING}
    ann.learned()
    content = json.loads(ann.ask("learn_save", name="x")["text"])
    text = ann.ask("learn_save", name="x")["text"]
    for broken in ("", "{}", text[: len(text) // 2], json.dumps(content | {"zero": [float("nan")] * 6})):
        assert "damaged" in ann.ask("learn_open", name="a\nfile", text=broken)["problem"]
    foreign = json.dumps(content | {"checkpoint": "other-12345678"})
    assert (
        "was made with the network other-12345678" in ann.ask("learn_open", name="x", text=foreign)["problem"]
    )
    for figures in ({}, {"rows": 3}, content["figures"] | {"rows": [], "curve": [1]}, {"curve": "12"}):
        assert ann.ask("learn_open", name="x", text=json.dumps(content | {"figures": figures})) == {}
        result = ann.ask("learn_state")["result"]
        assert (result["effect"], result["rows"], result["curve"]) == (UNMEASURED, [], [])
    assert ann.ask("learn_state", browser="no id") == ann.ask("learn_start", browser=None)


def test_where_it_does_not_help_it_says_so(app, store, folder):
    label_clips(folder, store)
    ann = Browser(app)
    ann.learned()
    content = json.loads(ann.ask("learn_save", name="x")["text"])
    content["figures"]["used"] = "before"  # the stage that the cross-check found no better one than
    ann.ask("learn_open", name="x", text=json.dumps(content))
    result = ann.ask("learn_state")["result"]
    assert result["helps"] is False
    assert "no better than none" in result["effect"]


def test_a_clip_that_cannot_be_read_ends_in_a_sentence(app, store, folder, tmp_path, recognizer):
    broken = write_clips(tmp_path / "broken", each=3)
    other = App(broken, tmp_path / "other.sqlite", recognizer)
    queue = other.desk.queues["folder"]
    (broken / "voice0_0_ANG.wav").write_bytes(b"not a sound")
    for entry in queue.entries:
        queue.identify(entry)
    label_clips(broken, other.stores.of({"browser": None}))
    state = Browser(other).learned()
    assert "cannot be read" in state["problem"]
    assert state["result"] is None


def test_the_room_of_a_folder_is_offered_learned_and_kept_until_it_is_not_used(
    app, started, store, folder, recognizer
):
    ann, bob = Browser(app), Browser(app, "Bob")
    assert ann.ask("learn_state")["room"] == 36
    assert ann.ask("learn_state", source="sitting")["room"] == 0
    result = ann.learned(room=True)["result"]
    assert result["made_from"] == "36 clips without labels"
    assert (result["name"], result["effect"], result["rows"]) == ("room of clips", UNMEASURED, [])
    assert sum(result["answers"]["before"].values()) == sum(result["answers"]["after"].values()) == 36
    released = [recognizer.recognize(path).top for path in sorted(folder.iterdir())]
    assert result["answers"]["before"]["ANG"] == released.count("ANG")
    assert ann.ask("learn_state")["room"] == 0  # it is done
    assert bob.ask("learn_state")["room"] == 36
    ann.use("Hall")
    assert ann.ask("learn_state")["kept"]
    assert not bob.ask("learn_state")["kept"]

    again = started()
    ann.app = bob.app = again
    state = ann.ask("learn_state")
    assert (state["in_use"]["name"], state["kept"], state["room"]) == ("Hall", True, 0)
    scores = ann.current().recognize(EXAMPLES[0]).scores
    assert scores != recognizer.recognize(EXAMPLES[0]).scores
    assert bob.current() is recognizer
    assert all(ann.cookies[ADAPTATION_COOKIE] not in file.name for file in again.stores.adaptations.iterdir())
    assert ann.ask("learn_unuse") == {}
    assert list(again.stores.adaptations.iterdir()) == []
    ann.app = started()
    assert ann.current() is recognizer


def test_adaptations_that_cannot_be_kept_or_read_again_are_used_until_the_app_stops(
    app, started, store, folder, recognizer
):
    label_clips(folder, store)
    kept = app.stores.adaptations
    kept.write_text("a file in the place of the folder")
    ann = Browser(app)
    ann.learned()
    ann.use("First")
    assert not ann.ask("learn_state")["kept"]
    assert ann.current().adaptation.name == "First"
    kept.unlink()
    ann.ask("learn_unuse")
    ann.use("Second")
    (file,) = kept.iterdir()
    for damage in ("", "{}", file.read_text()[:500], file.read_text().replace("emotion-", "other-")):
        file.write_text(damage)
        ann.app = started()
        assert ann.current() is recognizer
    for token in ("../../etc/passwd", "", "0" * 31, "é" * 32):
        ann.cookies[ADAPTATION_COOKIE] = token
        assert ann.current() is recognizer
        assert not ann.ask("learn_state")["kept"]
