"""Arguments that several commands share."""

import argparse
import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ser.recognition.recognizer import Recognizer

JOBS_OR_THREADS = "number of processes; by default one per core, or threads of one process for few files"


def positive(text: str) -> int:
    """Parse an integer of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


class ExpandedFiles(argparse.Action):
    """Takes names of files in which wildcards are expanded, as most shells do and cmd.exe does not."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence | None,
        option_string: str | None = None,
    ) -> None:
        """Store the names; one that matches no file stays as it is."""
        files = [type(name)(file) for name in values or () for file in _matching(os.fspath(name))]
        setattr(namespace, self.dest, files)


def _matching(name: str) -> list[str]:
    if not glob.has_magic(name) or os.path.lexists(name):  # a file may be called take[1].wav
        return [name]
    return sorted(glob.glob(name, recursive=True)) or [name]  # noqa: PTH207 (pathlib refuses absolute patterns)


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


def add_adaptation(parser: argparse.ArgumentParser) -> None:
    """Add --adaptation: what the network learned from recordings."""
    parser.add_argument(
        "--adaptation",
        type=Path,
        metavar="FILE.json",
        help="what the network learned from recordings, made by `python -m ser adapt`",
    )


def load_recognizer(args: argparse.Namespace) -> "Recognizer":
    """Return the recognizer that --checkpoint and --adaptation ask for."""
    from ser.recognition.adaptation import Adaptation
    from ser.recognition.recognizer import Recognizer

    adaptation = Adaptation.load(args.adaptation) if args.adaptation else None
    recognizer = Recognizer.load(args.checkpoint)
    return recognizer if adaptation is None else recognizer.adapted(adaptation)


def add_spread(parser: argparse.ArgumentParser, *, jobs: str) -> None:
    """Add --jobs, with the help text `jobs`, and --cluster: how to spread the work over processes."""
    parser.add_argument("--jobs", type=positive, metavar="N", help=jobs)
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="address of a Dask scheduler, for example tcp://10.0.0.5:8786, to run on its workers (needs pip install distributed)",
    )
