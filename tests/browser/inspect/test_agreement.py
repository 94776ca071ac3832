"""The Agreement section in a real browser, with labels kept in a file."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ser.annotation.agreement import agreement
from ser.annotation.store import Annotations, Clip, Label, hash_file, new_id
from ser.labels import LABELS
from tests.browser.conftest import EXAMPLES, Server, serving
from tests.helpers.annotation_store import emptied_after

NAMES = [f"1001_{sentence}_ANG_XX" for sentence in ("DFA", "IEO", "IOM", "ITH", "ITS", "IWL")]
HOSTILE = "<img src=x onerror=alert(1)>"
GIVEN = {  # the labels of each annotator, in the order of the clips
    "Ann": ("ANG", "SAD", "HAP", "NEU", "OTH"),
    "Bob": ("ANG", "SAD", "DIS", "NEU", "FEA"),
    HOSTILE: ("ANG", "FEA"),
}
CROWD = ("ANG", "SAD", "HAP", "DIS", "FEA", "SAD")
NETWORK = dict(zip(LABELS, (0.9, 0.02, 0.02, 0.02, 0.02, 0.02), strict=True))  # always angry


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A data set of six clips, with the votes of its crowd."""
    folder = tmp_path_factory.mktemp("agreement") / "data"
    (folder / "AudioWAV").mkdir(parents=True)
    (folder / "processedResults").mkdir()
    samples, rate = soundfile.read(EXAMPLES / "even.flac")
    votes = [",A,D,F,H,N,S,fileName"]
    for i, (name, heard) in enumerate(zip(NAMES, CROWD, strict=True)):
        piece = samples[i * 500 : i * 500 + rate]
        soundfile.write(folder / "AudioWAV" / f"{name}.wav", piece, rate, subtype="PCM_16")
        counts = ",".join("7" if label == heard else "1" for label in LABELS)
        votes.append(f"{100_001 + i},{counts},{name}")
    (folder / "processedResults" / "tabulatedVotes.csv").write_text("\n".join(votes), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def file(data) -> Path:
    return data.parent / "labels.sqlite"


@pytest.fixture(scope="module")
def app(checkpoint, data, file) -> Iterator[Server]:
    with serving(checkpoint, "--data", str(data), "--annotations", str(file)) as running:
        yield running


@pytest.fixture
def store(app, file) -> Iterator[Annotations]:
    """The file that the app keeps labels in, emptied after each test."""
    with emptied_after(file) as store:
        yield store


@pytest.fixture
def filled(store, data) -> Annotations:
    for annotator, emotions in GIVEN.items():
        for name, emotion in zip(NAMES, emotions, strict=False):
            give(store, data, annotator, name, emotion)
    return store


def give(
    store: Annotations,
    data: Path,
    annotator: str,
    name: str,
    emotion: str,
    *,
    region: tuple[float | None, float | None] = (None, None),
) -> None:
    clip = Clip(hash_file(data / "AudioWAV" / f"{name}.wav"), name, 1.0, "dataset", "ANG")
    store.put_clip(clip)
    start_s, end_s = region
    label = Label(new_id(), clip.hash, annotator, emotion, start_s=start_s, end_s=end_s, scores=NETWORK)
    store.write(label)


@pytest.fixture
def opened(open_page, browser, app):
    """Open the section as an annotator, or as a visitor without a name."""

    def start(annotator: str = "", **options) -> Page:
        page = open_page(browser, app.address, "/?tab=inspect", **options)
        page.locator(".annotate .row").first.wait_for()
        if annotator:
            page.get_by_label("Your name").fill(annotator)
            page.keyboard.press("Enter")
        page.locator(".agreement > summary").click()
        return page

    return start


def lead(page: Page):
    return page.locator('.agreement [data-slot="lead"]')


def differing(page: Page):
    return page.locator(".agreement .differ li")


def rows(page: Page, table: str) -> list[list[str]]:
    """The cells of a table, by row."""
    body = page.locator(".agreement").get_by_role("table", name=table).locator("tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in body.all()]


def test_the_page_shows_the_computed_measures(opened, filled):
    page = opened()
    expect(lead(page)).to_have_text(
        f"{HOSTILE}, Ann and Bob: 5 clips with two labels or more, 12 labels in all. That is too few to conclude much."
    )
    found = agreement(filled.labels())
    figures = page.locator(".agreement .figure")
    expect(figures.locator("h4")).to_have_text(["Percent agreement", "Fleiss' kappa", "Krippendorff's alpha"])
    for i, (figure, write) in enumerate(
        [(found.percent, "{:.0%}"), (found.kappa, "{:.2f}"), (found.alpha, "{:.2f}")]
    ):
        expect(figures.nth(i).locator(".value")).to_have_text(write.format(figure.value))
        low, high = (write.format(value).replace("-", "−") for value in figure[1:3])
        expect(figures.nth(i).locator(".interval")).to_contain_text(f"95% interval: {low} to {high}")
    assert ["Ann and Bob", "5", "60%"] in [row[:3] for row in rows(page, "By pair")]
    network = {row[0]: row[1:] for row in rows(page, "Against the network")}
    assert network["Ann"][0] == "4"  # the fifth is "other"
    assert network["Ann"][1].startswith("25%")
    crowd = {row[0]: row[1:] for row in rows(page, "Against the crowd")}
    assert HOSTILE in crowd  # a name is text
    assert page.locator(".agreement img").count() == 0
    assert crowd["Bob"][0] == "5"
    assert crowd["Bob"][1].startswith("60%")


def test_it_is_computed_when_opened_and_the_clips_they_differ_on_open_in_the_viewer(
    open_page, browser, app, filled
):
    page = open_page(browser, app.address, "/?tab=inspect")
    asked = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.locator(".annotate .row").first.wait_for()
    assert not any("labels_agreement" in body for body in asked)
    page.locator(".agreement > summary").click()
    expect(differing(page)).to_have_count(3)
    assert any("labels_agreement" in body for body in asked)
    row = differing(page).filter(has_text="1001_IOM_ANG_XX")
    expect(row).to_contain_text("AnnHappy")
    expect(row).to_contain_text("BobDisgusted")
    row.get_by_role("button").click()
    expect(page.locator(".annotate .card h3")).to_have_text("1001_IOM_ANG_XX")
    expect(page).to_have_url(re.compile("clip=1001_IOM_ANG_XX"))


def test_labels_of_clips_that_one_has_not_labelled_are_hidden(opened, filled):
    page = opened(HOSTILE, viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    expect(page.locator(".agreement .differ")).to_contain_text("2 clips are hidden until you label them")
    expect(differing(page)).to_have_count(1)
    expect(differing(page)).to_contain_text("1001_IEO_ANG_XX")
    expect(page.locator(".agreement .differ h4")).to_have_text("Clips they differ on: 3")
    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Show others' labels and the acted emotion before I label").check()
    page.get_by_role("button", name="Update").click()
    expect(differing(page)).to_have_count(3)
    check_looks(page)  # on a phone, light theme


def test_clips_that_annotators_differ_on_get_final_labels(opened, filled):
    page = opened("Cleo")
    page.locator(".agreement").get_by_role("button", name="Give final labels").click()
    state = page.locator(".annotate .state")
    expect(state).to_contain_text("No final label yet")
    expect(page.locator(".annotate .given")).to_contain_text("Ann")  # who decides sees what others say
    page.keyboard.press("4")
    expect(state).to_contain_text("Saved: Final: Happy")
    [final] = filled.labels(final=True)
    assert (final.annotator, final.emotion) == ("Cleo", "HAP")
    page.keyboard.press("Enter")
    expect(state).to_contain_text("No final label yet")
    page.keyboard.press("u")
    expect(page.locator('.annotate [data-slot="told"]')).to_contain_text("label removed")
    assert filled.labels(final=True) == []
    assert ["Angry", "1", "·"] in [row[:3] for row in rows(page, "Labels of Ann and Bob")]


@pytest.mark.parametrize("size", [(1280, 800), (820, 1180)])
def test_who_decides_sees_what_others_say_and_another_name_begins_with_own_labels(opened, filled, data, size):
    for name in NAMES:
        give(filled, data, "Dan", name, "OTH")
    page = opened("Dan", viewport=dict(zip(("width", "height"), size, strict=True)))
    finished, state = page.locator(".annotate .finished"), page.locator(".annotate .state")
    expect(finished).to_have_text(re.compile("All 6 done:"))
    page.locator(".agreement").get_by_role("button", name="Give final labels").click()
    expect(state).to_contain_text("No final label yet")
    votes = page.get_by_label("What others say")
    expect(votes).to_contain_text("Bob")
    for shown in (votes, state):
        expect(shown).to_be_in_viewport(ratio=1)
    expect(finished).to_be_hidden()  # own labels are done, not final ones
    rows = page.locator(".annotate .row")
    for i in range(rows.count()):
        expect(finished).to_be_hidden()
        expect(rows.nth(i)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("4")
        expect(rows.nth(i)).to_contain_text("final: Happy")
        expect(state).to_contain_text("Saved: Final: Happy")  # the row says so before the server has it
        expect(state).to_be_in_viewport(ratio=1)
        if i + 1 < rows.count():
            page.keyboard.press("Enter")
    expect(finished).to_contain_text("have a final label:")
    assert len(filled.labels(final=True)) == rows.count()

    page.get_by_text("Settings", exact=True).click()
    page.get_by_role("button", name="change").click()
    page.get_by_label("Your name").fill("Cleo")
    page.keyboard.press("Enter")
    expect(state).to_contain_text("Not labelled yet")
    expect(rows).to_have_count(6)
    expect(votes).to_be_hidden()
    page.keyboard.press("2")
    expect(state).to_contain_text("Saved: Disgusted")
    assert [(label.emotion, label.final) for label in filled.labels(annotator="Cleo", final=None)] == [
        ("DIS", False)
    ]
    page.keyboard.press("Enter")
    expect(state).to_contain_text("Not labelled yet")


def test_the_end_of_the_page_is_not_behind_the_bar_of_labels(opened, filled):
    page = opened("Ann", viewport={"width": 390, "height": 844})
    page.locator(".annotate .row").first.click()
    expect(page.locator(".annotate .state")).to_be_in_viewport(ratio=1)
    page.locator(".agreement > summary").click()  # fails if the bar is on top of it
    expect(page.locator(".agreement .figures")).to_be_hidden()


@pytest.mark.slow
def test_it_is_computed_again_when_a_label_is_given(opened, store, data):
    page = opened("Bob")
    expect(lead(page)).to_contain_text("Nobody has labelled a whole clip yet.")
    expect(page.locator(".agreement .figures")).to_be_hidden()
    give(store, data, "Ann", NAMES[0], "ANG")
    page.get_by_role("button", name="Update").click()
    expect(lead(page)).to_contain_text("Only Ann has labelled so far: let a second person label")
    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Label these clips blind").uncheck()
    page.locator(".annotate .row", has_text=NAMES[0]).click()
    page.keyboard.press("1")
    expect(lead(page)).to_contain_text("Ann and Bob: 1 clip with two labels or more")
    expect(page.locator(".agreement .figure .value")).to_have_text(["100%", "–", "–"])
    expect(page.locator(".agreement .differ")).to_contain_text("None: all labels of the same clip agree.")


@pytest.mark.slow
def test_it_is_computed_again_when_somebody_labels_elsewhere(opened, filled, data):
    page = opened()
    expect(differing(page)).to_have_count(3)
    give(filled, data, "Eve", NAMES[0], "SAD")
    expect(differing(page)).to_have_count(4)


CUT = """() => [...document.querySelectorAll('.agreement .wide')].flatMap((section) => {
  const cut = section.scrollWidth > section.clientWidth ? [`${section.ariaLabel} is cut`] : [];
  const broken = [...section.querySelectorAll('.confusion th')].filter((cell) => {
    const words = document.createRange();
    words.selectNodeContents(cell.lastChild);
    return words.getClientRects().length !== 1;
  });
  return [...cut, ...broken.map((cell) => `${cell.textContent} is in pieces`)];
})"""


@pytest.mark.parametrize("width", [390, 820, 1280])
def test_a_matrix_shows_all_its_columns_in_whole_words(opened, filled, data, width):
    give(filled, data, "Ann", NAMES[5], "UNC")
    give(filled, data, "Bob", NAMES[5], "ANG")
    for annotator in ("Ann", "Bob"):
        for name in NAMES[:3]:
            give(filled, data, annotator, name, "ANG", region=(0.1, 0.4))
    page = opened(viewport={"width": width, "height": 844}, reduced_motion="reduce")
    matrix = page.locator(".agreement").get_by_role("table", name="Labels of Ann and Bob")
    expect(matrix.get_by_role("columnheader")).to_have_count(8)
    expect(page.locator(".agreement").get_by_role("table", name="Regions")).to_be_visible()
    assert page.evaluate(CUT) == []


def check_looks(page: Page) -> None:
    """Check that axe finds no problem and that nothing is wider than the window."""
    found = Axe().run(page, context=".agreement").response["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_it_looks_right_in_the_dark_theme(opened, filled, width):
    page = opened(viewport={"width": width, "height": 844}, color_scheme="dark", reduced_motion="reduce")
    expect(differing(page)).to_have_count(3)
    check_looks(page)
