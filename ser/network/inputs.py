"""What a network reads of some windows, made from their samples by the runtime that will score them.

Every network reads the standardised log-mels of `ser.audio.features`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ser.audio.features import log_mel, valid_frames


@dataclass(frozen=True)
class Inputs:
    """What a network reads of n windows, which stay independent of each other.

    Attributes
    ----------
    features : (n, 1, 128, 188) float32 log-mels
    lengths : (n,) int64 number of frames in each that are sound
    """

    features: np.ndarray
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.lengths)

    def part(self, windows: slice) -> Inputs:
        """Return the inputs of some of the windows."""
        return replace(self, features=self.features[windows], lengths=self.lengths[windows])

    def hiding(self, masks: np.ndarray, *, fill: float) -> Inputs:
        """Return the inputs of one window with parts of it hidden, once for each mask.

        Parameters
        ----------
        masks : (n, 128, 188) bool, True where a cell of the log-mel is hidden; frames without sound are never hidden
        fill : what hides a cell, from 0 (the lowest value of the window's sound) to 1 (its mean)

        Raises
        ------
        ValueError
            if these are the inputs of several windows
        """
        if len(self) != 1:
            raise ValueError(f"expected the inputs of one window, got {len(self)}")
        frames = int(self.lengths[0])
        features = np.repeat(self.features, len(masks), axis=0)
        sound = self.features[..., :frames]
        value = (1 - fill) * float(sound.min()) + fill * float(sound.mean())
        features[:, 0, :, :frames][masks[:, :, :frames]] = value
        return replace(self, features=features, lengths=np.repeat(self.lengths, len(masks)))


def prepare_inputs(windows: Sequence[np.ndarray]) -> Inputs:
    """Return the inputs of windows of up to 3.0 s: samples (n,) float32 each, mono, 16 kHz."""
    features = np.stack([log_mel(window) for window in windows])
    lengths = [valid_frames(len(window)) for window in windows]
    return Inputs(features, np.array(lengths, np.int64))
