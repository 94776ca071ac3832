"""The command `python -m ser enroll`: a voice profile from takes."""

import argparse
from pathlib import Path

from ser.commands.arguments import add_checkpoint
from ser.util.text import counted


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `enroll`."""
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
    add_checkpoint(parser)


def run(args: argparse.Namespace) -> int:
    """Make a voice profile from takes of one speaker."""
    from ser.recognition.enroll import enroll
    from ser.recognition.recognizer import Recognizer
    from ser.recognition.voice_profile import ProfileError

    if args.out.exists() and not args.overwrite:
        raise ProfileError(f"{args.out} is there already: name another --out, or add --overwrite.")
    emotions = args.emotions.split(",") if args.emotions else None
    profile = enroll(Recognizer.load(args.checkpoint), files=args.files, emotions=emotions)
    profile.save(args.out)
    print(f"{args.out}: {counted('take', len(args.files))}, for {profile.checkpoint}")
    return 0
