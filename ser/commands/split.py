"""The command `python -m ser split`: which actors are for training, validation and test."""

import argparse
import sys

from ser.commands.arguments import add_data, positive


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `split`."""
    add_data(parser)
    parser.add_argument(
        "--seed", type=int, default=42, help="seed of the shuffle; 42 gives the published split"
    )
    parser.add_argument(
        "--folds", type=positive, metavar="K", help="K folds over the actors instead of one split"
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON with the clips and actors of each split"
    )


def run(args: argparse.Namespace) -> int:
    """Print how the actors of the data set are split."""
    from ser.corpus.crema_d import Corpus, describe_splits
    from ser.corpus.layout import report_left_out
    from ser.corpus.splits import few_speakers_note

    corpus = Corpus(args.data)
    report_left_out(corpus.left_out)
    splits = corpus.folds(args.folds, args.seed) if args.folds else [corpus.split(args.seed)]
    print(describe_splits(corpus, splits=splits, as_json=args.json))
    if not args.folds and (note := few_speakers_note(splits[0])):
        print(note, file=sys.stderr)
    return 0
