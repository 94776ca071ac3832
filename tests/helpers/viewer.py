"""Helpers for the tests of the spectrogram viewer: open sounds, drag on the picture, capture what is played."""

import matplotlib
import numpy as np
from playwright.sync_api import Locator, Page

# Captures the output of the player: blocks with the number of their first frame on the audio clock.
TAP = """async () => {
    const { player, current } = window.inspect;
    await player.play(current, 0);
    player.stop(current);
    const code = `registerProcessor("tap", class extends AudioWorkletProcessor {
        process([input]) {
            this.port.postMessage([currentFrame, input[0] ? input[0].slice() : new Float32Array(128)]);
            return true;
        }
    })`;
    await player.context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    const tap = new AudioWorkletNode(player.context, "tap");
    player.output.connect(tap);
    window.taped = [];
    tap.port.onmessage = ({ data }) => window.taped.push(data);
}"""

# Plays to the end, or for `longest_s`; records the clock and the playhead at each drawn frame.
PLAY = """async (longest_s) => {
    const { player, current: pane } = window.inspect;
    window.taped.length = 0;
    const heads = [];
    await player.play(pane, pane.region?.start_s ?? 0);
    const began = performance.now();
    await new Promise((done) => {
        const look = () => {
            const { contextTime, performanceTime } = player.context.getOutputTimestamp();
            const now = contextTime + (performance.now() - performanceTime) / 1000;
            const playing = player.isPlaying(pane);
            if (playing) heads.push([Math.min(now, player.context.currentTime), pane.time_s]);
            if (playing && performance.now() - began < 1000 * longest_s) requestAnimationFrame(look);
            else done();
        };
        look();
    });
    const last = player.context.currentTime * 16000; // blocks arrive somewhat later than they are heard
    while (!(window.taped.at(-1)?.[0] > last)) await new Promise(requestAnimationFrame);
    player.stop(pane);
    return { heads, taped: window.taped.map(([frame, block]) => [frame, Array.from(block)]) };
}"""

# The colour of the picture at a time and a frequency.
LIGHT = """([time_s, hz]) => {
    const pane = window.inspect.current;
    pane.draw();
    const place = [pane.timeToX(time_s), pane.hzToY(hz)].map((at) => Math.round(at * pane.ratio));
    const [red, green, blue] = pane.canvas.getContext("2d").getImageData(...place, 1, 1).data;
    return "#" + [red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("");
}"""

# True once the scores shown are those of the last request.
ANSWERED = """() => {
        const { window: part, columns } = window.inspect.current;
        return Boolean(columns.window?.answer) && !columns.window.waiting && columns.window.start_s === part.start_s;
    }"""


def open_clip(page: Page, **request) -> None:
    """Open a sound in the Inspect tab, and wait for its first scores."""
    page.get_by_role("tab", name="Inspect", exact=True).click()
    page.wait_for_function("() => Boolean(window.inspect?.open && window.inspect.hideScores)")
    page.evaluate("() => window.inspect.hideScores?.(false)")
    page.evaluate("(request) => void window.inspect.open(request, { place: 'top' })", request)
    page.wait_for_function("() => window.inspect.current?.columns?.window?.answer")


def place(page: Page, time_s: float, hz: float | None = None) -> tuple[float, float]:
    """Return the place of a time and a frequency on the page; without a frequency, a little above the middle."""
    return tuple(
        page.evaluate(
            """([time_s, hz]) => {
                const pane = window.inspect.current;
                pane.canvas.scrollIntoView({ block: "center" });
                const { left, top } = pane.canvas.getBoundingClientRect();
                const y = hz === null ? pane.plot.y + 0.4 * pane.plot.height : pane.hzToY(hz);
                return [left + pane.timeToX(time_s), top + y];
            }""",
            [time_s, hz],
        )
    )


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def region(page: Page) -> dict | None:
    return page.evaluate("() => window.inspect.current.region")


def drag_region(page: Page, start_s: float, end_s: float) -> dict:
    drag(page, place(page, start_s), place(page, end_s))
    return region(page)


def pixel_s(page: Page) -> float:
    return page.evaluate(
        "() => { const p = window.inspect.current; return p.xToTime(101) - p.xToTime(100); }"
    )


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label)


def heard_samples(played: dict) -> tuple[int, np.ndarray]:
    """Return the first captured frame, and the sound from there on."""
    first = played["taped"][0][0]
    sound = np.zeros(played["taped"][-1][0] - first + 128)
    for frame, block in played["taped"]:
        sound[frame - first : frame - first + 128] = block
    return first, sound


def begins(sound: np.ndarray, part: np.ndarray) -> list[int]:
    """Return every sample at which a part begins in a sound."""
    candidates = np.flatnonzero(sound[: len(sound) - len(part) + 1] == part[0])
    return [int(i) for i in candidates if np.array_equal(sound[i : i + len(part)], part)]


def light_of(page: Page, time_s: float, hz: float) -> int:
    colour = page.evaluate(LIGHT, [time_s, float(hz)])
    return sum(bytes.fromhex(colour[1:]))


def colours(db: np.ndarray, name: str, floor_db: float = -80.0, contrast: float = 1.0) -> np.ndarray:
    """Return the colours that matplotlib gives dB values (n,) between the floor and 0 dB."""
    share = ((db - floor_db) / -floor_db).clip(0, 1) ** contrast
    return matplotlib.colormaps[name](np.minimum(255, np.floor(256 * share)).astype(int), bytes=True)[:, :3]


def as_drawn(db: np.ndarray) -> np.ndarray:
    """Return dB values after rounding to the bytes of a picture."""
    return np.round((db + 100) * 2.55) / 2.55 - 100


def some_cells(bands: int, frames: range, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    chosen = np.random.default_rng(0)
    return chosen.integers(3, bands - 20, n), chosen.integers(frames.start, frames.stop, n)
