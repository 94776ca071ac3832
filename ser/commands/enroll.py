"""The command `python -m ser enroll`: make a voice profile."""

import argparse
from pathlib import Path

from ser.commands.arguments import ExpandedFiles, add_adaptation, add_checkpoint, load_recognizer
from ser.util.text import counted


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `enroll`."""
    parser.epilog = (
        "Works best with one take of each emotion, acted on purpose. One sentence in a normal voice, with --emotions NEU, "
        "does most for its length. Takes without labels help too, best if they are of several emotions. The profile "
        "contains numbers, not sound."
    )
    parser.add_argument(
        "files",
        nargs="+",
        action=ExpandedFiles,
        metavar="FILE",
        help="sound files of one speaker, one sentence each",
    )
    parser.add_argument(
        "--emotions",
        metavar="ANG,DIS,...",
        help="acted emotion of each file, in the same order; optional",
    )
    parser.add_argument("--out", required=True, type=Path, metavar="PROFILE.json", help="profile to write")
    parser.add_argument("--overwrite", action="store_true", help="replace --out if it exists")
    add_checkpoint(parser)
    add_adaptation(parser)


def run(args: argparse.Namespace) -> int:
    """Make a voice profile from recordings of one speaker."""
    from ser.recognition.enroll import enroll
    from ser.recognition.voice_profile import ProfileError

    if args.out.exists() and not args.overwrite:
        raise ProfileError(f"{args.out} already exists: choose another --out or add --overwrite.")
    emotions = args.emotions.split(",") if args.emotions else None
    profile = enroll(load_recognizer(args), files=args.files, emotions=emotions)
    profile.save(args.out)
    print(f"{args.out}: {counted('take', len(args.files))}, for {profile.checkpoint}")
    return 0
