"""Arguments that several commands share."""

import argparse
from pathlib import Path

JOBS_OR_THREADS = "number of processes; by default one per core, or threads of one process for few files"


def positive(text: str) -> int:
    """Parse an integer of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def add_data(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add --data: the folder of CREMA-D."""
    parser.add_argument(
        "--data",
        required=required,
        type=Path,
        metavar="DIR",
        help="folder of CREMA-D, the one that contains AudioWAV",
    )


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add --checkpoint: the network to score with."""
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="checkpoint folder; by default the released emotion network",
    )


def add_spread(parser: argparse.ArgumentParser, *, jobs: str) -> None:
    """Add --jobs, with the help text `jobs`, and --cluster: how to spread the work over processes."""
    parser.add_argument("--jobs", type=positive, metavar="N", help=jobs)
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="address of a Dask scheduler, for example tcp://10.0.0.5:8786, to run on its workers (needs pip install distributed)",
    )
