"""From a built app to a page in the browser."""

import socket
import sys
import webbrowser
from collections.abc import Callable

import gradio as gr

from ser.errors import UserError
from ser.ui import launch_settings

PORTS_TO_TRY = 100
EVERYWHERE = ("0.0.0.0", "127.0.0.1")  # addresses that this computer itself calls localhost


def serve(app: gr.Blocks, host: str, port: int, ready: Callable[[], object], open_browser: bool) -> None:
    """Serve the app until it is interrupted. `ready` is waited for before the address is told.

    Raises `UserError` where no port is free, and what `ready` raises.
    """
    port = free_port(host, port)
    app.launch(server_name=host, server_port=port, prevent_thread_lock=True, quiet=True, **launch_settings())
    try:
        ready()
        address = f"http://{'localhost' if host in EVERYWHERE else host}:{port}"
        print(f"Emotion Listener is at {address} (Ctrl+C stops it)", flush=True)
        if open_browser:
            webbrowser.open(address)
        app.block_thread()
    finally:
        app.close(verbose=False)


def free_port(host: str, wanted: int) -> int:
    """Return the first free port from `wanted` up, with a sentence on stderr where it is another one."""
    for port in range(wanted, min(wanted + PORTS_TO_TRY, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
        if port != wanted:
            print(f"Port {wanted} is taken, so this is port {port}.", file=sys.stderr)
        return port
    raise UserError(f"No port from {wanted} up is free on {host}: choose another with --port or --host.")
