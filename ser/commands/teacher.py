"""The command `python -m ser teacher`: score the training clips for `train --network distilled`."""

import argparse
import tempfile
from pathlib import Path

from ser.commands.arguments import add_data
from ser.commands.train import fold


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `teacher`."""
    add_data(parser)
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE.npz", help="file to write, for `train --teacher`"
    )
    parser.add_argument(
        "--split-seed", type=int, default=42, help="seed of the split of the actors, as in `train`"
    )
    parser.add_argument("--fold", type=fold, metavar="I/K", help="fold I of K of the actors, as in `train`")
    parser.add_argument(
        "--encoded",
        type=Path,
        metavar="DIR",
        help="folder of encoded clips, 1 GB, which `train --network wide` may share; by default they are not kept",
    )


def run(args: argparse.Namespace) -> int:
    """Score every training clip with a head that never heard its actor, on the encoder of the wide network."""
    from ser.corpus.crema_d import Corpus
    from ser.corpus.layout import report_left_out
    from ser.training.batches import part_of_corpus
    from ser.training.data import split_of
    from ser.training.teacher import make_teacher

    corpus = Corpus(args.data)
    report_left_out(corpus.left_out)
    split = split_of(corpus, seed=args.split_seed, fold=args.fold)
    clips = part_of_corpus(corpus, split=split, part="train")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.out.parent) as folder:
        lesson = make_teacher(corpus, clips=clips, encoded=args.encoded or folder, out=args.out)
    print(
        f"{len(clips)} training clips, each scored by a head that never heard its actor: UAR {lesson.uar:.3f}, "
        f"temperature {lesson.temperature:.2f}; teacher in {args.out}"
    )
    return 0
