"""Serve the app and open it in the browser: `python app.py`."""

import argparse
import os
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ser.errors import UserError


def main(argv: list[str] | None = None) -> int:
    """Read the flags and serve until interrupted; return the exit status."""
    args = make_parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the folder below goes away then, too
    # gradio reads both when it is imported: no version check, and uploads in a folder of this run alone.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    with tempfile.TemporaryDirectory(prefix="emotion-listener-") as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        try:
            run(args)
        except UserError as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            pass
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description="Say how a voice sounds, in the browser. Works offline.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this computer only)"
    )
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
    parser.add_argument("--no-browser", action="store_true", help="serve only, open no browser")
    return parser


def run(args: argparse.Namespace) -> None:
    """Serve the page while the network loads."""
    with ThreadPoolExecutor(1) as loader:
        recognizer = loader.submit(load_recognizer, args.checkpoint)
        from ser.checkpoint import DEFAULT_CHECKPOINT, load_card
        from ser.crema_d import Corpus
        from ser.ui import build_app
        from ser.ui.serve import serve

        folder = Path(args.checkpoint or DEFAULT_CHECKPOINT)
        corpus = Corpus(args.data) if args.data else None
        app = build_app(
            recognizer.result,
            load_card(folder),
            folder / "predictions.csv",
            corpus,
            args.annotate,
            args.annotations,
        )
        serve(app, args.host, args.port, ready=recognizer.result, open_browser=not args.no_browser)


def load_recognizer(checkpoint: str | None):
    """Load the network and score some silence, so that the first person waits for nothing."""
    import numpy as np

    from ser.audio import N_SAMPLES
    from ser.recognize import Recognizer

    recognizer = Recognizer.load(checkpoint)
    recognizer.recognize(np.zeros(N_SAMPLES, np.float32))
    return recognizer


if __name__ == "__main__":
    sys.exit(main())
