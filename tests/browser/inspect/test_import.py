"""Labels of other programs in a real browser: the tiers, the other words and the clip are chosen before they come in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ser.annotation.formats.contents import Interval
from ser.annotation.formats.praat_text import write_tiers
from ser.annotation.store import Annotations, hash_file
from tests.browser.conftest import EXAMPLES, Server, serving

EMOTIONS = [Interval(0, 0.1, "joy"), Interval(0.1, 0.2, "sad"), Interval(0.2, 0.5, "laughter")]
WORDS = [
    Interval(i / 20, (i + 1) / 20, word)
    for i, word in enumerate(["I", "am", "so", "sad", "that", "it", "is", "over"])
]
GRID = write_tiers(0.5, [("emotion", EMOTIONS), ("words", WORDS)])


IS_ON_TOP = """(element) => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return element.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
}"""  # nothing covers it, such as the bar of labels


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("import") / "clips"
    folder.mkdir()
    samples, rate = soundfile.read(EXAMPLES / "even.flac")
    for i, name in enumerate(("one.wav", "two.wav")):
        soundfile.write(folder / name, samples[i * 500 : i * 500 + rate // 2], rate)
    return folder


@pytest.fixture(scope="module")
def desk(checkpoint, folder) -> Iterator[Server]:
    with serving(checkpoint, "--annotate", str(folder)) as running:
        yield running


def start(page: Page) -> None:
    page.locator(".annotate .row").first.wait_for()
    page.get_by_label("Your name").fill("Ann")
    page.keyboard.press("Enter")


def labels(folder: Path) -> set[tuple]:
    with Annotations(folder / "annotations.sqlite", read_only=True) as store:
        return {(label.annotator, label.emotion, label.start_s) for label in store.labels()}


def test_tiers_words_and_the_clip_are_chosen_before_labels_come_in(open_page, browser, desk, folder):
    page = open_page(browser, desk.address, "/?tab=inspect")
    start(page)
    form, told = page.locator(".annotate .choices"), page.locator('[data-slot="files-told"]')
    page.get_by_label("File format").select_option("textgrid")
    grid = {"name": "one.TextGrid", "mimeType": "text/plain", "buffer": GRID.encode()}
    page.get_by_label("Label files").set_input_files([grid])
    expect(form.get_by_role("checkbox", name="emotion 3 texts, 1 emotion")).to_be_checked()
    expect(form.get_by_role("row")).to_have_count(1 + 9)
    form.get_by_role("checkbox", name="words 8 texts, 1 emotion").uncheck()
    expect(form.get_by_role("row")).to_have_count(1 + 2)
    accept = form.get_by_role("button", name="Import")
    expect(accept).to_be_disabled()
    form.get_by_label("What joy means").select_option("Happy")
    expect(accept).to_be_disabled()
    form.get_by_role("button", name="Leave out the rest").click()
    accept.click()
    expect(told).to_have_text("2 labels imported. Left out: 1 label 'laughter', 8 texts of the tier 'words'.")
    expect(form).to_be_hidden()
    assert labels(folder) == {("Ann", "HAP", 0.0), ("Ann", "SAD", 0.1)}

    page.get_by_label("File format").select_option("audacity")
    track = {"name": "Labels 1.txt", "mimeType": "text/plain", "buffer": b"0.2\t0.3\tangry\n"}
    page.get_by_label("Label files").set_input_files([track])
    expect(form).to_contain_text("No clip here is named like Labels 1.txt")
    form.get_by_role("button", name="Cancel").click()
    expect(form).to_be_hidden()
    page.get_by_label("Label files").set_input_files([track])
    form.get_by_role("combobox").fill("two.wav")
    page.keyboard.press("Enter")
    expect(told).to_have_text("1 label imported.")
    assert ("Ann", "ANG", 0.2) in labels(folder)


def test_labels_that_differ_are_shown_in_both_versions_and_one_stays(open_page, browser, desk, folder):
    page = open_page(browser, desk.address, "/?tab=inspect", viewport={"width": 390, "height": 844})
    start(page)
    told = page.locator('[data-slot="files-told"]')

    def send(emotion: str) -> None:
        table = f"clip,file,emotion,annotator\n{hash_file(folder / 'two.wav')},two.wav,{emotion},Dan\n"
        sent = {"name": "labels.csv", "mimeType": "text/csv", "buffer": table.encode()}
        page.get_by_label("Label files").set_input_files([sent])

    page.get_by_label("File format").select_option("textgrid")  # what is in the file counts
    send("angry")
    expect(told).to_have_text("1 label imported.")
    for choice, stays in (("Keep the labels here", "ANG"), ("Use the labels in the file", "HAP")):
        send("happy")
        expect(told).to_contain_text("Nothing is imported yet: 1 label differs from what is here.")
        expect(told.get_by_role("list", name="Labels that differ")).to_have_text(
            re.compile("two.wav.*here: Angry, by Dan.*in the file: Happy, by Dan")
        )
        assert not re.search("[0-9a-f]{32}|--", told.inner_text())
        found = Axe().run(page, context=".annotate footer").response["violations"]
        assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        told.get_by_role("button", name=choice).click()
        expect(told).to_contain_text("imported")
        expect(told.get_by_role("button")).to_have_count(0)
        assert ("Dan", stays, None) in labels(folder)


@pytest.mark.parametrize("size", [(1280, 800), (820, 1180), (390, 844)])
def test_the_answer_to_an_import_comes_into_view_and_marks_what_differs(
    open_page, browser, desk, folder, size
):
    page = open_page(
        browser, desk.address, "/?tab=inspect", viewport=dict(zip(("width", "height"), size, strict=True))
    )
    page.locator(".annotate .row").first.click()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator('.annotate [data-slot="problem"]')).to_be_in_viewport(ratio=1)
    expect(page.locator('.annotate [data-slot="problem"]')).to_contain_text("Then press Import again.")
    expect(page.get_by_label("Your name")).to_be_focused()
    start(page)
    told = page.locator('[data-slot="files-told"]')
    id_, clip = f"{size[0]:032x}", hash_file(folder / "one.wav")

    def send(annotator: str, note: str) -> None:
        table = (
            f"id,clip,file,emotion,start,end,annotator,note\n"
            f"{id_},{clip},one.wav,disgusted,0.1,0.2,{annotator},{note}\n"
        )
        sent = {"name": "labels.csv", "mimeType": "text/csv", "buffer": table.encode()}
        page.get_by_role("button", name="Import", exact=True).scroll_into_view_if_needed()
        page.get_by_label("Label files").set_input_files([sent])

    send("Eve", "")
    expect(told).to_have_text("1 label imported.")
    expect(told).to_be_in_viewport(ratio=1)
    send("Bob", "loud")
    expect(told).to_be_focused()
    for part in (told.locator("p").first, told.get_by_role("button", name="Use the labels in the file")):
        expect(part).to_be_in_viewport(ratio=1)
        assert part.evaluate(IS_ON_TOP)
    expect(told.locator("mark")).to_have_text(["no note", "by Eve", "“loud”", "by Bob"])
    told.get_by_role("button", name="Use the labels in the file").click()
    expect(told).to_contain_text("1 replaced")
    expect(told).to_be_in_viewport(ratio=1)
    assert told.evaluate(IS_ON_TOP)
