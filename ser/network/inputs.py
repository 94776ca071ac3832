"""What a network reads of some windows, made from their samples by the runtime that will score them.

Every network reads the standardised log-mels of `ser.audio.features`. The wide one also reads those of its encoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ser.audio.features import (
    HOP_LENGTH,
    N_MELS,
    TOP_DB,
    Windows,
    fix_length,
    mel_db,
    standardise,
    valid_frames,
)
from ser.network.encoder import HOP_LENGTH as ENCODER_HOP
from ser.network.encoder import N_MELS as ENCODER_BANDS
from ser.network.encoder import encoder_log_mel

GROUPS = 16  # of bands, 8 in each


@dataclass(frozen=True)
class Inputs:
    """What a network reads of n windows, which stay independent of each other.

    Attributes
    ----------
    features : (n, 1, 128, 188) float32 log-mels
    lengths : (n,) int64 number of frames in each that are sound
    encoder : an `ser.network.encoder.encoder_log_mel` (80, frames) of each; empty for networks without an encoder
    bands : (n, 32) `band_statistics` of each, which no network reads
    """

    features: np.ndarray
    lengths: np.ndarray
    encoder: tuple[np.ndarray, ...] = ()
    bands: np.ndarray = field(default_factory=lambda: np.empty((0, 2 * GROUPS)))

    def __len__(self) -> int:
        return len(self.lengths)

    def part(self, windows: slice) -> Inputs:
        """Return the inputs of some of the windows."""
        return Inputs(
            self.features[windows], self.lengths[windows], self.encoder[windows], self.bands[windows]
        )

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
        lengths, bands = (np.repeat(one, len(masks), axis=0) for one in (self.lengths, self.bands))
        return Inputs(features, lengths, encoder, bands)


def joined(inputs: Sequence[Inputs]) -> Inputs:
    """Return the inputs of the windows of all, in order."""
    if len(inputs) == 1:
        return inputs[0]
    return Inputs(
        np.concatenate([part.features for part in inputs]),
        np.concatenate([part.lengths for part in inputs]),
        tuple(log_mel for part in inputs for log_mel in part.encoder),
        np.concatenate([part.bands for part in inputs]),
    )


def band_statistics(cells: np.ndarray, *, frames: int) -> np.ndarray:
    """Return the mean and the deviation over time of 16 groups of bands, (32,), of a standardised log-mel (128, t).

    Its floor is the lowest of all networks': a higher one would hide what tells a quiet room from another.

    Parameters
    ----------
    frames : how many of the t frames are of the sound; padding follows after them
    """
    bands = cells[:, :frames].astype(np.float64)
    groups = np.stack([bands.mean(axis=1), bands.std(axis=1)]).reshape(2, GROUPS, -1)
    return groups.mean(axis=2).ravel()


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


def prepare_inputs(
    windows: Sequence[np.ndarray], *, top_db: float = TOP_DB, for_encoder: bool = False
) -> Inputs:
    """Return the inputs of windows of up to 3.0 s: samples (n,) float32 each, mono, 16 kHz.

    Those of one recording take less time as its `ser.audio.features.Windows`.

    Parameters
    ----------
    top_db : the floor of the log-mels, in dB below the maximum, that the network was trained with
    for_encoder : whether the network has an encoder
    """
    if isinstance(windows, Windows):
        db = windows.mel_db()
    else:
        db = np.stack([mel_db(fix_length(np.asarray(window, np.float32))) for window in windows])
    lengths = [valid_frames(len(window)) for window in windows]
    whole = standardise(db)
    features = whole if top_db >= TOP_DB else standardise(np.maximum(db, np.float32(-top_db)))
    bands = np.stack([band_statistics(cells, frames=n) for cells, n in zip(whole, lengths, strict=True)])
    log_mels = tuple(encoder_log_mel(window) for window in windows if for_encoder)
    return Inputs(features[:, None], np.array(lengths, np.int64), log_mels, bands)
