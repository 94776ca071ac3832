"""Serve the scripts of `ser/ui` as files, which the page loads as ES modules."""

from starlette.responses import Response

from ser.ui.page.served_files import SCRIPTS_ROUTE, scripts

MODULE = b'<script type="module"'
FIRST_SCRIPT = MODULE + f' src="{SCRIPTS_ROUTE}/page/start.js"></script>'.encode()


def script_response(path: str, *, if_none_match: str | None) -> Response | None:
    """Return the response for a script, or None if no script has that path.

    Parameters
    ----------
    path : path of the request, such as "/scripts/page/dom.js"
    if_none_match : ETag of the browser's copy, if it has one; an unchanged script is not sent again
    """
    route, _, name = path.lstrip("/").partition("/")
    script = scripts().get(name) if route == SCRIPTS_ROUTE else None
    if script is None:
        return None
    headers = {
        "etag": script.etag,
        "cache-control": "no-cache",
    }  # ask each time: the app may have been updated
    if if_none_match == script.etag:
        return Response(status_code=304, headers=headers)
    return Response(script.content, media_type="text/javascript", headers=headers)


def with_first_script(html: bytes) -> bytes:
    """Return a page with its own first module before gradio's: modules run in order."""
    before, first_module, after = html.partition(MODULE)
    return before + FIRST_SCRIPT + first_module + after if first_module else html
