"""The command `python -m ser explain`: does what the app marks as the reason of a score carry that score?"""

import argparse
import json

from ser.commands.arguments import add_checkpoint, add_data, positive


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `explain`."""
    parser.epilog = (
        "Hides the most marked tenth of the first 3.0 s of clips of the validation actors, and as much at random, "
        "and prints by how much the score of the top emotion falls. 300 clips take some minutes."
    )
    add_data(parser)
    parser.add_argument(
        "--clips", type=positive, default=300, metavar="N", help="how many clips, drawn at random"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the clips and of what is hidden at random")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_checkpoint(parser)


def run(args: argparse.Namespace) -> int:
    """Check on real clips that what the app marks as the reason of a score carries it."""
    from ser.evaluation.explain_check import check, format_check
    from ser.recognition.recognizer import Recognizer

    result = check(Recognizer.load(args.checkpoint), args.data, args.clips, args.seed)
    print(json.dumps(result) if args.json else format_check(result))
    return 0
