"""What the viewer leaves behind when a pane is closed, and when it is started again: nothing."""

import pytest
from playwright.sync_api import Page, expect

from ser.ui.page.served_files import script_address
from tests.helpers.viewer import open_clip


@pytest.fixture
def short(page) -> Page:
    open_clip(page, kind="example", key="bright_and_lively")
    return page


def test_a_closed_pane_leaves_nothing_behind(short):
    short.evaluate(
        """async () => {
            const { inspect } = window;
            await inspect.open({ kind: "example", key: "even" }, { place: "bottom", play: true });
            window.below = inspect.panes[1];
        }"""
    )
    short.wait_for_function("() => window.inspect.player.isPlaying(window.below)")
    drawn = short.evaluate(
        """async () => {
            const { below: closed, inspect } = window;
            inspect.close("bottom");
            let drawn = 0;
            closed.draw = () => drawn++;
            closed.redraw();
            inspect.emit("region", { pane: closed });
            inspect.emit("scores", { hidden: false });
            for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
            return drawn;
        }"""
    )
    assert drawn == 0
    assert not short.evaluate("() => window.inspect.player.isPlaying()")
    assert short.locator(".pane").count() == 1


def test_the_viewer_may_be_started_again(short):
    opened = short.evaluate(
        """async (address) => {
            const { start } = await import(new URL(address, document.baseURI));
            const before = window.inspect;
            const opened = [];
            before.on("open", ({ pane }) => opened.push(pane.sound.name));
            window.about = before.current.about;
            const server = {
                open_sound: async () => ({ token: "token", name: "again", duration_s: before.current.sound.duration_s }),
                read_about: async () => window.about,
            };
            const never = () => new Promise(() => {});
            const widget = { element: document.querySelector("#spectrogram"), props: {}, trigger() {}, watch() {} };
            start({ ...widget, server: new Proxy(server, { get: (all, name) => all[name] ?? never }), upload: never });
            await window.inspect.open({ kind: "example", key: "again" });
            return opened;
        }""",
        script_address("viewer/scripts/start.js"),
    )
    assert opened == ["again"]
    expect(short.locator(".pane-head h3")).to_have_text("again")
    # Each key and button does its work once.
    short.keyboard.press("b")
    expect(short.locator(".pane")).to_have_count(2)
    short.get_by_role("button", name="Second clip").click()
    expect(short.locator(".pane")).to_have_count(1)
