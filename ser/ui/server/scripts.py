"""Serve what gradio does not: the scripts of `ser/ui`, which the page loads as ES modules, and the app's manifest."""

import json
import re

from starlette.responses import Response

from ser.ui.page.served_files import SCRIPTS_ROUTE, script_address, scripts, scripts_version

MODULE = b'<script type="module"'
MANIFEST = "/manifest.json"
ICON_SIZES = (192, 512)  # pixels; gradio makes them of its `favicon_path`
VERSION = re.compile(r"[0-9a-f]{16}")
YEAR_S = 365 * 24 * 3600
FIRST_SCRIPT = MODULE + f' src="{script_address("page/start.js")}"></script>'.encode()
ICON = b'<link rel="icon" href="favicon.ico">'


def script_response(path: str, *, if_none_match: str | None) -> Response | None:
    """Return the response for a script, or None if no script has that path.

    Parameters
    ----------
    path : path of the request, such as "/scripts/0123456789abcdef/page/dom.js"; the version may be left out
    if_none_match : ETag of the browser's copy, if it has one; an unchanged script is not sent again
    """
    route, _, name = path.lstrip("/").partition("/")
    version, _, rest = name.partition("/")
    if VERSION.fullmatch(version):  # another one: that of a page that was open when the app was updated
        name = rest
    script = scripts().get(name) if route == SCRIPTS_ROUTE else None
    if script is None:
        return None
    # What has the current version in its address never changes; of everything else, a browser asks each time.
    kept = f"max-age={YEAR_S}, immutable" if version == scripts_version() else "no-cache"
    headers = {"etag": script.etag, "cache-control": kept}
    if if_none_match == script.etag:
        return Response(status_code=304, headers=headers)
    return Response(script.content, media_type="text/javascript", headers=headers)


def manifest_response(title: str, root_path: str) -> Response:
    """Return the manifest by which browsers install the app. The icons in gradio's own are not below `root_path`."""
    icons = [
        {
            "src": f"{root_path}/pwa_icon/{size}",
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": "any",
        }
        for size in ICON_SIZES
    ]
    manifest = {"name": title, "icons": icons, "start_url": "./", "display": "standalone"}
    return Response(json.dumps(manifest), media_type="application/manifest+json")


def with_first_script(html: bytes) -> bytes:
    """Return a page with its own first module before gradio's: modules run in order.

    The manifest and the icon become relative to the page, which may be below a folder of the host.
    """
    before, first_module, after = html.partition(MODULE)
    if not first_module:
        return html
    before = before.replace(b'href="/manifest.json"', b'href="manifest.json"')
    return before + ICON + FIRST_SCRIPT + first_module + after
