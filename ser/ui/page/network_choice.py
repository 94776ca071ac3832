"""Which network a browser scores with: the app's own, or the wide one. A cookie of the browser says so."""

from gradio.context import LocalContext

COOKIE = "emotion-listener-network"  # also in header.js
WIDE = "wide"


def wants_wide() -> bool:
    """Whether the browser whose request is being answered in this thread chose the wide network."""
    request = LocalContext.request.get(None)
    return request is not None and request.cookies.get(COOKIE) == WIDE
