"""Learning from labels in a real browser: from the first label to the adapted scores, on a laptop and on a phone."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ser.annotation.store import Annotations
from ser.recognition.adaptation import Adaptation
from tests.browser.conftest import DONE, EXAMPLES, Server, serving
from tests.helpers.annotation_store import emptied_after
from tests.helpers.teaching_clips import label_clips, write_clips

INSPECT = "/?tab=inspect"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_clips(tmp_path_factory.mktemp("learning") / "clips", each=3, speakers=2)


@pytest.fixture(scope="module")
def app(checkpoint, folder) -> Iterator[Server]:
    with serving(checkpoint, "--annotate", str(folder)) as running:
        yield running


@pytest.fixture
def store(folder) -> Iterator[Annotations]:
    """The labels on the disk, emptied after each test."""
    with emptied_after(folder / "annotations.sqlite") as labels:
        yield labels


def learning(page: Page):
    return page.get_by_role("region", name="Learn from these labels")


def button(page: Page, name: str):
    return learning(page).get_by_role("button", name=name, exact=True)


def start(page: Page, annotator: str = "Ann") -> Page:
    page.locator(".annotate .row").first.wait_for()
    if annotator:
        page.get_by_label("Your name").fill(annotator)
        page.keyboard.press("Enter")
    return page


def is_within(page: Page) -> bool:
    """Whether nothing of the section is wider than it."""
    return learning(page).evaluate(
        "section => section.scrollWidth <= section.clientWidth && "
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def test_labels_teach_the_network_and_the_browser_uses_it(open_page, browser, app, folder, store):
    label_clips(folder, store, n=11)
    page = start(open_page(browser, app.address, INSPECT))
    expect(button(page, "Learn from these labels")).to_be_disabled()
    expect(learning(page)).to_contain_text("To learn from them, 1 more label is needed.")
    rows = page.locator(".annotate .row")
    page.get_by_label("Search by name").fill("voice1_1_SAD")
    expect(rows).to_have_count(1)
    rows.click()
    page.locator('.annotate .emotions [data-emotion="SAD"]').click()
    learning(page).get_by_label("Speakers").select_option("word")
    button(page, "Learn from these labels").click()
    result = learning(page).get_by_role("group", name="What was learned")
    expect(result).to_contain_text("On speakers it has not learned from")
    expect(result).to_contain_text("each scored without the labels of its speaker")
    expect(result.get_by_role("list", name="Right answers").locator("li")).to_have_count(3)
    expect(result.get_by_role("list", name="By emotion, before and now").locator("li")).to_have_count(6)
    curve = re.compile(r"UAR with 8 labels: \d\.\d\d, 12 labels: \d\.\d\d")
    expect(result.get_by_role("img", name=curve)).to_be_visible()
    assert is_within(page)
    assert len(store.labels()) == 12

    learning(page).get_by_role("textbox", name="Name").fill("The hall")
    with page.expect_download() as download:
        button(page, "Download").click()
    assert download.value.suggested_filename == "The_hall.json"
    assert Adaptation.load(download.value.path()).made_from["labels"] == 12
    with page.expect_navigation():
        learning(page).get_by_role("button", name=re.compile("^Use")).click()
    expect(page.locator(".masthead .adapted")).to_have_text("Adapted: The hall")
    expect(learning(page)).to_contain_text("In use in this browser: The hall.")
    expect(learning(page)).to_contain_text("kept beside the labels: it is there when the app starts again")
    button(page, "Show the most unsure clips first").click()
    expect(page.locator('.annotate [data-slot="order"]')).to_have_value("entropy")
    expect(rows.first).to_contain_text("% unsure")
    page.get_by_role("tab", name="About").click()
    expect(page.locator(".about .adaptation")).to_contain_text(
        "The hall, which was made from 18 clips of 2 speakers"
    )
    page.get_by_role("tab", name="Inspect").click()
    with page.expect_navigation():
        button(page, "Stop using it").click()
    expect(learning(page).get_by_role("group", name="What was learned")).to_be_visible()
    expect(page.locator(".masthead .adapted")).to_be_hidden()


def test_the_room_of_the_folder_is_offered_and_what_it_changes_is_shown(
    open_page, browser, app, folder, store
):
    page = start(open_page(browser, app.address, INSPECT, viewport={"width": 390, "height": 844}))
    offer = learning(page).locator('[data-learn="room"]')
    expect(offer).to_contain_text("18 recordings of the same kind")
    offer.get_by_role("button", name="Let it learn the room").click()
    result = learning(page).get_by_role("group", name="What was learned")
    expect(result).to_contain_text("Made from 18 clips without labels.")
    expect(result.get_by_role("list", name="Answers by emotion, before and now").locator("li")).to_have_count(
        6
    )
    expect(offer).to_be_hidden()
    assert is_within(page)
    button(page, "Discard").click()
    offer.get_by_role("button", name="Not now").click()
    expect(offer).to_be_hidden()
    page.reload()
    expect(button(page, "Learn from these labels")).to_be_visible()
    expect(offer).to_be_hidden()


def test_on_a_phone_everything_fits(open_page, browser, app, folder, store):
    label_clips(folder, store)
    page = start(open_page(browser, app.address, INSPECT, viewport={"width": 390, "height": 844}))
    button(page, "Learn from these labels").click()
    result = learning(page).get_by_role("group", name="What was learned")
    expect(result).to_contain_text("all are of one speaker, so these figures say nothing about other voices")
    learning(page).get_by_role("textbox", name="Name").fill(
        "A name that is as long as names can be, and not one letter m"
    )
    result.locator("summary").click()
    assert is_within(page)
    with page.expect_navigation():
        learning(page).get_by_role("button", name=re.compile("^Use")).click()
    expect(page.locator(".masthead .adapted")).to_contain_text("A name that is as long")
    expect(button(page, "Stop using it")).to_be_visible()
    assert is_within(page)


def test_an_app_that_is_killed_while_it_learns_leaves_nothing_behind(
    open_page, browser, checkpoint, tmp_path
):
    folder = write_clips(tmp_path / "clips", each=3)
    with Annotations(folder / "annotations.sqlite") as store:
        label_clips(folder, store)
        before = store.version()
    with serving(checkpoint, "--annotate", str(folder)) as running:
        page = start(open_page(browser, running.address, INSPECT, tolerate=""))
        with page.expect_response(lambda answer: "learn_start" in (answer.request.post_data or "")):
            button(page, "Learn from these labels").click()
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
    others = {path.name for path in folder.iterdir() if path.suffix != ".wav"}
    assert {name.removesuffix("-wal").removesuffix("-shm") for name in others} == {"annotations.sqlite"}
    with Annotations(folder / "annotations.sqlite") as store:
        assert store.version() == before


def test_the_app_shows_the_adaptation_that_it_was_started_with(open_page, browser, checkpoint, tmp_path):
    from ser.adaptation.clips import find_clips
    from ser.adaptation.learn import learn
    from ser.recognition.recognizer import Recognizer

    recognizer = Recognizer.load(checkpoint)
    adaptation = learn(recognizer, clips=find_clips(EXAMPLES), name="six examples").adaptation
    adaptation.save(tmp_path / "room.json")
    with serving(checkpoint, "--adaptation", str(tmp_path / "room.json")) as running:
        page = open_page(browser, running.address)
        expect(page.locator(".masthead .adapted")).to_have_text("Adapted: six examples")
        page.locator(".recorder input[type=file]").set_input_files(EXAMPLES / "even.flac")
        page.locator(DONE).wait_for()
        expect(page.locator("#result .part")).to_contain_text(f"Adapted: six examples {adaptation.id}.")
        page.get_by_role("tab", name="About").click()
        expect(page.locator(".about .adaptation")).to_contain_text("made from 6 clips without labels.")
        page.get_by_role("tab", name="Inspect").click()
        broken = json.loads(adaptation.to_json()) | {"checkpoint": "other"}
        expect(learning(page)).to_contain_text("12 more labels are needed")  # the desk has started
        learning(page).get_by_label("Adaptation file").set_input_files(
            {"name": "x.json", "mimeType": "application/json", "buffer": json.dumps(broken).encode()}
        )
        expect(learning(page).get_by_role("alert")).to_contain_text("was made with the network other")
