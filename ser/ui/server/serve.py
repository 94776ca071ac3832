"""Serve a built app and open it in the browser."""

import os
import secrets
import socket
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from gradio import processing_utils
from starlette.middleware import Middleware

from ser.annotation.label_set import STANDARD, LabelSet
from ser.errors import UserError
from ser.hosting.access import EVERYWHERE, LOCALHOST, Login, on_spaces
from ser.hosting.uploads import sweeping
from ser.ui.server.app import launch_settings
from ser.ui.server.guard import Guard
from ser.ui.server.mcp_endpoint import PATH, Endpoint

MAX_PORTS_TRIED = 100
MB = 1_000_000
LOGIN = "You need a name and a password to use this app."


def serve(
    app: gr.Blocks,
    *,
    host: str,
    port: int,
    ready: Callable[[], object],
    open_browser: bool,
    uploads: Path,
    login: Login | None = None,
    max_upload_mb: float = 100,
    root_path: str = "",
    choices: LabelSet = STANDARD,
    mcp: Endpoint | None = None,
) -> None:
    """Serve the app until it is interrupted.

    Parameters
    ----------
    host, port : address to listen at; a port that is in use is replaced by the next free one
    ready : returns, or raises an error, when the app is ready; the address is printed after that
    open_browser : whether to open the address in the browser
    uploads : the only folder that files are served from
    login : names and passwords; None serves everyone
    max_upload_mb : maximum size of an uploaded file, in megabytes
    root_path : path under which a proxy serves the app, such as "/listener"; "" for the root
    choices : the labels that annotators may give
    mcp : the endpoint for assistants; None for none

    Raises
    ------
    UserError : if no port is free
    """
    port = free_port(host, port)
    # gradio derives the path of an upload from its bytes and a fixed seed. With a random seed, nobody who has the same
    # file can work out the path of another person's upload.
    processing_utils.hash_seed = secrets.token_bytes(32)
    settings = launch_settings(choices)
    guard = Middleware(
        Guard,
        uploads=uploads,
        head=settings["head"],
        max_upload=int(max_upload_mb * MB),
        embedded=on_spaces(),
        title=str(app.title),
        root_path=root_path,
        mcp=mcp,
    )
    # gradio requests its own address before it goes on; that must not go through a proxy.
    os.environ.update(NO_PROXY="*", no_proxy="*")  # the app contacts no other server
    app.launch(
        _frontend=False,  # otherwise gradio fails on a busy machine: it waits three seconds for the page
        server_name=host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        auth=login.check if login else None,  # type: ignore[arg-type]  # gradio accepts a coroutine, but its type does not say so
        auth_message=LOGIN,
        max_file_size=int(max_upload_mb * MB),
        root_path=root_path or None,
        app_kwargs={"middleware": [guard]},
        **settings,
    )
    try:
        with sweeping(uploads):
            ready()
            name = "localhost" if host in (EVERYWHERE, LOCALHOST) else f"[{host}]" if ":" in host else host
            address = f"http://{name}:{port}"
            print(f"Emotion Listener is at {address} (Ctrl+C stops it)", flush=True)
            if mcp is not None:
                print(f"Its tools for assistants are at {address}{PATH}", flush=True)
            if open_browser:
                webbrowser.open(address)
            app.block_thread()
    finally:
        app.close(verbose=False)


def free_port(host: str, first: int) -> int:
    """Return the first free port at or above `first`; print a sentence to stderr if it is another port."""
    if not 1 <= first <= 65_535:
        raise UserError(f"{first} is not a port number: choose one from 1 to 65535 with --port.")
    for port in range(first, min(first + MAX_PORTS_TRIED, 65_536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
        if port != first:
            print(f"Port {first} is in use, so the app uses port {port}.", file=sys.stderr)
        return port
    raise UserError(f"No port at or above {first} is free on {host}: choose another with --port or --host.")
