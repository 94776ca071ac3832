"""The command `python -m ser split`: which actors train, validate and test."""

import argparse

from ser.commands.arguments import add_data, positive


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `split`."""
    add_data(parser)
    parser.add_argument("--seed", type=int, default=42, help="42 gives the published split")
    parser.add_argument(
        "--folds", type=positive, metavar="K", help="K folds over the actors in place of one split"
    )
    parser.add_argument("--json", action="store_true", help="print JSON with clips and actors of each part")


def run(args: argparse.Namespace) -> int:
    """Print how the actors of a data set are split."""
    from ser.corpus.crema_d import Corpus, describe_splits

    corpus = Corpus(args.data)
    splits = corpus.folds(args.folds, args.seed) if args.folds else [corpus.split(args.seed)]
    print(describe_splits(corpus, splits, as_json=args.json))
    return 0
