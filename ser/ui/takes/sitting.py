"""The side panel: the takes of this sitting, to play, name, compare, take along and delete."""

from datetime import datetime
from typing import Any, NamedTuple

import gradio as gr

from ser.ui.page.served_files import HOUR_S, read_beside
from ser.ui.takes.panel import draw_panel
from ser.ui.takes.side_by_side import draw_comparison
from ser.ui.takes.take import Take, discard_files, find, rename, to_csv, to_json

BOM = "\ufeff"  # tells spreadsheets that the table is UTF-8

# On the queue, although they are quick: what is not queued sets a state without telling those who wait for a
# change of it. Each has a limit of its own, so that none waits for a long recording that is being scored.
QUIETLY: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


class Deleted(NamedTuple):
    """A take that was deleted a moment ago, and where it stood: it can come back."""

    take: Take
    place: int


def build() -> gr.State:
    """Add the panel; return the state that holds the takes of one page: `list[Take]`, oldest first.

    Whoever sets the state need not draw anything, nor delete the files of takes that are left out.
    """
    takes = gr.State([])
    deleted = gr.State(None)
    # The takes whose sound is on the disk: it goes with the take, or when the session ends.
    stored = gr.State([], delete_callback=lambda left: discard_files(left, []))
    panel = gr.HTML(
        draw_panel([], None),
        js_on_load=read_beside(__file__, "sitting.js"),
        elem_id="sitting",
        apply_default_css=False,
        file=None,
        hours=2 * HOUR_S // 3600,
    )
    takes.change(redraw, [takes, deleted, stored], [panel, stored], **QUIETLY)
    deleted.change(redraw, [takes, deleted, stored], [panel, stored], **QUIETLY)
    panel.take_rename(on_rename, takes, takes, **QUIETLY)
    panel.take_delete(on_delete, takes, [takes, deleted], **QUIETLY)
    panel.take_undo(on_undo, [takes, deleted], [takes, deleted], **QUIETLY)
    panel.take_forget(on_forget, deleted, deleted, **QUIETLY)
    panel.takes_delete(lambda: ([], None), None, [takes, deleted], **QUIETLY)
    panel.takes_export(on_export, takes, panel, **QUIETLY)
    return takes


def build_comparison(takes: gr.State) -> gr.HTML:
    """Add the place where two takes stand side by side; it is empty until two are chosen in the panel."""
    place = gr.HTML(
        "", js_on_load=read_beside(__file__, "side_by_side.js"), elem_id="comparison", apply_default_css=False
    )
    place.takes_compare(on_compare, takes, place, **QUIETLY)
    return place


def redraw(takes: list[Take], deleted: Deleted | None, stored: list[Take]) -> tuple[str, list[Take]]:
    """Draw the panel, and delete the sound of takes that are gone for good."""
    kept = [*takes, deleted.take] if deleted else takes
    ids = {take.id for take in kept}
    discard_files([take for take in stored if take.id not in ids], kept)
    return draw_panel(takes, deleted.take if deleted else None), list(kept)


def on_rename(takes: list[Take], event: gr.EventData) -> list[Take]:
    """Give a take another name."""
    return rename(takes, event.id, event.name)


def on_delete(takes: list[Take], event: gr.EventData) -> tuple:
    """Take a take off the list; its sound stays until it can no longer come back."""
    take = find(takes, event.id)
    if take is None:
        return gr.skip(), gr.skip()
    return [other for other in takes if other is not take], Deleted(take, takes.index(take))


def on_undo(takes: list[Take], deleted: Deleted | None) -> tuple:
    """Put the take back where it stood."""
    if deleted is None:
        return gr.skip(), gr.skip()
    return [*takes[: deleted.place], deleted.take, *takes[deleted.place :]], None


def on_forget(deleted: Deleted | None, event: gr.EventData) -> dict | None:
    """End the time in which a deleted take can come back, unless another was deleted meanwhile."""
    return None if deleted and deleted.take.id == event.id else gr.skip()


def on_export(takes: list[Take], event: gr.EventData) -> gr.HTML:
    """Hand the page a file to save: nothing is written on this side."""
    now = datetime.now()
    text = to_json(takes) if event.kind == "json" else BOM + to_csv(takes)
    name = f"takes_{now:%Y-%m-%d_%H%M%S}.{event.kind}"
    return gr.HTML(file={"name": name, "text": text, "number": now.timestamp()})


def on_compare(takes: list[Take], event: gr.EventData) -> str:
    """Draw two takes side by side, or nothing when fewer than two of the chosen are there."""
    chosen = [take for take in takes if take.id in event.ids]
    return draw_comparison(*chosen) if len(chosen) == 2 else ""
