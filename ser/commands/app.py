"""The command `python -m ser app`, which is also `python app.py`: serve the app and open it in the browser."""

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ser.annotation.assignment import make_assignment
from ser.annotation.guidelines import read_guidelines
from ser.commands.annotations import label_set
from ser.commands.room import in_room, refuse_two
from ser.errors import UserError
from ser.hosting.flags import add_flags, make_parser

if TYPE_CHECKING:
    from ser.recognition.adaptation import Adaptation
    from ser.recognition.recognizer import Recognizer


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `app`."""
    add_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Serve the app and open it in the browser."""
    from ser.hosting.uploads import exit_on_signals, private_folder

    exit_on_signals()
    try:
        with private_folder() as uploads:
            serve_until_stopped(args, uploads)
    except KeyboardInterrupt:
        pass
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run `python app.py`: parse the flags, serve until interrupted, and return the exit status."""
    args = make_parser().parse_args(argv)
    try:
        return run(args)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1


def serve_until_stopped(args: argparse.Namespace, uploads: Path) -> None:
    """Start the server at once, while the network loads in another thread."""
    from concurrent.futures import ThreadPoolExecutor

    from ser.hosting.access import Login, choose_host

    login = Login.from_flag(args.auth) if args.auth else None
    refuse_two(args.room, args.adaptation)
    adaptation = load_adaptation(args.adaptation) if args.adaptation else None
    choices = label_set(args.labels)
    guidelines = read_guidelines(args.guidelines) if args.guidelines else []
    assignment = make_assignment(args.assign, overlap=args.overlap) if args.assign else None
    _check_or_offer_room(args)
    host = choose_host(args.host, auth=login is not None, public=args.public)
    with ThreadPoolExecutor(1) as loader:
        recognizer = loader.submit(load_recognizer, args.checkpoint, adaptation=adaptation, room=args.room)
        from ser.corpus.crema_d import ServedCorpus
        from ser.corpus.layout import detect, report_left_out
        from ser.network.checkpoint import DEFAULT_CHECKPOINT, load_card
        from ser.ui.server.app import build_app
        from ser.ui.server.jobs import Jobs, limit
        from ser.ui.server.serve import serve

        folder = Path(args.checkpoint or DEFAULT_CHECKPOINT)
        corpus = ServedCorpus(args.data, known=detect(args.data)) if args.data else None
        if corpus is not None:
            report_left_out(corpus.left_out)
        card, predictions = load_card(folder), folder / "predictions.csv"
        app = build_app(
            recognizer.result,
            card=card,
            predictions=predictions,
            corpus=corpus,
            annotate=args.annotate,
            annotations=args.annotations,
            choices=choices,
            guidelines=guidelines,
            assignment=assignment,
            max_queue=args.max_queue,
        )
        limit(app, args.max_seconds)
        mcp = None
        if args.mcp:
            from ser import __version__
            from ser.ui.server.mcp_endpoint import Endpoint
            from ser.ui.server.mcp_tools import make_tools

            mcp = Endpoint(
                make_tools(recognizer.result, uploads=uploads, predictions=predictions, corpus=corpus),
                jobs=Jobs(args.max_seconds),
                version=__version__,
                login=login,
                max_waiting=args.max_queue,
            )
        serve(
            app,
            host=host,
            port=args.port,
            ready=recognizer.result,
            open_browser=not args.no_browser,
            uploads=uploads,
            login=login,
            max_upload_mb=args.max_upload,
            root_path=args.root_path,
            choices=choices,
            mcp=mcp,
        )


def load_adaptation(file: str) -> "Adaptation":
    """Read an adaptation; raise `AdaptationError` if it is missing or damaged."""
    from ser.recognition.adaptation import Adaptation

    return Adaptation.load(file)


def _check_or_offer_room(args: argparse.Namespace) -> None:
    """Fail at once where --room cannot be learned; without it, offer it for the folder of --annotate."""
    if not args.room and (not args.annotate or args.adaptation):
        return  # the imports take a moment
    from ser.adaptation.clips import find_clips
    from ser.adaptation.room import offer, room_clips
    from ser.recognition.adaptation import AdaptationError

    if args.room:
        room_clips(args.room)
    else:
        with contextlib.suppress(AdaptationError):  # an empty folder has no room, and the desk says so
            files = [Path(args.annotate) / clip.path.name for clip in find_clips(args.annotate)]
            if words := offer(files):
                print(words, file=sys.stderr)


def load_recognizer(
    checkpoint: str | None, *, adaptation: "Adaptation | None" = None, room: str | None = None
) -> "Recognizer":
    """Load the network and score some silence: the first request would otherwise be slow."""
    import numpy as np

    from ser.audio.features import N_SAMPLES
    from ser.recognition.recognizer import Recognizer

    recognizer = Recognizer.load(checkpoint)
    if adaptation is not None:
        recognizer = recognizer.adapted(adaptation)
    if room is not None:
        recognizer = in_room(recognizer, room)
    recognizer.recognize(np.zeros(N_SAMPLES, np.float32))
    return recognizer
