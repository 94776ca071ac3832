"""The scripts of the page: how they are served, and that each finds what it imports."""

import hashlib
import json
import posixpath
import re
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route

from ser.ui.page import header
from ser.ui.page.served_files import SCRIPTS_ROUTE, UI, scripts, scripts_version, start_module
from ser.ui.page.theme import make_head
from ser.ui.server.guard import Guard
from ser.ui.server.headers import content_policy, fixed_headers, inline_hashes
from ser.ui.server.scripts import FIRST_SCRIPT, with_first_script
from tests.helpers.coroutines import run_coroutine

ADDRESS = f"/{SCRIPTS_ROUTE}/page/dom.js"
GRADIO = '<script>window.gradio_config = {}</script><script type="module" src="./assets/index.js"></script>'
RELATIVE = re.compile(r"""["'](\.{1,2}/[^"'\n]*\.js)["']""")  # imports, and addresses relative to a module


async def page(request):
    return HTMLResponse(f"<html><head>{make_head()}{GRADIO}</head></html>")


def ask(path: str, *, method: str = "GET", **headers: str) -> httpx.Response:
    """Send a request through the guard as a server would: clients would tidy the path first."""
    settings = {"uploads": UI, "head": make_head(), "max_upload": 1000, "embedded": False}
    app = Starlette(routes=[Route("/", page)], middleware=[Middleware(Guard, **settings)])
    scope = {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    messages = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        messages.append(message)

    run_coroutine(app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return httpx.Response(messages[0]["status"], headers=messages[0]["headers"], content=body)


def test_a_script_is_served_as_it_is_with_the_headers_of_every_response():
    response = ask(ADDRESS)
    assert response.status_code == 200
    assert response.content == (UI / "page" / "dom.js").read_bytes()
    assert response.headers["content-type"].partition(";")[0] == "text/javascript"  # or browsers refuse it
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["content-security-policy"] == content_policy([], embedded=False)
    for name, value in fixed_headers(embedded=False).items():
        assert response.headers[name] == value


def test_a_script_that_has_not_changed_is_not_sent_again():
    tag = ask(ADDRESS).headers["etag"]
    assert tag == f'"{hashlib.sha256(scripts()["page/dom.js"].content).hexdigest()[:16]}"'
    again = ask(ADDRESS, **{"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert "content-security-policy" in again.headers
    assert ask(ADDRESS, **{"if-none-match": '"other"'}).status_code == 200


def test_a_script_of_the_current_version_is_kept_and_of_another_asked_for_each_time():
    current, other = (f"/{SCRIPTS_ROUTE}/{version}/page/dom.js" for version in (scripts_version(), "0" * 16))
    assert ask(current).headers["cache-control"] == "max-age=31536000, immutable"
    assert ask(other).headers["cache-control"] == "no-cache"
    assert ask(current).content == ask(other).content == ask(ADDRESS).content


def test_each_script_has_its_own_tag():
    contents = {script.content for script in scripts().values()}
    assert len({script.etag for script in scripts().values()}) == len(contents)


def test_head_answers_like_get_without_the_script():
    response = ask(ADDRESS, method="HEAD")
    assert response.status_code == 200
    assert response.headers["etag"] == ask(ADDRESS).headers["etag"]
    assert response.headers["content-length"] == str(len(scripts()["page/dom.js"].content))


@pytest.mark.parametrize(
    "path",
    [
        "/scripts",
        "/scripts/",
        "/scripts/page",
        "/scripts/page/",
        "/scripts/page/nothing.js",
        "/scripts/page/theme.py",
        "/scripts/page/styles/style.css",
        "/scripts/page/globals.d.ts",
        "/scripts/page/../page/dom.js",
        "/scripts/../page/dom.js",
        "/scripts/page/%2e%2e/page/dom.js",
        "/scripts/..%2f..%2f..%2feslint.config.js",
        "/scripts/../../../eslint.config.js",
        "/scripts//page/dom.js",
        "/scripts/0123456789abcdef",
        "/scripts/0123456789abcdef//page/dom.js",
        "/scripts/0123456789abcdef/0123456789abcdef/page/dom.js",
        "/scripts/0123456789abcdef0/page/dom.js",
        "/scripts/0123456789ABCDEF/page/dom.js",
        "/scripts/page/dom.js/",
        "/scripts/page/dom.js%00",
        "/scripts/page\\dom.js",
        f"/scripts/{UI}/page/dom.js",
        "/page/dom.js",
        "/Scripts/page/dom.js",
    ],
)
def test_nothing_else_is_served(path):
    assert ask(path).status_code == 404


def test_only_get_and_head_are_answered():
    for method in ("POST", "PUT", "DELETE"):
        assert ask(ADDRESS, method=method).status_code == 404


def test_all_scripts_are_served_and_nothing_but_scripts():
    files = {path.relative_to(UI).as_posix() for path in UI.rglob("*.js")}
    assert set(scripts()) == files
    assert {"page/start.js", "page/header.js"} <= files


@pytest.mark.parametrize("name", sorted(scripts()))
def test_what_a_script_imports_is_served(name):
    for target in RELATIVE.findall(scripts()[name].content.decode()):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        assert path in scripts(), target


def test_imports_are_found_in_whatever_form():
    text = """import "./a.js"; import { b } from '../b.js'; export * from "./c/d.js"; import("./e.js");
    new URL("./f.js", import.meta.url); const other = "g.js"; const word = "./h";"""
    assert RELATIVE.findall(text) == ["./a.js", "../b.js", "./c/d.js", "./e.js", "./f.js"]


def test_a_widget_imports_its_module_by_the_address_of_the_page():
    text = start_module(header.__file__, "header.js")
    assert text == (
        f'import(new URL("scripts/{scripts_version()}/page/header.js", document.baseURI))'
        ".then(({ start }) => start({ element, trigger, props, server, upload, watch }));\n"
    )


def test_gradio_finds_the_events_of_a_module_quoted_in_comments():
    text = start_module(header.__file__, "header.js", events=("begin", "sent"))
    *_, begin, sent = text.splitlines()
    assert (begin, sent) == ('// "begin"', '// "sent"')


def test_a_module_that_is_not_there_is_found_before_the_page_is():
    with pytest.raises(AssertionError, match=re.escape("page/nothing.js")):
        start_module(header.__file__, "nothing.js")


def test_the_pages_first_module_comes_before_gradios():
    html = ask("/").text
    first, gradios = html.index(FIRST_SCRIPT.decode()), html.index("./assets/index.js")
    assert first < gradios
    assert html.count(FIRST_SCRIPT.decode()) == 1
    assert ask("/").headers["content-length"] == str(len(html))


def test_a_page_without_modules_stays_as_it_is():
    assert with_first_script(b"<h1>Sign in</h1>") == b"<h1>Sign in</h1>"


def test_the_only_inline_scripts_of_the_page_are_gradios():
    assert inline_hashes(make_head()) == []
    rules = dict(rule.split(" ", 1) for rule in ask("/").headers["content-security-policy"].split("; "))
    assert rules["script-src"].split() == ["'self'", "'unsafe-eval'", *inline_hashes(GRADIO)]
    assert "onload" not in make_head()


def test_the_development_tools_are_pinned():
    tools = json.loads((Path(UI).parents[1] / "package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in tools  # the app itself needs none
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in tools["devDependencies"].values())


def test_the_manifest_and_the_icon_are_relative_to_the_page():
    page = b'<link rel="manifest" href="/manifest.json" /><script type="module" src="./a.js"></script>'
    assert with_first_script(page).startswith(
        b'<link rel="manifest" href="manifest.json" /><link rel="icon" href="favicon.ico">'
    )
