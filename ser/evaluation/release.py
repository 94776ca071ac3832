"""Turn a finished training run into a checkpoint folder to publish, with its scores and figures.

python -m ser release --data DIR --run runs/emotion --out checkpoints/emotion
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ser.corpus.crema_d import Corpus
from ser.corpus.layout import report_left_out
from ser.errors import UserError
from ser.evaluation.enrolment_regimes import fit_zero_point
from ser.evaluation.evaluate import (
    clips_of_split,
    corpus_windows,
    format_evaluation,
    predict_corpus,
    summarise_beside_people,
)
from ser.evaluation.fit_ground import fit_ground
from ser.evaluation.fusion import fused
from ser.evaluation.intensity_fit import with_readout
from ser.evaluation.metrics import cautious_temperature
from ser.evaluation.predictions import PREDICTIONS_FILE, write_predictions
from ser.evaluation.results import Results, aggregates
from ser.labels import LABELS
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.network.loading import load_checkpoint, save_checkpoint
from ser.recognition.recognizer import Recognizer
from ser.recognition.verdict import fit_thresholds
from ser.util.files import write_atomically, write_together

if TYPE_CHECKING:
    import pandas as pd

CURVES = ("curves.csv", "curves.png")


class ReleaseError(UserError):
    """The run cannot be released to this folder."""


def release(data: str | os.PathLike, *, run: str | os.PathLike, out: str | os.PathLike) -> str:
    """Score every modelling clip with the network of a run and write a complete checkpoint to `out`.

    The head of a wide network is fused with the small one where that is better on validation, see `fusion.fused`: with
    the run `emotion` beside this one, or the released network. Where the data set has the ratings of its crowd, the
    network learns to read how strong a clip sounds.
    The folder gets weights.pt, predictions.csv, card.json (with the figures on validation and test, how people heard
    the test clips, and figures by sex and age of the actors) and the training curves, if the run has any. The test
    split is evaluated once, here, after everything was chosen on validation.

    Returns
    -------
    the figures on validation and test, as text

    Raises
    ------
    ReleaseError
        if `run` and `out` are the same folder
    CheckpointError, CorpusError, AudioError
        for a checkpoint, data set or clip that cannot be used
    """
    run, out = Path(run), Path(out)
    if run.resolve() == out.resolve():
        raise ReleaseError(f"{out} is the run itself: choose another folder with --out.")
    curves = [name for name in CURVES if (run / name).is_file()]
    corpus = Corpus(data)
    report_left_out(corpus.left_out)
    recognizer = Recognizer(load_checkpoint(run))
    shares = ""
    if recognizer.checkpoint.card["network"] == "wide":
        small = run.resolve().parent / DEFAULT_CHECKPOINT.name
        recognizer, shares = fused(
            recognizer, corpus=corpus, small=small if small.is_dir() else DEFAULT_CHECKPOINT
        )
    recognizer = recognizer.with_card(calibration(recognizer, corpus))
    if recognizer.whole_clip and "rating" in corpus.clips:
        recognizer, *_ = with_readout(recognizer, corpus=corpus)
    if recognizer.supports_profiles:
        clips = clips_of_split(recognizer, corpus=corpus, split="val")
        recognizer = recognizer.with_card(
            {"ground": fit_ground(recognizer, corpus=corpus, clips=clips).to_dict()}
        )
    table = predict_corpus(recognizer, corpus=corpus, clips=corpus.modelling)
    recognizer = recognizer.with_card({"verdict": verdict_thresholds(table)})
    card = recognizer.checkpoint.card
    parts = {part: table[table["split"] == part] for part in ("val", "test")}
    results = {
        part: summarise_beside_people(recognizer, corpus=corpus, table=rows, split=part)
        for part, rows in parts.items()
    }
    figures = {
        part: {k: v for k, v in result.items() if k != "checkpoint"} for part, result in results.items()
    }
    card |= {"metrics": card.get("metrics", {}) | figures}
    with write_together(out) as part:
        write_predictions(table, part / PREDICTIONS_FILE)
        save_checkpoint(part, network=recognizer.network, card=card | aggregates(Results(part, card), corpus))
        for name in curves:
            with write_atomically(part / name) as target, (run / name).open("rb") as source:
                shutil.copyfileobj(source, target)
    for name in set(CURVES) - set(curves):
        (out / name).unlink(missing_ok=True)  # of an earlier release
    return "\n\n".join(filter(None, [shares, *(format_evaluation(result) for result in results.values())]))


def calibration(recognizer: Recognizer, corpus: Corpus) -> dict:
    """Return the card's temperature and zero point, chosen on validation.

    The notebook's network, which scores only the beginning of a clip, keeps the temperature of its training.
    """
    if not recognizer.whole_clip:
        return {}
    clips = clips_of_split(recognizer, corpus=corpus, split="val")
    windows = corpus_windows(recognizer, corpus=corpus, clips=clips)
    temperature = cautious_temperature(windows.per_clip(), labels=windows.labels, speakers=windows.speakers)
    return {"temperature": round(temperature, 4), "zero_point": fit_zero_point(windows).to_dict()}


def verdict_thresholds(table: pd.DataFrame) -> dict:
    """Return the card's thresholds for "sure" and "leaning", chosen on the validation rows of `predict_corpus`."""
    validation = table[table["split"] == "val"]
    labels = validation["emotion"].map(LABELS.index).to_numpy()
    thresholds = fit_thresholds(validation[list(LABELS)].to_numpy(), labels)
    return {name: round(value, 4) for name, value in thresholds._asdict().items()}
