"""Labelling in a real browser: by keyboard alone, by two annotators at once, and while the app is killed."""

import csv
import io
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from ser.annotation.store import EMOTIONS, NAMES, Annotations, Clip, Label, hash_file, new_id
from tests.browser.conftest import EXAMPLES, Server, serving, wait_until
from tests.helpers.annotation_store import emptied_after

N_CLIPS = 22
HOSTILE = ("<img src=x onerror=alert(1)>.wav", 'it\'s "two\nlines" 😀.wav', "\u202eright to left.wav")
INSPECT = "/?tab=inspect"


def fill(folder: Path) -> Path:
    """Put short pieces of a voice into a folder, all with different content."""
    samples, rate = soundfile.read(EXAMPLES / "even.flac")
    folder.mkdir()
    names = [*(f"clip {i:02d}.wav" for i in range(N_CLIPS - len(HOSTILE))), *HOSTILE]
    for i, name in enumerate(names):
        soundfile.write(folder / name, samples[i * 500 : i * 500 + rate // 2], rate, format="WAV")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return fill(tmp_path_factory.mktemp("annotate") / "clips")


@pytest.fixture(scope="module")
def desk(checkpoint, folder) -> Iterator[Server]:
    with serving(checkpoint, "--annotate", str(folder)) as running:
        yield running


@pytest.fixture
def store(folder) -> Iterator[Annotations]:
    """The labels on the disk, emptied after each test."""
    with emptied_after(folder / "annotations.sqlite") as labels:
        yield labels


def rows(page: Page):
    return page.locator(".annotate .row")


def state(page: Page):
    return page.locator(".annotate .state")


def done(page: Page):
    return page.locator(".annotate .done")


def opened(page: Page):
    return page.locator(".annotate .card h3")


@pytest.fixture
def annotating(open_page, browser):
    """Open the desk as an annotator."""

    def start(server: Server, annotator: str = "Ann", path: str = INSPECT, **options) -> Page:
        page = open_page(browser, server.address, path, **options)
        rows(page).first.wait_for()
        page.get_by_label("Your name").fill(annotator)
        page.keyboard.press("Enter")
        expect(state(page)).to_contain_text(re.compile("Not labelled yet|Saved"))  # the first clip is open
        return page

    return start


def label(page: Page, key: str) -> None:
    """Press the key of an emotion and wait for the tick."""
    page.keyboard.press(key)
    expect(state(page)).to_contain_text(f"✓ Saved: {NAMES[EMOTIONS[int(key) - 1]]}")


def by_name(store: Annotations) -> dict[str, str]:
    """The emotion of each clip as a whole."""
    names = {clip.hash: clip.name for clip in store.clips()}
    return {names[label.clip]: label.emotion for label in store.labels() if label.whole}


def test_twenty_clips_are_labelled_by_keyboard_alone(open_page, browser, desk, store):
    page = open_page(browser, desk.address)
    page.keyboard.press("g")
    page.keyboard.press("i")
    rows(page).first.wait_for()
    expect(state(page)).to_contain_text("Not labelled yet")
    page.keyboard.press("1")  # without an annotator's name, the page asks for it
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type("Ann")
    page.keyboard.press("Enter")
    assert store.labels() == []
    keys = [str(1 + i % 8) for i in range(20)]
    names = []
    for i, key in enumerate(keys):
        names.append(opened(page).inner_text())
        page.keyboard.press(key)
        if i == 0:
            for grade in "ees":
                page.keyboard.press(grade)
            page.keyboard.press("n")
            page.keyboard.type("1 note; 2 words")  # digits in a note do not label
            page.keyboard.press("Enter")
        page.keyboard.press("Enter")  # at once: the annotator does not wait for the server
    expect(done(page)).to_have_text(f"20 of {N_CLIPS} labelled")
    page.keyboard.press("ArrowUp")
    expect(state(page)).to_contain_text("✓ Saved")
    assert by_name(store) == {name: EMOTIONS[int(key) - 1] for name, key in zip(names, keys, strict=True)}
    first = next(label for label in store.labels() if label.note)
    assert (first.intensity, first.confidence, first.note) == (2, 1, "1 note; 2 words")
    assert set(first.scores) == set(EMOTIONS[:6])
    assert first.checkpoint

    page.keyboard.press("u")
    expect(done(page)).to_have_text(f"19 of {N_CLIPS} labelled")
    page.keyboard.press("Control+Shift+z")
    expect(done(page)).to_have_text(f"20 of {N_CLIPS} labelled")
    page.keyboard.press("Control+z")
    expect(done(page)).to_have_text(f"19 of {N_CLIPS} labelled")
    page.keyboard.press("Shift+U")
    expect(done(page)).to_have_text(f"20 of {N_CLIPS} labelled")

    page.reload()
    expect(done(page)).to_have_text(f"20 of {N_CLIPS} labelled")
    expect(page.locator(".annotate .row .mark", has_text="✓").first).to_be_visible()
    expect(state(page)).to_contain_text("Not labelled yet")  # work goes on where it ended
    page.locator('[data-slot="rows"]').press("Home")
    expect(state(page)).to_contain_text(f"✓ Saved: {NAMES[EMOTIONS[0]]}, medium, a guess, “1 note; 2 words”")


def test_two_annotators_at_once_do_not_overwrite_or_influence_each_other(annotating, desk, store):
    ann, bob = annotating(desk, "Ann"), annotating(desk, "Bob")
    label(ann, "1")
    bob.keyboard.press("ArrowDown")
    bob.keyboard.press("ArrowUp")
    expect(bob.locator(".given")).to_contain_text("1 label by others, hidden until you label.")
    expect(bob.locator(".given")).not_to_contain_text("Angry")
    waiting = bob.get_by_text("The network's scores are hidden until you label")
    expect(waiting).to_be_visible()
    bob.keyboard.press("w")
    expect(bob.get_by_text("The evidence is hidden until you label")).to_be_visible()
    explained = bob.get_by_label("Evidence for")
    expect(explained).to_be_hidden()  # it names the emotion with the highest score
    label(bob, "6")
    expect(explained).to_be_visible()
    expect(bob.locator(".given li", has_text="Ann")).to_contain_text("Angry")
    expect(waiting).to_be_hidden()
    assert {(kept.annotator, kept.emotion) for kept in store.labels()} == {("Ann", "ANG"), ("Bob", "SAD")}
    expect(ann.locator(".row .others.differ")).to_have_text("2 differ")
    ann.locator('[data-slot="show"]').select_option("differ")
    expect(rows(ann)).to_have_count(1)


@pytest.mark.slow
def test_one_annotator_in_two_browsers_chooses_which_version_to_keep(annotating, desk, store):
    here, there = annotating(desk), annotating(desk)
    label(here, "1")
    name = opened(there).inner_text()
    there.keyboard.press("2")
    there.keyboard.press("Enter")  # the answer comes when the next clip is open
    there.reload()  # an undecided conflict survives a reload
    there.locator(".unsent", has_text=name).get_by_role("button", name="Choose which to keep").click()
    expect(opened(there)).to_have_text(name)
    conflict = there.locator(".conflict")
    expect(conflict).to_contain_text("Yours, not saved: Disgusted")
    expect(conflict).to_contain_text("The other, saved: Angry")
    assert [kept.emotion for kept in store.labels()] == ["ANG"]
    there.keyboard.press("k")
    expect(state(there)).to_contain_text("✓ Saved: Disgusted")
    assert [kept.emotion for kept in store.labels()] == ["DIS"]

    here.keyboard.press("3")
    expect(here.locator(".conflict")).to_contain_text("The other, saved: Disgusted")
    here.get_by_role("button", name="Keep the other").click()
    expect(state(here)).to_contain_text("✓ Saved: Disgusted")
    assert [kept.emotion for kept in store.labels()] == ["DIS"]
    expect(there.locator(".unsent")).to_be_hidden()


@pytest.mark.slow
def test_no_label_is_lost_when_the_app_is_killed(annotating, checkpoint, tmp_path):
    folder = fill(tmp_path / "clips")
    with serving(checkpoint, "--annotate", str(folder)) as first:
        page = annotating(first, tolerate="")
        for key in "123":
            label(page, key)
            page.keyboard.press("Enter")
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait(120)
        with Annotations(folder / "annotations.sqlite") as store:
            assert sorted(by_name(store).values()) == ["ANG", "DIS", "FEA"]  # acknowledged labels are stored
        for key in ("4", "Enter", "5"):
            page.keyboard.press(key)
        expect(page.locator(".unsent")).to_contain_text("Not saved yet: 2 changes")
        expect(state(page)).to_contain_text("Not saved yet: Neutral")
        port = str(urlsplit(first.address).port)
        with serving(checkpoint, "--annotate", str(folder), "--port", port) as again:
            assert again.address == first.address
            expect(page.locator(".unsent")).to_be_hidden(timeout=30_000)
            expect(done(page)).to_have_text(f"5 of {N_CLIPS} labelled", timeout=30_000)
            with Annotations(folder / "annotations.sqlite") as store:
                assert sorted(by_name(store).values()) == ["ANG", "DIS", "FEA", "HAP", "NEU"]


def test_the_outbox_survives_a_reload(annotating, desk, store):
    page = annotating(desk, tolerate="problem")  # the requests of the viewer fail as well
    cut = []  # a request that begins while a route is being set would slip through
    page.route("**/component_server/**", lambda route: route.abort() if cut else route.continue_())
    cut.append("off")
    page.keyboard.press("4")
    expect(page.locator(".unsent")).to_contain_text("Not saved yet: 1 change.")
    assert store.labels() == []
    page.unroute("**/component_server/**")
    page.reload()
    expect(done(page)).to_have_text(f"1 of {N_CLIPS} labelled")
    wait_until(lambda: [kept.emotion for kept in store.labels()] == ["HAP"])  # it is shown before it is sent


def test_filters_search_and_order(annotating, desk, store):
    page = annotating(desk)
    first = opened(page).inner_text()
    label(page, "5")
    page.locator('[data-slot="show"]').select_option("unlabelled")
    expect(page.locator(".annotate .rows")).not_to_contain_text(first)
    page.locator('[data-slot="show"]').select_option("all")
    page.keyboard.press("Escape")
    page.locator(".annotate h3").click()
    page.keyboard.press("f")
    page.keyboard.type("CLIP 07")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("clip 07.wav")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.locator(".annotate .news")).not_to_contain_text("scored", timeout=60_000)
    page.locator('[data-slot="order"]').select_option("entropy")
    shown = page.locator(".annotate .row .unsure")
    expect(shown.nth(2)).to_be_visible()
    percents = [int(text.split("%")[0]) for text in shown.all_inner_texts()]
    assert percents == sorted(percents, reverse=True)
    most = rows(page).first.locator(".name").inner_text()
    page.locator(".annotate h3").click()
    page.keyboard.press("Enter")  # the most uncertain clip comes next, whichever was open before
    expect(opened(page)).to_have_text(most)
    page.locator('[data-slot="order"]').select_option("margin")
    expect(shown.first).to_contain_text("apart")
    gaps = [int(text.split("%")[0]) for text in shown.all_inner_texts()]
    assert gaps == sorted(gaps)


def test_names_of_files_are_text(annotating, desk, store):
    page = annotating(desk)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for name in HOSTILE:
        page.locator('[data-slot="search"]').fill(name.split()[0].strip("\u202e"))
        shown = " ".join(name.split())
        expect(rows(page).locator(".name")).to_have_text([shown])  # each search removes the others
        rows(page).first.click()
        expect(opened(page)).to_have_text(shown)
        label(page, "8")
    assert by_name(store) == dict.fromkeys(HOSTILE, "UNC")
    assert page.locator(".annotate img").count() == 0
    assert dialogs == []


def test_the_keys_are_silent_in_other_tabs_and_in_dialogs(annotating, desk, store):
    page = annotating(desk)
    expect(state(page)).to_contain_text("Not labelled yet")
    page.get_by_role("tab", name="Data set").click()
    page.keyboard.press("1")
    page.get_by_role("tab", name="Inspect").click()
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    label(page, "3")
    assert [kept.emotion for kept in store.labels()] == ["FEA"]
    assert [change.kind for change in store.history(clip=store.labels()[0].clip)][-1] == "change"


def test_the_desk_opens_with_the_next_clip_marks_regions_by_keys_and_says_when_all_is_done(
    annotating, desk, folder, store
):
    files = sorted(folder.glob("*.wav"), key=lambda file: file.name.casefold())
    for file in files[:2] + files[3:]:
        store.put_clip(Clip(hash_file(file), file.name))
        store.write(Label(new_id(), hash_file(file), "Ann", "SAD"))
    silent = "localStorage.setItem('emotion-listener.label-play', 'no')"  # so that the playhead stays
    page = annotating(desk, path="/", script=silent)
    expect(opened(page)).to_have_text(" ".join(files[2].name.split()))
    expect(page.locator(".pane h3").first).to_have_text(opened(page).inner_text())
    for at_s, key in ((0.3, "["), (0.1, "t"), (0.2, "t"), (0.4, "]")):
        page.evaluate("time_s => window.inspect.player.seek(window.inspect.current, time_s)", at_s)
        page.keyboard.press(key)
    region = page.locator(".annotate [data-span=region]")
    expect(region).to_have_attribute("aria-pressed", "true")
    expect(region).to_have_text("0.10 to 0.40 s")
    label(page, "1")
    assert [(kept.start_s, kept.end_s) for kept in store.labels() if kept.emotion == "ANG"] == [(0.1, 0.4)]
    finished = page.get_by_text(f"All {N_CLIPS} done:")
    expect(finished).to_be_visible()
    page.locator(".annotate .finished").get_by_role("button", name="agreement").click()
    expect(page.get_by_text("Only Ann has labelled so far")).to_be_in_viewport()
    with page.expect_download() as saved:
        page.locator(".annotate .finished").get_by_role("button", name="export").click()
    assert "0.1" in Path(saved.value.path()).read_text(encoding="utf-8-sig")
    page.keyboard.press("u")
    expect(finished).to_be_hidden()


def test_phrases_are_labelled_by_keys_one_after_the_other(annotating, desk, store, tmp_path):
    samples, rate = soundfile.read(EXAMPLES / "even.flac")
    tone = 1e-4 * np.random.default_rng(0).standard_normal(rate)
    soundfile.write(tmp_path / "two.wav", np.concatenate([samples, tone, samples]), rate)
    page = annotating(desk)
    page.locator("#spectrogram input[type=file]").set_input_files(tmp_path / "two.wav")
    expect(opened(page)).to_have_text("two")
    region = page.locator(".annotate [data-span=region]")
    page.keyboard.press(".")
    expect(region).to_have_attribute("aria-pressed", "true")
    first = region.inner_text()
    page.keyboard.press("1")
    expect(region).not_to_have_text(first)
    page.keyboard.press("4")
    wait_until(lambda: len(store.labels()) == 2)
    one, two = sorted(store.labels(), key=lambda kept: kept.start_s)
    assert (one.emotion, two.emotion) == ("ANG", "HAP")
    assert one.end_s < two.start_s


def test_own_labels_can_be_deleted_and_their_history_read(annotating, desk, store):
    page = annotating(desk)
    label(page, "1")
    label(page, "2")
    page.get_by_text("History").click()
    expect(page.locator(".history li").last).to_contain_text("Angry → Disgusted")
    page.get_by_role("button", name="Delete my label Disgusted").click()
    expect(state(page)).to_contain_text("Not labelled yet")
    expect(done(page)).to_have_text(f"0 of {N_CLIPS} labelled")
    page.keyboard.press("u")
    expect(state(page)).to_contain_text("✓ Saved: Disgusted")


def test_labels_are_exported_and_a_bad_file_is_refused(annotating, desk, store, tmp_path):
    page = annotating(desk)
    label(page, "4")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export", exact=True).click()
    text = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))
    assert row["emotion"] == "HAP"
    assert row["annotator"] == "Ann"
    bad = tmp_path / "bad.csv"
    head, line, *rest = text.split("\n")
    bad.write_text("\n".join([head, line.replace(row["time"], "soon"), *rest]), encoding="utf-8")
    page.get_by_label("Label files").set_input_files(bad)
    told = page.locator('[data-slot="files-told"]')
    expect(told).to_contain_text("bad.csv")
    expect(told).to_contain_text("line 2")
    good = tmp_path / "good.csv"
    good.write_text(text, encoding="utf-8")
    store.delete(store.labels()[0])
    page.get_by_label("Label files").set_input_files(good)
    expect(told).to_contain_text("1 label imported")
    assert [kept.emotion for kept in store.labels()] == ["HAP"]


def test_a_take_of_this_session_is_labelled_and_ends_with_it(annotating, open_page, browser, server):
    page = open_page(browser, server.address)
    page.get_by_role("button", name="Even", exact=True).click()
    page.locator("#result").get_by_role("button", name="Inspect").click()
    expect(opened(page)).to_have_text("Even")
    page.get_by_label("Your name").fill("Ann")
    page.keyboard.press("Enter")
    label(page, "5")
    expect(rows(page)).to_have_count(1)
    expect(done(page)).to_have_text("1 of 1 labelled")
    expect(page.locator(".annotate .where")).to_contain_text("lost when the app stops")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export", exact=True).click()
    assert hash_file(EXAMPLES / "even.flac") in Path(saved.value.path()).read_text(encoding="utf-8-sig")
    page.get_by_role("button", name="Takes").click()
    page.get_by_role("button", name="Delete even").click()
    expect(opened(page)).to_have_text("No clip is open")
    expect(state(page)).to_contain_text("Choose a clip in the queue below")
