"""The command `python -m ser prepare`: write the features of clips, and images of them, to files."""

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
        "--out", required=True, type=Path, metavar="DIR", help="folder to write mel_npy/ and mel_png/ to"
    )
    parser.add_argument("--png", action="store_true", help="also draw a 600 x 600 image of every clip")
    parser.add_argument("--cmap", default="magma", help="colour map of the images")
    parser.add_argument("--limit", type=positive, metavar="N", help="stop after the first N clips")
    add_spread(parser, jobs="number of processes; by default one per core, or a single one for few clips")


def run(args: argparse.Namespace) -> int:
    """Write the log-mel spectrogram of every clip as .npy and, on request, as .png."""
    from ser.corpus.prepare import prepare

    result = prepare(
        args.data,
        out=args.out,
        png=args.png,
        limit=args.limit,
        jobs=args.jobs,
        cmap=args.cmap,
        cluster=args.cluster,
    )
    print(f"prepared {result.prepared}, kept {result.kept}, skipped {len(result.skipped)}")
    return 0
