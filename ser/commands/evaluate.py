"""The command `python -m ser evaluate`: measure how good the scores are."""

import argparse
import json
from pathlib import Path

from ser.commands.arguments import (
    JOBS_OR_THREADS,
    add_adaptation,
    add_checkpoint,
    add_data,
    add_spread,
    load_recognizer,
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `evaluate`."""
    add_data(parser, required=False)
    parser.add_argument(
        "--corpus",
        metavar="NAME",
        help="score all clips of another corpus in --data by its name, such as ravdess, instead of a split of CREMA-D",
    )
    parser.add_argument(
        "--corpora",
        nargs="+",
        metavar="NAME=DIR",
        help="print a table of several corpora, with --data also of CREMA-D: UAR and calibration error of first takes and "
        "after eight takes; the folder alone will do where the names of its files say which corpus it is",
    )
    add_checkpoint(parser)
    add_adaptation(parser)
    parser.add_argument("--split", choices=("val", "test"), default="val", help="actors to score")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--out", type=Path, metavar="FILE.csv", help="write one row per clip with its six scores"
    )
    parser.add_argument(
        "--profile",
        choices=("none", "takes", "prompted", "same", "neutral", "normal"),
        help="score clips with a voice profile made from --takes clips without labels (takes), one clip of each emotion "
        "(prompted), one neutral clip (normal), --takes clips of a single emotion (same) or --takes neutral clips "
        "(neutral) without labels, or without a profile (none); the result is the mean of 5 draws",
    )
    parser.add_argument(
        "--takes",
        type=int,
        choices=range(1, 41),
        default=8,
        metavar="N",
        help="number of takes per voice, with --profile",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the draws, with --profile")
    parser.add_argument(
        "--conditions",
        nargs="*",
        metavar="NAME",
        help="also score every clip as it would sound through other microphones, rooms, noises, codecs and tempos: "
        "under the named conditions, or under all 29 (half an hour)",
    )
    add_spread(parser, jobs=JOBS_OR_THREADS)


def run(args: argparse.Namespace) -> int:
    """Score one split of the data set and measure how good the scores are."""
    from ser.corpus.errors import CorpusError
    from ser.evaluation.evaluate import evaluate, format_evaluation

    if args.corpora:
        return _run_corpora(args)
    if args.data is None:
        raise CorpusError("The clips to score are missing: name their folder with --data or --corpora.")
    if args.conditions is not None and args.corpus:
        raise CorpusError("--conditions mixes in voices of CREMA-D's training actors: leave out --corpus.")
    if args.conditions is not None:
        return _run_conditions(args)
    if args.profile is not None:
        return _run_profile(args)
    result = evaluate(
        args.data,
        recognizer=load_recognizer(args),
        split=args.split,
        corpus_name=args.corpus,
        out=args.out,
        jobs=args.jobs,
        cluster=args.cluster,
    )
    print(json.dumps(result) if args.json else format_evaluation(result))
    return 0


def _run_conditions(args: argparse.Namespace) -> int:
    """Score one split as it would sound through other microphones, rooms, noises and codecs."""
    from ser.corpus.crema_d import Corpus
    from ser.corpus.layout import report_left_out
    from ser.evaluation.conditions import evaluate_conditions, format_conditions
    from ser.evaluation.evaluate import clips_of_split

    recognizer, corpus = load_recognizer(args), Corpus(args.data)
    report_left_out(corpus.left_out)
    clips = clips_of_split(recognizer, corpus=corpus, split=args.split)
    result = evaluate_conditions(
        recognizer,
        corpus=corpus,
        clips=clips,
        names=args.conditions or None,
        jobs=args.jobs,
        cluster=args.cluster,
    )
    print(json.dumps({**result, "split": args.split}) if args.json else format_conditions(result))
    return 0


def _run_corpora(args: argparse.Namespace) -> int:
    """Print a table of the network on several corpora."""
    from ser.evaluation.other_corpora import evaluate_corpora, format_corpora, open_corpus, parse_corpus

    named = [parse_corpus(text) for text in args.corpora]
    corpora = [
        open_corpus(folder, name) for name, folder in [*([(None, args.data)] if args.data else []), *named]
    ]
    rows = evaluate_corpora(
        load_recognizer(args),
        corpora=corpora,
        split=args.split,
        seed=args.seed,
        jobs=args.jobs,
        cluster=args.cluster,
    )
    print(json.dumps(rows) if args.json else format_corpora(rows))
    return 0


def _run_profile(args: argparse.Namespace) -> int:
    """Score one split with a voice profile made from a few takes of each speaker, or without one."""
    from ser.corpus.crema_d import Corpus
    from ser.corpus.known import known_corpus
    from ser.corpus.layout import report_left_out
    from ser.evaluation.evaluate import clips_of_split, corpus_windows, evaluate_regime, format_regime

    known = known_corpus(args.corpus) if args.corpus else None
    recognizer, corpus = load_recognizer(args), Corpus(args.data, known=known)
    report_left_out(corpus.left_out)
    clips = corpus.modelling if known else clips_of_split(recognizer, corpus=corpus, split=args.split)
    windows = corpus_windows(recognizer, corpus=corpus, clips=clips, jobs=args.jobs, cluster=args.cluster)
    result = evaluate_regime(
        recognizer, windows=windows, regime=args.profile, takes=args.takes, seed=args.seed
    )
    where = {"split": known.title if known else args.split, "checkpoint": str(recognizer.checkpoint.folder)}
    print(json.dumps({**result, **where}) if args.json else format_regime(result))
    return 0
