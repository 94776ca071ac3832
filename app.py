"""Serve the app and open it in the browser: `python app.py`."""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from ser.access import HOW, Login, choose_host
from ser.errors import UserError
from ser.uploads import end_on_signals, private_folder

if TYPE_CHECKING:
    from ser.recognize import Recognizer


def main(argv: list[str] | None = None) -> int:
    """Read the flags and serve until interrupted; return the exit status."""
    args = make_parser().parse_args(argv)
    end_on_signals()
    try:
        with private_folder() as uploads:
            run(args, uploads)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description="Say how a voice sounds, in the browser. Works offline.")
    parser.add_argument("--host", help="address to listen on (default: this computer only)")
    parser.add_argument("--port", type=int, default=7860, help="port, or the next free one (default: 7860)")
    parser.add_argument("--data", metavar="DIR", help="folder of CREMA-D, to hear its clips (default: none)")
    parser.add_argument(
        "--annotate", metavar="DIR", help="folder of sound files to label on the Inspect tab (default: none)"
    )
    parser.add_argument(
        "--annotations",
        metavar="FILE",
        help="where labels are kept (default: annotations.sqlite in the folder of --annotate; without it nowhere)",
    )
    parser.add_argument(
        "--checkpoint", metavar="DIR", help="checkpoint folder (default: the released network)"
    )
    parser.add_argument(
        "--auth", metavar="USER:FILE", help=f"ask for a password: {HOW} (default: ask nobody)"
    )
    parser.add_argument(
        "--public",
        action="store_true",
        help="let everyone use it who can reach it (default: only with --auth)",
    )
    parser.add_argument(
        "--max-upload", type=float, default=100, metavar="MB", help="largest file to take (default: 100)"
    )
    parser.add_argument(
        "--max-queue",
        type=int,
        default=32,
        metavar="N",
        help="requests that may wait; more are sent away (default: 32)",
    )
    parser.add_argument(
        "--max-seconds", type=float, default=120, metavar="S", help="time limit of a request (default: 120)"
    )
    parser.add_argument("--no-browser", action="store_true", help="serve only, open no browser")
    return parser


def run(args: argparse.Namespace, uploads: Path) -> None:
    """Serve the page while the network loads."""
    login = Login.from_flag(args.auth) if args.auth else None
    host = choose_host(args.host, login is not None, args.public)
    with ThreadPoolExecutor(1) as loader:
        recognizer = loader.submit(load_recognizer, args.checkpoint)
        from ser.checkpoint import DEFAULT_CHECKPOINT, load_card
        from ser.served import ServedCorpus
        from ser.ui import build_app
        from ser.ui.jobs import limit
        from ser.ui.serve import serve

        folder = Path(args.checkpoint or DEFAULT_CHECKPOINT)
        corpus = ServedCorpus(args.data) if args.data else None
        app = build_app(
            recognizer.result,
            load_card(folder),
            folder / "predictions.csv",
            corpus,
            args.annotate,
            args.annotations,
            max_queue=args.max_queue,
        )
        limit(app, args.max_seconds)
        serve(
            app,
            host,
            args.port,
            ready=recognizer.result,
            open_browser=not args.no_browser,
            uploads=uploads,
            login=login,
            largest_upload_mb=args.max_upload,
        )


def load_recognizer(checkpoint: str | None) -> "Recognizer":
    """Load the network and score some silence, so that the first person waits for nothing."""
    import numpy as np

    from ser.audio import N_SAMPLES
    from ser.recognize import Recognizer

    recognizer = Recognizer.load(checkpoint)
    recognizer.recognize(np.zeros(N_SAMPLES, np.float32))
    return recognizer


if __name__ == "__main__":
    sys.exit(main())
