"""From a built app to a page in the browser."""

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

from ser.errors import UserError
from ser.hosting.access import EVERYWHERE, LOCALHOST, Login, on_spaces
from ser.hosting.uploads import sweeping
from ser.ui.server.app import launch_settings
from ser.ui.server.guard import Guard

PORTS_TO_TRY = 100
MB = 1_000_000
LOGIN = "This app is for those who were given a name and a password."


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
) -> None:
    """Serve the app until it is interrupted. `ready` is waited for before the address is told.

    `uploads` is the only folder that files are served from. Raises `UserError` where no port is free, and what
    `ready` raises.
    """
    port = free_port(host, port)
    # gradio makes the path of an upload from the hash of its bytes and of a number that it keeps with its program:
    # nobody who has the same file may work out where another person's lies.
    processing_utils.hash_seed = secrets.token_bytes(32)
    settings = launch_settings()
    guard = Middleware(
        Guard,
        uploads=uploads,
        head=settings["head"],
        max_upload=int(max_upload_mb * MB),
        embedded=on_spaces(),
    )
    # gradio asks its own address before it goes on: not through a proxy, and however long a busy machine takes.
    os.environ.update(NO_PROXY="*", no_proxy="*")  # the app asks nobody else
    app.launch(
        _frontend=False,  # gives up after three seconds
        server_name=host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        auth=login.check if login else None,  # type: ignore[arg-type]  # gradio awaits it, and does not say so
        auth_message=LOGIN,
        max_file_size=int(max_upload_mb * MB),
        app_kwargs={"middleware": [guard]},
        **settings,
    )
    try:
        with sweeping(uploads):
            ready()
            name = "localhost" if host in (EVERYWHERE, LOCALHOST) else f"[{host}]" if ":" in host else host
            address = f"http://{name}:{port}"
            print(f"Emotion Listener is at {address} (Ctrl+C stops it)", flush=True)
            if open_browser:
                webbrowser.open(address)
            app.block_thread()
    finally:
        app.close(verbose=False)


def free_port(host: str, wanted: int) -> int:
    """Return the first free port from `wanted` up, with a sentence on stderr where it is another one."""
    if not 1 <= wanted <= 65_535:
        raise UserError(f"There is no port {wanted}: choose one from 1 to 65535 with --port.")
    for port in range(wanted, min(wanted + PORTS_TO_TRY, 65_536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
        if port != wanted:
            print(f"Port {wanted} is taken, so this is port {port}.", file=sys.stderr)
        return port
    raise UserError(f"No port from {wanted} up is free on {host}: choose another with --port or --host.")
