"""Why: which parts of a window carried the score of an emotion.

Patches of the window are hidden one after the other, and each counts by how far the score's logarithm
falls (occlusion, Zeiler and Fergus 2014). Within a patch the loud cells count more: they are what hiding
changes. `python -m ser explain` (`ser.evaluation.explain_check`) shows that this marks what carries the score, and holds it
against chance and against Grad-CAM (`grad_cam` in the same module), which marks it less well.
"""

from typing import NamedTuple

import numpy as np

from ser.audio.features import HOP_LENGTH, N_FRAMES, N_MELS, N_SAMPLES, log_mel, valid_frames
from ser.audio.voice import between
from ser.labels import LABELS
from ser.recognition.recognizer import WINDOWS_AT_ONCE, Recognizer

PATCH = 16  # bands and frames, 0.26 s: a window has 96
SMOOTH = 4.0  # cells; the deviation of the Gaussian that blurs the edges between patches


class Reason(NamedTuple):
    """What carried a score: 0 for cells and frames that carried nothing, 1 for those that carried most.

    Attributes
    ----------
    map : (128, 188) float32, bands from low to high, frames from the start of the window
    curve : (188,) float32, the map's sum over the bands, as a share of its own maximum
    """

    map: np.ndarray
    curve: np.ndarray


class Scored(NamedTuple):
    """What a window is scored by when it stands alone.

    Attributes
    ----------
    features : (1, 128, 188) float32
    frames : how many of them are sound
    offset : the frame of the window that the first of them is; not 0 for networks that are given speech alone
    """

    features: np.ndarray
    frames: int
    offset: int


def why(recognizer: Recognizer, *, samples: np.ndarray, start: int, emotion: str) -> Reason:
    """Return what carried the score that the 3.0 s of samples (n,) from `start` on get by themselves.

    All is 0 where nothing speaks for the emotion, and where there is no sound.

    Raises
    ------
    ValueError : where `start` is outside the samples, or there is no such emotion
    """
    if not 0 <= start < len(samples):
        raise ValueError(f"there is no sample {start} in {len(samples)}")
    scored = scored_window(recognizer, samples[start : start + N_SAMPLES])
    carried = importance(recognizer, scored=scored, emotion=LABELS.index(emotion))
    first, last = max(scored.offset, 0), min(scored.offset + scored.frames, N_FRAMES)
    placed = np.zeros((N_MELS, N_FRAMES), np.float32)
    placed[:, first:last] = carried[:, first - scored.offset : last - scored.offset]
    return Reason(_share_of_maximum(placed), _share_of_maximum(placed.sum(0)))


def scored_window(recognizer: Recognizer, samples: np.ndarray) -> Scored:
    """Return what samples (n,), up to 3.0 s, are scored by when they stand alone."""
    first, last = recognizer.scored_part(samples)
    part = between(samples, start=first, end=last)[:N_SAMPLES]
    return Scored(log_mel(part), valid_frames(len(part)), round(first / HOP_LENGTH))


def importance(recognizer: Recognizer, *, scored: Scored, emotion: int) -> np.ndarray:
    """Return (128, 188) float32, 0 or more: how much each cell carries the score of an emotion.

    `emotion` is a position in `ser.labels.LABELS`.
    """
    cells = scored.features[0]
    floor, mean = fills(scored)
    falls = _falls(recognizer, scored, (floor + mean) / 2, emotion)
    patches = falls.repeat(PATCH, axis=0).repeat(PATCH, axis=1)[:, :N_FRAMES]
    carried = _smoothed(patches).clip(0) * (cells - floor)
    carried[:, scored.frames :] = 0
    return carried


def fills(scored: Scored) -> tuple[float, float]:
    """Return the floor and the mean of the frames that are sound: what cells are hidden with."""
    sound = scored.features[:, :, : scored.frames]
    return float(sound.min()), float(sound.mean())


def log_scores(recognizer: Recognizer, *, windows: np.ndarray, frames: int) -> np.ndarray:
    """Return (n, 6) logarithms of the scores of float32 features (n, 1, 128, 188), a few at a time."""
    parts = [windows[i : i + WINDOWS_AT_ONCE] for i in range(0, len(windows), WINDOWS_AT_ONCE)]
    logits = np.concatenate([recognizer.runtime(part, np.full(len(part), frames)) for part in parts])
    logits = logits[:, : len(LABELS)] / recognizer.temperature
    logits = logits - logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def _falls(recognizer: Recognizer, scored: Scored, fill: float, emotion: int) -> np.ndarray:
    """Return (8, 12): by how much the logarithm of the score falls when a patch is hidden; 0 without sound."""
    rows, columns = N_MELS // PATCH, -(-scored.frames // PATCH)
    places = [(row, column) for row in range(rows) for column in range(columns)]
    windows = np.repeat(scored.features[None], 1 + len(places), axis=0)
    for window, (row, column) in zip(windows[1:], places, strict=True):
        window[0, row * PATCH :][:PATCH, column * PATCH : min((column + 1) * PATCH, scored.frames)] = fill
    scores = log_scores(recognizer, windows=windows, frames=scored.frames)[:, emotion]
    falls = np.zeros((rows, -(-N_FRAMES // PATCH)), np.float32)
    falls[:, :columns] = (scores[0] - scores[1:]).reshape(rows, columns)
    return falls


def _smoothed(cells: np.ndarray) -> np.ndarray:
    """Return (128, 188) float32 under a Gaussian, as if zeros lay around them."""
    reach = round(3 * SMOOTH)
    kernel = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / SMOOTH)).astype(np.float32)
    kernel /= kernel.sum()
    for axis in (0, 1):
        cells = np.apply_along_axis(np.convolve, axis, cells, kernel, mode="same")
    return cells


def _share_of_maximum(values: np.ndarray) -> np.ndarray:
    return values / values.max() if values.max() > 0 else values
