"""The command `python -m ser recognize`: score files."""

import argparse
from pathlib import Path

from ser.commands.arguments import THREADS_IF_NOT, add_checkpoint, add_spread


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `recognize`."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="sound files of any common kind")
    add_checkpoint(parser)
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="how to print")
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="PROFILE.json",
        help="the speaker's profile, made by `python -m ser enroll`",
    )
    add_spread(parser, jobs=THREADS_IF_NOT)


def run(args: argparse.Namespace) -> int:
    """Score files and print a table, JSON or CSV."""
    from tqdm import tqdm

    from ser.recognition.bulk import recognize_all
    from ser.recognition.recognizer import Recognizer
    from ser.recognition.report import format_recognitions
    from ser.recognition.voice_profile import Profile

    recognizer = Recognizer.load(args.checkpoint)
    profile = Profile.load(args.profile) if args.profile else None
    if profile:
        recognizer.check_profile(profile)
    found = recognize_all(recognizer, files=args.files, profile=profile, jobs=args.jobs, cluster=args.cluster)
    total = len(args.files)
    results = [*tqdm(found, desc="scoring", unit="file", total=total, disable=None, delay=1, leave=False)]
    print(format_recognitions(results, args.format))
    return 1 if any(result.error for result in results) else 0
