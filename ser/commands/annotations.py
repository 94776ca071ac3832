"""The commands `python -m ser annotations export`, `import` and `agreement`: label files."""

import argparse
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ser.commands.arguments import ExpandedFiles
from ser.errors import UserError
from ser.util.text import counted, plain

if TYPE_CHECKING:
    import pandas as pd

    from ser.annotation.formats import KnownClips
    from ser.annotation.label import Clip
    from ser.annotation.label_set import LabelSet

PROGRAMS = ("decoded", "praat", "audacity", "elan")
FORMATS = ("csv", "json", "textgrid", "audacity", "elan", "label-studio", "rttm", "vtt", "srt", "audformat")
EPILOG = (
    "`python -m ser annotations export --help` explains that action; each of the others has its own --help."
)


class AnnotationCommandError(UserError):
    """Labels that cannot be exported, imported or compared as requested."""


def run(args: argparse.Namespace) -> int:
    """Export, import or compare the labels of annotators."""
    return args.action(args)


def export(args: argparse.Namespace) -> int:
    """Export labels for other programs: CSV, JSON, Praat, Audacity or audformat."""
    from ser.annotation.formats import KnownClips, export, program_of, program_shifts, to_parquet
    from ser.annotation.formats.matching import folder_sounds
    from ser.annotation.store import Annotations

    choices = label_set(args.labels)
    with Annotations(args.annotations, read_only=True, choices=choices) as store:
        labels, clips = store.labels(final=None), store.clips()
    if not labels:
        raise AnnotationCommandError(f"{args.annotations} has no labels yet: label a clip in the app first.")
    if args.parquet and args.format != "audformat":
        raise AnnotationCommandError(
            f"--parquet is for the tables of audformat: leave it out, or use --format audformat instead of {args.format}."
        )
    program = program_of(args.format, times=args.times)
    if program is None:
        raise AnnotationCommandError(
            f"--format {args.format} holds the times of the decoded sound: leave out --times {args.times}."
        )
    known = KnownClips(clips, folder_sounds(args.sounds) if args.sounds else ())
    program = "decoded" if args.wav else program
    shifts, notes = program_shifts(labels, clips=clips, program=program, known=known)
    texts = export(labels, clips=clips, format=args.format, shifts=shifts, choices=choices)
    files: dict[str, str | bytes] = to_parquet(texts) if args.parquet else {**texts}
    count = len(files)
    if args.wav:
        files |= _wav_files({label.clip for label in labels}, clips, known)
    written = _write(files, args.out, args.overwrite)
    where = written[0] if len(written) == 1 else args.out
    print(f"{where}: {counted('label', len(labels))} in {counted('file', count)}", *notes, sep="\n")
    return 0


def label_set(file: Path | str | None) -> "LabelSet":
    """Return the labels in a table of --labels; those of the app without one."""
    from ser.annotation.label_set import STANDARD, read_label_set

    return STANDARD if file is None else read_label_set(file)


def _wav_files(labelled: set[str], clips: "list[Clip]", known: "KnownClips") -> dict[str, str | bytes]:
    """Return the sounds of clips as WAV files by name, which every program starts at the same time."""
    from ser.annotation.formats.cells import file_name
    from ser.annotation.formats.wav import wav_bytes

    files: dict[str, str | bytes] = {}
    for clip in clips:
        if clip.hash in labelled:
            path = known.path(clip)
            if path is None:
                raise AnnotationCommandError(
                    f"{plain(clip.name)} is not there to be written as WAV: choose its folder with --sounds."
                )
            files[file_name(clip, ending=".wav", taken=files)] = wav_bytes(path)
    return files


def import_(args: argparse.Namespace) -> int:
    """Import labels from files, either all of them or none."""
    from ser.annotation.formats import ImportOptions, KnownClips, guess_format, read
    from ser.annotation.formats.matching import folder_sounds
    from ser.annotation.store import Annotations

    stored: list[Clip] = []
    choices = label_set(args.labels)
    if args.annotations.exists():
        with Annotations(args.annotations, read_only=True, choices=choices) as store:
            stored = store.clips()
    clips = KnownClips(stored, folder_sounds(args.sounds) if args.sounds else ())
    options = ImportOptions(
        annotator=args.annotator,
        tiers=tuple(args.tier),
        tier_is_annotator=args.tier_is_annotator,
        words=_words(args.map, choices),
        clip=args.clip,
        times=args.times,
        choices=choices,
    )
    by_format: dict[str, list[Path]] = {}
    for file in args.files:
        by_format.setdefault(args.format or guess_format(file), []).append(file)
    readings = [
        read(files, format=format, clips=clips, options=options) for format, files in by_format.items()
    ]
    rows = [row for reading in readings for row in reading.rows]
    if not rows:
        raise AnnotationCommandError("These files contain no labels: choose other files.")
    with Annotations(args.annotations, choices=choices) as store:
        counts = store.import_rows(rows, replace=args.replace)
    print(f"{args.annotations}: {counts.new} new, {counts.same} already there, {counts.replaced} replaced")
    for part, count in sum((reading.left_out for reading in readings), Counter()).items():
        print(f"left out: {counted(part.noun, count)}{part.of}")
    for note in [note for reading in readings for note in reading.notes]:
        print(note)
    return 0


def _words(pairs: str | None, choices: "LabelSet") -> dict[str, str | None]:
    """Return the emotions of other words, from text like "joy=HAP,laughter=none"."""
    words: dict[str, str | None] = {}
    for pair in pairs.split(",") if pairs else ():
        word, _, emotion = pair.rpartition("=")
        code = choices.code_of(emotion)
        if not word.strip() or (code not in choices.codes and emotion.strip() != "none"):
            raise AnnotationCommandError(
                f"--map {pair} does not name a word and its emotion: write joy=HAP, or joy=none to leave it out."
            )
        words[word] = code if code in choices.codes else None
    return words


def agreement(args: argparse.Namespace) -> int:
    """Measure how well annotators agree with each other, the network and CREMA-D's crowd."""
    from ser.annotation.agreement_report import format_report, report
    from ser.annotation.store import Annotations

    votes = _votes(args.data) if args.data else None
    choices = label_set(args.labels)
    with Annotations(args.annotations, read_only=True, choices=choices) as store:
        result = report(store.labels(), finals=store.labels(final=True), clips=store.clips(), votes=votes)
    print(json.dumps(result) if args.json else format_report(result, choices=choices))
    return 0


def _votes(data: Path) -> "pd.DataFrame":
    from ser.corpus.crema_d import read_voice_votes

    votes = read_voice_votes(data)
    if votes is None:
        raise AnnotationCommandError(
            f"{data} has no processedResults/tabulatedVotes.csv, the votes of CREMA-D's crowd: choose the folder "
            "that has it, or leave out --data."
        )
    return votes


def _write(files: dict[str, str | bytes], out: Path, overwrite: bool) -> list[Path]:
    """Write the files to the folder `out`, or a single file to the path `out`; return the paths written."""
    from ser.util.files import write_atomically, write_together

    if len(files) == 1 and out.suffix and not out.is_dir():
        targets = dict(zip([out], files.values(), strict=True))
    else:
        targets = {out / name: text for name, text in files.items()}
    existing = [path for path in targets if path.exists()]
    if existing and not overwrite:
        raise AnnotationCommandError(
            f"{existing[0]} already exists: choose another --out or add --overwrite."
        )
    folder = out if out not in targets else out.parent
    with write_together(folder) as part:
        for path, text in targets.items():
            path = part / path.relative_to(folder)
            path.parent.mkdir(parents=True, exist_ok=True)
            with write_atomically(path) as file:
                file.write(text.encode("utf-8") if isinstance(text, str) else text)
    return list(targets)


# ---- arguments


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `annotations` and of its three actions."""
    parser.epilog = EPILOG
    actions = parser.add_subparsers(
        required=True, metavar="export|import|agreement", help="what to do with the labels"
    )

    def action(name: str, function: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        text = (function.__doc__ or "").strip()
        action_parser = actions.add_parser(
            name, help=text.rstrip("."), description=text, formatter_class=parser.formatter_class
        )
        action_parser.set_defaults(action=function)
        action_parser.add_argument(
            "--annotations",
            required=True,
            type=Path,
            metavar="FILE",
            help="label file, the same as for `python app.py`; for a folder labelled with --annotate, its "
            "annotations.sqlite",
        )
        action_parser.add_argument(
            "--labels",
            type=Path,
            metavar="FILE",
            help="table of labels of one's own, the same as for `python app.py` (default: the six emotions)",
        )
        return action_parser

    _add_export(action("export", export))
    _add_import(action("import", import_))
    _add_agreement(action("agreement", agreement))


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=FORMATS, default="csv", help="file format")
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="PATH",
        help="file or folder to write; must be a folder for textgrid, audacity and audformat, which consist of several files",
    )
    parser.add_argument(
        "--parquet",
        action="store_true",
        help="write the tables of audformat in Parquet, its default, instead of CSV (pip install pyarrow)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")
    _add_times(parser)
    parser.add_argument(
        "--sounds", type=Path, metavar="DIR", help="folder of the sound files, which --times and --wav need"
    )
    parser.add_argument(
        "--wav",
        action="store_true",
        help="also write each clip as WAV, mono at 16 kHz, which every program starts at the same time",
    )


def _add_times(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--times",
        choices=PROGRAMS,
        help="the program whose times the files have: Praat and Audacity start an MP3 at another time than it is decoded; "
        "by default, praat for textgrid, audacity for audacity, decoded for the others",
    )


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        action=ExpandedFiles,
        type=Path,
        metavar="FILE",
        help="label files, or folders of them together with --format",
    )
    parser.add_argument(
        "--format", choices=FORMATS, help="file format; by default, guessed from the file name"
    )
    parser.add_argument(
        "--sounds", type=Path, metavar="DIR", help="folder of the sound files, to find clips by their names"
    )
    parser.add_argument(
        "--clip", metavar="NAME", help="name of the clip, for a file that is not named after its clip"
    )
    _add_times(parser)
    parser.add_argument("--annotator", metavar="NAME", help="annotator of labels that do not name one")
    parser.add_argument(
        "--tier",
        action="append",
        default=[],
        metavar="NAME",
        help="tier to read; may be repeated; by default, those that hold emotions",
    )
    parser.add_argument("--tier-is-annotator", action="store_true", help="tiers are named after annotators")
    parser.add_argument(
        "--map",
        metavar="WORD=EMOTION,...",
        help="emotions by other words, such as joy=HAP,surprise=other; none leaves labels with a word out",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="replace existing labels of the same clips; the history keeps the old ones",
    )


def _add_agreement(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder of CREMA-D, to compare with its crowd as well",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object that includes all clips")
