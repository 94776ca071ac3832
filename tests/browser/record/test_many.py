"""Many files at once, in a real browser."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from ser.labels import EMOTION_NAMES
from tests.browser.conftest import EXAMPLES, command_line_scores, free_port, serving, wait_until
from tests.browser.test_axe import findings
from tests.browser.test_widths import faults_by_width

UPLOADS = "**/gradio_api/upload*"
CALLS = "**/gradio_api/component_server*"
SOUNDS = sorted(EXAMPLES.glob("*.flac"))
LEFT = "performance.memory.usedJSHeapSize"


def open_many(page: Page) -> None:
    page.get_by_role("tab", name="Many files").click()
    expect(page.get_by_role("button", name="Choose files")).to_be_visible()


def choose(page: Page, files: list[Path]) -> None:
    page.locator(".many-files").set_input_files(files)


def wait_for_state(page: Page, state: str, seconds: float = 120) -> None:
    expect(page.locator(".many")).to_have_attribute("data-state", state, timeout=1000 * seconds)


def links(folder: Path, sounds: list[Path], n: int) -> list[Path]:
    """Make n links to some sounds, each with a name of its own, in the order of their names."""
    made = []
    for i in range(n):
        sound = sounds[i % len(sounds)]
        made.append(folder / f"{i:04d}-{sound.name}")
        made[-1].symlink_to(sound)
    return made


class Traffic:
    """What the page asks for: the sizes of the batches that were scored. The upload with a given number can be held back."""

    def __init__(self, page: Page, hold: int = 0):
        self.scored: list[int] = []
        self.uploads = 0
        self.held: Route | None = None
        self._hold = hold
        page.route(UPLOADS, self._upload)
        page.on("request", self._call)

    def _upload(self, route: Route) -> None:
        self.uploads += 1
        if self._hold and self.uploads >= self._hold:
            self.held = route
        else:
            route.continue_()

    def _call(self, request) -> None:
        if "component_server" in request.url and "score_batch" in (request.post_data or ""):
            self.scored.append(len(json.loads(request.post_data)["data"]["paths"]))

    def let_go(self) -> None:
        self._hold = 0


def drop_two(page: Page, place: str) -> None:
    page.locator(place).first.evaluate(
        """(place) => {
          const dataTransfer = new DataTransfer();
          for (const name of ["a.wav", "b.wav"]) dataTransfer.items.add(new File(["no sound"], name));
          place.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }"""
    )


def saved(page: Page, name: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_text(encoding="utf-8-sig")


def assert_bars_are_drawn(picture: np.ndarray, page: Page) -> None:
    """The picture has the colour of each bar in the middle of where the page shows it, and words beside it."""
    origin = page.locator(".many-summary").bounding_box()
    drawn = 0
    for line in page.locator(".many-summary .counts li").all():
        bar, name = line.locator("i").bounding_box(), line.locator(".group").bounding_box()
        if not bar or bar["width"] < 4:
            continue
        x, y = (
            round(3 * (bar[at] - origin[at] + bar[size] / 2))
            for at, size in (("x", "width"), ("y", "height"))
        )
        shown = line.locator("i").evaluate("(bar) => getComputedStyle(bar).backgroundColor")
        if line.locator("i").evaluate("(bar) => getComputedStyle(bar).opacity") == "1":
            expected = [int(part) / 255 for part in re.findall(r"\d+", shown)]
            assert picture[y, x, :3] == pytest.approx(expected, abs=0.02)
        top, left = (round(3 * (name[at] - origin[at])) for at in ("y", "x"))
        words = picture[top : top + round(3 * name["height"]), left : left + round(3 * name["width"]), :3]
        assert words.max() - words.min() > 0.5
        drawn += 1
    assert drawn


def test_a_run_stops_and_goes_on_and_names_bad_files_with_their_sentence(page, server, tmp_path):
    files = links(tmp_path, SOUNDS, 60)
    hostile = "=1+1 <img src=x onerror=alert(1)>.wav"
    (tmp_path / hostile).write_bytes(b"no sound here " * 50)
    (tmp_path / "empty.mp3").touch()
    files[10:10] = [tmp_path / hostile, tmp_path / "empty.mp3"]
    drop_two(page, ".source")  # where one belongs
    wait_for_state(page, "done")
    expect(page.locator(".many-count")).to_have_text("0 of 2 files scored · 2 could not be scored")
    page.get_by_role("button", name="Clear the list").click()
    traffic = Traffic(page, hold=3)
    choose(page, files)
    wait_until(lambda: page.evaluate("1") and traffic.held)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".many-said")).to_contain_text("Go on scores the others")
    wait_for_state(page, "stopped")
    assert sum(traffic.scored) < len(files)
    traffic.let_go()
    page.get_by_role("button", name="Go on").click()
    wait_for_state(page, "done")
    expect(page.locator(".many-count")).to_have_text("60 of 62 files scored · 2 could not be scored")
    assert sum(traffic.scored) == len(files)  # nothing twice
    page.get_by_label("Show", exact=True).select_option("failed")
    rows = page.locator(".file-row")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text(f"{hostile} is not a sound file")
    expect(rows.nth(1)).to_contain_text("empty.mp3 is empty")
    page.get_by_label("Show", exact=True).select_option("")
    expect(page.locator(".many-summary .counts")).to_contain_text("Not scored2")
    assert findings(page) == []

    table = list(csv.DictReader(io.StringIO(saved(page, "Save as CSV"), newline="")))
    assert [row["file"] for row in table][10:12] == [f"'{hostile}", "empty.mp3"]
    alone = command_line_scores(server.checkpoint, SOUNDS[0])
    assert float(table[0][alone["top"]]) == pytest.approx(alone["scores"][alone["top"]], abs=1e-6)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the summary as PNG").click()
    picture, figure = plt.imread(download.value.path()), page.locator(".many-summary").bounding_box()
    assert picture.shape[:2] == pytest.approx((3 * figure["height"], 3 * figure["width"]), abs=3)
    assert_bars_are_drawn(picture, page)
    whole = json.loads(saved(page, "Save as JSON"))
    assert [row["file"] for row in whole] == [file.name for file in files]

    page.get_by_label("Sort by").select_option("-score")
    best = max(float(row[label]) for row in table for label in EMOTION_NAMES if row[label])
    expect(rows.first.locator(".score")).to_have_text(f"{best:.0%}")
    page.get_by_label("Find a name").fill("0007")
    expect(page.locator(".many-shown")).to_have_text("1 of 62 files")
    rows.first.click()
    expect(page.locator("#spectrogram")).to_contain_text(files[7].name)


@pytest.mark.slow
def test_an_app_that_is_killed_half_way_is_waited_for(open_page, browser, checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # what a killed app leaves
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for i in range(60):  # no links, which a browser leaves out of a folder
        shutil.copy(SOUNDS[i % len(SOUNDS)], recordings / f"{i:04d}.flac")
    (recordings / "notes.txt").write_text("what was said")
    port = str(free_port())
    with serving(checkpoint, "--port", port) as running:
        page = open_page(browser, running.address)
        open_many(page)
        traffic = Traffic(page, hold=3)
        page.locator(".many-folder").set_input_files(recordings)
        expect(page.locator(".many-said")).to_contain_text("1 other file left out")
        wait_until(lambda: page.evaluate("1") and traffic.held and sum(traffic.scored))
        expect(page.locator(".many-count")).to_contain_text("36 of 60 files scored")
        running.process.kill()
        traffic.held.abort("connectionreset")
        expect(page.locator(".many-said")).to_contain_text("goes on by itself when the app is back")
        traffic.let_go()
    with serving(checkpoint, "--port", port):
        wait_for_state(page, "done")
        expect(page.locator(".many-count")).to_have_text("60 of 60 files scored")
        expect(page.locator(".file-row .file-folder").first).to_have_text("recordings")
        assert sum(traffic.scored) == 60
        page.get_by_role(
            "button", name="Clear the list"
        ).click()  # or it would not be left without a question


@pytest.mark.slow
def test_two_thousand_files_keep_the_page_small_and_quick(page, server, crema_d, tmp_path):
    clips = sorted((crema_d / "AudioWAV").glob("10[01]?_DFA_*.wav"))[:40]
    assert len(clips) == 40
    files = links(tmp_path, clips, 2000)
    page.evaluate(
        """() => {
          window.slowest = 0;
          let last = performance.now();
          const look = (now) => { window.slowest = Math.max(window.slowest, now - last); last = now; requestAnimationFrame(look); };
          requestAnimationFrame(look);
        }"""
    )
    open_many(page)
    before = page.evaluate(LEFT)
    choose(page, files)
    expect(page.locator(".many-count")).to_contain_text("left")
    wait_for_state(page, "done", seconds=300)
    expect(page.locator(".many-count")).to_have_text("2,000 of 2,000 files scored")
    assert page.locator(".file-row").count() < 60
    assert page.evaluate(LEFT) - before < 60_000_000  # bytes; the files are 140 MB
    assert page.evaluate("window.slowest") < 2000  # ms; a page that hangs
    assert faults_by_width(page) == {}
    page.locator(".many-table").focus()
    page.keyboard.press("End")
    expect(page.locator('.file-row[aria-selected="true"]')).to_contain_text(files[-1].name)
    page.get_by_label("Show", exact=True).select_option("SAD")
    page.get_by_role("columnheader", name="Score").get_by_role("button").click()
    scores = [int(text[:-1]) for text in page.locator(".file-row .score").all_inner_texts()[:20]]
    assert scores == sorted(scores, reverse=True)
