"""The side panel of the page, where takes are played, renamed, compared, exported and deleted."""

from datetime import datetime
from typing import Any, NamedTuple

import gradio as gr

from ser.ui.page.served_files import HOUR_S, start_module
from ser.ui.takes.panel import draw_panel
from ser.ui.takes.side_by_side import draw_comparison
from ser.ui.takes.take import Take, discard_files, find, rename, to_csv, to_json

DELETED_WITHIN_H = 2 * HOUR_S // 3600
PANEL_EVENTS = ("take_rename", "take_delete", "take_undo", "take_forget", "takes_delete", "takes_export")
BOM = "\ufeff"  # marks the table as UTF-8 for spreadsheets

# These events use the queue although they are quick: without it, gradio sets a state but does not run the state's
# `change` events. Each event has its own concurrency limit, so none waits for a long recording to be scored.
QUIETLY: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


class Deleted(NamedTuple):
    """A take that was just deleted and its position in the list, for undo."""

    take: Take
    position: int


def build() -> gr.State:
    """Add the panel and return the state that holds the takes of one page: `list[Take]`, oldest first.

    Setting the state redraws the panel and deletes the files of removed takes.
    """
    takes = gr.State([])
    deleted = gr.State(None)
    # Takes whose sound is still on disk; it is deleted with the take, or when the session ends.
    stored = gr.State([], delete_callback=lambda takes: discard_files(takes, []))
    panel = gr.HTML(
        draw_panel([], None),
        js_on_load=start_module(__file__, "sitting.js", events=PANEL_EVENTS),
        elem_id="sitting",
        apply_default_css=False,
        file=None,
        hours=DELETED_WITHIN_H,
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
    """Add the comparison of two takes; it is empty until two are chosen in the panel."""
    comparison = gr.HTML(
        "",
        js_on_load=start_module(__file__, "side_by_side.js", events=("takes_compare",)),
        elem_id="comparison",
        apply_default_css=False,
        hours=DELETED_WITHIN_H,
    )
    comparison.takes_compare(on_compare, takes, comparison, **QUIETLY)
    return comparison


def redraw(takes: list[Take], deleted: Deleted | None, stored: list[Take]) -> tuple[str, list[Take]]:
    """Draw the panel, and delete the sound of takes that can no longer be restored."""
    kept = [*takes, deleted.take] if deleted else takes
    ids = {take.id for take in kept}
    discard_files([take for take in stored if take.id not in ids], kept)
    return draw_panel(takes, deleted.take if deleted else None), list(kept)


def on_rename(takes: list[Take], event: gr.EventData) -> list[Take]:
    """Rename a take."""
    return rename(takes, take_id=event.id, name=event.name)


def on_delete(takes: list[Take], event: gr.EventData) -> tuple:
    """Remove a take from the list; its sound stays as long as it can be restored."""
    take = find(takes, event.id)
    if take is None:
        return gr.skip(), gr.skip()
    return [other for other in takes if other is not take], Deleted(take, takes.index(take))


def on_undo(takes: list[Take], deleted: Deleted | None) -> tuple:
    """Put a deleted take back where it was."""
    if deleted is None:
        return gr.skip(), gr.skip()
    return [*takes[: deleted.position], deleted.take, *takes[deleted.position :]], None


def on_forget(deleted: Deleted | None, event: gr.EventData) -> dict | None:
    """Drop a deleted take for good, unless another was deleted in the meantime."""
    return None if deleted and deleted.take.id == event.id else gr.skip()


def on_export(takes: list[Take], event: gr.EventData) -> gr.HTML:
    """Send the page a file to save; the server writes nothing."""
    now = datetime.now()
    text = to_json(takes) if event.kind == "json" else BOM + to_csv(takes)
    name = f"takes_{now:%Y-%m-%d_%H%M%S}.{event.kind}"
    return gr.HTML(file={"name": name, "text": text, "number": now.timestamp()})


def on_compare(takes: list[Take], event: gr.EventData) -> str:
    """Draw two takes side by side; nothing if one of them was deleted."""
    chosen = [take for take in takes if take.id in event.ids]
    return draw_comparison(*chosen) if len(chosen) == 2 else ""
