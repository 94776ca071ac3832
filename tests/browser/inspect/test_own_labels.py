"""Labels of one's own in a real browser: twelve of them are drawn, pressed and stored as well as the eight of the app."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from ser.annotation.label_set import read_label_set
from ser.annotation.store import Annotations
from tests.browser.conftest import serving
from tests.browser.inspect.test_learning import INSPECT, is_within, learning, start
from tests.helpers.teaching_clips import write_clips

TABLE = """code,word,key,colour
cross,Cross,,#b00020
tense,Tense,,
keen,Keen and in a hurry to go,,
calm,At ease,,#000000
bored,Bored,,
moved,Moved,,
proud,Proud,,
shy,Shy,,
SAD,Sad,,
awe,In awe,q,
tired,Tired,r,
UNC,Cannot tell,y,
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_clips(tmp_path_factory.mktemp("own") / "clips", each=1)


def test_twelve_labels_on_a_laptop_and_on_a_phone(open_page, browser, checkpoint, folder, tmp_path):
    table = tmp_path / "moods.csv"
    table.write_text(TABLE)
    with serving(checkpoint, "--annotate", str(folder), "--labels", str(table)) as running:
        page = start(open_page(browser, running.address, INSPECT))
        state = page.locator('.annotate [data-slot="state"]')
        expect(state).to_have_text("Not labelled yet: press a label's key.")  # the first clip is open
        buttons = page.locator(".annotate [data-emotion]")
        expect(buttons).to_have_count(12)
        page.locator(".annotate .row").first.click()
        expect(state).to_contain_text("Not labelled yet")
        page.keyboard.press("q")
        expect(state).to_contain_text("Saved: In awe")
        expect(page.locator('[data-emotion="awe"]')).to_have_attribute("aria-pressed", "true")
        page.locator('[data-emotion="calm"]').click()
        expect(state).to_contain_text("Saved: At ease")
        expect(page.locator(".annotate .row").first).to_contain_text("At ease")
        colours = page.locator(".annotate [data-emotion] .dot").evaluate_all(
            "dots => dots.map((dot) => getComputedStyle(dot).backgroundColor)"
        )
        assert len(set(colours)) == 12
        assert colours[0] == "rgb(176, 0, 32)"
        assert is_within(page)
        expect(learning(page)).to_contain_text("11 more labels")

        phone = start(
            open_page(browser, running.address, INSPECT, viewport={"width": 390, "height": 844}), "Bob"
        )
        phone.locator(".annotate .row").nth(1).click()
        phone.locator('[data-emotion="keen"]').click()
        expect(phone.locator('.annotate [data-slot="state"]')).to_contain_text("Saved: Keen and in a hurry")
        assert is_within(phone)
    with Annotations(folder / "annotations.sqlite", choices=read_label_set(table)) as store:
        assert sorted(label.emotion for label in store.labels()) == ["calm", "keen"]
