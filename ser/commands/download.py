"""The command `python -m ser download`: fetch CREMA-D."""

import argparse
from pathlib import Path

from ser.commands.arguments import positive


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `download`."""
    parser.epilog = (
        "Git is not needed. A run that was stopped is started again by the same command: whole clips are kept, "
        "and those that differ are replaced. All clips take 0.6 GB. Tested against a local server that speaks "
        "Git LFS; it has not been run against the official repository yet."
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder to fetch into, the --data of later"
    )
    parser.add_argument("--demo", action="store_true", help="fetch only the ten demo clips")
    parser.add_argument(
        "--source",
        action="append",
        metavar="URL",
        help="address of a repository to fetch from; may be given again, for when the first refuses; when not "
        "given, the official repository on github.com and then its maintainers' mirror on gitlab.com",
    )
    parser.add_argument("--jobs", type=positive, default=8, metavar="N", help="connections at once")


def run(args: argparse.Namespace) -> int:
    """Fetch the official clips of CREMA-D, each verified by its SHA-256."""
    from ser.corpus.download import NOTICE, SOURCES, download

    print(download(args.out, demo=args.demo, sources=args.source or SOURCES, jobs=args.jobs))
    print(f"\n{NOTICE}")
    return 0
