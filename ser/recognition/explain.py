"""Explain a score: which parts of a window carried the score of an emotion.

The patches of the window are hidden one at a time, and each counts by how far the logarithm of the score falls
(occlusion, Zeiler and Fergus 2014). Within a patch louder cells count more, as hiding changes them more.
`python -m ser explain` (`ser.evaluation.explain_check`) measures how well this marks the parts that carry the score,
compared with chance and with Grad-CAM (`grad_cam` in the same module), which does worse.
"""

from typing import NamedTuple

import numpy as np

from ser.audio.features import HOP_LENGTH, N_FRAMES, N_MELS, N_SAMPLES
from ser.audio.voice import between
from ser.labels import LABELS
from ser.network.inputs import Inputs
from ser.recognition.familiar import distances
from ser.recognition.recognizer import Recognizer
from ser.recognition.windows import WINDOWS_AT_ONCE

PATCH = 16  # bands and frames, 0.26 s: a window has 96
HIDDEN_BY = 0.5  # midway from the lowest value of the window to its mean
SMOOTH = 4.0  # cells; standard deviation of the Gaussian that blurs the edges between patches


class Reason(NamedTuple):
    """How much each part of a window carried a score: 0 for nothing, 1 for the most.

    Attributes
    ----------
    map : (128, 188) float32, bands from low to high, frames from the start of the window
    curve : (188,) float32, the map summed over the bands, as a share of its own maximum
    """

    map: np.ndarray
    curve: np.ndarray


class ScoredWindow(NamedTuple):
    """What the network reads of a window that is scored by itself.

    Attributes
    ----------
    inputs : those of this one window
    offset : frame of the window at which they begin; other than 0 only for networks that score speech alone
    """

    inputs: Inputs
    offset: int

    @property
    def cells(self) -> np.ndarray:
        """Its log-mel: (128, 188) float32."""
        return self.inputs.features[0, 0]

    @property
    def frames(self) -> int:
        """The number of its frames that are sound."""
        return int(self.inputs.lengths[0])

    @property
    def distance(self) -> float:
        """How far it is from the clips that the network learned from, see `ser.recognition.familiar`."""
        return float(distances(self.inputs)[0])


def why(recognizer: Recognizer, *, samples: np.ndarray, start: int, emotion: str) -> Reason:
    """Return what carried the score of an emotion in a window that is scored by itself.

    Parameters
    ----------
    recognizer : the recognizer whose score is explained
    samples : (n,) float32, mono, 16 kHz
    start : first sample of the window, which is 3.0 s long or ends with the samples
    emotion : one of `ser.labels.LABELS`

    Returns
    -------
    map and curve, all 0 where nothing supports the emotion or there is no sound

    Raises
    ------
    ValueError
        if `start` is outside the samples, or the emotion is unknown
    """
    if not 0 <= start < len(samples):
        raise ValueError(f"start is {start}, expected 0 to {len(samples) - 1}")
    scored = scored_window(recognizer, samples[start : start + N_SAMPLES])
    cells = importance(recognizer, scored=scored, emotion=LABELS.index(emotion))
    first, last = max(scored.offset, 0), min(scored.offset + scored.frames, N_FRAMES)
    window_map = np.zeros((N_MELS, N_FRAMES), np.float32)
    window_map[:, first:last] = cells[:, first - scored.offset : last - scored.offset]
    return Reason(_share_of_maximum(window_map), _share_of_maximum(window_map.sum(0)))


def scored_window(recognizer: Recognizer, samples: np.ndarray) -> ScoredWindow:
    """Return what the network reads of samples (n,) of up to 3.0 s that are scored by themselves."""
    first, last = recognizer.scored_part(samples)
    part = between(samples, start=first, end=last)[:N_SAMPLES]
    return ScoredWindow(recognizer.runtime.inputs([part]), round(first / HOP_LENGTH))


def importance(recognizer: Recognizer, *, scored: ScoredWindow, emotion: int) -> np.ndarray:
    """Return how much each cell carries the score of an emotion: (128, 188) float32, 0 or more.

    `emotion` is a position in `ser.labels.LABELS`.
    """
    falls = _falls(recognizer, scored, emotion)
    patches = falls.repeat(PATCH, axis=0).repeat(PATCH, axis=1)[:, :N_FRAMES]
    carried = _smoothed(patches).clip(0) * (scored.cells - float(scored.cells[:, : scored.frames].min()))
    carried[:, scored.frames :] = 0
    return carried


def log_scores(recognizer: Recognizer, *, inputs: Inputs, distance: float = 0.0) -> np.ndarray:
    """Return the logarithms of the scores (n, 6) of n windows, of which the network gets a few at a time.

    `distance` is that of the recording: hiding parts of a sound does not move it elsewhere.
    """
    parts = [inputs.part(slice(i, i + WINDOWS_AT_ONCE)) for i in range(0, len(inputs), WINDOWS_AT_ONCE)]
    logits = np.concatenate([recognizer.runtime(part) for part in parts])
    logits = recognizer.ground.applied(logits[:, : len(LABELS)], distance=distance) / recognizer.temperature
    logits = logits - logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def _falls(recognizer: Recognizer, scored: ScoredWindow, emotion: int) -> np.ndarray:
    """Return how far the logarithm of the score falls when each patch is hidden, (8, 12); 0 where there is no sound."""
    rows, columns = N_MELS // PATCH, -(-scored.frames // PATCH)
    places = [(row, column) for row in range(rows) for column in range(columns)]
    masks = np.zeros((1 + len(places), N_MELS, N_FRAMES), bool)  # the first hides nothing
    for mask, (row, column) in zip(masks[1:], places, strict=True):
        mask[row * PATCH :][:PATCH, column * PATCH :][:, :PATCH] = True
    hidden = scored.inputs.hiding(masks, fill=HIDDEN_BY)
    scores = log_scores(recognizer, inputs=hidden, distance=scored.distance)[:, emotion]
    falls = np.zeros((rows, -(-N_FRAMES // PATCH)), np.float32)
    falls[:, :columns] = (scores[0] - scores[1:]).reshape(rows, columns)
    return falls


def _smoothed(cells: np.ndarray) -> np.ndarray:
    """Return cells (128, 188) float32 blurred by a Gaussian, with zeros assumed around them."""
    radius = round(3 * SMOOTH)
    kernel = np.exp(-0.5 * np.square(np.arange(-radius, radius + 1) / SMOOTH)).astype(np.float32)
    kernel /= kernel.sum()
    for axis in (0, 1):
        cells = np.apply_along_axis(np.convolve, axis, cells, kernel, mode="same")
    return cells


def _share_of_maximum(values: np.ndarray) -> np.ndarray:
    return values / values.max() if values.max() > 0 else values
