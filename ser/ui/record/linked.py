"""A take that a link opens again, on another page of the app: see `ser.ui.takes.links`."""

from dataclasses import replace
from datetime import datetime
from html import escape
from pathlib import Path

import gradio as gr

from ser.ui.parts import result
from ser.ui.takes import links

ENDED = (
    "This link no longer opens a take: it was deleted, the page that recorded it was closed, or the app was "
    "restarted."
)


def open_link(event: gr.EventData) -> tuple:
    """Return the sound of a take, whose arrival on the page then shows its result; if there is none, the result alone."""
    linked = links.find(str(event.link))
    if linked is None or not linked.played or not Path(linked.played).is_file():
        return gr.skip(), show(str(event.link))
    return linked.played, gr.skip()


def show(link: str) -> str:
    """Draw the result that a link opens, with the name and the time of the recording; a sentence if the link has ended."""
    linked = links.find(link)
    if linked is None:
        return result.show_problem(ENDED)
    time = datetime.fromisoformat(linked.time)
    words = f"{escape(linked.name)}, recorded on {time.day} {time:%B %Y at %H:%M}"
    words += ", adjusted to the speaker's voice." if linked.known_takes else "."
    note = f'<p class="known-voice"><span>{words}</span></p>'
    return result.show(replace(linked, known_takes=0), note=note)
