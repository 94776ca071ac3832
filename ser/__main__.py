"""`python -m ser COMMAND`: one parser, one short function per command."""

import argparse
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from ser import __version__
from ser.commands import annotations, profiles
from ser.commands import explain as explain_command
from ser.commands.arguments import positive
from ser.errors import UserError
from ser.util.files import explain
from ser.util.interrupts import Terminated, end_at_once, terminable

# What to say to whoever has stopped a command that can go on.
GOING_ON = {
    "prepare": " The same command goes on.",
    "download": " The same command goes on.",
    "train": " The same command with --resume goes on.",
}
THREADS_IF_NOT = "processes; when not given, threads for few files, else one for each core"


def split(args: argparse.Namespace) -> int:
    """Print how the actors of a data set are split."""
    from ser.corpus.crema_d import Corpus, describe_splits

    corpus = Corpus(args.data)
    splits = corpus.folds(args.folds, args.seed) if args.folds else [corpus.split(args.seed)]
    print(describe_splits(corpus, splits, as_json=args.json))
    return 0


def download(args: argparse.Namespace) -> int:
    """Fetch the official clips of CREMA-D, each verified by its SHA-256."""
    from ser.corpus.download import NOTICE, SOURCES, download

    print(download(args.out, demo=args.demo, sources=args.source or SOURCES, jobs=args.jobs))
    print(f"\n{NOTICE}")
    return 0


def prepare(args: argparse.Namespace) -> int:
    """Turn every clip into a .npy log-mel and, when asked, a .png."""
    from ser.corpus.prepare import prepare

    result = prepare(args.data, args.out, args.png, args.limit, args.jobs, args.cmap, args.cluster)
    print(f"prepared {result.prepared}, kept {result.kept}, skipped {len(result.skipped)}")
    return 0


def train(args: argparse.Namespace) -> int:
    """Train a network and leave a checkpoint and its curves."""
    from ser.training.run import recipe_with, train

    recipe = recipe_with(
        args.network, epochs=args.epochs, batch_size=args.batch_size, learning_rate=args.learning_rate
    )
    card = train(
        args.data,
        args.out,
        recipe,
        seed=args.seed,
        split_seed=args.split_seed,
        precision=args.precision,
        resume=args.resume,
        limit=args.limit,
        # The card travels with the network: where the data lies on this machine is nobody's business.
        command=args.command_line.replace(shlex.quote(str(args.data)), "DIR"),
    )
    if card:
        best = card["training"]["best_epoch"]
        uar = card["metrics"]["val_first_window"]["val_uar"]
        print(f"best epoch {best}: validation UAR {uar:.3f}; checkpoint in {args.out}")
    return 0


def evaluate(args: argparse.Namespace) -> int:
    """Score one part of the data set and print how good the scores are."""
    from ser.evaluation.evaluate import evaluate, format_evaluation

    if args.conditions is not None:
        return evaluate_conditions(args)
    if args.profile is not None:
        return profiles.evaluate_profile(args)
    result = evaluate(args.data, args.checkpoint, args.split, args.out, args.jobs, args.cluster)
    print(json.dumps(result) if args.json else format_evaluation(result))
    return 0


def evaluate_conditions(args: argparse.Namespace) -> int:
    """Score one part of the data set as other microphones, rooms, noises and codecs would give it."""
    from ser.corpus.crema_d import Corpus
    from ser.evaluation.conditions import evaluate_conditions, format_conditions
    from ser.evaluation.evaluate import clips_of_split
    from ser.recognition.recognizer import Recognizer

    recognizer, corpus = Recognizer.load(args.checkpoint), Corpus(args.data)
    clips = clips_of_split(recognizer, corpus, args.split)
    result = evaluate_conditions(
        recognizer, corpus, clips, args.conditions or None, jobs=args.jobs, cluster=args.cluster
    )
    result |= {"split": args.split}
    print(json.dumps(result) if args.json else format_conditions(result))
    return 0


def recognize(args: argparse.Namespace) -> int:
    """Score files and print a table, JSON or CSV."""
    from tqdm import tqdm

    from ser.recognition.bulk import recognize_all
    from ser.recognition.recognizer import Recognizer, format_recognitions
    from ser.recognition.voice_profile import Profile, check_fit

    recognizer = Recognizer.load(args.checkpoint)
    profile = Profile.load(args.profile) if args.profile else None
    if profile:
        check_fit(recognizer, profile)
    found = recognize_all(recognizer, args.files, profile, args.jobs, args.cluster)
    total = len(args.files)
    results = [*tqdm(found, desc="scoring", unit="file", total=total, disable=None, delay=1, leave=False)]
    print(format_recognitions(results, args.format))
    return 1 if any(result.error for result in results) else 0


def release(args: argparse.Namespace) -> int:
    """Turn a finished run into a checkpoint folder that can be handed on."""
    from ser.evaluation.release import release

    print(release(args.data, args.run, args.out))
    from ser.network.onnx_export import ExportError, add_onnx

    try:
        add_onnx(args.out)
    except ExportError as error:  # it scores all the same, with PyTorch
        print(error, file=sys.stderr)
    return 0


def benchmark(args: argparse.Namespace) -> int:
    """Measure the speed against the notebook's way of doing it, or the app under load."""
    if args.load:
        from ser.benchmark.load_test import format_load, load_test, passed

        result = load_test(args.users, args.load)
        print(json.dumps(result) if args.json else format_load(result))
        return 0 if passed(result) else 1
    if args.pretrained:
        from ser.benchmark.pretrained import compare_pretrained, format_pretrained

        result = compare_pretrained(args.data, args.quick)
        print(json.dumps(result) if args.json else format_pretrained(result))
        return 0
    from ser.benchmark.speed import benchmark, format_benchmark

    result = benchmark(args.data, quick=args.quick)
    print(json.dumps(result) if args.json else format_benchmark(result))
    return 0


class Help(argparse.ArgumentDefaultsHelpFormatter):
    """Say the default behind an option's help only where there is one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, False) else super()._get_help_string(action)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each sets `handler` to its function."""
    parser = argparse.ArgumentParser(
        prog="python -m ser",
        description="Speech emotion recognition with networks trained on CREMA-D.",
        epilog="`python -m ser COMMAND --help` explains a command. `python app.py` opens the app.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(function: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        text = (function.__doc__ or "").strip()
        added = commands.add_parser(
            function.__name__,
            help=text.rstrip("."),
            description=text,
            formatter_class=Help,
        )
        added.set_defaults(handler=function)
        return added

    _add_recognize(command(recognize))
    _add_checkpoint(profiles.add_enroll(command(profiles.enroll)))
    _add_split(command(split))
    _add_download(command(download))
    _add_prepare(command(prepare))
    _add_train(command(train))
    _add_evaluate(command(evaluate))
    _add_checkpoint(explain_command.add_explain(command(explain_command.explain)))
    _add_release(command(release))
    _add_benchmark(command(benchmark))
    annotations.add_annotations(command(annotations.annotations))
    return parser


def _add_data(parser: argparse.ArgumentParser, required: bool = True) -> None:
    parser.add_argument(
        "--data", required=required, type=Path, metavar="DIR", help="folder of CREMA-D, which holds AudioWAV"
    )


def _add_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="folder of a checkpoint; the emotion network when not given",
    )


def _add_spread(parser: argparse.ArgumentParser, jobs: str) -> None:
    parser.add_argument("--jobs", type=positive, metavar="N", help=jobs)
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="of a Dask scheduler, such as tcp://10.0.0.5:8786, whose workers do the work (pip install distributed)",
    )


def _add_recognize(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="sound files of any common kind")
    _add_checkpoint(parser)
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="how to print")
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="PROFILE.json",
        help="the speaker's profile, made by `python -m ser enroll`",
    )
    _add_spread(parser, THREADS_IF_NOT)


def _add_split(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    parser.add_argument("--seed", type=int, default=42, help="42 gives the published split")
    parser.add_argument(
        "--folds", type=positive, metavar="K", help="K folds over the actors in place of one split"
    )
    parser.add_argument("--json", action="store_true", help="print JSON with clips and actors of each part")


def _add_download(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Git is not needed. A run that was stopped is started again by the same command: whole clips are kept, "
        "and those that differ are replaced. All clips take 0.6 GB. Tested against a local server that speaks "
        "Git LFS; it has not been run against the official repository yet."
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder to fetch into, the --data of later"
    )
    parser.add_argument("--demo", action="store_true", help="fetch only the ten demo clips")
    parser.add_argument(
        "--source",
        action="append",
        metavar="URL",
        help="address of a repository to fetch from; may be given again, for when the first refuses; when not "
        "given, the official repository on github.com and then its maintainers' mirror on gitlab.com",
    )
    parser.add_argument("--jobs", type=positive, default=8, metavar="N", help="connections at once")


def _add_prepare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder of CREMA-D, or any folder of sound files",
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="where mel_npy/ and mel_png/ go"
    )
    parser.add_argument("--png", action="store_true", help="draw a 600 x 600 picture of every clip too")
    parser.add_argument("--cmap", default="magma", help="colour map of the pictures")
    parser.add_argument("--limit", type=positive, metavar="N", help="stop after the first N clips")
    _add_spread(parser, "processes; when not given one per core, or a single one for few clips")


def _add_train(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the run is kept")
    parser.add_argument(
        "--network",
        choices=("published", "emotion", "voices"),
        default="emotion",
        help="which network and recipe; voices is emotion trained for voices that become known",
    )
    parser.add_argument(
        "--epochs", type=positive, metavar="N", help="passes over the data; the recipe's when not given"
    )
    parser.add_argument(
        "--batch-size", type=positive, metavar="N", help="clips a step; the recipe's when not given"
    )
    parser.add_argument(
        "--learning-rate", type=float, metavar="X", help="peak rate; the recipe's when not given"
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same network")
    parser.add_argument(
        "--split-seed", type=int, default=42, help="42 gives the published split of the actors"
    )
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bf16"),
        default="auto",
        help="arithmetic of the network; auto takes the faster one on this machine",
    )
    parser.add_argument("--limit", type=positive, metavar="N", help="use N clips of each part, for a trial")
    parser.add_argument("--resume", action="store_true", help="go on from the last finished epoch in --out")


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    _add_checkpoint(parser)
    parser.add_argument("--split", choices=("val", "test"), default="val", help="which actors to score")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--out", type=Path, metavar="FILE.csv", help="write a row per clip with its six scores"
    )
    profiles.add_evaluate(parser)
    parser.add_argument(
        "--conditions",
        nargs="*",
        metavar="NAME",
        help="score every clip as other microphones, rooms, noises, codecs and tempos would give it, too: under "
        "these conditions, or all 29 (half an hour)",
    )
    _add_spread(parser, THREADS_IF_NOT)


def _add_release(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    parser.add_argument(
        "--run", required=True, type=Path, metavar="DIR", help="--out of a finished training run"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="the checkpoint folder to write"
    )


def _add_benchmark(parser: argparse.ArgumentParser) -> None:
    _add_data(parser, required=False)
    parser.add_argument(
        "--quick", action="store_true", help="few repeats: to see that it runs, not for figures"
    )
    parser.add_argument(
        "--load",
        nargs="?",
        type=positive,
        const=120,
        metavar="SECONDS",
        help="let many users use the app at once, for 120 seconds when no number is given, and check every answer",
    )
    parser.add_argument(
        "--pretrained",
        action="store_true",
        help="against networks of the size of wav2vec 2.0 (after pip install -r tests/benchmark-requirements.txt)",
    )
    parser.add_argument("--users", type=positive, default=20, metavar="N", help="how many with --load")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit status.

    0; 1: it failed, one sentence on stderr says why; 2: usage; 130 and 143: ended by Ctrl-C and by SIGTERM.
    """
    argv = sys.argv[1:] if argv is None else argv
    args = build_parser().parse_args(argv)
    args.command_line = shlex.join(["python", "-m", "ser", *argv])
    try:
        with terminable():
            return args.handler(args)
    except UserError as error:
        problem, status = str(error), 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader, `head` say, has gone: nobody is left to tell
        return 1
    except OSError as error:
        problem, status = explain(error), 1
    except MemoryError:
        problem, status = "there is not enough memory: end other programs, or give it less at once.", 1
    except KeyboardInterrupt as stop:
        end_at_once()
        problem = f"stopped; what was finished is kept.{GOING_ON.get(args.command, '')}"
        status = 143 if isinstance(stop, Terminated) else 130
    print(f"ser {args.command}: {problem}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
