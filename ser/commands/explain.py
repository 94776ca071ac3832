"""The command `python -m ser explain`: does what the app marks as the reason of a score carry that score?"""

import argparse
import json
from pathlib import Path

from ser.commands.arguments import positive


def explain(args: argparse.Namespace) -> int:
    """Check on real clips that what the app marks as the reason of a score carries it."""
    from ser.evaluation.explain_check import check, format_check
    from ser.recognition.recognizer import Recognizer

    result = check(Recognizer.load(args.checkpoint), args.data, args.clips, args.seed)
    print(json.dumps(result) if args.json else format_check(result))
    return 0


def add_explain(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the arguments of `explain`; return the parser."""
    parser.epilog = (
        "Hides the most marked tenth of the first 3.0 s of clips of the validation actors, and as much at random, "
        "and prints by how much the score of the top emotion falls. 300 clips take some minutes."
    )
    parser.add_argument(
        "--data", required=True, type=Path, metavar="DIR", help="folder of CREMA-D, which holds AudioWAV"
    )
    parser.add_argument(
        "--clips", type=positive, default=300, metavar="N", help="how many clips, drawn at random"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the clips and of what is hidden at random")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser
