"""The commands about labels: `python -m ser annotations export`, `import` and `agreement`."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ser.errors import UserError
from ser.util.text import counted

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("csv", "json", "textgrid", "audacity", "audformat")
EPILOG = "`python -m ser annotations export --help`, and so on, explains each."


class AnnotationCommandError(UserError):
    """Labels that cannot go where they are to go."""


def run(args: argparse.Namespace) -> int:
    """Export, import or compare the labels that annotators wrote."""
    return args.action(args)


def export(args: argparse.Namespace) -> int:
    """Write labels as files for other programs: CSV, JSON, Praat, Audacity, audformat."""
    from ser.annotation.formats import export
    from ser.annotation.store import Annotations

    with Annotations(args.annotations, read_only=True) as store:
        labels, clips = store.labels(), store.clips()
    if not labels:
        raise AnnotationCommandError(f"{args.annotations} holds no label yet: label a clip in the app first.")
    written = _write(export(labels, clips=clips, format=args.format), args.out, args.overwrite)
    where = written[0] if len(written) == 1 else args.out
    print(f"{where}: {counted('label', len(labels))} in {counted('file', len(written))}")
    return 0


def import_(args: argparse.Namespace) -> int:
    """Take labels over from files: all of them, or none."""
    from ser.annotation.formats import guess_format, read
    from ser.annotation.store import Annotations

    clips = []
    if args.annotations.exists():
        with Annotations(args.annotations, read_only=True) as store:
            clips = store.clips()
    by_format: dict[str, list[Path]] = {}
    for file in args.files:
        by_format.setdefault(args.format or guess_format(file), []).append(file)
    rows = [
        row
        for format, files in by_format.items()
        for row in read(files, format=format, clips=clips, annotator=args.annotator)
    ]
    if not rows:
        raise AnnotationCommandError("There is no label in these files: name others.")
    with Annotations(args.annotations) as store:
        counts = store.import_rows(rows, replace=args.replace)
    print(f"{args.annotations}: {counts.new} new, {counts.same} there already, {counts.replaced} replaced")
    return 0


def agreement(args: argparse.Namespace) -> int:
    """Measure how far annotators agree, with each other, the network and CREMA-D's crowd."""
    from ser.annotation.agreement_report import format_report, report
    from ser.annotation.store import Annotations

    votes = _votes(args.data) if args.data else None
    with Annotations(args.annotations, read_only=True) as store:
        said = report(store.labels(), clips=store.clips(), votes=votes)
    print(json.dumps(said) if args.json else format_report(said))
    return 0


def _votes(data: Path) -> "pd.DataFrame":
    from ser.corpus.crema_d import read_voice_votes

    votes = read_voice_votes(data)
    if votes is None:
        raise AnnotationCommandError(
            f"{data} has no processedResults/tabulatedVotes.csv, the votes of CREMA-D's crowd: name the folder "
            "that holds it, or leave --data out."
        )
    return votes


def _write(files: dict[str, str], out: Path, overwrite: bool) -> list[Path]:
    """Write files into the folder `out`, or one file to the path `out`; return where they are."""
    from ser.util.files import write_atomically, write_together

    if len(files) == 1 and out.suffix and not out.is_dir():
        targets = dict(zip([out], files.values(), strict=True))
    else:
        targets = {out / name: text for name, text in files.items()}
    taken = [path for path in targets if path.exists()]
    if taken and not overwrite:
        raise AnnotationCommandError(f"{taken[0]} is there already: name another --out, or add --overwrite.")
    folder = out if out not in targets else out.parent
    with write_together(folder) as part:
        for path, text in targets.items():
            path = part / path.relative_to(folder)
            path.parent.mkdir(parents=True, exist_ok=True)
            with write_atomically(path) as file:
                file.write(text.encode("utf-8"))
    return list(targets)


# ---- arguments


def add(parser: argparse.ArgumentParser) -> None:
    """Add the three commands and their arguments."""
    parser.epilog = EPILOG
    actions = parser.add_subparsers(
        required=True, metavar="export|import|agreement", help="what to do with the labels"
    )

    def action(name: str, function: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        text = (function.__doc__ or "").strip()
        added = actions.add_parser(
            name, help=text.rstrip("."), description=text, formatter_class=parser.formatter_class
        )
        added.set_defaults(action=function)
        added.add_argument(
            "--annotations",
            required=True,
            type=Path,
            metavar="FILE",
            help="the file of labels, as given to `python app.py`; annotations.sqlite in a folder that was labelled "
            "with --annotate",
        )
        return added

    _add_export(action("export", export))
    _add_import(action("import", import_))
    _add_agreement(action("agreement", agreement))


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=FORMATS, default="csv", help="kind of file")
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="PATH",
        help="the file to write, or a folder; a folder for textgrid, audacity and audformat, which take several files",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there already")


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="files of labels, or folders with --format"
    )
    parser.add_argument("--format", choices=FORMATS, help="kind of file; told by the name when not given")
    parser.add_argument(
        "--annotator", metavar="NAME", help="whose labels they are, where a file does not say it"
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="let them take the place of other labels for the same clips; the history keeps these",
    )


def _add_agreement(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder of CREMA-D, to compare with its crowd, too",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, with all clips")
