"""Test whether `ser.recognition.explain` marks what a score depends on: hide it and see how far the score falls.

python -m ser explain --data DIR --clips 300

Grad-CAM is measured for comparison. The control hides the same shape elsewhere in the window. Single cells drawn
at random are not a fair control, since scattered dots damage a window more than patches of the same area do. They are
printed as well, and so are the loudest cells. The second check is that of Adebayo et al. 2018: a map that shows what the
network does, and not just what the sound is like, changes when the network gets new random weights.
"""

from __future__ import annotations

import copy
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypedDict

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ser.audio.features import N_FRAMES, N_MELS, N_SAMPLES
from ser.audio.reading import read_audio
from ser.network.model import EmotionNet, Network
from ser.network.wide_head import WideHead
from ser.network.wide_runtime import WideRuntime
from ser.recognition.explain import ScoredWindow, importance, log_scores, scored_window
from ser.recognition.recognizer import Recognizer
from ser.recognition.windows import MAX_THREADS
from ser.util.intervals import Estimate, Interval, bootstrap, interval

SHARE = 0.1  # of the cells, or of the frames, that is hidden
MOVES = 4  # of a shape, and draws of cells, per clip
FILLS = {"floor": 0.0, "mean": 1.0}  # of the window, that replace hidden cells: see `ser.network.inputs`
HIDDEN = {
    "marked": "the most marked tenth of the cells",
    "moved": "the same shape elsewhere",
    "moved_in_time": "the same shape at other times",
    "grad_cam": "the tenth that Grad-CAM marks most",
    "grad_cam_moved": "the same shape elsewhere",
    "loudest": "the loudest tenth of the cells",
    "cells": "a tenth of the cells, drawn at random",
    "curve": "the tenth of the frames that count most",
    "curve_moved": "as many frames at other times",
}
CONTROLS = {"marked": "moved", "grad_cam": "grad_cam_moved", "curve": "curve_moved"}

ByFill = dict[str, dict[str, Interval]]  # by one of `FILLS`, then by one of `HIDDEN` or `CONTROLS`


class CheckResult(TypedDict):
    """What `check` returns: plain JSON values."""

    checkpoint: str
    clips: int
    falls: ByFill
    advantages: ByFill
    weights: dict[str, float]


def check(recognizer: Recognizer, *, data: str | os.PathLike, clips: int = 300, seed: int = 0) -> CheckResult:
    """Measure how far the score of the top emotion falls when parts of real clips are hidden.

    Parameters
    ----------
    data : folder of CREMA-D; the clips are drawn from those of the checkpoint's validation actors
    clips : number of clips, or all if there are fewer
    seed : of the drawn clips and of the controls

    Returns
    -------
    `CheckResult` with three measurements.

    - falls: for each of `FILLS` and `HIDDEN`, the mean fall of the score, 0 to 1, with its 95% interval over actors.
    - advantages: how much more the score falls for the marked parts than for their controls.
    - weights: how alike the maps of the network and of one with new random weights are, as rank correlation and as the
      share of the marked tenth that both mark, which is 0.1 by chance.

    Raises
    ------
    CheckpointError, CorpusError, AudioError
        for a checkpoint, data set or clip that cannot be used
    """
    from tqdm import tqdm

    from ser.corpus.crema_d import Corpus
    from ser.corpus.layout import report_left_out
    from ser.evaluation.evaluate import clips_of_split

    corpus = Corpus(data)
    report_left_out(corpus.left_out)
    validation = clips_of_split(recognizer, corpus=corpus, split="val")
    sample = validation.sample(min(clips, len(validation)), random_state=seed)
    untrained = with_random_weights(recognizer, seed)

    def measure(place: int) -> tuple[np.ndarray, np.ndarray]:
        samples = read_audio(corpus.path(sample.index[place])).samples
        scored = scored_window(recognizer, samples[:N_SAMPLES])
        rng = np.random.default_rng((seed, place))
        return check_window(recognizer, untrained=untrained, scored=scored, rng=rng)

    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as pool:
        measured = tqdm(pool.map(measure, range(len(sample))), total=len(sample), unit="clip", disable=None)
        falls, likenesses = map(np.stack, zip(*measured, strict=True))
    actors = sample["actor"].to_numpy()
    return {
        "checkpoint": str(recognizer.checkpoint.folder),
        "clips": len(sample),
        "falls": _by_fill(_estimates(falls, actors), list(HIDDEN)),
        "advantages": _by_fill(_estimates(_advantages(falls), actors), list(CONTROLS)),
        "weights": dict(zip(("correlation", "overlap"), likenesses.mean(axis=0).tolist(), strict=True)),
    }


def check_window(
    recognizer: Recognizer, *, untrained: Recognizer, scored: ScoredWindow, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Hide parts of one window, and compare the maps of a trained and an untrained network.

    Returns
    -------
    falls of the top score (2 fills, kinds of `HIDDEN`), and the likeness (2,) of the maps of two networks: their rank
    correlation and the share of the marked tenth that both mark
    """
    top = int(log_scores(recognizer, inputs=scored.inputs, distance=scored.distance).argmax())
    importances, other = (
        importance(who, scored=scored, emotion=top)[:, : scored.frames] for who in (recognizer, untrained)
    )
    cam = grad_cam(recognizer, scored=scored, emotion=top)[:, : scored.frames]
    masks = _masks(importances, cam, scored.cells[:, : scored.frames], rng)
    falls = np.stack([_falls(recognizer, scored, masks, fill, top) for fill in FILLS.values()])
    overlap = (top_share(importances) & top_share(other)).sum() / top_share(importances).sum()
    return falls, np.array([np.corrcoef(_ranks(importances), _ranks(other))[0, 1], overlap])


def grad_cam(recognizer: Recognizer, *, scored: ScoredWindow, emotion: int) -> np.ndarray:
    """Return Grad-CAM of an emotion's logit at the last convolution block: (128, 188) float32, 0 or more.

    That of the wide network's head knows times alone, so all bands of a frame get the same.

    `emotion` is a position in `ser.labels.LABELS`. Grad-CAM: Selvaraju et al. 2017; it is here for comparison with
    `ser.recognition.explain`.
    """
    outputs = []
    network = copy.deepcopy(recognizer.network)  # so that other threads do not run the hook

    def keep(_module: nn.Module, _inputs: object, output: torch.Tensor | tuple) -> None:
        outputs.append(output[0] if isinstance(output, tuple) else output)

    _last_block(network).register_forward_hook(keep)
    with torch.enable_grad():
        logit = network(*_arguments(recognizer, scored))[0, emotion]
        (slope,) = torch.autograd.grad(logit, outputs[0])
    weights = slope.flatten(2).mean(2)  # (1, channels)
    coarse = torch.einsum("nc,nc...->n...", weights, outputs[0].detach()).clamp_min(0)
    fine = np.zeros((N_MELS, N_FRAMES), np.float32)
    if coarse.ndim == 2:  # steps of a head, which end where the sound ends and have no bands
        fine[:, : scored.frames] = F.interpolate(coarse[None], scored.frames, mode="linear")[0]
    else:
        fine[:] = F.interpolate(coarse[None], (N_MELS, N_FRAMES), mode="bilinear")[0, 0]
        fine[:, scored.frames :] = 0
    return fine


def _arguments(recognizer: Recognizer, scored: ScoredWindow) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what the PyTorch network of a recognizer takes: log-mels or the steps of an encoder, and lengths."""
    if isinstance(recognizer.runtime, WideRuntime):
        steps, lengths = recognizer.runtime.steps(scored.inputs)
    else:
        steps, lengths = scored.inputs.features, scored.inputs.lengths
    return torch.tensor(steps).requires_grad_(), torch.tensor(lengths)


def _last_block(network: Network | WideHead) -> nn.Module:
    """Return the last residual block, or the last convolution of a network without residual blocks."""
    if isinstance(network, WideHead):
        return network.refine_norm
    if isinstance(network, EmotionNet):
        return network.blocks[-1]
    return [module for module in network.modules() if isinstance(module, nn.Conv2d)][-1]


def top_share(values: np.ndarray) -> np.ndarray:
    """Flag the tenth with the highest values, in the shape of `values`."""
    flags = np.zeros(values.size, bool)
    flags[np.argsort(-values, axis=None, kind="stable")[: round(SHARE * values.size)]] = True
    return flags.reshape(values.shape)


def with_random_weights(recognizer: Recognizer, seed: int) -> Recognizer:
    """Return a recognizer with the same network, untrained."""
    network = copy.deepcopy(recognizer.network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in network.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
    return Recognizer(replace(recognizer.checkpoint, network=network))


def _masks(
    importances: np.ndarray, cam: np.ndarray, cells: np.ndarray, rng: np.random.Generator
) -> dict[str, list[np.ndarray]]:
    """Return one or several masks (128, frames) of hidden cells for each kind of `HIDDEN`, in its order."""
    marked, other, loudest = top_share(importances), top_share(cam), top_share(cells)
    curve = np.broadcast_to(top_share(importances.sum(0)), marked.shape)
    bands, frames = marked.shape
    moves = [(int(rng.integers(1, bands)), int(rng.integers(1, frames))) for _ in range(MOVES)]
    return {
        "marked": [marked],
        "moved": [np.roll(marked, move, (0, 1)) for move in moves],
        "moved_in_time": [np.roll(marked, by, 1) for _, by in moves],
        "grad_cam": [other],
        "grad_cam_moved": [np.roll(other, move, (0, 1)) for move in moves],
        "loudest": [loudest],
        "cells": [rng.permutation(marked.ravel()).reshape(marked.shape) for _ in moves],
        "curve": [curve],
        "curve_moved": [np.roll(curve, by, 1) for _, by in moves],
    }


def _falls(
    recognizer: Recognizer, scored: ScoredWindow, masks: dict[str, list[np.ndarray]], fill: float, top: int
) -> np.ndarray:
    """Return how much the top score falls when cells are hidden by `fill`, as means over the masks of each kind (kinds,)."""
    shapes = [mask for kind in masks.values() for mask in kind]
    flags = np.zeros((1 + len(shapes), N_MELS, N_FRAMES), bool)  # the first hides nothing
    flags[1:, :, : scored.frames] = shapes
    hidden = scored.inputs.hiding(flags, fill=fill)
    scores = np.exp(log_scores(recognizer, inputs=hidden, distance=scored.distance)[:, top])
    ends = np.cumsum([len(kind) for kind in masks.values()])
    return np.array([part.mean() for part in np.split(scores[0] - scores[1:], ends[:-1])])


def _ranks(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values, axis=None, kind="stable"))


def _advantages(falls: np.ndarray) -> np.ndarray:
    """Return how much the falls (clips, fills, kinds) of the marked parts exceed those of their controls."""
    kinds = list(HIDDEN)
    pairs = [(kinds.index(kind), kinds.index(control)) for kind, control in CONTROLS.items()]
    return np.stack([falls[:, :, kind] - falls[:, :, control] for kind, control in pairs], axis=-1)


def _by_fill(estimates: list[list[Estimate]], names: list[str]) -> ByFill:
    return {
        fill: {name: one.to_dict() for name, one in zip(names, row, strict=True)}
        for fill, row in zip(FILLS, estimates, strict=True)
    }


def _estimates(values: np.ndarray, actors: np.ndarray) -> list[list[Estimate]]:
    """Return the means over clips of values (clips, fills, n); the intervals are drawn over actors."""
    _, places = np.unique(actors, return_inverse=True)
    totals = np.zeros((places.max() + 1, *values.shape[1:]))
    np.add.at(totals, places, values)
    drawn = bootstrap(totals) / bootstrap(np.bincount(places).astype(float))[:, None, None]
    mean = values.mean(axis=0)
    return [
        [interval(mean[fill, i], drawn[:, fill, i]) for i in range(mean.shape[1])]
        for fill in range(len(FILLS))
    ]


def format_check(result: CheckResult) -> str:
    """Format the result of `check` as text."""

    def cell(figure: Interval) -> str:
        return f"{figure['value']:6.3f} ({figure['low']:.3f} to {figure['high']:.3f})"

    def row(name: str, table: ByFill, kind: str) -> str:
        return f"{name:<42}" + "  ".join(cell(table[fill][kind]) for fill in FILLS)

    lines = [
        f"{result['checkpoint']}: {result['clips']} clips of the validation actors",
        "",
        f"{'fall of the top score when hidden':<42}" + "  ".join(f"set to the {fill:<13}" for fill in FILLS),
        *(row(text, result["falls"], kind) for kind, text in HIDDEN.items()),
        "",
        row("map: marked minus the same shape elsewhere", result["advantages"], "marked"),
        row("Grad-CAM: marked minus the same elsewhere", result["advantages"], "grad_cam"),
        row("curve: its frames minus as many others", result["advantages"], "curve"),
        "",
        f"maps with new random weights: rank correlation {result['weights']['correlation']:.2f}, "
        f"{result['weights']['overlap']:.0%} of the marked tenth in common (chance: 10%)",
    ]
    return "\n".join(lines)
