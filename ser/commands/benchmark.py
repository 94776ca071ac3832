"""The command `python -m ser benchmark`: measure the speed, and test the app under load."""

import argparse
import json
from pathlib import Path

from ser.commands.arguments import add_data, positive


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `benchmark`."""
    add_data(parser, required=False)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="few repeats: shows that the benchmark runs; the figures mean little",
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--load",
        nargs="?",
        type=positive,
        const=120,
        metavar="SECONDS",
        help="instead, let many users use the app at once and check every answer; 120 seconds if no number is given",
    )
    instead.add_argument(
        "--many",
        action="store_true",
        help="instead, send 1,000 clips to the app as its page sends many files, and compare with a request each",
    )
    instead.add_argument(
        "--against",
        type=Path,
        metavar="DIR",
        help="instead, compare with another version of this project, whose folder this is: first score, 1,000 clips, "
        "ten minutes",
    )
    instead.add_argument(
        "--pretrained",
        action="store_true",
        help="instead, compare with networks the size of wav2vec 2.0 (needs pip install -r tests/benchmark-requirements.txt)",
    )
    instead.add_argument(
        "--peers",
        action="store_true",
        help="instead, compare with openSMILE's features and Silero's voice finder (needs pip install -r "
        "tests/benchmark-requirements.txt)",
    )
    instead.add_argument(
        "--wide",
        action="store_true",
        help="instead, compare the wide network with the small one (needs `python -m ser wide install`)",
    )
    parser.add_argument("--users", type=positive, default=20, metavar="N", help="number of users with --load")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Compare the speed with that of the original notebook, or test the app under load."""
    if args.load:
        from ser.benchmark.load_test import format_load, load_test, passed

        load = load_test(args.users, seconds=args.load)
        print(json.dumps(load) if args.json else format_load(load))
        return 0 if passed(load) else 1
    if args.many:
        from ser.benchmark.many import compare_many, format_many

        many = compare_many(args.data, quick=args.quick)
        print(json.dumps(many) if args.json else format_many(many))
        return 0
    if args.against is not None:
        from ser.benchmark.builds import compare_builds, format_builds

        builds = compare_builds(args.against, data=args.data, quick=args.quick)
        print(json.dumps(builds) if args.json else format_builds(builds))
        return 0
    if args.pretrained:
        from ser.benchmark.pretrained import compare_pretrained, format_pretrained

        comparison = compare_pretrained(args.data, quick=args.quick)
        print(json.dumps(comparison) if args.json else format_pretrained(comparison))
        return 0
    if args.peers:
        from ser.benchmark.peers import compare_peers, format_peers

        peers = compare_peers(args.data, quick=args.quick)
        print(json.dumps(peers) if args.json else format_peers(peers))
        return 0
    if args.wide:
        from ser.benchmark.wide import compare_wide, format_wide

        networks = compare_wide(args.data, quick=args.quick)
        print(json.dumps(networks) if args.json else format_wide(networks))
        return 0
    from ser.benchmark.speed import benchmark, format_benchmark

    speed = benchmark(args.data, quick=args.quick)
    print(json.dumps(speed) if args.json else format_benchmark(speed))
    return 0
