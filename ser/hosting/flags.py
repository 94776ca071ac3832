"""What `python app.py` can be told on its command line."""

import argparse

from ser.hosting.access import HOW


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the app's command line."""
    parser = argparse.ArgumentParser(description="Say how a voice sounds, in the browser. Works offline.")
    parser.add_argument("--host", help="address to listen on (default: this computer only)")
    parser.add_argument("--port", type=int, default=7860, help="port, or the next free one (default: 7860)")
    parser.add_argument("--data", metavar="DIR", help="folder of CREMA-D, to hear its clips (default: none)")
    parser.add_argument(
        "--annotate", metavar="DIR", help="folder of sound files to label on the Inspect tab (default: none)"
    )
    parser.add_argument(
        "--annotations",
        metavar="FILE",
        help="where labels are kept (default: annotations.sqlite in the folder of --annotate; without it nowhere)",
    )
    parser.add_argument(
        "--checkpoint", metavar="DIR", help="checkpoint folder (default: the released network)"
    )
    parser.add_argument(
        "--auth", metavar="USER:FILE", help=f"ask for a password: {HOW} (default: ask nobody)"
    )
    parser.add_argument(
        "--public",
        action="store_true",
        help="let everyone use it who can reach it (default: only with --auth)",
    )
    parser.add_argument(
        "--max-upload", type=float, default=100, metavar="MB", help="largest file to take (default: 100)"
    )
    parser.add_argument(
        "--max-queue",
        type=int,
        default=32,
        metavar="N",
        help="requests that may wait; more are sent away (default: 32)",
    )
    parser.add_argument(
        "--max-seconds", type=float, default=120, metavar="S", help="time limit of a request (default: 120)"
    )
    parser.add_argument("--no-browser", action="store_true", help="serve only, open no browser")
    return parser
