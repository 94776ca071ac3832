"""A small data set of generated voices: ten actors with twelve clips each, and votes."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from ser.labels import LABELS


def voice(pitch: float, seed: int) -> np.ndarray:
    """A voiced sound, with silence before and after it."""
    draw, time = np.random.default_rng(seed), np.arange(14_000) / 16_000
    buzz = sum(np.sin(2 * np.pi * pitch * k * time * (1 + 0.02 * time)) / k for k in range(1, 20))
    buzz *= 0.1 * (1 + np.sin(2 * np.pi * 4 * time))
    return np.concatenate([np.zeros(8000), buzz, np.zeros(8000)]) + 1e-5 * draw.normal(size=30_000)


def write_grouped_clips(root: Path) -> Path:
    """Write the data set into a folder, and return it."""
    (root / "AudioWAV").mkdir()
    (root / "processedResults").mkdir()
    rows = []
    for actor in range(1001, 1011):
        for i, label in enumerate(LABELS):
            for sentence in ("IEO", "TIE"):
                name = f"{actor}_{sentence}_{label}_XX"
                soundfile.write(root / "AudioWAV" / f"{name}.wav", voice(100 + 25 * i, actor + i), 16_000)
                votes = {letter: int(letter == label[0]) * 9 for letter in "ADFHNS"}
                rows.append({"": 100_001 + len(rows)} | votes | {"fileName": name})
    pd.DataFrame(rows).to_csv(root / "processedResults" / "tabulatedVotes.csv", index=False)
    return root
