"""Grad-CAM (Selvaraju et al. 2017): the rival that `ser.recognition.explain` is held against, and was chosen over."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ser.audio.features import N_FRAMES, N_MELS
from ser.network.model import EmotionNet, Network
from ser.recognition.explain import Scored
from ser.recognition.recognizer import Recognizer


def grad_cam(recognizer: Recognizer, scored: Scored, emotion: int) -> np.ndarray:
    """Return (128, 188) float32, 0 or more: Grad-CAM of an emotion's logit at the last convolution block.

    `emotion` is a position in `ser.labels.LABELS`.
    """
    kept = []
    network = copy.deepcopy(recognizer.network)  # other threads must not run through the hook

    def keep(_module: nn.Module, _given: object, output: torch.Tensor | tuple) -> None:
        kept.append(output[0] if isinstance(output, tuple) else output)

    features = torch.tensor(scored.features)[None].requires_grad_()
    _last_block(network).register_forward_hook(keep)
    with torch.enable_grad():
        logit = network(features, torch.tensor([scored.frames]))[0, emotion]
        (slope,) = torch.autograd.grad(logit, kept[0])
    weights = slope.mean((2, 3), keepdim=True)
    coarse = (weights * kept[0].detach()).sum(1, keepdim=True).clamp_min(0)
    fine = F.interpolate(coarse, (N_MELS, N_FRAMES), mode="bilinear")[0, 0]
    fine[:, scored.frames :] = 0
    return fine.numpy()


def _last_block(network: Network) -> nn.Module:
    """Return the residual block, or in networks without such the convolution, before the BiLSTM."""
    if isinstance(network, EmotionNet):
        return network.blocks[-1]
    return [module for module in network.modules() if isinstance(module, nn.Conv2d)][-1]
