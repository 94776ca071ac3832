"""Read and write predictions.csv: the six scores that a network gave to each clip of the data set.

Its columns are clip, actor, sentence, emotion (acted), level, split and a score for each of `ser.labels.LABELS`.
Networks that estimate perceived emotions add `HEARD_COLUMNS`; those that estimate how strong a clip sounds, 0 to 100,
add `INTENSITY_COLUMN`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser.corpus.clip_names import LEVELS
from ser.corpus.splits import PARTS
from ser.errors import UserError
from ser.labels import LABELS
from ser.util.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd

PREDICTIONS_FILE = "predictions.csv"  # its name in a checkpoint folder
MAX_SENTENCE = 40  # characters of a code
CLIP_COLUMNS = ("actor", "sentence", "emotion", "level", "split")
HEARD_COLUMNS = tuple(f"heard_{label}" for label in LABELS)
INTENSITY_COLUMN, MAX_INTENSITY = "intensity", 100.0


class PredictionsError(UserError, ValueError):
    """The predictions of a checkpoint are missing, damaged, or for other emotions."""


def empty_predictions() -> pd.DataFrame:
    """Return a table without rows, with the columns of `read_predictions`, for checkpoints without predictions."""
    import pandas as pd

    return pd.DataFrame(columns=[*CLIP_COLUMNS, *LABELS, "answer"], index=pd.Index([], name="clip"))


def read_predictions(file: str | os.PathLike) -> pd.DataFrame:
    """Read a checkpoint's predictions.csv.

    Returns
    -------
    DataFrame indexed by clip, in the order of the file: actor (str), sentence, emotion, level, split, the six
    scores (float), and answer, the emotion with the highest score. Other columns are kept as they are; intensity, where it
    is one, are numbers from 0 to 100 or NaN.

    Raises
    ------
    PredictionsError
        if the file is missing, has scores for other emotions, or is damaged: no rows, a missing column, an unknown code
        or a score that is not a finite number
    """
    import pandas as pd

    file = Path(file)
    if not file.is_file():
        raise PredictionsError(
            f"There is no {file.name} in {file.parent}: use a checkpoint released with `python -m ser release`."
        )
    damaged = f"{file} is damaged: restore the checkpoint folder from its source."
    try:
        table = pd.read_csv(file, dtype={"clip": str, "actor": str, "sentence": str})
    except ValueError as error:
        raise PredictionsError(damaged) from error
    if not {"clip", *CLIP_COLUMNS} <= set(table):
        raise PredictionsError(damaged)
    if not set(LABELS) <= set(table):
        raise PredictionsError(
            f"{file} does not score the emotions {', '.join(LABELS)}: use a checkpoint that was trained on them."
        )
    codes = {"emotion": LABELS, "level": LEVELS, "split": PARTS}
    sentences = table["sentence"].fillna("")  # of other corpora or copies: any short text, or none
    try:
        scores = table[list(LABELS)].to_numpy(dtype=np.float64)
        intensity = table.get(INTENSITY_COLUMN, sentences.map(lambda _: 0.0)).to_numpy(dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise PredictionsError(damaged) from error
    if (
        table.empty
        or table[["clip", "actor"]].isna().any(axis=None)
        or not all(table[column].isin(list(choices)).all() for column, choices in codes.items())
        or not sentences.map(lambda code: len(code) <= MAX_SENTENCE and code.isprintable()).all()
        or not np.isfinite(scores).all()
        or ((intensity < 0) | (intensity > MAX_INTENSITY)).any()
    ):
        raise PredictionsError(damaged)
    table[list(LABELS)] = scores
    table["sentence"] = sentences
    return table.set_index("clip").assign(answer=np.array(LABELS)[scores.argmax(axis=1)])


def write_predictions(table: pd.DataFrame, file: str | os.PathLike) -> None:
    """Write the table of `ser.evaluation.evaluate.predict_corpus`: a row per clip, scores to six decimals."""
    optional = [name for name in (*HEARD_COLUMNS, INTENSITY_COLUMN) if name in table]
    columns = [*CLIP_COLUMNS, *LABELS, *optional]
    with write_atomically(file, "w", encoding="utf-8", newline="") as target:
        table[columns].to_csv(target, index_label="clip", float_format="%.6f", lineterminator="\n")
