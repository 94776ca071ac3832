"""The command `python -m ser train`: train a network."""

import argparse
import shlex
from pathlib import Path

from ser.commands.arguments import add_data, positive


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `train`."""
    add_data(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the run is kept")
    parser.add_argument(
        "--network",
        choices=("published", "emotion", "voices"),
        default="emotion",
        help="which network and recipe; voices is emotion trained for voices that become known",
    )
    parser.add_argument(
        "--epochs", type=positive, metavar="N", help="passes over the data; the recipe's when not given"
    )
    parser.add_argument(
        "--batch-size", type=positive, metavar="N", help="clips a step; the recipe's when not given"
    )
    parser.add_argument(
        "--learning-rate", type=float, metavar="X", help="peak rate; the recipe's when not given"
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same network")
    parser.add_argument(
        "--split-seed", type=int, default=42, help="42 gives the published split of the actors"
    )
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bf16"),
        default="auto",
        help="arithmetic of the network; auto takes the faster one on this machine",
    )
    parser.add_argument("--limit", type=positive, metavar="N", help="use N clips of each part, for a trial")
    parser.add_argument("--resume", action="store_true", help="go on from the last finished epoch in --out")


def run(args: argparse.Namespace) -> int:
    """Train a network and leave a checkpoint and its curves."""
    from ser.training.run import recipe_with, train

    recipe = recipe_with(
        args.network, epochs=args.epochs, batch_size=args.batch_size, learning_rate=args.learning_rate
    )
    card = train(
        args.data,
        args.out,
        recipe,
        seed=args.seed,
        split_seed=args.split_seed,
        precision=args.precision,
        resume=args.resume,
        limit=args.limit,
        # The card travels with the network: where the data lies on this machine is nobody's business.
        command=args.command_line.replace(shlex.quote(str(args.data)), "DIR"),
    )
    if card:
        best = card["training"]["best_epoch"]
        uar = card["metrics"]["val_first_window"]["val_uar"]
        print(f"best epoch {best}: validation UAR {uar:.3f}; checkpoint in {args.out}")
    return 0
