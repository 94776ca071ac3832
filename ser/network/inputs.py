"""What a network reads of some windows, made from their samples by the runtime that will score them.

Every network reads the standardised log-mels of `ser.audio.features`. The wide one also reads those of its encoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ser.audio.features import HOP_LENGTH, N_MELS, Windows, log_mel, valid_frames
from ser.network.encoder import HOP_LENGTH as ENCODER_HOP
from ser.network.encoder import N_MELS as ENCODER_BANDS
from ser.network.encoder import encoder_log_mel


@dataclass(frozen=True)
class Inputs:
    """What a network reads of n windows, which stay independent of each other.

    Attributes
    ----------
    features : (n, 1, 128, 188) float32 log-mels
    lengths : (n,) int64 number of frames in each that are sound
    encoder : an `ser.network.encoder.encoder_log_mel` (80, frames) of each; empty for networks without an encoder
    """

    features: np.ndarray
    lengths: np.ndarray
    encoder: tuple[np.ndarray, ...] = ()

    def __len__(self) -> int:
        return len(self.lengths)

    def part(self, windows: slice) -> Inputs:
        """Return the inputs of some of the windows."""
        return Inputs(self.features[windows], self.lengths[windows], self.encoder[windows])

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
        features[:, 0, :, :frames][masks[:, :, :frames]] = _value(self.features[..., :frames], fill)
        encoder = tuple(_hidden(self.encoder[0], mask[:, :frames], fill) for mask in masks if self.encoder)
        return Inputs(features, np.repeat(self.lengths, len(masks)), encoder)


def joined(inputs: Sequence[Inputs]) -> Inputs:
    """Return the inputs of the windows of all, in order."""
    if len(inputs) == 1:
        return inputs[0]
    return Inputs(
        np.concatenate([part.features for part in inputs]),
        np.concatenate([part.lengths for part in inputs]),
        tuple(log_mel for part in inputs for log_mel in part.encoder),
    )


def _value(sound: np.ndarray, fill: float) -> float:
    return (1 - fill) * float(sound.min()) + fill * float(sound.mean())


def _hidden(log_mel: np.ndarray, mask: np.ndarray, fill: float) -> np.ndarray:
    """Return the encoder's log-mel (80, n) without what a mask (128, frames) of the other log-mel hides.

    Each of its cells is hidden if the nearest one of the other is. Both end where the sound ends, and both have bands at
    equal distances on the same scale, from 0 Hz to 8 kHz.
    """
    bands = (np.arange(1, ENCODER_BANDS + 1) * (N_MELS + 1) / (ENCODER_BANDS + 1)).round().astype(int) - 1
    before_end = (log_mel.shape[1] - np.arange(log_mel.shape[1])) * ENCODER_HOP / HOP_LENGTH
    frames = (mask.shape[1] - before_end).round().astype(int)
    frames = np.minimum(frames, mask.shape[1] - 1)
    nearest = mask[np.ix_(bands, np.maximum(frames, 0))] & (frames >= 0)
    return np.where(nearest, np.float32(_value(log_mel, fill)), log_mel)


def prepare_inputs(windows: Sequence[np.ndarray], *, for_encoder: bool = False) -> Inputs:
    """Return the inputs of windows of up to 3.0 s: samples (n,) float32 each, mono, 16 kHz.

    Those of one recording take less time as its `ser.audio.features.Windows`.
    """
    if isinstance(windows, Windows):
        features = windows.log_mel()
    else:
        features = np.stack([log_mel(window) for window in windows])
    lengths = [valid_frames(len(window)) for window in windows]
    log_mels = tuple(encoder_log_mel(window) for window in windows if for_encoder)
    return Inputs(features, np.array(lengths, np.int64), log_mels)
