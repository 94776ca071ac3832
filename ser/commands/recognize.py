"""The command `python -m ser recognize`: score sound files."""

import argparse
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ser.commands import room
from ser.commands.arguments import (
    JOBS_OR_THREADS,
    ExpandedFiles,
    add_adaptation,
    add_checkpoint,
    add_spread,
    load_recognizer,
)

if TYPE_CHECKING:
    from ser.recognition.result import Recognition, Unscored


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
    add_adaptation(parser)
    parser.add_argument("--room", type=Path, metavar="DIR", help=room.HELP)
    parser.add_argument(
        "--speaker-from",
        metavar="REGEX",
        help="regular expression with a group that finds the speaker in the name of each file, with an adaptation that "
        "was made from other recordings of the same speakers",
    )
    parser.add_argument(
        "--phrases",
        action="store_true",
        help="cut recordings at their pauses, and score each phrase by itself, too: lines after that of the file, a list "
        'named "phrases" in JSON, the rows of the CSV',
    )
    for program, files in (("textgrid", "a Praat TextGrid"), ("audacity", "an Audacity label track")):
        parser.add_argument(
            f"--{program}",
            type=Path,
            metavar="DIR",
            help=f"write {files} with the phrases of each file and their emotions into this folder",
        )
    add_spread(parser, jobs=JOBS_OR_THREADS)


def run(args: argparse.Namespace) -> int:
    """Score sound files and print a table, JSON or CSV."""
    from tqdm import tqdm

    from ser.recognition.bulk import recognize_all
    from ser.recognition.report import format_recognitions
    from ser.recognition.voice_profile import Profile

    room.refuse_two(args.room, args.adaptation)
    recognizer = load_recognizer(args)
    if args.room is not None:
        recognizer = room.in_room(recognizer, args.room)
    elif not (args.adaptation or args.profile):
        room.offer_to(args.files)
    profile = Profile.load(args.profile) if args.profile else None
    if profile:
        recognizer.check_profile(profile)
    recognitions = recognize_all(
        recognizer,
        files=args.files,
        profile=profile,
        speaker_of=_speaker_of(args),
        phrases=args.phrases or bool(args.textgrid or args.audacity),
        jobs=args.jobs,
        cluster=args.cluster,
    )
    total = len(args.files)
    results = [
        *tqdm(recognitions, desc="scoring", unit="file", total=total, disable=None, delay=1, leave=False)
    ]
    print(format_recognitions(results, style=args.format, phrases=args.phrases))
    _write_labels(args, results)
    return 1 if any(result.error for result in results) else 0


def _write_labels(args: argparse.Namespace, results: Sequence["Recognition | Unscored"]) -> None:
    """Write the label files that --textgrid and --audacity ask for."""
    if args.textgrid is None and args.audacity is None:
        return
    from ser.annotation.phrase_labels import phrases_as_audacity, phrases_as_textgrid
    from ser.util.files import write_atomically

    writers = ((args.textgrid, phrases_as_textgrid), (args.audacity, phrases_as_audacity))
    for folder, writer in writers:
        if folder is None:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in writer(results).items():
            with write_atomically(folder / name, "w", encoding="utf-8", newline="") as file:
                file.write(text)


def _speaker_of(args: argparse.Namespace) -> Callable[[Path], str] | None:
    """Return the function that finds the speaker in the name of a file; None where there is nothing to find."""
    if args.speaker_from is None:
        return None
    from ser.adaptation.clips import speaker_expression, speaker_of
    from ser.recognition.adaptation import AdaptationError

    if args.adaptation is None:
        raise AdaptationError("--speaker-from needs an adaptation that knows the speakers: add --adaptation.")
    expression = speaker_expression(args.speaker_from)
    for file in args.files:
        speaker_of(expression, Path(file))  # fail before anything is scored
    return functools.partial(speaker_of, expression)
