"""The button that shows a part of the page on the whole screen."""

from html import escape


def stage_button(part: str, *, words: str) -> str:
    """Draw a button that shows a part of the page, a selector, on the whole screen: see stage.js.

    >>> stage_button("#result", words="Present this result")
    '<button type="button" class="look small-button" data-stage="#result" aria-label="Present this result">Present</button>'
    """
    return (
        f'<button type="button" class="look small-button" data-stage="{escape(part, quote=True)}" '
        f'aria-label="{escape(words, quote=True)}">Present</button>'
    )
