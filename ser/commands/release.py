"""The command `python -m ser release`: a checkpoint folder from a finished run."""

import argparse
import sys
from pathlib import Path

from ser.commands.arguments import add_data


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `release`."""
    add_data(parser)
    parser.add_argument(
        "--run", required=True, type=Path, metavar="DIR", help="--out of a finished training run"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="the checkpoint folder to write"
    )


def run(args: argparse.Namespace) -> int:
    """Turn a finished run into a checkpoint folder that can be handed on."""
    from ser.evaluation.release import release

    print(release(args.data, args.run, args.out))
    from ser.network.onnx_export import ExportError, add_onnx

    try:
        add_onnx(args.out)
    except ExportError as error:  # it scores all the same, with PyTorch
        print(error, file=sys.stderr)
    return 0
