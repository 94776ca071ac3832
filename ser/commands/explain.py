"""The command `python -m ser explain`: check that the explanation of a score shows what the score depends on."""

import argparse
import json

from ser.commands.arguments import add_checkpoint, add_data, positive


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `explain`."""
    parser.epilog = (
        "Takes the first 3.0 s of clips of the validation actors, hides the tenth that the explanation marks most, or "
        "a random tenth, and prints by how much the score of the top emotion falls. 300 clips take a few minutes."
    )
    add_data(parser)
    parser.add_argument(
        "--clips", type=positive, default=300, metavar="N", help="number of clips, drawn at random"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the random clips and of what is hidden at random"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_checkpoint(parser)


def run(args: argparse.Namespace) -> int:
    """Check on real clips that a score depends on what its explanation marks."""
    from ser.evaluation.explain_check import check, format_check
    from ser.recognition.recognizer import Recognizer

    result = check(Recognizer.load(args.checkpoint), data=args.data, clips=args.clips, seed=args.seed)
    print(json.dumps(result) if args.json else format_check(result))
    return 0
