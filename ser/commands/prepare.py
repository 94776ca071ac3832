"""The command `python -m ser prepare`: features and pictures of clips as files."""

import argparse
from pathlib import Path

from ser.commands.arguments import add_spread, positive


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `prepare`."""
    parser.add_argument(
        "--data",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder of CREMA-D, or any folder of sound files",
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="where mel_npy/ and mel_png/ go"
    )
    parser.add_argument("--png", action="store_true", help="draw a 600 x 600 picture of every clip too")
    parser.add_argument("--cmap", default="magma", help="colour map of the pictures")
    parser.add_argument("--limit", type=positive, metavar="N", help="stop after the first N clips")
    add_spread(parser, jobs="processes; when not given one per core, or a single one for few clips")


def run(args: argparse.Namespace) -> int:
    """Turn every clip into a .npy log-mel and, when asked, a .png."""
    from ser.corpus.prepare import prepare

    result = prepare(args.data, args.out, args.png, args.limit, args.jobs, args.cmap, args.cluster)
    print(f"prepared {result.prepared}, kept {result.kept}, skipped {len(result.skipped)}")
    return 0
