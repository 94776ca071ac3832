"""The command `python -m ser train`: train a network."""

import argparse
import shlex
from pathlib import Path

from ser.commands.arguments import add_data, positive


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `train`."""
    add_data(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder of the run")
    parser.add_argument(
        "--network",
        choices=("published", "emotion", "voices", "distilled", "wide"),
        default="emotion",
        help="network and recipe; voices is the emotion network trained to be used with voice profiles; distilled trains that further with a teacher, and needs --teacher and --start; wide is the head of the wide network, which needs `python -m ser wide install`",
    )
    parser.add_argument(
        "--epochs", type=positive, metavar="N", help="passes over the data; by default, as in the recipe"
    )
    parser.add_argument(
        "--batch-size", type=positive, metavar="N", help="clips per step; by default, as in the recipe"
    )
    parser.add_argument(
        "--learning-rate", type=float, metavar="X", help="peak learning rate; by default, as in the recipe"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="random seed; the same seed gives the same network"
    )
    parser.add_argument(
        "--split-seed",
        type=int,
        default=42,
        help="seed of the split of the actors; 42 gives the published one",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--fold",
        type=fold,
        metavar="I/K",
        help="train on fold I of the K that `split --folds K` lists, in place of the one split",
    )
    which.add_argument(
        "--validate-on",
        choices=("speakers", "clips"),
        default="speakers",
        help="clips: train on every speaker and validate on other clips of the same ones, for one or two speakers; that "
        "says nothing about other voices",
    )
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bf16"),
        default="auto",
        help="arithmetic of the network; auto chooses the faster one on this machine",
    )
    parser.add_argument(
        "--limit", type=positive, metavar="N", help="use only N clips of each split, for a trial run"
    )
    parser.add_argument(
        "--encoded",
        type=Path,
        metavar="DIR",
        help="for wide: folder of encoded clips, 7 GB, which several runs may share; by default inside --out until the run is "
        "finished",
    )
    parser.add_argument(
        "--teacher", type=Path, metavar="FILE.npz", help="for distilled: what `python -m ser teacher` wrote"
    )
    parser.add_argument(
        "--start",
        type=Path,
        metavar="DIR",
        help="for distilled and voices: checkpoint of `voices` whose weights are trained further",
    )
    parser.add_argument(
        "--resume", action="store_true", help="continue from the last finished epoch in --out"
    )


def fold(text: str) -> tuple[int, int]:
    """Parse the number of a fold and how many there are, as in 2/5."""
    number, slash, count = text.partition("/")
    if not slash:
        raise argparse.ArgumentTypeError(f"{text!r} is not I/K, as in 2/5")
    return positive(number), positive(count)


def run(args: argparse.Namespace) -> int:
    """Train a network; write a checkpoint and the curves of the run."""
    from ser.training.recipes import TrainingOptions, recipe_with
    from ser.training.run import train

    recipe = recipe_with(
        args.network, epochs=args.epochs, batch_size=args.batch_size, learning_rate=args.learning_rate
    )
    options = TrainingOptions(
        recipe=recipe,
        data=args.data,
        split_seed=args.split_seed,
        fold=args.fold,
        validate_on=args.validate_on,
        limit=args.limit,
        out=args.out,
        encoded=args.encoded,
        teacher=args.teacher,
        start=args.start,
        resume=args.resume,
        seed=args.seed,
        precision=args.precision,
        # The card is published with the network, so it must not reveal paths of this machine.
        command=args.command_line.replace(shlex.quote(str(args.data)), "DIR"),
    )
    card = train(options)
    if card:
        best = card["training"]["best_epoch"]
        uar = card["metrics"]["val_first_window"]["val_uar"]
        print(f"best epoch {best}: validation UAR {uar:.3f}; checkpoint in {args.out}")
    return 0
