"""The command `python -m ser recognize`: score sound files."""

import argparse
from pathlib import Path

from ser.commands.arguments import JOBS_OR_THREADS, ExpandedFiles, add_checkpoint, add_spread


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `recognize`."""
    parser.add_argument(
        "files", nargs="+", action=ExpandedFiles, metavar="FILE", help="sound files in any common format"
    )
    add_checkpoint(parser)
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="output format")
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="PROFILE.json",
        help="voice profile of the speaker, made by `python -m ser enroll`",
    )
    add_spread(parser, jobs=JOBS_OR_THREADS)


def run(args: argparse.Namespace) -> int:
    """Score sound files and print a table, JSON or CSV."""
    from tqdm import tqdm

    from ser.recognition.bulk import recognize_all
    from ser.recognition.recognizer import Recognizer
    from ser.recognition.report import format_recognitions
    from ser.recognition.voice_profile import Profile

    recognizer = Recognizer.load(args.checkpoint)
    profile = Profile.load(args.profile) if args.profile else None
    if profile:
        recognizer.check_profile(profile)
    recognitions = recognize_all(
        recognizer, files=args.files, profile=profile, jobs=args.jobs, cluster=args.cluster
    )
    total = len(args.files)
    results = [
        *tqdm(recognitions, desc="scoring", unit="file", total=total, disable=None, delay=1, leave=False)
    ]
    print(format_recognitions(results, args.format))
    return 1 if any(result.error for result in results) else 0
