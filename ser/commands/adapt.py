"""The command `python -m ser adapt`: learn from recordings and labels."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ser.commands.arguments import add_checkpoint
from ser.util.text import counted

if TYPE_CHECKING:
    from ser.adaptation.clips import NamedLabel
    from ser.adaptation.learn import Learned


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `adapt`."""
    parser.epilog = (
        "Without labels, it learns what the recordings have in common; a few labelled clips help much more. The table "
        "says how much, on clips whose speakers it did not learn from. The adaptation contains numbers, not sound. "
        "docs/adapting.md explains more."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of sound files")
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="CSV table with the columns file, emotion and perhaps speaker, or labels exported from the app",
    )
    parser.add_argument(
        "--speaker-from",
        metavar="REGEX",
        help="regular expression with a group that finds the speaker in the name of each file, for example '(\\d\\d)'; "
        "the table's column speaker takes precedence; without either, all recordings count as one group",
    )
    parser.add_argument(
        "--emotions",
        metavar="angry,bored,...",
        help="emotions to tell apart, 2 to 20; by default the six, or all in the labels if others occur",
    )
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.json", help="adaptation to write")
    parser.add_argument("--overwrite", action="store_true", help="replace --out if it exists")
    add_checkpoint(parser)


def run(args: argparse.Namespace) -> int:
    """Learn from recordings, with labels or without, and print how much that helps."""
    from ser.adaptation.clips import find_clips, with_labels, with_speakers
    from ser.adaptation.learn import learn
    from ser.recognition.adaptation import AdaptationError, name_from
    from ser.recognition.recognizer import Recognizer

    if args.out.exists() and not args.overwrite:
        raise AdaptationError(f"{args.out} already exists: choose another --out or add --overwrite.")
    emotions = args.emotions.split(",") if args.emotions else None
    clips = find_clips(args.folder)
    if args.speaker_from is not None:
        clips = with_speakers(clips, args.speaker_from)
    if args.labels is not None:
        clips = with_labels(clips, labels=_labels(args.labels, emotions), folder=args.folder)
    with learning_bar() as progress:
        learned = learn(
            Recognizer.load(args.checkpoint),
            clips=clips,
            emotions=emotions,
            name=name_from(args.out.stem),
            progress=progress,
        )
    learned.adaptation.save(args.out)
    print(_report(learned, args.out))
    return 0


def _labels(file: Path, emotions: "list[str] | None") -> "list[NamedLabel]":
    """Return the labels of a table, or of a file that the desk exported, whose emotions are the six or those chosen."""
    from ser.adaptation.clips import NamedLabel, code_of, read_labels

    if file.suffix.lower() in (".csv", ".tsv"):
        return read_labels(file)
    from ser.annotation.formats import ImportOptions, guess_format, read
    from ser.annotation.label_set import NOT_EMOTIONS, STANDARD, with_codes

    choices = STANDARD if emotions is None else with_codes([code_of(emotion) for emotion in emotions])
    rows = read([file], format=guess_format(file), options=ImportOptions(choices=choices)).rows
    return [
        NamedLabel(row.clip.name, row.label.emotion)
        for row in rows
        if row.label.end_s is None and row.label.emotion not in NOT_EMOTIONS
    ]


class learning_bar:  # noqa: N801 - used as a function
    """A progress bar on stderr, as a callback."""

    def __enter__(self) -> Callable[[float, str], None]:
        from tqdm import tqdm

        self._bar = tqdm(
            total=100,
            desc="learning",
            disable=None,
            leave=False,
            bar_format="{desc}: {percentage:3.0f}%|{bar}|",
        )
        return self._update

    def _update(self, share: float, task: str) -> None:
        self._bar.set_description(task, refresh=False)
        self._bar.update(round(100 * share) - self._bar.n)

    def __exit__(self, *_: object) -> None:
        self._bar.close()


def _report(learned: "Learned", out: Path) -> str:
    from ser.adaptation.table import format_table
    from ser.adaptation.words import made_from

    lines = [format_table(learned.table), ""] if learned.table else []
    if len(learned.curve) > 1:
        points = [f"{point.labels} labels {point.uar:.3f}" for point in learned.curve]
        lines += [f"UAR by the number of labels: {', '.join(points)}", ""]
    if learned.skipped:
        lines.append(
            f"Left out, as they cannot be read or hold no speech: {counted('file', len(learned.skipped))}"
        )
    return "\n".join([*lines, f"{out}: {made_from(learned.adaptation)}, for {learned.adaptation.checkpoint}"])
