"""The command `python -m ser intensity`: let a released network also say how strong a clip sounds."""

import argparse

from ser.commands.arguments import JOBS_OR_THREADS, add_checkpoint, add_data, positive


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `intensity`."""
    parser.epilog = (
        "CREMA-D's crowd rated each clip from 0 to 100. A linear reading of the network's embedding is fitted to the "
        "ratings of the training actors' clips and written on the card of the checkpoint; no score changes. `release` "
        "does the same. `python -m ser evaluate --split test` prints the figures for other actors."
    )
    add_data(parser)
    add_checkpoint(parser)
    parser.add_argument("--jobs", type=positive, metavar="N", help=JOBS_OR_THREADS)


def run(args: argparse.Namespace) -> int:
    """Teach a released network to say how strong a clip sounds, from the crowd's ratings."""
    from ser.corpus.crema_d import Corpus
    from ser.corpus.layout import report_left_out
    from ser.evaluation.intensity import format_intensity
    from ser.evaluation.intensity_fit import add_intensity
    from ser.network.checkpoint import DEFAULT_CHECKPOINT

    corpus = Corpus(args.data)
    report_left_out(corpus.left_out)
    figures = add_intensity(args.checkpoint or DEFAULT_CHECKPOINT, corpus=corpus, jobs=args.jobs)
    print(format_intensity(figures))
    return 0
