"""The commands about voice profiles: `python -m ser enroll` and `python -m ser evaluate --profile`."""

import argparse
import json
from pathlib import Path


def enroll(args: argparse.Namespace) -> int:
    """Make a voice profile from takes of one speaker."""
    from ser.recognition.recognizer import Recognizer
    from ser.recognition.voice_profile import ProfileError, enroll

    if args.out.exists() and not args.overwrite:
        raise ProfileError(f"{args.out} is there already: name another --out, or add --overwrite.")
    emotions = args.emotions.split(",") if args.emotions else None
    profile = enroll(Recognizer.load(args.checkpoint), args.files, emotions)
    profile.save(args.out)
    print(
        f"{args.out}: {len(args.files)} take{'' if len(args.files) == 1 else 's'}, for {profile.checkpoint}"
    )
    return 0


def evaluate_profile(args: argparse.Namespace) -> int:
    """Score one part of the data set as voices that are known from a few takes, or not at all."""
    from ser.corpus.crema_d import Corpus
    from ser.evaluation.evaluate import clips_of_split, corpus_windows, evaluate_regime, format_regime
    from ser.recognition.recognizer import Recognizer

    recognizer, corpus = Recognizer.load(args.checkpoint), Corpus(args.data)
    clips = clips_of_split(recognizer, corpus, args.split)
    windows = corpus_windows(recognizer, corpus, clips, jobs=args.jobs, cluster=args.cluster)
    result = evaluate_regime(recognizer, windows, args.profile, args.takes, args.seed)
    result |= {"split": args.split, "checkpoint": str(recognizer.checkpoint.folder)}
    print(json.dumps(result) if args.json else format_regime(result))
    return 0


def add_enroll(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the arguments of `enroll`; return the parser."""
    parser.epilog = (
        "One take of each emotion, acted on purpose, serves best. Takes without labels serve too when they are of "
        "several emotions; takes of one emotion change little. The profile holds numbers, no sound."
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="sound files of one speaker, a sentence each"
    )
    parser.add_argument(
        "--emotions", metavar="ANG,DIS,...", help="the emotion of each file, in order; none when not given"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="PROFILE.json", help="the profile to write"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace --out where it is there already")
    return parser


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `evaluate` that profiles need."""
    parser.add_argument(
        "--profile",
        choices=("none", "takes", "prompted", "same", "neutral"),
        help="score clips of voices that are known from --takes clips without labels (takes), from one clip of each "
        "emotion (prompted), from --takes clips of one emotion (same) or neutral ones (neutral), or not at all "
        "(none); the mean of 5 draws",
    )
    parser.add_argument(
        "--takes",
        type=int,
        choices=range(1, 41),
        default=8,
        metavar="N",
        help="takes of each voice, with --profile",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draws, with --profile")
