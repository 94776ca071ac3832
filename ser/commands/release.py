"""The command `python -m ser release`: make a checkpoint folder from a training run."""

import argparse
import sys
from pathlib import Path

from ser.commands.arguments import add_data


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `release`."""
    add_data(parser)
    parser.add_argument(
        "--run", required=True, type=Path, metavar="DIR", help="folder of a finished training run, its --out"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="checkpoint folder to write")


def run(args: argparse.Namespace) -> int:
    """Turn a finished training run into a checkpoint folder that can be published."""
    from ser.evaluation.release import release

    print(release(args.data, run=args.run, out=args.out))
    from ser.network.onnx_export import ExportError, add_onnx

    try:
        add_onnx(args.out)
    except ExportError as error:  # the checkpoint still works, with PyTorch
        print(error, file=sys.stderr)
    return 0
