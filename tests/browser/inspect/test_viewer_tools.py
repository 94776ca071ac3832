"""The tools of the spectrogram viewer: exact playback, regions, scores of any part, overlays, explanation."""

import re

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from ser.audio import curves
from ser.audio.features import mel_db
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition import explain
from ser.recognition.recognizer import Recognizer
from ser.ui.parts.shares import percent
from tests.browser.conftest import EXAMPLES, command_line_scores
from tests.helpers.viewer import (
    ANSWERED,
    LIGHT,
    PLAY,
    TAP,
    begins,
    drag,
    drag_region,
    field,
    heard_samples,
    light_of,
    open_clip,
    pixel_s,
    place,
    region,
)

SHORT = "bright_and_lively"
FRAME_S = 256 / SAMPLE_RATE


@pytest.fixture
def short(page) -> Page:
    open_clip(page, kind="example", key=SHORT)
    return page


@pytest.fixture
def tapped(open_page, browser, server) -> Page:
    """The same clip on a page that lets the test listen in: its worklet is a blob, which the app's policy forbids."""
    page = open_page(browser, server.address, bypass_csp=True, permissions=["microphone"])
    open_clip(page, kind="example", key=SHORT)
    page.evaluate(TAP)
    return page


@pytest.fixture(scope="module")
def recognizer(checkpoint) -> Recognizer:
    return Recognizer.load(checkpoint)


@pytest.fixture
def long(page, tmp_path) -> Page:
    """Five seconds made of two examples, uploaded as a file."""
    parts = [load_audio(EXAMPLES / f"{name}.flac") for name in (SHORT, "low_and_drawn_out")]
    samples = np.concatenate(parts)[: 5 * SAMPLE_RATE]
    soundfile.write(tmp_path / "five.wav", samples, SAMPLE_RATE, subtype="FLOAT")
    page.get_by_role("tab", name="Inspect", exact=True).click()
    page.wait_for_function("() => Boolean(window.inspect?.open && window.inspect.hideScores)")
    page.locator("#spectrogram input[type=file]").first.set_input_files(tmp_path / "five.wav")
    page.wait_for_function("() => Boolean(window.inspect.current?.columns?.window?.answer)")
    return page


def sent_samples(start_s: float, end_s: float) -> np.ndarray:
    cut = load_audio(EXAMPLES / f"{SHORT}.flac")[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
    return np.clip(np.round(cut * 32768), -32768, 32767) / 32768


def test_a_region_is_dragged_resized_moved_typed_and_cleared(short):
    page = short
    near = 1.5 * pixel_s(page) + 0.001
    dragged = drag_region(page, 0.6, 1.2)
    assert (dragged["start_s"], dragged["end_s"]) == (
        pytest.approx(0.6, abs=near),
        pytest.approx(1.2, abs=near),
    )
    assert dragged["low_hz"] is None
    expect(field(page, "Start of the region")).to_have_value(f"{dragged['start_s']:.3f}")

    drag(page, place(page, dragged["end_s"]), place(page, 1.5))
    assert region(page)["end_s"] == pytest.approx(1.5, abs=near)
    assert region(page)["start_s"] == dragged["start_s"]

    field(page, "Start of the region").fill("0.25")
    field(page, "Start of the region").press("Enter")
    field(page, "Lowest frequency").fill("300")
    field(page, "Lowest frequency").press("Enter")
    assert region(page)["start_s"] == 0.25
    assert (region(page)["low_hz"], region(page)["high_hz"]) == (300, 8000)
    field(page, "End of the region").fill("99")
    field(page, "End of the region").press("Enter")
    assert region(page)["end_s"] == pytest.approx(len(load_audio(EXAMPLES / f"{SHORT}.flac")) / SAMPLE_RATE)

    page.get_by_role("button", name="Clear", exact=True).click()
    assert region(page) is None
    expect(field(page, "Start of the region")).to_have_value("")


@pytest.mark.slow
def test_a_steep_drag_selects_a_pitch_range_whose_edges_can_be_moved(short):
    page = short
    drag(page, place(page, 0.5, 600), place(page, 1.0, 3000))
    band = region(page)
    assert band["low_hz"] == pytest.approx(600, rel=0.06)
    assert band["high_hz"] == pytest.approx(3000, rel=0.06)
    middle = (band["start_s"] + band["end_s"]) / 2
    drag(page, place(page, middle, band["high_hz"]), place(page, middle, 5000))
    assert region(page)["high_hz"] == pytest.approx(5000, rel=0.06)
    assert region(page)["low_hz"] == band["low_hz"]
    length = band["end_s"] - band["start_s"]
    page.locator("body").press("ArrowRight")
    assert region(page)["start_s"] > band["start_s"]
    assert region(page)["end_s"] - region(page)["start_s"] == pytest.approx(length, abs=1e-6)
    page.locator("body").press("Escape")
    assert region(page) is None


def test_a_region_is_played_to_the_sample_and_the_playhead_is_in_sync(tapped):
    page = tapped
    part = drag_region(page, 0.45, 1.45)
    played = page.evaluate(PLAY, 10)
    first, sound = heard_samples(played)
    wanted = sent_samples(part["start_s"], part["end_s"])
    starts = begins(sound, wanted)
    assert len(starts) == 1
    assert not sound[: starts[0]].any()
    assert not sound[starts[0] + len(wanted) :].any()
    began_s = (first + starts[0]) / SAMPLE_RATE
    within = [
        (now - began_s, head - part["start_s"])
        for now, head in played["heads"]
        if began_s < now < began_s + part["end_s"] - part["start_s"]
    ]
    assert len(within) >= 3  # a busy machine draws few frames, but those are in sync
    # Not the greatest: the machine may do something else between the head's drawing and our look at it.
    assert np.median([abs(now - head) for now, head in within]) < FRAME_S


@pytest.mark.usefixtures("pitch_tracker")
def test_a_loop_repeats_without_a_gap_and_half_speed_keeps_the_pitch(tapped):
    page = tapped
    part = drag_region(page, 0.45, 0.85)
    page.locator("body").press("l")
    expect(page.get_by_role("button", name=re.compile("Loop"))).to_have_attribute("aria-pressed", "true")
    _, sound = heard_samples(page.evaluate(PLAY, 1.5))
    wanted = sent_samples(part["start_s"], part["end_s"])
    starts = begins(sound, wanted)
    assert len(starts) >= 2
    assert set(np.diff(starts)) == {len(wanted)}

    page.locator("body").press("l")
    page.locator("body").press("h")
    _, slow = heard_samples(page.evaluate(PLAY, 10))
    slow = np.trim_zeros(slow)
    assert len(slow) == pytest.approx(2 * len(wanted), abs=320)
    before, after = (np.nanmedian(curves.pitch(sound.astype(np.float32)).values) for sound in (wanted, slow))
    assert after == pytest.approx(before, rel=0.05)


@pytest.mark.slow
def test_play_pause_and_seek(short):
    page = short
    page.evaluate(
        "() => { window.times = []; window.inspect.on('time', ({ time_s }) => window.times.push(time_s)); }"
    )
    page.locator("body").press("l")  # it must not reach its end meanwhile
    page.locator("body").press("Space")
    page.wait_for_function("() => window.inspect.current.time_s > 0.2")
    page.locator("body").press("Space")
    page.wait_for_function("() => !window.inspect.player.isPlaying()")
    stopped = page.evaluate("() => { window.times.length = 0; return window.inspect.current.time_s; }")
    page.locator("body").press("Space")
    page.wait_for_function("() => window.times.length > 3")
    assert page.evaluate("() => window.times[0]") == pytest.approx(stopped, abs=1 / SAMPLE_RATE)
    page.get_by_role("button", name="Pause").click()
    page.mouse.click(*place(page, 1.0))
    clicked = page.evaluate("() => window.inspect.current.time_s")
    assert clicked == pytest.approx(1.0, abs=2 * pixel_s(page))
    assert region(page) is None
    page.locator("body").press("ArrowLeft")
    assert clicked - 0.1 < page.evaluate("() => window.inspect.current.time_s") < clicked


def test_the_score_of_a_region_is_that_of_the_command_line_on_the_cut(short, checkpoint, tmp_path):
    page = short
    part = drag_region(page, 0.3, 1.7)
    page.locator("body").press("x")
    page.wait_for_function("() => window.inspect.current.columns.region?.answer")
    answer = page.evaluate("() => window.inspect.current.columns.region.answer")
    samples = load_audio(EXAMPLES / f"{SHORT}.flac")
    cut = samples[round(part["start_s"] * SAMPLE_RATE) : round(part["end_s"] * SAMPLE_RATE)]
    soundfile.write(tmp_path / "cut.wav", cut, SAMPLE_RATE, subtype="FLOAT")
    expected = command_line_scores(checkpoint, tmp_path / "cut.wav")
    assert answer["scores"] == pytest.approx(list(expected["scores"].values()), abs=1e-6)
    assert answer["verdict"] == expected["verdict"]
    table = page.locator(".scores-table")
    for label in LABELS:
        row = table.get_by_role("row", name=re.compile(EMOTION_NAMES[label]))
        expect(row.locator(".percent").last).to_have_text(percent(expected["scores"][label]))
    expect(table).to_contain_text(answer["sentence"])


def test_the_scored_window_is_dragged_and_its_scores_follow(long, recognizer, tmp_path):
    page = long
    samples = load_audio(tmp_path / "five.wav")
    page.wait_for_function("() => Boolean(window.inspect.current.columns.clip?.answer)")
    whole = recognizer.recognize(samples)
    best = max(whole.windows, key=lambda part: part.scores[whole.top])
    page.wait_for_function(f"() => Math.abs(window.inspect.current.window.start_s - {best.start_s}) < 0.001")
    expect(page.locator(".scores-table")).to_contain_text(percent(whole.scores[whole.top]))

    field(page, "Start of the scored window").fill("0.5")
    field(page, "Start of the scored window").press("Enter")
    left = place(page, 0.5)
    drag(page, left, (place(page, 1.3)[0], left[1]))
    page.wait_for_function(ANSWERED)
    start_s = page.evaluate("() => window.inspect.current.window.start_s")
    assert start_s == pytest.approx(1.3, abs=2 * pixel_s(page))
    expected = recognizer.recognize(samples[round(start_s * SAMPLE_RATE) :][: 3 * SAMPLE_RATE])
    scores = page.evaluate("() => window.inspect.current.columns.window.answer.scores")
    assert scores == pytest.approx(list(expected.scores.values()), abs=1e-6)
    assert region(page) is None
    drag(page, place(page, start_s), place(page, -3))  # it stops at the start of the sound
    page.wait_for_function(ANSWERED)
    assert page.evaluate("() => window.inspect.current.window") == {"start_s": 0, "end_s": 3}


@pytest.mark.usefixtures("pitch_tracker")
def test_overlays_show_what_the_server_measured(short):
    page = short
    samples = load_audio(EXAMPLES / f"{SHORT}.flac")
    for key in "piv":
        page.locator("body").press(key)
    legend = page.locator(".overlay-legend")
    expect(legend.get_by_role("listitem")).to_have_count(3)
    page.wait_for_function(
        """() => {
            const blocks = Object.values(window.inspect.current.overlays.blocks);
            return blocks.length === 3 && blocks.every((block) => !block.waiting);
        }""",
        timeout=90_000,  # numba compiles when pitch is tracked for the first time on a computer
    )
    pitch, intensity = curves.pitch(samples), curves.intensity(samples)
    steps = np.abs(np.diff(pitch.values))  # the line is thick where it is level, not where it climbs
    frame = 1 + int(np.nanargmin(np.maximum(steps[:-1], steps[1:])))
    time_s = pitch.first_s + frame * pitch.step_s
    before = page.evaluate(LIGHT, [time_s, pitch.values[frame]])
    page.evaluate("(time_s) => window.inspect.player.seek(window.inspect.current, time_s)", time_s)
    expect(legend).to_contain_text(f"{pitch.values[frame]:.0f} Hz at {time_s:.2f} s")
    loud = intensity.values[round((time_s - intensity.first_s) / intensity.step_s)]
    expect(legend).to_contain_text(f"{loud:.0f} dB at {time_s:.2f} s")
    assert before == "#67e8f9"
    page.locator("body").press("p")
    expect(legend.get_by_role("listitem")).to_have_count(2)


def test_why_marks_the_evidence_for_an_emotion(short, recognizer):
    page = short
    samples = load_audio(EXAMPLES / f"{SHORT}.flac")
    scores = recognizer.recognize(samples).scores
    page.locator("body").press("w")
    chosen = page.get_by_label("Evidence for")
    expect(chosen).to_have_value(max(scores, key=scores.get))
    said = page.locator(".why").get_by_role("status")
    for emotion in (max(scores, key=scores.get), "SAD"):
        chosen.select_option(emotion)
        expect(said).to_contain_text(EMOTION_NAMES[emotion].lower())
        reason = explain.why(recognizer, samples=samples, start=0, emotion=emotion)
        shown = page.evaluate(
            "() => ({ curve: window.inspect.current.why.curve, cells: Array.from(window.inspect.current.why.heat.cells) })"
        )
        np.testing.assert_allclose(shown["curve"], reason.curve, atol=0.01)
        np.testing.assert_allclose(np.array(shown["cells"]) / 255, reason.map.ravel(), atol=0.02)
    # Parts with little evidence are darkened until the tool is switched off.
    loud = mel_db(samples)
    little = reason.map[:, : loud.shape[1]] < 0.1
    band, frame = np.unravel_index(np.where(little, loud, -100).argmax(), loud.shape)
    hz = page.evaluate("(band) => window.inspect.current.about.kinds.full.hz[band]", int(band))
    dark = light_of(page, frame * FRAME_S, hz)
    page.locator("body").press("w")
    expect(page.locator(".why")).to_be_hidden()
    assert light_of(page, frame * FRAME_S, hz) > 1.5 * dark


@pytest.mark.slow
def test_scores_can_be_hidden_to_avoid_bias(short):
    page = short
    expect(page.locator(".scores-table")).to_be_visible()
    page.evaluate("() => window.inspect.hideScores(true)")
    expect(page.locator(".scores-table")).to_be_hidden()
    page.get_by_role("button", name="Show them").click()
    expect(page.locator(".scores-table")).to_be_visible()


@pytest.mark.slow
def test_a_finger_selects_a_region_after_select_and_otherwise_moves_the_picture(open_page, browser, server):
    page = open_page(browser, server.address, has_touch=True, viewport={"width": 390, "height": 844})
    open_clip(page, kind="example", key=SHORT)
    finger = page.context.new_cdp_session(page)

    def swipe(start_s: float, end_s: float) -> None:
        start, end = place(page, start_s), place(page, end_s)
        finger.send(
            "Input.dispatchTouchEvent",
            {"type": "touchStart", "touchPoints": [dict(zip("xy", start, strict=True))]},
        )
        for share in (0.3, 0.6, 1):
            at = {"x": start[0] + share * (end[0] - start[0]), "y": start[1]}
            finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(0.5, 1.5)
    assert region(page) is None
    page.evaluate("() => window.inspect.current.selectButton.click()")
    swipe(0.5, 1.5)
    assert region(page)["start_s"] == pytest.approx(0.5, abs=0.03)
    end_s = region(page)["end_s"]
    assert end_s == pytest.approx(1.5, abs=0.03)
    page.evaluate("() => window.inspect.current.selectButton.click()")
    swipe(end_s, 1.8)  # the handles work for fingers as well
    assert region(page)["end_s"] == pytest.approx(1.8, abs=0.05)
