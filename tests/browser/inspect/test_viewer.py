"""The spectrogram viewer in the browser: it draws the network's input; zoom, pan, two clips, long files."""

import base64

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from ser.audio.features import FRAME_S
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.audio.tiles import Spectrograms, window_mel_db
from tests.browser.conftest import EXAMPLES, wait_until
from tests.helpers.viewer import as_drawn, colours, some_cells

SHORT = "bright_and_lively"
WINDOW_BEGINS = "Start of the scored window"

# The colours on the canvas at places (seconds, Hz), and the readout there.
LOOK = """async (places) => {
    const { current: pane } = window.inspect;
    const settled = () => pane.canvas.getAttribute("aria-busy") === "false";
    do await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    while (!settled());
    const ctx = pane.canvas.getContext("2d");
    return places.map(([time_s, hz]) => {
        const [x, y] = [pane.timeToX(time_s), pane.hzToY(hz)].map((place) => Math.floor(place * pane.ratio));
        return Array.from(ctx.getImageData(x, y, 1, 1).data.slice(0, 3));
    });
}"""


def inspect(page: Page) -> None:
    page.get_by_role("tab", name="Inspect", exact=True).click()
    page.wait_for_function("() => Boolean(window.inspect?.open)")


def open_clip(page: Page, place: str = "top", **request) -> None:
    inspect(page)
    page.evaluate(
        "([request, place]) => window.inspect.open(request, { place }).then(() => {})", [request, place]
    )


def upload(page: Page, path) -> None:
    inspect(page)
    page.locator("#spectrogram input[type=file]").set_input_files(path)
    expect(page.locator(".pane-head h3").first).to_have_text(path.stem)
    settle(page)


def settle(page: Page) -> None:
    page.evaluate(LOOK, [])


@pytest.fixture
def short(page) -> Page:
    open_clip(page, kind="example", key=SHORT)
    settle(page)
    return page


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return load_audio(EXAMPLES / f"{SHORT}.flac")


@pytest.fixture(scope="module")
def seven_s(tmp_path_factory) -> tuple:
    """Three examples in a row: longer than a window."""
    samples = np.concatenate([load_audio(path) for path in sorted(EXAMPLES.glob("*.flac"))[:3]])
    path = tmp_path_factory.mktemp("sounds") / "seven seconds.wav"
    soundfile.write(path, samples, SAMPLE_RATE, subtype="FLOAT")
    return path, samples


def view(page: Page) -> tuple[float, float]:
    return tuple(page.evaluate("() => Object.values(window.inspect.current.range)"))


def on_canvas(page: Page, time_s: float, hz: float = 1000.0) -> tuple[float, float]:
    """The place of a time and a frequency on the page."""
    return tuple(
        page.evaluate(
            """([time_s, hz]) => {
                const pane = window.inspect.current;
                pane.canvas.scrollIntoView({ block: "center" });
                const { left, top } = pane.canvas.getBoundingClientRect();
                return [left + pane.timeToX(time_s), top + pane.hzToY(hz)];
            }""",
            [time_s, hz],
        )
    )


def area(page: Page, name: str) -> dict:
    """The rectangle of a strip on the page."""
    return page.evaluate(
        """(name) => {
            const pane = window.inspect.current;
            const { left, top } = pane.canvas.getBoundingClientRect();
            const { x, y, width, height } = pane.areas[name];
            return { x: left + x, y: top + y, width, height };
        }""",
        name,
    )


def test_the_picture_is_the_input_of_the_network(short, speech):
    picture, hz = window_mel_db(speech, 0), np.array(Spectrograms(speech).about("full")["hz"])
    bands, frames = some_cells(128, range(6, len(speech) // 256 - 4))
    seen = short.evaluate(
        LOOK, [[float(i * FRAME_S), float(hz[band])] for band, i in zip(bands, frames, strict=True)]
    )
    assert np.array_equal(seen, colours(as_drawn(picture[bands, frames]), "magma"))


def test_typing_is_not_overwritten_when_the_scores_arrive(page, seven_s):
    held = []
    page.route(
        "**/component_server",
        lambda route: held.append(route) if '"score"' in route.request.post_data else route.continue_(),
    )
    with page.expect_request(lambda request: '"score"' in (request.post_data or "")):
        upload(page, seven_s[0])
    page.get_by_label(WINDOW_BEGINS).fill("2.4")
    page.unroute("**/component_server")
    for route in held:
        route.continue_()
    expect(page.locator(".scores-table")).to_contain_text("Whole clip")
    expect(page.locator(".scores-table")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_label(WINDOW_BEGINS)).to_have_value("2.4")
    page.get_by_label(WINDOW_BEGINS).press("Enter")
    page.wait_for_function("() => window.inspect.current.window.start_s === 2.4")


def test_the_scored_window_follows_and_the_rest_is_dimmed(page, seven_s):
    path, samples = seven_s
    upload(page, path)
    start = page.evaluate("() => window.inspect.current.window.start_s")
    page.get_by_label(WINDOW_BEGINS).fill("2.4")
    page.get_by_label(WINDOW_BEGINS).press("Enter")
    page.wait_for_function("() => window.inspect.current.window.start_s === 2.4")
    picture, hz = (
        window_mel_db(samples, round(2.4 * SAMPLE_RATE)),
        np.array(Spectrograms(samples).about("full")["hz"]),
    )
    page.evaluate("() => window.inspect.current.setRange(2.3, 5.5)")
    bands, frames = some_cells(128, range(8, 180))
    places = [[2.4 + float(i * FRAME_S), float(hz[band])] for band, i in zip(bands, frames, strict=True)]
    assert start != 2.4
    expect(page.get_by_label(WINDOW_BEGINS)).to_have_value("2.40")
    assert np.array_equal(page.evaluate(LOOK, places), colours(as_drawn(picture[bands, frames]), "magma"))


@pytest.mark.parametrize("kind", [pytest.param("full", marks=pytest.mark.slow), "narrow"])
def test_the_other_pictures_and_colour_maps(short, speech, kind):
    pictures = Spectrograms(speech)
    short.get_by_role("button", name="Whole clip" if kind == "full" else "Fine", exact=True).first.click()
    about = pictures.about(kind)
    # Zoomed in until each row of cells is larger than a pixel.
    short.evaluate(
        "() => { window.inspect.current.canvas.style.height = '1200px'; window.inspect.current.setRange(0.3, 1.3); }"
    )
    frames = range(round(0.32 / about["frame_s"]), round(1.28 / about["frame_s"]))
    bands, chosen = some_cells(about["bands"], frames)
    places = [[float(i * about["frame_s"]), about["hz"][band]] for band, i in zip(bands, chosen, strict=True)]
    tile = pictures.tile(kind, level=0, index=0)
    db = tile[bands, chosen] / 2.55 - 100
    for name, theirs in (("magma", "magma"), ("viridis", "viridis"), ("grey", "gray_r")):
        assert short.locator("[data-slot=colours]").input_value() == name
        assert np.array_equal(short.evaluate(LOOK, places), colours(db, theirs))
        short.keyboard.press("c")
    short.get_by_text("Contrast", exact=True).first.click()
    short.get_by_label("Floor").fill("-60")
    short.get_by_label("Contrast").fill("2")
    assert np.array_equal(short.evaluate(LOOK, places), colours(db, "magma", -60, 2.0))
    short.get_by_role("button", name="Reset").click()
    assert np.array_equal(short.evaluate(LOOK, places), colours(db, "magma"))


def test_the_readout_is_the_value_of_the_cell(short, speech):
    picture = window_mel_db(speech, 0)
    hz = np.array(Spectrograms(speech).about("full")["hz"])
    for band, frame in ((20, 40), (64, 90), (110, 120)):
        short.mouse.move(*on_canvas(short, frame * FRAME_S, hz[band]))
        settle(short)
        said = short.locator(".readout").inner_text().split("·")
        # The mouse is on a whole pixel: the cell is the one at the time and frequency of the readout.
        time_s, heard_hz = float(said[0].split()[0]), float(said[1].split()[0])
        near = round(time_s / FRAME_S), int(np.abs(hz - heard_hz).argmin())
        assert near[0] == pytest.approx(frame, abs=1)
        assert near[1] == pytest.approx(band, abs=1)
        wanted = as_drawn(picture[near[1], near[0]])
        assert float(said[2].split()[0].replace("−", "-")) == pytest.approx(wanted, abs=0.051)
    short.mouse.move(5, 5)
    expect(short.locator(".readout")).to_have_text("")


def test_zoom_and_pan_by_wheel_and_keys(short, speech):
    end = len(speech) / SAMPLE_RATE
    assert view(short) == pytest.approx((0, end), abs=0.001)
    place = on_canvas(short, 0.8)
    short.mouse.move(*place)
    short.mouse.wheel(0, -200)
    short.wait_for_function("() => window.inspect.current.range.end_s < 2")
    start_s, end_s = view(short)
    # The pointer is still over the same time.
    assert on_canvas(short, 0.8)[0] == pytest.approx(place[0], abs=1.5)
    short.keyboard.down("Shift")
    short.mouse.wheel(0, 120)
    short.keyboard.up("Shift")
    short.wait_for_function("(before) => window.inspect.current.range.start_s > before", arg=start_s)
    assert np.diff(view(short)) == pytest.approx(end_s - start_s)
    short.keyboard.press("0")
    assert view(short) == pytest.approx((0, end), abs=0.001)
    short.keyboard.press("+")
    assert np.diff(view(short)) == pytest.approx(end / 2, abs=0.001)
    short.keyboard.press("-")
    assert view(short) == pytest.approx((0, end), abs=0.001)
    for _ in range(12):
        short.keyboard.press("+")
    assert np.diff(view(short)) == pytest.approx(0.02, abs=1e-6)
    short.keyboard.press("0")
    short.evaluate(
        "() => Object.assign(window.inspect.current, { region: { start_s: 1, end_s: 1.5, low_hz: null, high_hz: null } })"
    )
    short.keyboard.press("z")
    assert view(short) == pytest.approx((0.96, 1.54), abs=0.001)


def test_drag_on_the_axis_and_the_overview_pans(short, speech):
    end = len(speech) / SAMPLE_RATE
    short.evaluate("() => window.inspect.current.setRange(1, 1.5)")
    plot = area(short, "plot")
    below = plot["y"] + plot["height"] + 12
    short.mouse.move(plot["x"] + plot["width"] / 2, below)
    short.mouse.down()
    short.mouse.move(plot["x"] + plot["width"] / 2 - plot["width"] / 5, below, steps=4)
    short.mouse.up()
    assert view(short) == pytest.approx((1.1, 1.6), abs=0.01)
    whole = area(short, "overview")
    middle = whole["y"] + whole["height"] / 2
    short.mouse.click(whole["x"] + whole["width"] * 0.5 / end, middle)
    assert view(short) == pytest.approx((0.25, 0.75), abs=0.01)
    short.mouse.move(whole["x"] + whole["width"] * 0.5 / end, middle)
    short.mouse.down()
    short.mouse.move(whole["x"] + whole["width"], middle, steps=4)
    short.mouse.up()
    assert view(short) == pytest.approx((end - 0.5, end), abs=0.01)
    short.mouse.dblclick(whole["x"] + 30, middle)
    assert view(short) == pytest.approx((0, end), abs=0.001)


def test_fingers_pan_pinch_and_tap(open_page, browser, server):
    page = open_page(
        *(browser, server.address),
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
    )
    open_clip(page, kind="example", key=SHORT)
    settle(page)
    assert page.evaluate(
        "() => window.inspect.current.canvas.width / window.inspect.current.size.width"
    ) == pytest.approx(2, abs=0.02)
    page.evaluate("() => window.inspect.current.setRange(0.5, 1.5)")
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    (x, y), (later, _) = on_canvas(page, 1.0), on_canvas(page, 1.2)
    fingers("touchStart", (x, y))
    for share in (0.3, 0.6, 1.0):
        fingers("touchMove", (x + share * (later - x), y))
    fingers("touchEnd")
    assert view(page) == pytest.approx((0.3, 1.3), abs=0.03)
    page.evaluate("() => window.inspect.current.setRange(0.5, 1.5)")
    (left, y), (right, _) = on_canvas(page, 0.9), on_canvas(page, 1.1)
    fingers("touchStart", (left, y))
    fingers("touchStart", (left, y), (right, y))
    for share in (0.3, 0.6, 1.0):
        wider = share * (right - left) / 2
        fingers("touchMove", (left - wider, y), (right + wider, y))
    fingers("touchEnd")
    assert view(page) == pytest.approx((0.75, 1.25), abs=0.03)
    page.touchscreen.tap(*on_canvas(page, 1.1))
    assert page.evaluate("() => window.inspect.current.time_s") == pytest.approx(1.1, abs=0.01)
    expect(page.locator(".readout")).to_contain_text("Hz")
    assert page.evaluate("() => window.inspect.current.region") is None


def test_an_example_opens_with_a_click_and_the_picture_has_a_name(page):
    inspect(page)
    expect(page.get_by_role("heading", name="See a voice")).to_be_visible()
    page.locator("#spectrogram").get_by_role("button", name="Even", exact=True).click()
    expect(page.locator(".pane-head h3")).to_have_text("even")
    expect(page.get_by_role("img", name="Spectrogram of even")).to_be_visible()
    expect(page.get_by_role("heading", name="See a voice")).to_have_count(0)
    page.keyboard.press("m")
    expect(page.get_by_role("img", name="whole clip by the network's recipe")).to_be_visible()


def test_a_file_that_is_not_a_sound_is_refused_and_the_previous_sound_is_closed(short, tmp_path):
    path = tmp_path / "<b>notes.wav"
    path.write_text("not a sound")
    short.locator("#spectrogram input[type=file]").set_input_files(path)
    expect(short.locator(".pane-said.warning")).to_be_visible()
    short.wait_for_function("() => !window.inspect.current.sound")
    short.locator("#spectrogram").get_by_role("button", name="Even", exact=True).click()
    expect(short.locator(".pane-head h3")).to_have_text("even")


def test_a_file_is_dropped(page, seven_s):
    path, samples = seven_s
    inspect(page)
    data = page.evaluate_handle(
        """(bytes) => {
            const dropped = new DataTransfer();
            const content = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
            dropped.items.add(new File([content], "a <i>voice</i>.wav"));
            return dropped;
        }""",
        base64.b64encode(path.read_bytes()).decode(),
    )
    page.dispatch_event("#spectrogram .invitation", "drop", {"dataTransfer": data})
    expect(page.locator(".pane-head h3")).to_have_text("a <i>voice</i>")
    assert page.evaluate("() => window.inspect.current.sound.duration_s") == pytest.approx(
        len(samples) / SAMPLE_RATE, abs=0.001
    )


def test_a_second_clip_zooms_and_moves_with_the_first(short, seven_s):
    path, samples = seven_s
    short.keyboard.press("b")
    expect(short.get_by_role("heading", name="Choose the second clip")).to_be_visible()
    short.locator(".pane[data-place=bottom]").get_by_role("button", name="Open a file").click()
    short.locator("#spectrogram input[type=file]").set_input_files(path)
    expect(short.locator(".pane-head h3").last).to_have_text(path.stem)
    settle(short)

    def ranges():
        return short.evaluate("() => window.inspect.panes.map((pane) => Object.values(pane.range))")

    wait_until(lambda: ranges() == [pytest.approx([0, len(samples) / SAMPLE_RATE], abs=0.001)] * 2)
    short.mouse.move(*on_canvas(short, 1.0))
    short.mouse.wheel(0, -300)
    short.wait_for_function("() => window.inspect.panes[0].range.end_s < 6")
    one, other = ranges()
    assert one == other

    def places():
        return [said.split("·")[:2] for said in short.locator(".readout").all_inner_texts()]

    expect(short.locator(".readout").first).to_contain_text("Hz")
    wait_until(lambda: places()[0] == places()[1])
    short.keyboard.press("b")
    expect(short.locator(".pane")).to_have_count(1)
    assert ranges()[0][1] <= short.evaluate("() => window.inspect.current.sound.duration_s") + 1e-6


def test_ten_minutes_open_and_only_visible_tiles_are_fetched(page, tmp_path, speech):
    samples = np.tile(speech, 1 + 600 * SAMPLE_RATE // len(speech))[: 600 * SAMPLE_RATE]
    path = tmp_path / "ten minutes.flac"
    soundfile.write(path, samples, SAMPLE_RATE)
    inspect(page)
    page.get_by_role("button", name="Open a file").first.wait_for()
    page.keyboard.press("m")  # the whole clip
    asked = []
    page.on(
        "request",
        lambda sent: (
            asked.append(sent.post_data_json["data"])
            if "component_server" in sent.url and sent.post_data_json["fn_name"] == "read_picture"
            else None
        ),
    )
    upload(page, path)
    about = Spectrograms(samples).about("full")
    level = page.evaluate(
        "() => window.inspect.current.tiles.levelFor('full', 600 / window.inspect.current.plot.width)"
    )
    columns = -(-about["frames"] // 2**level)
    wanted = {(level, tile) for tile in range(-(-columns // 512))} | {(about["levels"] - 1, 0)}
    assert {(each["level"], each["tile"]) for each in asked} == wanted
    assert len(asked) == len(wanted)

    asked.clear()
    page.evaluate("() => window.inspect.current.setRange(300, 303)")
    settle(page)
    first, last = (int((time_s / FRAME_S + 0.5) // 512) for time_s in (300, 303))
    assert {(each["level"], each["tile"]) for each in asked} == {(0, tile) for tile in range(first, last + 1)}

    asked.clear()
    page.evaluate("() => window.inspect.current.setRange(300.2, 302.8)")
    settle(page)
    assert asked == []
