"""Define the command line of `python app.py`."""

import argparse

AUTH_FORMAT = "USER:FILE, a name and the file that contains the password"


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the app's command-line flags."""
    parser = argparse.ArgumentParser(
        description="Recognise emotions in a voice, in the browser. Works offline."
    )
    add_flags(parser)
    return parser


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the app's flags to a parser."""
    parser.add_argument("--host", help="address to listen on (default: this computer only)")
    parser.add_argument(
        "--port", type=int, default=7860, help="port, or the next free one after it (default: %(default)s)"
    )
    parser.add_argument("--data", metavar="DIR", help="folder of CREMA-D, to play its clips (default: none)")
    parser.add_argument(
        "--annotate", metavar="DIR", help="folder of sound files to label on the Inspect tab (default: none)"
    )
    parser.add_argument(
        "--annotations",
        metavar="FILE",
        help="file to keep labels in (default: annotations.sqlite in the folder of --annotate; without it, none)",
    )
    parser.add_argument(
        "--checkpoint", metavar="DIR", help="checkpoint folder (default: the released network)"
    )
    parser.add_argument(
        "--auth", metavar="USER:FILE", help=f"require a password: {AUTH_FORMAT} (default: none)"
    )
    parser.add_argument(
        "--public",
        action="store_true",
        help="let everyone who can reach the app use it (default: only with --auth)",
    )
    parser.add_argument(
        "--max-upload",
        type=float,
        default=100,
        metavar="MB",
        help="largest file to accept (default: %(default)s)",
    )
    parser.add_argument(
        "--max-queue",
        type=int,
        default=32,
        metavar="N",
        help="requests that may wait; further ones are refused (default: %(default)s)",
    )
    parser.add_argument(
        "--max-seconds",
        type=float,
        default=120,
        metavar="S",
        help="time limit of a request (default: %(default)s)",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
