"""The header of the page: the name, the adaptation in use, switches for network and theme, a button for the shortcuts."""

from collections.abc import Callable

import gradio as gr

from ser.ui.page.served_files import read_beside, start_module

# Lucide's sun, moon and monitor (ISC licence).
SUN = '<circle cx="12" cy="12" r="4"/><path d="M12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M6.3 17.7l-1.4 1.4M19.1 4.9l-1.4 1.4"/>'
MOON = '<path d="M12 3a6 6 0 0 0 9 9 9 9 0 1 1-9-9Z"/>'
MONITOR = '<rect width="20" height="14" x="2" y="3" rx="2"/><path d="M8 21h8M12 17v4"/>'
THEMES = (
    ("light", "Light theme", SUN),
    ("dark", "Dark theme", MOON),
    ("system", "System theme", MONITOR),
)


SIZES = (
    ("small", "Small", "The small network, trained from scratch, which stands on its own"),
    ("wide", "Wide", "The wide network, which listens with a speech model of others"),
)


def build(title: str, *, adaptation_in_use: Callable[[dict], dict], has_wide: bool = False) -> None:
    """Add the header, with a skip link and a theme switch, which gradio's own page does not have.

    Parameters
    ----------
    title : name of the app
    adaptation_in_use : the server function that names it, see `ser.ui.server.networks.Networks`
    has_wide : whether to add a switch between the small and the wide network
    """
    themes = "".join(
        f'<button type="button" data-theme-name="{name}" aria-pressed="false" aria-label="{words}" title="{words}">'
        f'<svg viewBox="0 0 24 24" aria-hidden="true">{drawing}</svg></button>'
        for name, words, drawing in THEMES
    )
    sizes = "".join(
        f'<button type="button" data-network="{name}" aria-pressed="false" title="{words}">{label}</button>'
        for name, label, words in SIZES
    )
    switch = f'<div class="themes sizes" role="group" aria-label="Network">{sizes}</div>' if has_wide else ""
    gr.HTML(
        '<a class="skip" href="#content">Skip to content</a>'
        f'<header class="masthead">{read_beside(__file__, "icon.svg")}<div class="name"><h1>{title}</h1>'
        "<p>Speak, and a neural network says how it sounds.</p>"
        '<p class="adapted" hidden>Adapted: <b><bdi></bdi></b></p></div>'
        f'{switch}<div class="themes" role="group" aria-label="Theme">{themes}</div>'
        '<button type="button" class="help" aria-haspopup="dialog">Shortcuts <kbd>?</kbd></button></header>',
        js_on_load=start_module(__file__, "header.js"),
        server_functions=[adaptation_in_use],
        elem_id="header",
    )
