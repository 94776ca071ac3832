"""An adaptation with emotions of its own in a real browser: Live and long recordings show those, however long their names are."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from ser.audio.reading import SAMPLE_RATE, read_audio
from tests.browser.conftest import DONE, EXAMPLES, serving
from tests.browser.record.test_live_tab import open_live, press, until_heard
from tests.conftest import ROOT
from tests.helpers.teaching_clips import write_clips

MOODS = {
    "ANG": "cross",
    "DIS": "cross",
    "FEA": "tense",
    "HAP": "keen and in a great hurry to go",
    "NEU": "at ease",
    "SAD": "at ease",
}
NAMES = ["At ease", "Cross", "Keen and in a great hurry to go", "Tense"]


@pytest.fixture(scope="module")
def adaptation(tmp_path_factory, checkpoint) -> Path:
    folder = tmp_path_factory.mktemp("moods")
    clips = write_clips(folder / "clips", each=3, speakers=2)
    table, out = folder / "labels.csv", folder / "moods.json"
    with table.open("w", newline="") as file:
        rows = [(path.name, MOODS[path.stem[-3:]]) for path in sorted(clips.glob("*.wav"))]
        csv.writer(file).writerows([("file", "emotion"), *rows])
    command = [sys.executable, "-m", "ser", "adapt", str(clips), "--labels", str(table), "--out", str(out)]
    command += ["--speaker-from", r"^(voice\d)", "--checkpoint", str(checkpoint)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return out


def overlapping(page: Page, names: str, beside: str) -> list[str]:
    """Return the names that reach into what stands to the right of them, or beyond the page."""
    return page.evaluate(
        """([names, beside]) => [...document.querySelectorAll(names)].flatMap((name) => {
            const range = document.createRange();
            range.selectNodeContents(name);
            const clipped = getComputedStyle(name).overflowX === "hidden";
            const right = (clipped ? name : range).getBoundingClientRect().right;
            const limit = document.querySelector(beside)?.getBoundingClientRect().left ?? innerWidth;
            return right > limit + 1 ? [`${name.textContent}: ${right} > ${limit}`] : [];
        })""",
        [names, beside],
    )


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_live_and_the_timeline_show_the_own_emotions(
    again, open_page, checkpoint, adaptation, width, tmp_path
):
    samples = np.concatenate(
        [read_audio(EXAMPLES / f"{name}.flac").samples for name in ("even", "loud_and_clipped")]
    )
    size = {"width": width, "height": 844}
    with serving(checkpoint, "--adaptation", str(adaptation)) as running:
        page = open_page(again.hear(samples), running.address, viewport=size, permissions=["microphone"])
        soundfile.write(tmp_path / "long.wav", samples, SAMPLE_RATE)
        page.locator("input[type=file]").first.set_input_files(tmp_path / "long.wav")
        expect(page.locator(DONE)).to_be_visible()
        expect(page.locator("#result .lane .name")).to_have_text(NAMES)
        assert not overlapping(page, "#result .lane .name", "#result .lane svg")

        open_live(page)
        press(page, "Start")
        until_heard(page, 4, readings=4)
        expect(page.locator(".live-bars .name")).to_have_text(NAMES)
        expect(page.locator(".live-timeline li")).to_have_text(NAMES)
        assert not overlapping(page, ".live-timeline li span", ".live-timeline canvas")
        assert not overlapping(page, ".live-bars .name", ".live-bars .track")
        # The longest name is not what the microphone hears by chance.
        page.locator(".live-word").evaluate("(word, name) => { word.textContent = name; }", NAMES[2])
        assert not overlapping(page, ".live-word", ".live-bars" if width > 760 else "#nothing")
        press(page, "Stop")
        expect(page.locator(".live-manner")).to_contain_text("Overall")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
