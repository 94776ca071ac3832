"""Bad files and bad names, uploaded by the browser and by programs: one sentence, and the app keeps working."""

import csv
import io
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import Page, expect

from ser.benchmark.memory import resident_mb
from tests.browser.conftest import DONE, command_line_scores
from tests.helpers.hostile import VOICE, Hostile, corpus
from tests.helpers.hostile_formats import flac_of_silence, picture_and_silence, wav

ROWS = "#sitting li[data-id]"
UPLOADABLE = 100_000_000  # bytes; the app refuses larger files unread
MORE_MB = 300  # of memory, compared with before all bad files
ON_THE_PAGE = (
    Hostile("<img src=x onerror=alert(1)>.wav", b"", "empty"),
    Hostile("notes.mp3", b"These are words. " * 99, "not a sound file"),
    Hostile("rate.wav", wav(rate=2**20), "sample rate"),
    Hostile("channels.wav", wav(channels=300), "channels"),
    Hostile("header.flac", flac_of_silence(16_000, 1, 1)[:42], "no sound"),
)
BY_PROGRAMS = (*ON_THE_PAGE, Hostile("picture.mkv", picture_and_silence(30_000)))
NAMES = (
    "=1+1 <img src=x onerror=alert(1)> 😀.flac",
    "\u202e'><svg onload=alert(1)>\nx.flac",
    "-1 ${alert(1)} {{7*7}}.flac",
)


@pytest.fixture
def calm(page) -> Page:
    """A page on which a script in a file's name would be noticed."""
    opened = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    yield page
    assert opened == []


def upload(page: Page, name: str, content: bytes, where: str = ".recorder") -> None:
    file = {"name": name, "mimeType": "audio/wav", "buffer": content}
    page.locator(f"{where} input[type=file]").set_input_files(file)


def injected(page: Page) -> list[str]:
    """Return the elements on the page that a name as HTML would create."""
    return page.locator("[onerror], [onload]").evaluate_all("all => all.map((one) => one.outerHTML)")


def names_nothing_of_the_machine(text: str) -> bool:
    return not any(part in text for part in ("/", "Traceback", "emotion-listener", "Error:"))


def test_the_page_says_what_is_wrong_with_a_file_and_goes_on(calm):
    problem = calm.locator("#result .warning")
    for bad in ON_THE_PAGE:
        upload(calm, bad.name, bad.content)
        expect(problem).to_contain_text(bad.says)
        assert names_nothing_of_the_machine(problem.inner_text())
    assert injected(calm) == []
    expect(calm.locator(ROWS)).to_have_count(0)
    upload(calm, "good.flac", VOICE.read_bytes())
    expect(calm.locator(DONE)).to_be_visible()


def test_names_of_uploads_are_text(calm):
    calm.locator("#recorder [data-testid=source-select]").wait_for(state="attached")
    for number, name in enumerate(NAMES, start=1):
        upload(calm, name, VOICE.read_bytes())
        expect(calm.locator(ROWS)).to_have_count(number)
    for number in (0, 1):
        calm.locator(f"{ROWS} input[type=checkbox]").nth(number).check()
    calm.get_by_role("button", name="Side by side").click()
    expect(calm.locator(".comparison .side")).to_have_count(2)
    assert injected(calm) == []

    with calm.expect_download() as download:
        calm.get_by_role("button", name="Save all as CSV").click()
    table = csv.DictReader(io.StringIO(download.value.path().read_bytes().decode("utf-8-sig"), newline=""))
    names = [row["name"] for row in table]
    assert len(names) == len(NAMES)
    assert not [name for name in names if name.lstrip()[0] in "=+-@" or set(name) & set("\r\n")]

    calm.get_by_role("tab", name="Inspect").click()
    upload(calm, NAMES[0], VOICE.read_bytes(), "#spectrogram")
    # gradio stores an upload under its name, without characters that file systems may refuse.
    stored = Path(NAMES[0]).stem.replace("<", "").replace(">", "")
    expect(calm.locator(".pane-head h3")).to_have_text(stored)
    assert injected(calm) == []


@pytest.fixture
def client(server) -> Client:
    return Client(server.address, verbose=False)


def send(client: Client, bad: Hostile, folder: Path) -> str | None:
    """Send the file as a program; return what is wrong with the answer, if anything."""
    path = bad.write(folder)
    if path.stat().st_size > UPLOADABLE:
        return None
    error = client.predict(handle_file(path), api_name="/recognize")["error"]
    path.unlink()
    if error is None:
        return f"{bad.name} was scored" if bad.says else None
    words = (bad.says,) if isinstance(bad.says, str) else bad.says
    right = names_nothing_of_the_machine(error) and (not words or any(word in error for word in words))
    return None if right else f"{bad.name}: {error}"


def test_a_program_is_told_and_the_app_goes_on(client, server, tmp_path):
    assert [problem for bad in BY_PROGRAMS if (problem := send(client, bad, tmp_path))] == []
    answer = client.predict(handle_file(VOICE), api_name="/recognize")
    assert answer["scores"] == command_line_scores(server.checkpoint, VOICE)["scores"]


@pytest.mark.slow
def test_after_every_bad_file_the_app_is_as_it_was(client, server, tmp_path):
    before, answer = (
        resident_mb(server.process.pid),
        client.predict(handle_file(VOICE), api_name="/recognize"),
    )
    assert [problem for bad in corpus() if (problem := send(client, bad, tmp_path))] == []
    assert client.predict(handle_file(VOICE), api_name="/recognize") == answer
    if before is not None:
        assert resident_mb(server.process.pid) < before + MORE_MB
