"""Arguments that several commands take, and the values they may have."""

import argparse
from pathlib import Path

THREADS_IF_NOT = "processes; when not given, threads for few files, else one for each core"


def positive(text: str) -> int:
    """Parse a whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


def add_data(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add --data: the folder of CREMA-D."""
    parser.add_argument(
        "--data", required=required, type=Path, metavar="DIR", help="folder of CREMA-D, which holds AudioWAV"
    )


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add --checkpoint: which network scores."""
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="folder of a checkpoint; the emotion network when not given",
    )


def add_spread(parser: argparse.ArgumentParser, *, jobs: str) -> None:
    """Add --jobs, with the help text `jobs`, and --cluster: the processes that share the work."""
    parser.add_argument("--jobs", type=positive, metavar="N", help=jobs)
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="of a Dask scheduler, such as tcp://10.0.0.5:8786, whose workers do the work (pip install distributed)",
    )
