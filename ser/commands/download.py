"""The command `python -m ser download`: download CREMA-D."""

import argparse
from pathlib import Path

from ser.commands.arguments import positive


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `download`."""
    parser.epilog = (
        "Git is not needed. To continue after a stop, run the same command again: it keeps complete clips and "
        "replaces those that differ. All clips take 0.6 GB. Tested against a local Git LFS server, not yet against "
        "the official repository."
    )
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder to download to; later commands take it as --data",
    )
    parser.add_argument("--demo", action="store_true", help="download only the ten demo clips")
    parser.add_argument(
        "--source",
        action="append",
        metavar="URL",
        help="URL of a repository to download from; repeat the option to name fallbacks; by default, the official "
        "repository on github.com, then its maintainers' mirror on gitlab.com",
    )
    parser.add_argument(
        "--unpack",
        type=Path,
        metavar="DIR",
        help="download nothing: unpack the clips of a copy that you have as Parquet files, from a dataset hub (needs pip "
        "install pyarrow)",
    )
    parser.add_argument(
        "--jobs", type=positive, default=8, metavar="N", help="number of simultaneous connections"
    )


def run(args: argparse.Namespace) -> int:
    """Download the official clips of CREMA-D and verify each by its SHA-256."""
    if args.unpack:
        from ser.corpus.unpack import unpack

        result = unpack(args.unpack, out=args.out)
        print(
            f"unpacked {result.named + result.tabled} clips to {args.out}, skipped {result.skipped} rows without sound, or "
            "without a name or an emotion and a speaker"
        )
        return 0
    from ser.corpus.download import NOTICE, SOURCES, download

    print(download(args.out, demo=args.demo, sources=args.source or SOURCES, jobs=args.jobs))
    print(f"\n{NOTICE}")
    return 0
