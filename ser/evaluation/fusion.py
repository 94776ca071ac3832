"""How much the small network's answer counts beside that of the wide one: chosen on validation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ser.corpus.crema_d import Corpus
from ser.evaluation.enrolment_regimes import Windows, fit_zero_point, regime_uar
from ser.evaluation.evaluate import clips_of_split, corpus_windows
from ser.network.checkpoint import DEFAULT_CHECKPOINT, checkpoint_id, open_checkpoint, top_db_of
from ser.recognition.recognizer import Recognizer
from ser.recognition.speaker_offset import centred

SHARES = (0.0, 0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)  # of the small network in the fused logits
REGIMES = ("none", "takes", "prompted")  # count alike


def fused(
    recognizer: Recognizer, *, corpus: Corpus, small: Path = DEFAULT_CHECKPOINT
) -> tuple[Recognizer, str]:
    """Return a wide network's recognizer together with a small network, and what each share gave, as text.

    The logits of both have mean 0 over the emotions before their weighted sum. The share of the small network is the
    one with the highest mean unweighted average recall (UAR) on the validation clips, over the first take of a voice,
    eight takes, and one prompted take of each emotion; the votes have the same share. At share 0 the wide network
    stands alone.

    Raises
    ------
    CheckpointError, CorpusError, AudioError
        for a checkpoint, data set or clip that cannot be used
    """
    clips = clips_of_split(recognizer, corpus=corpus, split="val")
    own = corpus_windows(recognizer, corpus=corpus, clips=clips)
    other = corpus_windows(Recognizer.load(small), corpus=corpus, clips=clips)
    assert np.array_equal(own.clip, other.clip), "both look at the same windows"
    figures = {share: _figures(blended(own, other=other, share=share)) for share in SHARES}
    best = max(SHARES, key=lambda share: np.mean(figures[share]))
    lines = [
        "share of the small network, and UAR on validation: first take, eight takes, one of each emotion",
        *(
            f"{share:4.2f}  {'  '.join(f'{uar:.3f}' for uar in figures[share])}{'  chosen' if share == best else ''}"
            for share in SHARES
        ),
    ]
    if not best:
        return recognizer, "\n".join(lines)
    weights = [round(1 - best, 4), best]
    fusion = {"checkpoint": checkpoint_id(small), "acted": weights, "heard": weights}
    checkpoint = recognizer.checkpoint
    # The head reads what its encoder gives; the log-mels, and so their floor, are for the small network.
    floor = {"top_db": top_db_of(open_checkpoint(small))}
    card = checkpoint.card | {"fusion": fusion, "features": checkpoint.card["features"] | floor}
    checkpoint = replace(checkpoint, card=card)
    return Recognizer(checkpoint), "\n".join(lines)


def blended(own: Windows, *, other: Windows, share: float) -> Windows:
    """Return windows whose logits are the weighted sum of those of two networks, with this share of the other."""
    return own._replace(logits=(1 - share) * centred(own.logits) + share * centred(other.logits))


def _figures(windows: Windows) -> list[float]:
    zero_point = fit_zero_point(windows)
    return [regime_uar(windows, zero_point=zero_point, regime=regime) for regime in REGIMES]
