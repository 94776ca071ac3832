"""Define the command line of `python app.py`."""

import argparse
import re

AUTH_FORMAT = "USER:FILE, a name and the file that contains the password"
# First parts of the paths of the app itself: a folder of that name would hide one of them.
TAKEN_PATHS = {"assets", "config", "gradio_api", "login", "logout", "mcp", "pwa_icon", "scripts", "static"}


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
    parser.add_argument(
        "--root-path",
        metavar="PATH",
        type=root_path,
        default="",
        help="path under which a proxy serves the app, such as /listener (default: none)",
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        help="folder of CREMA-D, or of another corpus, to play its clips (default: none)",
    )
    parser.add_argument(
        "--annotate", metavar="DIR", help="folder of sound files to label on the Inspect tab (default: none)"
    )
    parser.add_argument(
        "--annotations",
        metavar="FILE",
        help="file to keep labels in (default: annotations.sqlite in the folder of --annotate; without it, none)",
    )
    parser.add_argument(
        "--labels",
        metavar="FILE",
        help="table of the labels to choose from: code, word, key and colour, see docs/labelling.md (default: the six "
        "emotions, other and unclear)",
    )
    parser.add_argument(
        "--guidelines",
        metavar="FILE",
        help="Markdown file that the desk shows beside the task (default: none)",
    )
    parser.add_argument(
        "--assign",
        metavar="NAMES",
        help="annotators to divide the clips among, with commas between their names (default: all clips are for everyone)",
    )
    parser.add_argument(
        "--overlap",
        metavar="K",
        type=int,
        default=2,
        help="with --assign: how many annotators each clip is for (default: %(default)s)",
    )
    parser.add_argument(
        "--checkpoint", metavar="DIR", help="checkpoint folder (default: the released network)"
    )
    parser.add_argument(
        "--adaptation",
        metavar="FILE",
        help="what the network learned from recordings, made by `python -m ser adapt` (default: none)",
    )
    parser.add_argument(
        "--room",
        metavar="DIR",
        help="folder of 12 or more recordings of the same kind, such as that of --annotate: the network first learns what "
        "they have in common, without labels (default: none)",
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
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="offer three tools to assistants at /mcp, by the Model Context Protocol: recognize, explain and clips "
        "(default: off)",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def root_path(text: str) -> str:
    """Return the path under which a proxy serves the app, without a slash at the end; "" for the root.

    Raises
    ------
    argparse.ArgumentTypeError : if it is an address instead of a path, or a path of the app itself

    >>> root_path("/listener/"), root_path("labs/listener"), root_path("/")
    ('/listener', '/labs/listener', '')
    """
    parts = text.strip("/").split("/")
    if parts == [""]:
        return ""
    if any(not re.fullmatch(r"[\w.~-]+", part, re.ASCII) or set(part) == {"."} for part in parts):
        raise argparse.ArgumentTypeError(f"must be a path such as /listener, not {text!r}")
    if parts[0] in TAKEN_PATHS:
        raise argparse.ArgumentTypeError(f"the app itself uses /{parts[0]}: choose another name")
    return "/" + "/".join(parts)
